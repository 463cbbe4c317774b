package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"congvan/gateway"
)

// content opens a message's bytes for one attempt and watches how much of them
// the carrier took, since that decides what a failure means.
type content struct {
	open Opener
	msg  gateway.Message

	mu    sync.Mutex // a carrier may read in a goroutine of its own
	read  int64      // bytes read from the one opened last
	size  int64      // of the one opened last
	any   bool       // a byte was read from any of them
	fault error      // the first failure of ours to open or read
}

// Open is Parcel.Open.
func (c *content) Open(ctx context.Context) (Body, error) {
	b, err := c.open(ctx, c.msg)
	if err != nil {
		err = fmt.Errorf("open message %s: %w", c.msg.ID, err)
		c.fail(ctx, err)
		return Body{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read, c.size = 0, b.Size
	b.ReadCloser = &watched{ctx: ctx, content: c, r: b.ReadCloser}
	return b, nil
}

// fail keeps a failure of ours; a reader that stops because its context ended is none.
func (c *content) fail(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault == nil && ctx.Err() == nil {
		c.fault = err
	}
}

func (c *content) took(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read += int64(n)
	c.any = c.any || n > 0
}

// touched says whether the carrier read a byte.
func (c *content) touched() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.any
}

// broken gives the failure of ours, if there was one.
func (c *content) broken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// partly says that the carrier began to read what it opened last and did not finish.
func (c *content) partly() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read > 0 && c.read != c.size
}

// damaged says that stored bytes are lost or do not match their hash.
func damaged(err error) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Code == gateway.CodeDamaged || errors.Is(err, gateway.ErrNotFound)
}

// watched counts what is read from one opening.
type watched struct {
	ctx     context.Context
	content *content
	r       io.ReadCloser
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.content.took(n)
	if err != nil && !errors.Is(err, io.EOF) {
		w.content.fail(w.ctx, err)
	}
	return n, err
}

func (w *watched) Close() error { return w.r.Close() }
