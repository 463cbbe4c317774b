package dispatch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"congvan/gateway"
)

// Dispatcher hands due deliveries over to carriers. Several may share one queue,
// each with an owner name of its own; limits and breakers are each one's own.
type Dispatcher struct {
	Options
	board  *board
	routes []string
	wake   chan struct{} // a slot or a claim became free
	began  atomic.Bool
	calls  sync.WaitGroup
}

// New makes a Dispatcher. It fails when something required is missing, or when a
// lease would be shorter than an attempt.
func New(o Options) (*Dispatcher, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Dispatcher{
		Options: o,
		board:   newBoard(o),
		routes:  slices.Sorted(maps.Keys(o.Carriers)),
		wake:    make(chan struct{}, 1),
	}, nil
}

// Run works until ctx ends and then returns nil, after all that it started has
// ended. It may be called once.
func (d *Dispatcher) Run(ctx context.Context) error {
	if d.began.Swap(true) {
		return errors.New("dispatch: Run was called twice")
	}
	calls, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var own sync.WaitGroup
	own.Go(func() { d.sweep(ctx) })
	own.Go(func() { d.schedule(ctx, calls) })
	own.Wait()
	grace := time.AfterFunc(d.Times.Grace, stop)
	defer grace.Stop()
	d.calls.Wait()
	return nil
}

// schedule looks for due receivers and starts calls until ctx ends.
func (d *Dispatcher) schedule(ctx, calls context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	s := &look{d: d, stale: true}
	for ctx.Err() == nil {
		// Taken before the queue is read, so that nothing that comes after is missed.
		changed := d.Changed()
		timer.Reset(s.step(ctx, calls))
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-changed:
			s.stale = true
		case <-timer.C:
		}
	}
}

// look is the scheduler's memory of the queue.
type look struct {
	d         *Dispatcher
	at        time.Time // of the last look
	stale     bool      // there may be something new
	truncated bool      // there is more than was read
	started   bool      // calls began since
}

// step looks again if that is due, starts what it can, and says how long to
// wait if nothing happens.
func (s *look) step(ctx, calls context.Context) time.Duration {
	d, now := s.d, time.Now()
	d.board.park(now)
	s.stale = s.stale || now.Sub(s.at) >= d.Times.Poll
	if s.stale && now.Sub(s.at) >= d.Times.Hint {
		s.read(ctx)
	}
	for _, k := range d.board.start(time.Now()) {
		s.started = true
		d.calls.Go(func() { d.work(calls, k) })
	}
	if s.truncated && s.started && d.board.blocked(time.Now()) {
		s.stale = true // the rest of the list may hold somebody who may go
	}
	if s.stale {
		return d.Times.Hint
	}
	return d.Times.Poll
}

// read lists who has something due. When the list is cut off and nobody on it
// may go, others may hide behind them: it reads on, twice as many.
func (s *look) read(ctx context.Context) {
	d := s.d
	s.at, s.stale, s.truncated, s.started = time.Now(), false, false, false
	for limit := d.Limits.Receivers; ; limit *= 2 {
		due, err := d.dueReceivers(ctx, limit)
		if err != nil {
			d.storeFailed(ctx, "list due receivers", err)
			d.board.clear()
			return
		}
		d.board.list(due)
		s.truncated = len(due) >= limit
		if !s.truncated || limit >= maxReceivers || !d.board.blocked(time.Now()) {
			return
		}
	}
}

func (d *Dispatcher) dueReceivers(ctx context.Context, limit int) ([]gateway.Due, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Times.Store)
	defer cancel()
	return d.Queue.DueReceivers(ctx, d.routes, moment(), limit)
}

// storeFailed tells of a call of the queue that failed, unless it failed because we stop.
func (d *Dispatcher) storeFailed(ctx context.Context, doing string, err error) {
	if ctx.Err() != nil {
		return
	}
	d.Count(CountStoreErrors, "", 1)
	d.Log.WarnContext(ctx, "dispatch: the queue failed", "doing", doing, "error", err)
}

// poke wakes the scheduler.
func (d *Dispatcher) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// moment is now, in the precision that the store keeps.
func moment() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
