package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"congvan/gateway"
)

// work is one call: claim a delivery, attempt it, write down how it ended.
func (d *Dispatcher) work(ctx context.Context, k *call) {
	var r result
	defer func() {
		if n := d.board.release(k, r.health, r.retryAfter, time.Now()); n > 0 {
			d.Count(CountOpened, k.target.route, n)
			d.Log.WarnContext(ctx, "dispatch: breaker opened", "route", k.target.route, "receiver", k.target.receiver, "error", r.err)
		}
		d.poke()
	}()
	now := moment()
	c, ok := d.claim(ctx, k, now)
	d.poke()
	if !ok {
		return
	}
	if c.Interrupted {
		d.Count(CountInterrupted, k.target.route, 1)
	}
	r = d.attempt(ctx, c)
	d.finish(ctx, c.Delivery, r, now.Add(d.Times.Lease))
}

// claim takes the receiver's next delivery; false when there is none.
func (d *Dispatcher) claim(ctx context.Context, k *call, now time.Time) (gateway.Claimed, bool) {
	timed, cancel := context.WithTimeout(ctx, d.Times.Store)
	defer cancel()
	claims, err := d.Queue.Claim(timed, gateway.ClaimRequest{
		Owner: d.Owner, Route: k.target.route, Receiver: k.target.receiver,
		Now: now, Lease: d.Times.Lease, Limit: 1,
	})
	switch {
	case err != nil:
		d.storeFailed(ctx, "claim", err)
		d.board.empty(k)
		d.board.clear() // the next look is the next question
	case len(claims) == 0:
		d.board.empty(k)
	default:
		d.board.claimed(k, claims[0].Delivery.Lane)
		return claims[0], true
	}
	return gateway.Claimed{}, false
}

// finish writes down how an attempt ended, trying until the lease is over.
func (d *Dispatcher) finish(ctx context.Context, v gateway.Delivery, r result, lease time.Time) {
	carrier := d.Carriers[v.Route]
	p := policy{backoff: d.Backoff, resolvable: resolvable(carrier), draw: draw()}
	f := p.decide(v, r, moment())
	f.Owner = d.Owner
	d.tell(ctx, v, f, r)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := d.tryFinish(ctx, f)
		switch {
		case err == nil:
			d.countEnd(v.Route, f.To)
			return
		case errors.Is(err, gateway.ErrConflict), errors.Is(err, gateway.ErrNotFound):
			d.Count(CountLeaseLost, v.Route, 1)
			d.Log.WarnContext(ctx, "dispatch: somebody else has the delivery", "delivery", v.ID, "to", f.To, "error", err)
			return
		}
		d.storeFailed(context.WithoutCancel(ctx), "finish", err)
		if !d.pause(ctx, wait, lease) {
			d.Count(CountUnrecorded, v.Route, 1)
			d.Log.ErrorContext(ctx, "dispatch: how an attempt ended could not be written down",
				"delivery", v.ID, "to", f.To, "class", f.Attempt.Class)
			return
		}
	}
}

// tryFinish writes once, also while stopping.
func (d *Dispatcher) tryFinish(ctx context.Context, f gateway.Finish) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Times.Store)
	defer cancel()
	return d.Queue.Finish(ctx, f)
}

// pause waits before the next try; false when the lease ends before that, or
// the process has no time left.
func (d *Dispatcher) pause(ctx context.Context, wait time.Duration, lease time.Time) bool {
	if time.Now().Add(wait).After(lease) {
		return false
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (d *Dispatcher) countEnd(route string, to gateway.DeliveryState) {
	switch to {
	case gateway.DeliverySent:
		d.Count(CountSent, route, 1)
	case gateway.DeliveryQueued:
		d.Count(CountRetried, route, 1)
	case gateway.DeliveryHeld:
		d.Count(CountHeld, route, 1)
	case gateway.DeliveryFailed:
		d.Count(CountFailed, route, 1)
	}
}

// tell logs what came of an attempt. The carrier's error goes to the log only.
func (d *Dispatcher) tell(ctx context.Context, v gateway.Delivery, f gateway.Finish, r result) {
	if errors.Is(r.err, errPanic) {
		d.Count(CountPanics, v.Route, 1)
		d.Log.ErrorContext(ctx, "dispatch: a carrier panicked", "delivery", v.ID, "route", v.Route, "error", r.err)
		return
	}
	level := slog.LevelInfo
	if f.To == gateway.DeliverySent {
		level = slog.LevelDebug // the event tells it
	}
	d.Log.Log(ctx, level, "dispatch: attempt", "delivery", v.ID, "route", v.Route, "receiver", v.Receiver,
		"class", f.Attempt.Class, "code", f.Attempt.Code, "to", f.To, "cause", f.Cause, "next", f.NextAt, "error", r.err)
}
