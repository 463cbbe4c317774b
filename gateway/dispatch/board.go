package dispatch

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"congvan/gateway"
)

// board knows who has something due, what is running, and who is in trouble;
// from that it decides which call begins next. It is safe for concurrent use.
type board struct {
	limits   Limits
	breaker  Breaker
	slow     time.Duration
	carriers map[string]Carrier

	mu         sync.Mutex
	parties    map[partyKey]*party
	calls      map[*call]struct{}
	used       [shares]int
	candidates []*candidate // the greatest lane first
	byTarget   map[target]*candidate
	serial     uint64
}

// candidate is a receiver that has something due, as far as is known.
type candidate struct {
	target   target
	lane     int
	served   uint64 // when it was last given a call; greater is later
	claiming bool   // a call of it is asking the queue; there may be nothing left
}

func newBoard(o Options) *board {
	return &board{
		limits: o.Limits, breaker: o.Breaker, slow: o.Times.SlowAfter, carriers: o.Carriers,
		parties:  map[partyKey]*party{},
		calls:    map[*call]struct{}{},
		byTarget: map[target]*candidate{},
	}
}

// list takes over what the queue says is due. Who was served when is kept for
// the receivers that are still listed.
func (b *board) list(due []gateway.Due) {
	b.mu.Lock()
	defer b.mu.Unlock()
	earlier := b.byTarget
	b.byTarget = make(map[target]*candidate, len(due))
	b.candidates = b.candidates[:0]
	for _, d := range due {
		t := target{d.Route, d.Receiver}
		c := earlier[t]
		if c == nil {
			c = &candidate{target: t}
		}
		c.lane = d.Lane
		b.byTarget[t] = c
		b.candidates = append(b.candidates, c)
	}
	b.forget()
}

// forget drops the parties that are in good health and have nothing to do.
func (b *board) forget() {
	for k, p := range b.parties {
		if p.idle() {
			delete(b.parties, k)
		}
	}
}

// clear drops the list: the queue cannot be asked now.
func (b *board) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.candidates = nil
	clear(b.byTarget)
}

// start admits as many calls as there is room for, each receiver's next at most.
func (b *board) start(now time.Time) []*call {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full() {
		return nil
	}
	slices.SortStableFunc(b.candidates, func(x, y *candidate) int {
		return cmp.Or(cmp.Compare(y.lane, x.lane), cmp.Compare(x.served, y.served))
	})
	var calls []*call
	for _, c := range b.candidates {
		if k := b.admit(c, now); k != nil {
			calls = append(calls, k)
		}
		if b.full() {
			break
		}
	}
	return calls
}

// blocked says that slots are free, but nobody on the list may use them now.
func (b *board) blocked(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full() {
		return false
	}
	for _, c := range b.candidates {
		if c.claiming {
			return false
		}
		if _, _, ok := b.room(c, now); ok {
			return false
		}
	}
	return true
}

// full says that no slot is left for anybody.
func (b *board) full() bool {
	return b.used[shareHealthy] >= b.limits.Slots+b.limits.UrgentSlots && b.used[shareSuspect] >= b.limits.SuspectSlots
}

// room finds the parties of a candidate's next call and the share that its
// slot comes from; false when it has to wait.
func (b *board) room(c *candidate, now time.Time) ([]*party, share, bool) {
	if c.claiming {
		return nil, 0, false
	}
	from, parties := shareHealthy, b.partiesOf(c.target)
	for _, p := range parties {
		if !p.admits(now, c.lane) {
			return nil, 0, false
		}
		if p.suspect() {
			from = shareSuspect
		}
	}
	return parties, from, b.used[from] < b.slots(from, c.lane)
}

// slots is the size of a share for calls of a lane.
func (b *board) slots(s share, lane int) int {
	switch {
	case s == shareSuspect:
		return b.limits.SuspectSlots
	case lane > 0:
		return b.limits.Slots + b.limits.UrgentSlots
	}
	return b.limits.Slots
}

func (b *board) admit(c *candidate, now time.Time) *call {
	parties, from, ok := b.room(c, now)
	if !ok {
		return nil
	}
	b.serial++
	c.served, c.claiming = b.serial, true
	k := &call{target: c.target, started: now, share: from}
	for _, p := range parties {
		p.running++
		b.parties[p.key] = p
		k.members = append(k.members, member{p, p.circuit.begin(now)})
	}
	b.used[from]++
	b.calls[k] = struct{}{}
	return k
}

// partiesOf gives the parties of a call: the receiver, then its endpoint.
func (b *board) partiesOf(t target) []*party {
	parties := []*party{b.party(partyKey{route: t.route, receiver: t.receiver}, b.limits.PerReceiver)}
	if e, ok := b.carriers[t.route].(Endpointer); ok {
		if name := e.Endpoint(t.receiver); name != "" {
			parties = append(parties, b.party(partyKey{route: t.route, endpoint: name}, b.limits.PerEndpoint))
		}
	}
	return parties
}

// party finds a party, or makes one that is remembered only once it has a call.
func (b *board) party(k partyKey, limit int) *party {
	if p, ok := b.parties[k]; ok {
		return p
	}
	return &party{key: k, limit: limit}
}

// claimed notes that a call got a delivery of a lane, so that there may be more.
func (b *board) claimed(k *call, lane int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.byTarget[k.target]; c != nil {
		c.claiming, c.lane = false, lane
	}
}

// empty notes that a call found nothing to claim.
func (b *board) empty(k *call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.byTarget[k.target]; c != nil {
		c.claiming = false
		delete(b.byTarget, k.target)
		b.candidates = slices.DeleteFunc(b.candidates, func(x *candidate) bool { return x == c })
	}
}

// park takes the slots back from calls that have been running for too long.
func (b *board) park(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range b.calls {
		if now.Sub(k.started) < b.slow {
			continue
		}
		if !k.slow {
			k.slow = true
			for _, m := range k.members {
				m.party.slow++
			}
		}
		if k.share != shareParked && b.used[shareParked] < b.limits.Parked {
			b.used[k.share]--
			b.used[shareParked]++
			k.share = shareParked
		}
	}
}

// release ends a call and notes what it told about the parties. Pause is how
// long the other side asks to be left alone. It says how many breakers opened.
func (b *board) release(k *call, h health, pause time.Duration, now time.Time) (opened int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, k)
	b.used[k.share]--
	for i, m := range k.members {
		m.party.running--
		if k.slow {
			m.party.slow--
		}
		if b.learn(m, h, i == len(k.members)-1, pause, now) {
			opened++
		}
	}
	return opened
}

// learn notes what a call told about one of its parties. The last one answers
// for the way to the receiver: its endpoint, or the receiver when it has no other.
func (b *board) learn(m member, h health, last bool, pause time.Duration, now time.Time) (opened bool) {
	c, isReceiver := &m.party.circuit, m.party.key.receiver != ""
	switch {
	case h == healthReceiverFailed && isReceiver, h == healthEndpointFailed && last:
		return c.fail(b.breaker, now, m.probe, pause)
	case h == healthReceiverFailed, h == healthAnswered:
		c.succeed()
	default:
		c.abandon(m.probe)
	}
	return false
}
