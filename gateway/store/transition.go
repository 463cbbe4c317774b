package store

import (
	"fmt"
	"time"

	"congvan/gateway"
)

// particulars are the data of events about deliveries.
type particulars struct {
	From        gateway.DeliveryState `json:"from,omitempty"`
	To          gateway.DeliveryState `json:"to,omitempty"`
	Cause       string                `json:"cause,omitempty"`
	Addressed   gateway.AgencyID      `json:"addressed,omitempty"`
	Redirect    string                `json:"redirect,omitempty"`
	Route       string                `json:"route,omitempty"`
	Lane        int                   `json:"lane,omitempty"`
	Attempt     int                   `json:"attempt,omitempty"`
	Class       gateway.AttemptClass  `json:"class,omitempty"`
	Code        string                `json:"code,omitempty"`
	Answer      string                `json:"answer,omitempty"`
	RemoteID    string                `json:"remote_id,omitempty"`
	NextAt      time.Time             `json:"next_at,omitzero"`
	ExpiresAt   time.Time             `json:"expires_at,omitzero"`
	Interrupted bool                  `json:"interrupted,omitempty"`
	Description string                `json:"description,omitempty"`
	Recall      gateway.RecallState   `json:"recall,omitempty"`
	By          gateway.MessageID     `json:"by,omitempty"` // the message that caused it
}

// change is one step of a delivery. The caller sets what else changes in the
// delivery itself (times of the queue, lease, attempts) before it moves it.
type change struct {
	to    gateway.DeliveryState
	cause string
	at    time.Time
	actor string
	data  particulars
}

// move is the only way by which a delivery changes its state: the state machine
// is asked, the row is updated only if nobody else moved it meanwhile, and the
// event is told.
func (t *tx) move(d *delivery, c change) error {
	from := d.State
	if !from.CanBecome(c.to) {
		return fmt.Errorf("delivery %s cannot go from %s to %s: %w", d.ID, from, c.to, gateway.ErrConflict)
	}
	d.enter(c)
	if err := t.updateDelivery(d, from); err != nil {
		return err
	}
	c.data.From, c.data.To, c.data.Cause = from, c.to, c.cause
	return t.tell(d.event(gateway.DeliveryEvent(c.to), c.at, c.actor), c.data)
}

// enter sets what a state means for the row.
func (d *delivery) enter(c change) {
	d.State, d.Cause, d.UpdatedAt = c.to, c.cause, c.at
	switch c.to {
	case gateway.DeliverySent:
		d.SentAt = c.at
	case gateway.DeliveryFetched:
		d.FetchedAt = c.at
		return // a lease on the inbox goes on
	case gateway.DeliveryAcknowledged:
		d.AcknowledgedAt = c.at
	case gateway.DeliverySending:
		return
	}
	d.leaseOwner, d.leaseUntil = "", time.Time{}
}

// updateDelivery writes a row that is still in a state. On PostgreSQL the row is
// locked by whoever read it to move it, so that a miss is rare and run again.
func (t *tx) updateDelivery(d *delivery, from gateway.DeliveryState) error {
	n, err := t.update(d, from)
	if err != nil {
		return fmt.Errorf("update a delivery: %w", err)
	}
	if n != 1 {
		return errAgain
	}
	return nil
}

func (t *tx) update(d *delivery, from gateway.DeliveryState) (int64, error) {
	// The receiver's steps are by far the most frequent and change little: no column
	// of the queue's and the expiry's indexes but the state.
	if d.State == gateway.DeliveryFetched || d.State == gateway.DeliveryAcknowledged {
		return t.exec(`UPDATE deliveries SET state = $3, cause = $4, fetched_at = $5, acknowledged_at = $6, updated_at = $7, lease_until = $8
			WHERE id = $1 AND state = $2`,
			string(d.ID), string(from), string(d.State), d.Cause, micros(d.FetchedAt), micros(d.AcknowledgedAt), micros(d.UpdatedAt), micros(d.leaseUntil))
	}
	return t.exec(`UPDATE deliveries SET state = $3, cause = $4, fetched_at = $5, acknowledged_at = $6, updated_at = $7,
		lease_owner = $8, lease_until = $9, status = $10, recall = $11, receiver = $12, holder = $13, redirect = $14, route = $15,
		attempts = $16, next_at = $17, expires_at = $18, remote_id = $19, queued_at = $20, sent_at = $21 WHERE id = $1 AND state = $2`,
		string(d.ID), string(from), string(d.State), d.Cause, micros(d.FetchedAt), micros(d.AcknowledgedAt), micros(d.UpdatedAt),
		d.leaseOwner, micros(d.leaseUntil), string(d.Status), string(d.Recall), string(d.Receiver), string(d.Holder), d.Redirect, d.Route,
		int64(d.Attempts), micros(d.NextAt), micros(d.ExpiresAt), d.RemoteID, micros(d.QueuedAt), micros(d.SentAt))
}
