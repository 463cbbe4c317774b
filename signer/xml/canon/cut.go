package canon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// textBuffer is how much of a cut's text is held at a time.
const textBuffer = 16 << 10

// cut streams the text of a cut into the canonical form.
func (c *writer) cut(index int) {
	if c.view.Text == nil {
		c.fail(fmt.Errorf("canon: the text of cut %d is not to be had", index))
		return
	}
	r, err := c.view.Text(index)
	if err != nil {
		c.fail(fmt.Errorf("canon: open the text of cut %d: %w", index, err))
		return
	}
	defer r.Close()
	if err := CopyText(c.out, r, true); err != nil {
		c.fail(fmt.Errorf("canon: cut %d: %w", index, err))
	}
}

// CopyText reads XML text as it stands in a document and writes what it means: line ends
// normalised, references replaced; escaped again as canonical XML wants it on request.
// Markup in it is an error. Memory is flat.
func CopyText(w io.Writer, r io.Reader, escaped bool) error {
	t := textCopier{w: w, escaped: escaped}
	return t.copy(r)
}

type textCopier struct {
	w       io.Writer
	escaped bool
}

func (t *textCopier) copy(r io.Reader) error {
	buf := make([]byte, textBuffer)
	kept := 0 // bytes at the start of buf that wait for what follows
	for {
		n, err := io.ReadAtLeast(r, buf[kept:], 1)
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return fmt.Errorf("read text: %w", err)
		}
		rest, werr := t.chunk(buf[:kept+n], ended)
		if werr != nil || ended {
			return werr
		}
		kept = copy(buf, rest)
	}
}

// chunk writes a stretch of text and gives back what cannot be judged before more is
// read: an open reference, a carriage return.
func (t *textCopier) chunk(b []byte, last bool) ([]byte, error) {
	for {
		i := special(b)
		if i < 0 {
			_, err := t.w.Write(b)
			return nil, err
		}
		if _, err := t.w.Write(b[:i]); err != nil {
			return nil, err
		}
		b = b[i:]
		if !last && (b[0] == '\r' && len(b) == 1 || b[0] == '&' && len(b) < maxReference && bytes.IndexByte(b, ';') < 0) {
			return b, nil
		}
		n, err := t.one(b)
		if err != nil {
			return nil, err
		}
		b = b[n:]
	}
}

// special finds the first byte that is not simply copied.
func special(b []byte) int {
	first := -1
	for _, c := range [...]byte{'\r', '&', '<', '>'} {
		if i := bytes.IndexByte(b, c); i >= 0 {
			first, b = i, b[:i]
		}
	}
	return first
}

// one writes the special byte or reference at the start of b and gives its length.
func (t *textCopier) one(b []byte) (n int, err error) {
	var r rune
	switch b[0] {
	case '\r':
		r, n = '\n', 1
		if len(b) > 1 && b[1] == '\n' {
			n = 2
		}
	case '>':
		r, n = '>', 1
	case '&':
		var kind error
		if r, n, kind = reference(string(b[:min(len(b), maxReference)])); kind != nil {
			return 0, kind
		}
	default:
		return 0, fmt.Errorf("%w: markup in text that was cut out", ErrMalformed)
	}
	return n, t.char(r)
}

func (t *textCopier) char(r rune) error {
	if r < utf8.RuneSelf && t.escaped {
		if e := textEscape(byte(r)); e != "" {
			_, err := io.WriteString(t.w, e)
			return err
		}
	}
	_, err := io.WriteString(t.w, string(r))
	return err
}
