package api

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"congvan/gateway"
)

// body gives the request's body bounded in size and in time. Its errors are the domain's.
// The caller releases it before it does anything else with the request.
func (c *call) body(limit int64) *body {
	control := http.NewResponseController(c.ResponseWriter)
	return &body{
		from:     http.MaxBytesReader(c.ResponseWriter, c.r.Body, limit),
		deadline: deadlines{set: control.SetReadDeadline, stall: c.api.Limits.Stall},
	}
}

// body reads a request's body.
type body struct {
	from     io.Reader
	deadline deadlines
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.deadline.extend()
	n, err := b.from.Read(p)
	if err == nil {
		return n, nil
	}
	var large *http.MaxBytesError
	switch {
	case err == io.EOF:
		b.deadline.clear() // the server goes on reading, to see whether the client is still there
		return n, io.EOF
	case errors.As(err, &large):
		return n, gateway.Errorf(gateway.CodeTooLarge, "body", "over %d bytes", large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, gateway.Errorf(gateway.CodeTruncated, "body", "client fell asleep: %w", err)
	}
	return n, gateway.Errorf(gateway.CodeTruncated, "body", "read body: %w", err)
}

// release takes the deadline away. What is left of the body is the server's to throw
// away, after the answer.
func (b *body) release() { b.deadline.clear() }

// holdBack is how much of an answer waits before its status goes out: what turns out to be damaged by
// then is answered with a problem, and not by a broken connection.
const holdBack = 32 << 10

// stream sends a large answer of known size and digest as it is read. When it breaks in
// the middle the connection is cut, so that the client cannot take a part for the whole.
func (c *call) stream(size int64, sha256 string, content io.WriterTo) error {
	digest, err := hex.DecodeString(sha256)
	if err != nil {
		return gateway.Errorf(gateway.CodeInternal, "", "stored digest %q: %w", sha256, err)
	}
	h := c.Header()
	h.Set("ETag", `"`+sha256+`"`)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	w := &steady{call: c}
	w.deadline = deadlines{set: http.NewResponseController(c.ResponseWriter).SetWriteDeadline, stall: c.api.Limits.Stall}
	buf := bufio.NewWriterSize(w, holdBack)
	n, err := content.WriteTo(buf)
	if err == nil {
		err = buf.Flush()
	}
	w.deadline.clear()
	if err == nil && n != size {
		err = gateway.Errorf(gateway.CodeDamaged, "", "%d bytes instead of %d", n, size)
	}
	return err
}

// steady writes to a client that may be slow but not asleep.
type steady struct {
	*call
	deadline deadlines
}

// Write implements io.Writer.
func (s *steady) Write(p []byte) (int, error) {
	s.deadline.extend()
	return s.call.Write(p)
}

// deadlines moves the connection's deadlines on while bytes flow, so that a peer
// may be slow but not asleep. Setting one costs little but not nothing, so it
// is done at most once a second, or eight times in a short limit.
type deadlines struct {
	set   func(time.Time) error
	stall time.Duration
	last  time.Time
}

func (d *deadlines) extend() {
	if now := time.Now(); now.Sub(d.last) >= min(time.Second, d.stall/8) {
		d.last = now
		_ = d.set(now.Add(d.stall)) // not every transport has deadlines
	}
}

// clear takes the deadline away: the connection lives on after the request.
func (d *deadlines) clear() { _ = d.set(time.Time{}) }
