package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"congvan/gateway"
)

// sentArm walks one sender's messages from the newest.
const sentArm = `SELECT m.accepted_at, m.id FROM messages m WHERE m.sender = #1 AND m.accepted_at >= $1 AND m.accepted_at < $2
	AND m.kind IN list($3) AND ($4 = '' OR m.id = $4) AND EXISTS (SELECT 1 FROM deliveries d WHERE d.message_id = m.id)
	ORDER BY m.accepted_at DESC, m.id DESC LIMIT $5`

// letter is where a message stands in the list of what was sent.
type letter struct {
	at int64
	id gateway.MessageID
}

func scanLetter(rows *sql.Rows, l *letter) error { return rows.Scan(&l.at, &l.id) }

// Sent implements gateway.Messages.
func (s *Store) Sent(ctx context.Context, q gateway.SentQuery) ([]gateway.InboxItem, error) {
	const operation = "list what was sent"
	r := s.read(ctx)
	letters, err := r.letters(q)
	if err != nil || len(letters) == 0 {
		return nil, wrap(operation, err)
	}
	ids := make([]gateway.MessageID, len(letters))
	for i, l := range letters {
		ids[i] = l.id
	}
	items, err := list(r, scanItem, `SELECT `+itemColumns+` FROM deliveries d JOIN messages m ON m.id = d.message_id
		WHERE d.message_id IN list($1) ORDER BY m.accepted_at DESC, m.id DESC, d.position LIMIT $2 OFFSET $3`, texts(ids), bounded(q.Limit), q.Offset)
	return items, wrap(operation, err)
}

// letters lists the newest messages; each has at least one delivery, so as many as
// the end of the page always suffice.
func (s session) letters(q gateway.SentQuery) ([]letter, error) {
	from, to := between(q.From, q.To)
	var all []letter
	for senders := range slices.Chunk(unique(q.Senders), unionAtOnce) {
		args := []any{from, to, texts(kinds(q.Kind)), string(q.Message), q.Offset + bounded(q.Limit)}
		for _, sender := range senders {
			args = append(args, string(sender))
		}
		some, err := list(s, scanLetter, union(sentArm, 6, len(senders), 1), args...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b letter) int {
		return cmp.Or(cmp.Compare(b.at, a.at), strings.Compare(string(b.id), string(a.id)))
	})
	return all[:min(len(all), q.Offset+bounded(q.Limit))], nil
}
