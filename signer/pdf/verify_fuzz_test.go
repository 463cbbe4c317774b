package pdf

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"congvan/signer"
)

// FuzzVerify wants a sound report on anything, soon, and no pass for a file that was
// changed within what its signature covers.
func FuzzVerify(f *testing.F) {
	id := person(f)
	honest := sketchStart("Kinh gui").sign(f, id, fault{}).Bytes()
	f.Add(honest)
	f.Add(sketchStart("Kinh gui").sign(f, id, fault{}).sign(f, id, fault{}).Bytes())
	f.Add(sketchLetter("Kinh gui").Bytes())
	f.Add([]byte("%PDF-1.7\ntrailer<</Root 1 0 R>>startxref\n9\n%%EOF"))
	for _, name := range []string{"usf_01_Empty_Contents.pdf", "isa_A.pdf", "siwa_A.pdf", "one-byterange.pdf"} {
		if b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "pdf", name)); err == nil {
			f.Add(b)
		}
	}
	v := credulousVerifier(noon)
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<18 {
			return
		}
		start := time.Now()
		r := v.Verify(t.Context(), bytes.NewReader(file), int64(len(file)))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		sound(t, r)
		if r.Indication == "" || r.Indication == signer.TotalPassed && len(r.Signatures) == 0 {
			t.Errorf("%q with %d signatures", r.Indication, len(r.Signatures))
		}
	})
}
