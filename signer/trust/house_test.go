package trust_test

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
)

// moment is when the tests happen.
var moment = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)

var person = democa.Subject{Name: "Nguyễn Thị Vĩnh", Agency: "Sở Chủ nghĩa Thử nghiệm", Code: "H26.99.1"}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// web is the network that a house's authority publishes on.
type web struct {
	*httptest.Server
	mu      sync.Mutex
	handler http.Handler
	asked   map[string]int
}

func newWeb(t testing.TB) *web {
	w := &web{asked: map[string]int{}}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.asked[r.URL.Path]++
		h := w.handler
		w.mu.Unlock()
		if h == nil {
			http.Error(rw, "down", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *web) serve(h http.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handler = h
}

func (w *web) count(prefix string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, times := range w.asked {
		if strings.HasPrefix(path, prefix) {
			n += times
		}
	}
	return n
}

// house is an authority, the network it publishes on, and a judge who believes its root.
type house struct {
	t      testing.TB
	web    *web
	ca     *democa.Authority
	policy *signer.Policy
	judge  *trust.Judge
	clock  time.Time
	cache  string
}

func newHouse(t testing.TB, change ...func(*democa.Options)) *house {
	t.Helper()
	h := &house{t: t, web: newWeb(t), policy: signer.DefaultPolicy(), clock: moment, cache: t.TempDir()}
	o := democa.Options{BaseURL: h.web.URL}
	for _, c := range change {
		c(&o)
	}
	h.ca = must(democa.New(moment, o))(t)
	h.web.serve(h.ca.Handler(func() time.Time { return h.clock }))
	h.reopen()
	return h
}

// silent makes authorities that publish nowhere.
func silent(o *democa.Options) { o.BaseURL = "" }

func noOCSP(o *democa.Options) { o.NoOCSP = true }
func noCRL(o *democa.Options)  { o.NoCRL = true }

// reopen starts with a fresh judge: what is left is what is on the disk.
func (h *house) reopen(entries ...trust.Entry) {
	h.t.Helper()
	if entries == nil {
		entries = []trust.Entry{{Certificate: h.ca.Root().Certificate}, {Certificate: h.ca.Certificate}}
	}
	h.judge = must(trust.NewJudge(trust.Options{
		Store: trust.NewStore(entries...), Policy: h.policy, CacheDir: h.cache, AllowPrivate: true,
		Now: func() time.Time { return h.clock }, Timeout: 2 * time.Second,
	}))(h.t)
}

func (h *house) person(i democa.Issue) *x509.Certificate {
	h.t.Helper()
	return must(h.ca.Person(person, i))(h.t).Certificate
}

// ask asks about a certificate for signing now, unless changed.
func (h *house) ask(c *x509.Certificate, change ...func(*trust.Question)) trust.Answer {
	h.t.Helper()
	q := trust.Question{Certificate: c, Use: trust.UseSigning, At: h.clock, Now: h.clock}
	for _, f := range change {
		f(&q)
	}
	a := h.judge.Judge(context.Background(), q)
	for _, r := range a.Reasons {
		if r.Code == "" || r.Vi == "" || r.En == "" || strings.Contains(r.Vi+r.En, "%!") {
			h.t.Errorf("reason %+v", r)
		}
	}
	return a
}

func proven(at time.Time) func(*trust.Question) {
	return func(q *trust.Question) { q.At, q.Proven = at, true }
}

func with(certs ...*x509.Certificate) func(*trust.Question) {
	return func(q *trust.Question) { q.Evidence.Certificates = append(q.Evidence.Certificates, certs...) }
}

func withCRL(der []byte) func(*trust.Question) {
	return func(q *trust.Question) { q.Evidence.CRLs = append(q.Evidence.CRLs, der) }
}

func withOCSP(der []byte) func(*trust.Question) {
	return func(q *trust.Question) { q.Evidence.OCSPs = append(q.Evidence.OCSPs, der) }
}

func stamping(q *trust.Question) { q.Use = trust.UseTimeStamping }

// want checks an answer: its verdict as "INDICATION" or "INDICATION/SUB", and codes that
// are among the reasons.
func want(t testing.TB, a trust.Answer, verdict string, codes ...string) {
	t.Helper()
	got := string(a.Indication)
	if a.SubIndication != "" {
		got += "/" + string(a.SubIndication)
	}
	if got != verdict {
		t.Errorf("%s, want %s: %v", got, verdict, a.Reasons)
		return
	}
	for _, code := range codes {
		if !says(a, code) {
			t.Errorf("no reason %s in %v", code, a.Reasons)
		}
	}
}

func says(a trust.Answer, code string) bool {
	for _, r := range a.Reasons {
		if r.Code == code {
			return true
		}
	}
	return false
}

const (
	passed        = "TOTAL_PASSED"
	tryLater      = "INDETERMINATE/TRY_LATER"
	noChain       = "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND"
	chainFailure  = "INDETERMINATE/CERTIFICATE_CHAIN_GENERAL_FAILURE"
	constraint    = "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE"
	outOfBounds   = "INDETERMINATE/OUT_OF_BOUNDS_NO_POE"
	notRevoked    = "INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED"
	revokedNoPOE  = "INDETERMINATE/REVOKED_NO_POE"
	revokedCA     = "INDETERMINATE/REVOKED_CA_NO_POE"
	weakNoPOE     = "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	notYetFailure = "TOTAL_FAILED/NOT_YET_VALID"
)
