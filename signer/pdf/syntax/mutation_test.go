package syntax_test

import (
	"bytes"
	"testing"

	"congvan/signer/pdf/syntax"
)

// Whatever single byte of a file is changed, it is read in bounded time or refused with an
// error that names the place.
func TestEveryByteMayBeWrong(t *testing.T) {
	files := forms()
	files["linearized"] = rewritten(t, withMetadata(), "--linearize", "--object-streams=generate")
	files["encrypted"] = rewritten(t, withMetadata(), "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--")
	limits := syntax.Limits{Stream: 1 << 20, Packed: 1 << 20, Work: 16 << 20}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range data {
				for _, c := range []byte{' ', '9', data[i] + 1, data[i] ^ 0x80} {
					changed := bytes.Clone(data)
					changed[i] = c
					if err := walk(changed, syntax.Options{Limits: limits}); err != nil && code(err) == "" {
						t.Fatalf("byte %d as %q: %v", i, c, err)
					}
				}
			}
			for i := range data {
				if f, err := open(data[:i]); err == nil && f.Latest().End != int64(i) && len(f.Anomalies()) == 0 {
					t.Errorf("%d of %d bytes: what follows the last revision goes unnoticed", i, len(data))
				}
			}
		})
	}
}
