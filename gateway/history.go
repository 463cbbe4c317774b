package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// History is everything that happened to a letter: its events, its deliveries and
// the carriers' attempts.
type History struct {
	Message    Message    `json:"message"`
	Deliveries []Delivery `json:"deliveries"`
	Attempts   []Attempt  `json:"attempts,omitempty"`
	Events     []Event    `json:"events"`
}

// Timeline tells what happened to a message. A sender and an operator see all of it, a
// receiver what concerns its own deliveries. ErrNotFound for anybody else.
func (g *Gateway) Timeline(ctx context.Context, p Principal, id MessageID) (*History, error) {
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	h := &History{Message: *m}
	if h.Deliveries, err = g.Store.DeliveriesOf(ctx, id); err != nil {
		return nil, err
	}
	if h.Events, err = g.Store.Timeline(ctx, id); err != nil {
		return nil, err
	}
	if !p.May(ScopeOperate) && !p.ActsFor(m.From) {
		if err := h.restrict(p); err != nil {
			return nil, err
		}
	}
	for _, d := range h.Deliveries {
		if d.Route == RouteInbox {
			continue
		}
		tries, err := g.Store.Attempts(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		h.Attempts = append(h.Attempts, tries...)
	}
	return h, nil
}

// restrict leaves in a history what a receiver may see.
func (h *History) restrict(p Principal) error {
	mine := map[DeliveryID]bool{"": true}
	h.Deliveries = slices.DeleteFunc(h.Deliveries, func(d Delivery) bool {
		mine[d.ID] = p.ActsFor(d.Receiver) || p.ActsFor(d.Holder)
		return !mine[d.ID] || d.Cause == CauseRecalledUnread
	})
	if len(h.Deliveries) == 0 {
		return Errorf(CodeNotFound, string(h.Message.ID), "neither sender nor receiver")
	}
	h.Events = slices.DeleteFunc(h.Events, func(e Event) bool { return !mine[e.Delivery] })
	return nil
}

// MessageOf finds the newest message of a letter that the principal may see by its issuer and
// DocumentId. ErrNotFound.
func (g *Gateway) MessageOf(ctx context.Context, p Principal, from AgencyID, documentID string) (*Message, error) {
	issuer, err := g.canonical(ctx, from)
	if err != nil {
		return nil, err
	}
	found, err := g.Store.MessagesByDocument(ctx, issuer, documentID)
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Backward(found) {
		if _, err := g.Look(ctx, p, m.ID); err == nil {
			return &m, nil
		} else if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return nil, Errorf(CodeNotFound, documentID, "no such letter of %s", from)
}

// Feed reads the events that concern the principal's agencies (an operator: all events)
// after a cursor. When there are none it waits up to wait (at most 60 s) for the first.
func (g *Gateway) Feed(ctx context.Context, p Principal, after Cursor, limit int, wait time.Duration) (Feed, error) {
	if p.System == "" {
		return Feed{}, Errorf(CodeUnauthenticated, "", "no principal")
	}
	n, err := pageSize(limit)
	if err != nil {
		return Feed{}, err
	}
	q := FeedQuery{After: after, Limit: n}
	if !p.May(ScopeOperate) {
		q.Agencies = append([]AgencyID{}, p.Agencies...)
	}
	deadline := time.NewTimer(min(wait, time.Minute))
	defer deadline.Stop()
	for {
		changed := g.Store.Changed()
		f, err := g.Store.Feed(ctx, q)
		if err != nil || len(f.Events) > 0 || wait <= 0 {
			return f, err
		}
		if q.After != f.Next {
			q.After = f.Next
			continue
		}
		select {
		case <-changed:
		case <-deadline.C:
			return f, nil
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
}

// data gives the particulars of an event in JSON; v always can be.
func data(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a programming error: v is always one of our own plain types
	}
	return b
}
