package pdf

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

// What the key alone can do stands beside what comes out as signed documents: the
// wanted share is 80 % for RSA-2048.
func BenchmarkSign(b *testing.B) {
	d := newDemo(b)
	doc := letter(1, "", "")
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		key := d.person(b, kind)
		b.Run(string(kind)+"/key only", func(b *testing.B) {
			digest := sha256.Sum256(doc)
			for b.Loop() {
				if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(kind)+"/small document", func(b *testing.B) {
			for b.Loop() {
				if err := Sign(b.Context(), key, bytes.NewReader(doc), int64(len(doc)), io.Discard, vietnamese()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(kind)+"/with a seal", func(b *testing.B) {
			o := vietnamese()
			o.Field, o.Appearance = "Đóng dấu", seal(b)
			form := form("")
			for b.Loop() {
				if err := Sign(b.Context(), key, bytes.NewReader(form), int64(len(form)), io.Discard, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// 100 MB from a file to a file, with the memory that it took on top.
func BenchmarkSign100MB(b *testing.B) {
	d := newDemo(b)
	key := d.person(b, democa.P256)
	dir := b.TempDir()
	in := filepath.Join(dir, "in.pdf")
	check(b, os.WriteFile(in, largeLetter(100_000_000), 0o600))
	debug.FreeOSMemory()
	b.SetBytes(100_000_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		signFile(b, key, in, filepath.Join(dir, "out.pdf"))
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Sys-before.Sys)/(1<<20), "MB-more")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MB-allocated/op")
}

func signFile(b *testing.B, key *token.Key, in, out string) {
	b.Helper()
	src, err := os.Open(in)
	check(b, err)
	defer src.Close()
	info, err := src.Stat()
	check(b, err)
	dst, err := os.Create(out)
	check(b, err)
	defer dst.Close()
	check(b, Sign(b.Context(), key, src, info.Size(), dst, vietnamese()))
}
