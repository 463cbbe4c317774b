package vxp

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

const letter = `<?xml version="1.0" encoding="UTF-8"?><edXML>văn bản</edXML>`

func TestOperations(t *testing.T) {
	edoc, docs := param{paramMessageType, "edoc"}, param{paramServiceType, "eDoc"}
	tests := []struct {
		name string
		wire wire
		code string
		also func(*testing.T, *memory, reply)
	}{
		{"send", upload(letter, edoc, param{paramFrom, "H26.99.1"}, param{paramTo, `["H26.99.2","H26.99.3"]`}), "0", func(t *testing.T, m *memory, r reply) {
			want := submitted{gateway.Submission{From: "H26.99.1", To: []gateway.AgencyID{"H26.99.2", "H26.99.3"}, Kind: edxml.KindDocument}, []byte(letter)}
			got := m.accepted[0]
			got.Body = nil
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(gateway.Submission{})); diff != "" {
				t.Error(diff)
			}
			if r.str("DocId") != digestOf(letter)[:24] {
				t.Errorf("DocId %v", r.json["DocId"])
			}
		}},
		{"send a status, in another case of the service", wire{method: "POST", path: "/sendEdoc", signed: []param{{"servicetype", "edoc"}, {"messagetype", "status"}, {"from", "H26.99.1"}, {"hash-file", digestOf("s")}}, body: "s", plain: []string{"Content-Length: 1"}}, "0", func(t *testing.T, m *memory, _ reply) {
			if m.accepted[0].Kind != edxml.KindStatus || m.accepted[0].To != nil {
				t.Errorf("submission %+v", m.accepted[0])
			}
		}},
		{"inbox", post(OpReceived, "", docs, edoc), "0", func(t *testing.T, _ *memory, r reply) {
			want := map[string]any{
				"docId": "d-1", "serviceType": "eDoc", "messageType": "edoc", "created_time": "2026-11-23 12:00:00", "updated_time": "2026-11-23 12:00:00",
				"from": "H26.99.1", "to": "H26.99.2", "status": "inbox", "status_desc": "Chờ nhận",
				"contentSha256": digestOf(letter), "contentLength": float64(len(letter)), "versionSdk": "3.0.201608",
			}
			if diff := cmp.Diff([]any{want}, r.json["data"]); diff != "" {
				t.Error(diff)
			}
		}},
		{"inbox of statuses", post(OpReceived, "", docs, param{paramMessageType, "status"}), "0", func(t *testing.T, _ *memory, r reply) {
			if got := r.fields("docId"); !slices.Equal(got, []string{"d-2"}) {
				t.Errorf("items %v", got)
			}
		}},
		{"inbox of some days", post(OpReceived, "", edoc, param{paramFromDate, "22/11/2026 00:00:00"}, param{paramToDate, "23/11/2026 12:00:00"}), "0", func(t *testing.T, m *memory, _ reply) {
			want := gateway.InboxView{Kind: edxml.KindDocument, From: time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC), To: noon.Add(time.Second), Limit: 1000}
			if diff := cmp.Diff([]gateway.InboxView{want}, m.views); diff != "" {
				t.Error(diff)
			}
		}},
		{"inbox by pages, stray filters", post(OpReceived, "", edoc, param{paramPageSize, "20"}, param{paramPageIndex, "3"}, param{paramFrom, "H26.99.77"}, param{paramStatus, "done"}, param{paramDocID, "x"}), "0", func(t *testing.T, m *memory, _ reply) {
			if diff := cmp.Diff([]gateway.InboxView{{Kind: edxml.KindDocument, Offset: 40, Limit: 20}}, m.views); diff != "" {
				t.Error(diff)
			}
		}},
		{"inbox, a day that is none", post(OpReceived, "", edoc, param{paramFromDate, "2026-11-22"}), "10", nil},
		{"inbox, a page that is none", post(OpReceived, "", edoc, param{paramPageSize, "-1"}), "10", nil},
		{"inbox without messagetype", post(OpReceived, "", docs), "10", nil},
		{"inbox of another messagetype", post(OpReceived, "", param{paramMessageType, "fax"}), "10", nil},
		{"sent", post(OpSent, "", docs, edoc), "0", func(t *testing.T, _ *memory, r reply) {
			want := map[string]any{
				"senderDocId": "m-1", "receiverDocId": "d-1", "fromCode": "H26.99.1", "toCode": "H26.99.2", "serviceType": "eDoc", "messageType": "edoc",
				"title": "Về việc thử", "notation": "12/QĐ-UBND", "sentTime": "2026-11-23 12:00:00", "receivedTime": "",
				"sendStatus": "done", "sendStatusDesc": "Đã đến hộp chờ của bên nhận", "receiveStatus": "", "receiveStatusDesc": "",
			}
			if diff := cmp.Diff([]any{want}, r.json["data"]); diff != "" {
				t.Error(diff)
			}
		}},
		{"sent, one message", post(OpSent, "", edoc, param{paramDocID, "m-1"}), "0", wantRows("m-1")},
		{"sent, one delivery", post(OpSent, "", edoc, param{paramDocID, "d-1"}), "0", wantRows("m-1")},
		{"sent, nothing of ours", post(OpSent, "", edoc, param{paramDocID, "m-9"}), "0", wantRows()},
		{"get by delivery", post(OpGet, "{}", param{paramDocID, "d-1"}, param{paramFilePath, `C:\edoc\`}), "0", wantData(letter)},
		{"get by message", post(OpGet, "{}", param{paramDocID, "m-1"}, param{paramFilePath, "/tmp"}), "0", wantData(letter)},
		{"get of somebody else's", post(OpGet, "{}", param{paramDocID, "d-9"}), "10", nil},
		{"get with a long id", post(OpGet, "{}", param{paramDocID, strings.Repeat("d", 65)}), "10", nil},
		{"get without docId", post(OpGet, "{}"), "10", nil},
		{"processing", post(OpUpdateStatus, "{}", param{paramDocID, "d-1"}, param{paramStatus, "processing"}, param{paramDescription, "wait"}), "0", func(t *testing.T, m *memory, _ reply) {
			if !slices.Equal(m.notes, []string{"processing: wait"}) {
				t.Errorf("notes %q", m.notes)
			}
		}},
		{"an integrator's word", post(OpUpdateStatus, "{}", param{paramDocIDLower, "d-1"}, param{paramStatus, "Rejection"}), "0", func(t *testing.T, m *memory, _ reply) {
			if !slices.Equal(m.notes, []string{"rejection"}) || m.acks != nil {
				t.Errorf("notes %q, acks %v", m.notes, m.acks)
			}
		}},
		{"a word that is none", post(OpUpdateStatus, "{}", param{paramDocID, "d-1"}, param{paramStatus, "read"}), "10", nil},
		{"done before it was fetched", post(OpUpdateStatus, "{}", param{paramDocID, "d-1"}, param{paramStatus, "done"}), "10", func(t *testing.T, _ *memory, r reply) {
			if !strings.Contains(r.str("ErrorDesc"), "[not-fetched") {
				t.Errorf("ErrorDesc %q", r.str("ErrorDesc"))
			}
		}},
		{"count documents", post(OpCountEdoc, "{}"), "0", wantCount(1)},
		{"count statuses", post(OpCountStatus, "{}"), "0", wantCount(1)},
		{"agencies", post(OpAgencies, ""), "0", func(t *testing.T, _ *memory, r reply) {
			want := []any{
				map[string]any{"id": "H26.99.1", "pid": "H26.99", "code": "H26.99.1", "name": "Phường Một", "mail": "mot@example.vn"},
				map[string]any{"id": "H26.99.2", "pid": "", "code": "H26.99.2", "name": "Phường Hai", "mail": ""},
			}
			if diff := cmp.Diff(want, r.json["data"]); diff != "" {
				t.Error(diff)
			}
		}},
		{"agencies in both formats", post(OpAgenciesQD20, ""), "0", func(t *testing.T, _ *memory, r reply) {
			if diff := cmp.Diff([]string{"000.01.99.H26", "", "000.01.99.H26", ""}, append(r.fields("code102"), r.fields("oldCode")...)); diff != "" {
				t.Error(diff)
			}
		}},
		{"synchronize", post(OpSync, ""), "0", func(t *testing.T, _ *memory, r reply) {
			want := map[string]any{
				"id": "H26.99.9", "pid": "", "code": "H26.99.9", "name": "Quận", "mail": "", "version": float64(7), "centerCode": "",
				"deleted": true, "modifyDate": "2026-11-23 12:00:00", "isAgency": true,
			}
			data, _ := r.json["data"].([]any)
			if diff := cmp.Diff(want, data[len(data)-1]); diff != "" {
				t.Error(diff)
			}
		}},
		{"register", post(OpRegister, `{"id":"5","pcode":"H26.99","code":"H26.99.5","name":"Phường Năm","mail":"nam@example.vn","mobile":"0901","fax":""}`), "0", func(t *testing.T, m *memory, _ reply) {
			want := gateway.Agency{ID: "H26.99.5", Parent: "H26.99", Name: "Phường Năm", Email: "nam@example.vn", Telephone: "0901", Status: gateway.AgencyOpen, Reach: gateway.ReachLocal}
			if diff := cmp.Diff(want, m.agencies[len(m.agencies)-1]); diff != "" {
				t.Error(diff)
			}
		}},
		{"register one that is there", post(OpRegister, `{"code":"H26.99.1","mobile":"0902"}`), "0", func(t *testing.T, m *memory, _ reply) {
			want := m.agencies[0]
			want.Telephone = "0902"
			if diff := cmp.Diff(want, m.agencies[len(m.agencies)-1]); diff != "" {
				t.Error(diff)
			}
		}},
		{"register nobody", post(OpRegister, `{"name":"x"}`), "10", nil},
		{"register with a body that is no JSON", post(OpRegister, `<x/>`), "10", nil},
		{"register with a huge body", post(OpRegister, `{"name":"`+strings.Repeat("x", 70000)+`"}`), "10", nil},
		{"delete", post(OpDelete, "{}", param{paramAgencyCode, "H26.99.1"}), "0", func(t *testing.T, m *memory, _ reply) {
			if !slices.Equal(m.closed, []gateway.AgencyID{"H26.99.1"}) {
				t.Errorf("closed %v", m.closed)
			}
		}},
		{"delete nobody", post(OpDelete, "{}"), "10", nil},
		{"unknown operation", post("getEverything", "{}"), "10", nil},
		{"no operation", wire{method: "POST", path: "/", plain: []string{"Content-Length: 0"}}, "10", nil},
		{"wrong method", wire{method: "GET", path: "/" + OpReceived, signed: []param{edoc}}, "10", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory()
			m.put("1", edxml.KindDocument, letter)
			m.put("2", edxml.KindStatus, "status")
			m.agencies = testAgencies()
			r := exchange(t, start(t, options(t, m)), tt.wire)
			wantAnswer(t, r, tt.code)
			if _, ok := r.json["DocId"].(string); ok != strings.HasSuffix(tt.wire.path, OpSend) {
				t.Errorf("DocId = %v", r.json["DocId"])
			}
			if tt.also != nil && !t.Failed() {
				tt.also(t, m, r)
			}
		})
	}
}

func testAgencies() []gateway.Agency {
	return []gateway.Agency{
		{ID: "H26.99.1", Parent: "H26.99", Name: "Phường Một", Email: "mot@example.vn", Aliases: []gateway.AgencyID{"000.01.99.H26"}, Status: gateway.AgencyOpen},
		{ID: "H26.99.2", Name: "Phường Hai", Status: gateway.AgencyLocked},
		{ID: "H26.99.9", Name: "Quận", Status: gateway.AgencyClosed, Version: 7, ModifiedAt: noon},
	}
}

func wantRows(ids ...string) func(*testing.T, *memory, reply) {
	return func(t *testing.T, _ *memory, r reply) {
		t.Helper()
		if _, ok := r.json["data"].([]any); !ok || !slices.Equal(r.fields("senderDocId"), ids) {
			t.Errorf("data %v, want rows %v", r.json["data"], ids)
		}
	}
}

func wantData(want string) func(*testing.T, *memory, reply) {
	return func(t *testing.T, _ *memory, r reply) {
		t.Helper()
		got, err := base64.StdEncoding.DecodeString(r.str("data"))
		if err != nil || string(got) != want {
			t.Errorf("data %q, %v, want %q", got, err, want)
		}
	}
}

func wantCount(want int) func(*testing.T, *memory, reply) {
	return func(t *testing.T, _ *memory, r reply) {
		t.Helper()
		if r.json["count"] != float64(want) {
			t.Errorf("count %v, want %d", r.json["count"], want)
		}
	}
}

// TestLeakedHeaders replays what the vendor's client sends at the end of
// list(edoc) → getEdoc d1 → updateStatus done d1 → list(status) → getEdoc d2.
func TestLeakedHeaders(t *testing.T) {
	leaked := []param{
		{paramServiceType, "eDoc"},
		{paramMessageType, "status"},
		{paramDocID, "d-2"},
		{paramDocIDLower, "d-1"},
		{paramStatus, "done"},
		{paramFilePath, "/store"},
		{paramDescription, "old"},
		{paramFrom, "H26.99.9"},
		{paramHashFile, "00"},
	}
	for range 20 { // the order of the headers is random
		m := newMemory()
		m.put("1", edxml.KindDocument, letter)
		m.put("2", edxml.KindStatus, "status")
		s := start(t, options(t, m))

		r := exchange(t, s, post(OpGet, "{}", leaked...))
		wantAnswer(t, r, "0")
		wantData("status")(t, m, r)
		r = exchange(t, s, post(OpCountEdoc, "{}", leaked...))
		wantAnswer(t, r, "0")
		wantCount(1)(t, m, r)
		if m.acks != nil {
			t.Fatalf("a leaked status acknowledged %v", m.acks)
		}

		r = exchange(t, s, post(OpReceived, "", leaked...))
		if got := r.fields("docId"); !slices.Equal(got, []string{"d-2"}) {
			t.Fatalf("leaked parameters filter the inbox: %v", got)
		}
		m.items[0].Delivery.State = gateway.DeliveryFetched
		wantAnswer(t, exchange(t, s, post(OpUpdateStatus, "{}", leaked...)), "0")
		if len(m.acks) != 1 || m.acks[0].Delivery != "d-1" {
			t.Fatalf("acknowledged %v, want d-1, which docid names", m.acks)
		}
		// docid leaks into a list that knows docId only.
		r = exchange(t, s, post(OpSent, "", param{paramMessageType, "edoc"}, param{paramDocIDLower, "d-1"}))
		wantAnswer(t, r, "0")
		wantRows("m-1")(t, m, r)
	}
}

func TestUnsignedAndForgedRequests(t *testing.T) {
	edoc, from := param{paramMessageType, "edoc"}, param{paramFrom, "H26.99.1"}
	spoiled := func(w wire, f func(string) string) wire {
		w.spoil = f
		return w
	}
	loose := func(w wire, p ...param) wire {
		w.loose = p
		return w
	}
	bare := func(w wire) wire {
		w.unsigned = true
		return w
	}
	good := upload(letter, edoc, from)
	tests := []struct {
		name string
		wire wire
		code gateway.Code
	}{
		{"no HMAC", bare(good), gateway.CodeUnauthenticated},
		{"wrong HMAC", spoiled(good, replaceOnce(headerHash+": ", headerHash+": 00")), gateway.CodeSignatureMismatch},
		{"HMAC of another text", spoiled(good, replaceOnce(`{"XroadVnpt-systemid"`, `{ "XroadVnpt-systemid"`)), gateway.CodeSignatureMismatch},
		{"unknown system", spoiled(good, replaceOnce(prefix+"systemid: "+testSystem, prefix+"systemid: sys.test.02")), gateway.CodeUnauthenticated},
		{"no system", spoiled(good, replaceOnce(prefix+"systemid: "+testSystem, "X-Nothing: 1")), gateway.CodeUnauthenticated},
		{"no sign-header", spoiled(good, replaceOnce(headerSign+": {", "X-Nothing: {")), gateway.CodeUnauthenticated},
		{"loose value differs from the signed one", spoiled(good, replaceOnce(prefix+"from: H26.99.1", prefix+"from: H26.99.2")), gateway.CodeUnsignedParameter},
		{"loose value is missing", spoiled(good, replaceOnce(prefix+"from: H26.99.1", "X-Nothing: 1")), gateway.CodeUnsignedParameter},
		{"from is not signed", loose(upload(letter, edoc), from), gateway.CodeUnsignedParameter},
		{"receivers are not signed", loose(good, param{paramTo, `["H26.99.3"]`}), gateway.CodeUnsignedParameter},
		{"hash-file is missing", wire{method: "POST", path: "/sendEdoc", signed: []param{edoc, from}, body: letter, plain: []string{fmt.Sprint("Content-Length: ", len(letter))}}, gateway.CodeUnsignedParameter},
		{"receivers are no list", upload(letter, edoc, from, param{paramTo, `["H26.99.3"`}), gateway.CodeInvalidRequest},
		{"status is not signed", loose(post(OpUpdateStatus, "{}", param{paramDocID, "d-1"}), param{paramStatus, "done"}), gateway.CodeUnsignedParameter},
		{"docId is not signed", loose(post(OpGet, "{}"), param{paramDocID, "d-1"}), gateway.CodeUnsignedParameter},
		{"docId differs", spoiled(post(OpGet, "{}", param{paramDocID, "d-1"}), replaceOnce(prefix+"docId: d-1", prefix+"docId: d-2")), gateway.CodeUnsignedParameter},
		{"another body", spoiled(good, replaceOnce("văn bản", "văn bảN")), gateway.CodeHashMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory()
			m.put("1", edxml.KindDocument, letter)
			r := exchange(t, start(t, options(t, m)), tt.wire)
			wantAnswer(t, r, gateway.Describe(tt.code).VXP)
			if !strings.Contains(r.str("ErrorDesc"), "["+string(tt.code)) {
				t.Errorf("ErrorDesc %q, want code %s", r.str("ErrorDesc"), tt.code)
			}
			if len(m.accepted)+len(m.acks) > 0 {
				t.Error("it took effect all the same")
			}
		})
	}
}

func TestASecondLooseValueIsNoHarm(t *testing.T) {
	m := newMemory()
	w := upload(letter, param{paramMessageType, "edoc"}, param{paramFrom, "H26.99.1"})
	w.loose = []param{{paramFrom, "H26.99.9"}}
	wantAnswer(t, exchange(t, start(t, options(t, m)), w), "0")
	if got := m.accepted[0].From; got != "H26.99.1" {
		t.Errorf("from %q, want the signed one", got)
	}
}

func TestMissingHashWhenAllowed(t *testing.T) {
	m := newMemory()
	o := options(t, m)
	o.AllowMissingHash = true
	w := wire{method: "POST", path: "/sendEdoc", signed: []param{{paramMessageType, "edoc"}}, body: letter + "\r\n", plain: []string{fmt.Sprint("Content-Length: ", len(letter)+2)}}
	wantAnswer(t, exchange(t, start(t, o), w), "0")
	if got := string(m.accepted[0].Bytes); got != letter {
		t.Errorf("file %q", got)
	}
}

// TestGatewaysErrorsAreAnswers: whatever goes wrong behind the server, the answer is the protocol's.
func TestGatewaysErrorsAreAnswers(t *testing.T) {
	edoc := param{paramMessageType, "edoc"}
	send := upload(letter, edoc, param{paramFrom, "H26.99.1"})
	tests := []struct {
		method string
		err    error
		wire   wire
		code   string
	}{
		{"Accept", gateway.Errorf(gateway.CodeSenderNotAllowed, "H26.99.1", "no"), send, "19"},
		{"Accept", gateway.Errorf(gateway.CodeReceiverUnknown, "H26.99.404", "no"), send, "18"},
		{"Accept", gateway.Errorf(gateway.CodeReceiverLocked, "H26.99.4", "no"), send, "23"},
		{"Accept", gateway.Errorf(gateway.CodeMalformed, "/edXML", "no"), send, "22"},
		{"Accept", gateway.Errorf(gateway.CodeBadAttachment, "a.pdf", "no"), send, "21"},
		{"Accept", fmt.Errorf("store: %w", gateway.ErrFull), send, "20"},
		{"Accept", errors.New("whatever"), send, "20"},
		{"Accept", errors.New("panic"), send, "20"},
		{"Inbox", fmt.Errorf("database: %w", gateway.ErrUnavailable), post(OpReceived, "", edoc), "20"},
		{"Inbox", errors.New("panic"), post(OpReceived, "", edoc), "20"},
		{"Inbox", fmt.Errorf("database: %w", gateway.ErrUnavailable), post(OpCountEdoc, "{}"), "20"},
		{"Sent", fmt.Errorf("database: %w", gateway.ErrUnavailable), post(OpSent, "", edoc), "20"},
		{"Fetch", gateway.Errorf(gateway.CodeRecalled, "", "no"), post(OpGet, "{}", param{paramDocID, "d-1"}), "10"},
		{"Acknowledge", fmt.Errorf("database: %w", gateway.ErrUnavailable), post(OpUpdateStatus, "{}", param{paramDocID, "d-1"}, param{paramStatus, "done"}), "20"},
		{"SearchAgencies", fmt.Errorf("database: %w", gateway.ErrUnavailable), post(OpAgencies, ""), "20"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.err.Error(), func(t *testing.T) {
			m := newMemory()
			m.put("1", edxml.KindDocument, letter)
			m.fail[tt.method] = tt.err
			wantAnswer(t, exchange(t, start(t, options(t, m)), tt.wire), tt.code)
		})
	}
}

func TestAuthenticatorsErrors(t *testing.T) {
	for err, code := range map[error]string{
		gateway.ErrNotFound: "15", gateway.ErrUnauthenticated: "15", gateway.ErrUnavailable: "20", errors.New("whatever"): "20",
	} {
		o := options(t, newMemory())
		o.Authenticator = keys{err: fmt.Errorf("look up: %w", err)}
		wantAnswer(t, exchange(t, start(t, o), post(OpCountEdoc, "{}")), code)
	}
}

func TestRegisteringNeedsTheScope(t *testing.T) {
	o := options(t, newMemory())
	o.Authenticator = keys{scopes: gateway.DefaultScopes()}
	wantAnswer(t, exchange(t, start(t, o), post(OpRegister, `{"code":"H26.99.5","name":"x"}`)), "15")
}

// TestAFailureInTheMiddle: what was streamed before is followed by FAIL, so that no client takes it.
func TestAFailureInTheMiddle(t *testing.T) {
	m := newMemory()
	for i := range 1500 {
		m.put(fmt.Sprint(i), edxml.KindDocument, letter)
		m.agencies = append(m.agencies, gateway.Agency{ID: gateway.AgencyID(fmt.Sprintf("H26.99.%04d", i)), Name: "Phường", Status: gateway.AgencyOpen})
	}
	m.fail["Inbox"], m.fail["SearchAgencies"] = errLate, errLate
	m.damaged = true
	s := start(t, options(t, m))
	for _, w := range []wire{
		post(OpReceived, "", param{paramMessageType, "edoc"}),
		post(OpAgencies, ""),
		post(OpGet, "{}", param{paramDocID, "d-1"}),
	} {
		r := exchange(t, s, w)
		wantAnswer(t, r, "20")
		if r.json["data"] == nil {
			t.Errorf("%s: nothing was streamed before", w.path)
		}
	}
}

func TestLongListsAreWhole(t *testing.T) {
	m := newMemory()
	for i := range 2345 {
		m.put(fmt.Sprint(i), edxml.KindDocument, letter)
		m.agencies = append(m.agencies, gateway.Agency{ID: gateway.AgencyID(fmt.Sprintf("H26.99.%04d", i)), Name: "Phường", Status: gateway.AgencyOpen})
	}
	o := options(t, m)
	s := start(t, o)
	if r := exchange(t, s, post(OpReceived, "", param{paramMessageType, "edoc"})); len(r.fields("docId")) != 2345 {
		t.Errorf("%d items in the inbox", len(r.fields("docId")))
	}
	if r := exchange(t, s, post(OpAgencies, "")); len(r.fields("code")) != 2345 {
		t.Errorf("%d agencies", len(r.fields("code")))
	}
	o.ListLimit = 1500
	if r := exchange(t, start(t, o), post(OpReceived, "", param{paramMessageType, "edoc"})); len(r.fields("docId")) != 1500 {
		t.Errorf("%d items, want the limit", len(r.fields("docId")))
	}
}

// TestPagesForEitherWayOfCounting: a client that walks the pages, from 0 or from 1, misses nothing.
func TestPagesForEitherWayOfCounting(t *testing.T) {
	m := newMemory()
	for i := range 25 {
		m.put(fmt.Sprint(i), edxml.KindDocument, letter)
	}
	s := start(t, options(t, m))
	for first := range 2 {
		seen := map[string]bool{}
		for index := first; ; index++ {
			r := exchange(t, s, post(OpReceived, "", param{paramMessageType, "edoc"}, param{paramPageSize, "10"}, param{paramPageIndex, fmt.Sprint(index)}))
			ids := r.fields("docId")
			for _, id := range ids {
				seen[id] = true
			}
			if len(ids) < 10 {
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("counting from %d, a client sees %d of 25", first, len(seen))
		}
	}
}

func TestHugeItemsKeepTheListReadable(t *testing.T) {
	m := newMemory()
	m.put("1", edxml.KindDocument, letter)
	m.items[0].Message.Size = 3 << 30
	r := exchange(t, start(t, options(t, m)), post(OpReceived, "", param{paramMessageType, "edoc"}))
	if data, _ := r.json["data"].([]any); len(data) != 1 || strings.Contains(string(r.text), "contentLength") {
		t.Errorf("answer %s", r.text)
	}
}

func TestDownload(t *testing.T) {
	m := newMemory()
	m.put("1", edxml.KindDocument, strings.Repeat(letter, 5000))
	s := start(t, options(t, m))
	get := func(id string) wire {
		return wire{method: "GET", path: "/x/downloadEdoc", signed: []param{{paramDocID, id}, {paramFilePath, "/store"}}}
	}
	r := exchange(t, s, get("d-1"))
	if r.StatusCode != http.StatusOK || string(r.text) != strings.Repeat(letter, 5000) || r.ContentLength != int64(len(r.text)) {
		t.Errorf("HTTP %d, %d bytes, announced %d", r.StatusCode, len(r.text), r.ContentLength)
	}
	r = exchange(t, s, get("d-9"))
	if r.StatusCode != http.StatusNotFound || r.str("ErrorCode") != "10" {
		t.Errorf("HTTP %d, %s", r.StatusCode, r.text)
	}
	m.damaged = true
	if !brokenBody(t, s, get("d-1")) {
		t.Error("a damaged letter came as a whole one")
	}
	m.contents["m-1"] = []byte("short") // nothing has gone out when the damage shows
	r = exchange(t, s, get("d-1"))
	if r.StatusCode != http.StatusInternalServerError || r.str("ErrorCode") != "20" {
		t.Errorf("HTTP %d, %s", r.StatusCode, r.text)
	}
}

func TestExpectContinue(t *testing.T) {
	m := newMemory()
	m.put("1", edxml.KindDocument, letter)
	s := start(t, options(t, m))
	c := dial(t, s)
	r := bufio.NewReader(c)
	for range 2 { // on one connection, which must stay in use
		w := post(OpGet, "{}", param{paramDocID, "d-1"})
		w.plain = append(w.plain, "Expect: 100-continue")
		text := w.text()
		if _, err := io.WriteString(c, strings.TrimSuffix(text, "{}")); err != nil {
			t.Fatal(err)
		}
		awaitContinue(t, r)
		if _, err := io.WriteString(c, "{}"); err != nil {
			t.Fatal(err)
		}
		answer := receive(t, r, "POST")
		wantAnswer(t, answer, "0")
		wantData(letter)(t, m, answer)
	}
}

// TestStrangersBodyIsNotRead: the answer comes while the client still waits to be told to go on.
func TestStrangersBodyIsNotRead(t *testing.T) {
	s := start(t, options(t, newMemory()))
	w := upload(letter, param{paramMessageType, "edoc"})
	w.plain = append(w.plain, "Expect: 100-continue")
	w.unsigned = true
	c := dial(t, s)
	if _, err := io.WriteString(c, strings.TrimSuffix(w.text(), w.body)); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, receive(t, bufio.NewReader(c), "POST"), "15")
}

// TestARefusedUploadGetsItsAnswer: the client writes everything before it reads.
func TestARefusedUploadGetsItsAnswer(t *testing.T) {
	m := newMemory()
	m.fail["Accept"] = gateway.Errorf(gateway.CodeSenderNotAllowed, "From", "no")
	w := upload(strings.Repeat("x", 8<<20), param{paramMessageType, "edoc"}, param{paramFrom, "H26.99.1"})
	wantAnswer(t, exchange(t, start(t, options(t, m)), w), "19")
}

func TestABodyCutOffInTheMiddle(t *testing.T) {
	m := newMemory()
	s := start(t, options(t, m))
	w := upload(letter, param{paramMessageType, "edoc"}, param{paramFrom, "H26.99.1"})
	text := w.text()
	c := dial(t, s)
	if _, err := io.WriteString(c, text[:len(text)-20]); err != nil {
		t.Fatal(err)
	}
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r := receive(t, bufio.NewReader(c), "POST")
	wantAnswer(t, r, "10")
	if !strings.Contains(r.str("ErrorDesc"), "[body-truncated") || len(m.accepted) > 0 {
		t.Errorf("accepted %d, ErrorDesc %q", len(m.accepted), r.str("ErrorDesc"))
	}
}

func TestAStalledBodyEnds(t *testing.T) {
	o := options(t, newMemory())
	o.Stall = 50 * time.Millisecond
	w := upload(letter, param{paramMessageType, "edoc"}, param{paramFrom, "H26.99.1"})
	text := w.text()
	c := dial(t, start(t, o))
	if _, err := io.WriteString(c, text[:len(text)-20]); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, receive(t, bufio.NewReader(c), "POST"), "10")
}

// TestLongListsOfReceivers: 64 KiB of headers, the list being plain and signed.
func TestLongListsOfReceivers(t *testing.T) {
	var codes []string
	for i := range 900 {
		codes = append(codes, fmt.Sprintf(`"H26.99.%s.%04d"`, strings.Repeat("A", 20), i))
	}
	m := newMemory()
	w := upload(letter, param{paramMessageType, "edoc"}, param{paramFrom, "H26.99.1"}, param{paramTo, "[" + strings.Join(codes, ",") + "]"})
	if n := len(w.text()); n < 64<<10 {
		t.Fatalf("request of %d bytes only", n)
	}
	wantAnswer(t, exchange(t, start(t, options(t, m)), w), "0")
	if got := len(m.accepted[0].To); got != 900 {
		t.Errorf("%d receivers", got)
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	var log strings.Builder
	o := options(t, newMemory())
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := start(t, o)
	w := upload(letter, param{paramMessageType, "edoc"})
	w.spoil = replaceOnce(headerHash+": ", headerHash+": 00")
	wantAnswer(t, exchange(t, s, w), "15")
	s.Close()
	if text := log.String(); !strings.Contains(text, "signature-mismatch") || strings.Contains(text, testSecret) {
		t.Errorf("log %s", text)
	}
}
