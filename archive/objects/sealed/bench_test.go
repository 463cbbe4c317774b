package sealed_test

import (
	"context"
	"io"
	"testing"

	"congvan/internal/peers/stores"

	"congvan/archive/objects/objectstest"
)

// BenchmarkSealed reads and writes a blob of 32 MiB.
//
//	go test ./archive/objects/sealed -run xxx -bench Sealed -benchtime 20x
func BenchmarkSealed(b *testing.B) {
	const size = 32 << 20
	v := over(b, stores.Disk(b))
	data := objectstest.Bytes(1, size)
	d := objectstest.Keep(b, v, data)
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			r, err := v.Open(context.Background(), d)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
	})
	b.Run("write", func(b *testing.B) {
		b.SetBytes(size)
		for n := 0; b.Loop(); n++ {
			data[0], data[1] = byte(n), byte(n>>8)
			objectstest.Keep(b, v, data)
		}
	})
}
