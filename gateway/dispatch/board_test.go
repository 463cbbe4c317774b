package dispatch

import (
	"testing"
	"time"

	"congvan/gateway"
)

func TestBoardAsksOnceAtATime(t *testing.T) {
	b := newBoard(Options{}.withDefaults())
	b.list([]gateway.Due{{Route: "mail", Receiver: agency(1)}})
	now := time.Unix(0, 0)
	first := b.start(now)
	if again := b.start(now); len(first) != 1 || len(again) != 0 {
		t.Fatalf("%d calls, and %d before the queue has answered", len(first), len(again))
	}
	b.claimed(first[0], 0)
	second := b.start(now)
	if len(second) != 1 {
		t.Fatalf("%d calls after a claim that found something", len(second))
	}
	b.empty(second[0])
	b.release(second[0], healthUnknown, 0, now)
	if third := b.start(now); len(third) != 0 {
		t.Errorf("%d calls after a claim that found nothing", len(third))
	}
}

// TestBoardLearns has one call of a receiver behind a shared endpoint, and says
// whose breaker it moves.
func TestBoardLearns(t *testing.T) {
	tests := []struct {
		name               string
		health             health
		receiver, endpoint int // failures in a row afterwards, one each before
	}{
		{"answered", healthAnswered, 0, 0},
		{"nothing learned", healthUnknown, 1, 1},
		{"the endpoint failed", healthEndpointFailed, 1, 2},
		{"the receiver failed", healthReceiverFailed, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Carriers: map[string]Carrier{"axis": shared{}}}.withDefaults()
			b, now := newBoard(o), time.Unix(0, 0)
			for _, p := range b.partiesOf(target{"axis", agency(1)}) {
				p.circuit.failures = 1
				b.parties[p.key] = p
			}
			b.list([]gateway.Due{{Route: "axis", Receiver: agency(1)}})
			calls := b.start(now)
			if len(calls) != 1 || calls[0].share != shareSuspect {
				t.Fatalf("calls: %+v", calls)
			}
			b.release(calls[0], tt.health, 0, now)
			m := calls[0].members
			if r, e := m[0].party.circuit.failures, m[1].party.circuit.failures; r != tt.receiver || e != tt.endpoint {
				t.Errorf("failures of the receiver %d and of the endpoint %d, want %d and %d", r, e, tt.receiver, tt.endpoint)
			}
			if b.used != [shares]int{} || m[0].party.running != 0 || m[1].party.running != 0 {
				t.Errorf("slots are still taken: %v", b.used)
			}
		})
	}
}

func TestBoardForgetsTheHealthy(t *testing.T) {
	b, now := newBoard(Options{}.withDefaults()), time.Unix(0, 0)
	for i := range 100 {
		b.list([]gateway.Due{{Route: "mail", Receiver: agency(i)}})
		for _, k := range b.start(now) {
			b.claimed(k, 0)
			b.release(k, healthAnswered, 0, now)
		}
	}
	if n := len(b.parties); n > 1 {
		t.Errorf("%d parties are remembered", n)
	}
}
