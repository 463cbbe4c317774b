package bench

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"congvan/schemas/edxml"
	"congvan/signer/pdf/syntax"
)

// What is not a PDF would be refused at the door, and nothing be measured.
func TestLettersCarryPDFs(t *testing.T) {
	tpl := newTemplate("H26.99.90", []Party{{Agency: "H26.99.90.1"}}, 20<<10)
	large, size := largeLetter(tpl, 7, 100<<10)
	text, err := io.ReadAll(large)
	if err != nil || int64(len(text)) != size {
		t.Fatalf("%d bytes instead of %d: %v", len(text), size, err)
	}
	for name, envelope := range map[string][]byte{"letter": tpl.letter(123456), "large": text} {
		t.Run(name, func(t *testing.T) { opens(t, envelope) })
	}
}

// opens wants the attachment of an envelope to be a PDF of one page.
func opens(t *testing.T, envelope []byte) {
	var s kept
	if _, err := edxml.SplitMessage(bytes.NewReader(envelope), edxml.DefaultLimits(), &s); err != nil {
		t.Fatal(err)
	}
	f, err := syntax.Open(strings.NewReader(s.String()), int64(s.Len()), syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for p, err := range f.Latest().Pages() {
		if err != nil {
			t.Fatalf("page %d: %v", p.Index, err)
		}
		pages++
	}
	if pages != 1 || len(f.Anomalies()) > 0 {
		t.Errorf("%d pages, %v", pages, f.Anomalies())
	}
}

// kept takes the one attachment.
type kept struct{ bytes.Buffer }

func (k *kept) Payload(int) (edxml.PayloadFile, error) { return k, nil }
func (k *kept) Original() (io.Writer, error)           { return io.Discard, nil }

func (k *kept) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(k.Bytes()).ReadAt(p, at)
}
