package ber

import (
	"bytes"
	"slices"
)

// DER gives one encoded element in the distinguished form: lengths in the fewest
// octets, strings in one piece, sets in order. Plain values stay as they are. It
// shares no memory with its input.
func DER(full []byte) ([]byte, error) {
	c := Open(full)
	e := c.Next()
	c.End()
	out := c.der(e, 0)
	return out, c.Err()
}

func (c *Cursor) der(e Element, depth int) []byte {
	if depth > MaxDepth {
		c.Fail("nested more than %d deep", MaxDepth)
	}
	if c.Err() != nil {
		return nil
	}
	if !e.Constructed() {
		return slices.Concat(identifier(e.Full), length(len(e.Body)), e.Body)
	}
	if e.Tag == OctetString|constructed {
		return Encode(OctetString, c.Enter(e).join(nil, depth))
	}
	var parts [][]byte
	for in := c.Enter(e); !in.Empty(); {
		parts = append(parts, in.der(in.Next(), depth+1))
	}
	if e.Tag == Set {
		slices.SortStableFunc(parts, bytes.Compare)
	}
	body := slices.Concat(parts...)
	return slices.Concat(identifier(e.Full), length(len(body)), body)
}

// identifier gives the identifier octets of an element that was read.
func identifier(full []byte) []byte {
	n, err := skipIdentifier(full)
	if err != nil {
		return nil
	}
	return full[:n]
}

// Encode writes an element in DER. Its parts are joined to its contents.
func Encode(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	head := length(n)
	out := make([]byte, 0, 1+len(head)+n)
	out = append(append(out, tag), head...)
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// EncodeSet writes a SET OF in DER, under this identifier: its parts in order.
func EncodeSet(tag byte, parts ...[]byte) []byte {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, bytes.Compare)
	return Encode(tag, parts...)
}

// length writes a length in the fewest octets.
func length(n int) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	var octets []byte
	for ; n > 0; n >>= 8 {
		octets = append(octets, byte(n))
	}
	octets = append(octets, 0x80|byte(len(octets)))
	slices.Reverse(octets)
	return octets
}
