package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/trust/democa"
)

// xmlsec runs xmlsec1, which shares no code with what it referees.
type xmlsec struct {
	t    testing.TB
	tool string
	dir  string
	maps []string // how it finds attachments
}

func newXMLSec(t testing.TB, m Message) *xmlsec {
	x := &xmlsec{t: t, tool: peers.Tool(t, "xmlsec1"), dir: t.TempDir()}
	for i, p := range m.Payloads {
		var b bytes.Buffer
		if err := m.content(t.Context(), i, &b); err != nil {
			t.Fatal(err)
		}
		x.maps = append(x.maps, "--url-map:"+contentURI(p.ContentID), x.file(fmt.Sprint("attachment", i), b.Bytes()))
	}
	return x
}

func (x *xmlsec) file(name string, b []byte) string {
	x.t.Helper()
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		x.t.Fatal(err)
	}
	return path
}

func (x *xmlsec) run(args ...string) (string, error) {
	out, err := exec.Command(x.tool, args...).CombinedOutput()
	return string(out), err
}

func (x *xmlsec) verify(document []byte, root *x509.Certificate) (string, error) {
	args := []string{
		"--verify", "--trusted-pem", x.file("root.pem", certificates(root)), "--enabled-key-data", "x509",
		"--id-attr:Id", xades + ":SignedProperties",
	}
	args = append(args, x.maps...)
	return x.run(append(args, x.file("signed.xml", document))...)
}

// What is signed here xmlsec1 verifies, attachments under their cid: included, and what
// was changed it refuses.
func TestXMLSecVerifiesOurs(t *testing.T) {
	w := newWorld(t)
	stamped := SignOptions{Level: signer.LevelBT, Stamper: newOpenSSL(w)}
	for _, tc := range []struct {
		name string
		kind democa.KeyKind
		o    SignOptions
	}{
		{"ECDSA", democa.P256, SignOptions{Role: "Văn thư", Commitment: CommitmentOrigin}},
		{"ECDSA SHA-384", democa.P384, digestsOf(crypto.SHA384)},
		{"RSA", democa.RSA2048, SignOptions{}},
		{"RSA SHA-512", democa.RSA3072, digestsOf(crypto.SHA512)},
		{"plain", democa.RSA2048, SignOptions{Level: signer.LevelLegacy}},
		{"B-T", democa.RSA2048, stamped},
	} {
		m := w.sign(twoFiles(), tc.kind, tc.o)
		x := newXMLSec(t, m)
		if out, err := x.verify(join(t, m), w.ca.Root().Certificate); err != nil {
			t.Errorf("%s: %v\n%s", tc.name, err, out)
		}
		changed := bytes.Replace(join(t, m), []byte("QUJDREVG"), []byte("QUJDREVH"), 1)
		if out, err := x.verify(changed, w.ca.Root().Certificate); err == nil {
			t.Errorf("%s: a changed text is taken\n%s", tc.name, out)
		}
		x.file("attachment0", []byte("ABCDEFGI"))
		if out, err := x.verify(join(t, m), w.ca.Root().Certificate); err == nil {
			t.Errorf("%s: a changed attachment is taken\n%s", tc.name, out)
		}
	}
}

// sign has xmlsec1 fill in the signature of a document.
func (x *xmlsec) sign(w *world, kind democa.KeyKind, unsigned string, args ...string) []byte {
	x.t.Helper()
	key := w.key(kind)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key.Signer)
	if err != nil {
		x.t.Fatal(err)
	}
	keyFile := x.file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	keys := []string{keyFile, x.file("cert.pem", certificates(key.Certificate)), x.file("ca.pem", certificates(w.ca.Certificate))}
	out := filepath.Join(x.dir, "out.xml")
	args = append([]string{"--sign", "--privkey-pem", strings.Join(keys, ","), "--output", out}, args...)
	if said, err := x.run(append(append(args, x.maps...), x.file("template.xml", []byte(unsigned)))...); err != nil {
		x.t.Fatalf("%v\n%s", err, said)
	}
	document, err := os.ReadFile(out)
	if err != nil {
		x.t.Fatal(err)
	}
	return document
}

// template writes a signature for xmlsec1 to fill in.
func template(c14n, method, digest, transforms, list string) string {
	inclusive := ""
	if list != "" {
		inclusive = fmt.Sprintf(`<ec:InclusiveNamespaces xmlns:ec="%s" PrefixList="%s"/>`, excC14N, list)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<ds:Signature xmlns:ds="%s"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="%s">%s</ds:CanonicalizationMethod>`, dsig, c14n, inclusive)
	fmt.Fprintf(&b, "\n"+`<ds:SignatureMethod Algorithm="%s"/><!-- a comment --><ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="%s"/>`, method, enveloped)
	if transforms != "" {
		fmt.Fprintf(&b, `<ds:Transform Algorithm="%s">%s</ds:Transform>`, transforms, inclusive)
	}
	fmt.Fprintf(&b, `</ds:Transforms><ds:DigestMethod Algorithm="%s"/><ds:DigestValue></ds:DigestValue></ds:Reference>`, digest)
	fmt.Fprintf(&b, `<ds:Reference URI="cid:209"><ds:DigestMethod Algorithm="%s"/><ds:DigestValue></ds:DigestValue></ds:Reference>`, digest)
	b.WriteString(`</ds:SignedInfo><ds:SignatureValue></ds:SignatureValue><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>`)
	return b.String()
}

// takeApart cuts the attachments' text out of a document.
func takeApart(t testing.TB, document []byte, like Message) Message {
	t.Helper()
	const opening, closing = "<ContentTransferEncoded>", "</ContentTransferEncoded>"
	var m Message
	rest := string(document)
	for _, p := range like.Payloads {
		before, after, ok := strings.Cut(rest, opening)
		text, after, ok2 := strings.Cut(after, closing)
		if !ok || !ok2 {
			t.Fatal("the attachments are not where they were")
		}
		m.Skeleton = append(m.Skeleton, before+opening...)
		m.Payloads = append(m.Payloads, Payload{Offset: int64(len(m.Skeleton)), ContentID: p.ContentID, Text: openText(text)})
		rest = closing + after
	}
	m.Skeleton = append(m.Skeleton, rest...)
	return m
}

// What xmlsec1 signs is verified here, under every method and canonicalisation.
func TestXMLSecSigns(t *testing.T) {
	w := newWorld(t)
	m := twoFiles()
	x := newXMLSec(t, m)
	const inclusive, inclusive11 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11"
	for name, tc := range map[string]struct {
		kind                                   democa.KeyKind
		c14n, method, digest, transforms, list string
	}{
		"exclusive":               {democa.RSA2048, excC14N, dsigMore + "rsa-sha256", xmlenc + "sha256", excC14N, ""},
		"exclusive with comments": {democa.RSA2048, excC14N + "WithComments", dsigMore + "rsa-sha256", xmlenc + "sha256", excC14N + "WithComments", ""},
		"prefix list":             {democa.RSA2048, excC14N, dsigMore + "rsa-sha256", xmlenc + "sha256", excC14N, "edXML x #default"},
		"inclusive":               {democa.RSA2048, inclusive, dsigMore + "rsa-sha512", xmlenc + "sha512", inclusive, ""},
		"inclusive with comments": {democa.RSA2048, inclusive + "#WithComments", dsigMore + "rsa-sha384", dsigMore + "sha384", inclusive + "#WithComments", ""},
		"1.1":                     {democa.RSA2048, inclusive11, dsigMore + "rsa-sha256", xmlenc + "sha256", inclusive11, ""},
		"1.1 with comments":       {democa.P256, inclusive11 + "#WithComments", dsigMore + "ecdsa-sha256", xmlenc + "sha256", inclusive11 + "#WithComments", ""},
		"no canonicalisation":     {democa.P384, inclusive, dsigMore + "ecdsa-sha384", dsigMore + "sha384", "", ""},
	} {
		unsigned := strings.Replace(string(join(t, m)), "<edXML ", `<edXML xml:lang="vi" xmlns:x="urn:x" `, 1)
		unsigned = strings.Replace(unsigned, "</edXML:edXMLHeader>", template(tc.c14n, tc.method, tc.digest, tc.transforms, tc.list)+"</edXML:edXMLHeader>", 1)
		document := x.sign(w, tc.kind, unsigned)
		wants(t, name, w.verify(takeApart(t, document, m)), signer.TotalPassed, "", "legacy-signature")
		changed := bytes.Replace(document, []byte("Vĩnh"), []byte("Vinh"), 1)
		wants(t, name+", changed", w.verify(takeApart(t, changed, m)), signer.TotalFailed, signer.HashFailure, "digest-mismatch")
	}
}

func TestContentIsDecodedText(t *testing.T) {
	m := twoFiles()
	var b bytes.Buffer
	if err := m.content(t.Context(), 0, &b); err != nil || b.String() != "ABCDEFGH" {
		t.Errorf("%q, %v", b.String(), err)
	}
	want := bytes.Repeat([]byte("Quyết định "), 40)
	b.Reset()
	if err := m.content(t.Context(), 1, &b); err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%q, %v", b.String(), err)
	}
	for _, bad := range []string{"QU*=", "QUJ", "<b/>", "QQ==QQ=="} {
		if err := letter(attachment{"1", bad}).content(t.Context(), 0, &b); err == nil {
			t.Errorf("%q is decoded", bad)
		}
	}
}
