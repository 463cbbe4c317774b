package demo

import (
	"sync"

	"congvan/gateway"
)

// Tally is what came of it all. Delivered, Lost and Duplicated come from comparing the hashes
// that senders and receivers kept; Returned and Recalled are what the senders' timelines say.
type Tally struct {
	Accepted     int `json:"accepted"`     // messages that the gateway took
	Delivered    int `json:"delivered"`    // messages that reached a receiver with the sender's hash
	Acknowledged int `json:"acknowledged"` // of them, taken over by the receiver's software
	Refused      int `json:"refused"`      // submissions refused at the door
	Returned     int `json:"returned"`     // letters returned by their receiver (02)
	Recalled     int `json:"recalled"`     // deliveries taken back, before or after they were read
	Archived     int `json:"archived"`     // messages whose record stands in the archive
	Lost         int `json:"lost"`         // should have arrived, and did not
	Duplicated   int `json:"duplicated"`   // arrived more than once, or where they should not

	Signed        int `json:"signed"`         // letters accepted whose PDF bears a person's signature and a seal
	Verified      int `json:"verified"`       // letters whose receiver found both of these valid
	ForgedRefused int `json:"forged_refused"` // of the refused, those that were altered after they were signed
}

// mark is one message at one receiver.
type mark struct {
	sum      string
	receiver gateway.AgencyID
}

// ledger keeps what was sent and what arrived, each side by itself.
type ledger struct {
	mu       sync.Mutex
	expected map[mark]int
	arrived  map[mark]int
	acked    map[mark]int
	messages []gateway.MessageID
	sender   map[gateway.MessageID]gateway.AgencyID
	refused  int
	signed   int
	verified int
	forged   int
}

func newLedger() *ledger {
	return &ledger{
		expected: map[mark]int{}, arrived: map[mark]int{}, acked: map[mark]int{}, sender: map[gateway.MessageID]gateway.AgencyID{},
	}
}

// expect notes that an office's message was accepted and where it must arrive. An agency that
// stands twice gets it twice: once for itself, once for the agency it represents.
func (l *ledger) expect(id gateway.MessageID, from gateway.AgencyID, sum string, receivers ...gateway.AgencyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(l.messages, id)
	l.sender[id] = from
	for _, r := range receivers {
		l.expected[mark{sum, r}]++
	}
}

// forget takes an expectation back: the letter was recalled before it was read.
func (l *ledger) forget(sum string, receiver gateway.AgencyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expected[mark{sum, receiver}]--
}

func (l *ledger) arrive(a *arrival, receiver gateway.AgencyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived[mark{a.sum, receiver}]++
	if len(a.signatures) > 0 {
		l.verified++
	}
}

func (l *ledger) ack(sum string, receiver gateway.AgencyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[mark{sum, receiver}]++
}

func (l *ledger) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
}

func (l *ledger) forge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forged++
}

func (l *ledger) sign() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signed++
}

// tally compares both sides.
func (l *ledger) tally() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := Tally{Accepted: len(l.messages), Refused: l.refused, Signed: l.signed, Verified: l.verified, ForgedRefused: l.forged}
	for m, want := range l.expected {
		got := l.arrived[m]
		t.Delivered += min(want, got)
		t.Lost += max(0, want-got)
	}
	for m, got := range l.arrived {
		t.Duplicated += max(0, got-l.expected[m])
	}
	for _, n := range l.acked {
		t.Acknowledged += n
	}
	return t
}
