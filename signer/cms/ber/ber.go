// Package ber reads and writes the tag-length-value encodings of ASN.1 (X.690).
//
// Signatures of other makers come in BER: with indefinite lengths, strings in pieces
// and sets in any order. This package reads all of that and keeps every element's
// own bytes, since a signature covers bytes and not what they mean. What it writes
// is DER.
//
// Reading is bounded: by the length of the input, by MaxDepth, and by MaxElements
// headers looked at in one input, so no input costs more than its size suggests.
package ber

import (
	"errors"
	"fmt"
)

// Bounds of one input.
const (
	MaxDepth    = 32      // of nested elements whose length is indefinite
	MaxElements = 1 << 20 // headers looked at in one input
)

// ErrMalformed is the kind of every error of this package: the bytes are not the
// encoding that was asked for. Trying again is of no use.
var ErrMalformed = errors.New("malformed ASN.1")

// Identifier octets (X.690, 8.1.2) of the types that signatures are made of.
const (
	Boolean         byte = 0x01
	Integer         byte = 0x02
	BitString       byte = 0x03
	OctetString     byte = 0x04
	Null            byte = 0x05
	OID             byte = 0x06
	Enumerated      byte = 0x0a
	UTF8String      byte = 0x0c
	UTCTime         byte = 0x17
	GeneralizedTime byte = 0x18
	Sequence        byte = 0x30
	Set             byte = 0x31
)

const constructed byte = 0x20

// Context gives the identifier of the constructed context-specific tag n, at most 30.
func Context(n byte) byte { return 0xa0 | n }

// Primitive gives the identifier of the primitive context-specific tag n, at most 30.
func Primitive(n byte) byte { return 0x80 | n }

// Element is one encoded value. Its slices share the memory of the input.
type Element struct {
	Tag        byte   // the first identifier octet; tags beyond 30 all have their low five bits set
	Body       []byte // the contents, without the end-of-contents octets
	Full       []byte // header, contents and end
	Indefinite bool   // the length is given by an end, not by a number
}

// Constructed tells an element made of elements from a plain value.
func (e Element) Constructed() bool { return e.Tag&constructed != 0 }

// header is a decoded identifier and length.
type header struct {
	tag        byte
	size       int // of the header itself
	length     int
	indefinite bool
}

func readHeader(b []byte) (header, error) {
	if len(b) < 2 {
		return header{}, fmt.Errorf("%w: it ends where an element should start", ErrMalformed)
	}
	at, err := skipIdentifier(b)
	if err != nil {
		return header{}, err
	}
	h := header{tag: b[0]}
	return h.readLength(b, at)
}

// skipIdentifier passes over an identifier, which takes several octets for tags beyond 30.
func skipIdentifier(b []byte) (int, error) {
	if b[0]&0x1f != 0x1f {
		return 1, nil
	}
	for i := 1; i < len(b) && i < 6; i++ {
		if b[i]&0x80 == 0 {
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("%w: a tag without end", ErrMalformed)
}

func (h header) readLength(b []byte, at int) (header, error) {
	if at >= len(b) {
		return h, fmt.Errorf("%w: an element without length", ErrMalformed)
	}
	first := b[at]
	at++
	switch {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		if h.tag&constructed == 0 {
			return h, fmt.Errorf("%w: a plain value of indefinite length", ErrMalformed)
		}
		h.indefinite = true
	default:
		count := int(first & 0x7f)
		if count > 8 || count > len(b)-at {
			return h, fmt.Errorf("%w: a length of %d octets", ErrMalformed, count)
		}
		for range count {
			if h.length > len(b) {
				return h, fmt.Errorf("%w: longer than the input", ErrMalformed)
			}
			h.length = h.length<<8 | int(b[at])
			at++
		}
	}
	h.size = at
	if h.length > len(b)-at {
		return h, fmt.Errorf("%w: an element of %d octets where %d are left", ErrMalformed, h.length, len(b)-at)
	}
	return h, nil
}
