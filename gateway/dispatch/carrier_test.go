package dispatch

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"congvan/gateway"
)

const letter = "<edXML>a letter</edXML>"

// peer is the other side: what it took, and what it does with the next parcel.
type peer struct {
	mu      sync.Mutex
	taken   map[gateway.DeliveryID]int // how often it took a delivery
	order   []gateway.DeliveryID       // of taking
	calls   map[gateway.AgencyID]int   // of Carry
	running int
	most    int // calls at the same time
	// carry answers one call; nil takes the letter.
	carry func(ctx context.Context, p Parcel) (Answer, error)
}

func newPeer(carry func(ctx context.Context, p Parcel) (Answer, error)) *peer {
	return &peer{taken: map[gateway.DeliveryID]int{}, calls: map[gateway.AgencyID]int{}, carry: carry}
}

func (r *peer) Carry(ctx context.Context, p Parcel) (Answer, error) {
	r.mu.Lock()
	r.calls[p.Delivery.Receiver]++
	r.running++
	r.most = max(r.most, r.running)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.running--
		r.mu.Unlock()
	}()
	if r.carry != nil {
		return r.carry(ctx, p)
	}
	return r.take(ctx, p)
}

// take reads the letter and keeps it.
func (r *peer) take(ctx context.Context, p Parcel) (Answer, error) {
	if err := readAll(ctx, p); err != nil {
		return Answer{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken[p.Delivery.ID]++
	r.order = append(r.order, p.Delivery.ID)
	return Answer{RemoteID: "remote-" + string(p.Delivery.ID), Code: "0", Text: "đã nhận"}, nil
}

func readAll(ctx context.Context, p Parcel) error {
	body, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	if err == nil && n != body.Size {
		err = fmt.Errorf("read %d bytes of %d", n, body.Size)
	}
	return err
}

func (r *peer) has(id gateway.DeliveryID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken[id]
}

// load says how many calls run, and how many ever did at the same time.
func (r *peer) load() (now, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running, r.most
}

func (r *peer) callsTo(to gateway.AgencyID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[to]
}

// asking is a peer that can be asked.
type asking struct {
	*peer
	confirm func(p Parcel) error // nil or what stands in the way of an answer
}

func (a asking) Confirm(_ context.Context, p Parcel) (bool, string, error) {
	if a.confirm != nil {
		if err := a.confirm(p); err != nil {
			return false, "", err
		}
	}
	if a.has(p.Delivery.ID) > 0 {
		return true, "remote-" + string(p.Delivery.ID), nil
	}
	return false, "", nil
}

// repeating is a peer that knows letters again.
type repeating struct{ *peer }

func (repeating) Idempotent() bool { return true }

// shared is a peer behind one endpoint.
type shared struct{ *peer }

func (shared) Endpoint(gateway.AgencyID) string { return "axis.example" }

func openLetter(context.Context, gateway.Message) (Body, error) {
	return Body{ReadCloser: io.NopCloser(strings.NewReader(letter)), Size: int64(len(letter))}, nil
}

// counts collects what a dispatcher counted.
type counts struct {
	mu sync.Mutex
	n  map[Counter]int
}

func (c *counts) add(k Counter, _ string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[Counter]int{}
	}
	c.n[k] += n
}

func (c *counts) of(k Counter) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[k]
}

// rig is a running dispatcher.
type rig struct {
	*Dispatcher
	q      *memQueue
	counts *counts
	cancel context.CancelFunc
	done   chan error
}

// start runs a dispatcher over q; call it within a synctest bubble.
func start(t testing.TB, q *memQueue, c Carrier, change func(o *Options)) *rig {
	t.Helper()
	r := &rig{q: q, counts: &counts{}, done: make(chan error, 1)}
	o := Options{
		Queue: q, Carriers: map[string]Carrier{gateway.RouteAxis: c}, Open: openLetter, Owner: "node-1",
		Changed: q.Changed, Count: r.counts.add,
	}
	if change != nil {
		change(&o)
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Dispatcher = d
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- d.Run(ctx) }()
	return r
}

// stop ends the dispatcher and waits for it.
func (r *rig) stop(t testing.TB) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// after lets d of the bubble's time pass, and all that happens in it.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
