package syntax

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// Hole is an object that is written as room to be filled later, of Size bytes with its
// delimiters: zeros in angle brackets where it is called Contents (a value for hexadecimal
// digits), spaces otherwise. Holes are never encrypted.
type Hole struct {
	Size int    // at least 2
	Name string // by which [Update.Bytes] tells its place; unique in an update
}

// holeContents is the name of the hole that reads as a string before it is filled.
const holeContents = "Contents"

// writer writes objects as they stand in a file.
type writer struct {
	bytes.Buffer
	start int64 // offset in the file of what is written first
	holes map[string]int64
	depth int
}

func (w *writer) pos() int64 { return w.start + int64(w.Len()) }

func invalid() error { return fail(CodeInvalidWriting, -1) }

// object writes a direct object.
func (w *writer) object(o Object) error {
	switch o := o.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(o))
	case int:
		w.integer(int64(o))
	case int64:
		w.integer(o)
	case float64:
		return w.real(o)
	case String:
		w.str(o)
	case Name:
		return w.name(o)
	case Ref:
		return w.ref(o)
	case Hole:
		return w.hole(o)
	case Array, Dict:
		return w.nested(o)
	default:
		return invalid()
	}
	return nil
}

// maxWritten is how deep an object to be written may nest.
const maxWritten = 90

// nested writes an array or a dictionary.
func (w *writer) nested(o Object) error {
	if w.depth++; w.depth > maxWritten {
		return fail(CodeDepth, -1)
	}
	defer func() { w.depth-- }()
	if d, ok := o.(Dict); ok {
		return w.dict(d)
	}
	a, _ := o.(Array)
	w.WriteByte('[')
	for i, v := range a {
		if i > 0 {
			w.WriteByte(' ')
		}
		if err := w.object(v); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

// dict writes the entries in the order of their keys, /Type first.
func (w *writer) dict(d Dict) error {
	keys := make([]Name, 0, len(d))
	for k, v := range d {
		if v != nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b Name) int {
		if (a == "Type") != (b == "Type") {
			if a == "Type" {
				return -1
			}
			return 1
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	w.WriteString("<<")
	for _, k := range keys {
		if err := w.name(k); err != nil {
			return err
		}
		w.WriteByte(' ')
		if err := w.object(d[k]); err != nil {
			return err
		}
	}
	w.WriteString(">>")
	return nil
}

func (w *writer) integer(n int64) { w.Write(strconv.AppendInt(w.AvailableBuffer(), n, 10)) }

// real writes a number without an exponent (7.3.3), and with a full stop so that it is
// read as a real number again.
func (w *writer) real(x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1e30 {
		return invalid()
	}
	text := strconv.AppendFloat(w.AvailableBuffer(), x, 'f', -1, 64)
	if len(text) > 60 {
		text = strconv.AppendFloat(w.AvailableBuffer(), x, 'f', 20, 64)
	}
	if !bytes.Contains(text, []byte(".")) {
		text = append(text, ".0"...)
	}
	w.Write(text)
	return nil
}

func (w *writer) name(n Name) error {
	if len(n) > maxName {
		return invalid()
	}
	w.WriteByte('/')
	for i := range len(n) {
		switch c := n[i]; {
		case c == 0:
			return invalid()
		case c == '#' || c < '!' || c > '~' || !isRegular(int(c)):
			w.WriteByte('#')
			w.hex(c)
		default:
			w.WriteByte(c)
		}
	}
	return nil
}

func (w *writer) hex(c byte) {
	const digits = "0123456789ABCDEF"
	w.WriteByte(digits[c>>4])
	w.WriteByte(digits[c&15])
}

// str writes text in parentheses, anything else in hexadecimal digits.
func (w *writer) str(s String) {
	if !plain(string(s)) {
		w.WriteByte('<')
		for i := range len(s) {
			w.hex(s[i])
		}
		w.WriteByte('>')
		return
	}
	w.WriteByte('(')
	for i := range len(s) {
		if s[i] == '(' || s[i] == ')' || s[i] == '\\' {
			w.WriteByte('\\')
		}
		w.WriteByte(s[i])
	}
	w.WriteByte(')')
}

func (w *writer) ref(r Ref) error {
	if r.Number <= 0 || r.Number > maxNumber || r.Generation < 0 || r.Generation > math.MaxUint16 {
		return invalid()
	}
	w.integer(int64(r.Number))
	w.WriteByte(' ')
	w.integer(int64(r.Generation))
	w.WriteString(" R")
	return nil
}

func (w *writer) hole(h Hole) error {
	if _, twice := w.holes[h.Name]; twice || h.Size < 2 || w.holes == nil {
		return invalid()
	}
	w.holes[h.Name] = w.pos()
	if h.Name == holeContents {
		w.WriteByte('<')
		w.Write(bytes.Repeat([]byte{'0'}, h.Size-2))
		w.WriteByte('>')
		return nil
	}
	w.Write(bytes.Repeat([]byte{' '}, h.Size))
	return nil
}
