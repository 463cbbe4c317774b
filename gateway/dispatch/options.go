package dispatch

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"congvan/gateway"
)

// Options are what a Dispatcher is made of. Queue, Carriers, Open and Owner are
// required; zero fields elsewhere take the defaults.
type Options struct {
	Queue    gateway.Queue
	Carriers map[string]Carrier // by route; never gateway.RouteInbox
	Open     Opener
	Owner    string // of leases: the name of this process among its peers, new at each start
	Log      *slog.Logger

	// Changed gives a channel that is closed when there may be something new; nil means polling only.
	Changed func() <-chan struct{}
	// Count adds to a counter of a route; nil counts nothing. It returns at once.
	Count func(c Counter, route string, n int)

	Limits  Limits
	Times   Times
	Backoff Backoff
	Breaker Breaker
}

// Limits bound how many calls run at the same time.
type Limits struct {
	PerReceiver  int // to one receiver; default 2
	PerEndpoint  int // to one endpoint that receivers share; default 8, less than Slots
	Slots        int // to parties in good health; default 16
	UrgentSlots  int // beyond Slots, for urgent letters only; default 4
	SuspectSlots int // to suspect parties; default 8
	Parked       int // calls that have been running for longer than Times.SlowAfter; default 64
	Receivers    int // receivers read from the queue at once, when none is blocked; default 1,000
}

// Times are the durations that a dispatcher keeps to.
type Times struct {
	Lease     time.Duration // of a claim; default 6 min
	Attempt   time.Duration // of one call of Carry; default 5 min
	Confirm   time.Duration // of one call of Confirm; default 20 s
	SlowAfter time.Duration // a call that runs for longer is parked; default 10 s
	Poll      time.Duration // between looks at the queue without a hint; default 2 s
	Hint      time.Duration // the shortest time between two looks; default 50 ms
	Expire    time.Duration // between sweeps for expired deliveries; default 1 min
	Grace     time.Duration // for running calls when stopping; default 20 s
	Store     time.Duration // of one call of the queue; default 5 s
}

// maxReceivers bounds how many due receivers are read at once when breakers hide
// many of them: more than a country's directory has.
const maxReceivers = 1 << 18

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Changed == nil {
		o.Changed = func() <-chan struct{} { return nil }
	}
	if o.Count == nil {
		o.Count = func(Counter, string, int) {}
	}
	o.Limits = o.Limits.withDefaults()
	o.Times = o.Times.withDefaults()
	o.Backoff = o.Backoff.withDefaults()
	o.Breaker = o.Breaker.withDefaults()
	return o
}

func (l Limits) withDefaults() Limits {
	l.PerReceiver = orDefault(l.PerReceiver, 2)
	l.Slots = orDefault(l.Slots, 16)
	l.PerEndpoint = orDefault(l.PerEndpoint, max(1, l.Slots/2))
	l.UrgentSlots = orDefault(l.UrgentSlots, 4)
	l.SuspectSlots = orDefault(l.SuspectSlots, 8)
	l.Parked = orDefault(l.Parked, 64)
	l.Receivers = orDefault(l.Receivers, 1000)
	return l
}

func (t Times) withDefaults() Times {
	t.Lease = orDefault(t.Lease, 6*time.Minute)
	t.Attempt = orDefault(t.Attempt, 5*time.Minute)
	t.Confirm = orDefault(t.Confirm, 20*time.Second)
	t.SlowAfter = orDefault(t.SlowAfter, 10*time.Second)
	t.Poll = orDefault(t.Poll, 2*time.Second)
	t.Hint = orDefault(t.Hint, 50*time.Millisecond)
	t.Expire = orDefault(t.Expire, time.Minute)
	t.Grace = orDefault(t.Grace, 20*time.Second)
	t.Store = orDefault(t.Store, 5*time.Second)
	return t
}

// needed is how long a claim may take at most, from asking for it to the first
// try at writing down how it ended: claim, confirm, carry, confirm, finish.
func (t Times) needed() time.Duration { return 2*t.Store + t.Attempt + 2*t.Confirm }

func (o Options) check() error {
	if o.Queue == nil || o.Open == nil || o.Owner == "" || len(o.Carriers) == 0 {
		return errors.New("dispatch: Queue, Carriers, Open and Owner are required")
	}
	if _, ok := o.Carriers[gateway.RouteInbox]; ok {
		return errors.New("dispatch: the inbox is no carrier's route")
	}
	for route, c := range o.Carriers {
		if c == nil {
			return fmt.Errorf("dispatch: route %q has no carrier", route)
		}
	}
	return errors.Join(o.Limits.check(), o.Times.check(), o.Backoff.check(), o.Breaker.check())
}

func (l Limits) check() error {
	if min(l.PerReceiver, l.PerEndpoint, l.Slots, l.SuspectSlots, l.Receivers) < 1 || min(l.Parked, l.UrgentSlots) < 0 {
		return errors.New("dispatch: a limit is below 1")
	}
	return nil
}

func (t Times) check() error {
	if min(t.Lease, t.Attempt, t.Confirm, t.SlowAfter, t.Poll, t.Hint, t.Expire, t.Grace, t.Store) <= 0 {
		return errors.New("dispatch: a duration is not positive")
	}
	if t.Lease < t.needed() {
		return fmt.Errorf("dispatch: a lease of %v is shorter than one attempt can take, %v", t.Lease, t.needed())
	}
	return nil
}

func (b Backoff) check() error {
	if b.Base <= 0 || b.MaxAttempts < 0 || b.MaxRetryAfter <= 0 {
		return errors.New("dispatch: a bound of the backoff is not positive")
	}
	return nil
}

func (b Breaker) check() error {
	if b.Failures < 1 || b.CoolDown <= 0 {
		return errors.New("dispatch: a bound of the breaker is not positive")
	}
	return nil
}

// Counter names something that is counted.
type Counter string

// What Options.Count counts.
const (
	CountSent        Counter = "sent"         // handed over
	CountRetried     Counter = "retried"      // queued again
	CountFailed      Counter = "failed"       // refused or given up
	CountHeld        Counter = "held"         // wait for a person
	CountInterrupted Counter = "interrupted"  // claims whose earlier attempt never ended
	CountConfirmed   Counter = "confirmed"    // in doubt, and found at the other side
	CountExpired     Counter = "expired"      // not taken in time; of no route
	CountLeaseLost   Counter = "lease_lost"   // ended after somebody else had the delivery
	CountUnrecorded  Counter = "unrecorded"   // how it ended could not be written down
	CountOpened      Counter = "opened"       // breakers that opened
	CountStoreErrors Counter = "store_errors" // calls of the queue that failed
	CountPanics      Counter = "panics"       // of carriers
)

// draw is the jitter's source; safe for concurrent use.
func draw() float64 { return rand.Float64() }
