package canon

import (
	"io"
	"strings"
	"testing"

	"github.com/lestrrat-go/helium"
	"github.com/lestrrat-go/helium/c14n"
)

// BenchmarkExclusive reads and canonicalises a document of the size of a letter's skeleton.
func BenchmarkExclusive(b *testing.B) {
	src := []byte(`<e:a xmlns:e="urn:e" xmlns="urn:d">` + strings.Repeat("\n  <e:b><e:c>Sở Thử nghiệm</e:c><d x='1' y='2'/></e:b>", 100) + "</e:a>")
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			d, err := Parse(src, nil, Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if err := d.Write(io.Discard, Method{Exclusive: true}, View{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("helium", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			d, err := helium.NewParser().Parse(b.Context(), src)
			if err != nil {
				b.Fatal(err)
			}
			if err := c14n.NewCanonicalizer(c14n.ExclusiveC14N10).Canonicalize(d, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}
