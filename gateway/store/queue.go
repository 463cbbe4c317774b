package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"congvan/gateway"
)

// waiting are the rows of the carriers' queues, in the words of the index
// deliveries_queue. A delivery that is being sent is due again when its lease runs
// out, for that is its next_at.
const waiting = `d.state IN ('queued', 'sending') AND d.route <> 'inbox' AND d.route = $1`

// dueReceivers hops from receiver to receiver and from lane to lane through the
// index, so that a backlog of one receiver costs no more than its first row. Each
// hop is a subquery with a limit, which no planner turns into a scan.
const dueReceivers = `WITH RECURSIVE receivers (receiver) AS (
		SELECT (SELECT d.receiver FROM deliveries d WHERE ` + waiting + ` ORDER BY d.receiver LIMIT 1)
		UNION ALL
		SELECT (SELECT d.receiver FROM deliveries d WHERE ` + waiting + ` AND d.receiver > r.receiver ORDER BY d.receiver LIMIT 1)
		FROM receivers r WHERE r.receiver IS NOT NULL
	), lanes (lane) AS (VALUES (0), (1), (2), (3), (4))
	SELECT r.receiver, max(l.lane) AS lane FROM receivers r CROSS JOIN lanes l WHERE r.receiver IS NOT NULL
	AND (SELECT 1 FROM deliveries d WHERE ` + waiting + ` AND d.receiver = r.receiver AND d.lane = l.lane AND d.next_at <= $2
		ORDER BY d.next_at LIMIT 1) IS NOT NULL
	GROUP BY r.receiver ORDER BY 2 DESC, 1 LIMIT $3`

// lanes are the values of Delivery.Lane.
const lanes = 5

// DueReceivers implements gateway.Queue.
func (s *Store) DueReceivers(ctx context.Context, routes []string, now time.Time, limit int) ([]gateway.Due, error) {
	r := s.read(ctx)
	var all []gateway.Due
	for _, route := range unique(routes) {
		scan := func(rows *sql.Rows, d *gateway.Due) error {
			d.Route = route
			return rows.Scan(&d.Receiver, &d.Lane)
		}
		some, err := list(r, scan, dueReceivers, route, micros(now), limit)
		if err != nil {
			return nil, wrap("list due receivers", err)
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b gateway.Due) int { return b.Lane - a.Lane })
	return all[:min(len(all), max(limit, 0))], nil
}

// Claim implements gateway.Queue.
func (s *Store) Claim(ctx context.Context, c gateway.ClaimRequest) ([]gateway.Claimed, error) {
	var out []gateway.Claimed
	err := s.write(ctx, "claim deliveries", func(t *tx) (err error) {
		out, err = t.claim(c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) claim(c gateway.ClaimRequest) ([]gateway.Claimed, error) {
	due, err := t.due(c)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	out := make([]gateway.Claimed, 0, len(due))
	for i := range due {
		interrupted := due[i].State == gateway.DeliverySending
		if err := t.claimOne(&due[i], c, interrupted); err != nil {
			return nil, err
		}
		out = append(out, gateway.Claimed{Delivery: due[i].Delivery, Interrupted: interrupted})
	}
	return out, t.addMessages(out)
}

// due locks the deliveries that a claim will take, lane by lane because within a
// lane those not yet due stand at the end of the index.
func (t *tx) due(c gateway.ClaimRequest) ([]delivery, error) {
	var out []delivery
	for lane := lanes - 1; lane >= 0 && len(out) < bounded(c.Limit); lane-- {
		some, err := list(t.session, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d WHERE `+waiting+`
			AND d.receiver = $2 AND d.lane = $3 AND d.next_at <= $4 ORDER BY d.next_at, d.id LIMIT $5 {skip}`,
			c.Route, string(c.Receiver), int64(lane), micros(c.Now), bounded(c.Limit)-len(out))
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// claimOne leases a delivery. One that was being sent goes back to the queue
// first: two steps of the state machine and two events.
func (t *tx) claimOne(d *delivery, c gateway.ClaimRequest, interrupted bool) error {
	if interrupted {
		back := change{to: gateway.DeliveryQueued, cause: d.Cause, at: c.Now, actor: c.Owner, data: particulars{Interrupted: true}}
		if err := t.move(d, back); err != nil {
			return err
		}
	}
	d.leaseOwner, d.leaseUntil = c.Owner, c.Now.Add(c.Lease)
	d.NextAt = d.leaseUntil
	return t.move(d, change{
		to: gateway.DeliverySending, cause: d.Cause, at: c.Now, actor: c.Owner,
		data: particulars{Route: d.Route, Attempt: d.Attempts + 1, Interrupted: interrupted},
	})
}

// addMessages fills in the messages of claimed deliveries.
func (t *tx) addMessages(claimed []gateway.Claimed) error {
	ids := make([]gateway.MessageID, len(claimed))
	for i := range claimed {
		ids[i] = claimed[i].Delivery.Message
	}
	messages, err := list(t.session, scanMessage, `SELECT `+messageColumns+` FROM messages m WHERE m.id IN list($1)`, texts(unique(ids)))
	if err != nil {
		return err
	}
	byID := make(map[gateway.MessageID]gateway.Message, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	for i := range claimed {
		claimed[i].Message = byID[claimed[i].Delivery.Message]
	}
	return nil
}

// answerSize bounds what is kept of the other side's words, in bytes.
const answerSize = 1000

// Finish implements gateway.Queue.
func (s *Store) Finish(ctx context.Context, f gateway.Finish) error {
	return s.write(ctx, "finish a delivery", func(t *tx) error {
		var d delivery
		err := t.row(`SELECT `+deliveryColumns+` FROM deliveries d WHERE d.id = $1 {lock}`, []any{string(f.Delivery)}, d.fields()...)
		if err != nil {
			return orNotFound(err, string(f.Delivery), "delivery")
		}
		if d.State != gateway.DeliverySending || d.leaseOwner != f.Owner {
			return fmt.Errorf("the lease on delivery %s is somebody else's: %w", d.ID, gateway.ErrConflict)
		}
		return t.finish(&d, f)
	})
}

func (t *tx) finish(d *delivery, f gateway.Finish) error {
	a := f.Attempt
	a.Answer, a.Code, f.RemoteID = clip(a.Answer, answerSize), clip(a.Code, answerSize), clip(f.RemoteID, answerSize)
	err := t.insert("attempts", "delivery_id, at, carrier, class, code, answer", [][]any{{
		string(d.ID), micros(a.At), a.Carrier, string(a.Class), a.Code, a.Answer,
	}})
	if err != nil {
		return err
	}
	d.Attempts++
	d.NextAt = f.NextAt
	if f.RemoteID != "" {
		d.RemoteID = f.RemoteID
	}
	return t.move(d, change{to: f.To, cause: f.Cause, at: a.At, actor: f.Owner, data: particulars{
		Route: d.Route, Attempt: d.Attempts, Class: a.Class, Code: a.Code, Answer: a.Answer, NextAt: f.NextAt, RemoteID: f.RemoteID,
	}})
}

// clip makes the other side's text fit to keep: at most n bytes, and none that
// PostgreSQL refuses.
func clip(text string, n int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	return strings.ToValidUTF8(text[:min(len(text), n)], "")
}

// Expire implements gateway.Queue.
func (s *Store) Expire(ctx context.Context, now time.Time, limit int) (int, error) {
	n := 0
	err := s.write(ctx, "expire deliveries", func(t *tx) error {
		rows, err := list(t.session, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d
			WHERE d.state = 'queued' AND d.expires_at <= $1 AND d.expires_at > 0 ORDER BY d.expires_at LIMIT $2 {skip}`, micros(now), bounded(limit))
		if err != nil {
			return err
		}
		n = len(rows)
		for i := range rows {
			if err := t.expire(&rows[i], now); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// expire ends a delivery that nobody took. One that may have been taken waits for
// a person instead.
func (t *tx) expire(d *delivery, now time.Time) error {
	c := change{to: gateway.DeliveryExpired, cause: gateway.CauseExpired, at: now, actor: "expiry"}
	if d.Cause == gateway.CauseUnknownOutcome {
		c.to, c.cause = gateway.DeliveryHeld, gateway.CauseUnknownOutcome
	}
	return t.move(d, c)
}
