package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"congvan/gateway"
)

// memQueue is a gateway.Queue in memory that keeps its contract.
type memQueue struct {
	mu       sync.Mutex
	rows     map[gateway.DeliveryID]*row
	attempts []gateway.Attempt
	changed  chan struct{}
	away     error // returned by every call while set
	claims   int
}

type row struct {
	v     gateway.Delivery
	owner string
	lease time.Time
}

func newMemQueue() *memQueue {
	return &memQueue{rows: map[gateway.DeliveryID]*row{}, changed: make(chan struct{})}
}

// add queues n deliveries for a receiver in a lane.
func (q *memQueue) add(route string, to gateway.AgencyID, lane, n int) []gateway.DeliveryID {
	q.mu.Lock()
	defer q.mu.Unlock()
	var ids []gateway.DeliveryID
	now := time.Now().UTC()
	for range n {
		id := gateway.DeliveryID(fmt.Sprintf("d%06d", len(q.rows)+1))
		q.rows[id] = &row{v: gateway.Delivery{
			ID: id, Message: gateway.MessageID("m-" + id), Receiver: to, Addressed: to, Route: route, Lane: lane,
			State: gateway.DeliveryQueued, QueuedAt: now, NextAt: now, ExpiresAt: now.Add(30 * 24 * time.Hour),
		}}
		ids = append(ids, id)
	}
	q.hint()
	return ids
}

func (q *memQueue) hint() {
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *memQueue) Changed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}

func (q *memQueue) setAway(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.away = err
}

func (q *memQueue) edit(id gateway.DeliveryID, f func(v *gateway.Delivery)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(&q.rows[id].v)
	q.hint()
}

func (q *memQueue) get(t testing.TB, id gateway.DeliveryID) gateway.Delivery {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.rows[id]
	if !ok {
		t.Fatalf("no delivery %s", id)
	}
	return r.v
}

func (q *memQueue) count(s gateway.DeliveryState) (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		if r.v.State == s {
			n++
		}
	}
	return n
}

func (q *memQueue) attemptsOf(id gateway.DeliveryID) (list []gateway.Attempt) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range q.attempts {
		if a.Delivery == id {
			list = append(list, a)
		}
	}
	return list
}

func (r *row) due(now time.Time) bool {
	switch r.v.State {
	case gateway.DeliveryQueued:
		return !r.v.NextAt.After(now)
	case gateway.DeliverySending:
		return !r.lease.After(now)
	}
	return false
}

func (q *memQueue) DueReceivers(_ context.Context, routes []string, now time.Time, limit int) ([]gateway.Due, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.away != nil {
		return nil, q.away
	}
	lanes := map[target]int{}
	for _, r := range q.rows {
		if r.due(now) && slices.Contains(routes, r.v.Route) {
			t := target{r.v.Route, r.v.Receiver}
			lanes[t] = max(lanes[t], r.v.Lane)
		}
	}
	var due []gateway.Due
	for t, lane := range lanes {
		due = append(due, gateway.Due{Route: t.route, Receiver: t.receiver, Lane: lane})
	}
	slices.SortFunc(due, func(x, y gateway.Due) int {
		return cmp.Or(cmp.Compare(y.Lane, x.Lane), cmp.Compare(x.Receiver, y.Receiver))
	})
	return due[:min(limit, len(due))], nil
}

func (q *memQueue) Claim(_ context.Context, c gateway.ClaimRequest) ([]gateway.Claimed, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.away != nil {
		return nil, q.away
	}
	q.claims++
	var due []*row
	for _, r := range q.rows {
		if r.v.Route == c.Route && r.v.Receiver == c.Receiver && r.due(c.Now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(x, y *row) int {
		return cmp.Or(cmp.Compare(y.v.Lane, x.v.Lane), cmp.Compare(x.v.ID, y.v.ID))
	})
	var claimed []gateway.Claimed
	for _, r := range due[:min(c.Limit, len(due))] {
		interrupted := r.v.State == gateway.DeliverySending
		r.v.State, r.owner, r.lease = gateway.DeliverySending, c.Owner, c.Now.Add(c.Lease)
		claimed = append(claimed, gateway.Claimed{
			Delivery: r.v, Message: gateway.Message{ID: r.v.Message}, Interrupted: interrupted,
		})
		q.hint()
	}
	return claimed, nil
}

func (q *memQueue) Finish(_ context.Context, f gateway.Finish) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.away != nil {
		return q.away
	}
	r := q.rows[f.Delivery]
	if r == nil || r.v.State != gateway.DeliverySending || r.owner != f.Owner {
		return fmt.Errorf("finish %s: %w", f.Delivery, gateway.ErrConflict)
	}
	if !r.v.State.CanBecome(f.To) {
		return fmt.Errorf("finish %s to %s: %w", f.Delivery, f.To, gateway.ErrInvalid)
	}
	r.v.State, r.v.Cause, r.v.NextAt, r.owner = f.To, f.Cause, f.NextAt, ""
	if f.RemoteID != "" {
		r.v.RemoteID = f.RemoteID
	}
	r.v.Attempts++
	q.attempts = append(q.attempts, f.Attempt)
	q.hint()
	return nil
}

func (q *memQueue) Expire(_ context.Context, now time.Time, limit int) (n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.away != nil {
		return 0, q.away
	}
	for _, r := range q.rows {
		if n == limit {
			break
		}
		if r.v.State != gateway.DeliveryQueued || r.v.ExpiresAt.After(now) {
			continue
		}
		r.v.State = gateway.DeliveryExpired
		if r.v.Cause == gateway.CauseUnknownOutcome {
			r.v.State = gateway.DeliveryHeld
		}
		n++
	}
	return n, nil
}
