package gateway

import (
	"context"
	"errors"
)

// Stuck lists held, failed and expired deliveries: of its own letters for a sender, all for an operator.
func (g *Gateway) Stuck(ctx context.Context, p Principal, q StuckQuery) ([]InboxItem, error) {
	if p.System == "" {
		return nil, Errorf(CodeUnauthenticated, "", "no principal")
	}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Senders = limit, nil
	if !p.May(ScopeOperate) {
		q.Senders = append([]AgencyID{}, p.Agencies...)
	}
	return g.Store.Stuck(ctx, q)
}

// CountStuck gives the overview of stuck deliveries by state, cause and receiver; for operators.
func (g *Gateway) CountStuck(ctx context.Context, p Principal) ([]StuckCount, error) {
	if err := require(p, ScopeOperate); err != nil {
		return nil, err
	}
	return g.Store.CountStuck(ctx)
}

// Requeue sends stuck deliveries again, in bulk, routed afresh by the directory as it is
// today, and says how many are on their way; for operators. What still has no way
// stays held.
func (g *Gateway) Requeue(ctx context.Context, p Principal, q StuckQuery) (int, error) {
	if err := require(p, ScopeOperate); err != nil {
		return 0, err
	}
	q.Senders, q.Limit = nil, 500
	done := 0
	for {
		page, err := g.Store.Stuck(ctx, q)
		if err != nil || len(page) == 0 {
			return done, err
		}
		for _, i := range page {
			queued, err := g.reroute(ctx, p, i.Delivery, i.Delivery.Addressed)
			if err != nil && !errors.Is(err, ErrConflict) { // a conflict: another operator was faster
				return done, err
			}
			if queued {
				done++
			}
			q.After = i.Delivery.ID
		}
	}
}

// Redirect gives a stuck delivery to another receiver, such as one of several
// successors of a closed code; for operators.
func (g *Gateway) Redirect(ctx context.Context, p Principal, id DeliveryID, receiver AgencyID) error {
	if err := require(p, ScopeOperate); err != nil {
		return err
	}
	d, err := g.Store.Delivery(ctx, id)
	if err != nil {
		return err
	}
	queued, err := g.reroute(ctx, p, *d, receiver)
	if err == nil && !queued {
		err = Errorf(CodeReceiverUnknown, string(receiver), "no way to it")
	}
	return err
}

// reroute finds the way to a code today and queues a stuck delivery on it; false when there is none.
func (g *Gateway) reroute(ctx context.Context, p Principal, d Delivery, code AgencyID) (bool, error) {
	now := g.now()
	r := router{Gateway: g, day: today(now), looped: d.Cause == CauseLoop, known: map[AgencyID]*Agency{}}
	w, err := r.find(ctx, code)
	if errors.Is(err, ErrInvalid) {
		return false, nil // a receiver that is closed or locked stays a person's business
	}
	if err != nil {
		return false, err
	}
	if code != d.Addressed && w.redirect == "" {
		w.redirect = RedirectSuccessor
	}
	d.Receiver, d.Holder, d.Redirect, d.Route, d.Cause = w.receiver, w.holder, w.redirect, w.route, w.held
	d.State, d.NextAt, d.ExpiresAt, d.UpdatedAt = DeliveryQueued, now, now.Add(g.Expiry), now
	if w.held != "" {
		return false, nil
	}
	return true, g.Store.Reroute(ctx, d, string(p.System))
}

// CancelStuck ends a stuck delivery for good; for operators.
func (g *Gateway) CancelStuck(ctx context.Context, p Principal, id DeliveryID) error {
	if err := require(p, ScopeOperate); err != nil {
		return err
	}
	return g.Store.Cancel(ctx, id, string(p.System))
}
