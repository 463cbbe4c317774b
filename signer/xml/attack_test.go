package xmlsig

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/trust/democa"
	"congvan/signer/xml/canon"
)

// edit changes a document and takes it apart again.
func edit(t testing.TB, m Message, change func(string) string) Message {
	t.Helper()
	before := string(join(t, m))
	after := change(before)
	if after == before {
		t.Fatal("the attack changed nothing")
	}
	return takeApart(t, []byte(after), m)
}

func swap(old, with string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, with, 1) }
}

var signatureElement = regexp.MustCompile(`(?s)<Signature xmlns="http://www.w3.org/2000/09/xmldsig#".*</Signature>`)

// moved takes the signature out and puts it before a place.
func moved(place string) func(string) string {
	return func(s string) string {
		sig := signatureElement.FindString(s)
		return strings.Replace(strings.Replace(s, sig, "", 1), place, sig+place, 1)
	}
}

const hash = signer.HashFailure

// Each is a way in which others were made to believe what was never signed.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	id := regexp.MustCompile(`sig-[A-Z2-7]+`).FindString(string(m.Skeleton))
	other := w.sign(letter(attachment{"209", "QUJD"}, attachment{"b1c2-d3", "QUJE"}), democa.P256, SignOptions{})
	twin := w.issue(democa.Issue{With: w.key(democa.P256).Signer})
	stranger := w.issue(democa.Issue{})
	cert := func(der []byte) string {
		return "<X509Certificate>" + base64.StdEncoding.EncodeToString(der) + "</X509Certificate>"
	}
	own := cert(w.key(democa.P256).Certificate.Raw)
	for _, tc := range []struct {
		name   string
		change func(string) string
		i      signer.Indication
		sub    signer.SubIndication
		code   string
	}{
		{"the signed letter is wrapped into the signature of another", func(s string) string {
			original := strings.TrimPrefix(signatureElement.ReplaceAllString(s, ""), "<?xml version=\"1.0\" encoding=\"utf-8\"?>")
			original = strings.NewReplacer("<ContentTransferEncoded>", "<C>", "</ContentTransferEncoded>", "</C>").Replace(original)
			evil := strings.Replace(s, "H26.99.1", "H26.99.2", 1)
			return strings.Replace(evil, "</Signature>", `<Object Id="original">`+original+"</Object></Signature>", 1)
		}, signer.TotalFailed, signer.FormatFailure, "content-in-signature"},
		{"the document is replaced", swap("H26.99.1", "H26.99.2"), signer.TotalFailed, hash, "digest-mismatch"},
		{"an attribute is added", swap("<edXML:Subject>", `<edXML:Subject a="">`), signer.TotalFailed, hash, "digest-mismatch"},
		{"an element is added", swap("</edXML:MessageHeader>", "<edXML:To/></edXML:MessageHeader>"), signer.TotalFailed, hash, "digest-mismatch"},
		{"a namespace is redeclared", swap("<edXML:Subject>", `<edXML:Subject xmlns:edXML="urn:x">`), signer.TotalFailed, hash, "digest-mismatch"},
		{"an attachment's text is changed", swap("QUJDREVG", "QUJDREVH"), signer.TotalFailed, hash, "digest-mismatch"},
		{"an attachment's layout is changed", swap("QUJDREVG", "QUJD\nREVG"), signer.TotalFailed, hash, "digest-mismatch"},
		{"an attachment is hidden in the signature", func(s string) string {
			hidden := "<Attachment xmlns=''><ContentId>cid:209</ContentId><ContentTransferEncoded>RVZJTA==</ContentTransferEncoded></Attachment>"
			s = strings.Replace(s, "<ContentId>cid:209</ContentId><ContentTransferEncoded>", "<ContentId>cid:209</ContentId><C>", 1)
			s = strings.Replace(s, "</ContentTransferEncoded>", "</C>", 1)
			return strings.Replace(s, "</Signature>", "<Object>"+hidden+"</Object></Signature>", 1)
		}, signer.TotalFailed, signer.FormatFailure, "content-in-signature"},
		{"a sender is hidden in KeyInfo", swap("</KeyInfo>", "<edXML:From><edXML:OrganId>H26.99.2</edXML:OrganId></edXML:From></KeyInfo>"), signer.TotalFailed, signer.FormatFailure, "content-in-signature"},
		{"a second signature", func(s string) string {
			return strings.Replace(s, "</edXML:edXMLHeader>", signatureElement.FindString(s)+"</edXML:edXMLHeader>", 1)
		}, signer.TotalFailed, signer.FormatFailure, "several-signatures"},
		{"a second signature within the first", swap("</Signature>", `<Object><Signature/></Object></Signature>`), signer.TotalFailed, signer.FormatFailure, "several-signatures"},
		{"the signature is moved into the message header", moved("</edXML:MessageHeader>"), signer.TotalFailed, signer.FormatFailure, "signature-misplaced"},
		{"the signature is moved into the body", moved("</edXML:edXMLBody>"), signer.TotalFailed, signer.FormatFailure, "signature-misplaced"},
		{"the signature of another letter", func(s string) string {
			return signatureElement.ReplaceAllLiteralString(s, signatureElement.FindString(string(other.Skeleton)))
		}, signer.TotalFailed, hash, "digest-mismatch"},
		{"the reference is to a part", swap(`URI=""`, `URI="#part"`), signer.TotalFailed, signer.FormatFailure, "reference-refused"},
		{"the reference is an XPointer", swap(`URI=""`, `URI="#xpointer(/)"`), signer.TotalFailed, signer.FormatFailure, "reference-refused"},
		{"the reference is a file", swap(`URI=""`, `URI="file:///etc/passwd"`), signer.TotalFailed, signer.FormatFailure, "reference-refused"},
		{"the reference is on the network", swap(`URI="cid:209"`, `URI="http://127.0.0.1/"`), signer.TotalFailed, signer.FormatFailure, "reference-refused"},
		{"the reference has no URI", swap(` URI=""`, ``), signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"the document is not referred to", swap(`URI=""`, `URI="#`+id+`-keys"`), signer.TotalFailed, signer.FormatFailure, "reference-refused"},
		{"an attachment twice", swap(`URI="cid:b1c2-d3"`, `URI="cid:209"`), signer.TotalFailed, signer.FormatFailure, "reference-twice"},
		{"the document twice", swap(`URI="cid:209"`, `URI=""`), signer.TotalFailed, signer.FormatFailure, "transforms-misused"},
		{"an identifier twice", swap("<edXML:MessageHeader>", `<edXML:MessageHeader Id="`+id+`-properties">`), signer.TotalFailed, signer.FormatFailure, "duplicate-id"},
		{"an identifier twice, in another spelling", swap("<edXML:MessageHeader>", `<edXML:MessageHeader xml:id="`+id+`-properties">`), signer.TotalFailed, signer.FormatFailure, "duplicate-id"},
		{"XPath", swap(enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116"), signer.Indeterminate, signer.SigConstraintsFailed, "transform-refused"},
		{"XPath filter 2", swap(excC14N+`"></Transform></Transforms>`, `http://www.w3.org/2002/06/xmldsig-filter2"></Transform></Transforms>`), signer.Indeterminate, signer.SigConstraintsFailed, "transform-refused"},
		{"XSLT", swap(excC14N+`"></Transform></Transforms>`, `http://www.w3.org/TR/1999/REC-xslt-19991116"></Transform></Transforms>`), signer.Indeterminate, signer.SigConstraintsFailed, "transform-refused"},
		{"the wrong identifier of official samples", swap(excC14N+`"></Transform></Transforms>`, `http://www.w3.org/TR/xml-exc-c14n#"></Transform></Transforms>`), signer.Indeterminate, signer.SigConstraintsFailed, NotVerifiable},
		{"not enveloped", swap(`<Transform Algorithm="`+enveloped+`"></Transform>`, ""), signer.TotalFailed, signer.FormatFailure, "transforms-misused"},
		{"enveloped last", swap(excC14N+`"></Transform></Transforms>`, enveloped+`"></Transform></Transforms>`), signer.TotalFailed, signer.FormatFailure, "transforms-misused"},
		{"a transform of an attachment", swap(`URI="cid:209">`, `URI="cid:209"><Transforms><Transform Algorithm="`+excC14N+`"/></Transforms>`), signer.TotalFailed, signer.FormatFailure, "transforms-misused"},
		{"a thousand transforms", swap(`</Transforms>`, strings.Repeat(`<Transform Algorithm="`+excC14N+`"></Transform>`, 1000)+"</Transforms>"), signer.TotalFailed, signer.FormatFailure, "signature-too-large"},
		{"a thousand references", swap(`<Reference `, strings.Repeat(`<Reference URI="" />`, 1000)+"<Reference "), signer.TotalFailed, signer.FormatFailure, "signature-too-large"},
		{"a thousand certificates", swap(own, strings.Repeat(own, 1000)), signer.TotalFailed, signer.FormatFailure, "signature-too-large"},
		{"HMAC", swap(dsigMore+"ecdsa-sha256", dsigMore+"hmac-sha256"), signer.Indeterminate, signer.CryptoConstraintsFailure, "algorithm-refused"},
		{"no algorithm", swap(dsigMore+"ecdsa-sha256", ""), signer.Indeterminate, signer.CryptoConstraintsFailure, "algorithm-refused"},
		{"MD5", swap(xmlenc+"sha256", dsigMore+"md5"), signer.Indeterminate, signer.CryptoConstraintsFailure, "algorithm-refused"},
		{"another kind of key", swap(dsigMore+"ecdsa-sha256", dsigMore+"rsa-sha256"), signer.TotalFailed, signer.SigCryptoFailure, "signature-invalid"},
		{"a weaker digest", swap(dsigMore+"ecdsa-sha256", dsigMore+"ecdsa-sha1"), signer.TotalFailed, signer.SigCryptoFailure, "signature-invalid"},
		{"a parameter of the method", swap(`"></SignatureMethod>`, `"><HMACOutputLength>1</HMACOutputLength></SignatureMethod>`), signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"another's certificate", swap(own, cert(stranger.Certificate.Raw)), signer.Indeterminate, signer.NoSigningCertificateFound, "signing-certificate-mismatch"},
		{"another certificate of the same key", swap(own, cert(twin.Certificate.Raw)), signer.Indeterminate, signer.NoSigningCertificateFound, "signing-certificate-mismatch"},
		{"no certificate", swap("<X509Data>", "<X509Data><!--"+strings.Repeat("x", 3)+"--></X509Data><X509Data>"), signer.TotalPassed, "", ""},
		{"the time of signing is changed", func(s string) string { return regexp.MustCompile(`SigningTime>2`).ReplaceAllString(s, "SigningTime>3") }, signer.TotalFailed, hash, "digest-mismatch"},
		{"the properties belong to nobody", swap(` Target="#sig`, ` Target="#gis`), signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"the properties stand twice", func(s string) string {
			o := regexp.MustCompile(`(?s)<Object>.*</Object>`).FindString(s)
			return strings.Replace(s, "</Signature>", strings.ReplaceAll(o, id, "x")+"</Signature>", 1)
		}, signer.TotalFailed, signer.FormatFailure, "content-in-signature"},
		{"the properties are not signed", swap(` Type="`+signedPropertiesType+`"`, ``), signer.TotalFailed, signer.FormatFailure, "signed-properties-unsigned"},
		{"a comment splits a value of the signature", func(s string) string {
			return regexp.MustCompile(`<SignatureValue>....`).ReplaceAllString(s, "$0<!-- -->")
		}, signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"a comment splits a digest", func(s string) string {
			return regexp.MustCompile(`<DigestValue>....`).ReplaceAllString(s, "$0<!-- -->")
		}, signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"a comment splits a text", swap("H26.99.1", "H26.99<!-- -->.1"), signer.TotalFailed, signer.FormatFailure, "comment-in-text"},
		{"a document type declaration", swap("<edXML ", "<!DOCTYPE edXML><edXML "), signer.TotalFailed, signer.FormatFailure, "document-unreadable"},
		{"an entity bomb", swap("Về việc", "&bomb;"), signer.TotalFailed, signer.FormatFailure, "document-unreadable"},
		{"an undeclared prefix", swap("<edXML:Subject>", "<q:x></q:x><edXML:Subject>"), signer.Indeterminate, signer.SigConstraintsFailed, NotVerifiable},
		{"another namespace of the signature", swap(dsig, dsig+"x"), signer.Indeterminate, signer.NoSigningCertificateFound, NotVerifiable},
		{"SignedInfo twice", swap("<SignatureValue", "<SignedInfo></SignedInfo><SignatureValue"), signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"the signature is emptied", func(s string) string { return signatureElement.ReplaceAllString(s, `<Signature xmlns="`+dsig+`"/>`) }, signer.TotalFailed, signer.FormatFailure, "signature-malformed"},
		{"the signature is taken away", func(s string) string { return signatureElement.ReplaceAllString(s, "") }, signer.NoSignature, "", "no-signature"},
	} {
		wants(t, tc.name, w.verify(edit(t, m, tc.change)), tc.i, tc.sub, tc.code)
	}
}

// A signer was made to sign less than the letter: the signatures are good, yet say nothing.
func TestGoodSignaturesOverLess(t *testing.T) {
	w := newWorld(t)
	m := twoFiles()
	x := newXMLSec(t, m)
	full := template(excC14N, dsigMore+"ecdsa-sha256", xmlenc+"sha256", excC14N, "")
	xpath := `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>self::node()[name()="edXML:From"]</ds:XPath></ds:Transform><ds:Transform Algorithm="` + excC14N
	whole := regexp.MustCompile(`(?s)<ds:Reference URI="">.*?</ds:Reference>`).FindString(full)
	for name, tc := range map[string]struct {
		template string
		i        signer.Indication
		sub      signer.SubIndication
		code     string
	}{
		"part":        {strings.Replace(full, whole, strings.Replace(strings.Replace(whole, `URI=""`, `URI="#part"`, 1), `<ds:Transform Algorithm="`+enveloped+`"/>`, "", 1), 1), signer.TotalFailed, signer.FormatFailure, "reference-refused"},
		"XPath":       {strings.Replace(full, `<ds:Transform Algorithm="`+excC14N, xpath, 1), signer.Indeterminate, signer.SigConstraintsFailed, "transform-refused"},
		"attachments": {strings.Replace(full, whole, "", 1), signer.TotalFailed, signer.FormatFailure, "document-not-covered"},
	} {
		unsigned := strings.Replace(string(join(t, m)), "</edXML:edXMLHeader>", tc.template+"</edXML:edXMLHeader>", 1)
		unsigned = strings.Replace(unsigned, "<edXML:MessageHeader>", `<edXML:MessageHeader Id="part">`, 1)
		document := x.sign(w, democa.P256, unsigned, "--id-attr:Id", "http://www.mic.gov.vn/TBT/QCVN_102_2016:MessageHeader")
		wants(t, name, w.verify(takeApart(t, document, m)), tc.i, tc.sub, tc.code)
	}
}

// The adapter that takes a message apart may be wrong, or made wrong.
func TestPayloadsThatAreNotThoseOfTheText(t *testing.T) {
	w := newWorld(t)
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	for name, tc := range map[string]struct {
		change func(p []Payload)
		i      signer.Indication
		sub    signer.SubIndication
		code   string
	}{
		"content differs": {func(p []Payload) { p[0].Content = openText("ABCDEFGI") }, signer.TotalFailed, hash, "digest-mismatch"},
		"known digest":    {func(p []Payload) { p[0].SHA256 = make([]byte, 32) }, signer.TotalFailed, hash, "digest-mismatch"},
		"names swapped":   {func(p []Payload) { p[0].ContentID, p[1].ContentID = p[1].ContentID, p[0].ContentID }, signer.TotalFailed, hash, "digest-mismatch"},
		"text swapped":    {func(p []Payload) { p[0].Text, p[1].Text = p[1].Text, p[0].Text }, signer.TotalFailed, hash, "digest-mismatch"},
		"name lost":       {func(p []Payload) { p[0].ContentID = "" }, signer.Indeterminate, signer.SignedDataNotFound, "attachment-absent"},
		"name twice":      {func(p []Payload) { p[0].ContentID = p[1].ContentID }, signer.Indeterminate, signer.SignedDataNotFound, "attachment-absent"},
		"text lost":       {func(p []Payload) { p[0].Text = nil }, signer.Indeterminate, signer.SignedDataNotFound, "data-unreadable"},
		"content fails":   {func(p []Payload) { p[0].Content = func() (io.ReadCloser, error) { return nil, os.ErrNotExist } }, signer.Indeterminate, signer.SignedDataNotFound, "data-unreadable"},
		"offset":          {func(p []Payload) { p[1].Offset = 3 }, signer.TotalFailed, signer.FormatFailure, "document-unreadable"},
		"doubled cid":     {func(p []Payload) { p[0].ContentID = "cid:cid:209" }, signer.TotalPassed, "", ""},
	} {
		changed := (&Signed{Skeleton: m.Skeleton}).Message(m.Payloads)
		tc.change(changed.Payloads)
		wants(t, name, w.verify(changed), tc.i, tc.sub, tc.code)
	}
}

// No byte of a signed letter can be changed without notice, but where XML itself does not
// see a difference.
func TestEveryByteCounts(t *testing.T) {
	w := newWorld(t)
	m := w.sign(letter(attachment{"209", "QUJD\r\nREVG\r\n"}), democa.P256, SignOptions{})
	whole := join(t, m)
	original := canonicalOf(t, m)
	v := w.verifier()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range whole {
		changed := bytes.Clone(whole)
		for changed[i] == whole[i] {
			changed[i] = byte(random.IntN(0x60) + 0x20)
		}
		if !bytes.Contains(changed, []byte("<ContentTransferEncoded>")) || !bytes.Contains(changed, []byte("</ContentTransferEncoded>")) {
			continue // no longer that attachment: the splitter's affair
		}
		apart := takeApart(t, changed, m)
		r := v.Verify(t.Context(), apart)
		if r.Indication == signer.TotalPassed && canonicalOf(t, apart) != original {
			t.Errorf("byte %d, %q to %q, is not noticed: %q", i, whole[i], changed[i], changed[max(0, i-40):min(len(changed), i+40)])
		}
	}
}

// canonicalOf gives what is left of a message for a reader: its canonical form without
// what is believed by nobody (the certificates of issuers) and white space in base64.
func canonicalOf(t testing.TB, m Message) string {
	t.Helper()
	doc, err := m.parse(canon.Limits{})
	if err != nil {
		return err.Error()
	}
	var b bytes.Buffer
	if err := doc.Write(&b, canon.Method{Exclusive: true}, canon.View{Text: m.text(t.Context())}); err != nil {
		return err.Error()
	}
	text := regexp.MustCompile(`(?s)<X509Data>.*</X509Data>`).ReplaceAllString(b.String(), "")
	return regexp.MustCompile(`(?s)<SignatureValue.*</SignatureValue>`).ReplaceAllStringFunc(text, func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
	})
}

// The signatures of the official samples are decoration.
func TestOfficialSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(peers.Samples(t, "edxml"), "*.edxml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	w := newWorld(t)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		r := w.verify(Message{Skeleton: b})
		switch {
		case name == "edoc.edxml": // its tags do not match, so that nobody can read it
			wants(t, name, r, signer.TotalFailed, signer.FormatFailure, "document-unreadable")
		case strings.HasPrefix(name, "status"):
			wants(t, name, r, signer.NoSignature, "", "no-signature")
		default:
			wants(t, name, r, signer.Indeterminate, signer.NoSigningCertificateFound, NotVerifiable)
		}
	}
}

// The same for a fixture of our own, and for one that is in the right namespace yet as empty.
func TestDecoration(t *testing.T) {
	w := newWorld(t)
	dummy := func(namespace, exclusive string) Message {
		return edit(t, twoFiles(), swap("</edXML:edXMLHeader>", fmt.Sprintf(`<Signature%s><SignedInfo>
<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><SignatureMethod Algorithm="%srsa-sha1"/>
<Reference URI=""><Transforms><Transform Algorithm="%s"/><Transform Algorithm="%s"/></Transforms>
<DigestMethod Algorithm="%ssha1"/><DigestValue>FwgIqsSYJshUS2+wlOM61L+q7Aw=</DigestValue></Reference></SignedInfo>
<SignatureValue>GbVb8n9+qFw=</SignatureValue><KeyInfo><X509Data><X509SubjectName>CN=user</X509SubjectName><X509Certificate>MIIFqTCCBJG</X509Certificate></X509Data></KeyInfo></Signature></edXML:edXMLHeader>`,
			namespace, dsig, enveloped, exclusive, dsig)))
	}
	wants(t, "in the namespace of edXML", w.verify(dummy("", excC14N)), signer.Indeterminate, signer.NoSigningCertificateFound, "not-xml-signature")
	in := ` xmlns="` + dsig + `"`
	wants(t, "a certificate that is none", w.verify(dummy(in, excC14N)), signer.Indeterminate, signer.NoSigningCertificateFound, NotVerifiable)
	wants(t, "the wrong identifier", w.verify(dummy(in, "http://www.w3.org/TR/xml-exc-c14n#")), signer.Indeterminate, signer.SigConstraintsFailed, NotVerifiable)
	unkeyed := edit(t, dummy(in, excC14N), func(s string) string { return regexp.MustCompile(`<KeyInfo>.*</KeyInfo>`).ReplaceAllString(s, "") })
	wants(t, "no certificate", w.verify(unkeyed), signer.Indeterminate, signer.NoSigningCertificateFound, "signing-certificate-absent")
	real := w.sign(twoFiles(), democa.P256, SignOptions{})
	beside := edit(t, real, swap("</edXML:edXMLEnvelope>", "<edXML:Signature/></edXML:edXMLEnvelope>"))
	wants(t, "decoration beside a signature that is broken by it", w.verify(beside), signer.TotalFailed, hash, NotVerifiable)
}

// A signature by somebody nobody knows is not believed, and SHA-1 passes only as policy says.
func TestWhoIsBelieved(t *testing.T) {
	w, elsewhere := newWorld(t), newWorld(t)
	r := w.verify(elsewhere.sign(twoFiles(), democa.P256, SignOptions{}))
	wants(t, "stranger", r, signer.Indeterminate, signer.NoCertificateChainFound, "no-chain")
	m := twoFiles()
	x := newXMLSec(t, m)
	old := template(excC14N, dsig+"rsa-sha1", dsig+"sha1", excC14N, "")
	document := x.sign(w, democa.RSA2048, strings.Replace(string(join(t, m)), "</edXML:edXMLHeader>", old+"</edXML:edXMLHeader>", 1))
	r = w.verify(takeApart(t, document, m))
	wants(t, "SHA-1", r, signer.Indeterminate, signer.CryptoConstraintsNoPOE, "weak-digest")
	if a := r.Signatures[0].Algorithm; a != "RSA 2048 SHA-1" {
		t.Errorf("algorithm %s", a)
	}
}

// Producers have the signature in the header, beside it, or in a wrapping of its own.
func TestPlaces(t *testing.T) {
	w := newWorld(t)
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	for _, place := range []string{"<edXML:edXMLBody>", "</edXML:edXMLEnvelope>", "<AttachmentEncoded>", "</edXML>"} {
		wants(t, place, w.verify(edit(t, m, moved(place))), signer.TotalPassed, "", "")
	}
	x := newXMLSec(t, twoFiles())
	wrapped := "<DigitalSignature>" + template(excC14N, dsigMore+"ecdsa-sha256", xmlenc+"sha256", excC14N, "") + "</DigitalSignature></edXML:edXMLHeader>"
	document := x.sign(w, democa.P256, strings.Replace(string(join(t, twoFiles())), "</edXML:edXMLHeader>", wrapped, 1))
	wants(t, "wrapped", w.verify(takeApart(t, document, m)), signer.TotalPassed, "", "legacy-signature")
}

// What other XAdES producers write, and what they must not.
func TestPropertiesOfOthers(t *testing.T) {
	w := newWorld(t)
	m := w.sign(letter(), democa.P256, SignOptions{})
	id := regexp.MustCompile(`sig-[A-Z2-7]+`).FindString(string(m.Skeleton))
	time := regexp.MustCompile(`<xades:SigningTime>[^<]*<`).FindString(string(m.Skeleton))
	for name, tc := range map[string]struct {
		change func(string) string
		code   string
	}{
		"a time without a zone":   {swap(time, "<xades:SigningTime>2026-11-23T10:00:00<"), "digest-mismatch"},
		"a time that is none":     {swap(time, "<xades:SigningTime>today<"), "signature-malformed"},
		"no certificate's digest": {swap("xades:CertDigest><", "xades:Digest><"), "document-unreadable"},
		"two signing certificates": {func(s string) string {
			c := regexp.MustCompile(`<xades:SigningCertificateV2>.*</xades:SigningCertificateV2>`).FindString(s)
			return strings.Replace(s, c, c+c, 1)
		}, "signature-malformed"},
		"no signed properties": {func(s string) string {
			return regexp.MustCompile(`<xades:SignedProperties.*</xades:SignedProperties>`).ReplaceAllString(s, "")
		}, "signature-malformed"},
		"unknown child of the qualifying properties": {swap("</xades:QualifyingProperties>", "<xades:X/></xades:QualifyingProperties>"), "signature-malformed"},
		"a stamp without a token":                    {swap("</xades:QualifyingProperties>", "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp/></xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties>"), "time-stamp-broken"},
		"a stamp that is none":                       {swap("</xades:QualifyingProperties>", "<xades:UnsignedProperties><xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>QUJD</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp></xades:UnsignedProperties></xades:QualifyingProperties>"), "time-stamp-broken"},
		"a thousand stamps":                          {swap("</xades:QualifyingProperties>", "<xades:UnsignedProperties>"+strings.Repeat("<xades:SignatureTimeStamp/>", 1000)+"</xades:UnsignedProperties></xades:QualifyingProperties>"), "signature-too-large"},
		"an Object of nothing":                       {swap("</Signature>", `<Object Id="x"/></Signature>`), ""},
		"a Manifest":                                 {swap("</Signature>", `<Object><Manifest/></Object></Signature>`), "content-in-signature"},
		"properties that stand beside":               {swap(`Id="`+id+`-properties"`, `Id="x"`), "reference-refused"},
	} {
		r := w.verify(edit(t, m, tc.change))
		if tc.code != "" && !hasCode(r, tc.code) {
			t.Errorf("%s: %s %v, want %s", name, r.Indication, codes(r), tc.code)
		}
		if tc.code == "" && r.Indication != signer.TotalPassed {
			t.Errorf("%s: %s %v", name, r.Indication, codes(r))
		}
	}
}
