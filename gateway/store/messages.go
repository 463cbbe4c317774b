package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

const messageColumns = `m.id, m.kind, m.business, m.sender, m.document_id, m.number, m.notation, m.type, m.subject, m.date,
	m.signer, m.priority, m.due_date, m.status_code, m.size, m.sha256, m.system, m.accepted_at, m.record, m.archived_at`

// messageFields are where messageColumns are scanned to.
func messageFields(m *gateway.Message) []any {
	return []any{
		&m.ID, &m.Kind, &m.Business, &m.From, &m.DocumentID, &m.Number, &m.Notation, &m.Type, &m.Subject, &m.Date,
		&m.Signer, &m.Priority, &m.DueDate, &m.StatusCode, &m.Size, &m.SHA256, &m.System,
		moment{&m.AcceptedAt},
		&m.Record,
		moment{&m.ArchivedAt},
	}
}

func scanMessage(rows *sql.Rows, m *gateway.Message) error { return rows.Scan(messageFields(m)...) }

// insertMessage writes a message unless one with the same fingerprint or
// idempotency key appeared meanwhile; false then.
func (t *tx) insertMessage(a *gateway.Admission) (bool, error) {
	m := &a.Message
	n, err := t.exec(`INSERT INTO messages (id, kind, business, sender, document_id, number, notation, type, subject, date,
		signer, priority, due_date, status_code, size, sha256, system, accepted_at, fingerprint, content_key, idempotency_key, node)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) ON CONFLICT DO NOTHING`,
		string(m.ID), string(m.Kind), int64(m.Business), string(m.From), m.DocumentID, m.Number, m.Notation, m.Type, m.Subject, m.Date,
		m.Signer, int64(m.Priority), m.DueDate, string(m.StatusCode), m.Size, m.SHA256, string(m.System), micros(m.AcceptedAt),
		a.Fingerprint, a.ContentKey, a.IdempotencyKey, a.Node)
	if err != nil {
		return false, fmt.Errorf("insert the message: %w", err)
	}
	return n == 1, nil
}

// Message implements gateway.Messages.
func (s *Store) Message(ctx context.Context, id gateway.MessageID) (*gateway.Message, error) {
	const operation = "read a message"
	r := s.read(ctx)
	var m gateway.Message
	if err := r.row(`SELECT `+messageColumns+` FROM messages m WHERE m.id = $1`, []any{string(id)}, messageFields(&m)...); err != nil {
		return nil, wrap(operation, orNotFound(err, string(id), "message"))
	}
	var err error
	m.Attachments, err = list(r, scanAttachment, `SELECT position, name, content_type, size, sha256, payload_size, payload, wrapped
		FROM attachments WHERE message_id = $1 ORDER BY position`, string(id))
	return &m, wrap(operation, err)
}

// MessagesByDocument implements gateway.Messages.
func (s *Store) MessagesByDocument(ctx context.Context, from gateway.AgencyID, documentID string) ([]gateway.Message, error) {
	messages, err := list(s.read(ctx), scanMessage, `SELECT `+messageColumns+` FROM messages m
		WHERE m.sender = $1 AND m.document_id = $2 AND m.kind = 'document' ORDER BY m.accepted_at, m.id`, string(from), documentID)
	return messages, wrap("read messages by document", err)
}

func (t *tx) insertAttachments(id gateway.MessageID, attachments []gateway.Attachment) error {
	rows := make([][]any, len(attachments))
	for i, a := range attachments {
		rows[i] = []any{string(id), int64(a.Index), a.Name, a.ContentType, a.Size, a.SHA256, a.PayloadSize, a.Payload, truth(a.Wrapped)}
	}
	return t.insert("attachments", "message_id, position, name, content_type, size, sha256, payload_size, payload, wrapped", rows)
}

func scanAttachment(rows *sql.Rows, a *gateway.Attachment) error {
	var wrapped int64
	err := rows.Scan(&a.Index, &a.Name, &a.ContentType, &a.Size, &a.SHA256, &a.PayloadSize, &a.Payload, &wrapped)
	a.Wrapped = wrapped != 0
	return err
}

// truth is how the database keeps a bool.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (t *tx) insertRelations(id gateway.MessageID, relations []gateway.Relation) error {
	rows := make([][]any, len(relations))
	for i, r := range relations {
		rows[i] = []any{string(id), int64(i), string(r.Kind), string(r.From), r.DocumentID}
	}
	return t.insert("relations", "message_id, position, kind, sender, document_id", rows)
}

// Relations implements gateway.Messages.
func (s *Store) Relations(ctx context.Context, id gateway.MessageID) ([]gateway.Relation, error) {
	scan := func(rows *sql.Rows, r *gateway.Relation) error { return rows.Scan(&r.Kind, &r.From, &r.DocumentID) }
	relations, err := list(s.read(ctx), scan, `SELECT kind, sender, document_id FROM relations WHERE message_id = $1 ORDER BY position`, string(id))
	return relations, wrap("read relations", err)
}

// part is one payload of a split original, in JSON.
type part struct {
	Offset int64  `json:"offset"`
	Layout string `json:"layout,omitempty"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (t *tx) insertOriginal(id gateway.MessageID, o *gateway.Original) error {
	parts := make([]part, len(o.Split.Payloads))
	for i, p := range o.Split.Payloads {
		parts[i] = part{p.Offset, p.Layout, p.Size, hex.EncodeToString(p.SHA256[:])}
	}
	where, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	return t.insert("originals", "message_id, skeleton, parts, size, sha256, rebuildable, whole, payloads", [][]any{{
		string(id), append([]byte{}, o.Split.Skeleton...), string(where), o.Split.Size, hex.EncodeToString(o.Split.SHA256[:]),
		truth(o.Split.Rebuildable), o.Whole, texts(o.Payloads),
	}})
}

// Original implements gateway.Messages.
func (s *Store) Original(ctx context.Context, id gateway.MessageID) (*gateway.Original, error) {
	var o gateway.Original
	var parts, digest, payloads string
	var rebuildable int64
	err := s.read(ctx).row(`SELECT skeleton, parts, size, sha256, rebuildable, whole, payloads FROM originals WHERE message_id = $1`,
		[]any{string(id)}, &o.Split.Skeleton, &parts, &o.Split.Size, &digest, &rebuildable, &o.Whole, &payloads)
	if err == nil {
		o.Split.Rebuildable = rebuildable != 0
		err = fillOriginal(&o, parts, digest, payloads)
	}
	if err != nil {
		return nil, wrap("read an original", orNotFound(err, string(id), "message"))
	}
	return &o, nil
}

// fillOriginal reads what is kept as text.
func fillOriginal(o *gateway.Original, parts, digest, payloads string) error {
	if err := readDigest(&o.Split.SHA256, digest); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(payloads), &o.Payloads); err != nil {
		return err
	}
	var where []part
	if err := json.Unmarshal([]byte(parts), &where); err != nil {
		return err
	}
	for _, p := range where {
		payload := edxml.Payload{Offset: p.Offset, Layout: p.Layout, Size: p.Size}
		if err := readDigest(&payload.SHA256, p.SHA256); err != nil {
			return err
		}
		o.Split.Payloads = append(o.Split.Payloads, payload)
	}
	return nil
}

func readDigest(into *[32]byte, text string) error {
	digest, err := hex.DecodeString(text)
	if err != nil || len(digest) != len(into) {
		return fmt.Errorf("stored digest %q is none: %w", text, gateway.ErrInternal)
	}
	copy(into[:], digest)
	return nil
}
