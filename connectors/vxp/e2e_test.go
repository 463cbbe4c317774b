package vxp_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/archive/objects/disk"
	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/auth"
	"congvan/gateway/dispatch"
	"congvan/gateway/receipts"
	"congvan/gateway/store"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

// The agencies of the story. All codes are invented.
const (
	city     gateway.AgencyID = "H26.99"
	district gateway.AgencyID = "H26.99.01"
	wardA    gateway.AgencyID = "H26.99.01.1"
	wardB    gateway.AgencyID = "H26.99.01.2"
)

// house is a whole gateway behind its exchange face: SQLite, disk and keys are real.
type house struct {
	*gateway.Gateway
	t      *testing.T
	store  *store.Store
	keys   *auth.Keys
	server *httptest.Server
}

func newHouse(t *testing.T, self gateway.AgencyID, agencies ...gateway.Agency) *house {
	t.Helper()
	h := &house{t: t}
	dir := t.TempDir()
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "congvan.db")})
	h.must(err)
	t.Cleanup(func() { h.store.Close() })
	blobs, err := disk.Open(filepath.Join(dir, "objects"), disk.Options{})
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	signer, err := receipts.Open(filepath.Join(dir, "receipt.pem"))
	h.must(err)
	validator, err := schemas.New(time.Now)
	h.must(err)
	h.Gateway, err = gateway.New(gateway.Options{
		Store: h.store, Objects: blobs, Validator: validator, Signer: signer, Self: self, Node: "test", Axis: self != city,
	})
	h.must(err)
	h.keys = auth.New(h.store, [32]byte{1}, time.Now)
	_, err = h.PutAgencies(t.Context(), operator(), agencies)
	h.must(err)
	h.server = httptest.NewServer(vxp.NewServer(vxp.Options{Gateway: h.Gateway, Authenticator: h.keys}))
	t.Cleanup(h.server.Close)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// connect gives a system that acts for agencies its client.
func (h *house) connect(system string, agencies ...gateway.AgencyID) *vxp.Client {
	h.t.Helper()
	id := gateway.SystemID(system)
	h.must(h.store.PutSystem(h.t.Context(), gateway.System{ID: id, Name: system, Agencies: agencies, Created: time.Now()}, "test"))
	c, secret, err := h.keys.CreateVXP(h.t.Context(), id, "", nil, "test")
	h.must(err)
	return &vxp.Client{SystemID: c.ID, Secret: []byte(secret), Endpoint: h.server.URL + "/any/base/path", HTTP: h.server.Client()}
}

func operator() gateway.Principal {
	return gateway.Principal{System: "operator", Credential: "operator", Scopes: []gateway.Scope{gateway.ScopeDirectory, gateway.ScopeOperate}}
}

func agency(id gateway.AgencyID, name string, reach gateway.Reach) gateway.Agency {
	return gateway.Agency{ID: id, Name: name, Status: gateway.AgencyOpen, Reach: reach}
}

func newDistrict(t *testing.T) *house {
	return newHouse(t, district, agency(city, "UBND thành phố", gateway.ReachAxis), agency(district, "UBND quận", gateway.ReachLocal),
		agency(wardA, "UBND phường A", gateway.ReachLocal), agency(wardB, "UBND phường B", gateway.ReachLocal))
}

func newCity(t *testing.T) *house {
	return newHouse(t, city, agency(city, "UBND thành phố", gateway.ReachLocal), agency(district, "UBND quận", gateway.ReachLocal),
		agency(wardA, "UBND phường A", gateway.ReachLocal), agency(wardB, "UBND phường B", gateway.ReachLocal))
}

// write makes the bytes of a letter.
func write(t *testing.T, number string, content string, from gateway.AgencyID, to ...gateway.AgencyID) []byte {
	t.Helper()
	day := time.Now().In(edxml.VietnamZone).Format("2006/01/02")
	e := &edxml.Envelope{
		Kind: edxml.KindDocument, From: edxml.Organization{ID: string(from), Name: "Cơ quan gửi"},
		DocumentID:   fmt.Sprintf("%s,%s,%s/UBND-VP", from, day, number),
		Code:         edxml.Code{Number: number, Notation: "UBND-VP"},
		Promulgation: edxml.Promulgation{Place: "Hà Nội", Date: edxml.Date(day)},
		DocumentType: edxml.DocumentType{Type: "2", Name: "Công văn"},
		Subject:      "V/v tổ chức Tết trồng cây",
		Signer:       edxml.SignerInfo{Competence: "TM. ỦY BAN NHÂN DÂN", Position: "Chủ tịch", FullName: "Nguyễn Thị Thử"},
		Trace:        []edxml.TraceHeader{{OrganID: string(from), Timestamp: edxml.FormatTimestamp(time.Now())}},
		Business:     edxml.Business{Present: true, Paper: "0", Reason: "Văn bản điện tử mới"},
		References:   []edxml.Reference{{ContentID: "1", ContentType: "application/pdf", Name: "cong-van.pdf", Description: "cong-van.pdf"}},
		Attachments:  []edxml.Attachment{{ContentID: "1", Name: "cong-van.pdf", Description: "cong-van.pdf", ContentType: "application/pdf"}},
	}
	for _, id := range to {
		e.To = append(e.To, edxml.Organization{ID: string(id), Name: "Cơ quan nhận"})
	}
	return written(t, e, content)
}

// report makes the bytes of a status message about the letter number of from.
func report(t *testing.T, number string, by, from gateway.AgencyID, code edxml.StatusCode) []byte {
	t.Helper()
	day := time.Now().In(edxml.VietnamZone).Format("2006/01/02")
	return written(t, &edxml.Envelope{
		Kind: edxml.KindStatus, From: edxml.Organization{ID: string(by), Name: "Cơ quan nhận"},
		ResponseFor: []edxml.ResponseFor{{
			OrganID: string(from), Code: number + "/UBND-VP", PromulgationDate: edxml.Date(day), DocumentID: fmt.Sprintf("%s,%s,%s/UBND-VP", from, day, number),
		}},
		Status: &edxml.StatusReport{
			Staff: edxml.StaffInfo{Department: "Văn thư", Staff: "Trần Văn Thư"}, Code: code, Description: "Đã tiếp nhận", Timestamp: edxml.FormatTimestamp(time.Now()),
		},
	}, "")
}

func written(t *testing.T, e *edxml.Envelope, content string) []byte {
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

// send sends a letter and gives its docId.
func send(t *testing.T, c *vxp.Client, k edxml.Kind, from gateway.AgencyID, letter []byte) string {
	t.Helper()
	id, err := c.Send(t.Context(), uploadOf(k, from, letter))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// take fetches and acknowledges all that waits, half of it with getEdoc, half with downloadEdoc.
func take(t *testing.T, c *vxp.Client, k edxml.Kind) [][]byte {
	t.Helper()
	items, err := c.Received(t.Context(), vxp.ReceivedQuery{Kind: k})
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for n, i := range items {
		get := c.Get
		if n%2 == 1 {
			get = c.Download
		}
		out = append(out, fetch(t, get, i.DocID))
		for range 2 { // twice is the same as once
			if err := c.UpdateStatus(t.Context(), i.DocID, vxp.WordDone, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := c.Count(t.Context(), k); err != nil || n != 0 {
		t.Errorf("%d still wait, %v", n, err)
	}
	return out
}

func fetch(t *testing.T, get func(context.Context, string) (io.ReadCloser, error), id string) []byte {
	t.Helper()
	r, err := get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBetweenTwoOffices: a letter from ward to ward and the answer's status, over the wire and through a real gateway.
func TestBetweenTwoOffices(t *testing.T) {
	h := newDistrict(t)
	a, b := h.connect("sys-a", wardA), h.connect("sys-b", wardB)
	letter := write(t, "01", strings.Repeat("nội dung ", 50_000), wardA, wardB)

	id := send(t, a, edxml.KindDocument, wardA, letter)
	if again := send(t, a, edxml.KindDocument, wardA, letter); again != id {
		t.Errorf("sent again it is %s, not %s", again, id)
	}
	items, err := b.Received(t.Context(), vxp.ReceivedQuery{Kind: edxml.KindDocument})
	if err != nil || len(items) != 1 {
		t.Fatalf("inbox %v, %v", items, err)
	}
	if err := b.UpdateStatus(t.Context(), items[0].DocID, "processing", ""); err != nil {
		t.Errorf("processing: %v", err)
	}
	wantCode(t, "acknowledged before it was fetched", b.UpdateStatus(t.Context(), items[0].DocID, vxp.WordDone, ""), "10")
	_, err = a.Get(t.Context(), items[0].DocID)
	wantCode(t, "fetched by somebody else", err, "10")
	got := take(t, b, edxml.KindDocument)
	if len(got) != 1 || !bytes.Equal(got[0], letter) {
		t.Fatalf("%d letters, or other bytes", len(got))
	}
	if again := fetch(t, b.Get, id); !bytes.Equal(again, letter) { // by the message's id, after done
		t.Error("fetched again it has other bytes")
	}
	send(t, b, edxml.KindStatus, wardB, report(t, "01", wardB, wardA, edxml.StatusAcceptance))
	if n := len(take(t, a, edxml.KindStatus)); n != 1 {
		t.Errorf("%d statuses came back", n)
	}
	rows, err := a.Sent(t.Context(), edxml.KindDocument, id)
	if err != nil || len(rows) != 1 {
		t.Fatalf("rows %v, %v", rows, err)
	}
	r := rows[0]
	if diff := cmp.Diff([]string{id, items[0].DocID, "done", "acceptance", "01/UBND-VP"}, []string{r.SenderDocID, r.ReceiverDocID, r.SendStatus, r.ReceiveStatus, r.Notation}); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTheRealGatewayRefuses(t *testing.T) {
	h := newDistrict(t)
	a := h.connect("sys-a", wardA)
	good := write(t, "02", "x", wardA, wardB)
	tests := []struct {
		name   string
		from   gateway.AgencyID
		letter []byte
		code   string
	}{
		{"somebody else's letter", wardB, write(t, "02", "x", wardB, wardA), "19"},
		{"a sender that the header does not name", wardB, good, "19"},
		{"an unknown receiver", wardA, write(t, "02", "x", wardA, "H26.99.404"), "18"},
		{"no XML", wardA, []byte("hello"), "22"},
		{"a DOCTYPE", wardA, append([]byte(`<!DOCTYPE x [<!ENTITY y "z">]>`), good...), "22"},
		{"half a letter", wardA, good[:len(good)/2], ""},
	}
	for _, tt := range tests {
		_, err := a.Send(t.Context(), uploadOf(edxml.KindDocument, tt.from, tt.letter))
		if tt.code == "" {
			if err == nil {
				t.Errorf("%s was taken", tt.name)
			}
			continue
		}
		wantCode(t, tt.name, err, tt.code)
	}
	_, err := a.Send(t.Context(), uploadOf(edxml.KindStatus, wardA, good))
	wantCode(t, "a letter called a status", err, "22")
	if err := h.keys.Revoke(t.Context(), a.SystemID, "test"); err != nil {
		t.Fatal(err)
	}
	_, err = a.Count(t.Context(), edxml.KindDocument)
	wantCode(t, "a revoked system", err, "15")
}

func uploadOf(k edxml.Kind, from gateway.AgencyID, letter []byte) vxp.Upload {
	return vxp.Upload{Kind: k, From: from, Body: bytes.NewReader(letter), Size: int64(len(letter)), SHA256: digestOf(letter)}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var a *vxp.AnswerError
	if !errors.As(err, &a) || a.Code != code {
		t.Errorf("%s: %v, want code %s", what, err, code)
	}
}

// TestOverTheAxis: two gateways, the city's being the district's axis. A ward
// writes to the city and to its neighbour; the city answers both wards.
func TestOverTheAxis(t *testing.T) {
	above, below := newCity(t), newDistrict(t)
	ward, neighbour := below.connect("sys-a", wardA), below.connect("sys-b", wardB)
	mayor := above.connect("sys-city", city)
	line := above.connect("sys-district", district, wardA, wardB) // the district's gateway, as the city knows it
	for _, idempotent := range []bool{true, false} {
		stop := dispatching(t, below, vxp.NewCarrier(vxp.CarrierOptions{Client: line, Idempotent: idempotent}))
		number := map[bool]string{true: "03", false: "04"}[idempotent]
		letter := write(t, number, "x", wardA, city, wardB)
		id := send(t, ward, edxml.KindDocument, wardA, letter)
		waitFor(t, func() bool { return allSent(t, below, id) })
		stop()
		if got := take(t, neighbour, edxml.KindDocument); len(got) != 1 || !bytes.Equal(got[0], letter) {
			t.Errorf("neighbour has %d letters, or other bytes", len(got))
		}
		// what went over the axis is the same but for our hop
		if got := take(t, mayor, edxml.KindDocument); len(got) != 1 || !bytes.Equal(withoutHop(got[0], district), letter) {
			t.Errorf("city has %d letters, or other bytes", len(got))
		}
	}

	answer := write(t, "05", "y", city, wardA, wardB)
	send(t, mayor, edxml.KindDocument, city, answer)
	send(t, mayor, edxml.KindStatus, city, report(t, "03", city, wardA, edxml.StatusAcceptance))
	source := vxp.NewSource(vxp.SourceOptions{
		Client: line, Gateway: below.Gateway, Download: true,
		Principal: gateway.Principal{System: "axis", Credential: "axis", Scopes: []gateway.Scope{gateway.ScopeSubmit, gateway.ScopeRelay}},
	})
	for _, want := range []int{3, 0} { // a letter for each ward and a status, once
		if n, err := source.Poll(t.Context()); n != want || err != nil {
			t.Errorf("took %d of %d, %v", n, want, err)
		}
	}
	for _, c := range []*vxp.Client{ward, neighbour} {
		if got := take(t, c, edxml.KindDocument); len(got) != 1 || !bytes.Equal(got[0], answer) {
			t.Errorf("%d letters from the axis, or other bytes", len(got))
		}
	}
	if got := take(t, ward, edxml.KindStatus); len(got) != 1 {
		t.Errorf("%d statuses from the axis", len(got))
	}
}

// withoutHop cuts the TraceHeader of an agency out of a letter.
func withoutHop(letter []byte, agency gateway.AgencyID) []byte {
	hop := regexp.MustCompile(`\s*<edXML:TraceHeader><edXML:OrganId>` + regexp.QuoteMeta(string(agency)) + `</edXML:OrganId>.*?</edXML:TraceHeader>`)
	return hop.ReplaceAll(letter, nil)
}

// dispatching runs the dispatcher of a house until it is stopped.
func dispatching(t *testing.T, h *house, c dispatch.Carrier) (stop func()) {
	t.Helper()
	d, err := dispatch.New(dispatch.Options{
		Queue: h.store, Carriers: map[string]dispatch.Carrier{gateway.RouteAxis: c}, Owner: fmt.Sprintf("test-%p", c), Changed: h.store.Changed,
		Open: func(ctx context.Context, m gateway.Message) (dispatch.Body, error) {
			content, err := h.Relay(ctx, m.ID)
			if err != nil {
				return dispatch.Body{}, err
			}
			var b bytes.Buffer
			if _, err := content.WriteTo(&b); err != nil {
				return dispatch.Body{}, err
			}
			return dispatch.Body{ReadCloser: io.NopCloser(&b), Size: content.Size, SHA256: content.SHA256}, nil
		},
	})
	h.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return func() {
		cancel()
		h.must(<-ended)
	}
}

func allSent(t *testing.T, h *house, id string) bool {
	t.Helper()
	deliveries, err := h.store.DeliveriesOf(t.Context(), gateway.MessageID(id))
	h.must(err)
	for _, d := range deliveries {
		if d.Route != gateway.RouteInbox && d.State != gateway.DeliverySent {
			return false
		}
	}
	return len(deliveries) > 0
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ready(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come")
		}
	}
}

func digestOf(b []byte) string {
	d := sha256.Sum256(b)
	return hex.EncodeToString(d[:])
}
