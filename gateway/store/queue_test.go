package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"congvan/gateway"
)

func (b *bed) claim(owner string, limit int) []gateway.Claimed {
	b.t.Helper()
	out, err := b.Claim(b.t.Context(), gateway.ClaimRequest{Owner: owner, Route: "axis", Receiver: "H26.99.1", Now: b.clock.now(), Lease: time.Minute, Limit: limit})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bed) finish(d gateway.DeliveryID, owner string, to gateway.DeliveryState, next time.Time) error {
	return b.Finish(b.t.Context(), gateway.Finish{
		Delivery: d, Owner: owner, To: to, NextAt: next, RemoteID: "remote\x00-1",
		Attempt: gateway.Attempt{At: b.clock.now(), Carrier: "axis", Class: gateway.AttemptOK, Answer: "đã nhận\x00\xff"},
	})
}

func TestClaimAndFinish(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		normal, urgent := by("axis", b.letter("normal", "H26.99.1")), by("axis", b.letter("urgent", "H26.99.1"))
		urgent.Deliveries[0].Lane = 3
		b.admit(normal)
		b.admit(urgent)
		b.admit(b.letter("inbox", "H26.99.1"))
		b.admit(by("mail", b.letter("mail", "H26.99.2")))
		due, err := b.DueReceivers(t.Context(), []string{"mail", "axis"}, b.clock.now(), 10)
		same(t, "due", due, []gateway.Due{{Route: "axis", Receiver: "H26.99.1", Lane: 3}, {Route: "mail", Receiver: "H26.99.2"}}, err)

		first := b.claim("one", 1)
		if len(first) != 1 || first[0].Delivery.ID != urgent.Deliveries[0].ID || first[0].Interrupted ||
			first[0].Message.DocumentID != "urgent" || first[0].Delivery.State != gateway.DeliverySending {
			t.Fatalf("claimed %+v", first)
		}
		second := b.claim("two", 5)
		if len(second) != 1 || second[0].Delivery.ID != normal.Deliveries[0].ID {
			t.Fatalf("claimed %+v", second)
		}
		if err := b.finish(urgent.Deliveries[0].ID, "two", gateway.DeliverySent, time.Time{}); !errors.Is(err, gateway.ErrConflict) {
			t.Errorf("finished somebody else's lease: %v", err)
		}
		if err := b.finish(urgent.Deliveries[0].ID, "one", gateway.DeliverySent, time.Time{}); err != nil {
			t.Fatal(err)
		}
		d := b.delivery(urgent.Deliveries[0].ID)
		if d.State != gateway.DeliverySent || d.Attempts != 1 || d.RemoteID != "remote-1" || !d.SentAt.Equal(b.clock.now()) {
			t.Errorf("sent: %+v", d)
		}
		next := b.clock.now().Add(time.Hour)
		if err := b.finish(normal.Deliveries[0].ID, "two", gateway.DeliveryQueued, next); err != nil {
			t.Fatal(err)
		}
		attempts, err := b.Attempts(t.Context(), normal.Deliveries[0].ID)
		same(t, "attempts", attempts, []gateway.Attempt{{Delivery: normal.Deliveries[0].ID, At: b.clock.now(), Carrier: "axis", Class: gateway.AttemptOK, Answer: "đã nhận"}}, err)
		if early := b.claim("three", 5); len(early) != 0 {
			t.Errorf("claimed before it was due: %+v", early)
		}
		b.clock.advance(time.Hour)
		if late := b.claim("three", 5); len(late) != 1 || late[0].Interrupted || late[0].Delivery.Attempts != 1 {
			t.Errorf("claimed when it was due: %+v", late)
		}
	})
}

func TestLeaseThatRanOutIsInterrupted(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := by("axis", b.letter("doc", "H26.99.1"))
		b.admit(a)
		b.claim("gone", 1)
		if due, err := b.DueReceivers(t.Context(), []string{"axis"}, b.clock.now(), 10); err != nil || len(due) != 0 {
			t.Fatal(due, err)
		}
		b.clock.advance(time.Minute)
		due, err := b.DueReceivers(t.Context(), []string{"axis"}, b.clock.now(), 10)
		same(t, "due", due, []gateway.Due{{Route: "axis", Receiver: "H26.99.1"}}, err)
		again := b.claim("next", 1)
		if len(again) != 1 || !again[0].Interrupted {
			t.Fatalf("claimed %+v", again)
		}
		if err := b.finish(a.Deliveries[0].ID, "gone", gateway.DeliverySent, time.Time{}); !errors.Is(err, gateway.ErrConflict) {
			t.Errorf("the first owner came too late: %v", err)
		}
		same(t, "events", b.kinds(a.Message.ID), []gateway.EventKind{
			gateway.EventAccepted, gateway.EventQueued, gateway.EventSending,
			gateway.EventQueued, gateway.EventSending,
		}, nil)
	})
}

// Two processes with several workers each never get the same delivery twice.
func TestClaimsAreExactlyOnce(t *testing.T) {
	const letters, perLetter = 6, 50
	each(t, func(t *testing.T, b *bed) {
		for range letters {
			one := make([]gateway.AgencyID, perLetter)
			for i := range one {
				one[i] = "H26.99.1"
			}
			b.admit(by("axis", b.letter(newID(), one...)))
		}
		stores := []*Store{b.Store, b.another()}
		var mu sync.Mutex
		seen := make(map[gateway.DeliveryID]string)
		var all sync.WaitGroup
		for w := range 6 {
			all.Go(func() {
				owner := fmt.Sprint("worker-", w)
				for {
					got, err := stores[w%2].Claim(t.Context(), gateway.ClaimRequest{Owner: owner, Route: "axis", Receiver: "H26.99.1", Now: b.clock.now(), Lease: time.Minute, Limit: 7})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, c := range got {
						if other, twice := seen[c.Delivery.ID]; twice {
							t.Errorf("%s went to %s and %s", c.Delivery.ID, other, owner)
						}
						seen[c.Delivery.ID] = owner
					}
					enough := len(seen) == letters*perLetter
					mu.Unlock()
					if len(got) == 0 || enough {
						return
					}
				}
			})
		}
		all.Wait()
		if rest := b.claim("sweeper", 1000); len(seen)+len(rest) != letters*perLetter {
			t.Errorf("%d of %d claimed", len(seen)+len(rest), letters*perLetter)
		}
	})
}

func TestExpire(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		inbox, axis, doubtful := b.letter("1", "H26.99.1"), by("axis", b.letter("2", "H26.99.1")), by("axis", b.letter("3", "H26.99.1"))
		doubtful.Deliveries[0].Cause = gateway.CauseUnknownOutcome
		for _, a := range []*gateway.Admission{inbox, axis, doubtful} {
			b.admit(a)
		}
		if n, err := b.Expire(t.Context(), b.clock.now(), 100); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		b.clock.advance(31 * 24 * time.Hour)
		if n, err := b.Expire(t.Context(), b.clock.now(), 100); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		for a, want := range map[*gateway.Admission]string{inbox: "expired expired", axis: "expired expired", doubtful: "held unknown-outcome"} {
			d := b.delivery(a.Deliveries[0].ID)
			if got := string(d.State) + " " + d.Cause; got != want {
				t.Errorf("%s: %s, want %s", a.Message.DocumentID, got, want)
			}
		}
	})
}

func TestStuckIsForPeople(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ctx := t.Context()
		held := by("axis", b.letter("held", "H26.99.1", "H26.99.2"))
		for i := range held.Deliveries {
			held.Deliveries[i].State, held.Deliveries[i].Cause = gateway.DeliveryHeld, gateway.CauseNoRoute
		}
		b.admit(held)
		doubtful := by("axis", b.letter("doubtful", "H26.99.1"))
		doubtful.Deliveries[0].State, doubtful.Deliveries[0].Cause = gateway.DeliveryHeld, gateway.CauseUnknownOutcome
		b.admit(doubtful)
		fine := b.letter("fine", "H26.99.1")
		b.admit(fine)
		stuck := func(q gateway.StuckQuery) []gateway.DeliveryID {
			t.Helper()
			q.Limit = 10
			items, err := b.Stuck(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			return idsOf(t, items)
		}
		h1, h2, dd := held.Deliveries[0].ID, held.Deliveries[1].ID, doubtful.Deliveries[0].ID
		same(t, "all", stuck(gateway.StuckQuery{}), []gateway.DeliveryID{h1, h2, dd}, nil)
		same(t, "by cause", stuck(gateway.StuckQuery{Cause: gateway.CauseNoRoute}), []gateway.DeliveryID{h1, h2}, nil)
		same(t, "by receiver", stuck(gateway.StuckQuery{Receiver: "H26.99.2"}), []gateway.DeliveryID{h2}, nil)
		same(t, "by state", stuck(gateway.StuckQuery{State: gateway.DeliveryFailed}), []gateway.DeliveryID{}, nil)
		same(t, "by id", stuck(gateway.StuckQuery{Delivery: dd}), []gateway.DeliveryID{dd}, nil)
		same(t, "of others' letters", stuck(gateway.StuckQuery{Senders: []gateway.AgencyID{}}), []gateway.DeliveryID{}, nil)
		same(t, "of its own letters", stuck(gateway.StuckQuery{Senders: []gateway.AgencyID{"H26.99"}, After: h1}), []gateway.DeliveryID{h2, dd}, nil)
		counts, err := b.CountStuck(ctx)
		same(t, "counts", counts, []gateway.StuckCount{
			{State: gateway.DeliveryHeld, Cause: gateway.CauseNoRoute, Receiver: "H26.99.1", Count: 1, Oldest: b.clock.now()},
			{State: gateway.DeliveryHeld, Cause: gateway.CauseNoRoute, Receiver: "H26.99.2", Count: 1, Oldest: b.clock.now()},
			{State: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome, Receiver: "H26.99.1", Count: 1, Oldest: b.clock.now()},
		}, err)

		b.clock.advance(time.Hour)
		expires := b.clock.now().Add(time.Hour)
		n, err := b.Requeue(ctx, gateway.StuckQuery{Receiver: "H26.99.1"}, expires, "operator")
		if n != 2 || err != nil {
			t.Fatal(n, err)
		}
		d, kept := b.delivery(h1), b.delivery(dd)
		if d.State != gateway.DeliveryQueued || d.Cause != "" || !d.ExpiresAt.Equal(expires) || kept.Cause != gateway.CauseUnknownOutcome {
			t.Errorf("queued again: %+v, %+v", d, kept)
		}
		for range 2 {
			if err := b.Cancel(ctx, h2, "operator"); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Cancel(ctx, h1, "operator"); gateway.AsError(err).Code != gateway.CodeNotStuck {
			t.Errorf("cancelled a queued one: %v", err)
		}
		same(t, "left", stuck(gateway.StuckQuery{}), []gateway.DeliveryID{}, nil)
	})
}

func TestRequeueInBulk(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := by("axis", b.letter("bulk", receivers(1203)...))
		for i := range a.Deliveries {
			a.Deliveries[i].State, a.Deliveries[i].Cause = gateway.DeliveryHeld, gateway.CauseNoRoute
		}
		b.admit(a)
		for i, want := range []int{700, 503} {
			n, err := b.Requeue(t.Context(), gateway.StuckQuery{Limit: []int{700, 0}[i]}, b.clock.now(), "operator")
			if n != want || err != nil {
				t.Fatalf("%d queued again, want %d: %v", n, want, err)
			}
		}
	})
}

// A letter that may have been taken is still in doubt on the same way; on another way nobody has tried.
func TestRerouteKeepsADoubt(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := by("axis", b.letter("doc", "H26.99.1", "H26.99.2"))
		for i := range a.Deliveries {
			a.Deliveries[i].State, a.Deliveries[i].Cause = gateway.DeliveryHeld, gateway.CauseUnknownOutcome
		}
		b.admit(a)
		same, other := a.Deliveries[0], a.Deliveries[1]
		other.Receiver = "H26.99.5"
		for _, to := range []gateway.Delivery{same, other} {
			to.State, to.Cause = gateway.DeliveryQueued, ""
			if err := b.Reroute(t.Context(), to, "operator"); err != nil {
				t.Fatal(err)
			}
		}
		if d := b.delivery(same.ID); d.State != gateway.DeliveryQueued || d.Cause != gateway.CauseUnknownOutcome {
			t.Errorf("on the same way: %+v", d)
		}
		if d := b.delivery(other.ID); d.State != gateway.DeliveryQueued || d.Cause != "" {
			t.Errorf("on another way: %+v", d)
		}
	})
}

// A delivery that one receiver could not read says nothing of that to the next: receipts are made of it.
func TestRerouteBeginsAnew(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1")
		b.admit(a)
		to, holders := a.Deliveries[0], []gateway.AgencyID{"H26.99.1"}
		if _, err := b.Fetched(t.Context(), gateway.FetchMark{Delivery: to.ID, Holders: holders, At: b.clock.now(), Actor: "x"}); err != nil {
			t.Fatal(err)
		}
		word := gateway.Acknowledgement{Delivery: to.ID, Unreadable: true, At: b.clock.now()}
		if out, err := b.Acknowledge(t.Context(), []gateway.Acknowledgement{word}, holders, "x"); err != nil || out[0].Err != nil {
			t.Fatal(out, err)
		}
		to.State, to.Receiver, to.Holder = gateway.DeliveryQueued, "H26.99.5", "H26.99.5"
		if err := b.Reroute(t.Context(), to, "operator"); err != nil {
			t.Fatal(err)
		}
		if d := b.delivery(to.ID); d.State != gateway.DeliveryQueued || !d.FetchedAt.IsZero() {
			t.Errorf("before the next receiver had it: %+v", d)
		}
	})
}

func TestReroute(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := by("axis", b.letter("doc", "H26.99.1"))
		a.Deliveries[0].State, a.Deliveries[0].Cause = gateway.DeliveryHeld, gateway.CauseSplitSuccessors
		b.admit(a)
		to := a.Deliveries[0]
		to.Cause = gateway.CauseNoRoute
		if err := b.Reroute(t.Context(), to, "operator"); err != nil {
			t.Fatal(err)
		}
		if d := b.delivery(to.ID); d.State != gateway.DeliveryHeld || d.Cause != gateway.CauseNoRoute {
			t.Errorf("held with another cause: %+v", d)
		}
		to.State, to.Cause, to.Receiver, to.Holder, to.Route, to.Redirect = gateway.DeliveryQueued, "", "H26.99.5", "H26.99.5", gateway.RouteInbox, gateway.RedirectSuccessor
		for range 2 {
			if err := b.Reroute(t.Context(), to, "operator"); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "inbox", b.inbox(gateway.InboxQuery{Holders: []gateway.AgencyID{"H26.99.5"}}), []gateway.DeliveryID{to.ID}, nil)
		to.Receiver = "H26.99.6"
		if err := b.Reroute(t.Context(), to, "operator"); gateway.AsError(err).Code != gateway.CodeNotStuck {
			t.Errorf("another way for a queued one: %v", err)
		}
		same(t, "events", b.kinds(a.Message.ID), []gateway.EventKind{gateway.EventAccepted, gateway.EventHeld, gateway.EventRerouted, gateway.EventRerouted, gateway.EventQueued}, nil)
	})
}
