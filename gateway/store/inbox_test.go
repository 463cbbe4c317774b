package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

func (b *bed) inbox(q gateway.InboxQuery) []gateway.DeliveryID {
	b.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	items, err := b.Inbox(b.t.Context(), q)
	if err != nil {
		b.t.Fatal(err)
	}
	return idsOf(b.t, items)
}

func idsOf(t testing.TB, items []gateway.InboxItem) []gateway.DeliveryID {
	t.Helper()
	ids := make([]gateway.DeliveryID, len(items))
	for i, item := range items {
		ids[i] = item.Delivery.ID
		if item.Message.ID != item.Delivery.Message || item.Message.Subject == "" {
			t.Errorf("delivery %s came with message %+v", item.Delivery.ID, item.Message)
		}
	}
	return ids
}

func TestInboxOrder(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var ids [4]gateway.DeliveryID
		for i, lane := range []int{0, 2, 0, 2} {
			a := b.letter(newID(), receivers(2)[i%2])
			a.Deliveries[0].Lane = lane
			if i == 3 {
				a.Message.Kind, a.Message.DocumentID = edxml.KindStatus, "doc"
			}
			b.admit(a)
			ids[i] = a.Deliveries[0].ID
			b.clock.advance(time.Minute)
		}
		b.admit(by("axis", b.letter(newID(), "H26.99.1"))) // is in no inbox
		both := receivers(2)
		many := append(receivers(40), both...)
		start := b.clock.now().Add(-4 * time.Minute)
		for _, test := range []struct {
			name string
			q    gateway.InboxQuery
			want []gateway.DeliveryID
		}{
			{"urgent first, then the oldest", gateway.InboxQuery{Holders: both}, []gateway.DeliveryID{ids[1], ids[3], ids[0], ids[2]}},
			{"of many agencies", gateway.InboxQuery{Holders: many}, []gateway.DeliveryID{ids[1], ids[3], ids[0], ids[2]}},
			{"a page", gateway.InboxQuery{Holders: both, Offset: 1, Limit: 2}, []gateway.DeliveryID{ids[3], ids[0]}},
			{"past the end", gateway.InboxQuery{Holders: both, Offset: 9, Limit: 2}, []gateway.DeliveryID{}},
			{"documents", gateway.InboxQuery{Holders: both, Kind: edxml.KindDocument}, []gateway.DeliveryID{ids[1], ids[0], ids[2]}},
			{"statuses", gateway.InboxQuery{Holders: both, Kind: edxml.KindStatus}, []gateway.DeliveryID{ids[3]}},
			{"one agency", gateway.InboxQuery{Holders: both[:1]}, []gateway.DeliveryID{ids[0], ids[2]}},
			{"no agency", gateway.InboxQuery{}, []gateway.DeliveryID{}},
			{"since", gateway.InboxQuery{Holders: both, From: start.Add(time.Minute)}, []gateway.DeliveryID{ids[1], ids[3], ids[2]}},
			{"until", gateway.InboxQuery{Holders: both, To: start.Add(time.Minute)}, []gateway.DeliveryID{ids[0]}},
		} {
			same(t, test.name, b.inbox(test.q), test.want, nil)
			n, err := b.CountInbox(t.Context(), test.q)
			if test.q.Limit == 0 && (err != nil || n != len(test.want)) {
				t.Errorf("%s: counted %d, %v", test.name, n, err)
			}
		}
	})
}

func TestLeaseHidesFromOthersForAWhile(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		q := gateway.InboxQuery{Holders: receivers(1), Limit: 2}
		var ids []gateway.DeliveryID
		for range 3 {
			a := b.letter(newID(), "H26.99.1")
			b.admit(a)
			ids = append(ids, a.Deliveries[0].ID)
		}
		lease := func(owner string) []gateway.DeliveryID {
			t.Helper()
			items, err := b.LeaseInbox(t.Context(), q, owner, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return idsOf(t, items)
		}
		same(t, "first", lease("one"), ids[:2], nil)
		same(t, "second", lease("two"), ids[2:], nil)
		same(t, "third", lease("three"), []gateway.DeliveryID{}, nil)
		same(t, "a list takes no notice", b.inbox(gateway.InboxQuery{Holders: receivers(1)}), ids, nil)
		d := b.delivery(ids[0])
		b.fetch(d)
		same(t, "fetching keeps the lease", lease("four"), []gateway.DeliveryID{}, nil)
		if d := b.delivery(ids[1]); d.State != gateway.DeliveryQueued {
			t.Errorf("a lease changed the state to %s", d.State)
		}
		b.clock.advance(time.Minute)
		same(t, "after the lease", lease("five"), ids[:2], nil)
	})
}

func TestFetchAndAcknowledge(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1", "H26.99.2")
		b.admit(a)
		d := a.Deliveries[0]
		if o := b.acknowledge(d); gateway.AsError(o.Err).Code != gateway.CodeNotFetched || o.State != gateway.DeliveryQueued {
			t.Errorf("acknowledged before it was fetched: %+v", o)
		}
		b.clock.advance(time.Second)
		fetchedAt := b.clock.now()
		for range 2 {
			got := b.fetch(d)
			if len(got) != 1 || got[0].State != gateway.DeliveryFetched || !got[0].FetchedAt.Equal(fetchedAt) {
				t.Fatalf("fetched %+v", got)
			}
			b.clock.advance(time.Second)
		}
		for range 2 {
			if o := b.acknowledge(d); o.Err != nil || o.State != gateway.DeliveryAcknowledged || o.Delivery != d.ID {
				t.Fatalf("acknowledged %+v", o)
			}
		}
		if got := b.fetch(d); got[0].State != gateway.DeliveryAcknowledged {
			t.Errorf("fetched after it was acknowledged: %s", got[0].State)
		}
		if other := b.delivery(a.Deliveries[1].ID); other.State != gateway.DeliveryQueued {
			t.Errorf("the other receiver's delivery is %s", other.State)
		}
		same(t, "events", b.kinds(a.Message.ID), []gateway.EventKind{
			gateway.EventAccepted, gateway.EventQueued, gateway.EventQueued,
			gateway.EventFetched, gateway.EventAcknowledged,
		}, nil)
		same(t, "left in the inbox", b.inbox(gateway.InboxQuery{Holders: receivers(2)}), []gateway.DeliveryID{a.Deliveries[1].ID}, nil)
		if _, err := b.Fetched(t.Context(), gateway.FetchMark{Delivery: d.ID, Holders: []gateway.AgencyID{"H26.99.9"}}); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestUnreadable(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1")
		b.admit(a)
		d := a.Deliveries[0]
		b.fetch(d)
		for range 2 {
			out, err := b.Acknowledge(t.Context(), []gateway.Acknowledgement{{Delivery: d.ID, Unreadable: true, Description: "tệp hỏng", At: b.clock.now()}}, receivers(1), "system-2")
			if err != nil || out[0].Err != nil || out[0].State != gateway.DeliveryFailed {
				t.Fatal(out, err)
			}
		}
		if d := b.delivery(d.ID); d.Cause != gateway.CauseUnreadable {
			t.Errorf("cause %q", d.Cause)
		}
	})
}

// A message may be fetched and acknowledged as a whole; outcomes stand in the order asked.
func TestAcknowledgeInBatches(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		two := b.letter("two", "H26.99.1", "H26.99.2", "H26.99.3")
		single := b.letter("single", "H26.99.1")
		b.admit(two)
		b.admit(single)
		holders := receivers(2)
		got, err := b.Fetched(t.Context(), gateway.FetchMark{Message: two.Message.ID, Holders: holders, At: b.clock.now()})
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		outcomes, err := b.Acknowledge(t.Context(), []gateway.Acknowledgement{
			{Delivery: "none", At: b.clock.now()},
			{Message: two.Message.ID, At: b.clock.now()},
			{Delivery: single.Deliveries[0].ID, At: b.clock.now()},
		}, holders, "system-2")
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, o := range outcomes {
			code := ""
			if o.Err != nil {
				code = string(gateway.AsError(o.Err).Code)
			}
			codes = append(codes, fmt.Sprint(o.State, code))
		}
		same(t, "outcomes", codes, []string{"not-found", "acknowledged", "queuednot-fetched"}, nil)
		deliveries, _ := b.DeliveriesOf(t.Context(), two.Message.ID)
		for i, want := range []gateway.DeliveryState{gateway.DeliveryAcknowledged, gateway.DeliveryAcknowledged, gateway.DeliveryQueued} {
			if deliveries[i].State != want {
				t.Errorf("delivery %d is %s", i, deliveries[i].State)
			}
		}
	})
}

// What expired unread is not given out any more: a recall may call it unread.
func TestExpiredIsNotFetched(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1")
		a.Deliveries[0].ExpiresAt = b.clock.now().Add(time.Minute)
		b.admit(a)
		b.clock.advance(time.Hour)
		if n, err := b.Expire(t.Context(), b.clock.now(), 10); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		mark := gateway.FetchMark{Message: a.Message.ID, Holders: []gateway.AgencyID{"H26.99.1"}, At: b.clock.now(), Actor: "x"}
		if got, err := b.Fetched(t.Context(), mark); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("fetched %+v: %v", got, err)
		}
	})
}
