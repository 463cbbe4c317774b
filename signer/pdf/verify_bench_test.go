package pdf

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust/democa"
	"congvan/signer/validate"
)

// BenchmarkVerifySmall verifies a letter of one page with one signature, on one core:
// the file alone, with its chain judged by trust, and with a time stamp and CRLs besides.
// What the key alone takes stands beside it.
func BenchmarkVerifySmall(b *testing.B) {
	for _, kind := range []democa.KeyKind{democa.P256, democa.RSA2048} {
		id := keyed(b, kind)
		file := sketchStart("Kinh gui").sign(b, id, fault{}).Bytes()
		roots := b.TempDir()
		writeCertificate(b, roots, id.Chain[len(id.Chain)-1].Raw)
		b.Run(fmt.Sprint(kind, "/key only"), func(b *testing.B) { checkAgain(b, id) })
		b.Run(fmt.Sprint(kind, "/file"), func(b *testing.B) { verifyAgain(b, credulousVerifier(noon), file) })
		b.Run(fmt.Sprint(kind, "/trust"), func(b *testing.B) { verifyAgain(b, strictVerifier(b, roots, noon), file) })
	}
}

// BenchmarkVerifyStamped verifies a letter of level B-T: both chains with their CRLs.
func BenchmarkVerifyStamped(b *testing.B) {
	d := newDemo(b)
	doc := letter(1, "", "")
	o := vietnamese()
	o.Level, o.Stamper, o.Time = signer.LevelBT, d.stamper(b), time.Time{}
	var signed bytes.Buffer
	check(b, Sign(b.Context(), d.person(b, democa.RSA2048), bytes.NewReader(doc), int64(len(doc)), &signed, o))
	v := NewVerifier(Options{Process: validate.New(validate.Options{Trust: d.judge(b)})})
	verifyAgain(b, v, signed.Bytes())
}

// checkAgain is the least that verifying takes: one signature by a key.
func checkAgain(b *testing.B, id *democa.Identity) {
	digest := sha256.Sum256([]byte("Kinh gui"))
	value, err := id.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	check(b, err)
	for b.Loop() {
		switch k := id.Key.Public().(type) {
		case *rsa.PublicKey:
			err = rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], value)
		case *ecdsa.PublicKey:
			if !ecdsa.VerifyASN1(k, digest[:], value) {
				err = errors.New("does not verify")
			}
		}
		check(b, err)
	}
}

func verifyAgain(b *testing.B, v *Verifier, file []byte) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b.ReportAllocs()
	for b.Loop() {
		if r := v.Verify(b.Context(), bytes.NewReader(file), int64(len(file))); r.Indication != "TOTAL_PASSED" {
			b.Fatal(r)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

func keyed(b testing.TB, kind democa.KeyKind) *democa.Identity {
	b.Helper()
	ca, err := democa.New(noon, democa.Options{})
	if err != nil {
		b.Fatal(err)
	}
	id, err := ca.Person(democa.Subject{Name: "Nguyễn Văn Ví Dụ"}, democa.Issue{Key: kind})
	if err != nil {
		b.Fatal(err)
	}
	return id
}

// hundred is a signed file whose page has a stream of 100 MB.
func hundred(b testing.TB) []byte {
	s := sketchStart("Kinh gui")
	const size = 100 << 20
	s.object(9, fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", size, bytes.Repeat([]byte("0123456789abcdef"), size/16)))
	s.close()
	return s.sign(b, person(b), fault{}).Bytes()
}

// BenchmarkVerifyBig verifies a file of 100 MB beside a plain SHA-256 of it, and tells
// how much memory it takes to the file's size.
func BenchmarkVerifyBig(b *testing.B) {
	file := hundred(b)
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			h := sha256.New()
			if _, err := io.Copy(h, bytes.NewReader(file)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		v := credulousVerifier(noon)
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			if r := v.Verify(b.Context(), bytes.NewReader(file), int64(len(file))); r.Indication != "TOTAL_PASSED" {
				b.Fatal(r)
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(grown(b, v, file))/(1<<20), "MiB-heap")
	})
}

// watching looks at the heap at each read.
type watching struct {
	io.ReaderAt
	most *uint64
}

func (w watching) ReadAt(p []byte, off int64) (int, error) {
	*w.most = max(*w.most, heap())
	return w.ReaderAt.ReadAt(p, off)
}

func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// TestMemoryIsFlat verifies 100 MB within a few: the heap never grows with the file.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 100 MB")
	}
	file := hundred(t)
	if grown := grown(t, credulousVerifier(noon), file); grown > 16<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

// grown is by how much the heap grows while a file is verified.
func grown(t testing.TB, v *Verifier, file []byte) int64 {
	runtime.GC()
	before, most := heap(), uint64(0)
	if r := v.Verify(t.Context(), watching{bytes.NewReader(file), &most}, int64(len(file))); r.Indication != "TOTAL_PASSED" {
		t.Fatalf("%+v", r)
	}
	return int64(most) - int64(before)
}
