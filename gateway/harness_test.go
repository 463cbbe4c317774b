package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/gateway"
	"congvan/gateway/receipts"
	"congvan/gateway/store"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

// The agencies of the tests. All codes are invented.
const (
	city     = "H26.99"      // beyond the axis
	district = "H26.99.01"   // ours; runs the gateway
	wardA    = "H26.99.01.1" // ours
	wardB    = "H26.99.01.2" // ours
	school   = "H26.99.01.7" // no system; ward A represents it
	orphan   = "H26.99.01.8" // no system, nobody represents it
	merged   = "H26.99.01.3" // closed; ward B succeeded it
	split    = "H26.99.01.4" // closed; wards A and B succeeded it
	gone     = "H26.99.01.5" // closed; nobody succeeded it
	locked   = "H26.99.01.6"
	oldCodeA = "000.01.01.H99" // another code of ward A
)

// house is a gateway with a real store and a real disk, and a hand on its clock.
type house struct {
	*gateway.Gateway
	t       testing.TB
	store   *store.Store
	objects objects.Store
	dir     string
	now     time.Time
}

func newHouse(t testing.TB, change ...func(*gateway.Options)) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)}
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Path: filepath.Join(h.dir, "congvan.db"), Now: h.clock})
	h.must(err)
	t.Cleanup(func() { h.store.Close() })
	blobs, err := disk.Open(filepath.Join(h.dir, "objects"), disk.Options{})
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	h.objects = blobs
	signer, err := receipts.Open(filepath.Join(h.dir, "receipt.pem"))
	h.must(err)
	validator, err := schemas.New(h.clock)
	h.must(err)
	o := gateway.Options{
		Store: h.store, Objects: blobs, Validator: validator, Signer: signer,
		Self: district, Node: "test", Now: h.clock, Axis: true,
	}
	for _, c := range change {
		c(&o)
	}
	h.Gateway, err = gateway.New(o)
	h.must(err)
	h.furnish()
	return h
}

func (h *house) clock() time.Time { return h.now }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// furnish fills the directory and connects the systems.
func (h *house) furnish() {
	h.t.Helper()
	open := func(id, name string) gateway.Agency {
		return gateway.Agency{ID: gateway.AgencyID(id), Name: name, Parent: district}
	}
	a, s := open(wardA, "UBND phường A"), open(school, "Trường THCS số 7")
	a.Aliases = []gateway.AgencyID{oldCodeA}
	s.RepresentedBy = wardA
	c := open(city, "UBND thành phố")
	c.Parent, c.Reach = "", gateway.ReachAxis
	closed := func(id string, successors ...gateway.AgencyID) gateway.Agency {
		x := open(id, "UBND phường "+id)
		x.Status, x.Successors, x.ValidTo = gateway.AgencyClosed, successors, "2025-06-30"
		return x
	}
	l := open(locked, "UBND phường khóa")
	l.Status = gateway.AgencyLocked
	_, err := h.PutAgencies(h.t.Context(), h.admin(), []gateway.Agency{
		c, open(district, "UBND quận"), a, open(wardB, "UBND phường B"), s, open(orphan, "Trường Mầm non số 8"),
		closed(merged, wardB), closed(split, wardA, wardB), closed(gone), l,
	})
	h.must(err)
	for _, id := range []string{district, wardA, wardB} {
		h.connect(id, id)
	}
}

// connect gives a system a credential for agencies.
func (h *house) connect(system string, agencies ...string) {
	h.t.Helper()
	s := gateway.System{ID: gateway.SystemID(system), Name: system, Created: h.now}
	for _, a := range agencies {
		s.Agencies = append(s.Agencies, gateway.AgencyID(a))
	}
	h.must(h.store.PutSystem(h.t.Context(), s, "test"))
	h.must(h.store.PutCredential(h.t.Context(), gateway.Credential{
		ID: "key-" + system, System: s.ID, Kind: gateway.CredentialAPIKey, Scopes: gateway.DefaultScopes(), Created: h.now, Proof: []byte(system),
	}, "test"))
}

func principal(agencies ...string) gateway.Principal {
	p := gateway.Principal{System: gateway.SystemID(agencies[0]), Credential: "key-" + agencies[0], Scopes: gateway.DefaultScopes()}
	for _, a := range agencies {
		p.Agencies = append(p.Agencies, gateway.AgencyID(a))
	}
	slices.Sort(p.Agencies)
	return p
}

func (h *house) admin() gateway.Principal {
	return gateway.Principal{System: "operator", Credential: "operator", Scopes: []gateway.Scope{
		gateway.ScopeDirectory, gateway.ScopeOperate, gateway.ScopeSubmit, gateway.ScopeReceive,
	}}
}

// axis is the principal that brings letters from beyond.
func axis() gateway.Principal {
	return gateway.Principal{System: "axis", Credential: "axis", Scopes: []gateway.Scope{gateway.ScopeSubmit, gateway.ScopeReceive, gateway.ScopeRelay}}
}

// letter is an envelope to be written.
func letter(number, from string, to ...string) *edxml.Envelope {
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
		Attachments:  []edxml.Attachment{{Index: 0, ContentID: "1", Name: "cong-van.pdf", Description: "cong-van.pdf", ContentType: "application/pdf"}},
	}
	for _, id := range to {
		e.To = append(e.To, edxml.Organization{ID: id, Name: "Cơ quan " + id})
	}
	return e
}

// status is a status message to be written.
func status(from, sender, documentID string, code edxml.StatusCode, words string) *edxml.Envelope {
	return &edxml.Envelope{
		Kind: edxml.KindStatus, From: edxml.Organization{ID: from, Name: "Cơ quan " + from},
		ResponseFor: []edxml.ResponseFor{{OrganID: sender, Code: "01/UBND-VP", PromulgationDate: "2026/11/02", DocumentID: documentID}},
		Status: &edxml.StatusReport{
			Staff: edxml.StaffInfo{Department: "Văn thư", Staff: "Trần Văn Thư"}, Code: code, Description: words,
			Timestamp: "2026/11/02 10:00:00",
		},
	}
}

// bytesOf writes an envelope with one file's content.
func bytesOf(t testing.TB, e *edxml.Envelope, content string) []byte {
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

// send submits an envelope as its sender's system.
func (h *house) send(e *edxml.Envelope, content string) *gateway.Acceptance {
	h.t.Helper()
	a, err := h.Accept(h.t.Context(), principal(e.From.ID), gateway.Submission{Body: bytes.NewReader(bytesOf(h.t, e, content))})
	if err != nil {
		h.t.Fatalf("accept: %v %+v", err, findings(err))
	}
	return a
}

// inbox lists an agency's inbox.
func (h *house) inbox(agency string) []gateway.InboxItem {
	h.t.Helper()
	items, err := h.Inbox(h.t.Context(), principal(agency), gateway.InboxView{})
	h.must(err)
	return items
}

// take fetches and acknowledges everything in an agency's inbox and gives the bytes.
func (h *house) take(agency string) [][]byte {
	h.t.Helper()
	var out [][]byte
	for _, i := range h.inbox(agency) {
		b := h.fetch(agency, i.Delivery.ID)
		sum := sha256.Sum256(b)
		acks, err := h.Acknowledge(h.t.Context(), principal(agency), []gateway.Ack{{
			Item: gateway.Item{Delivery: i.Delivery.ID}, SHA256: hex.EncodeToString(sum[:]),
		}})
		h.must(err)
		h.must(acks[0].Err)
		out = append(out, b)
	}
	return out
}

func (h *house) fetch(agency string, id gateway.DeliveryID) []byte {
	h.t.Helper()
	c, err := h.Fetch(h.t.Context(), principal(agency), gateway.Item{Delivery: id})
	h.must(err)
	var b bytes.Buffer
	_, err = c.WriteTo(&b)
	h.must(err)
	if int64(b.Len()) != c.Size {
		h.t.Fatalf("fetched %d bytes, announced %d", b.Len(), c.Size)
	}
	return b.Bytes()
}

// deliveries gives a message's deliveries by receiver.
func (h *house) deliveries(id gateway.MessageID) map[string]gateway.Delivery {
	h.t.Helper()
	all, err := h.store.DeliveriesOf(h.t.Context(), id)
	h.must(err)
	out := map[string]gateway.Delivery{}
	for _, d := range all {
		out[string(d.Receiver)] = d
	}
	return out
}

// blobs lists the blobs in the object store.
func (h *house) blobs() []string {
	h.t.Helper()
	var out []string
	h.must(h.objects.Walk(h.t.Context(), func(i objects.Info) error {
		if strings.HasPrefix(i.Key, "blobs/") {
			out = append(out, i.Key)
		}
		return nil
	}))
	return out
}

// events counts the events of each kind since the beginning.
func (h *house) events() map[gateway.EventKind]int {
	h.t.Helper()
	out := map[gateway.EventKind]int{}
	var after gateway.Cursor
	for {
		f, err := h.store.Feed(h.t.Context(), gateway.FeedQuery{After: after, Limit: 1000})
		h.must(err)
		for _, e := range f.Events {
			out[e.Kind]++
		}
		if f.Next == after {
			return out
		}
		after = f.Next
	}
}

func codeOf(err error) gateway.Code {
	if err == nil {
		return ""
	}
	return gateway.AsError(err).Code
}

func findings(err error) any {
	var e *gateway.Error
	if errors.As(err, &e) {
		return e.Findings
	}
	return nil
}

// archive runs the archiver until nothing is owed.
func (h *house) archive() {
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.RunArchiver(ctx) }()
	stop()
	h.must(<-ended)
}
