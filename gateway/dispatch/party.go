package dispatch

import (
	"time"

	"congvan/gateway"
)

// partyKey names somebody at the other end: a receiver, or an endpoint that
// several receivers share. Exactly one of the two names is set.
type partyKey struct {
	route    string
	receiver gateway.AgencyID
	endpoint string
}

// party is what is known of a receiver or endpoint. Those in good health with
// nothing to do are forgotten.
type party struct {
	key     partyKey
	limit   int // calls at the same time
	circuit circuit
	running int // calls, slow ones included
	slow    int // calls that have been running for longer than SlowAfter
}

// suspect says that the party may be dead: what it gets must not keep others waiting.
func (p *party) suspect() bool { return p.circuit.failures > 0 || p.slow > 0 }

// admits says whether one more call of a lane may begin. After a failure one
// call at a time is enough to find out more. An urgent letter need not wait for
// the end of ordinary ones: there is room for one call beyond the limit.
func (p *party) admits(now time.Time, lane int) bool {
	limit := p.limit
	switch {
	case p.circuit.failures > 0:
		limit = 1
	case lane > 0:
		limit++
	}
	return p.running < limit && p.circuit.admits(now)
}

// idle says that there is nothing worth remembering.
func (p *party) idle() bool { return p.running == 0 && p.circuit == circuit{} }

// share is what a call's slot is counted against.
type share int

const (
	shareHealthy share = iota
	shareSuspect
	shareParked
	shares // their number
)

// health is what a call told about the parties.
type health int

const (
	healthUnknown        health = iota // nothing: it did not get that far, or the fault was ours
	healthAnswered                     // the other side answered, whatever it said
	healthEndpointFailed               // the system failed through which the receiver is reached
	healthReceiverFailed               // the receiver failed, and the endpoint works
)

// call is one attempt from admission to release.
type call struct {
	target  target
	started time.Time
	share   share
	slow    bool
	members []member // the receiver, then the endpoint if there is one
}

// member is a party's part in a call.
type member struct {
	party *party
	probe bool
}

// target is whom a call is for.
type target struct {
	route    string
	receiver gateway.AgencyID
}
