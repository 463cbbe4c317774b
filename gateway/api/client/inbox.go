package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas/edxml"
)

// ErrDigest: what arrived is not what the gateway announced. Do not use or
// acknowledge it; fetch it again.
var ErrDigest = errors.New("client: content does not match its digest")

// InboxQuery selects what waits. Empty fields select all.
type InboxQuery struct {
	Agency       gateway.AgencyID
	Kind         edxml.Kind
	Since, Until time.Time
	Offset       int
	Limit        int           // 1…1000; 0: 100
	Lease        time.Duration // hides what is listed from other callers for so long
}

// Inbox lists what waits for the caller's agencies.
func (c *Client) Inbox(ctx context.Context, q InboxQuery) ([]gateway.InboxItem, error) {
	v := selection(q.Agency, q.Kind, q.Since, q.Until)
	setNumber(v, "offset", q.Offset)
	setNumber(v, "limit", q.Limit)
	setDuration(v, "lease", q.Lease)
	var page wire.Items
	err := c.get(ctx, at("inbox"), v, &page)
	return page.Items, err
}

// CountInbox counts what waits; Offset, Limit and Lease do not matter.
func (c *Client) CountInbox(ctx context.Context, q InboxQuery) (int, error) {
	var n wire.Count
	err := c.get(ctx, at("inbox", "count"), selection(q.Agency, q.Kind, q.Since, q.Until), &n)
	return n.Count, err
}

// FetchDelivery writes a delivery's original bytes and compares them with the gateway's
// digest. ErrDigest after the last byte: throw away what was written.
func (c *Client) FetchDelivery(ctx context.Context, id gateway.DeliveryID, w io.Writer) error {
	return c.download(ctx, at("deliveries", string(id), "envelope"), w)
}

// FetchLetter writes a message's original bytes, like FetchDelivery.
func (c *Client) FetchLetter(ctx context.Context, id gateway.MessageID, w io.Writer) error {
	return c.download(ctx, at("letters", string(id), "envelope"), w)
}

// FetchFile writes one file of a letter, like FetchDelivery.
func (c *Client) FetchFile(ctx context.Context, id gateway.MessageID, index int, w io.Writer) error {
	return c.download(ctx, at("letters", string(id), "files", strconv.Itoa(index)), w)
}

func (c *Client) download(ctx context.Context, path string, w io.Writer) error {
	resp, err := c.do(ctx, request{method: http.MethodGet, path: path})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	h := sha256.New()
	// Reads that fail are the network's fault, writes the caller's own.
	from := &source{Reader: resp.Body}
	if _, err := io.Copy(io.MultiWriter(w, h), from); err != nil {
		if from.err != nil {
			return unreachable(ctx, err)
		}
		return fmt.Errorf("client: write: %w", err)
	}
	want := resp.Header.Get("Repr-Digest")
	if got := "sha-256=:" + base64.StdEncoding.EncodeToString(h.Sum(nil)) + ":"; got != want {
		return fmt.Errorf("%w: got %s, announced %q", ErrDigest, got, want)
	}
	return nil
}

// source remembers whether reading failed.
type source struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Acknowledge says that a delivery was taken over; sha256 is that of the bytes that
// the caller has, lower-case hex.
func (c *Client) Acknowledge(ctx context.Context, id gateway.DeliveryID, sha256 string) error {
	return c.acknowledgeOne(ctx, wire.Ack{Delivery: id, SHA256: sha256})
}

// Reject says that a delivery was fetched but could not be read, and why.
func (c *Client) Reject(ctx context.Context, id gateway.DeliveryID, why string) error {
	return c.acknowledgeOne(ctx, wire.Ack{Delivery: id, Unreadable: true, Description: why})
}

func (c *Client) acknowledgeOne(ctx context.Context, a wire.Ack) error {
	done, err := c.AcknowledgeAll(ctx, []wire.Ack{a})
	if err != nil {
		return err
	}
	if len(done) != 1 {
		return fmt.Errorf("client: %w: %d outcomes for one acknowledgement", gateway.ErrInternal, len(done))
	}
	if p := done[0].Problem; p != nil {
		return &Error{Problem: *p}
	}
	return nil
}

// AcknowledgeAll acknowledges up to 1,000 items; one outcome each, in order.
func (c *Client) AcknowledgeAll(ctx context.Context, acks []wire.Ack) ([]wire.Outcome, error) {
	var done wire.Outcomes
	err := c.send(ctx, http.MethodPost, at("acks"), wire.Acks{Items: acks}, "", &done)
	return done.Items, err
}

// Events reads the feed after a cursor, waiting up to wait (at most 60 s) for the first event.
func (c *Client) Events(ctx context.Context, after gateway.Cursor, limit int, wait time.Duration) (gateway.Feed, error) {
	q := url.Values{}
	set(q, "after", string(after))
	setNumber(q, "limit", limit)
	setDuration(q, "wait", wait)
	var f gateway.Feed
	err := c.get(ctx, at("events"), q, &f)
	return f, err
}

func selection(agency gateway.AgencyID, kind edxml.Kind, since, until time.Time) url.Values {
	q := url.Values{}
	set(q, "agency", string(agency))
	set(q, "kind", string(kind))
	setTime(q, "since", since)
	setTime(q, "until", until)
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func setNumber(q url.Values, name string, n int) {
	if n != 0 {
		q.Set(name, strconv.Itoa(n))
	}
}

func setDuration(q url.Values, name string, d time.Duration) {
	if d > 0 {
		q.Set(name, strconv.FormatInt(d.Milliseconds(), 10)+"ms")
	}
}

func setTime(q url.Values, name string, t time.Time) {
	if !t.IsZero() {
		q.Set(name, t.Format(time.RFC3339Nano))
	}
}
