package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/gateway/api"
	"congvan/gateway/api/client"
	"congvan/gateway/api/wire"
)

// raw sends bytes on a connection of its own and gives the answer, if any. With half the
// sending side is then closed, as a client does that dies.
func (h *house) raw(text string, half bool) (*http.Response, []byte) {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	h.must(err)
	h.t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, text)
	h.must(err)
	if half {
		h.must(conn.(*net.TCPConn).CloseWrite())
	}
	h.must(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost})
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, nil // the server saw nobody left to answer to
	}
	h.must(err)
	resp.Request = &http.Request{Method: http.MethodPost}
	body, err := io.ReadAll(resp.Body)
	h.must(err)
	return resp, body
}

func (h *house) post(path, agency, contentType string, size int, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, h.key[agency], contentType, size, body)
}

func TestBodyCutOffIsRefused(t *testing.T) {
	h := newHouse(t)
	envelope := string(h.envelope(wardA, wardB))
	for name, request := range map[string]string{
		"envelope":  h.post("/v1/letters", wardA, "application/xml", len(envelope), envelope[:len(envelope)-20]),
		"json":      h.post("/v1/acks", wardB, "application/json", 100, `{"items":[{"delivery":"x"`),
		"multipart": h.post("/v1/letters", wardA, "multipart/form-data; boundary=b", 1000, "--b\r\nContent-Disposition: form-data; name=\"letter\"\r\n\r\n{"),
	} {
		if resp, body := h.raw(request, true); resp != nil {
			wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeTruncated)
		}
		items, err := h.as(wardB).Inbox(t.Context(), client.InboxQuery{})
		h.must(err)
		if len(items) != 0 {
			t.Fatalf("%s: half a letter was delivered", name)
		}
	}
	// A whole request whose envelope stops in the middle.
	resp, body := h.exchange(h.request(http.MethodPost, "/v1/letters", wardA, "application/xml", strings.NewReader(envelope[:len(envelope)-20])))
	wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeTruncated)
}

func TestSleepingClientIsRefused(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.Limits.Stall = 100 * time.Millisecond })
	envelope := string(h.envelope(wardA, wardB))
	began := time.Now()
	resp, body := h.raw(h.post("/v1/letters", wardA, "application/xml", len(envelope), envelope[:100]), false)
	if resp == nil {
		t.Fatal("no answer")
	}
	wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeTruncated)
	// Nor does a refusal wait for a body that never comes.
	resp, body = h.raw(h.post("/v1/letters", wardA, "text/plain", 1000, "x"), false)
	if resp == nil {
		t.Fatal("no answer")
	}
	wantProblem(t, resp, body, http.StatusUnsupportedMediaType, wire.CodeUnsupportedMedia)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// The stall limit is about silence while bytes are due, not about the time a
// request takes nor about the connection afterwards.
func TestStallLimitEndsWithTheBody(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.Limits.Stall = 50 * time.Millisecond })
	transport := &http.Transport{MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	h.contract.next = transport
	for range 2 {
		id := h.submitted(wardA, wardB).Message
		h.must(h.as(wardB).FetchLetter(t.Context(), id, io.Discard))
		f, err := h.as(wardB).Events(t.Context(), "", 1000, 0)
		h.must(err)
		if f, err = h.as(wardB).Events(t.Context(), f.Next, 0, 200*time.Millisecond); err != nil || len(f.Events) != 0 {
			t.Errorf("%+v, %v", f, err)
		}
	}
}

func TestKeyIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	h := newHouse(t)
	request := fmt.Sprintf("POST /v1/letters HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n", 1<<30)
	resp, body := h.raw(request, false)
	if resp == nil {
		t.Fatal("no answer")
	}
	wantProblem(t, resp, body, http.StatusUnauthorized, gateway.CodeUnauthenticated)
}

// A letter whose stored bytes changed never arrives whole, and nobody can take it for whole.
func TestDamagedContentIsCutOff(t *testing.T) {
	h := newHouse(t)
	id := h.submitted(wardA, wardB).Message
	damaged := 0
	h.must(filepath.WalkDir(filepath.Join(h.dir, "objects"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(data, []byte("%PDF-1.7")) {
			return err
		}
		damaged++
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		return os.WriteFile(path, bytes.Replace(data, []byte("%PDF-1.7"), []byte("%PDF-6.6"), 1), 0o600)
	}))
	if damaged != 1 {
		t.Fatalf("%d blobs damaged", damaged)
	}
	receiver := h.as(wardB)
	if err := receiver.FetchLetter(t.Context(), id, io.Discard); err == nil {
		t.Error("a damaged letter was taken")
	}
	if err := h.as(wardA).FetchFile(t.Context(), id, 0, io.Discard); err == nil {
		t.Error("a damaged file was taken")
	}
	if !strings.Contains(h.log.String(), string(gateway.CodeDamaged)) {
		t.Error("the operator is not told")
	}
}

// panicking is an authenticator with a defect.
type panicking struct{}

func (panicking) APIKey(context.Context, string) (gateway.Principal, error) {
	panic("secret detail of the inside")
}

func TestPanicIsAProblemAndLeaksNothing(t *testing.T) {
	h := newHouse(t)
	var log bytes.Buffer
	handler, err := api.New(api.Options{Gateway: h.gateway, Keys: panicking{}, JWKS: []byte(`{}`), Log: logTo(&log)})
	h.must(err)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/v1/inbox", nil)
	r.Header.Set("Authorization", "Bearer x")
	handler.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	wantProblem(t, resp, w.Body.Bytes(), http.StatusInternalServerError, gateway.CodeInternal)
	if strings.Contains(w.Body.String(), "secret") || !strings.Contains(log.String(), "secret detail") {
		t.Errorf("answer %s, log %s", w.Body, &log)
	}
}

func TestNewWantsItsParts(t *testing.T) {
	if _, err := api.New(api.Options{}); err == nil {
		t.Error("made of nothing")
	}
}

func TestLongPollAnswersWhenSomethingHappens(t *testing.T) {
	h := newHouse(t)
	receiver := h.as(wardB)
	start, err := receiver.Events(t.Context(), "", 1000, 0)
	h.must(err)
	type answer struct {
		feed gateway.Feed
		at   time.Time
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		f, err := receiver.Events(t.Context(), start.Next, 100, 30*time.Second)
		got <- answer{f, time.Now(), err}
	}()
	time.Sleep(50 * time.Millisecond) // most likely it waits by now; it must not matter
	began := time.Now()
	id := h.submitted(wardA, wardB).Message
	a := <-got
	h.must(a.err)
	if len(a.feed.Events) == 0 || a.feed.Events[0].Message != id || a.feed.Next == start.Next {
		t.Errorf("feed %+v", a.feed)
	}
	t.Logf("submit to long-poll answer: %v", a.at.Sub(began))
	if took := a.at.Sub(began); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestLongPollEndsWhenTheProcessStops(t *testing.T) {
	h := newHouse(t)
	start, err := h.as(wardB).Events(t.Context(), "", 1000, 0)
	h.must(err)
	got := make(chan error, 1)
	go func() {
		f, err := h.as(wardB).Events(t.Context(), start.Next, 100, time.Minute)
		if err == nil && (len(f.Events) != 0 || f.Next != start.Next) {
			err = fmt.Errorf("feed %+v", f)
		}
		got <- err
	}()
	time.Sleep(50 * time.Millisecond)
	h.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h.must(h.server.Config.Shutdown(ctx))
	h.must(<-got)
}

func TestFileHeadersAreSafe(t *testing.T) {
	h := newHouse(t)
	page := client.File{Name: "Trang <b>.html", ContentType: "text/html", Body: strings.NewReader("<script>alert(1)</script>")}
	sent, err := h.as(wardA).SubmitLetter(t.Context(), h.jsonLetter(wardA, wardB), []client.File{page}, "")
	if err != nil {
		wantCode(t, err, gateway.CodeBadAttachment) // the rules may well not want it at all
		return
	}
	resp, _ := h.exchange(h.request(http.MethodGet, "/v1/letters/"+string(sent.Message)+"/files/0", wardA, "", nil))
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
	if got := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") {
		t.Errorf("Content-Disposition: %q", got)
	}
}

// Who has not fetched a letter may not see its files, and strangers see nothing at all.
func TestWhoSeesWhat(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	id := h.submitted(wardA, district).Message
	stranger := h.as(wardB)
	_, err := stranger.Letter(ctx, id)
	wantCode(t, err, gateway.CodeNotFound)
	_, err = stranger.Timeline(ctx, id)
	wantCode(t, err, gateway.CodeNotFound)
	_, err = stranger.Receipts(ctx, id)
	wantCode(t, err, gateway.CodeNotFound)
	wantCode(t, stranger.FetchLetter(ctx, id, io.Discard), gateway.CodeNotFound)
	wantCode(t, stranger.FetchDelivery(ctx, h.delivery(id, district).ID, io.Discard), gateway.CodeNotFound)
	wantCode(t, stranger.FetchFile(ctx, id, 0, io.Discard), gateway.CodeNotFound)
	wantCode(t, stranger.Acknowledge(ctx, h.delivery(id, district).ID, ""), gateway.CodeNotFound)

	toB := h.submitted(wardA, wardB).Message
	if _, err := stranger.Letter(ctx, toB); err != nil {
		t.Errorf("a receiver does not see its letter: %v", err)
	}
	wantCode(t, stranger.FetchFile(ctx, toB, 0, io.Discard), gateway.CodeNotFound)
	h.must(stranger.FetchLetter(ctx, toB, io.Discard))
	h.must(stranger.FetchFile(ctx, toB, 0, io.Discard))
}
