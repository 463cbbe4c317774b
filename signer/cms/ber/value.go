package ber

import (
	"encoding/asn1"
	"math"
	"math/big"
	"strings"
	"time"
)

// OID reads an object identifier. One with an arc beyond 63 bits is read over and
// given as nil, which equals no other.
func (c *Cursor) OID() asn1.ObjectIdentifier {
	body := c.Take(OID).Body
	if c.Err() != nil {
		return nil
	}
	if len(body) == 0 || body[len(body)-1]&0x80 != 0 {
		c.Fail("an object identifier that is cut off")
		return nil
	}
	return arcs(body)
}

func arcs(body []byte) asn1.ObjectIdentifier {
	var oid asn1.ObjectIdentifier
	arc := 0
	for _, b := range body {
		if arc > math.MaxInt>>7 {
			return nil
		}
		arc = arc<<7 | int(b&0x7f)
		if b&0x80 != 0 {
			continue
		}
		if oid == nil {
			first := min(arc/40, 2)
			oid = append(oid, first)
			arc -= first * 40
		}
		oid = append(oid, arc)
		arc = 0
	}
	return oid
}

// Integer reads an integer of any size.
func (c *Cursor) Integer() *big.Int { return c.BigInt(Integer) }

// BigInt reads an integer that carries this identifier.
func (c *Cursor) BigInt(tag byte) *big.Int {
	body := c.Take(tag).Body
	if c.Err() != nil {
		return new(big.Int)
	}
	if len(body) == 0 {
		c.Fail("an integer without value")
		return new(big.Int)
	}
	n := new(big.Int).SetBytes(body)
	if body[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(body))*8))
	}
	return n
}

// Int reads an integer that carries this identifier and lies between 0 and most.
func (c *Cursor) Int(tag byte, most int) int {
	n := c.BigInt(tag)
	if c.Err() == nil && (n.Sign() < 0 || n.Cmp(big.NewInt(int64(most))) > 0) {
		c.Fail("an integer outside 0…%d", most)
		return 0
	}
	return int(n.Int64())
}

// Bool reads a truth value.
func (c *Cursor) Bool() bool {
	body := c.Take(Boolean).Body
	if c.Err() == nil && len(body) != 1 {
		c.Fail("a truth value of %d octets", len(body))
		return false
	}
	return len(body) == 1 && body[0] != 0
}

// Octets reads an octet string, joining one that comes in pieces.
func (c *Cursor) Octets() []byte { return c.OctetsAs(OctetString) }

// OctetsAs reads an octet string that carries this (primitive) identifier.
func (c *Cursor) OctetsAs(tag byte) []byte {
	e := c.Next()
	switch {
	case c.Err() != nil:
		return nil
	case e.Tag == tag:
		return e.Body
	case e.Tag == tag|constructed:
		return c.Enter(e).join(nil, 0)
	}
	c.Fail("tag %#02x where an octet string should be", e.Tag)
	return nil
}

// join appends the pieces of a string, which may be in pieces themselves.
func (c *Cursor) join(to []byte, depth int) []byte {
	if depth > MaxDepth {
		c.Fail("a string in pieces nested more than %d deep", MaxDepth)
	}
	for !c.Empty() {
		e := c.Next()
		switch e.Tag {
		case OctetString:
			to = append(to, e.Body...)
		case OctetString | constructed:
			to = c.Enter(e).join(to, depth+1)
		default:
			c.Fail("tag %#02x among the pieces of a string", e.Tag)
		}
	}
	return to
}

// Bits reads a bit string of whole octets.
func (c *Cursor) Bits() []byte {
	body := c.Take(BitString).Body
	if c.Err() != nil {
		return nil
	}
	if len(body) == 0 || body[0] != 0 {
		c.Fail("a bit string that is not made of whole octets")
		return nil
	}
	return body[1:]
}

// Time reads a UTCTime or a GeneralizedTime, in UTC. Seconds may be missing and
// offsets given, as BER allows; fractions count to the nanosecond.
func (c *Cursor) Time() time.Time {
	e := c.Next()
	if c.Err() != nil {
		return time.Time{}
	}
	layouts := timeLayouts(e.Tag)
	for _, layout := range layouts {
		t, err := time.Parse(layout, strings.Replace(string(e.Body), ",", ".", 1))
		if err != nil {
			continue
		}
		if e.Tag == UTCTime && t.Year() >= 2050 { // RFC 5280, 4.1.2.5.1
			t = t.AddDate(-100, 0, 0)
		}
		return t.UTC()
	}
	c.Fail("not a time: tag %#02x", e.Tag)
	return time.Time{}
}

func timeLayouts(tag byte) []string {
	switch tag {
	case UTCTime:
		return []string{"060102150405Z0700", "0601021504Z0700"}
	case GeneralizedTime:
		return []string{"20060102150405Z0700", "200601021504Z0700"}
	}
	return nil
}
