package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// inboxArm walks one stretch of the index deliveries_inbox, in its order: what one
// agency holds of one kind.
const inboxArm = `SELECT d.lane, d.id FROM deliveries d WHERE d.holder = #1 AND d.kind = #2 AND d.route = 'inbox' AND d.state IN ('queued', 'fetched')
	AND d.queued_at >= $1 AND d.queued_at < $2 AND d.lease_until <= $3 ORDER BY d.lane DESC, d.id LIMIT $4`

// place is where a delivery stands in an inbox.
type place struct {
	lane int
	id   gateway.DeliveryID
}

// before says that a place comes first: urgent ones, then the oldest.
func (p place) before(other place) int {
	if p.lane != other.lane {
		return other.lane - p.lane
	}
	return strings.Compare(string(p.id), string(other.id))
}

func scanPlace(rows *sql.Rows, p *place) error { return rows.Scan(&p.lane, &p.id) }

// Inbox implements gateway.Deliveries.
func (s *Store) Inbox(ctx context.Context, q gateway.InboxQuery) ([]gateway.InboxItem, error) {
	const operation = "list an inbox"
	r := s.read(ctx)
	places, err := r.places(q, forever)
	if err != nil {
		return nil, wrap(operation, err)
	}
	items, err := r.items(places)
	return items, wrap(operation, err)
}

// places lists a page of inboxes, leaving out what is leased beyond a moment. Each
// agency and kind is an arm of its own, so that a page costs no more with a large
// backlog than with a small one.
func (s session) places(q gateway.InboxQuery, free int64) ([]place, error) {
	from, to := between(q.From, q.To)
	offset, limit := max(q.Offset, 0), bounded(q.Limit)
	var all []place
	for arms := range slices.Chunk(inboxArms(q.Holders, kinds(q.Kind)), unionAtOnce) {
		args := []any{from, to, free, offset + limit}
		for _, arm := range arms {
			args = append(args, arm.holder, arm.kind)
		}
		some, err := list(s, scanPlace, union(inboxArm, 5, len(arms), 2), args...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, place.before)
	return all[min(offset, len(all)):min(offset+limit, len(all))], nil
}

type arm struct{ holder, kind string }

func inboxArms(holders []gateway.AgencyID, kinds []edxml.Kind) []arm {
	var out []arm
	for _, holder := range unique(holders) {
		for _, kind := range kinds {
			out = append(out, arm{string(holder), string(kind)})
		}
	}
	return out
}

func unique[T ~string](list []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// items reads the deliveries at some places, in the order of the places.
func (s session) items(places []place) ([]gateway.InboxItem, error) {
	ids := make([]gateway.DeliveryID, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	return s.itemsByID(ids)
}

func (s session) itemsByID(ids []gateway.DeliveryID) ([]gateway.InboxItem, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := list(s, scanItem, `SELECT `+itemColumns+` FROM deliveries d JOIN messages m ON m.id = d.message_id WHERE d.id IN list($1)`, texts(ids))
	if err != nil {
		return nil, err
	}
	order := make(map[gateway.DeliveryID]int, len(ids))
	for i, id := range ids {
		order[id] = i
	}
	slices.SortFunc(found, func(a, b gateway.InboxItem) int { return order[a.Delivery.ID] - order[b.Delivery.ID] })
	return found, nil
}

// CountInbox implements gateway.Deliveries.
func (s *Store) CountInbox(ctx context.Context, q gateway.InboxQuery) (int, error) {
	from, to := between(q.From, q.To)
	var n int
	err := s.read(ctx).row(`SELECT count(*) FROM deliveries d WHERE d.holder IN list($1) AND d.kind IN list($2)
		AND d.route = 'inbox' AND d.state IN ('queued', 'fetched') AND d.queued_at >= $3 AND d.queued_at < $4`,
		[]any{texts(q.Holders), texts(kinds(q.Kind)), from, to}, &n)
	return n, wrap("count an inbox", err)
}

// LeaseInbox implements gateway.Deliveries. What any live lease holds is left out,
// also one of the same owner: it may be another of its workers.
func (s *Store) LeaseInbox(ctx context.Context, q gateway.InboxQuery, owner string, d time.Duration) ([]gateway.InboxItem, error) {
	const operation = "lease an inbox"
	// Most who ask find nothing; they shall not make a writer's turn of it.
	if waiting, err := s.read(ctx).places(q, micros(s.now())); err != nil || len(waiting) == 0 {
		return nil, wrap(operation, err)
	}
	var items []gateway.InboxItem
	err := s.write(ctx, operation, func(t *tx) error {
		now := s.now()
		leased, err := t.leaseInbox(q, owner, now, now.Add(d))
		if err != nil {
			return err
		}
		items, err = t.itemsByID(leased)
		return err
	})
	return items, err
}

func (t *tx) leaseInbox(q gateway.InboxQuery, owner string, now, until time.Time) ([]gateway.DeliveryID, error) {
	places, err := t.places(q, micros(now))
	if err != nil || len(places) == 0 {
		return nil, err
	}
	ids := make([]gateway.DeliveryID, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	free, err := list(t.session, one[gateway.DeliveryID], `SELECT d.id FROM deliveries d WHERE d.id IN list($1) AND d.lease_until <= $2
		AND d.route = 'inbox' AND d.state IN ('queued', 'fetched') {skip}`, texts(ids), micros(now))
	if err != nil {
		return nil, err
	}
	if len(free) == 0 { // on PostgreSQL: others are leasing the very same ones
		return nil, errAgain
	}
	_, err = t.exec(`UPDATE deliveries SET lease_owner = $2, lease_until = $3 WHERE id IN list($1)`, texts(free), owner, micros(until))
	taken := make(map[gateway.DeliveryID]bool, len(free))
	for _, id := range free {
		taken[id] = true
	}
	return slices.DeleteFunc(ids, func(id gateway.DeliveryID) bool { return !taken[id] }), err
}
