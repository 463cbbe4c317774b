package vxp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"runtime"
	"strings"
	"testing"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// bulk is a gateway with one huge letter, which it neither keeps nor holds.
type bulk struct {
	*memory
	size int64
}

func (b bulk) Accept(_ context.Context, _ gateway.Principal, s gateway.Submission) (*gateway.Acceptance, error) {
	n, err := io.Copy(io.Discard, s.Body)
	if err == nil && n != b.size {
		err = gateway.Errorf(gateway.CodeTruncated, "", "%d bytes", n)
	}
	return &gateway.Acceptance{Message: "m-1"}, err
}

func (b bulk) Fetch(context.Context, gateway.Principal, gateway.Item) (*gateway.Content, error) {
	return &gateway.Content{Size: b.size, WriterTo: b}, nil
}

func (b bulk) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, b.reader()) }

func (b bulk) reader() io.Reader {
	return io.LimitReader(&endless{block: []byte(strings.Repeat("<v>văn bản</v>\r\n", 100))}, b.size)
}

// endless repeats a block.
type endless struct {
	block []byte
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.block[e.at:])
	e.at = (e.at + n) % len(e.block)
	return n, nil
}

// TestMemoryStaysFlat: what both sides allocate together for a letter does not grow with it.
func TestMemoryStaysFlat(t *testing.T) {
	b := bulk{memory: newMemory(), size: 48 << 20}
	o := options(t, b.memory)
	o.Gateway = b
	c := clientOf(start(t, o))
	h := sha256.New()
	if _, err := io.Copy(h, b.reader()); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Send(t.Context(), Upload{Kind: edxml.KindDocument, Body: b.reader(), Size: b.size, SHA256: hex.EncodeToString(h.Sum(nil))})
	if err != nil {
		t.Fatal(err)
	}
	for _, get := range []func(context.Context, string) (io.ReadCloser, error){c.Get, c.Download} {
		r, err := get(t.Context(), "d-1")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != b.size || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		r.Close()
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("%d bytes allocated for three times %d", got, b.size)
	}
}
