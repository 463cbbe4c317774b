package cms

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEncodeOID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := asn1.ObjectIdentifier(rapid.SliceOfN(rapid.IntRange(-1, 1<<40), 0, 12).Draw(t, "arcs"))
		if len(o) > 1 && rapid.Bool().Draw(t, "plausible") {
			o[0], o[1] = max(o[0], 0)%3, max(o[1], 0)%40
		}
		want, err := asn1.Marshal(o)
		if err != nil || slices.ContainsFunc(o, func(arc int) bool { return arc < 0 }) {
			want = nil // encoding/asn1 writes something for 0.-1
		}
		if got := encodeOID(o); !bytes.Equal(got, want) {
			t.Fatalf("%v: %x, want %x", o, got, want)
		}
	})
}
