package xmlsig

import (
	"encoding/base64"
	"errors"
	"io"

	"congvan/signer/xml/canon"
)

// decode writes what raw base64 text means to w.
func decode(w io.Writer, raw io.Reader) error {
	d := &decoder{w: w, text: make([]byte, 0, decodeBuffer)}
	if err := canon.CopyText(d, raw, false); err != nil {
		return err
	}
	return d.flush()
}

const decodeBuffer = 16 << 10 // characters, whole quanta

// decoder decodes the base64 text that is written to it.
type decoder struct {
	w     io.Writer
	text  []byte // without white space, not decoded yet
	out   [decodeBuffer / 4 * 3]byte
	ended bool // by padding
}

var errBase64 = errors.New("not base64")

// Write takes text, white space in it being dropped.
func (d *decoder) Write(b []byte) (int, error) {
	size := len(b)
	for len(b) > 0 {
		n := 0
		for n < len(b) && b[n] > ' ' {
			n++
		}
		if err := d.add(b[:n]); err != nil {
			return 0, err
		}
		b = b[n:]
		for len(b) > 0 && b[0] <= ' ' {
			b = b[1:]
		}
	}
	return size, nil
}

func (d *decoder) add(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), cap(d.text)-len(d.text))
		d.text, b = append(d.text, b[:n]...), b[n:]
		if len(d.text) == cap(d.text) {
			if err := d.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) flush() error {
	if len(d.text) == 0 {
		return nil
	}
	n, err := base64.StdEncoding.Decode(d.out[:], d.text)
	if err != nil || d.ended {
		return errBase64
	}
	d.ended = n < len(d.text)/4*3
	d.text = d.text[:0]
	_, err = d.w.Write(d.out[:n])
	return err
}
