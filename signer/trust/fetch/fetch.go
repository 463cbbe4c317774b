// Package fetch gets revocation data from where certificates say that it is published.
//
// The addresses come from certificates, so from outside: only HTTP is spoken, only to
// public addresses of the internet, with few redirects, within bounds of time and size.
// A place that did not answer is left alone for a while, so that nobody waits for it twice.
package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// Why something could not be had.
var (
	// ErrForbidden: the address is none that is asked. Asking again changes nothing.
	ErrForbidden = errors.New("fetch: address not allowed")
	// ErrUnavailable: no answer, or not a good one. It may be there later.
	ErrUnavailable = errors.New("fetch: no answer")
	// ErrCooling: it did not answer a moment ago, and was not asked again.
	ErrCooling  = errors.New("fetch: did not answer a moment ago")
	ErrTooLarge = errors.New("fetch: answer too large")
)

// Options say how to fetch.
type Options struct {
	// HTTP replaces the client, for a proxy for example. It then is what keeps requests
	// away from private addresses given by name; those given by number are refused anyway.
	HTTP *http.Client
	// AllowPrivate allows loopback, private and link-local addresses, for tests and for
	// authorities within the house.
	AllowPrivate bool
	Timeout      time.Duration    // of one request; zero: DefaultTimeout
	CoolDown     time.Duration    // zero: DefaultCoolDown
	Now          func() time.Time // nil: time.Now
}

// Defaults.
const (
	DefaultTimeout  = 10 * time.Second
	DefaultCoolDown = 2 * time.Minute
	maxRedirects    = 3
	maxCooling      = 4096 // addresses remembered
)

// Client fetches. It may be used concurrently.
type Client struct {
	options Options
	http    *http.Client

	mu      sync.Mutex
	cooling map[string]time.Time // until when, by address
}

// New makes a Client.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.CoolDown == 0 {
		o.CoolDown = DefaultCoolDown
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{options: o, cooling: map[string]time.Time{}}
	c.http = c.client()
	return c
}

// client makes a copy of the client, or a new one, that follows few redirects, and only
// to where it may go.
func (c *Client) client() *http.Client {
	var own http.Client
	if c.options.HTTP != nil {
		own = *c.options.HTTP
	} else {
		dialer := &net.Dialer{Timeout: c.options.Timeout, ControlContext: c.guard}
		own.Transport = &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: c.options.Timeout,
			ResponseHeaderTimeout: c.options.Timeout, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
		}
	}
	own.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("%w: more than %d redirects", ErrUnavailable, maxRedirects)
		}
		return c.allowed(r.URL)
	}
	return &own
}

// guard refuses connections to addresses that are not of the public internet, once
// names are resolved.
func (c *Client) guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrForbidden, address)
	}
	return c.allowedAddress(a.Addr())
}

func (c *Client) allowedAddress(a netip.Addr) error {
	if c.options.AllowPrivate || public(a.Unmap()) {
		return nil
	}
	return fmt.Errorf("%w: %s is not a public address", ErrForbidden, a)
}

// public says whether an address is one of the public internet.
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		if netip.MustParsePrefix(p).Contains(a) {
			return false
		}
	}
	return true
}

// allowed says whether an address may be asked, as far as can be told before its name
// is resolved.
func (c *Client) allowed(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return fmt.Errorf("%w: %s", ErrForbidden, u.Redacted())
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		return c.allowedAddress(a)
	}
	return nil
}

// Request is what to fetch.
type Request struct {
	URL   string
	Body  []byte // sent by POST; nil: GET
	Media string // of the body
	Limit int64  // bytes of the answer
}

// Get fetches.
func (c *Client) Get(ctx context.Context, r Request) ([]byte, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	if err := c.allowed(u); err != nil {
		return nil, err
	}
	if err := c.cool(u); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	body, err := c.do(ctx, r)
	c.remember(u, err)
	return body, err
}

// Distrust makes an address cool down whose answer was of no use.
func (c *Client) Distrust(address string) {
	if u, err := url.Parse(address); err == nil {
		c.remember(u, ErrUnavailable)
	}
}

func (c *Client) do(ctx context.Context, r Request) ([]byte, error) {
	method := http.MethodGet
	if r.Body != nil {
		method = http.MethodPost
	}
	q, err := http.NewRequestWithContext(ctx, method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	if r.Body != nil {
		q.Header.Set("Content-Type", r.Media)
	}
	resp, err := c.http.Do(q)
	if err != nil {
		return nil, unavailable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %s", ErrUnavailable, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.Limit+1))
	if err != nil {
		return nil, unavailable(err)
	}
	if int64(len(body)) > r.Limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, r.Limit)
	}
	return body, nil
}

func unavailable(err error) error {
	if errors.Is(err, ErrForbidden) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// place is what cools down: requests to one address of one host, whatever they ask.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

func (c *Client) cool(u *url.URL) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until, ok := c.cooling[place(u)]; ok && c.options.Now().Before(until) {
		return fmt.Errorf("%w: %s", ErrCooling, u.Host)
	}
	return nil
}

// remember notes who did not answer.
func (c *Client) remember(u *url.URL, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		delete(c.cooling, place(u))
		return
	}
	if len(c.cooling) >= maxCooling {
		c.forget()
	}
	c.cooling[place(u)] = c.options.Now().Add(c.options.CoolDown)
}

// forget drops those that have cooled down, and all when that does not help.
func (c *Client) forget() {
	now := c.options.Now()
	for p, until := range c.cooling {
		if !now.Before(until) {
			delete(c.cooling, p)
		}
	}
	if len(c.cooling) >= maxCooling {
		clear(c.cooling)
	}
}

// Again is when a place that did not answer may be asked again.
func (c *Client) Again() time.Time { return c.options.Now().Add(c.options.CoolDown) }
