package syntax

import (
	"bytes"
	"compress/zlib"
	"io"
)

// step is one filter with its parameters.
type step struct {
	name       Name
	predictor  predictor
	early      bool // LZW codes grow one code early
	cryptNamed Name // of the filter Crypt
}

// maxFilters bounds a chain of filters.
const maxFilters = 8

// filters reads /Filter and /DecodeParms (table 5).
func (s *Stream) filters() ([]step, error) {
	names, err := s.list("Filter")
	if err != nil {
		return nil, err
	}
	parameters, err := s.list("DecodeParms")
	if err != nil {
		return nil, err
	}
	if len(names) > maxFilters || len(parameters) > max(len(names), 1) {
		return nil, fail(CodeFilter, s.Offset)
	}
	steps := make([]step, len(names))
	for i, o := range names {
		var o2 Object
		if i < len(parameters) {
			o2 = parameters[i]
		}
		if steps[i], err = s.step(o, o2); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// list gives a value that may stand alone or be an array.
func (s *Stream) list(key Name) (Array, error) {
	o, err := s.resolve(s.Dict[key])
	if err != nil || o == nil {
		return nil, err
	}
	if a, ok := o.(Array); ok {
		return a, nil
	}
	return Array{o}, nil
}

// resolve follows references as the revision that looks at the stream sees them. A
// cross-reference stream, which is read before there are revisions, may have none.
func (s *Stream) resolve(o Object) (Object, error) {
	if s.rev != nil {
		return s.rev.Resolve(o)
	}
	if _, ref := o.(Ref); ref {
		return nil, fail(CodeFilter, s.Offset)
	}
	return o, nil
}

func (s *Stream) step(filter, parameters Object) (step, error) {
	o, err := s.resolve(filter)
	if err != nil {
		return step{}, err
	}
	name, ok := o.(Name)
	if !ok {
		return step{}, fail(CodeFilter, s.Offset)
	}
	st := step{name: name, early: true}
	if parameters, err = s.resolve(parameters); err != nil || parameters == nil {
		return st, err
	}
	d, ok := parameters.(Dict)
	if !ok {
		return step{}, fail(CodeFilter, s.Offset)
	}
	err = s.parameters(&st, d)
	return st, err
}

// parameters reads those that this package knows (tables 8 and 14).
func (s *Stream) parameters(st *step, d Dict) error {
	if st.name == "Crypt" {
		o, err := s.resolve(d["Name"])
		st.cryptNamed, _ = o.(Name)
		return err
	}
	if st.name != "FlateDecode" && st.name != "LZWDecode" {
		return nil
	}
	numbers := map[Name]int64{"Predictor": 1, "Colors": 1, "BitsPerComponent": 8, "Columns": 1, "EarlyChange": 1}
	for key := range numbers {
		o, err := s.resolve(d[key])
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		n, ok := o.(int64)
		if !ok {
			return fail(CodeFilter, s.Offset)
		}
		numbers[key] = n
	}
	st.early = numbers["EarlyChange"] != 0
	var err error
	st.predictor, err = newPredictor(numbers["Predictor"], numbers["Colors"], numbers["BitsPerComponent"], numbers["Columns"])
	return err
}

// decoder is a chain of filters over a stream.
type decoder struct {
	r         io.Reader
	file      *File // keeps inflaters for the next stream; nil for none
	inflaters []io.ReadCloser
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.r == nil {
		return 0, io.ErrClosedPipe
	}
	return d.r.Read(p)
}

// Close ends reading.
func (d *decoder) Close() error {
	if d.file != nil {
		d.file.idle = append(d.file.idle, d.inflaters...)
	}
	d.r, d.inflaters = nil, nil
	return nil
}

// put sets a filter upon what there is so far.
func (d *decoder) put(st step) (err error) {
	switch st.name {
	case "FlateDecode":
		err = d.inflate()
		d.r = st.predictor.open(d.r)
	case "LZWDecode":
		d.r = st.predictor.open(newLZW(d.r, st.early))
	case "ASCIIHexDecode":
		d.r = newHexReader(d.r)
	case "ASCII85Decode":
		d.r = newASCII85(d.r)
	case "RunLengthDecode":
		d.r = newRunLength(d.r)
	case "Crypt": // Raw has dealt with it
	default:
		err = fail(CodeUnknownFilter, -1)
	}
	return err
}

// inflate sets an inflater, one that is idle where there is one: they are large.
func (d *decoder) inflate() error {
	var z io.ReadCloser
	var err error
	if d.file != nil && len(d.file.idle) > 0 {
		last := len(d.file.idle) - 1
		z, d.file.idle = d.file.idle[last], d.file.idle[:last]
		err = z.(zlib.Resetter).Reset(d.r, nil)
	} else {
		z, err = zlib.NewReader(d.r)
	}
	if err != nil {
		return unexpected(err)
	}
	d.r, d.inflaters = z, append(d.inflaters, z)
	return nil
}

// unexpected makes the end of the data in the middle of something an error of its own:
// io.EOF would pass for the end of the stream.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// deflate compresses for FlateDecode.
func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data) //nolint:errcheck // a bytes.Buffer takes everything
	w.Close()
	return b.Bytes()
}
