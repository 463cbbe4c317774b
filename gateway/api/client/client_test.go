package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/client"
)

// answering is a client of a server that always answers the same.
func answering(t *testing.T, status int, header map[string]string, body string) *client.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return &client.Client{URL: s.URL + "/", Key: "cvk_x"}
}

func TestRefusalsKeepTheirKindAndExitStatus(t *testing.T) {
	problem := func(code string) string {
		return `{"type":"urn:congvan:error:` + code + `","code":"` + code + `","place":"H26.99.1","vi":"…","en":"…","new_member":1}`
	}
	tests := map[string]struct {
		status int
		body   string
		kind   error
		exit   int
	}{
		"known":             {409, problem("duplicate-document"), gateway.ErrConflict, 5},
		"internal":          {500, problem("internal"), gateway.ErrInternal, 8},
		"damaged":           {500, problem("damaged"), gateway.ErrInternal, 8},
		"not known yet":     {422, problem("seal-missing"), gateway.ErrInvalid, 3},
		"only HTTP knows":   {405, problem("method-not-allowed"), gateway.ErrInvalid, 3},
		"a proxy, busy":     {502, "<html>Bad Gateway</html>", gateway.ErrUnavailable, 7},
		"a proxy, too much": {413, "<html>too large</html>", gateway.ErrTooLarge, 3},
		"a proxy, no":       {403, "", gateway.ErrForbidden, 4},
		"something else":    {404, `{"error":"nope"}`, gateway.ErrInvalid, 3},
		"a redirection":     {304, "", gateway.ErrInvalid, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, test.status, nil, test.body).Letter(t.Context(), "x")
			if !errors.Is(err, test.kind) {
				t.Errorf("%v is not %v", err, test.kind)
			}
			if got := gateway.Describe(gateway.AsError(err).Code).Exit; got != test.exit {
				t.Errorf("%v: exit status %d; want %d", err, got, test.exit)
			}
			var own *client.Error
			if !errors.As(err, &own) || own.Status != test.status || own.En == "" {
				t.Errorf("%+v", own)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	_, err := answering(t, 503, map[string]string{"Retry-After": "5"}, `{"code":"busy"}`).Letter(t.Context(), "x")
	var e *client.Error
	if !errors.As(err, &e) || e.RetryAfter != 5*time.Second || e.Code != gateway.CodeBusy {
		t.Errorf("%+v", err)
	}
}

func TestNobodyThereIsUnavailable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := (&client.Client{URL: s.URL}).Letter(t.Context(), "x")
	if !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("%v; want ErrUnavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = (&client.Client{URL: s.URL}).Letter(ctx, "x")
	if !errors.Is(err, context.Canceled) || errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("%v; want only context.Canceled", err)
	}
	if _, err = (&client.Client{URL: "::"}).Letter(t.Context(), "x"); !errors.Is(err, gateway.ErrInvalid) {
		t.Errorf("%v; want ErrInvalid", err)
	}
}

const digestOfA = "sha-256=:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=:" // of "a"

func TestDownloadsAreCompared(t *testing.T) {
	var b strings.Builder
	if err := answering(t, 200, map[string]string{"Repr-Digest": digestOfA}, "a").FetchLetter(t.Context(), "x", &b); err != nil || b.String() != "a" {
		t.Errorf("%q, %v", b.String(), err)
	}
	for name, c := range map[string]*client.Client{
		"other bytes": answering(t, 200, map[string]string{"Repr-Digest": digestOfA}, "b"),
		"no digest":   answering(t, 200, nil, "a"),
	} {
		if err := c.FetchLetter(t.Context(), "x", io.Discard); !errors.Is(err, client.ErrDigest) {
			t.Errorf("%s: %v; want ErrDigest", name, err)
		}
	}
	short := answering(t, 200, map[string]string{"Repr-Digest": digestOfA, "Content-Length": "10"}, "a")
	if err := short.FetchLetter(t.Context(), "x", io.Discard); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("cut off: %v; want ErrUnavailable", err)
	}
	full := answering(t, 200, map[string]string{"Repr-Digest": digestOfA}, "a")
	if err := full.FetchLetter(t.Context(), "x", broken{}); !errors.Is(err, errBroken) || errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("own disk full: %v", err)
	}
}

var errBroken = errors.New("no space left")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestIdsCannotLeaveTheirPath(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.EscapedPath() + "?" + r.URL.RawQuery
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	if _, err := (&client.Client{URL: s.URL}).Letter(t.Context(), "../x?y=1#z/w"); err != nil {
		t.Fatal(err)
	}
	if want := "/v1/letters/..%2Fx%3Fy=1%23z%2Fw?"; got != want {
		t.Errorf("asked for %s; want %s", got, want)
	}
}

// A file that cannot be read must not arrive as a shorter one.
func TestUnreadableFileSendsNoLetter(t *testing.T) {
	var complete bool // the server may see half a letter, or none, but never a whole one
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		complete = err == nil
		w.WriteHeader(http.StatusBadRequest)
	}))
	files := []client.File{{Name: "a.pdf", Body: io.MultiReader(strings.NewReader("half"), failing{})}}
	_, err := (&client.Client{URL: s.URL}).SubmitLetter(t.Context(), gateway.Letter{}, files, "")
	s.Close()
	if !errors.Is(err, errBroken) || complete {
		t.Errorf("client: %v, server got a whole letter: %v", err, complete)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }
