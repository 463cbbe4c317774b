package store

import (
	"context"
	"database/sql"
	"errors"

	"congvan/gateway"
)

const receiptColumns = `id, kind, message_id, delivery_id, issued_at, jws`

func scanReceipt(rows *sql.Rows, r *gateway.Receipt) error { return rows.Scan(receiptFields(r)...) }

func receiptFields(r *gateway.Receipt) []any {
	return []any{&r.ID, &r.Kind, &r.Message, &r.Delivery, moment{&r.IssuedAt}, &r.JWS}
}

// Receipts implements gateway.Messages.
func (s *Store) Receipts(ctx context.Context, id gateway.MessageID) ([]gateway.Receipt, error) {
	receipts, err := list(s.read(ctx), scanReceipt, `SELECT `+receiptColumns+` FROM receipts WHERE message_id = $1 ORDER BY issued_at, id`, string(id))
	return receipts, wrap("read receipts", err)
}

// insertReceipt keeps a receipt unless there is one of the same kind and delivery.
func (t *tx) insertReceipt(r gateway.Receipt) (bool, error) {
	n, err := t.exec(`INSERT INTO receipts (`+receiptColumns+`) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		r.ID, string(r.Kind), string(r.Message), string(r.Delivery), micros(r.IssuedAt), r.JWS)
	return n == 1, err
}

// IssueReceipt implements gateway.Messages.
func (s *Store) IssueReceipt(ctx context.Context, r gateway.Receipt, actor string) (gateway.Receipt, error) {
	issued := r
	err := s.write(ctx, "issue a receipt", func(t *tx) error {
		event, err := t.receiptEvent(r, actor)
		if err != nil {
			return err
		}
		fresh, err := t.insertReceipt(r)
		if err != nil {
			return err
		}
		if fresh {
			issued = r
			return t.tell(event, struct {
				ID   string              `json:"id"`
				Kind gateway.ReceiptKind `json:"kind"`
			}{r.ID, r.Kind})
		}
		return t.row(`SELECT `+receiptColumns+` FROM receipts WHERE message_id = $1 AND kind = $2 AND delivery_id = $3`,
			[]any{string(r.Message), string(r.Kind), string(r.Delivery)}, receiptFields(&issued)...)
	})
	return issued, err
}

// receiptEvent finds whom a receipt concerns.
func (t *tx) receiptEvent(r gateway.Receipt, actor string) (gateway.Event, error) {
	e := gateway.Event{Kind: gateway.EventReceipt, At: r.IssuedAt, Message: r.Message, Delivery: r.Delivery, Actor: actor}
	if err := t.row(`SELECT sender FROM messages WHERE id = $1`, []any{string(r.Message)}, &e.Sender); err != nil {
		return e, orNotFound(err, string(r.Message), "message")
	}
	if r.Delivery == "" {
		return e, nil
	}
	err := t.row(`SELECT receiver, holder FROM deliveries WHERE id = $1 AND message_id = $2`,
		[]any{string(r.Delivery), string(r.Message)}, &e.Receiver, &e.Holder)
	return e, orNotFound(err, string(r.Delivery), "delivery")
}

// Submission implements gateway.Messages.
func (s *Store) Submission(ctx context.Context, fingerprint string) (gateway.Admitted, error) {
	admitted, err := s.read(ctx).submission(fingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		return gateway.Admitted{}, notFound("", "submission")
	}
	return admitted, wrap("read a submission", err)
}

// submission finds an earlier admission; sql.ErrNoRows.
func (s session) submission(fingerprint string) (gateway.Admitted, error) {
	a := gateway.Admitted{Replayed: true}
	err := s.row(`SELECT m.id, m.document_id, r.id, r.kind, r.message_id, r.delivery_id, r.issued_at, r.jws
		FROM messages m JOIN receipts r ON r.message_id = m.id AND r.kind = 'submission' AND r.delivery_id = ''
		WHERE m.fingerprint = $1`, []any{fingerprint}, append([]any{&a.Message, &a.DocumentID}, receiptFields(&a.Receipt)...)...)
	return a, err
}
