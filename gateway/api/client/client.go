// Package client speaks our REST API from Go: one method a route, streaming where the
// API streams. Whatever the gateway refuses comes back as an *[Error].
//
// Nothing is tried again by itself. The gateway makes every retry safe, so the
// caller may simply repeat a call that failed with ErrUnavailable.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"congvan/gateway"
)

// maxAnswer bounds a JSON answer: the timeline of a letter to 10,000 receivers fits.
const maxAnswer = 256 << 20

// Client is one system's way to one gateway. It is safe for concurrent use.
type Client struct {
	URL  string       // of the gateway, such as https://congvan.example
	Key  string       // API key
	HTTP *http.Client // nil: http.DefaultClient
}

// request is one call of a route.
type request struct {
	method, path string
	query        url.Values
	header       map[string]string
	body         io.Reader
	size         int64 // of body; 0: unknown, or none
}

// do sends a request and gives the answer to it if it is a success; the caller
// closes its body.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	address := strings.TrimSuffix(c.URL, "/") + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, r.body)
	if err != nil {
		return nil, fmt.Errorf("client: %w: %w", gateway.ErrInvalid, err)
	}
	if r.size > 0 {
		req.ContentLength = r.size
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	for name, value := range r.header {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	resp, err := h.Do(req)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(resp)
}

// unreachable tells the caller's own end from trouble on the way.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("client: %w", err)
	}
	return fmt.Errorf("client: %w: %w", gateway.ErrUnavailable, err)
}

// call sends a request and reads the JSON answer, if one is wanted.
func (c *Client) call(ctx context.Context, r request, into any) error {
	resp, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if into == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	} else {
		err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
	}
	if err != nil {
		return unreachable(ctx, fmt.Errorf("answer of %s %s: %w", r.method, r.path, err))
	}
	// The connection can be used again only when the answer was read to its end.
	_, _ = io.CopyN(io.Discard, resp.Body, 64)
	return nil
}

func (c *Client) get(ctx context.Context, path string, q url.Values, into any) error {
	return c.call(ctx, request{method: http.MethodGet, path: path, query: q}, into)
}

// send calls a route with a JSON body. The key is an idempotency key or empty.
func (c *Client) send(ctx context.Context, method, path string, body any, key string, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("client: %w: %w", gateway.ErrInvalid, err)
	}
	return c.call(ctx, request{
		method: method, path: path, body: bytes.NewReader(data), size: int64(len(data)),
		header: map[string]string{"Content-Type": "application/json", "Idempotency-Key": key},
	}, into)
}

// at joins parts to a path, each of them escaped.
func at(parts ...string) string {
	var b strings.Builder
	b.WriteString("/v1")
	for _, p := range parts {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}
