package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
)

func TestOverview(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		empty, err := b.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(empty.Deliveries) != 0 || empty.Unarchived != 0 || !empty.LastEvent.IsZero() {
			t.Errorf("of an empty database: %+v", empty)
		}

		first := b.clock.now()
		b.admit(b.letter("one", "H26.99.01", "H26.99.02"))
		b.clock.advance(time.Minute)
		b.admit(b.letter("two", "H26.99.01"))
		b.admit(by(gateway.RouteAxis, b.letter("three", "H26.01")))
		expired := b.letter("four", "H26.99.03")
		expired.Deliveries[0].ExpiresAt = b.clock.now().Add(-time.Second)
		b.admit(expired)
		if n, err := b.Expire(t.Context(), b.clock.now(), 10); n != 1 || err != nil {
			t.Fatalf("expired %d, %v", n, err)
		}

		got, err := b.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second := b.clock.now()
		want := gateway.Overview{
			At: second,
			Deliveries: []gateway.DeliveryCount{
				{State: gateway.DeliveryQueued, Route: gateway.RouteInbox, Count: 3, Oldest: first},
				{State: gateway.DeliveryQueued, Route: gateway.RouteAxis, Count: 1, Oldest: second},
				{State: gateway.DeliveryExpired, Route: gateway.RouteInbox, Cause: gateway.CauseExpired, Count: 1, Oldest: second},
			},
			Unarchived: 4,
			LastEvent:  second,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("overview (-want +got):\n%s", diff)
		}
	})
}
