package gateway

import (
	"context"
	"errors"

	"congvan/schemas"
	"congvan/schemas/edxml"
)

// statusChange reads what a status message says about an earlier letter; nil
// for a document.
func (a *arrival) statusChange(ctx context.Context) (*StatusChange, error) {
	if a.env.Status == nil || len(a.env.ResponseFor) == 0 {
		return nil, nil
	}
	about := a.env.ResponseFor[0]
	other, err := a.canonical(ctx, AgencyID(about.OrganID))
	if err != nil {
		return nil, err
	}
	c := &StatusChange{
		Sender: other, Receiver: a.sender.ID, DocumentID: about.DocumentID,
		Code: a.env.Status.Code, Description: a.env.Status.Description, At: a.at,
	}
	if c.Code == edxml.StatusCancellation {
		// "lấy lại" comes from the letter's sender and names its receiver
		c.Sender, c.Receiver = a.sender.ID, other
	}
	return c, nil
}

// canonical gives the code under which an agency is kept; an unknown code stays as it is.
func (g *Gateway) canonical(ctx context.Context, id AgencyID) (AgencyID, error) {
	agency, err := g.Store.Agency(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return agency.ID, nil
}

// Why a status is flagged; it is accepted all the same.
const (
	FlagUnknownLetter = "unknown-letter" // no such letter went from that sender to that receiver
	FlagOutOfOrder    = "out-of-order"   // the code does not follow from those before it
)

// StatusFlag compares a status with how far the delivery has come that it is
// about (nil: there is none); updated says that its sender has asked for a change by an update
// letter. It is empty when all is in order.
func StatusFlag(d *Delivery, updated bool, next edxml.StatusCode) string {
	if d == nil {
		return FlagUnknownLetter
	}
	if ok, _ := schemas.CanFollow(passed(d, updated, next), next); !ok {
		return FlagOutOfOrder
	}
	return ""
}

// passed are the statuses that a delivery has behind it, as its last one tells: a
// step that was left out was flagged when it was passed over, and not again with
// each step after it. A recall or an update stands among them as the sender's 13.
func passed(d *Delivery, updated bool, next edxml.StatusCode) []edxml.StatusCode {
	var before []edxml.StatusCode
	switch d.Status {
	case "":
	case edxml.StatusInbox:
		before = append(before, edxml.StatusInbox)
	case edxml.StatusRejection:
		before = append(before, edxml.StatusInbox, d.Status)
	case edxml.StatusChangeAcceptance, edxml.StatusChangeRejection:
		before = append(before, edxml.StatusInbox, edxml.StatusAcceptance, edxml.StatusCancellation, d.Status)
	default:
		before = append(before, edxml.StatusInbox, edxml.StatusAcceptance, d.Status)
	}
	asked := d.Recall == RecallRequested || updated && d.Status != edxml.StatusChangeAcceptance && d.Status != edxml.StatusChangeRejection
	if asked && next != edxml.StatusCancellation {
		before = append(before, edxml.StatusCancellation)
	}
	return before
}

// relations lists the earlier letters that the message answers, takes back,
// changes, replaces or reports on.
func (a *arrival) relations(ctx context.Context) ([]Relation, error) {
	kind := RelationAnswers
	switch {
	case a.env.Kind == edxml.KindStatus:
		kind = RelationReports
	case a.env.Business.Type == edxml.BusinessRecall:
		kind = RelationRecalls
	}
	var out []Relation
	for _, r := range a.env.ResponseFor {
		if r.DocumentID == "" {
			continue
		}
		from := a.sender.ID
		if kind == RelationAnswers || kind == RelationReports {
			var err error
			if from, err = a.canonical(ctx, AgencyID(r.OrganID)); err != nil {
				return nil, err
			}
		}
		out = append(out, Relation{Kind: kind, From: from, DocumentID: r.DocumentID})
	}
	switch a.env.Business.Type {
	case edxml.BusinessUpdate:
		if id := a.env.Business.DocumentID; id != "" {
			out = append(out, Relation{RelationUpdates, a.sender.ID, id})
		}
	case edxml.BusinessReplace:
		for _, r := range a.env.Business.Replacements {
			out = append(out, Relation{RelationReplaces, a.sender.ID, r.DocumentID})
		}
	}
	return out, nil
}
