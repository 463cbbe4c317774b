package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/tsa"
)

// TestFailuresHaveWords: whatever kind of failure signing knows is told in both
// languages, under a code, with a status of its own, however deep it comes from.
func TestFailuresHaveWords(t *testing.T) {
	for _, f := range signingFailures() {
		all, status := explain(fmt.Errorf("sign: %w", fmt.Errorf("deep: %w", f.kind)))
		if len(all) != 1 || all[0].Code != f.code || all[0].Vi == "" || all[0].En == "" || status < exitUsage || status > exitLater {
			t.Errorf("%v: %v, status %d", f.kind, all, status)
		}
	}
	if all, _ := explain(io.ErrUnexpectedEOF); all != nil {
		t.Errorf("there are no words for %v", all)
	}
}

// TestAuthoritiesFail: each authority's own answer is told after what to do about it.
func TestAuthoritiesFail(t *testing.T) {
	attempts := []tsa.Attempt{{Authority: "http://tsa.example", Reason: signer.Reason{Code: "x", Vi: "Không trả lời.", En: "No answer."}}}
	for kind, want := range map[error]int{tsa.ErrUnavailable: exitLater, tsa.ErrRejected: exitRefused} {
		all, status := explain(fmt.Errorf("sign: %w", &tsa.Error{Kind: kind, Attempts: attempts}))
		if status != want || len(all) != 2 || all[1].Vi != "http://tsa.example: Không trả lời." {
			t.Errorf("%v: %v, status %d", kind, all, status)
		}
	}
	all, status := explain(&pdf.MissingEvidence{Reasons: []signer.Reason{{Code: "x"}}})
	if status != exitLater || len(all) != 2 {
		t.Errorf("%v, status %d", all, status)
	}
}

// TestWriteWhole: what cannot be written to the end leaves what was there, and no trace.
func TestWriteWhole(t *testing.T) {
	dir := t.TempDir()
	name := dir + "/out.pdf"
	if err := writeWhole(name, signedMode, func(w io.Writer) error { _, err := io.WriteString(w, "old"); return err }); err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	err := writeWhole(name, signedMode, func(w io.Writer) error { _, _ = io.WriteString(w, "new"); return full })
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil || string(data) != "old" {
		t.Fatalf("%q %v", data, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Fatalf("%v %v", left, err)
	}
}

// TestReadSignature: a value comes as it is, in base64 or in hex.
func TestReadSignature(t *testing.T) {
	value := string([]byte{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0xff})
	for _, text := range []string{value, "MAYCAQECAf8=\n", "3006 0201 0102 01FF\n"} {
		name := t.TempDir() + "/value"
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readSignature(name); err != nil || string(got) != value {
			t.Errorf("%q: %x %v", text, got, err)
		}
	}
}
