// Package server is the HTTP server around the gateway's faces: sockets, TLS
// from files that may change, timeouts, health, and a stop that lets requests
// under way finish.
//
// # Time
//
// A letter of a gigabyte over a slow line takes hours, so no request has a time
// limit as a whole. What is bounded is silence: the header must arrive within
// HeaderTimeout, an idle connection ends after IdleTimeout, and the faces give up
// on a body that has not moved for StallTimeout.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"congvan/gateway/config"
)

// maxHeader bounds a request's header: a list of thousands of receivers stands
// in it twice.
const maxHeader = 1 << 20

// Options are what a Server is made of. Handler, Ready and Log are required.
type Options struct {
	Listen  config.Listen
	Handler http.Handler
	Ready   func(ctx context.Context) error // nil when a letter could be accepted now
	Metrics http.Handler                    // nil: no /metrics
	// MetricsAddress gives /metrics a listener of its own; empty: the main one.
	MetricsAddress string
	Log            *slog.Logger
}

// Server serves until it is told to stop.
type Server struct {
	Options
	main     net.Listener
	metrics  net.Listener // nil: none of its own
	stopping atomic.Bool
	health   health
}

// readyAge is for how long an answer of Ready is given again. Anybody may ask, and finding out
// writes to the disk.
const readyAge = time.Second

// health remembers what Ready said.
type health struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// Listen opens the sockets, so that an address that is taken is known before
// anything else begins.
func Listen(ctx context.Context, o Options) (*Server, error) {
	s := &Server{Options: o}
	var err error
	if s.main, err = s.listen(ctx, o.Listen.Address); err != nil {
		return nil, err
	}
	if o.Metrics != nil && o.MetricsAddress != "" {
		if s.metrics, err = s.listen(ctx, o.MetricsAddress); err != nil {
			s.main.Close()
			return nil, err
		}
	}
	if !o.Listen.TLS() {
		return s, nil
	}
	conf, err := s.tlsConfig()
	if err != nil {
		s.close()
		return nil, err
	}
	s.main = tls.NewListener(s.main, conf)
	return s, nil
}

func (s *Server) listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("không mở được cổng %s; có chương trình khác đang dùng? (cannot listen on %s; is another program using it?): %w", address, address, err)
	}
	return netutil.LimitListener(l, s.Listen.Connections), nil
}

func (s *Server) close() {
	s.main.Close()
	if s.metrics != nil {
		s.metrics.Close()
	}
}

// URL is where the server is reached from this machine.
func (s *Server) URL() string {
	scheme := "http"
	if s.Listen.TLS() {
		scheme = "https"
	}
	return scheme + "://" + reachable(s.main.Addr().String())
}

// reachable replaces an address that means "all" by the loopback.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Run serves until ctx ends; then /readyz fails, no new connection is taken, requests under way
// have StopTimeout to end, and Run returns nil.
func (s *Server) Run(ctx context.Context) error {
	servers := map[*http.Server]net.Listener{s.server(s.routes()): s.main}
	if s.metrics != nil {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", s.Metrics)
		servers[s.server(mux)] = s.metrics
	}
	failed := make(chan error, len(servers))
	var running sync.WaitGroup
	for srv, l := range servers {
		running.Go(func() {
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("server: %w", err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.stopping.Store(true)
	s.drain(servers)
	running.Wait()
	return err
}

func (s *Server) drain(servers map[*http.Server]net.Listener) {
	ctx, cancel := context.WithTimeout(context.Background(), s.Listen.StopTimeout.Std())
	defer cancel()
	for srv := range servers {
		if err := srv.Shutdown(ctx); err != nil {
			s.Log.Warn("requests were cut off by the stop", "err", err)
			srv.Close()
		}
	}
}

func (s *Server) server(h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: s.Listen.HeaderTimeout.Std(),
		IdleTimeout:       s.Listen.IdleTimeout.Std(),
		MaxHeaderBytes:    maxHeader,
		Protocols:         protocols,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
}

// routes adds health and metrics to the faces.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	if s.Metrics != nil && s.metrics == nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	return mux
}

const readyTimeout = 3 * time.Second

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		answer(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	if s.examine(r.Context()) != nil {
		answer(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	answer(w, http.StatusOK, "ok")
}

// examine asks Ready at most once in readyAge. A caller who leaves does not end it: others wait
// for the answer too.
func (s *Server) examine(ctx context.Context) error {
	h := &s.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.at.IsZero() && time.Since(h.at) < readyAge {
		return h.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	if h.err = s.Ready(ctx); h.err != nil {
		s.Log.WarnContext(ctx, "not ready", "err", h.err)
	}
	h.at = time.Now()
	return h.err
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
