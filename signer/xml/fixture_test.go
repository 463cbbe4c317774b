package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/token"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
	"congvan/signer/validate"
)

// attachment is one of a test's letter.
type attachment struct{ id, text string }

// letter writes a letter and takes it apart.
func letter(all ...attachment) Message {
	var m Message
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n" + `<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">
  <edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">
    <!-- QCVN 102 -->
    <edXML:edXMLHeader>
      <edXML:MessageHeader>
        <edXML:From><edXML:OrganId>H26.99.1</edXML:OrganId><edXML:OrganName>Sở Chủ nghĩa &amp; Thử nghiệm</edXML:OrganName></edXML:From>
        <edXML:Subject>Về việc Quận Vĩnh ĩ Ĩ &lt;1&gt;</edXML:Subject>
      </edXML:MessageHeader>
    </edXML:edXMLHeader>
    <edXML:edXMLBody><edXML:edXMLManifest version="1.0">`)
	for _, a := range all {
		fmt.Fprintf(&b, "<edXML:Reference><edXML:ContentId>cid:%s</edXML:ContentId></edXML:Reference>", a.id)
	}
	b.WriteString("</edXML:edXMLManifest></edXML:edXMLBody>\n  </edXML:edXMLEnvelope>\n  <AttachmentEncoded>")
	for _, a := range all {
		fmt.Fprintf(&b, "<Attachment><ContentId>cid:%s</ContentId><ContentTransferEncoded>", a.id)
		m.Payloads = append(m.Payloads, Payload{Offset: int64(b.Len()), ContentID: a.id, MediaType: "application/pdf", Text: openText(a.text)})
		b.WriteString("</ContentTransferEncoded></Attachment>")
	}
	b.WriteString("</AttachmentEncoded>\n</edXML>\r\n")
	m.Skeleton = b.Bytes()
	return m
}

func openText(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// twoFiles is a letter whose attachments have all the turns that base64 text takes.
func twoFiles() Message {
	lines := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("Quyết định "), 40))
	var wrapped strings.Builder
	for chunk := range slices.Chunk([]byte(lines), 76) {
		wrapped.Write(chunk)
		wrapped.WriteString("\r\n")
	}
	return letter(attachment{"209", "\n  QUJDREVG&#13;\nR0g=\n"}, attachment{"b1c2-d3", wrapped.String()})
}

// join writes the message as it is on the wire.
func join(t testing.TB, m Message) []byte {
	t.Helper()
	var b bytes.Buffer
	from := int64(0)
	for _, p := range m.Payloads {
		b.Write(m.Skeleton[from:p.Offset])
		r, err := p.Text()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		from = p.Offset
	}
	b.Write(m.Skeleton[from:])
	return b.Bytes()
}

// world is a certification authority with people, and a verifier that trusts it.
type world struct {
	t    testing.TB
	ca   *democa.Authority
	now  time.Time
	keys map[democa.KeyKind]*token.Key
}

func newWorld(t testing.TB) *world {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	ca, err := democa.New(now, democa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, ca: ca, now: now, keys: map[democa.KeyKind]*token.Key{}}
}

// key gives the one key of a kind.
func (w *world) key(kind democa.KeyKind) *token.Key {
	w.t.Helper()
	if w.keys[kind] == nil {
		w.keys[kind] = w.issue(democa.Issue{Key: kind})
	}
	return w.keys[kind]
}

func (w *world) issue(i democa.Issue) *token.Key {
	w.t.Helper()
	id, err := w.ca.Agency(democa.Subject{Name: "Ủy ban nhân dân phường Vĩnh Thử", Agency: "UBND phường Vĩnh Thử", Code: "H26.99.1"}, i)
	if err != nil {
		w.t.Fatal(err)
	}
	return &token.Key{Signer: id.Key, Certificate: id.Certificate, Chain: id.Chain}
}

func (w *world) sign(m Message, kind democa.KeyKind, o SignOptions) Message {
	w.t.Helper()
	o.Time = w.now
	s, err := Sign(w.t.Context(), w.key(kind), m, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Message(m.Payloads)
}

// anchored believes what chains to one root, as a trust.Judge with that anchor does.
type anchored struct{ ca *democa.Authority }

func (a anchored) Judge(_ context.Context, q trust.Question) trust.Answer {
	for _, c := range q.Evidence.Certificates {
		if q.Certificate.CheckSignatureFrom(c) == nil && c.Equal(a.ca.Certificate) {
			return trust.Answer{Verdict: signer.Passed()}
		}
	}
	return trust.Answer{Verdict: signer.Unsure(signer.NoCertificateChainFound, signer.Reason{Code: "no-chain"})}
}

func (w *world) verifier() *Verifier {
	p := validate.New(validate.Options{Trust: anchored{w.ca}, Now: func() time.Time { return w.now }})
	return NewVerifier(Options{Process: p, Now: func() time.Time { return w.now }})
}

func (w *world) verify(m Message) *signer.Report { return w.verifier().Verify(w.t.Context(), m) }

// wants compares a report's verdict and first reason.
func wants(t testing.TB, name string, r *signer.Report, i signer.Indication, sub signer.SubIndication, code string) {
	t.Helper()
	if r.Indication != i || r.SubIndication != sub || code != "" && !hasCode(r, code) {
		t.Errorf("%s: %s %s %v, want %s %s %s", name, r.Indication, r.SubIndication, codes(r), i, sub, code)
	}
}

func codes(r *signer.Report) (all []string) {
	for _, reason := range r.Reasons {
		all = append(all, reason.Code)
	}
	for _, s := range r.Signatures {
		for _, reason := range s.Reasons {
			all = append(all, reason.Code)
		}
	}
	return all
}

func hasCode(r *signer.Report, code string) bool { return slices.Contains(codes(r), code) }

func digestsOf(h crypto.Hash) SignOptions { return SignOptions{Digest: h} }
