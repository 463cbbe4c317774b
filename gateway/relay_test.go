package gateway_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

func TestRelayAddsTheHopOnce(t *testing.T) {
	h := newHouse(t)
	a := h.send(letter("01", district, city), "x")
	read := func() (*gateway.Content, []byte) {
		c, err := h.Relay(t.Context(), a.Message)
		h.must(err)
		var b bytes.Buffer
		_, err = c.WriteTo(&b)
		h.must(err)
		return c, b.Bytes()
	}
	c, first := read()
	if _, again := read(); !bytes.Equal(first, again) {
		t.Error("relayed bytes differ from one time to the next")
	}
	sum := sha256.Sum256(first)
	if c.SHA256 != hex.EncodeToString(sum[:]) || c.Size != int64(len(first)) {
		t.Errorf("announced %s of %d bytes, gave %x of %d", c.SHA256, c.Size, sum, len(first))
	}
	s, err := edxml.SplitMessage(bytes.NewReader(first), edxml.Limits{}, discard{})
	h.must(err)
	env, err := s.Envelope()
	h.must(err)
	if n := len(env.Trace); n != 2 || env.Trace[1].OrganID != district {
		t.Errorf("trace %+v", env.Trace)
	}
}

func TestRelayLeavesASignedLetterAlone(t *testing.T) {
	h := newHouse(t)
	signature := `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>` +
		`<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</DigestValue></Reference></SignedInfo>` +
		`<SignatureValue>AAAA</SignatureValue><KeyInfo><X509Data><X509Certificate>MIIB</X509Certificate></X509Data></KeyInfo></Signature>`
	body := bytes.Replace(bytesOf(t, letter("01", district, city), "x"), []byte("</edXML:edXMLHeader>"), []byte(signature+"</edXML:edXMLHeader>"), 1)
	a, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err, findings(err))
	}
	c, err := h.Relay(t.Context(), a.Message)
	h.must(err)
	var b bytes.Buffer
	_, err = c.WriteTo(&b)
	h.must(err)
	if !bytes.Equal(b.Bytes(), body) {
		t.Error("a signed letter was changed on the way")
	}
}

// discard is a sink for tests that look at the skeleton only.
type discard struct{}

func (discard) Payload(int) (edxml.PayloadFile, error) { return &memory{}, nil }

func (discard) Original() (io.Writer, error) { return io.Discard, nil }

type memory struct{ bytes.Buffer }

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(p, off)
}
