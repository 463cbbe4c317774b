package ber

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDER(t *testing.T) {
	for _, c := range []struct{ name, ber, der string }{
		{"already so", "3003020105", "3003020105"},
		{"indefinite", "30800201050000", "3003020105"},
		{"nested indefinite", "3080a0800201050000" + "0000", "3005a003020105"},
		{"long length", "308200030201050000"[:14], "3003020105"},
		{"longest length", "3088000000000000000302010" + "5", "3003020105"},
		{"string in pieces", "2480040101240304010200" + "00", "04020102"},
		{"set out of order", "3106020102020101", "3106020101020102"},
		{"private tag beyond 30", "ff8101810302010" + "5", "ff810103020105"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DER(unhex(t, c.ber))
			if err != nil || !bytes.Equal(got, unhex(t, c.der)) {
				t.Errorf("%x, %v; want %s", got, err, c.der)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":                     "",
		"one octet":                   "30",
		"shorter than it says":        "300302",
		"indefinite plain value":      "0480000000",
		"indefinite without end":      "3080020105",
		"wrong piece of a string":     "24800201050000",
		"tag without end":             "1fffffffffffff00",
		"length of nine octets":       "0489000000000000000100",
		"more than is there":          "0484ffffffff00",
		"negative for 64 bits":        "0488ffffffffffffffff00",
		"something behind":            "050000",
		"pieces nested too deep":      "",
		"indefinite nested too deep ": "",
	} {
		data := unhex(t, in)
		switch name {
		case "pieces nested too deep":
			data = []byte{}
			for range MaxDepth + 2 {
				data = Encode(OctetString|constructed, data)
			}
		case "indefinite nested too deep ":
			data = bytes.Repeat([]byte{0x30, 0x80}, MaxDepth+2)
			data = append(data, make([]byte, 2*(MaxDepth+2))...)
		}
		if _, err := DER(data); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBudget(t *testing.T) {
	data := Encode(Sequence, bytes.Repeat([]byte{Null, 0}, MaxElements))
	c := Open(data)
	for in := c.Inside(Sequence); !in.Empty(); {
		in.Next()
	}
	if c.Err() == nil {
		t.Error("more elements than allowed were read")
	}
}

func TestValues(t *testing.T) {
	moment := time.Date(2026, 11, 23, 11, 21, 12, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"170d3236313132333131323131325a":                  moment,
		"1711" + "3236313132333138323131322b30373030":     moment,
		"170b323631313233313132315a":                      moment.Truncate(time.Minute),
		"180f32303236313132333131323131325a":              moment,
		"1813" + "32303236313132333131323131322e3235305a": moment.Add(250 * time.Millisecond),
		"170d3530303130313030303030305a":                  time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC),
		"170d3439303130313030303030305a":                  time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		c := Open(unhex(t, in))
		if got := c.Time(); c.Err() != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v; want %v", in, got, c.Err(), want)
		}
	}
	c := Open(unhex(t, "06132a8880808080808080808080808080808080808001")[:21])
	if c.OID() != nil && c.Err() == nil {
		t.Error("an arc of more than 63 bits fits")
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "integer"))
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		der, err := asn1.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := Open(der).Integer(); got.Cmp(n) != 0 {
			t.Fatalf("%v read as %v", n, got)
		}
		arcs := append([]int{rapid.IntRange(0, 2).Draw(t, "first"), rapid.IntRange(0, 39).Draw(t, "second")},
			rapid.SliceOfN(rapid.IntRange(0, 1<<30), 0, 10).Draw(t, "arcs")...)
		der, err = asn1.Marshal(asn1.ObjectIdentifier(arcs))
		if err != nil {
			t.Fatal(err)
		}
		if got := Open(der).OID(); !got.Equal(arcs) {
			t.Fatalf("%v read as %v", arcs, got)
		}
		data := rapid.SliceOfN(rapid.Byte(), 0, 70_000).Draw(t, "octets")
		if got := Open(Encode(OctetString, data)).Octets(); !bytes.Equal(got, data) {
			t.Fatal("octets differ")
		}
	})
}

// scramble writes an element in another, longer form of BER.
func scramble(t *rapid.T, c *Cursor, e Element) []byte {
	body := e.Body
	if e.Constructed() {
		body = nil
		for in := c.Enter(e); !in.Empty(); {
			body = append(body, scramble(t, in, in.Next())...)
		}
		if rapid.Bool().Draw(t, "indefinite") {
			return append(append([]byte{e.Tag, 0x80}, body...), 0, 0)
		}
	}
	return append([]byte{e.Tag, 0x84, byte(len(body) >> 24), byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func TestDERUndoesAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		der := []byte{}
		for _, tag := range rapid.SliceOfN(rapid.SampledFrom([]byte{Sequence, Context(0), Context(3)}), 0, 6).Draw(t, "tags") {
			leaf := Encode(OctetString, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "leaf"))
			der = Encode(tag, leaf, der)
		}
		der = Encode(Sequence, der)
		c := Open(der)
		got, err := DER(scramble(t, c, c.Next()))
		if err != nil || !bytes.Equal(got, der) {
			t.Fatalf("%x, %v; want %x", got, err, der)
		}
	})
}

func FuzzDER(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0x24, 0x80, 4, 1, 1, 0, 0, 0, 0})
	f.Add([]byte{0x31, 6, 2, 1, 2, 2, 1, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		der, err := DER(in)
		if err != nil {
			return
		}
		again, err := DER(der)
		if err != nil || !bytes.Equal(again, der) {
			t.Fatalf("DER of %x is %x, and of that %x, %v", in, der, again, err)
		}
	})
}
