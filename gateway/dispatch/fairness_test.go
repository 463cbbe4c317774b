package dispatch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"congvan/gateway"
)

func agency(i int) gateway.AgencyID { return gateway.AgencyID(fmt.Sprintf("H26.99.%03d", i)) }

// TestHungReceiversDelayNobody has more hung receivers than there are slots.
func TestHungReceiversDelayNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hung = 40
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			if c.Delivery.Receiver < agency(hung) {
				<-ctx.Done()
				return Answer{}, ctx.Err()
			}
			return p.take(ctx, c)
		}
		for i := range hung {
			q.add(gateway.RouteAxis, agency(i), 4, 3) // urgent, so that they go first
		}
		first := q.add(gateway.RouteAxis, agency(hung), 0, 1)[0]
		r := start(t, q, p, nil)
		after(time.Minute)
		if p.has(first) != 1 {
			t.Errorf("a letter waits behind hung receivers that nobody knew of: %+v", r.Snapshot())
		}
		for minute := range 30 {
			id := q.add(gateway.RouteAxis, agency(hung+minute), 0, 1)[0]
			after(time.Second)
			if p.has(id) != 1 {
				t.Errorf("minute %d: a letter waits behind receivers known to hang: %+v", minute, r.Snapshot())
			}
			after(time.Minute - time.Second)
		}
		r.stop(t)
		if _, most := p.load(); most > 16+4+8+64 {
			t.Errorf("%d calls at the same time", most)
		}
	})
}

func TestSlowReceiverUsesItsOwnSlotsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			if c.Delivery.Receiver == agency(0) {
				time.Sleep(4 * time.Second)
			}
			return p.take(ctx, c)
		}
		q.add(gateway.RouteAxis, agency(0), 0, 100)
		var fast []gateway.DeliveryID
		for i := range 50 {
			fast = append(fast, q.add(gateway.RouteAxis, agency(1+i), 0, 20)...)
		}
		r := start(t, q, p, nil)
		after(time.Second)
		for _, id := range fast {
			if p.has(id) != 1 {
				t.Fatalf("%s waits behind a slow receiver", id)
			}
		}
		if now, _ := p.load(); now != 2 {
			t.Errorf("%d calls to one receiver", now)
		}
		after(5 * time.Minute)
		r.stop(t)
		if n := q.count(gateway.DeliverySent); n != 1100 {
			t.Errorf("%d sent", n)
		}
	})
}

func TestUrgentOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		var begun []int // lanes, in the order of calls
		var mu sync.Mutex
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			mu.Lock()
			begun = append(begun, c.Delivery.Lane)
			wait := time.Duration(900+len(begun)) * time.Millisecond // no two end together
			mu.Unlock()
			time.Sleep(wait)
			return p.take(ctx, c)
		}
		for i := range 10 {
			q.add(gateway.RouteAxis, agency(i), 0, 10)
		}
		r := start(t, q, p, func(o *Options) { o.Limits = Limits{PerReceiver: 1, Slots: 2, UrgentSlots: 1} })
		after(3500 * time.Millisecond)
		before := len(begun)
		for lane := range 5 {
			q.add(gateway.RouteAxis, agency(3), lane, 1)       // behind ordinary letters
			q.add(gateway.RouteAxis, agency(20+lane), lane, 1) // to a receiver of their own
		}
		after(10 * time.Second)
		if got, want := begun[before:before+8], []int{4, 4, 3, 3, 2, 2, 1, 1}; !slices.Equal(got, want) {
			t.Errorf("lanes go in the order %v, want %v", got, want)
		}
		r.stop(t)
	})
}

func TestEqualReceiversTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			time.Sleep(time.Second)
			return p.take(ctx, c)
		}
		for i := range 8 {
			q.add(gateway.RouteAxis, agency(i), 0, 100)
		}
		r := start(t, q, p, func(o *Options) { o.Limits = Limits{Slots: 2} })
		after(100 * time.Second)
		r.cancel()
		for i := range 8 {
			if n := p.callsTo(agency(i)); n < 20 || n > 30 {
				t.Errorf("%s got %d of 200 calls, want about 25", agency(i), n)
			}
		}
		<-r.done
	})
}

func TestBreakerUsesUpNoAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p, up := newMemQueue(), newPeer(nil), time.Now().Add(3*time.Hour)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			if time.Now().Before(up) && c.Delivery.Receiver == agency(0) {
				return Answer{}, Temporary("503", "", nil)
			}
			return p.take(ctx, c)
		}
		r := start(t, q, p, nil)
		ids := q.add(gateway.RouteAxis, agency(0), 0, 200)
		after(time.Minute)
		s := r.Snapshot()
		if len(s.Circuits) != 1 || s.Circuits[0].Receiver != agency(0) || s.Circuits[0].State == CircuitClosed {
			t.Errorf("circuits: %+v", s.Circuits)
		}
		other := q.add(gateway.RouteAxis, agency(1), 0, 1)[0]
		after(time.Second)
		if p.has(other) != 1 {
			t.Error("an open breaker delays another receiver")
		}
		after(3*time.Hour - 2*time.Minute)
		// 5 failures open it; then one probe each 30 s, 1 min, 2 min … 10 min.
		if n := p.callsTo(agency(0)); n < 15 || n > 30 {
			t.Errorf("%d calls to a dead receiver in three hours", n)
		}
		used := 0
		for _, id := range ids {
			used += q.get(t, id).Attempts
		}
		if used != p.callsTo(agency(0)) {
			t.Errorf("%d attempts used up by %d calls", used, p.callsTo(agency(0)))
		}
		after(75 * time.Minute) // the longest wait of a delivery, and the longest cool-down
		r.stop(t)
		if n := q.count(gateway.DeliverySent); n != 201 {
			t.Errorf("%d of 201 sent after the receiver came back", n)
		}
		if s := r.Snapshot(); len(s.Circuits) != 0 {
			t.Errorf("circuits in the end: %+v", s.Circuits)
		}
	})
}

// TestSharedEndpoint has many receivers behind one system.
func TestSharedEndpoint(t *testing.T) {
	t.Run("it is down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			q := newMemQueue()
			p := newPeer(func(context.Context, Parcel) (Answer, error) { return Answer{}, Temporary("502", "", nil) })
			for i := range 300 {
				q.add(gateway.RouteAxis, agency(i), 0, 1)
			}
			r := start(t, q, shared{p}, nil)
			after(10 * time.Second)
			s, calls := r.Snapshot(), 0
			for i := range 300 {
				calls += p.callsTo(agency(i))
			}
			if calls > 8+5 || len(s.Circuits) != 1 || s.Circuits[0].Endpoint != "axis.example" {
				t.Errorf("%d calls, circuits %+v", calls, s.Circuits)
			}
			r.stop(t)
		})
	})
	t.Run("one receiver is in trouble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			q, p := newMemQueue(), newPeer(nil)
			p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
				if c.Delivery.Receiver == agency(0) {
					return Answer{}, Temporary("23", "", nil).OfReceiver()
				}
				return p.take(ctx, c)
			}
			q.add(gateway.RouteAxis, agency(0), 4, 50)
			r := start(t, q, shared{p}, nil)
			after(5 * time.Second)
			id := q.add(gateway.RouteAxis, agency(1), 0, 1)[0]
			after(time.Second)
			s := r.Snapshot()
			if p.has(id) != 1 || len(s.Circuits) != 1 || s.Circuits[0].Receiver != agency(0) {
				t.Errorf("taken %d times, circuits %+v", p.has(id), s.Circuits)
			}
			r.stop(t)
		})
	})
}

// TestBlockedReceiversHideNobody has more receivers behind open breakers than are read at once.
func TestBlockedReceiversHideNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const dead = 30
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			if c.Delivery.Receiver < agency(dead) {
				return Answer{}, Temporary("503", "", nil).After(5 * time.Minute)
			}
			return p.take(ctx, c)
		}
		for i := range dead {
			q.add(gateway.RouteAxis, agency(i), 4, 3)
		}
		r := start(t, q, p, func(o *Options) { o.Limits.Receivers = 4 })
		after(20 * time.Second)
		id := q.add(gateway.RouteAxis, agency(dead), 0, 1)[0]
		after(time.Second)
		if p.has(id) != 1 {
			t.Errorf("a letter is hidden by blocked receivers: %+v", r.Snapshot())
		}
		r.stop(t)
	})
}

// TestReadsOn has more receivers than are read at once, and nothing that hints at the rest.
func TestReadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		for i := range 10 {
			q.add(gateway.RouteAxis, agency(i), 0, 2)
		}
		r := start(t, q, p, func(o *Options) {
			o.Limits.Receivers, o.Changed, o.Times.Poll = 2, nil, time.Hour
		})
		after(10 * time.Second)
		if n := q.count(gateway.DeliverySent); n != 20 {
			t.Errorf("%d of 20 sent", n)
		}
		r.stop(t)
	})
}

// TestIdleQueueIsLeftAlone counts the claims of a dispatcher that has nothing to do.
func TestIdleQueueIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		r := start(t, q, p, nil)
		ids := q.add(gateway.RouteAxis, agency(1), 0, 10)
		after(time.Hour)
		r.stop(t)
		if q.claims > len(ids)+2 {
			t.Errorf("%d claims for %d deliveries", q.claims, len(ids))
		}
	})
}
