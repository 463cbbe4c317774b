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
	c.Flag, err = a.flag(ctx, c)
	return c, err
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

// flag compares a status with those that the letter has had.
func (a *arrival) flag(ctx context.Context, c *StatusChange) (string, error) {
	letters, err := a.Store.MessagesByDocument(ctx, c.Sender, c.DocumentID)
	if err != nil {
		return "", err
	}
	flag := FlagUnknownLetter
	for _, m := range letters {
		deliveries, err := a.Store.DeliveriesOf(ctx, m.ID)
		if err != nil {
			return "", err
		}
		for _, d := range deliveries {
			if d.Receiver == c.Receiver || d.Addressed == c.Receiver {
				flag = orderFlag(d.Status, c.Code)
			}
		}
	}
	return flag, nil
}

func orderFlag(last, next edxml.StatusCode) string {
	var before []edxml.StatusCode
	if last != "" {
		before = append(before, last)
	}
	if ok, _ := schemas.CanFollow(before, next); !ok {
		return FlagOutOfOrder
	}
	return ""
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
