package store

import (
	"fmt"
	"slices"
	"time"

	"congvan/gateway"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

// earlier are the deliveries of letters of one sender and DocumentId; the asking
// message itself and recalls are none of them.
const earlier = `SELECT ` + deliveryColumns + ` FROM messages m JOIN deliveries d ON d.message_id = m.id
	WHERE m.sender = $1 AND m.document_id = $2 AND m.kind = 'document' AND m.business <> 1 AND m.id <> $3 ORDER BY d.id {lock}`

// recall takes earlier letters back as far as their receivers have not had them,
// and gives the message's own deliveries: where neither letter nor recall needs to
// reach a receiver any more, the recall is cancelled too.
func (t *tx) recall(a *gateway.Admission) ([]gateway.Delivery, error) {
	targets, err := t.recalled(a)
	if err != nil || len(targets) == 0 {
		return a.Deliveries, err
	}
	deliveries := slices.Clone(a.Deliveries)
	for i := range deliveries {
		unread, err := t.takeBack(a, &deliveries[i], targets)
		if err != nil {
			return nil, err
		}
		if unread {
			deliveries[i].State, deliveries[i].Cause = gateway.DeliveryCancelled, gateway.CauseRecalledUnread
		}
	}
	return deliveries, nil
}

// recalled finds the deliveries that a message asks back: its sender's own only.
func (t *tx) recalled(a *gateway.Admission) ([]*delivery, error) {
	var out []*delivery
	for _, r := range recalls(a) {
		rows, err := list(t.session, scanDelivery, earlier, string(r.From), r.DocumentID, string(a.Message.ID))
		if err != nil {
			return nil, fmt.Errorf("read what is recalled: %w", err)
		}
		for i := range rows {
			out = append(out, &rows[i])
		}
	}
	return out, nil
}

// recalls lists the letters that a message asks back, by a recall or by status 13.
func recalls(a *gateway.Admission) []gateway.Relation {
	var out []gateway.Relation
	for _, r := range a.Relations {
		if a.Message.Business == edxml.BusinessRecall && r.Kind == gateway.RelationRecalls {
			out = append(out, r)
		}
	}
	if s := a.Status; s != nil && s.Code == edxml.StatusCancellation {
		out = append(out, gateway.Relation{From: s.Sender, DocumentID: s.DocumentID})
	}
	out = slices.DeleteFunc(out, func(r gateway.Relation) bool { return r.From != a.Message.From || r.DocumentID == "" })
	seen := make(map[string]bool, len(out))
	return slices.DeleteFunc(out, func(r gateway.Relation) bool {
		again := seen[r.DocumentID]
		seen[r.DocumentID] = true
		return again
	})
}

// takeBack recalls the targets that went to the receiver of one delivery of the
// recall. It says whether that receiver has had none of them.
func (t *tx) takeBack(a *gateway.Admission, d *gateway.Delivery, targets []*delivery) (unread bool, err error) {
	found := false
	unread = true
	for _, target := range targets {
		if target.Receiver != d.Receiver && target.Addressed != d.Addressed {
			continue
		}
		found = true
		if target.mayBeThere() {
			unread = false
			err = t.requestRecall(a, target)
		} else if target.State != gateway.DeliveryCancelled {
			err = t.cancelUnread(a, target)
		}
		if err != nil {
			return false, err
		}
	}
	return found && unread, nil
}

// mayBeThere says whether the receiver has the letter, or nobody can rule it out.
func (d *delivery) mayBeThere() bool {
	switch d.State {
	case gateway.DeliverySending, gateway.DeliverySent, gateway.DeliveryFetched, gateway.DeliveryAcknowledged:
		return true
	case gateway.DeliveryCancelled:
		return false
	}
	return !d.SentAt.IsZero() || !d.FetchedAt.IsZero() || d.Cause == gateway.CauseUnknownOutcome
}

func (t *tx) cancelUnread(a *gateway.Admission, d *delivery) error {
	d.Recall = gateway.RecallAgreed
	return t.move(d, change{
		to: gateway.DeliveryCancelled, cause: gateway.CauseRecalledUnread, at: a.Message.AcceptedAt, actor: a.Actor,
		data: particulars{Recall: gateway.RecallAgreed, By: a.Message.ID},
	})
}

func (t *tx) requestRecall(a *gateway.Admission, d *delivery) error {
	if d.Recall == gateway.RecallAgreed {
		return nil
	}
	return t.setRecall(a, d, gateway.RecallRequested)
}

func (t *tx) setRecall(a *gateway.Admission, d *delivery, r gateway.RecallState) error {
	d.Recall = r
	if err := t.note(d, a.Message.AcceptedAt); err != nil {
		return err
	}
	return t.tell(d.event(gateway.EventRecall, a.Message.AcceptedAt, a.Actor), particulars{Recall: r, By: a.Message.ID})
}

// note writes the receiver's status and the recall, which are no states of the delivery.
func (t *tx) note(d *delivery, at time.Time) error {
	d.UpdatedAt = at
	_, err := t.exec(`UPDATE deliveries SET status = $2, recall = $3, updated_at = $4 WHERE id = $1`,
		string(d.ID), string(d.Status), string(d.Recall), micros(at))
	return err
}

// reported are the particulars of status.reported.
type reported struct {
	Code        edxml.StatusCode  `json:"code"`
	Description string            `json:"description,omitempty"`
	Flag        string            `json:"flag,omitempty"`
	At          time.Time         `json:"at,omitzero"` // as the receiver has it
	DocumentID  string            `json:"document_id"`
	Message     gateway.MessageID `json:"status_message"`
}

// report keeps what a status message says and lets it take effect on the delivery
// that it is about. A status about an unknown letter is kept all the same.
func (t *tx) report(a *gateway.Admission) error {
	s := a.Status
	if s == nil {
		return nil
	}
	target, err := t.reportedOn(a)
	if err != nil {
		return err
	}
	e := gateway.Event{Kind: gateway.EventStatus, At: a.Message.AcceptedAt, Message: a.Message.ID, Sender: a.Message.From, Actor: a.Actor}
	flag, id := gateway.StatusFlag(nil, false, s.Code), ""
	if target != nil {
		e = target.event(gateway.EventStatus, a.Message.AcceptedAt, a.Actor)
		updated, err := t.updated(s)
		if err != nil {
			return err
		}
		flag, id = gateway.StatusFlag(&target.Delivery, updated, s.Code), string(target.ID)
	}
	err = t.insert("statuses", "message_id, delivery_id, sender, receiver, document_id, code, description, at, flag", [][]any{{
		string(a.Message.ID), id, string(s.Sender), string(s.Receiver), s.DocumentID, string(s.Code), s.Description, micros(s.At), flag,
	}})
	if err != nil {
		return err
	}
	if err := t.tell(e, reported{s.Code, s.Description, flag, s.At, s.DocumentID, a.Message.ID}); err != nil || target == nil {
		return err
	}
	return t.takeEffect(a, target)
}

// updated says whether a letter's sender has asked for a change of it by an update letter; it
// matters only to the answers.
func (t *tx) updated(s *gateway.StatusChange) (bool, error) {
	if s.Code != edxml.StatusChangeAcceptance && s.Code != edxml.StatusChangeRejection {
		return false, nil
	}
	found, err := list(t.session, one[string], `SELECT r.message_id FROM relations r WHERE r.sender = $1 AND r.document_id = $2 AND r.kind = $3 LIMIT 1`,
		string(s.Sender), s.DocumentID, string(gateway.RelationUpdates))
	return len(found) > 0, err
}

// reportedOn finds the delivery that a status is about, nil for none: for the
// answer to a recall the one that was asked back, else the newest that was not cancelled.
func (t *tx) reportedOn(a *gateway.Admission) (*delivery, error) {
	s := a.Status
	rows, err := list(t.session, scanDelivery, earlier, string(s.Sender), s.DocumentID, string(a.Message.ID))
	if err != nil {
		return nil, fmt.Errorf("read what is reported on: %w", err)
	}
	var best *delivery
	for i := range rows {
		d := &rows[i]
		about := d.Receiver == s.Receiver || d.Addressed == s.Receiver || d.Holder == s.Receiver
		if about && (best == nil || fit(s.Code, d) >= fit(s.Code, best)) {
			best = d
		}
	}
	return best, nil
}

// takeEffect lets a status change the delivery that it is about. Code 13 comes
// from the sender and is no status of the receiver; a code without a meaning says
// nothing about the letter.
func (t *tx) takeEffect(a *gateway.Admission, d *delivery) error {
	code := a.Status.Code
	if _, known := schemas.StatusName(code); !known || code == edxml.StatusCancellation {
		return nil
	}
	d.Status = code
	if d.State == gateway.DeliverySent { // whoever reports on it has it
		if err := t.move(d, change{to: gateway.DeliveryFetched, at: a.Message.AcceptedAt, actor: a.Actor, data: particulars{By: a.Message.ID}}); err != nil {
			return err
		}
	}
	if answer := recallAnswer(code); answer != "" && d.Recall == gateway.RecallRequested {
		return t.setRecall(a, d, answer)
	}
	return t.note(d, a.Message.AcceptedAt)
}

func recallAnswer(code edxml.StatusCode) gateway.RecallState {
	switch code {
	case edxml.StatusChangeAcceptance:
		return gateway.RecallAgreed
	case edxml.StatusChangeRejection:
		return gateway.RecallRefused
	}
	return gateway.RecallNone
}

// fit says how well a delivery fits a status; greater is better.
func fit(code edxml.StatusCode, d *delivery) int {
	switch {
	case recallAnswer(code) != "" && d.Recall == gateway.RecallRequested:
		return 2
	case d.State != gateway.DeliveryCancelled:
		return 1
	}
	return 0
}
