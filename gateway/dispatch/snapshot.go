package dispatch

import (
	"cmp"
	"slices"
	"time"

	"congvan/gateway"
)

// Snapshot is what a dispatcher is doing at a moment.
type Snapshot struct {
	Healthy  int       `json:"healthy"` // running calls to parties in good health
	Suspect  int       `json:"suspect"` // running calls to suspect parties
	Parked   int       `json:"parked"`  // calls that have been running for long
	Waiting  int       `json:"waiting"` // receivers known to have something due
	Circuits []Circuit `json:"circuits,omitempty"`
}

// Circuit is the breaker of a receiver or endpoint that is in trouble or slow.
type Circuit struct {
	Route    string           `json:"route"`
	Receiver gateway.AgencyID `json:"receiver,omitempty"` // or
	Endpoint string           `json:"endpoint,omitempty"`
	State    CircuitState     `json:"state"`
	Failures int              `json:"failures"`       // in a row
	Until    time.Time        `json:"until,omitzero"` // when it is open
	Running  int              `json:"running"`
	Slow     int              `json:"slow"` // of them, for longer than SlowAfter
}

// Snapshot says what is running and who is in trouble, in the order of routes and names.
func (d *Dispatcher) Snapshot() Snapshot { return d.board.snapshot(time.Now()) }

func (b *board) snapshot(now time.Time) Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Snapshot{
		Healthy: b.used[shareHealthy], Suspect: b.used[shareSuspect], Parked: b.used[shareParked],
		Waiting: len(b.candidates),
	}
	for k, p := range b.parties {
		if p.suspect() {
			s.Circuits = append(s.Circuits, circuitOf(k, p, now))
		}
	}
	slices.SortFunc(s.Circuits, func(x, y Circuit) int {
		return cmp.Or(cmp.Compare(x.Route, y.Route), cmp.Compare(x.Endpoint, y.Endpoint), cmp.Compare(x.Receiver, y.Receiver))
	})
	return s
}

func circuitOf(k partyKey, p *party, now time.Time) Circuit {
	c := Circuit{
		Route: k.route, Receiver: k.receiver, Endpoint: k.endpoint, State: p.circuit.state(now),
		Failures: p.circuit.failures, Running: p.running, Slow: p.slow,
	}
	if c.State == CircuitOpen {
		c.Until = p.circuit.until
	}
	return c
}
