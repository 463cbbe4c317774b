package api_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/gateway/api"
	"congvan/gateway/api/client"
	"congvan/gateway/api/wire"
)

func TestDecodeJSONIsStrict(t *testing.T) {
	tests := map[string]struct {
		text  string
		code  gateway.Code // empty: taken
		place string
	}{
		"right":               {`{"reason":"nhầm","to":["H26.99.1"]}`, "", ""},
		"blank around":        {" \n{\"reason\":\"x\"}\n ", "", ""},
		"unknown member":      {`{"reason":"x","because":1}`, gateway.CodeInvalidRequest, "because"},
		"member twice":        {`{"reason":"x","reason":"y"}`, gateway.CodeInvalidRequest, "/reason"},
		"twice further down":  {`{"staff":{"name":"a","name":"b"}}`, gateway.CodeInvalidRequest, "/staff/name"},
		"in another case":     {`{"Reason":"x"}`, gateway.CodeInvalidRequest, "/Reason"},
		"folds to ASCII":      {`{"reaſon":"x"}`, gateway.CodeInvalidRequest, "/reaſon"},
		"second value":        {`{"reason":"x"}{}`, gateway.CodeInvalidRequest, "body"},
		"something after":     {`{"reason":"x"} x`, gateway.CodeInvalidRequest, "body"},
		"wrong type":          {`{"reason":1}`, gateway.CodeInvalidRequest, "/reason"},
		"wrong type below":    {`{"staff":{"name":1}}`, gateway.CodeInvalidRequest, "/staff/name"},
		"an array":            {`[]`, gateway.CodeInvalidRequest, "/"},
		"invalid UTF-8":       {"{\"reason\":\"\xff\"}", gateway.CodeInvalidRequest, "body"},
		"not JSON":            {`reason=x`, gateway.CodeInvalidRequest, "body"},
		"nothing":             {``, gateway.CodeTruncated, "body"},
		"cut off":             {`{"reason":"x"`, gateway.CodeTruncated, "body"},
		"cut off in a string": {`{"reason":"x`, gateway.CodeTruncated, "body"},
		"deep":                {strings.Repeat(`{"staff":`, 40) + `1` + strings.Repeat(`}`, 40), gateway.CodeInvalidRequest, strings.Repeat("/staff", 32)},
		"deeper still":        {strings.Repeat(`[`, 200_000), gateway.CodeInvalidRequest, strings.Repeat("/0", 32)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var r wire.Recall
			err := api.DecodeJSON([]byte(test.text), &r)
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantCode(t, err, test.code)
			if err != nil && gateway.AsError(err).Place != test.place {
				t.Errorf("place %q; want %q", gateway.AsError(err).Place, test.place)
			}
		})
	}
}

// What is taken means the same after it was written by us.
func FuzzDecodeJSON(f *testing.F) {
	f.Add(`{"reason":"nhầm","to":["H26.99.1"],"staff":{"name":"a"}}`)
	f.Add(`{"reason":"x","reason":"y"}`)
	f.Add(`{"REASON":null}`)
	f.Add(`[[[`)
	f.Fuzz(func(t *testing.T, text string) {
		var first, second wire.Recall
		if api.DecodeJSON([]byte(text), &first) != nil {
			return
		}
		data, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := api.DecodeJSON(data, &second); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		again, err := json.Marshal(second)
		if err != nil || string(again) != string(data) {
			t.Errorf("%s became %s", data, again)
		}
	})
}

func TestDisposition(t *testing.T) {
	tests := map[string]string{
		"cong-van.pdf":          `attachment; filename="cong-van.pdf"; filename*=UTF-8''cong-van.pdf`,
		"Công văn 1.pdf":        `attachment; filename="C_ng v_n 1.pdf"; filename*=UTF-8''C%C3%B4ng%20v%C4%83n%201.pdf`,
		`a"; x="b\.pdf`:         `attachment; filename="a_; x=_b_.pdf"; filename*=UTF-8''a%22%3B%20x%3D%22b_.pdf`,
		"../../etc/passwd":      `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`,
		"a\r\nSet-Cookie: x":    `attachment; filename="a__Set-Cookie_ x"; filename*=UTF-8''a__Set-Cookie%3A%20x`,
		"100% + 'nháp' (2).pdf": `attachment; filename="100_ + 'nh_p' (2).pdf"; filename*=UTF-8''100%25%20%2B%20%27nh%C3%A1p%27%20%282%29.pdf`,
	}
	for name, want := range tests {
		got := api.Disposition(name)
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", name, got, want)
		}
	}
}

// Whatever the name, the header is one header that gives a name without a path.
func FuzzDisposition(f *testing.F) {
	f.Add("Công văn.pdf")
	f.Add("a\r\nb/../c\\d\"e%41.pdf")
	f.Fuzz(func(t *testing.T, name string) {
		got := api.Disposition(name)
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q: %q", name, got)
		}
		kind, params, err := mime.ParseMediaType(got)
		if err != nil || kind != "attachment" || strings.ContainsAny(params["filename"], "/\\\r\n") {
			t.Errorf("%q: %s: %v %v", name, got, params, err)
		}
	})
}

func TestParameters(t *testing.T) {
	h := newHouse(t)
	for path, place := range map[string]string{
		"/v1/inbox?limit=0":                         "limit",
		"/v1/inbox?limit=1001":                      "limit",
		"/v1/inbox?limit=x":                         "limit",
		"/v1/inbox?limit=1&limit=2":                 "limit",
		"/v1/inbox?limit=":                          "limit",
		"/v1/inbox?kind=letter":                     "kind",
		"/v1/inbox?lease=2h":                        "lease",
		"/v1/inbox?lease=-1s":                       "lease",
		"/v1/inbox?lease=30":                        "lease",
		"/v1/inbox?since=yesterday":                 "since",
		"/v1/inbox?since=2026-13-01":                "since",
		"/v1/inbox?offset=-1":                       "offset",
		"/v1/inbox?%zz":                             "query",
		"/v1/inbox?a;b":                             "query",
		"/v1/events?wait=61s":                       "wait",
		"/v1/letters?from=H26.99.01.1":              "document_id",
		"/v1/letters?document_id=x":                 "from",
		"/v1/letters?from=&document_id=x":           "from",
		"/v1/stuck?state=queued":                    "state",
		"/v1/agencies?Limit=1":                      "Limit",
		"/v1/letters/" + unknown + "/timeline?x=1":  "x",
		"/v1/deliveries/" + unknown + "/envelope?x": "x",
	} {
		resp, body := h.exchange(h.request(http.MethodGet, path, district, "", nil))
		if p := wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest); p.Place != place {
			t.Errorf("%s: place %q; want %q", path, p.Place, place)
		}
	}
	for _, path := range []string{"/v1/inbox?since=2026-11-02&until=2026-11-03T00:00:00%2B07:00&lease=5m", "/v1/events?limit=1&wait=0s"} {
		if resp, body := h.exchange(h.request(http.MethodGet, path, district, "", nil)); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	h := newHouse(t)
	send := func(key, body string) (*http.Response, []byte) {
		r := h.request(http.MethodPost, "/v1/letters", wardA, "application/octet-stream", strings.NewReader(body))
		r.Header["Idempotency-Key"] = []string{key}
		return h.exchange(r)
	}
	letter := string(h.envelope(wardA, wardB))
	for _, key := range []string{"", "has blank", "dấu", strings.Repeat("x", 256)} {
		resp, body := send(key, letter)
		wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest)
	}
	if resp, body := send(strings.Repeat("x", 255), letter); resp.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if resp, body := send(strings.Repeat("x", 255), letter); resp.StatusCode != http.StatusOK {
		t.Errorf("again: %d %s", resp.StatusCode, body)
	}
	resp, body := send(strings.Repeat("x", 255), string(h.envelope(wardA, wardB)))
	wantProblem(t, resp, body, http.StatusConflict, gateway.CodeIdempotencyKeyReused)
}

func TestPathsAndMethods(t *testing.T) {
	h := newHouse(t)
	for path, status := range map[string]int{
		"/": 404, "/v1": 404, "/v1/": 404, "/v1/letter": 404, "/v1/letters/": 404, "/v2/letters": 404,
		"//v1/inbox": 404, "/v1//inbox": 404, "/v1/x/../inbox": 404, "/v1/./inbox": 404, "/v1/inbox/": 404,
		"/v1/letters/a/b/c": 404, "/v1/acks": 405, "/v1/statuses": 405,
	} {
		resp, body := h.exchange(h.request(http.MethodGet, path, district, "", nil))
		code := wire.CodeNoSuchRoute
		if status == http.StatusMethodNotAllowed {
			code = wire.CodeMethodNotAllowed
		}
		wantProblem(t, resp, body, status, code)
	}
	id := h.submitted(wardA, wardB).Message
	resp, _ := h.exchange(h.request(http.MethodHead, "/v1/letters/"+string(id)+"/envelope", wardB, "", nil))
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", resp.StatusCode)
	}
	if d := h.delivery(id, wardB); d.State != gateway.DeliveryQueued {
		t.Errorf("HEAD made the delivery %s", d.State)
	}
}

func TestKeysAreChecked(t *testing.T) {
	h := newHouse(t)
	for name, value := range map[string]string{
		"no scheme": h.key[wardA], "basic": "Basic " + h.key[wardA], "empty": "Bearer ", "other key": "Bearer " + h.key[wardA] + "x",
	} {
		r := h.request(http.MethodGet, "/v1/inbox", "", "", nil)
		r.Header.Set("Authorization", value)
		resp, body := h.exchange(r)
		if p := wantProblem(t, resp, body, http.StatusUnauthorized, gateway.CodeUnauthenticated); strings.Contains(string(body), h.key[wardA]) {
			t.Errorf("%s: the answer repeats the key: %+v", name, p)
		}
	}
	if strings.Contains(h.log.String(), h.key[wardA]) {
		t.Error("the log holds a key")
	}
	r := h.request(http.MethodGet, "/v1/inbox", "", "", nil)
	r.Header.Set("Authorization", "bearer  "+h.key[wardA])
	if resp, body := h.exchange(r); resp.StatusCode != http.StatusOK {
		t.Errorf("scheme in lower case: %d %s", resp.StatusCode, body)
	}
}

func TestRequestIDs(t *testing.T) {
	h := newHouse(t)
	seen := map[string]bool{}
	for given, keep := range map[string]bool{"abc-1.2_Z": true, "": false, "a b": false, strings.Repeat("x", 65): false, "đ": false} {
		r := h.request(http.MethodGet, "/v1/nowhere", district, "", nil)
		r.Header["X-Request-Id"] = []string{given}
		resp, body := h.exchange(r)
		p := wantProblem(t, resp, body, http.StatusNotFound, wire.CodeNoSuchRoute)
		id := resp.Header.Get("X-Request-Id")
		if (id == given) != keep || p.RequestID != id || seen[id] {
			t.Errorf("given %q, got %q and %q", given, id, p.RequestID)
		}
		seen[id] = true
	}
}

func TestMultipartIsStrict(t *testing.T) {
	const line = "--b\r\n"
	h := newHouse(t, func(o *api.Options) { o.Limits.Files = 2 })
	data, err := json.Marshal(h.jsonLetter(wardA, wardB))
	h.must(err)
	letter := line + "Content-Disposition: form-data; name=\"letter\"\r\n\r\n" + string(data) + "\r\n"
	file := func(header, content string) string {
		return line + "Content-Disposition: form-data; name=\"file\"" + header + "\r\n\r\n" + content + "\r\n"
	}
	good := file(`; filename="a.pdf"`, "%PDF-1.7")
	const end = "--b--\r\n"
	for name, test := range map[string]struct {
		body string
		code gateway.Code
	}{
		"nothing":           {"", gateway.CodeTruncated},
		"no parts":          {end, gateway.CodeInvalidRequest},
		"file first":        {good + letter + end, gateway.CodeInvalidRequest},
		"letter twice":      {letter + letter + end, gateway.CodeInvalidRequest},
		"unknown part":      {letter + line + "Content-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n" + end, gateway.CodeInvalidRequest},
		"no filename":       {letter + file("", "x") + end, gateway.CodeInvalidRequest},
		"encoded":           {letter + file("; filename=\"a.pdf\"\r\nContent-Transfer-Encoding: base64", "eA==") + end, gateway.CodeInvalidRequest},
		"too many files":    {letter + good + good + good + end, gateway.CodeTooLarge},
		"files too large":   {letter + file(`; filename="a.pdf"`, strings.Repeat("x", 4<<20+1)) + end, gateway.CodeTooLarge},
		"letter too large":  {line + "Content-Disposition: form-data; name=\"letter\"\r\n\r\n{\"subject\":\"" + strings.Repeat("x", 1<<20) + "\"}\r\n" + end, gateway.CodeTooLarge},
		"letter not strict": {strings.Replace(letter, `{"from"`, `{"x":1,"from"`, 1) + end, gateway.CodeInvalidRequest},
		"no end":            {letter + good, gateway.CodeTruncated},
		"cut off in a file": {letter + strings.TrimSuffix(good, "\r\n"), gateway.CodeTruncated},
		"cut off in letter": {letter[:len(letter)/2], gateway.CodeTruncated},
		"bad header":        {letter + line + "Content-Disp", gateway.CodeInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := h.exchange(h.request(http.MethodPost, "/v1/letters", wardA, "multipart/form-data; boundary=b", strings.NewReader(test.body)))
			wantProblem(t, resp, body, gateway.Describe(test.code).HTTP, test.code)
		})
	}
	if n := api.Spooled(h.api); n != 0 {
		t.Errorf("%d bytes are still booked in the spool", n)
	}
	resp, body := h.exchange(h.request(http.MethodPost, "/v1/letters", wardA, "multipart/form-data", strings.NewReader(letter+end)))
	wantProblem(t, resp, body, http.StatusUnsupportedMediaType, wire.CodeUnsupportedMedia)
}

func TestSpoolIsBoundedAndLeavesNothing(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.Limits.Spool = 1 << 20; o.SpoolDir = t.TempDir() })
	ctx := t.Context()
	large := strings.Repeat("x", 600<<10)
	sent, err := h.as(wardA).SubmitLetter(ctx, h.jsonLetter(wardA, wardB), []client.File{pdf("nhỏ.pdf", "một"), pdf("lớn.pdf", large)}, "")
	h.must(err)
	var small, back strings.Builder
	h.must(h.as(wardA).FetchFile(ctx, sent.Message, 0, &small))
	h.must(h.as(wardA).FetchFile(ctx, sent.Message, 1, &back))
	if d := cmp.Diff([]string{"%PDF-1.7\nmột", "%PDF-1.7\n" + large}, []string{small.String(), back.String()}); d != "" {
		t.Errorf("files changed on their way through the spool: %.300s", d)
	}
	_, err = h.as(wardA).SubmitLetter(ctx, h.jsonLetter(wardA, wardB), []client.File{pdf("1.pdf", large), pdf("2.pdf", large)}, "")
	wantCode(t, err, gateway.CodeBusy)
	if n := api.Spooled(h.api); n != 0 {
		t.Errorf("%d bytes are still booked in the spool", n)
	}
}

func TestAcksAreStrict(t *testing.T) {
	h := newHouse(t)
	for name, text := range map[string]string{
		"none":    `{"items":[]}`,
		"null":    `{"items":null}`,
		"neither": `{"items":[{"sha256":""}]}`,
		"both":    fmt.Sprintf(`{"items":[{"delivery":%q,"message":%q}]}`, unknown, unknown),
		"many":    `{"items":[` + strings.Repeat(`{"delivery":"x"},`, 1000) + `{"delivery":"x"}]}`,
	} {
		resp, body := h.exchange(h.request(http.MethodPost, "/v1/acks", wardB, "application/json", strings.NewReader(text)))
		if p := wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest); p.Place != "/items" {
			t.Errorf("%s: place %q", name, p.Place)
		}
	}
}

func TestRequeueWantsAWord(t *testing.T) {
	h := newHouse(t)
	resp, body := h.exchange(h.request(http.MethodPost, "/v1/stuck/requeue", district, "application/json", strings.NewReader(`{}`)))
	wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest)
	if n, err := h.as(district).Requeue(t.Context(), wire.Requeue{All: true}); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}
