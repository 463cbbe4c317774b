package gateway

import "context"

// Accept takes one envelope: bounds it, takes it apart, checks it, stores it and
// routes it, or refuses it with a coded error and nothing stored. Submitting the same
// bytes for the same receivers again, at once or a year later, gives the first receipt.
func (g *Gateway) Accept(ctx context.Context, p Principal, s Submission) (*Acceptance, error) {
	panic("TODO")
}
