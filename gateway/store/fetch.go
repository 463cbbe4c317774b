package store

import (
	"context"
	"slices"

	"congvan/gateway"
)

// held reads the deliveries that a receiver's system names: one, or all of a
// message, as far as its agencies hold them.
func (t *tx) held(id gateway.DeliveryID, message gateway.MessageID, holders []gateway.AgencyID) ([]*delivery, error) {
	statement, key := `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.id = $1 {lock}`, string(id)
	if id == "" {
		statement, key = `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.message_id = $1 ORDER BY d.position {lock}`, string(message)
	}
	rows, err := list(t.session, scanDelivery, statement, key)
	if err != nil {
		return nil, err
	}
	var out []*delivery
	for i := range rows {
		if slices.Contains(holders, rows[i].Holder) {
			out = append(out, &rows[i])
		}
	}
	return out, nil
}

// Fetched implements gateway.Deliveries.
func (s *Store) Fetched(ctx context.Context, f gateway.FetchMark) ([]gateway.Delivery, error) {
	var out []gateway.Delivery
	err := s.write(ctx, "mark deliveries fetched", func(t *tx) (err error) {
		out, err = t.fetched(f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) fetched(f gateway.FetchMark) ([]gateway.Delivery, error) {
	rows, err := t.held(f.Delivery, f.Message, f.Holders)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, notFound("", "delivery in these inboxes")
	}
	if !slices.ContainsFunc(rows, func(d *delivery) bool { return d.State != gateway.DeliveryCancelled }) {
		return nil, gateway.Errorf(gateway.CodeRecalled, string(f.Message), "every delivery is cancelled")
	}
	if !slices.ContainsFunc(rows, (*delivery).open) {
		return nil, notFound("", "delivery in these inboxes any more")
	}
	out := make([]gateway.Delivery, len(rows))
	for i, d := range rows {
		if d.State == gateway.DeliveryQueued || d.State == gateway.DeliverySent {
			if err := t.move(d, change{to: gateway.DeliveryFetched, at: f.At, actor: f.Actor}); err != nil {
				return nil, err
			}
		}
		out[i] = d.Delivery
	}
	return out, nil
}

// open says whether the receiver may have the bytes: the delivery waits for it, or it has
// had them. Bytes of one that expired unread would go out without a mark, and a later
// recall would call the letter unread.
func (d *delivery) open() bool {
	switch d.State {
	case gateway.DeliveryQueued, gateway.DeliverySent, gateway.DeliveryFetched, gateway.DeliveryAcknowledged:
		return true
	case gateway.DeliveryCancelled:
		return false
	}
	return !d.FetchedAt.IsZero()
}

// Acknowledge implements gateway.Deliveries. An acknowledgement of a whole message
// has one outcome: of the first of its deliveries that went wrong, or of the first.
func (s *Store) Acknowledge(ctx context.Context, asked []gateway.Acknowledgement, holders []gateway.AgencyID, actor string) ([]gateway.AckOutcome, error) {
	var out []gateway.AckOutcome
	err := s.write(ctx, "acknowledge deliveries", func(t *tx) error {
		out = make([]gateway.AckOutcome, len(asked))
		for i, a := range asked {
			outcome, err := t.acknowledge(a, holders, actor)
			if err != nil {
				return err
			}
			out[i] = outcome
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) acknowledge(a gateway.Acknowledgement, holders []gateway.AgencyID, actor string) (gateway.AckOutcome, error) {
	rows, err := t.held(a.Delivery, a.Message, holders)
	if err != nil {
		return gateway.AckOutcome{}, err
	}
	if len(rows) == 0 {
		return gateway.AckOutcome{Delivery: a.Delivery, Err: notFound("", "delivery in these inboxes")}, nil
	}
	var outcome gateway.AckOutcome
	for i, d := range rows {
		refusal, err := t.acknowledgeOne(d, a, actor)
		if err != nil {
			return gateway.AckOutcome{}, err
		}
		if i == 0 || (outcome.Err == nil && refusal != nil) {
			outcome = gateway.AckOutcome{Delivery: d.ID, State: d.State, Err: refusal}
		}
	}
	return outcome, nil
}

// acknowledgeOne takes the receiver's first word on a delivery; later ones change
// nothing. The first error is the receiver's business, the second the database's.
func (t *tx) acknowledgeOne(d *delivery, a gateway.Acknowledgement, actor string) (refusal, err error) {
	switch {
	case d.State == gateway.DeliveryFetched, d.State == gateway.DeliverySent:
		c := change{to: gateway.DeliveryAcknowledged, at: a.At, actor: actor, data: particulars{Description: a.Description}}
		if a.Unreadable {
			c.to, c.cause = gateway.DeliveryFailed, gateway.CauseUnreadable
		}
		return nil, t.move(d, c)
	case d.State == gateway.DeliveryAcknowledged, d.State == gateway.DeliveryFailed && d.Cause == gateway.CauseUnreadable:
		return nil, nil
	case d.State == gateway.DeliveryCancelled:
		return gateway.Errorf(gateway.CodeRecalled, string(d.ID), "it is cancelled"), nil
	}
	return gateway.Errorf(gateway.CodeNotFetched, string(d.ID), "it is %s", d.State), nil
}
