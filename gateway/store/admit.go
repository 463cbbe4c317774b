package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// Admit implements gateway.Messages.
func (s *Store) Admit(ctx context.Context, a *gateway.Admission) (gateway.Admitted, error) {
	var admitted gateway.Admitted
	err := s.write(ctx, "admit a message", func(t *tx) (err error) {
		admitted, err = t.admit(a)
		return err
	})
	if err != nil {
		return gateway.Admitted{}, err
	}
	return admitted, nil
}

func (t *tx) admit(a *gateway.Admission) (gateway.Admitted, error) {
	earlier, err := t.submission(a.Fingerprint)
	if !errors.Is(err, sql.ErrNoRows) {
		return earlier, err
	}
	if err := t.contradiction(a); err != nil {
		return gateway.Admitted{}, err
	}
	fresh, err := t.insertMessage(a)
	if err != nil {
		return gateway.Admitted{}, err
	}
	if !fresh { // on PostgreSQL: the same submission, or one with the same key, committed just now
		return gateway.Admitted{}, errAgain
	}
	if err := t.complete(a); err != nil {
		return gateway.Admitted{}, err
	}
	return gateway.Admitted{Message: a.Message.ID, DocumentID: a.Message.DocumentID, Receipt: a.Receipt}, nil
}

// contradiction says what an admission contradicts, if anything.
func (t *tx) contradiction(a *gateway.Admission) error {
	if err := t.keyReused(a); err != nil {
		return err
	}
	m := &a.Message
	if m.Kind != edxml.KindDocument || m.Business != edxml.BusinessNew || m.DocumentID == "" {
		return nil
	}
	if err := t.alone(string(m.From), m.DocumentID); err != nil {
		return err
	}
	earlier, err := t.duplicateOf(m.From, m.DocumentID, a.ContentKey)
	if err == nil && earlier != "" {
		return gateway.Errorf(gateway.CodeDuplicateDocument, "DocumentId", "it was used for message %s", earlier)
	}
	return err
}

func (t *tx) keyReused(a *gateway.Admission) error {
	if a.IdempotencyKey == "" {
		return nil
	}
	var earlier gateway.MessageID
	var fingerprint string
	err := t.row(`SELECT id, fingerprint FROM messages WHERE system = $1 AND idempotency_key = $2 AND idempotency_key <> ''`,
		[]any{string(a.Message.System), a.IdempotencyKey}, &earlier, &fingerprint)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case fingerprint == a.Fingerprint: // on PostgreSQL: the same submission, committed since we looked for it
		return errAgain
	}
	return gateway.Errorf(gateway.CodeIdempotencyKeyReused, "Idempotency-Key", "it was used for message %s", earlier)
}

// alone makes admissions of one DocumentId wait for each other, so that two with
// other content cannot both find none. SQLite has one writer anyhow.
func (t *tx) alone(sender, documentID string) error {
	if t.sql.alone == "" {
		return nil
	}
	_, err := t.exec(t.sql.alone, sender+"\n"+documentID)
	return err
}

func (s session) duplicateOf(from gateway.AgencyID, documentID, contentKey string) (gateway.MessageID, error) {
	var earlier gateway.MessageID
	err := s.row(`SELECT id FROM messages WHERE sender = $1 AND document_id = $2 AND kind = 'document' AND business = 0
		AND content_key <> $3 ORDER BY id LIMIT 1`, []any{string(from), documentID, contentKey}, &earlier)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return earlier, err
}

// DuplicateOf implements gateway.Messages.
func (s *Store) DuplicateOf(ctx context.Context, from gateway.AgencyID, documentID, contentKey string) (gateway.MessageID, error) {
	id, err := s.read(ctx).duplicateOf(from, documentID, contentKey)
	return id, wrap("look for a duplicate", err)
}

// complete writes what follows from a message that is new.
func (t *tx) complete(a *gateway.Admission) error {
	id := a.Message.ID
	if err := t.insertOriginal(id, &a.Original); err != nil {
		return err
	}
	if err := t.insertAttachments(id, a.Message.Attachments); err != nil {
		return err
	}
	if err := t.insertRelations(id, a.Relations); err != nil {
		return err
	}
	if fresh, err := t.insertReceipt(a.Receipt); err != nil || !fresh {
		return fmt.Errorf("insert the receipt (new: %t): %w", fresh, cmp.Or(err, gateway.ErrConflict))
	}
	if err := t.tellAccepted(a); err != nil {
		return err
	}
	if err := t.judgeAll(a); err != nil {
		return err
	}
	deliveries, err := t.recall(a)
	if err != nil {
		return err
	}
	if err := t.insertDeliveries(&a.Message, deliveries, a.Actor); err != nil {
		return err
	}
	return t.report(a)
}

// accepted are the particulars of message.accepted.
type accepted struct {
	Kind       edxml.Kind         `json:"kind"`
	Business   edxml.BusinessType `json:"business"`
	DocumentID string             `json:"document_id"`
	StatusCode edxml.StatusCode   `json:"status_code,omitempty"`
	SHA256     string             `json:"sha256"`
	Size       int64              `json:"size"`
	Receipt    string             `json:"receipt"`
	System     gateway.SystemID   `json:"system"`
	Node       string             `json:"node,omitempty"`
	Deliveries int                `json:"deliveries"`
}

func (t *tx) tellAccepted(a *gateway.Admission) error {
	m := &a.Message
	e := gateway.Event{Kind: gateway.EventAccepted, At: m.AcceptedAt, Message: m.ID, Sender: m.From, Actor: a.Actor}
	return t.tell(e, accepted{
		m.Kind, m.Business, m.DocumentID, m.StatusCode, m.SHA256, m.Size,
		a.Receipt.ID, m.System, a.Node, len(a.Deliveries),
	})
}
