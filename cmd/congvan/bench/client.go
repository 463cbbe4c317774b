package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client speaks the REST API as lean as a client can, so that the bench
// measures the server.
type client struct {
	base string
	http *http.Client
}

func newClient(base string) *client {
	return &client{base: strings.TrimSuffix(base, "/"), http: &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256, WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10, DisableCompression: true,
	}}}
}

func (c *client) do(ctx context.Context, method, path, key, contentType string, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if size >= 0 {
		req.ContentLength = size
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, b)
	}
	return resp, nil
}

func (c *client) call(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	size := int64(-1)
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body, size = bytes.NewReader(b), int64(len(b))
	}
	resp, err := c.do(ctx, method, path, key, "application/json", body, size)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// submit sends one envelope and waits for its receipt.
func (c *client) submit(ctx context.Context, p Party, body io.Reader, size int64) error {
	resp, err := c.do(ctx, http.MethodPost, "/v1/letters", p.Key, "application/xml", body, size)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var a struct {
		Message string `json:"message"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return err
	}
	if a.Message == "" {
		return errors.New("bench: an acceptance names no message")
	}
	return nil
}

// item is what the bench reads of an inbox item.
type item struct {
	Delivery struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	} `json:"delivery"`
}

// inbox leases what waits.
func (c *client) inbox(ctx context.Context, p Party, limit int) ([]item, error) {
	var page struct {
		Items []item `json:"items"`
	}
	err := c.call(ctx, http.MethodGet, fmt.Sprintf("/v1/inbox?lease=60s&limit=%d", limit), p.Key, nil, &page)
	return page.Items, err
}

// envelope opens a delivery's bytes.
func (c *client) envelope(ctx context.Context, p Party, delivery string) (*http.Response, error) {
	return c.do(ctx, http.MethodGet, "/v1/deliveries/"+delivery+"/envelope", p.Key, "", nil, -1)
}

// ack acknowledges deliveries.
func (c *client) ack(ctx context.Context, p Party, deliveries []string) error {
	type word struct {
		Delivery string `json:"delivery"`
	}
	var acks struct {
		Items []word `json:"items"`
	}
	for _, d := range deliveries {
		acks.Items = append(acks.Items, word{d})
	}
	return c.call(ctx, http.MethodPost, "/v1/acks", p.Key, acks, nil)
}

// events waits for the next events after a cursor.
func (c *client) events(ctx context.Context, p Party, after string, wait time.Duration) (kinds []string, next string, err error) {
	var f struct {
		Events []struct {
			Kind string `json:"kind"`
		} `json:"events"`
		Next string `json:"next"`
	}
	q := url.Values{"wait": {wait.String()}, "limit": {"1000"}}
	if after != "" {
		q.Set("after", after)
	}
	err = c.call(ctx, http.MethodGet, "/v1/events?"+q.Encode(), p.Key, nil, &f)
	for _, e := range f.Events {
		kinds = append(kinds, e.Kind)
	}
	return kinds, f.Next, err
}
