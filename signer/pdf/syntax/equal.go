package syntax

import (
	"bytes"
	"io"
)

// Equal compares two objects deeply. References are equal when they name the same
// object, numbers when they have the same value, streams when their dictionaries but
// for /Length and their decrypted, still encoded bytes are. What cannot be read is not
// equal to anything.
func Equal(a, b Object) bool {
	switch a := a.(type) {
	case Array:
		b, ok := b.(Array)
		return ok && equalArrays(a, b)
	case Dict:
		b, ok := b.(Dict)
		return ok && equalDicts(a, b)
	case *Stream:
		b, ok := b.(*Stream)
		return ok && equalStreams(a, b)
	case int64:
		if b, ok := b.(float64); ok {
			return float64(a) == b
		}
	case float64:
		if b, ok := b.(int64); ok {
			return a == float64(b)
		}
	}
	switch b.(type) {
	case Array, Dict: // not comparable by ==, and a is neither
		return false
	}
	return a == b
}

func equalArrays(a, b Array) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalDicts(a, b Dict) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

func equalStreams(a, b *Stream) bool {
	if a == b {
		return true
	}
	if !equalDicts(withoutLength(a.Dict), withoutLength(b.Dict)) {
		return false
	}
	if a.file != nil && a.file == b.file && a.Offset == b.Offset && a.Length == b.Length {
		return true
	}
	x, err := a.Raw()
	if err != nil {
		return false
	}
	y, err := b.Raw()
	return err == nil && equalReaders(x, y)
}

func withoutLength(d Dict) Dict {
	c := make(Dict, len(d))
	for k, v := range d {
		if k != "Length" {
			c[k] = v
		}
	}
	return c
}

func equalReaders(x, y io.Reader) bool {
	const piece = 32 << 10
	a, b := make([]byte, piece), make([]byte, piece)
	for {
		n, errX := io.ReadFull(x, a)
		m, errY := io.ReadFull(y, b)
		if n != m || !bytes.Equal(a[:n], b[:m]) {
			return false
		}
		if errX != nil || errY != nil {
			return ended(errX) && ended(errY)
		}
	}
}

func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// Clone copies arrays and dictionaries deeply, so that the copy may be changed. The
// bytes of streams stay shared: they cannot be changed.
func Clone(o Object) Object {
	switch o := o.(type) {
	case Array:
		a := make(Array, len(o))
		for i, v := range o {
			a[i] = Clone(v)
		}
		return a
	case Dict:
		d := make(Dict, len(o))
		for k, v := range o {
			d[k] = Clone(v)
		}
		return d
	case *Stream:
		s := *o
		s.Dict = Clone(o.Dict).(Dict)
		return &s
	}
	return o
}
