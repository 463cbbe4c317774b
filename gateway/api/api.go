// Package api is our REST API under /v1: for office systems that would rather speak
// JSON and HTTP than the exchange protocol, for the command line and for operators.
//
// A request passes, in this order: a request id, the route, the API key, bounds on
// what comes in, the domain. Whatever goes wrong on the way is answered as a problem
// (RFC 9457) with one of the domain's codes; nothing internal leaves. Envelopes and
// files are streamed in both directions. The document openapi.yaml describes every
// route and answer, and the tests hold both to each other.
package api

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"congvan/gateway"
)

// Authenticator says whose key it is; *auth.Keys does.
type Authenticator interface {
	// APIKey gives the principal of a key. ErrUnauthenticated whatever is wrong with it.
	APIKey(ctx context.Context, key string) (gateway.Principal, error)
}

// Options are what the API is made of. Gateway, Keys and JWKS are required.
type Options struct {
	Gateway *gateway.Gateway
	Keys    Authenticator
	JWKS    []byte // the public keys of the receipts, a JSON Web Key Set
	Log     *slog.Logger
	Limits  Limits
	// SpoolDir is where the files of a multipart letter wait; default os.TempDir(). Nothing
	// stays there, not even after a crash.
	SpoolDir string
	// PublicURL is how clients reach us, without a slash at its end; empty: as each request says.
	PublicURL string
	// Stopping is done when the process is about to stop: long polls then
	// answer at once, so that a graceful stop need not wait for them.
	Stopping context.Context
}

// Limits bound what one request may bring and take. Zero fields take the defaults.
type Limits struct {
	JSON    int64         // bytes of a JSON body; default 1 MiB
	Letter  int64         // bytes of an envelope, or of all files of a multipart letter; default 4 GiB
	Files   int           // of a multipart letter; default 1,000
	Spool   int64         // bytes of files that wait in SpoolDir, of all requests together; default 16 GiB
	Stall   time.Duration // how long a peer may neither send nor take a byte; default 60 s
	MaxWait time.Duration // of a long poll; default and at most 60 s
}

func (l *Limits) complete() {
	setDefault(&l.JSON, 1<<20)
	setDefault(&l.Letter, 4<<30)
	setDefault(&l.Files, 1000)
	setDefault(&l.Spool, 16<<30)
	setDefault(&l.Stall, time.Minute)
	setDefault(&l.MaxWait, time.Minute)
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Document is the API's description, OpenAPI 3.1 in YAML.
//
//go:embed openapi.yaml
var Document []byte

// api answers requests. Its methods, one a route, stand in the files of their subject.
type api struct {
	Options
	mux   *http.ServeMux
	spool *spool
	buffers
	boot   string        // begins the request ids of this process
	serial atomic.Uint64 // ends them
}

// New makes the API. Its routes begin with /v1/ and /.well-known/.
func New(o Options) (http.Handler, error) {
	if o.Gateway == nil || o.Keys == nil || len(o.JWKS) == 0 {
		return nil, errors.New("api: Gateway, Keys and JWKS are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Stopping == nil {
		o.Stopping = context.Background()
	}
	o.Limits.complete()
	a := &api{Options: o, mux: http.NewServeMux(), boot: strings.ToLower(rand.Text()[:10]) + "-"}
	a.spool = newSpool(o.SpoolDir, o.Limits.Spool)
	a.mux.Handle(elsewhere, &entry{api: a, route: route{elsewhere, noKey, a.noRoute}})
	for _, r := range a.routes() {
		a.mux.Handle(r.pattern, &entry{api: a, route: r})
	}
	return a, nil
}

// route is one operation of the API.
type route struct {
	pattern string
	scope   gateway.Scope // needed; anyScope: any key will do; noKey: none is asked for
	do      func(*call) error
}

// What a route may demand instead of a scope.
const (
	anyScope gateway.Scope = ""
	noKey    gateway.Scope = "no-key"
	bySecret gateway.Scope = "by-secret" // the address itself is the permission
)

// routes lists every operation, in the order of openapi.yaml.
func (a *api) routes() []route {
	const submit, receive, operate, directory = gateway.ScopeSubmit, gateway.ScopeReceive, gateway.ScopeOperate, gateway.ScopeDirectory
	return []route{
		{"POST /v1/letters", submit, a.submit},
		{"GET /v1/letters", anyScope, a.findLetter},
		{"GET /v1/letters/{id}", anyScope, a.letter},
		{"GET /v1/letters/{id}/envelope", anyScope, a.letterEnvelope},
		{"GET /v1/letters/{id}/files/{index}", anyScope, a.file},
		{"GET /v1/letters/{id}/timeline", anyScope, a.timeline},
		{"GET /v1/letters/{id}/receipts", anyScope, a.receipts},
		{"GET /v1/letters/{id}/signatures", anyScope, a.signatures},
		{"GET /v1/letters/{id}/files/{index}/preserved", anyScope, a.preserved},
		{"POST /v1/letters/{id}/recall", submit, a.recall},
		{"POST /v1/letters/{id}/update", submit, a.update},
		{"POST /v1/letters/{id}/replace", submit, a.replace},
		{"POST /v1/statuses", submit, a.reportStatus},
		{"GET /v1/sent", anyScope, a.sent},
		{"GET /v1/inbox", receive, a.inbox},
		{"GET /v1/inbox/count", receive, a.countInbox},
		{"GET /v1/deliveries/{id}/envelope", receive, a.deliveryEnvelope},
		{"POST /v1/acks", receive, a.acknowledge},
		{"GET /v1/events", anyScope, a.events},
		{"GET /v1/agencies", anyScope, a.searchAgencies},
		{"PUT /v1/agencies", directory, a.putAgencies},
		{"GET /v1/agencies/{code}", anyScope, a.agency},
		{"POST /v1/agencies/{code}/close", directory, a.closeAgency},
		{"GET /v1/stuck", anyScope, a.stuck},
		{"GET /v1/stuck/counts", operate, a.countStuck},
		{"POST /v1/stuck/requeue", operate, a.requeue},
		{"POST /v1/stuck/{id}/redirect", operate, a.redirect},
		{"POST /v1/stuck/{id}/cancel", operate, a.cancelStuck},
		{"POST /v1/signings", submit, a.startSigning},
		{"GET /v1/signings/{id}", submit, a.signing},
		{"POST /v1/signings/{id}/cancel", submit, a.cancelSigning},
		{"GET /v1/signings/{id}/signed", submit, a.signed},
		{"GET /v1/signings/{id}/{secret}/document.pdf", bySecret, a.documentForSigning},
		{"POST /v1/signings/{id}/{secret}/signed", bySecret, a.takeSigned},
		{"GET /v1/openapi.yaml", noKey, a.document},
		{"GET /.well-known/jwks.json", noKey, a.jwks},
	}
}

func (a *api) document(c *call) error {
	return c.bytes(http.StatusOK, "application/yaml", Document)
}

func (a *api) jwks(c *call) error {
	return c.bytes(http.StatusOK, "application/jwk-set+json", a.JWKS)
}
