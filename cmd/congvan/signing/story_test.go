package signing_test

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/cmd/congvan/paper"
	"congvan/cmd/congvan/signing"
	"congvan/gateway"
	"congvan/gateway/receipts"
	"congvan/gateway/store"
	"congvan/internal/peers"
	"congvan/schemas"
	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

const (
	office = gateway.AgencyID("H26.99.01")
	ward   = gateway.AgencyID("H26.99.01.1")
)

// town is a gateway with the real signer, a demonstration authority that publishes its revocation
// lists, and OpenSSL for a time-stamping authority.
type town struct {
	*gateway.Gateway
	t       *testing.T
	ca      *democa.Authority
	server  *httptest.Server
	signing *signing.Signing
	store   *store.Store
	objects objects.Store
	root    string // PEM file of the root
	ahead   time.Duration
	hung    atomic.Bool // the authority's server answers nobody
}

func newTown(t *testing.T, preserve signer.Level) *town {
	t.Helper()
	h := &town{t: t}
	dir := t.TempDir()
	h.publish(dir)
	tsa := peers.OwnTSA(t, h.timeStamper())
	var err error
	h.signing, err = signing.Open(signing.Options{
		TrustDir: filepath.Join(dir, "trust"), CacheDir: filepath.Join(dir, "revocation"), Private: true, Now: h.now, TSA: []string{tsa.URL},
	})
	h.must(err)
	h.store, err = store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "congvan.db"), Now: h.now})
	h.must(err)
	t.Cleanup(func() { h.store.Close() })
	blobs, err := disk.Open(filepath.Join(dir, "objects"), disk.Options{})
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	h.objects = blobs
	h.open(dir, preserve)
	h.furnish()
	return h
}

func (h *town) now() time.Time { return time.Now().Add(h.ahead) }

func (h *town) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v %+v", err, gateway.AsError(err).Findings)
	}
}

// publish starts the authority and lays its root down to be trusted.
func (h *town) publish(dir string) {
	h.t.Helper()
	h.server = httptest.NewUnstartedServer(nil)
	var err error
	h.ca, err = democa.New(time.Now(), democa.Options{BaseURL: "http://" + h.server.Listener.Addr().String(), NoOCSP: true})
	h.must(err)
	answer := h.ca.Handler(time.Now)
	h.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.hung.Load() {
			<-r.Context().Done()
			return
		}
		answer.ServeHTTP(w, r)
	})
	h.server.Start()
	h.t.Cleanup(h.server.Close)
	h.must(os.MkdirAll(filepath.Join(dir, "trust"), 0o700))
	h.root = filepath.Join(dir, "trust", "root.pem")
	h.must(os.WriteFile(h.root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.ca.Root().Certificate.Raw}), 0o600))
}

func (h *town) timeStamper() peers.TSAOptions {
	h.t.Helper()
	id, err := h.ca.TimeStamper("Dấu thời gian thử nghiệm", democa.Issue{Key: democa.RSA2048})
	h.must(err)
	return peers.TSAOptions{Key: id.Key, Certificate: id.Certificate, Issuers: id.Chain}
}

func (h *town) open(dir string, preserve signer.Level) {
	h.t.Helper()
	receiptKey, err := receipts.Open(filepath.Join(dir, "receipt.pem"))
	h.must(err)
	validator, err := schemas.New(h.now)
	h.must(err)
	seal, err := h.ca.Agency(democa.Subject{Name: "Cổng văn bản UBND quận", Agency: "UBND quận", Code: string(office)}, democa.Issue{})
	h.must(err)
	sealer, err := signing.NewSealer(key(seal))
	h.must(err)
	o := gateway.Options{
		Store: h.store, Objects: h.objects, Validator: validator, Signer: receiptKey, Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)),
		Signatures: h.signing, Countersigner: h.signing, Sealer: sealer, Self: office, Node: "test", Now: h.now,
	}
	if preserve != "" {
		o.Preserver, o.Preserve = signing.Preserver{Signing: h.signing, Level: preserve, Log: o.Log}, preserve
	}
	h.Gateway, err = gateway.New(o)
	h.must(err)
}

func (h *town) furnish() {
	h.t.Helper()
	_, err := h.PutAgencies(h.t.Context(), operator(), []gateway.Agency{{ID: office, Name: "UBND quận"}, {ID: ward, Name: "UBND phường Vĩnh Nghĩa"}})
	h.must(err)
	for _, a := range []gateway.AgencyID{office, ward} {
		h.must(h.store.PutSystem(h.t.Context(), gateway.System{ID: gateway.SystemID(a), Name: string(a), Agencies: []gateway.AgencyID{a}, Created: h.now()}, "test"))
		h.must(h.store.PutCredential(h.t.Context(), gateway.Credential{
			ID: "key-" + string(a), System: gateway.SystemID(a), Kind: gateway.CredentialAPIKey, Scopes: gateway.DefaultScopes(), Created: h.now(), Proof: []byte(a),
		}, "test"))
	}
}

func operator() gateway.Principal {
	return gateway.Principal{System: "operator", Credential: "operator", Scopes: []gateway.Scope{gateway.ScopeDirectory, gateway.ScopeOperate}}
}

func system(a gateway.AgencyID) gateway.Principal {
	return gateway.Principal{System: gateway.SystemID(a), Credential: "key-" + string(a), Scopes: gateway.DefaultScopes(), Agencies: []gateway.AgencyID{a}}
}

func key(id *democa.Identity) *token.Key {
	return &token.Key{Signer: id.Key, Certificate: id.Certificate, Chain: id.Chain}
}

// letter is a PDF as the demonstration's office writes it.
func (h *town) letter(number string) []byte {
	h.t.Helper()
	var b bytes.Buffer
	h.must(paper.Write(&b, paper.Letter{
		InCharge: "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI", Issuer: "ỦY BAN NHÂN DÂN QUẬN", Code: number + "/UBND-VP",
		Place: "Hà Nội", Date: h.now(), Type: paper.OfficialLetter, Subject: "tổ chức Tết trồng cây",
		Body: []string{"Kính gửi các phường."}, Position: "CHỦ TỊCH", Signer: "Nguyễn Thị Vĩnh",
	}))
	return b.Bytes()
}

func (h *town) person() *token.Key {
	h.t.Helper()
	id, err := h.ca.Person(democa.Subject{Name: "Nguyễn Thị Vĩnh", Agency: "UBND quận", Code: string(office)}, democa.Issue{})
	h.must(err)
	return key(id)
}

func (h *town) sign(document []byte, k *token.Key) []byte {
	h.t.Helper()
	var out bytes.Buffer
	h.must(pdf.Sign(h.t.Context(), k, bytes.NewReader(document), int64(len(document)), &out, pdf.SignOptions{}))
	return out.Bytes()
}

func (h *town) send(number string, document []byte) (*gateway.Acceptance, error) {
	h.t.Helper()
	return h.Compose(h.t.Context(), system(office), gateway.Letter{
		From: office, To: []gateway.AgencyID{ward}, Number: number, Notation: "UBND-VP", Place: "Hà Nội",
		Date: h.now().In(edxml.VietnamZone).Format(time.DateOnly), Type: "Công văn", Subject: "V/v tổ chức Tết trồng cây", Signer: gateway.LetterSigner{Name: "Nguyễn Thị Vĩnh"},
	}, []gateway.LetterFile{{Name: "cong-van.pdf", ContentType: "application/pdf", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(document)), nil
	}}}, "")
}

func (h *town) reports(id gateway.MessageID) *gateway.SignatureReports {
	h.t.Helper()
	r, err := h.SignatureReports(h.t.Context(), operator(), id)
	h.must(err)
	return r
}

// newest gives the newest judgement of a part.
func newest(r *gateway.SignatureReports, part int) *gateway.Judgement {
	var found *gateway.Judgement
	for i := range r.Judgements {
		if r.Judgements[i].Part == part {
			found = &r.Judgements[i]
		}
	}
	return found
}

func (h *town) examine() {
	h.t.Helper()
	_, err := h.ExamineDue(h.t.Context())
	h.must(err)
}

// TestALetterIsBelievedWhenItsSignerCanBeAskedFor follows a signed letter from the door, where nobody is
// asked for revocation lists, to a judgement that holds.
func TestALetterIsBelievedWhenItsSignerCanBeAskedFor(t *testing.T) {
	h := newTown(t, "")
	a, err := h.send("01", h.sign(h.letter("01"), h.person()))
	h.must(err)
	first := newest(h.reports(a.Message), 0)
	if first.Report.SubIndication != signer.TryLater || first.Action != signer.ActionMark {
		t.Fatalf("at the door: %s %s %s", first.Report.Indication, first.Report.SubIndication, first.Action)
	}
	h.ahead = 30 * time.Minute
	h.examine()
	after := newest(h.reports(a.Message), 0)
	if after.Report.Indication != signer.TotalPassed {
		t.Fatalf("judged again: %+v", after.Report)
	}
	if s := after.Report.Signatures[0]; s.Signer != "Nguyễn Thị Vĩnh" || s.AgencyCode != string(office) {
		t.Errorf("signer %q of %q", s.Signer, s.AgencyCode)
	}
	// what was fetched once serves the door, so the next letter is believed at once
	b, err := h.send("02", h.sign(h.letter("02"), h.person()))
	h.must(err)
	if j := newest(h.reports(b.Message), 0); j.Report.Indication != signer.TotalPassed {
		t.Errorf("the next letter: %+v", j.Report)
	}
}

// TestADeadResponderDelaysNobody: the authority's server takes connections and never answers.
func TestADeadResponderDelaysNobody(t *testing.T) {
	h := newTown(t, "")
	document := h.sign(h.letter("01"), h.person())
	h.hung.Store(true)
	start := time.Now()
	a, err := h.send("01", document)
	h.must(err)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the door waited %v for a responder that does not answer", took)
	}
	if j := newest(h.reports(a.Message), 0); j.Report.SubIndication != signer.TryLater || j.Next.IsZero() {
		t.Errorf("%s %s, again at %v", j.Report.Indication, j.Report.SubIndication, j.Next)
	}
	if n := h.inbox(); n != 1 {
		t.Errorf("%d letters in the inbox", n)
	}
}

func (h *town) inbox() int {
	h.t.Helper()
	n, err := h.store.CountInbox(h.t.Context(), gateway.InboxQuery{Holders: []gateway.AgencyID{ward}})
	h.must(err)
	return n
}

func TestForgeriesAreRefused(t *testing.T) {
	h := newTown(t, "")
	signed := h.sign(h.letter("01"), h.person())
	touched := bytes.Replace(signed, []byte("/MediaBox"), []byte("/MediaBoy"), 1)
	if bytes.Equal(touched, signed) {
		t.Fatal("nothing was touched")
	}
	appended := append(bytes.Clone(signed), "\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF\n"...)
	for name, forged := range map[string][]byte{"a byte changed": touched, "bytes added": appended} {
		t.Run(name, func(t *testing.T) {
			_, err := h.send("01", forged)
			e := gateway.AsError(err)
			if e.Code != gateway.CodeSignatureRejected || len(e.Findings) == 0 || e.Findings[0].Vi == "" {
				t.Errorf("%v %+v", err, e.Findings)
			}
		})
	}
	h.must(func() error { _, err := h.send("01", signed); return err }())
}

// envelope gives a letter's bytes as its receiver fetches them.
func (h *town) envelope(id gateway.MessageID) []byte {
	h.t.Helper()
	c, err := h.Envelope(h.t.Context(), operator(), id)
	h.must(err)
	var b bytes.Buffer
	_, err = c.WriteTo(&b)
	h.must(err)
	return b.Bytes()
}

func TestTheGatewaysOwnEnvelopesAreSigned(t *testing.T) {
	h := newTown(t, "")
	a, err := h.send("01", h.sign(h.letter("01"), h.person()))
	h.must(err)
	h.ahead = 30 * time.Minute
	h.examine()
	j := newest(h.reports(a.Message), gateway.PartEnvelope)
	if j == nil || j.Report.Indication != signer.TotalPassed || j.Report.Signatures[0].Level != signer.LevelBB {
		t.Fatalf("%+v", j)
	}
	file := filepath.Join(t.TempDir(), "letter.edxml")
	h.must(os.WriteFile(file, h.envelope(a.Message), 0o600))
	h.xmlsec(file, a.Message)

	_, err = h.Fetch(t.Context(), system(ward), gateway.Item{Message: a.Message})
	h.must(err)
	s, err := h.ReportStatus(t.Context(), system(ward), gateway.StatusNote{From: ward, Message: a.Message, Code: edxml.StatusInbox, Description: "Đã đến"}, "")
	h.must(err)
	if j := newest(h.reports(s.Message), gateway.PartEnvelope); j == nil || len(j.Report.Signatures) != 1 {
		t.Errorf("the status is not signed: %+v", j)
	}
}

// xmlsec has another program verify what we signed.
func (h *town) xmlsec(file string, id gateway.MessageID) {
	h.t.Helper()
	attachment := filepath.Join(filepath.Dir(file), "1.pdf")
	f, err := h.OpenFile(h.t.Context(), operator(), id, 0)
	h.must(err)
	defer f.Close()
	content, err := io.ReadAll(f)
	h.must(err)
	h.must(os.WriteFile(attachment, content, 0o600))
	xmlsec := peers.Tool(h.t, "xmlsec1")
	out, err := exec.Command(xmlsec, "--verify", "--enabled-key-data", "x509", "--trusted-pem", h.root,
		"--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--url-map:cid:1", attachment, file).CombinedOutput()
	if err != nil {
		h.t.Errorf("xmlsec1: %v\n%s", err, out)
	}
}

// TestRelayedBytesAreTheSameEachTime: the axis must recognise a letter that is sent again.
func TestRelayedBytesAreTheSameEachTime(t *testing.T) {
	h := newTown(t, "")
	var unsigned bytes.Buffer
	document := h.letter("07")
	env := &edxml.Envelope{
		Kind: edxml.KindDocument, From: edxml.Organization{ID: string(office), Name: "UBND quận"}, To: []edxml.Organization{{ID: string(ward), Name: "UBND phường"}},
		DocumentID: "H26.99.01,2026/11/02,07/UBND-VP", Code: edxml.Code{Number: "07", Notation: "UBND-VP"},
		Promulgation: edxml.Promulgation{Place: "Hà Nội", Date: "2026/11/02"}, DocumentType: edxml.DocumentType{Type: "2", Name: "Công văn"},
		Subject: "V/v", Signer: edxml.SignerInfo{FullName: "Nguyễn Thị Vĩnh"}, Business: edxml.Business{Present: true, Paper: "0", Reason: "Mới"},
		Trace:       []edxml.TraceHeader{{OrganID: string(office), Timestamp: "2026/11/02 09:00:00"}},
		References:  []edxml.Reference{{ContentID: "1", ContentType: "application/pdf", Name: "a.pdf", Description: "a.pdf"}},
		Attachments: []edxml.Attachment{{ContentID: "1", Name: "a.pdf", Description: "a.pdf", ContentType: "application/pdf"}},
	}
	h.must(edxml.Write(&unsigned, env, func(int) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(document)), nil }))
	a, err := h.Accept(t.Context(), system(office), gateway.Submission{Body: &unsigned})
	h.must(err)
	var twice [2]bytes.Buffer
	for i := range twice {
		c, err := h.Relay(t.Context(), a.Message)
		h.must(err)
		_, err = c.WriteTo(&twice[i])
		h.must(err)
	}
	if !bytes.Equal(twice[0].Bytes(), twice[1].Bytes()) {
		t.Error("the same letter was handed on as different bytes")
	}
	if !strings.Contains(twice[0].String(), "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"") {
		t.Error("what is handed on is not signed")
	}
}

// TestProofsAreKeptForTheLongTerm raises a letter's PDF to B-LTA beside the original.
func TestProofsAreKeptForTheLongTerm(t *testing.T) {
	h := newTown(t, signer.LevelBLTA)
	signed := h.sign(h.letter("01"), h.person())
	a, err := h.send("01", signed)
	h.must(err)
	h.ahead = 20 * time.Minute
	h.examine()
	r := h.reports(a.Message)
	if len(r.Preserved) != 1 || r.Preserved[0].Level != signer.LevelBLTA {
		t.Fatalf("preserved %+v, judged %+v", r.Preserved, newest(r, 0).Report)
	}
	if s := newest(r, 0).Report.Signatures[0]; s.Level != signer.LevelBLTA || s.Indication != signer.TotalPassed {
		t.Errorf("the copy: %s %s %+v", s.Level, s.Indication, s.Reasons)
	}
	_, blob, err := h.OpenPreserved(t.Context(), operator(), a.Message, 0)
	h.must(err)
	defer blob.Close()
	kept, err := io.ReadAll(blob)
	h.must(err)
	if !bytes.HasPrefix(kept, signed) {
		t.Error("the original's bytes do not stand in front")
	}
}

// TestADeskSigns has a document signed as a desktop signing service does.
func TestADeskSigns(t *testing.T) {
	h := newTown(t, "")
	document := h.letter("01")
	start := func() (*gateway.Signing, string) {
		s, secret, err := h.StartSigning(t.Context(), system(office), gateway.Signing{Name: "cong-van.pdf"}, bytes.NewReader(document))
		h.must(err)
		return s, secret
	}
	s, secret := start()
	for name, wrong := range map[string][]byte{
		"unsigned":      document,
		"signed twice":  h.sign(h.sign(document, h.person()), h.person()),
		"another":       h.sign(h.letter("02"), h.person()),
		"altered after": append(h.sign(document, h.person()), "%%EOF\n"...),
	} {
		if _, err := h.TakeSigned(t.Context(), s.ID, secret, bytes.NewReader(wrong)); gateway.AsError(err).Code != gateway.CodeSignatureRejected {
			t.Errorf("%s: %v", name, err)
		}
	}
	done, err := h.TakeSigned(t.Context(), s.ID, secret, bytes.NewReader(h.sign(document, h.person())))
	h.must(err)
	if done.State != gateway.SigningSigned || done.Report.Indication != signer.TotalPassed {
		t.Errorf("%s %+v", done.State, done.Report)
	}
	late, secret := start()
	h.ahead = time.Hour
	if _, err := h.TakeSigned(t.Context(), late.ID, secret, bytes.NewReader(h.sign(document, h.person()))); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("too late: %v", err)
	}
}

// TestAKeyThatSignsAtRandomIsRefused: an ECDSA key behind an interface would never give the same bytes twice.
func TestAKeyThatSignsAtRandomIsRefused(t *testing.T) {
	h := newTown(t, "")
	k := h.person()
	if _, err := signing.NewSealer(k); err != nil {
		t.Errorf("a key in a file: %v", err)
	}
	k.Signer = hidden{k.Signer}
	if _, err := signing.NewSealer(k); !errors.Is(err, signing.ErrRandomKey) {
		t.Errorf("a key on a token: %v", err)
	}
}

// hidden is a key that does not show what it is.
type hidden struct{ crypto.Signer }

// TestARevokedSignerIsHeld: what was signed with a certificate that is revoked waits for a person.
func TestARevokedSignerIsHeld(t *testing.T) {
	h := newTown(t, "")
	k := h.person()
	h.ca.Revoke(k.Certificate, time.Now().Add(-2*time.Hour), 1)
	a, err := h.send("01", h.sign(h.letter("01"), k))
	h.must(err)
	h.ahead = 30 * time.Minute
	h.examine()
	if j := newest(h.reports(a.Message), 0); j.Report.SubIndication != signer.RevokedNoPOE || j.Action != signer.ActionHold {
		t.Fatalf("%s %s %s", j.Report.Indication, j.Report.SubIndication, j.Action)
	}
	if n := h.inbox(); n != 0 {
		t.Errorf("%d letters in the inbox", n)
	}
	n, err := h.Requeue(t.Context(), operator(), gateway.StuckQuery{Cause: gateway.CauseSignature})
	h.must(err)
	if n != 1 || h.inbox() != 1 {
		t.Errorf("%d released by a person, %d in the inbox", n, h.inbox())
	}
}
