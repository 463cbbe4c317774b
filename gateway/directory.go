package gateway

import "context"

// Agency looks an agency up by its code or an alias.
func (g *Gateway) Agency(ctx context.Context, id AgencyID) (*Agency, error) {
	panic("TODO")
}

// SearchAgencies lists agencies in the order of their codes.
func (g *Gateway) SearchAgencies(ctx context.Context, q AgencyQuery) ([]Agency, error) {
	panic("TODO")
}

// PutAgencies writes directory entries after checking them (codes, parents, successors and dates
// make sense) and says how many changed; needs ScopeDirectory.
func (g *Gateway) PutAgencies(ctx context.Context, p Principal, agencies []Agency) (int, error) {
	panic("TODO")
}

// CloseAgency closes an agency today, with its successors; needs ScopeDirectory.
func (g *Gateway) CloseAgency(ctx context.Context, p Principal, id AgencyID, successors []AgencyID) error {
	panic("TODO")
}
