package ber

import (
	"bytes"
	"fmt"
)

// Cursor walks over the elements of one body. Cursors opened from one another share
// their first error and their budget: after an error everything is empty, so a
// parser asks for the error once, at its end.
type Cursor struct {
	rest  []byte
	depth int
	doc   *document
}

// document is what all cursors of one input share.
type document struct {
	err    error
	budget int
}

// Open starts to read an input. The cursor refuses further elements after the
// first error.
func Open(b []byte) *Cursor {
	return &Cursor{rest: b, doc: &document{budget: MaxElements}}
}

// Err gives the first error in the whole input.
func (c *Cursor) Err() error { return c.doc.err }

// Fail records an error of the caller's own, unless there was one before.
func (c *Cursor) Fail(format string, args ...any) {
	if c.doc.err == nil {
		c.doc.err = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
}

// Empty tells whether nothing is left here, also after an error.
func (c *Cursor) Empty() bool { return c.doc.err != nil || len(c.rest) == 0 }

// Rest gives what has not been read yet.
func (c *Cursor) Rest() []byte {
	if c.doc.err != nil {
		return nil
	}
	return c.rest
}

// End fails when something is left.
func (c *Cursor) End() {
	if !c.Empty() {
		c.Fail("%d octets too many", len(c.rest))
	}
}

// Is tells whether the next element has this identifier.
func (c *Cursor) Is(tag byte) bool { return !c.Empty() && c.rest[0] == tag }

// IsString tells whether the next element has this identifier of a plain value, or
// is the same string in pieces.
func (c *Cursor) IsString(tag byte) bool { return c.Is(tag) || c.Is(tag|constructed) }

// Next reads any element.
func (c *Cursor) Next() Element {
	if c.doc.err != nil {
		return Element{}
	}
	e, err := c.element(c.rest, c.depth)
	if err != nil {
		c.doc.err = err
		return Element{}
	}
	c.rest = c.rest[len(e.Full):]
	return e
}

// Take reads an element that must have this identifier.
func (c *Cursor) Take(tag byte) Element {
	e := c.Next()
	if c.doc.err == nil && e.Tag != tag {
		c.Fail("tag %#02x where %#02x should be", e.Tag, tag)
		return Element{}
	}
	return e
}

// Inside reads an element that must have this identifier and opens it.
func (c *Cursor) Inside(tag byte) *Cursor { return c.Enter(c.Take(tag)) }

// Enter opens an element.
func (c *Cursor) Enter(e Element) *Cursor {
	depth := c.depth
	if e.Indefinite {
		depth++
	}
	return &Cursor{rest: e.Body, depth: depth, doc: c.doc}
}

// element reads the element at the start of b.
func (c *Cursor) element(b []byte, depth int) (Element, error) {
	if c.doc.budget--; c.doc.budget < 0 {
		return Element{}, fmt.Errorf("%w: more than %d elements", ErrMalformed, MaxElements)
	}
	h, err := readHeader(b)
	if err != nil {
		return Element{}, err
	}
	if !h.indefinite {
		end := h.size + h.length
		return Element{Tag: h.tag, Body: b[h.size:end:end], Full: b[:end:end]}, nil
	}
	length, err := c.indefinite(b[h.size:], depth+1)
	if err != nil {
		return Element{}, err
	}
	end := h.size + length
	return Element{Tag: h.tag, Body: b[h.size:end:end], Full: b[: end+2 : end+2], Indefinite: true}, nil
}

var endOfContents = []byte{0, 0}

// indefinite measures contents up to their end-of-contents octets.
func (c *Cursor) indefinite(b []byte, depth int) (int, error) {
	if depth > MaxDepth {
		return 0, fmt.Errorf("%w: nested more than %d deep", ErrMalformed, MaxDepth)
	}
	at := 0
	for !bytes.HasPrefix(b[at:], endOfContents) {
		e, err := c.element(b[at:], depth)
		if err != nil {
			return 0, err
		}
		at += len(e.Full)
	}
	return at, nil
}
