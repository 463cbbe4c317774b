package gateway

import "context"

// Stuck lists held, failed and expired deliveries: of its own letters for a sender, all for an operator.
func (g *Gateway) Stuck(ctx context.Context, p Principal, q StuckQuery) ([]InboxItem, error) {
	panic("TODO")
}

// CountStuck gives the overview of stuck deliveries by state, cause and receiver; for operators.
func (g *Gateway) CountStuck(ctx context.Context, p Principal) ([]StuckCount, error) {
	panic("TODO")
}

// Requeue sends stuck deliveries again, in bulk, after routing them afresh; for operators.
func (g *Gateway) Requeue(ctx context.Context, p Principal, q StuckQuery) (int, error) {
	panic("TODO")
}

// CancelStuck ends a stuck delivery for good; for operators.
func (g *Gateway) CancelStuck(ctx context.Context, p Principal, id DeliveryID) error {
	panic("TODO")
}
