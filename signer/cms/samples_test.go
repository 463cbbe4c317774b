package cms

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"congvan/internal/peers"
)

// pdfSample takes the first signature out of a sample, with the digest of the bytes that
// its ByteRange covers. The pattern suits these files; reading PDF is another package's.
func pdfSample(t *testing.T, name string) (d *SignedData, digest func(crypto.Hash) []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(peers.Samples(t, "pdf"), name))
	if err != nil {
		t.Fatal(err)
	}
	contents := regexp.MustCompile(`/Contents\s*<([0-9a-fA-F]{200,})>`).FindSubmatch(data)
	der := make([]byte, hex.DecodedLen(len(contents[1])))
	if _, err := hex.Decode(der, contents[1]); err != nil {
		t.Fatal(err)
	}
	if d, err = Parse(der); err != nil {
		t.Fatal(err)
	}
	var ranges [4]int
	for i, m := range regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)`).FindSubmatch(data)[1:] {
		ranges[i] = must(strconv.Atoi(string(m)))
	}
	covered := slicesOf(data, ranges)
	return d, func(h crypto.Hash) []byte { return sum(h, covered) }
}

func slicesOf(data []byte, r [4]int) []byte {
	return bytes.Join([][]byte{data[r[0] : r[0]+r[1]], data[r[2] : r[2]+r[3]]}, nil)
}

func TestSamples(t *testing.T) {
	for name, c := range map[string]struct {
		kind  error
		check func(*SignedData, *Signer) bool
	}{
		"sig-no-signed-attrs.pdf":                    {check: func(_ *SignedData, s *Signer) bool { return !s.SignedAttributes }},
		"sig-with-ski-sid.pdf":                       {check: func(_ *SignedData, s *Signer) bool { return s.SubjectKeyID != nil && s.SigningCertificate.Version == 1 }},
		"pdf-sig-with-econtent.pdf":                  {check: func(d *SignedData, _ *Signer) bool { return d.HasContent }},
		"ed448-disallowed-hash.pdf":                  {kind: ErrAlgorithm, check: func(_ *SignedData, s *Signer) bool { return s.AlgorithmName == "Ed448" }},
		"pades-with-old-style-signing-cert-attr.pdf": {check: func(_ *SignedData, s *Signer) bool { return s.SigningCertificate.Version == 1 }},
		"minimal-signed-twice-second-created.pdf":    {check: func(_ *SignedData, s *Signer) bool { return len(s.TimeStamps) == 1 }},
		"isa_G.pdf": {check: func(_ *SignedData, s *Signer) bool { return s.DigestName == "SHA-1" }},
		"isa_A.pdf": {check: func(d *SignedData, _ *Signer) bool { return !d.HasContent }},
	} {
		t.Run(name, func(t *testing.T) {
			d, digest := pdfSample(t, name)
			s := d.Signers[0]
			cert, err := d.Certificate(s)
			if err != nil {
				t.Fatal(err)
			}
			var content []byte
			switch {
			case name == "isa_G.pdf": // adbe.pkcs7.sha1: the document's digest is the content
				content = must(d.ContentDigest(s))
				if !bytes.Equal(d.Content, digest(crypto.SHA1)) {
					t.Error("the content is not the document's SHA-1")
				}
			case s.Digest != 0:
				content = digest(s.Digest)
			}
			if err := s.Verify(cert, content); !errors.Is(err, c.kind) {
				t.Errorf("got %v, want %v", err, c.kind)
			}
			if !c.check(d, s) {
				t.Errorf("read as %+v", s)
			}
		})
	}
}
