package gateway

import "context"

// Look gives one message to those whose business it is: its sender, its receivers (unless it was
// recalled before they had it) and operators. ErrNotFound for anybody else. It changes nothing.
func (g *Gateway) Look(ctx context.Context, p Principal, id MessageID) (*Message, error) {
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.May(ScopeOperate) || p.ActsFor(m.From) {
		return m, nil
	}
	h := History{Message: *m}
	if h.Deliveries, err = g.Store.DeliveriesOf(ctx, id); err != nil {
		return nil, err
	}
	if err := h.restrict(p); err != nil {
		return nil, err
	}
	return m, nil
}
