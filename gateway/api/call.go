package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// call is one request being answered.
type call struct {
	http.ResponseWriter
	r         *http.Request
	api       *api
	id        string // of the request
	principal gateway.Principal
	started   bool // the answer's status is on the wire
}

// ServeHTTP gives each request an id and brings it to its route.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w, r: r, api: a, id: a.requestID(r)}
	h := w.Header()
	h.Set("X-Request-Id", c.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	defer c.recover()
	if r.URL.Path != path.Clean(r.URL.Path) || r.RequestURI == "*" {
		c.fail(fault(wire.CodeNoSuchRoute, "path")) // the mux would redirect
		return
	}
	a.mux.ServeHTTP(c, r)
}

// entry is a route as the mux knows it.
type entry struct {
	*api
	route
}

// ServeHTTP implements http.Handler. Only the API's own ServeHTTP calls it.
func (e *entry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := w.(*call)
	if err := e.serve(c); err != nil {
		c.fail(err)
	}
}

func (e *entry) serve(c *call) error {
	// The mux sends HEAD to GET's routes. Fetching is a change of state that HEAD must not make.
	if c.r.Method == http.MethodHead && e.scope != noKey {
		c.Header().Set("Allow", http.MethodGet)
		return fault(wire.CodeMethodNotAllowed, c.r.Method)
	}
	if e.scope == noKey || e.scope == bySecret {
		return e.do(c)
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	if e.scope != anyScope && !c.principal.May(e.scope) {
		return gateway.Errorf(gateway.CodeScopeMissing, string(e.scope), "credential %s", c.principal.Credential)
	}
	return e.do(c)
}

// authenticate reads the API key (RFC 6750).
func (c *call) authenticate() error {
	scheme, key, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return gateway.Errorf(gateway.CodeUnauthenticated, "Authorization", "no bearer key")
	}
	var err error
	c.principal, err = c.api.Keys.APIKey(c.r.Context(), strings.TrimSpace(key))
	return err
}

// elsewhere is the pattern of everything that is no route.
const elsewhere = "/"

// noRoute says that there is nothing here, or nothing for this method.
func (a *api) noRoute(c *call) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
		probe := &http.Request{Method: method, URL: c.r.URL, Host: c.r.Host}
		if _, pattern := a.mux.Handler(probe); pattern != elsewhere {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return fault(wire.CodeNoSuchRoute, "path")
	}
	c.Header().Set("Allow", strings.Join(allowed, ", "))
	return fault(wire.CodeMethodNotAllowed, c.r.Method)
}

// requestID takes the client's own id if it is a harmless one.
func (a *api) requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) < 1 || len(id) > 64 || strings.ContainsFunc(id, notIDCharacter) {
		id = a.boot + strconv.FormatUint(a.serial.Add(1), 36)
	}
	return id
}

func notIDCharacter(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
}

// WriteHeader implements http.ResponseWriter.
func (c *call) WriteHeader(status int) {
	c.started = true
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *call) Write(b []byte) (int, error) {
	c.started = true
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// recover turns a panic into a problem. http.ErrAbortHandler is let through: it is
// how a broken answer is cut off.
func (c *call) recover() {
	reason := recover()
	if reason == nil {
		return
	}
	if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(reason)
	}
	c.api.Log.ErrorContext(c.r.Context(), "panic in a request", "request", c.id, "panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
	c.fail(gateway.Errorf(gateway.CodeInternal, "", "panic"))
}

// fail answers with a problem, or cuts the answer off when it has begun.
func (c *call) fail(err error) {
	p := describe(err)
	c.log(p.Status, err)
	if c.started {
		panic(http.ErrAbortHandler)
	}
	p.RequestID = c.id
	c.hurry()
	h := c.Header()
	for _, name := range []string{"Content-Disposition", "Content-Length", "Content-Security-Policy", "ETag", "Repr-Digest", "Location"} {
		h.Del(name)
	}
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="congvan"`)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	case http.StatusInsufficientStorage:
		h.Set("Retry-After", "60")
	}
	_ = c.json(p.Status, wire.ProblemType, p) // the client is gone if this fails
}

// hurry bounds how long the server waits for the rest of a body that nobody read.
func (c *call) hurry() {
	if c.r.ContentLength != 0 {
		_ = http.NewResponseController(c.ResponseWriter).SetReadDeadline(time.Now().Add(c.api.Limits.Stall))
	}
}

// log tells operators of their own faults, and whoever debugs of all.
func (c *call) log(status int, err error) {
	level := slog.LevelDebug
	if status >= 500 && c.r.Context().Err() == nil {
		level = slog.LevelError
	}
	if c.api.Log.Enabled(c.r.Context(), level) {
		c.api.Log.Log(c.r.Context(), level, "request refused", "request", c.id, "method", c.r.Method,
			"route", c.r.Pattern, "status", status, "system", c.principal.System, "error", err)
	}
}

// buffers holds what JSON answers are built in.
type buffers struct{ pool sync.Pool }

// keepBuffer is the largest buffer that is worth keeping.
const keepBuffer = 1 << 20

func (b *buffers) get() *bytes.Buffer {
	if buf, ok := b.pool.Get().(*bytes.Buffer); ok {
		buf.Reset()
		return buf
	}
	return new(bytes.Buffer)
}

func (b *buffers) put(buf *bytes.Buffer) {
	if buf.Cap() <= keepBuffer {
		b.pool.Put(buf)
	}
}

// answer sends a value as JSON.
func (c *call) answer(status int, value any) error {
	return c.json(status, "application/json", value)
}

func (c *call) json(status int, contentType string, value any) error {
	buf := c.api.buffers.get()
	defer c.api.buffers.put(buf)
	if err := json.NewEncoder(buf).Encode(value); err != nil {
		return gateway.Errorf(gateway.CodeInternal, "", "encode answer: %w", err)
	}
	return c.bytes(status, contentType, buf.Bytes())
}

// bytes sends a small answer whole.
func (c *call) bytes(status int, contentType string, body []byte) error {
	c.Header().Set("Content-Type", contentType)
	c.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.WriteHeader(status)
	_, err := c.Write(body)
	return err
}

// nothing answers 204.
func (c *call) nothing() error {
	c.WriteHeader(http.StatusNoContent)
	return nil
}
