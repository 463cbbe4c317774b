package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// delivery is a row of deliveries: what the domain sees, and what only the store needs.
type delivery struct {
	gateway.Delivery
	sender     gateway.AgencyID // of the message
	leaseOwner string
	leaseUntil time.Time
}

const deliveryColumns = `d.id, d.message_id, d.kind, d.addressed, d.receiver, d.holder, d.redirect, d.route, d.state, d.cause,
	d.lane, d.attempts, d.next_at, d.expires_at, d.remote_id, d.status, d.recall, d.queued_at, d.sent_at, d.fetched_at,
	d.acknowledged_at, d.updated_at, d.sender, d.lease_owner, d.lease_until`

// fields are where deliveryColumns are scanned to.
func (d *delivery) fields() []any {
	return []any{
		&d.ID, &d.Message, &d.Kind, &d.Addressed, &d.Receiver, &d.Holder, &d.Redirect, &d.Route, &d.State, &d.Cause,
		&d.Lane, &d.Attempts,
		moment{&d.NextAt},
		moment{&d.ExpiresAt},
		&d.RemoteID, &d.Status, &d.Recall,
		moment{&d.QueuedAt},
		moment{&d.SentAt},
		moment{&d.FetchedAt},
		moment{&d.AcknowledgedAt},
		moment{&d.UpdatedAt},
		&d.sender, &d.leaseOwner,
		moment{&d.leaseUntil},
	}
}

func scanDelivery(rows *sql.Rows, d *delivery) error { return rows.Scan(d.fields()...) }

const deliveryInsert = `id, message_id, position, kind, sender, addressed, receiver, holder, redirect, route, state, cause,
	lane, attempts, next_at, expires_at, remote_id, status, recall, queued_at, sent_at, fetched_at, acknowledged_at, updated_at,
	lease_owner, lease_until`

// insertDeliveries writes new deliveries with their first events.
func (t *tx) insertDeliveries(m *gateway.Message, deliveries []gateway.Delivery, actor string) error {
	rows := make([][]any, len(deliveries))
	for i, d := range deliveries {
		rows[i] = []any{
			string(d.ID), string(m.ID), int64(i), string(m.Kind), string(m.From), string(d.Addressed), string(d.Receiver), string(d.Holder),
			d.Redirect, d.Route, string(d.State), d.Cause, int64(d.Lane), int64(d.Attempts), micros(d.NextAt), micros(d.ExpiresAt), d.RemoteID,
			string(d.Status), string(d.Recall), micros(d.QueuedAt), micros(d.SentAt), micros(d.FetchedAt), micros(d.AcknowledgedAt), micros(d.UpdatedAt),
			"", int64(0),
		}
	}
	if err := t.insert("deliveries", deliveryInsert, rows); err != nil {
		return err
	}
	for _, d := range deliveries {
		row := delivery{Delivery: d, sender: m.From}
		row.Message = m.ID
		err := t.tell(row.event(gateway.DeliveryEvent(d.State), m.AcceptedAt, actor), particulars{
			To: d.State, Cause: d.Cause, Route: d.Route, Lane: d.Lane, Redirect: d.Redirect, Addressed: d.Addressed,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// event is an event about the delivery, without particulars.
func (d *delivery) event(kind gateway.EventKind, at time.Time, actor string) gateway.Event {
	return gateway.Event{
		Kind: kind, At: at, Message: d.Message, Delivery: d.ID,
		Sender: d.sender, Receiver: d.Receiver, Holder: d.Holder, Actor: actor,
	}
}

// Delivery implements gateway.Deliveries.
func (s *Store) Delivery(ctx context.Context, id gateway.DeliveryID) (*gateway.Delivery, error) {
	var d delivery
	err := s.read(ctx).row(`SELECT `+deliveryColumns+` FROM deliveries d WHERE d.id = $1`, []any{string(id)}, d.fields()...)
	if err != nil {
		return nil, wrap("read a delivery", orNotFound(err, string(id), "delivery"))
	}
	return &d.Delivery, nil
}

// DeliveriesOf implements gateway.Deliveries.
func (s *Store) DeliveriesOf(ctx context.Context, id gateway.MessageID) ([]gateway.Delivery, error) {
	rows, err := list(s.read(ctx), scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.message_id = $1 ORDER BY d.position`, string(id))
	return bare(rows), wrap("read deliveries", err)
}

// bare leaves out what only the store needs.
func bare(rows []delivery) []gateway.Delivery {
	out := make([]gateway.Delivery, len(rows))
	for i := range rows {
		out[i] = rows[i].Delivery
	}
	return out
}

// Attempts implements gateway.Deliveries.
func (s *Store) Attempts(ctx context.Context, id gateway.DeliveryID) ([]gateway.Attempt, error) {
	scan := func(rows *sql.Rows, a *gateway.Attempt) error {
		return rows.Scan(&a.Delivery, moment{&a.At}, &a.Carrier, &a.Class, &a.Code, &a.Answer)
	}
	attempts, err := list(s.read(ctx), scan, `SELECT delivery_id, at, carrier, class, code, answer FROM attempts WHERE delivery_id = $1 ORDER BY id`, string(id))
	return attempts, wrap("read attempts", err)
}

const itemColumns = deliveryColumns + `, ` + messageColumns

func scanItem(rows *sql.Rows, i *gateway.InboxItem) error {
	d := delivery{}
	err := rows.Scan(append(d.fields(), messageFields(&i.Message)...)...)
	i.Delivery = d.Delivery
	return err
}

// kinds spells out an empty kind.
func kinds(k edxml.Kind) []edxml.Kind {
	if k == "" {
		return []edxml.Kind{edxml.KindDocument, edxml.KindStatus}
	}
	return []edxml.Kind{k}
}

// between gives the bounds of a half-open time range as the database keeps them.
func between(from, to time.Time) (int64, int64) {
	if to.IsZero() {
		return micros(from), forever
	}
	return micros(from), micros(to)
}

// forever is later than any moment in the database.
const forever = int64(1)<<62 - 1

// unionAtOnce bounds the arms of a statement built by union.
const unionAtOnce = 16

// union gives n arms, each ordered and limited by itself so that each walks its own
// stretch of an index, as one statement. In an arm #1, #2 … stand for the arm's own
// parameters, which begin at the given number.
func union(arm string, first, n, parameters int) string {
	arms := make([]string, n)
	for i := range arms {
		text := arm
		for p := range parameters {
			text = strings.ReplaceAll(text, fmt.Sprintf("#%d", p+1), fmt.Sprintf("$%d", first+i*parameters+p))
		}
		arms[i] = fmt.Sprintf("SELECT * FROM (%s) AS arm%d", text, i)
	}
	return strings.Join(arms, " UNION ALL ")
}
