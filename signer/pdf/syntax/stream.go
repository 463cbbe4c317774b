package syntax

import (
	"bytes"
	"errors"
	"io"
)

// Stream is a stream object. Its Dict is shared like every object.
type Stream struct {
	Dict   Dict
	Offset int64 // in the file, of its bytes as they are stored; 0 of one that was just made
	Length int64 // of its bytes as they are stored

	file      *File     // nil: it was just made
	owner     *Revision // that defines it
	rev       *Revision // that looks at it
	ref       Ref       // of the object, which the encryption key depends on
	lengthRef Ref       // where /Length is a reference
	plain     bool      // never encrypted
	data      []byte    // of one that was just made
}

// Stored gives the bytes as they are stored: encoded, and encrypted where the file is.
func (s *Stream) Stored() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.data)
	}
	return s.file.src.section(s.Offset, s.Length)
}

// Raw gives the bytes decrypted, but still encoded by the stream's filters.
func (s *Stream) Raw() (io.Reader, error) {
	if s.file == nil || s.file.crypt == nil || s.plain {
		return s.Stored(), nil
	}
	return s.file.crypt.openStream(s)
}

// Open gives the decoded bytes, by the filters of 7.4 that are not for images:
// FlateDecode and LZWDecode with predictors, ASCIIHexDecode, ASCII85Decode,
// RunLengthDecode, Crypt. Other filters are an error of kind [ErrUnsupported]. Reading
// past the limit for streams fails with [ErrTooLarge]. Closing lets the file use
// its decoders again.
func (s *Stream) Open() (io.ReadCloser, error) {
	limit := Limits{}.orDefault(0).Stream
	if s.file != nil {
		limit = s.file.limits.Stream
	}
	return s.open(limit)
}

func (s *Stream) open(limit int64) (*decoder, error) {
	raw, err := s.Raw()
	if err != nil {
		return nil, err
	}
	steps, err := s.filters()
	if err != nil {
		return nil, failBecause(CodeFilter, s.Offset, err)
	}
	d := &decoder{r: raw, file: s.file}
	for _, step := range steps {
		if err := d.put(step); err != nil {
			return nil, failBecause(CodeFilterData, s.Offset, err)
		}
		// Each step is bounded: a chain of filters multiplies what they expand to.
		d.r = &bounded{d.r, limit, s.Offset}
	}
	return d, nil
}

// bytes gives all decoded bytes.
func (s *Stream) bytes(limit int64) ([]byte, error) {
	r, err := s.open(limit)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(&bounded{r, limit, s.Offset})
	if err != nil {
		return nil, failBecause(CodeFilterData, s.Offset, err)
	}
	return data, nil
}

// bounded fails when more than left bytes come, and makes errors of the decoders those
// of this package.
type bounded struct {
	r      io.Reader
	left   int64
	offset int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fail(CodeStreamSize, b.offset)
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	var known *Error
	if errors.As(err, &known) {
		return n, err
	}
	return n, failBecause(CodeFilterData, b.offset, err)
}

// NewStream makes a stream of data for an [Update], encoded with FlateDecode where that
// is wanted. d is copied; it may name filters only when compress is false and data is
// already encoded by them.
func NewStream(d Dict, data []byte, compress bool) Object {
	c := Clone(d).(Dict)
	if c == nil {
		c = Dict{}
	}
	delete(c, "Length")
	if compress {
		data = deflate(data)
		c["Filter"] = Name("FlateDecode")
	}
	return &Stream{Dict: c, Length: int64(len(data)), data: data}
}
