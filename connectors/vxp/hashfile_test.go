package vxp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"congvan/gateway"
)

func TestUnpadded(t *testing.T) {
	digest, err := hex.DecodeString("cc7bdd662415e725c750bf6c0e64c36a87ad21bf38d00a593f9f10203572747f")
	if err != nil {
		t.Fatal(err)
	}
	const sent = "cc7bdd662415e725c750bf6ce64c36a87ad21bf38d0a593f9f10203572747f"
	if got := unpadded(digest); got != sent {
		t.Errorf("unpadded = %s, want %s", got, sent)
	}
	for _, spelling := range []string{sent, hex.EncodeToString(digest), strings.ToUpper(sent), " " + sent} {
		if !sameDigest(spelling, digest) {
			t.Errorf("%q not recognized", spelling)
		}
	}
	for _, spelling := range []string{"", sent[1:], sent + "0"} {
		if sameDigest(spelling, digest) {
			t.Errorf("%q taken for the digest", spelling)
		}
	}
}

func TestFileReader(t *testing.T) {
	const file = "<edXML>văn bản</edXML>"
	tests := []struct {
		name, body, hashed string
		want               string
		code               gateway.Code
	}{
		{"vendor: file and line end", file + "\r\n", file, file, ""},
		{"other clients: file alone", file, file, file, ""},
		{"line end belongs to the file", file + "\r\n", file + "\r\n", file + "\r\n", ""},
		{"file with a line end, and one more", file + "\r\n\r\n", file + "\r\n", file + "\r\n", ""},
		{"exactly one is taken off", file + "\r\n\r\n", file, "", gateway.CodeHashMismatch},
		{"carriage return alone is the file's", file + "\r", file + "\r", file + "\r", ""},
		{"line feed alone is the file's", file + "\n", file + "\n", file + "\n", ""},
		{"line feed alone is not taken off", file + "\n", file, "", gateway.CodeHashMismatch},
		{"line ends within", "a\r\nb\r\r\n", "a\r\nb\r", "a\r\nb\r", ""},
		{"another file", file + "\r\n", "x", "", gateway.CodeHashMismatch},
		{"nothing but a line end", "\r\n", "", "", ""},
		{"nothing", "", "x", "", gateway.CodeHashMismatch},
	}
	for _, tt := range tests {
		digest := sha256.Sum256([]byte(tt.hashed))
		for _, hashFile := range []string{hex.EncodeToString(digest[:]), unpadded(digest[:])} {
			for how, body := range map[string]io.Reader{
				"at once":      strings.NewReader(tt.body),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.body)),
				"end at once":  iotest.DataErrReader(strings.NewReader(tt.body)),
			} {
				t.Run(tt.name+"/"+how, func(t *testing.T) {
					got, err := io.ReadAll(newFileReader(body, hashFile))
					wantCode(t, err, tt.code)
					if err == nil && string(got) != tt.want {
						t.Errorf("file %q, want %q", got, tt.want)
					}
				})
			}
		}
	}
}

// wantCode checks an error's code; empty for no error.
func wantCode(t *testing.T, err error, want gateway.Code) {
	t.Helper()
	var e *gateway.Error
	switch {
	case want == "" && err != nil:
		t.Fatalf("error %v", err)
	case want != "" && !errors.As(err, &e):
		t.Fatalf("error %v, want code %s", err, want)
	case want != "" && e.Code != want:
		t.Fatalf("code %s (%v), want %s", e.Code, err, want)
	}
}

func TestFileReaderTellsACutBody(t *testing.T) {
	body := io.MultiReader(strings.NewReader("<edXML>"), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := io.ReadAll(newFileReader(body, "00"))
	wantCode(t, err, gateway.CodeTruncated)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("what lies beneath is lost: %v", err)
	}
}

// TestFileReaderKeepsTheFile: whatever the file and the pieces in which it comes,
// what is given out is the file whose digest was sent.
func TestFileReaderKeepsTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.StringOfN(rapid.SampledFrom([]rune("ab\r\n")), 0, 40, -1).Draw(t, "file")
		body := file + rapid.SampledFrom([]string{"", "\r\n"}).Draw(t, "line end")
		step := rapid.IntRange(1, 7).Draw(t, "step")
		digest := sha256.Sum256([]byte(file))
		got, err := io.ReadAll(newFileReader(&steps{rest: body, n: step}, unpadded(digest[:])))
		if err != nil || string(got) != file {
			t.Fatalf("file %q of body %q gives %q, %v", file, body, got, err)
		}
	})
}

// steps gives a text n bytes at a time.
type steps struct {
	rest string
	n    int
}

func (s *steps) Read(p []byte) (int, error) {
	if s.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, s.rest[:min(s.n, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}
