package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/gateway"
	"congvan/gateway/api"
	"congvan/gateway/api/client"
	"congvan/gateway/api/wire"
	"congvan/gateway/auth"
	"congvan/gateway/receipts"
	"congvan/gateway/store"
	"congvan/schemas"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// The agencies of the tests. All codes are invented.
const (
	city     = "H26.99"      // beyond the axis
	district = "H26.99.01"   // runs the gateway; its key may do everything
	wardA    = "H26.99.01.1" // sends
	wardB    = "H26.99.01.2" // receives
	orphan   = "H26.99.01.8" // has no system
	locked   = "H26.99.01.6"
)

// house is the API over a real gateway, store and disk, behind a real server.
type house struct {
	t        testing.TB
	gateway  *gateway.Gateway
	store    *store.Store
	objects  *brittle
	systems  *absent
	keys     *auth.Keys
	key      map[string]string // by agency; "none": without scopes that matter
	server   *httptest.Server
	api      http.Handler
	contract *contract
	log      *journal
	stop     context.CancelFunc // the process is about to stop
	dir      string
	serial   atomic.Int64
}

// brittle is an object store that can be made to fail.
type brittle struct {
	objects.Store
	err atomic.Pointer[error]
}

func (b *brittle) Create(ctx context.Context) (objects.Writer, error) {
	if err := b.err.Load(); err != nil {
		return nil, *err
	}
	return b.Store.Create(ctx)
}

type present gateway.Systems

// absent is the keys' part of a database that can go away.
type absent struct {
	present
	gone atomic.Bool
}

func (a *absent) Credential(ctx context.Context, id string) (*gateway.Credential, error) {
	if a.gone.Load() {
		return nil, fmt.Errorf("dial: %w", gateway.ErrUnavailable)
	}
	return a.present.Credential(ctx, id)
}

func newHouse(t testing.TB, change ...func(*api.Options)) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), key: map[string]string{}, log: new(journal), contract: newContract(t)}
	now := time.Now
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Path: filepath.Join(h.dir, "congvan.db"), Now: now})
	h.must(err)
	t.Cleanup(func() { h.store.Close() })
	blobs, err := disk.Open(filepath.Join(h.dir, "objects"), disk.Options{})
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	h.objects = &brittle{Store: blobs}
	receiptSigner, err := receipts.Open(filepath.Join(h.dir, "receipt.pem"))
	h.must(err)
	validator, err := schemas.New(now)
	h.must(err)
	h.gateway, err = gateway.New(gateway.Options{
		Store: h.store, Objects: h.objects, Validator: validator, Signer: receiptSigner, Self: district, Node: "test", Axis: false, Signatures: desk{}, Countersigner: desk{}, Preserver: desk{}, Preserve: signer.LevelBLTA,
	})
	h.must(err)
	h.systems = &absent{present: h.store}
	h.keys = auth.New(h.systems, [32]byte{1}, now)
	stopping, stop := context.WithCancel(t.Context())
	h.stop = stop
	o := api.Options{
		Gateway: h.gateway, Keys: h.keys, JWKS: receiptSigner.PublicJWKS(), Stopping: stopping, SpoolDir: h.dir,
		Log:    logTo(h.log),
		Limits: api.Limits{Letter: 4 << 20},
	}
	for _, c := range change {
		c(&o)
	}
	h.api, err = api.New(o)
	h.must(err)
	h.server = httptest.NewServer(h.api)
	t.Cleanup(h.server.Close)
	h.furnish()
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v %+v", err, gateway.AsError(err).Findings)
	}
}

func (h *house) furnish() {
	h.t.Helper()
	open := func(id, name string) gateway.Agency {
		return gateway.Agency{ID: gateway.AgencyID(id), Name: name, Parent: district}
	}
	d, l := open(district, "UBND quận Thử Nghiệm"), open(locked, "UBND phường Khóa")
	d.Parent, l.Status = "", gateway.AgencyLocked
	admin := gateway.Principal{System: "setup", Credential: "setup", Scopes: []gateway.Scope{gateway.ScopeDirectory}}
	_, err := h.gateway.PutAgencies(h.t.Context(), admin, []gateway.Agency{
		d, open(wardA, "UBND phường A"), open(wardB, "UBND phường B"), open(orphan, "Trường Mầm non số 8"), l,
	})
	h.must(err)
	h.connect(district, gateway.ScopeSubmit, gateway.ScopeReceive, gateway.ScopeDirectory, gateway.ScopeOperate)
	h.connect(wardA, gateway.DefaultScopes()...)
	h.connect(wardB, gateway.DefaultScopes()...)
	_, h.key["none"], err = h.keys.CreateAPIKey(h.t.Context(), wardA, []gateway.Scope{gateway.ScopeRelay}, time.Time{}, "test")
	h.must(err)
}

func (h *house) connect(agency string, scopes ...gateway.Scope) {
	h.t.Helper()
	system := gateway.System{ID: gateway.SystemID(agency), Name: agency, Agencies: []gateway.AgencyID{gateway.AgencyID(agency)}, Created: time.Now()}
	h.must(h.store.PutSystem(h.t.Context(), system, "test"))
	var err error
	_, h.key[agency], err = h.keys.CreateAPIKey(h.t.Context(), system.ID, scopes, time.Time{}, "test")
	h.must(err)
}

// as is an agency's client; everything it does is held to the document.
func (h *house) as(agency string) *client.Client {
	return &client.Client{URL: h.server.URL, Key: h.key[agency], HTTP: &http.Client{Transport: h.contract}}
}

// envelope writes a letter; every call gives another one.
func (h *house) envelope(from string, to ...string) []byte {
	return envelopeBytes(h.t, letterEnvelope(fmt.Sprint(h.serial.Add(1)), from, to...), "nội dung")
}

func letterEnvelope(number, from string, to ...string) *edxml.Envelope {
	e := &edxml.Envelope{
		Kind: edxml.KindDocument, From: edxml.Organization{ID: from, Name: "Cơ quan " + from},
		DocumentID:   from + ",2026/11/02," + number + "/UBND-VP",
		Code:         edxml.Code{Number: number, Notation: "UBND-VP"},
		Promulgation: edxml.Promulgation{Place: "Hà Nội", Date: "2026/11/02"},
		DocumentType: edxml.DocumentType{Type: "2", Name: "Công văn"},
		Subject:      "V/v tổ chức Tết trồng cây",
		Signer:       edxml.SignerInfo{Competence: "TM. ỦY BAN NHÂN DÂN", Position: "Chủ tịch", FullName: "Nguyễn Thị Thử"},
		Trace:        []edxml.TraceHeader{{OrganID: from, Timestamp: "2026/11/02 09:00:00"}},
		Business:     edxml.Business{Present: true, Paper: "0", Reason: "Văn bản điện tử mới"},
		References:   []edxml.Reference{{ContentID: "1", ContentType: "application/pdf", Name: "cong-van.pdf", Description: "cong-van.pdf"}},
		Attachments:  []edxml.Attachment{{Index: 0, ContentID: "1", Name: "Công văn số 1.pdf", Description: "cong-van.pdf", ContentType: "application/pdf"}},
	}
	for _, id := range to {
		e.To = append(e.To, edxml.Organization{ID: id, Name: "Cơ quan " + id})
	}
	return e
}

func envelopeBytes(t testing.TB, e *edxml.Envelope, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := edxml.Write(&b, e, func(int) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("%PDF-1.7\n" + content)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// submitted is a new letter that was accepted.
func (h *house) submitted(from string, to ...string) *gateway.Acceptance {
	h.t.Helper()
	a, err := h.as(from).SubmitEnvelope(h.t.Context(), client.Envelope{Body: bytes.NewReader(h.envelope(from, to...))})
	h.must(err)
	return a
}

// delivery is the delivery of a message to an agency.
func (h *house) delivery(id gateway.MessageID, to string) gateway.Delivery {
	h.t.Helper()
	all, err := h.store.DeliveriesOf(h.t.Context(), id)
	h.must(err)
	for _, d := range all {
		if string(d.Receiver) == to {
			return d
		}
	}
	h.t.Fatalf("no delivery of %s to %s", id, to)
	return gateway.Delivery{}
}

// held is a delivery that waits for a person.
func (h *house) held() gateway.Delivery {
	h.t.Helper()
	d := h.delivery(h.submitted(wardA, orphan).Message, orphan)
	if d.State != gateway.DeliveryHeld {
		h.t.Fatalf("delivery to an agency without a system is %s", d.State)
	}
	return d
}

// jsonLetter is a letter for a multipart request.
func (h *house) jsonLetter(from string, to ...gateway.AgencyID) gateway.Letter {
	return gateway.Letter{
		From: gateway.AgencyID(from), To: to, Number: fmt.Sprint(h.serial.Add(1)), Notation: "UBND-VP", Place: "Hà Nội", Date: "2026-11-02",
		Type: "Công văn", Subject: "V/v tổ chức Tết trồng cây", Signer: gateway.LetterSigner{Position: "Chủ tịch", Name: "Nguyễn Thị Thử"},
	}
}

func pdf(name, content string) client.File {
	return client.File{Name: name, ContentType: "application/pdf", Body: strings.NewReader("%PDF-1.7\n" + content)}
}

// exchange sends a request as it is and gives the answer with its body.
func (h *house) exchange(r *http.Request) (*http.Response, []byte) {
	h.t.Helper()
	resp, err := h.contract.RoundTrip(r)
	h.must(err)
	body, err := io.ReadAll(resp.Body)
	h.must(err)
	return resp, body
}

// request makes a request with an agency's key; "" for none.
func (h *house) request(method, path, agency, contentType string, body io.Reader) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, body)
	h.must(err)
	if agency != "" {
		r.Header.Set("Authorization", "Bearer "+h.key[agency])
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// wantProblem checks an answer's status and code.
func wantProblem(t testing.TB, resp *http.Response, body []byte, status int, code gateway.Code) *wire.Problem {
	t.Helper()
	var p wire.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%d: no problem: %s", resp.StatusCode, body)
	}
	if resp.StatusCode != status || p.Status != status || p.Code != code {
		t.Errorf("%s %s: %d %s (%s), want %d %s", resp.Request.Method, resp.Request.URL, resp.StatusCode, p.Code, p.Place, status, code)
	}
	return &p
}

func wantCode(t testing.TB, err error, code gateway.Code) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %s", code)
		return
	}
	if got := gateway.AsError(err).Code; got != code {
		t.Errorf("%v: code %s, want %s", err, got, code)
	}
}

// journal is a log that the server writes while the test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func logTo(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
