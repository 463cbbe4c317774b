package tsa

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"congvan/signer/cms"
)

// Defaults and bounds of a Client.
const (
	DefaultTimeout  = 10 * time.Second
	DefaultCoolDown = 30 * time.Second
	MaxAnswer       = 256 << 10 // bytes of an authority's answer
)

// Authority is a time-stamping authority that is asked over HTTP.
type Authority struct {
	URL string // http or https, without credentials
	// CredentialsFile holds one line "user:password" for basic authentication and is
	// readable by its owner alone. It is read for each request, so it may be replaced
	// at any time. Empty for none.
	CredentialsFile string
	// Policy is asked for instead of Options.Policy.
	Policy asn1.ObjectIdentifier
}

// Options make a Client.
type Options struct {
	Authorities []Authority   // asked in this order
	HTTP        *http.Client  // nil for one of its own; redirects are never followed
	Timeout     time.Duration // of one request; 0 for DefaultTimeout
	CoolDown    time.Duration // for which one that failed is left alone; 0 for DefaultCoolDown
	// Policy is the one to be stamped under; nil leaves it to the authority.
	Policy asn1.ObjectIdentifier
}

// Client gets time stamps. It may be used by several goroutines.
type Client struct {
	authorities []Authority
	http        *http.Client
	timeout     time.Duration
	coolDown    time.Duration
	policy      asn1.ObjectIdentifier

	lock  sync.Mutex
	until []time.Time // of each authority, when it is asked again
}

// ErrInvalidOptions: the Options cannot be used; the text says why.
var ErrInvalidOptions = errors.New("time-stamping authorities cannot be used as configured")

// NewClient checks options. Nobody is asked yet.
func NewClient(o Options) (*Client, error) {
	if len(o.Authorities) == 0 {
		return nil, fmt.Errorf("tsa: %w: none is named", ErrInvalidOptions)
	}
	for _, a := range o.Authorities {
		u, err := url.Parse(a.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			return nil, fmt.Errorf("tsa: %w: not an address: %q", ErrInvalidOptions, redact(a.URL))
		}
	}
	return &Client{
		authorities: o.Authorities, http: straight(o.HTTP), policy: o.Policy,
		timeout: orDefault(o.Timeout, DefaultTimeout), coolDown: orDefault(o.CoolDown, DefaultCoolDown),
		until: make([]time.Time, len(o.Authorities)),
	}, nil
}

// redact takes the password out of an address that should have had none.
func redact(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return "?"
}

func orDefault(d, instead time.Duration) time.Duration {
	if d <= 0 {
		return instead
	}
	return d
}

// straight makes a client that does not follow redirects, which would take credentials
// and questions to places that nobody configured.
func straight(c *http.Client) *http.Client {
	own := &http.Client{}
	if c != nil {
		*own = *c
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return own
}

// Stamp gets a time stamp over a digest. The authorities are asked in order until one
// gives a token that is right in every way that Token.Verify looks at, answers this very
// request, and carries its certificate.
//
// The error is an *Error of kind ErrUnavailable or ErrRejected, or the context's.
func (c *Client) Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*Token, error) {
	if cms.OIDOf(hash) == nil || len(digest) != hash.Size() {
		return nil, fmt.Errorf("tsa: %w: %d bytes of hash %d", cms.ErrDigest, len(digest), hash)
	}
	var failed []Attempt
	for i, a := range c.authorities {
		if !c.ready(i) {
			failed = append(failed, resting(a))
			continue
		}
		token, err := c.ask(ctx, a, question{hash: hash, digest: digest})
		if ctx.Err() != nil && err != nil {
			return nil, fmt.Errorf("tsa: %w", ctx.Err())
		}
		c.note(i, err)
		if err == nil {
			return token, nil
		}
		failed = append(failed, attempt(a, err))
	}
	return nil, failure(failed)
}

func (c *Client) ready(i int) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	return !time.Now().Before(c.until[i])
}

// note lets an authority rest that is not to be had. One that merely refuses is well.
func (c *Client) note(i int, err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if err == nil || errors.Is(err, ErrRejected) {
		c.until[i] = time.Time{}
		return
	}
	c.until[i] = time.Now().Add(c.coolDown)
}

// ask puts one question to one authority.
func (c *Client) ask(ctx context.Context, a Authority, q question) (*Token, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if q.policy = c.policy; a.Policy != nil {
		q.policy = a.Policy
	}
	if err := q.draw(); err != nil {
		return nil, err
	}
	der, err := c.exchange(ctx, a, q.encode())
	if err != nil {
		return nil, err
	}
	token, err := readAnswer(der)
	if err != nil {
		return nil, err
	}
	return token, q.check(token)
}

// check believes no token but one that answers this question.
func (q question) check(t *Token) error {
	err := t.Verify(func(crypto.Hash) ([]byte, error) { return q.digest, nil })
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	case t.Hash != q.hash || !bytes.Equal(t.Imprint, q.digest):
		return fmt.Errorf("%w: it is over another digest", ErrAnswer)
	case t.Nonce == nil || t.Nonce.Cmp(q.nonce) != 0:
		return fmt.Errorf("%w: its nonce is not that of the request", ErrAnswer)
	case q.policy != nil && !t.Policy.Equal(q.policy):
		return fmt.Errorf("%w: it is under policy %s, not %s", ErrAnswer, t.Policy, q.policy)
	}
	return nil
}
