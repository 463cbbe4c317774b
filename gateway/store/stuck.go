package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"congvan/gateway"
)

// requeueAtOnce bounds a transaction of Requeue, so that others get their turn.
const requeueAtOnce = 500

const stuckFilter = ` d.state IN ('held', 'failed', 'expired') AND d.id > $1 AND ($2 = '' OR d.id = $2) AND ($3 = '' OR d.state = $3)
	AND ($4 = '' OR d.cause = $4) AND ($5 = '' OR d.receiver = $5) AND ($6 = '' OR d.sender IN list($7)) ORDER BY d.id LIMIT $8`

func stuckArgs(q gateway.StuckQuery, limit int) []any {
	all := ""
	if q.Senders != nil {
		all = "some"
	}
	return []any{string(q.After), string(q.Delivery), string(q.State), q.Cause, string(q.Receiver), all, texts(q.Senders), limit}
}

// Stuck implements gateway.Deliveries.
func (s *Store) Stuck(ctx context.Context, q gateway.StuckQuery) ([]gateway.InboxItem, error) {
	items, err := list(s.read(ctx), scanItem, `SELECT `+itemColumns+` FROM deliveries d JOIN messages m ON m.id = d.message_id WHERE`+stuckFilter,
		stuckArgs(q, bounded(q.Limit))...)
	return items, wrap("list stuck deliveries", err)
}

// CountStuck implements gateway.Deliveries.
func (s *Store) CountStuck(ctx context.Context) ([]gateway.StuckCount, error) {
	scan := func(rows *sql.Rows, c *gateway.StuckCount) error {
		return rows.Scan(&c.State, &c.Cause, &c.Receiver, &c.Count, moment{&c.Oldest})
	}
	counts, err := list(s.read(ctx), scan, `SELECT d.state, d.cause, d.receiver, count(*), min(d.queued_at) FROM deliveries d
		WHERE d.state IN ('held', 'failed', 'expired') GROUP BY d.state, d.cause, d.receiver ORDER BY d.state, d.cause, d.receiver`)
	return counts, wrap("count stuck deliveries", err)
}

// Requeue implements gateway.Deliveries, some hundreds at a time: when it fails in
// the middle, what was queued is queued and asking again goes on with the rest.
func (s *Store) Requeue(ctx context.Context, q gateway.StuckQuery, expires time.Time, actor string) (int, error) {
	done := 0
	for q.Limit <= 0 || done < q.Limit {
		most := requeueAtOnce
		if q.Limit > 0 {
			most = min(most, q.Limit-done)
		}
		var ids []gateway.DeliveryID
		err := s.write(ctx, "queue stuck deliveries again", func(t *tx) (err error) {
			ids, err = t.requeue(stuckArgs(q, most), s.now(), expires, actor)
			return err
		})
		if err != nil {
			return done, err
		}
		done += len(ids)
		if len(ids) < most {
			break
		}
		q.After = ids[len(ids)-1]
	}
	return done, nil
}

func (t *tx) requeue(args []any, now, expires time.Time, actor string) ([]gateway.DeliveryID, error) {
	rows, err := list(t.session, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d WHERE`+stuckFilter+` {lock}`, args...)
	if err != nil {
		return nil, err
	}
	ids := make([]gateway.DeliveryID, len(rows))
	for i := range rows {
		d := &rows[i]
		ids[i] = d.ID
		if err := t.queueAgain(d, doubt(d.Cause), now, expires, actor); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// doubt keeps the one cause that outlives queueing: an earlier attempt whose end
// nobody knows.
func doubt(cause string) string {
	if cause == gateway.CauseUnknownOutcome {
		return cause
	}
	return ""
}

// queueAgain gives a stuck delivery a fresh start.
func (t *tx) queueAgain(d *delivery, cause string, next, expires time.Time, actor string) error {
	d.Attempts, d.NextAt, d.ExpiresAt, d.QueuedAt = 0, next, expires, next
	return t.move(d, change{
		to: gateway.DeliveryQueued, cause: cause, at: next, actor: actor,
		data: particulars{Route: d.Route, ExpiresAt: expires},
	})
}

// stuckOne reads a delivery that must be stuck.
func (t *tx) stuckOne(id gateway.DeliveryID) (*delivery, error) {
	var d delivery
	err := t.row(`SELECT `+deliveryColumns+` FROM deliveries d WHERE d.id = $1 {lock}`, []any{string(id)}, d.fields()...)
	if err != nil {
		return nil, orNotFound(err, string(id), "delivery")
	}
	switch d.State {
	case gateway.DeliveryHeld, gateway.DeliveryFailed, gateway.DeliveryExpired:
		return &d, nil
	}
	return &d, gateway.Errorf(gateway.CodeNotStuck, string(id), "it is %s", d.State)
}

// Reroute implements gateway.Deliveries. Doing it twice is the same as once.
func (s *Store) Reroute(ctx context.Context, to gateway.Delivery, actor string) error {
	return s.write(ctx, "give a delivery another way", func(t *tx) error {
		d, err := t.stuckOne(to.ID)
		if errors.Is(err, gateway.ErrConflict) && d.goes(to) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.reroute(d, to, s.now(), actor)
	})
}

// goes says whether the delivery is already on the way asked for.
func (d *delivery) goes(to gateway.Delivery) bool {
	return d.State == to.State && d.Receiver == to.Receiver && d.Holder == to.Holder && d.Route == to.Route && d.Redirect == to.Redirect
}

// rerouted are the particulars of delivery.rerouted.
type rerouted struct {
	From     gateway.AgencyID `json:"from"` // the receiver so far
	Route    string           `json:"route"`
	Redirect string           `json:"redirect,omitempty"`
	Cause    string           `json:"cause,omitempty"`
}

func (t *tx) reroute(d *delivery, to gateway.Delivery, now time.Time, actor string) error {
	from, inDoubt := d.Receiver, ""
	if d.Receiver == to.Receiver && d.Route == to.Route { // elsewhere nobody has tried
		inDoubt = doubt(d.Cause)
	}
	if d.Receiver != to.Receiver { // what the one did is no proof of the other; the events keep it
		d.SentAt, d.FetchedAt, d.AcknowledgedAt = time.Time{}, time.Time{}, time.Time{}
		d.RemoteID, d.Status = "", ""
	}
	d.Receiver, d.Holder, d.Redirect, d.Route = to.Receiver, to.Holder, to.Redirect, to.Route
	err := t.tell(d.event(gateway.EventRerouted, now, actor), rerouted{from, to.Route, to.Redirect, to.Cause})
	if err != nil {
		return err
	}
	if to.State == gateway.DeliveryHeld && d.State == gateway.DeliveryHeld {
		d.Cause, d.UpdatedAt = to.Cause, now
		return t.updateDelivery(d, gateway.DeliveryHeld)
	}
	next := to.NextAt
	if next.IsZero() {
		next = now
	}
	if err := t.queueAgain(d, inDoubt, next, to.ExpiresAt, actor); err != nil || to.State != gateway.DeliveryHeld {
		return err
	}
	return t.move(d, change{to: gateway.DeliveryHeld, cause: to.Cause, at: now, actor: actor})
}

// Cancel implements gateway.Deliveries. Cancelling twice is the same as once.
func (s *Store) Cancel(ctx context.Context, id gateway.DeliveryID, actor string) error {
	return s.write(ctx, "cancel a delivery", func(t *tx) error {
		d, err := t.stuckOne(id)
		if d != nil && d.State == gateway.DeliveryCancelled && d.Cause == gateway.CauseByOperator {
			return nil
		}
		if err != nil {
			return err
		}
		return t.move(d, change{to: gateway.DeliveryCancelled, cause: gateway.CauseByOperator, at: s.now(), actor: actor})
	})
}
