package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

func TestALetterTravels(t *testing.T) {
	h := newHouse(t)
	sent := bytesOf(t, letter("01", district, wardA, wardB), "nội dung")
	a, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(sent), From: district})
	if err != nil {
		t.Fatal(err, findings(err))
	}
	if a.DocumentID != "H26.99.01,2026/11/02,01/UBND-VP" || a.Replayed || a.Receipt.JWS == "" {
		t.Errorf("acceptance %+v", a)
	}
	for _, ward := range []string{wardA, wardB} {
		got := h.take(ward)
		if len(got) != 1 || !bytes.Equal(got[0], sent) {
			t.Errorf("%s got %d letters, or altered ones", ward, len(got))
		}
		if left := h.inbox(ward); len(left) != 0 {
			t.Errorf("%s has %d letters left", ward, len(left))
		}
		if d := h.deliveries(a.Message)[ward]; d.State != gateway.DeliveryAcknowledged {
			t.Errorf("%s: %s", ward, d.State)
		}
	}
	h.archive()
	want := map[gateway.EventKind]int{
		gateway.EventAccepted: 1, gateway.EventQueued: 2, gateway.EventFetched: 2, gateway.EventAcknowledged: 2, gateway.EventArchived: 1,
	}
	got := h.events()
	for kind, n := range want {
		if got[kind] != n {
			t.Errorf("%d events %s, want %d", got[kind], kind, n)
		}
	}
}

func TestAttachmentsAreStoredOnce(t *testing.T) {
	h := newHouse(t)
	h.send(letter("01", district, wardA), "cùng một tệp")
	h.send(letter("02", district, wardB), "cùng một tệp")
	if got := h.blobs(); len(got) != 1 {
		t.Errorf("%d blobs, want 1", len(got))
	}
}

func TestRetryGivesTheFirstReceipt(t *testing.T) {
	h := newHouse(t)
	e := letter("01", district, wardA, merged)
	first := h.send(e, "x")
	h.take(wardA)

	h.now = h.now.AddDate(1, 0, 0)
	// a year later the directory has changed, the sender uses other software: same receipt
	ward, err := h.Agency(t.Context(), wardA)
	h.must(err)
	ward.Status = gateway.AgencyLocked
	_, err = h.PutAgencies(t.Context(), h.admin(), []gateway.Agency{*ward})
	h.must(err)
	p := principal("other-system")
	p.Agencies = []gateway.AgencyID{district}
	again, err := h.Accept(t.Context(), p, gateway.Submission{Body: bytes.NewReader(bytesOf(t, e, "x"))})
	h.must(err)
	if !again.Replayed || again.Message != first.Message || again.Receipt.JWS != first.Receipt.JWS {
		t.Errorf("retry gave another receipt: %+v", again)
	}
	if n := h.events()[gateway.EventAccepted]; n != 1 {
		t.Errorf("%d acceptances", n)
	}
}

func TestRetriesAtOnceGiveOneMessage(t *testing.T) {
	h := newHouse(t)
	body := bytesOf(t, letter("01", district, wardA), "x")
	ids := make([]gateway.MessageID, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			a, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(body)})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = a.Message
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several messages: %v", ids)
		}
	}
	if n := len(h.inbox(wardA)); n != 1 {
		t.Errorf("%d letters in the inbox", n)
	}
}

func TestSameContentToFurtherReceiversIsANewMessage(t *testing.T) {
	h := newHouse(t)
	body := bytesOf(t, letter("01", district, wardA, wardB), "x")
	for _, to := range []gateway.AgencyID{wardA, wardB, wardA} {
		_, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(body), To: []gateway.AgencyID{to}})
		h.must(err)
	}
	for _, ward := range []string{wardA, wardB} {
		if n := len(h.inbox(ward)); n != 1 {
			t.Errorf("%s has %d letters, want 1", ward, n)
		}
	}
}

// TestRefused says for each bad submission which code it gets, and that nothing of it is stored.
func TestRefused(t *testing.T) {
	good := func(t *testing.T) []byte { return bytesOf(t, letter("01", district, wardA), "x") }
	replace := func(old, with string) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			b := bytes.ReplaceAll(good(t), []byte(old), []byte(with))
			if bytes.Equal(b, good(t)) {
				t.Fatalf("%q is not in the letter", old)
			}
			return b
		}
	}
	to := func(codes ...string) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return bytesOf(t, letter("01", district, codes...), "x") }
	}
	tests := []struct {
		name  string
		body  func(*testing.T) []byte
		as    string
		s     gateway.Submission
		code  gateway.Code
		place string
	}{
		{name: "not xml", body: func(*testing.T) []byte { return []byte("hello") }, code: gateway.CodeMalformed},
		{name: "empty", body: func(*testing.T) []byte { return nil }, code: gateway.CodeTruncated},
		{name: "doctype", body: replace(`<edXML xmlns=`, `<!DOCTYPE edXML [<!ENTITY a "b">]><edXML xmlns=`), code: gateway.CodeMalformed},
		{name: "cut off", body: func(t *testing.T) []byte { return good(t)[:len(good(t))/2] }, code: gateway.CodeTruncated},
		{name: "invalid UTF-8", body: replace("Hà Nội", "H\xe0 N\xf4i"), code: gateway.CodeMalformed},
		{name: "not base64", body: replace("JVBERi", "JVBE!i"), code: gateway.CodeBadAttachment},
		{name: "as somebody else", body: good, as: wardB, code: gateway.CodeSenderNotAllowed, place: district},
		{name: "transport names another sender", body: good, s: gateway.Submission{From: wardB}, code: gateway.CodeSenderMismatch},
		{name: "unknown sender", body: func(t *testing.T) []byte { return bytesOf(t, letter("01", "H26.99.77", wardA), "x") }, as: "H26.99.77", code: gateway.CodeSenderUnknown},
		{name: "closed sender", body: func(t *testing.T) []byte { return bytesOf(t, letter("01", merged, wardA), "x") }, as: merged, code: gateway.CodeSenderClosed},
		{name: "unknown receiver", body: to(wardA, "H26.99.88"), code: gateway.CodeReceiverUnknown, place: "H26.99.88"},
		{name: "locked receiver", body: to(locked, wardB), code: gateway.CodeReceiverLocked, place: locked},
		{name: "closed receiver without successor", body: to(gone), code: gateway.CodeReceiverClosed, place: gone},
		{name: "transport names a stranger", body: good, s: gateway.Submission{To: []gateway.AgencyID{wardB}}, code: gateway.CodeReceiverUnknown},
		{name: "transport says status", body: good, s: gateway.Submission{Kind: edxml.KindStatus}, code: gateway.CodeInvalidStructure},
		{name: "no subject", body: replace("V/v tổ chức Tết trồng cây", ""), code: gateway.CodeInvalidStructure},
		{name: "state secret", body: replace("V/v tổ chức Tết trồng cây", "[TỐI MẬT] Kế hoạch"), code: gateway.CodeStateSecret},
		{name: "long idempotency key", body: good, s: gateway.Submission{IdempotencyKey: strings.Repeat("k", 256)}, code: gateway.CodeInvalidRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			before := h.events()
			as := tt.as
			if as == "" {
				as = district
			}
			tt.s.Body = bytes.NewReader(tt.body(t))
			_, err := h.Accept(t.Context(), principal(as), tt.s)
			if codeOf(err) != tt.code {
				t.Fatalf("code %s, want %s: %v %+v", codeOf(err), tt.code, err, findings(err))
			}
			if place := gateway.AsError(err).Place; tt.place != "" && place != tt.place {
				t.Errorf("place %q, want %q", place, tt.place)
			}
			if d := gateway.Describe(tt.code); d.Vi == "" || d.En == "" || d.VXP == "" || d.HTTP == 0 {
				t.Errorf("code %s has no texts or numbers", tt.code)
			}
			if diff := cmp.Diff(before, h.events()); diff != "" {
				t.Errorf("events were written:\n%s", diff)
			}
			if got := h.blobs(); len(got) != 0 {
				t.Errorf("blobs were kept: %v", got)
			}
		})
	}
}

func TestEveryBadReceiverIsNamed(t *testing.T) {
	h := newHouse(t)
	body := bytesOf(t, letter("01", district, locked, wardA, gone, "H26.99.88"), "x")
	_, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(body)})
	if got := gateway.AsError(err).Findings; len(got) != 3 {
		t.Errorf("findings %+v, want 3", got)
	}
}

func TestDuplicateDocumentID(t *testing.T) {
	h := newHouse(t)
	h.send(letter("01", district, wardA), "one")
	_, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(bytesOf(t, letter("01", district, wardA), "two"))})
	if codeOf(err) != gateway.CodeDuplicateDocument {
		t.Fatal(err)
	}
	if n := len(h.blobs()); n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
	update := letter("01", district, wardA)
	update.Business = edxml.Business{Present: true, Type: edxml.BusinessUpdate, DocumentID: update.DocumentID, DocumentInfo: "1", DocumentReceiver: "0", Paper: "0"}
	h.send(update, "two")
}

func TestIdempotencyKeyReused(t *testing.T) {
	h := newHouse(t)
	submit := func(number string) error {
		_, err := h.Accept(t.Context(), principal(district), gateway.Submission{
			Body: bytes.NewReader(bytesOf(t, letter(number, district, wardA), "x")), IdempotencyKey: "k1",
		})
		return err
	}
	h.must(submit("01"))
	h.must(submit("01"))
	if err := submit("02"); codeOf(err) != gateway.CodeIdempotencyKeyReused {
		t.Error(err)
	}
}

func TestBrokenBody(t *testing.T) {
	h := newHouse(t)
	reset := errors.New("connection reset")
	b := bytesOf(t, letter("01", district, wardA), strings.Repeat("x", 300_000))
	body := io.MultiReader(bytes.NewReader(b[:len(b)-100_000]), iotest.ErrReader(reset))
	_, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: body})
	if codeOf(err) != gateway.CodeTruncated || !errors.Is(err, reset) {
		t.Error(err)
	}
	if got := h.blobs(); len(got) != 0 {
		t.Errorf("blobs were kept: %v", got)
	}
}

func TestScopes(t *testing.T) {
	h := newHouse(t)
	p := principal(district)
	p.Scopes = []gateway.Scope{gateway.ScopeReceive}
	_, err := h.Accept(t.Context(), p, gateway.Submission{Body: strings.NewReader("")})
	if codeOf(err) != gateway.CodeScopeMissing {
		t.Error(err)
	}
	if _, err = h.Accept(t.Context(), gateway.Principal{}, gateway.Submission{Body: strings.NewReader("")}); codeOf(err) != gateway.CodeUnauthenticated {
		t.Error(err)
	}
}
