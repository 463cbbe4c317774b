package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/archive/objects"
	"congvan/gateway"
	"congvan/gateway/api"
	"congvan/gateway/api/wire"
)

func TestRoutesAreTheDocuments(t *testing.T) {
	c := newContract(t)
	routes := api.Routes()
	slices.Sort(routes)
	if d := cmp.Diff(slices.Sorted(maps.Keys(c.operations())), routes); d != "" {
		t.Errorf("document (-) and routes (+) differ:\n%s", d)
	}
}

func TestDocumentedCodesExist(t *testing.T) {
	codes, _ := newContract(t).root().at("components").at("schemas").at("Problem").at("properties").at("code").at("enum").value.([]any)
	if len(codes) < 30 {
		t.Fatalf("%d codes", len(codes))
	}
	own := []gateway.Code{wire.CodeNoSuchRoute, wire.CodeMethodNotAllowed, wire.CodeUnsupportedMedia, gateway.CodeInternal}
	internal := gateway.Describe(gateway.CodeInternal).En
	for _, c := range codes {
		code := gateway.Code(c.(string))
		if !slices.Contains(own, code) && gateway.Describe(code).En == internal {
			t.Errorf("%s is documented and nobody can answer it", code)
		}
	}
}

// needsNoKey says whether a route asks for no API key.
func needsNoKey(pattern string) bool {
	return api.ScopeOf(pattern) == "no-key" || api.ScopeOf(pattern) == "by-secret"
}

// unknown is an id that nothing has.
const unknown = "0198c0de-0000-7000-8000-00000000dead"

// sample is a request to a route that is right in all but what a test changes.
func (h *house) sample(pattern, agency string) *http.Request {
	method, path, _ := strings.Cut(pattern, " ")
	message := h.submitted(wardA, wardB)
	switch {
	case strings.Contains(path, "/deliveries/"):
		path = strings.ReplaceAll(path, "{id}", string(h.delivery(message.Message, wardB).ID))
	case strings.Contains(path, "/preserved"):
		h.preserve(message.Message)
	case strings.Contains(path, "{secret}"):
		s := h.startSigning(district)
		path = strings.NewReplacer("{id}", string(s.ID), "{secret}", secretOf(s)).Replace(path)
	case strings.Contains(path, "/signings/{id}"):
		s := h.startSigning(district)
		if strings.HasSuffix(path, "/signed") {
			h.bringBack(s, signedPDF)
		}
		path = strings.ReplaceAll(path, "{id}", string(s.ID))
	case strings.Contains(path, "/stuck/"):
		path = strings.ReplaceAll(path, "{id}", string(h.held().ID))
	}
	path = strings.NewReplacer("{id}", string(message.Message), "{index}", "0", "{code}", wardA).Replace(path)
	if method == http.MethodGet {
		return h.request(method, path, agency, "", nil)
	}
	if strings.HasPrefix(path, "/v1/signings") && !strings.HasSuffix(path, "/cancel") {
		if path == "/v1/signings" {
			path += "?name=cong-van.pdf"
		}
		return h.request(method, path, agency, "application/pdf", strings.NewReader(plainPDF))
	}
	if path == "/v1/letters" {
		return h.request(method, path, agency, "application/xml", strings.NewReader("<edXML/>"))
	}
	return h.request(method, path, agency, "application/json", strings.NewReader("{}"))
}

// TestEveryAnswer provokes every answer that the document lists, and lets nothing
// through that the document does not know.
func TestEveryAnswer(t *testing.T) {
	h := newHouse(t)
	for _, pattern := range api.Routes() {
		t.Run(pattern, func(t *testing.T) { h.generalAnswers(t, pattern) })
	}
	t.Run("letters", h.letterAnswers)
	t.Run("amendments", h.amendmentAnswers)
	t.Run("inbox", h.inboxAnswers)
	t.Run("directory", h.directoryAnswers)
	t.Run("stuck", h.stuckAnswers)
	t.Run("signings", h.signingAnswers)
	t.Run("unavailable", h.unavailableAnswers)
	if t.Failed() {
		return
	}
	for pattern, operation := range h.contract.operations() {
		id := operation.at("operationId").text()
		for _, status := range operation.at("responses").names() {
			if status != "default" && h.contract.seen[id+" "+status] == 0 {
				t.Errorf("%s (%s): no test has seen a %s", pattern, id, status)
			}
		}
	}
}

// lists says whether the document lists a status for a route.
func (h *house) lists(pattern string, status int) bool {
	return h.contract.operations()[pattern].at("responses").at(strconv.Itoa(status)).value != nil
}

// generalAnswers provokes what every route answers alike.
func (h *house) generalAnswers(t *testing.T, pattern string) {
	if needsNoKey(pattern) {
		resp, _ := h.exchange(h.sample(pattern, ""))
		if resp.StatusCode != http.StatusOK {
			t.Errorf("without a key: %d", resp.StatusCode)
		}
		return
	}
	resp, body := h.exchange(h.sample(pattern, ""))
	wantProblem(t, resp, body, http.StatusUnauthorized, gateway.CodeUnauthenticated)

	if api.ScopeOf(pattern) != "" {
		resp, body = h.exchange(h.sample(pattern, "none"))
		p := wantProblem(t, resp, body, http.StatusForbidden, gateway.CodeScopeMissing)
		if p.Place != api.ScopeOf(pattern) {
			t.Errorf("place %q; want the scope", p.Place)
		}
	}
	r := h.sample(pattern, district)
	r.URL.RawQuery = "bogus=1"
	resp, body = h.exchange(r)
	wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest)

	if h.lists(pattern, http.StatusUnsupportedMediaType) {
		r = h.sample(pattern, district)
		r.Header.Set("Content-Type", "text/plain")
		resp, body = h.exchange(r)
		wantProblem(t, resp, body, http.StatusUnsupportedMediaType, wire.CodeUnsupportedMedia)
	}
	if h.lists(pattern, http.StatusNotFound) && strings.Contains(pattern, "{") {
		resp, body = h.exchange(h.missing(pattern))
		wantProblem(t, resp, body, http.StatusNotFound, gateway.CodeNotFound)
	}
	r = h.sample(pattern, district)
	r.Method = http.MethodDelete
	resp, body = h.exchange(r)
	wantProblem(t, resp, body, http.StatusMethodNotAllowed, wire.CodeMethodNotAllowed)
	if allow := resp.Header.Get("Allow"); !strings.Contains(allow, strings.Fields(pattern)[0]) {
		t.Errorf("Allow: %q", allow)
	}
}

// missing asks a route for something that does not exist.
func (h *house) missing(pattern string) *http.Request {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.NewReplacer("{id}", unknown, "{index}", "0", "{code}", "H26.99.77").Replace(path)
	body := map[string]string{
		"recall": `{"reason":"nhầm"}`, "redirect": `{"receiver":"` + wardB + `"}`, "close": `{}`,
	}[path[strings.LastIndex(path, "/")+1:]]
	if method == http.MethodGet || body == "" {
		return h.request(method, path, district, "", nil)
	}
	return h.request(method, path, district, "application/json", strings.NewReader(body))
}

// unavailableAnswers are those of a full disk and of a database that is away.
func (h *house) unavailableAnswers(t *testing.T) {
	full := fmt.Errorf("disk: %w", objects.ErrFull)
	h.objects.err.Store(&full)
	resp, body := h.exchange(h.request(http.MethodPost, "/v1/letters", wardA, "application/xml", strings.NewReader(string(h.envelope(wardA, wardB)))))
	wantProblem(t, resp, body, http.StatusInsufficientStorage, gateway.CodeStorageFull)
	h.objects.err.Store(nil)

	var err error
	_, h.key["late"], err = h.keys.CreateAPIKey(t.Context(), district, []gateway.Scope{gateway.ScopeSubmit}, time.Time{}, "test")
	h.must(err) // a key that no cache knows
	requests := map[string]*http.Request{}
	for _, pattern := range api.Routes() {
		if !needsNoKey(pattern) {
			requests[pattern] = h.sample(pattern, "late")
		}
	}
	h.systems.gone.Store(true)
	defer h.systems.gone.Store(false)
	for _, r := range requests {
		resp, body := h.exchange(r)
		wantProblem(t, resp, body, http.StatusServiceUnavailable, gateway.CodeStorageUnavailable)
	}
}
