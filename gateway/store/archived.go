package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"congvan/gateway"
)

// Unarchived implements gateway.Messages.
func (s *Store) Unarchived(ctx context.Context, node string, before time.Time, limit int) ([]gateway.MessageID, error) {
	ids, err := list(s.read(ctx), one[gateway.MessageID], `SELECT id FROM messages
		WHERE archived_at = 0 AND (node = $1 OR accepted_at < $2) ORDER BY accepted_at, id LIMIT $3`, node, micros(before), bounded(limit))
	return ids, wrap("list unarchived messages", err)
}

// MarkArchived implements gateway.Messages. Messages that are noted already, or
// unknown, are passed over.
func (s *Store) MarkArchived(ctx context.Context, archived []gateway.Archived) error {
	return s.write(ctx, "mark messages archived", func(t *tx) error {
		for _, a := range archived {
			if err := t.markArchived(a); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) markArchived(a gateway.Archived) error {
	var sender gateway.AgencyID
	t.wrote = true
	err := t.row(`UPDATE messages SET record = $2, archived_at = $3 WHERE id = $1 AND archived_at = 0 RETURNING sender`,
		[]any{string(a.Message), a.Key, micros(a.At)}, &sender)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	e := gateway.Event{Kind: gateway.EventArchived, At: a.At, Message: a.Message, Sender: sender, Actor: "archive"}
	return t.tell(e, struct {
		Record string `json:"record"`
	}{a.Key})
}
