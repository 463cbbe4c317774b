package vxp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// clientOf speaks to a server as the test system.
func clientOf(s *httptest.Server) *Client {
	return &Client{SystemID: testSystem, Secret: []byte(testSecret), Endpoint: s.URL + "/any/base", HTTP: s.Client()}
}

// fails says that an operation was refused with a code of the protocol.
func wantRefusal(t *testing.T, err error, code string) {
	t.Helper()
	var a *AnswerError
	if !errors.As(err, &a) || a.Code != code {
		t.Errorf("error %v, want code %s", err, code)
	}
}

func TestClientDoesEveryOperation(t *testing.T) {
	ctx := t.Context()
	m := newMemory()
	m.put("1", edxml.KindDocument, strings.Repeat(letter, 3000))
	m.put("2", edxml.KindStatus, "status")
	m.agencies = testAgencies()
	c := clientOf(start(t, options(t, m)))

	agencies, err := c.Agencies(ctx)
	if err != nil || len(agencies) != 2 || agencies[0].Name != "Phường Một" {
		t.Errorf("agencies %v, %v", agencies, err)
	}
	both, err := c.AgenciesQD20(ctx)
	if err != nil || len(both) != 2 || both[0].Code102 != "000.01.99.H26" || both[0].Code != "H26.99.1" {
		t.Errorf("agencies %v, %v", both, err)
	}
	units, err := c.SyncUnits(ctx)
	if err != nil || len(units) != 3 || !units[2].Deleted || units[2].Version != 7 {
		t.Errorf("units %v, %v", units, err)
	}
	if err := c.Register(ctx, Registration{Code: "H26.99.95", Name: "Phường \"Mới\" <1>"}); err != nil {
		t.Error(err)
	}
	if got := m.agencies[len(m.agencies)-1].Name; got != "Phường \"Mới\" <1>" {
		t.Errorf("registered as %q", got)
	}
	if err := c.Delete(ctx, "H26.99.95"); err != nil {
		t.Error(err)
	}
	items, err := c.Received(ctx, ReceivedQuery{Kind: edxml.KindDocument, From: noon.Add(-time.Hour), To: noon})
	if err != nil || len(items) != 1 || items[0].DocID != "d-1" {
		t.Errorf("items %v, %v", items, err)
	}
	if v := m.views[0]; !v.From.Equal(noon.Add(-time.Hour)) || !v.To.Equal(noon.Add(time.Second)) {
		t.Errorf("view %+v", v)
	}
	rows, err := c.Sent(ctx, edxml.KindDocument, "m-1")
	if err != nil || len(rows) != 1 || rows[0].Notation != "12/QĐ-UBND" {
		t.Errorf("rows %v, %v", rows, err)
	}
	if n, err := c.Count(ctx, edxml.KindStatus); err != nil || n != 1 {
		t.Errorf("count %d, %v", n, err)
	}
	wantRefusal(t, c.UpdateStatus(ctx, "d-1", WordDone, ""), "10")
	for how, get := range map[string]func(context.Context, string) (io.ReadCloser, error){"get": c.Get, "download": c.Download} {
		if got := retrieve(t, get, "d-1"); got != strings.Repeat(letter, 3000) {
			t.Errorf("%s gives %d bytes", how, len(got))
		}
		_, err := get(ctx, "d-9")
		wantRefusal(t, err, "10")
	}
	if err := c.UpdateStatus(ctx, "d-1", WordFail, "Không đọc được…"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]gateway.Ack{{Item: gateway.Item{Delivery: "d-1"}, Unreadable: true, Description: "Khong doc duoc..."}}, m.acks); diff != "" {
		t.Error(diff)
	}
}

func retrieve(t *testing.T, get func(context.Context, string) (io.ReadCloser, error), id string) string {
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
	return string(b)
}

func letterUpload(content string) Upload {
	return Upload{
		Kind: edxml.KindDocument, From: "H26.99.1", To: []gateway.AgencyID{"H26.99.2", "H26.99.3"},
		Body: strings.NewReader(content), Size: int64(len(content)), SHA256: digestOf(content),
	}
}

func TestClientSends(t *testing.T) {
	for _, padded := range []bool{false, true} {
		m := newMemory()
		c := clientOf(start(t, options(t, m)))
		c.PaddedHash = padded
		id, err := c.Send(t.Context(), letterUpload(letter))
		if err != nil || id != digestOf(letter)[:24] {
			t.Fatalf("sent as %q, %v", id, err)
		}
		if got := m.accepted[0]; string(got.Bytes) != letter || got.From != "H26.99.1" || len(got.To) != 2 {
			t.Errorf("accepted %+v", got)
		}
	}
}

// TestClientsWire compares a request, byte by byte, with what deployed clients
// put on the wire; only Go's order of headers and its Accept-Encoding differ.
func TestClientsWire(t *testing.T) {
	var raw bytes.Buffer
	c := &Client{
		SystemID: testSystem, Secret: []byte(testSecret), Endpoint: "http://gateway.test/base/",
		Now: func() time.Time { return time.Date(2026, 11, 23, 11, 10, 50, 669_000_000, time.UTC) },
		HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if err := r.Write(&raw); err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"status":"OK","ErrorCode":"0","ErrorDesc":"","DocId":"x"}`))}, nil
		})},
	}
	if _, err := c.Send(t.Context(), letterUpload("abc")); err != nil {
		t.Fatal(err)
	}
	sign := `{"XroadVnpt-systemid":"sys.test.01","XroadVnpt-servicetype":"eDoc","XroadVnpt-messagetype":"edoc","XroadVnpt-hash-file":"ba7816bf8f1cfea414140de5dae2223b0361a396177a9cb410ff61f2015ad","XroadVnpt-from":"H26.99.1","XroadVnpt-to":"[\"H26.99.2\",\"H26.99.3\"]","XroadVnpt-timestamp":"23112026T181050+0669","XroadVnpt-Content-Type":"application/octet-stream"}`
	want := strings.Join([]string{
		"POST /base/sendEdoc HTTP/1.1",
		"Host: gateway.test",
		"User-Agent: JAVASDKAgent/1.0.0 XRoad/VPCP",
		"Content-Length: 5",
		"Accept: text/html, image/gif, image/jpeg, */*; q=0.2",
		"Cache-Control: no-cache",
		"Content-Type: application/octet-stream",
		"Pragma: no-cache",
		"XroadVnpt-Content-Type: application/octet-stream",
		"XroadVnpt-from: H26.99.1",
		"XroadVnpt-hash-file: ba7816bf8f1cfea414140de5dae2223b0361a396177a9cb410ff61f2015ad",
		fmt.Sprintf("XroadVnpt-hash-header: %x", mac([]byte(testSecret), sign)),
		"XroadVnpt-messagetype: edoc",
		"XroadVnpt-servicetype: eDoc",
		"XroadVnpt-sign-header: " + sign,
		"XroadVnpt-sign-header-key: systemid;servicetype;messagetype;hash-file;from;to;timestamp;Content-Type",
		"XroadVnpt-systemid: sys.test.01",
		"XroadVnpt-timestamp: 23112026T181050+0669",
		`XroadVnpt-to: ["H26.99.2","H26.99.3"]`,
		"XroadVnpt-version: 3.0.201608",
		"", "abc\r\n",
	}, "\r\n")
	if diff := cmp.Diff(want, raw.String()); diff != "" {
		t.Error(diff)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// replying answers everything with one text.
func replying(status int, text string) *Client {
	return &Client{SystemID: testSystem, Secret: []byte(testSecret), Endpoint: "http://gateway.test", HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		return &http.Response{StatusCode: status, Body: io.NopCloser(iotest.OneByteReader(strings.NewReader(text)))}, nil
	})}}
}

// TestGetUnderstandsOtherServers: order, escapes and line breaks of the answer are theirs.
func TestGetUnderstandsOtherServers(t *testing.T) {
	const hi = "aGVsbG8gd29ybGQ=" // hello world
	tests := []struct {
		name, answer string
		status       int
		want         string // empty: an error
	}{
		{"data last", `{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":"` + hi + `"}`, 200, "hello world"},
		{"data first", `{"data":"` + hi + `","status":"OK","ErrorCode":"0","ErrorDesc":""}`, 200, "hello world"},
		{"number as code, null as text", `{"data":"` + hi + `","ErrorCode":0,"ErrorDesc":null,"status":"OK"}`, 200, "hello world"},
		{"escaped padding", `{"data":"` + strings.ReplaceAll(hi, "=", `\u003d`) + `","status":"OK","ErrorCode":"0"}`, 200, "hello world"},
		{"line breaks", `{"data":"aGVsbG8g\r\nd29ybGQ=\n","status":"OK"}`, 200, "hello world"},
		{"white space", "{ \"data\" : \"" + hi + "\" ,\n\"status\" : \"OK\" }", 200, "hello world"},
		{"nothing but data", `{"data":"` + hi + `"}`, 200, "hello world"},
		{"another data within", `{"x":{"data":"eA=="},"y":["data"],"z":"data","data":"` + hi + `","status":"OK"}`, 200, "hello world"},
		{"failure after data", `{"data":"` + hi + `","status":"FAIL","ErrorCode":"20","ErrorDesc":"x"}`, 200, ""},
		{"failure before data", `{"status":"FAIL","ErrorCode":"20","ErrorDesc":"x","data":"` + hi + `"}`, 200, ""},
		{"failure with empty data", `{"status":"FAIL","ErrorCode":"20","ErrorDesc":"x","data":""}`, 200, ""},
		{"failure without data", `{"status":"FAIL","ErrorCode":"20","ErrorDesc":"x","data":null}`, 200, ""},
		{"success without data", `{"status":"OK","ErrorCode":"0","ErrorDesc":""}`, 200, ""},
		{"cut off in data", `{"status":"OK","data":"aGVsbG8g`, 200, ""},
		{"cut off after data", `{"data":"` + hi + `"`, 200, ""},
		{"no base64", `{"status":"OK","data":"!!!!"}`, 200, ""},
		{"a page", `<html>502</html>`, 502, ""},
		{"nothing", ``, 200, ""},
		{"data with an HTTP error", `{"data":"` + hi + `","status":"OK"}`, 500, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := replying(tt.status, tt.answer).Get(t.Context(), "d1")
			var got []byte
			if err == nil {
				got, err = io.ReadAll(r)
			}
			if (err != nil) != (tt.want == "") || err == nil && string(got) != tt.want {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestDownloadTakesNoAnswerForALetter(t *testing.T) {
	for _, answer := range []string{`{"status":"FAIL","ErrorCode":"10","ErrorDesc":"x"}`, `{"status":"OK","ErrorCode":"0"}`, ``} {
		if _, err := replying(200, answer).Download(t.Context(), "d1"); err == nil {
			t.Errorf("%q was taken", answer)
		}
	}
	if _, err := replying(502, "<html>").Download(t.Context(), "d1"); err == nil {
		t.Error("an error page was taken")
	}
}

// TestWhatIsKnownAfterAFailedSend: refused, not sent, or nobody knows.
func TestWhatIsKnownAfterAFailedSend(t *testing.T) {
	lost := func(read int64) *Client {
		return &Client{SystemID: testSystem, Secret: []byte(testSecret), Endpoint: "http://gateway.test", HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			_, _ = io.CopyN(io.Discard, r.Body, read)
			return nil, errors.New("connection lost")
		})}}
	}
	size := int64(len(letter))
	tests := []struct {
		name    string
		client  *Client
		refused string // ErrorCode
		unknown bool
	}{
		{"refused", replying(200, `{"status":"FAIL","ErrorCode":"18","ErrorDesc":"x","DocId":""}`), "18", false},
		{"an error page after everything was sent", replying(502, "<html>"), "", true},
		{"an empty answer after everything was sent", replying(200, ""), "", true},
		{"lost before the first byte", lost(0), "", false},
		{"lost in the middle", lost(size / 2), "", false},
		{"lost after the last byte", lost(size), "", true},
		{"lost after the line end", lost(size + 2), "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.client.Send(t.Context(), letterUpload(letter))
			if err == nil {
				t.Fatal("no error")
			}
			if got := errors.Is(err, ErrOutcomeUnknown); got != tt.unknown {
				t.Errorf("unknown %v, want %v: %v", got, tt.unknown, err)
			}
			if tt.refused != "" {
				wantRefusal(t, err, tt.refused)
			}
		})
	}
}

func TestASendThatCannotBeSigned(t *testing.T) {
	u := letterUpload(letter)
	u.SHA256 = "none"
	if _, err := replying(200, `{}`).Send(t.Context(), u); err == nil || errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("error %v", err)
	}
}

func FuzzAnswerReader(f *testing.F) {
	f.Add(`{"status":"OK","data":"aGVsbG8=","ErrorCode":"0"}`)
	f.Add(`{"data":"aGVsbG8\u003d","status":"FAIL"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := replying(200, text).Get(t.Context(), "d1")
		if err != nil {
			return
		}
		defer r.Close()
		got, err := io.ReadAll(r)
		if err == nil && len(got) > len(text) {
			t.Fatalf("%d bytes out of %d", len(got), len(text))
		}
	})
}
