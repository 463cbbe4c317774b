package client

import (
	"context"
	"net/http"
	"net/url"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// Agency looks an agency up by its code or another code of it.
func (c *Client) Agency(ctx context.Context, id gateway.AgencyID) (*gateway.Agency, error) {
	var a gateway.Agency
	err := c.get(ctx, at("agencies", string(id)), nil, &a)
	return &a, err
}

// SearchAgencies gives a page of agencies in the order of their codes, and with what to
// ask for the next one as After; empty at the end.
func (c *Client) SearchAgencies(ctx context.Context, q gateway.AgencyQuery) ([]gateway.Agency, gateway.AgencyID, error) {
	v := url.Values{}
	set(v, "q", q.Text)
	set(v, "parent", string(q.Parent))
	set(v, "kind", q.Kind)
	set(v, "after", string(q.After))
	setNumber(v, "limit", q.Limit)
	var page wire.Agencies
	err := c.get(ctx, at("agencies"), v, &page)
	return page.Items, page.Next, err
}

// PutAgencies writes up to 1,000 directory entries and says how many changed.
func (c *Client) PutAgencies(ctx context.Context, agencies []gateway.Agency) (int, error) {
	var n wire.Changed
	err := c.send(ctx, http.MethodPut, at("agencies"), wire.Agencies{Items: agencies}, "", &n)
	return n.Changed, err
}

// CloseAgency closes an agency today.
func (c *Client) CloseAgency(ctx context.Context, id gateway.AgencyID, successors []gateway.AgencyID) error {
	return c.send(ctx, http.MethodPost, at("agencies", string(id), "close"), wire.Closing{Successors: successors}, "", nil)
}

// Stuck gives a page of stuck deliveries, and with what to ask for the next one as
// After; empty at the end. Senders and Delivery do not matter.
func (c *Client) Stuck(ctx context.Context, q gateway.StuckQuery) ([]gateway.InboxItem, gateway.DeliveryID, error) {
	v := url.Values{}
	set(v, "state", string(q.State))
	set(v, "cause", q.Cause)
	set(v, "receiver", string(q.Receiver))
	set(v, "after", string(q.After))
	setNumber(v, "limit", q.Limit)
	var page wire.Items
	err := c.get(ctx, at("stuck"), v, &page)
	return page.Items, page.Next, err
}

// CountStuck gives the overview of what is stuck.
func (c *Client) CountStuck(ctx context.Context) ([]gateway.StuckCount, error) {
	var counts wire.StuckCounts
	err := c.get(ctx, at("stuck", "counts"), nil, &counts)
	return counts.Items, err
}

// Requeue sends stuck deliveries again and says how many are on their way.
func (c *Client) Requeue(ctx context.Context, r wire.Requeue) (int, error) {
	var n wire.Requeued
	err := c.send(ctx, http.MethodPost, at("stuck", "requeue"), r, "", &n)
	return n.Requeued, err
}

// Redirect gives a stuck delivery to another receiver.
func (c *Client) Redirect(ctx context.Context, id gateway.DeliveryID, receiver gateway.AgencyID) error {
	return c.send(ctx, http.MethodPost, at("stuck", string(id), "redirect"), wire.Redirect{Receiver: receiver}, "", nil)
}

// CancelStuck ends a stuck delivery for good.
func (c *Client) CancelStuck(ctx context.Context, id gateway.DeliveryID) error {
	return c.call(ctx, request{method: http.MethodPost, path: at("stuck", string(id), "cancel")}, nil)
}

// Keys gives the key set that checks the gateway's receipts. Who relies on it must
// trust the address: keep the set with the receipts.
func (c *Client) Keys(ctx context.Context) ([]byte, error) {
	var keys raw
	err := c.call(ctx, request{method: http.MethodGet, path: "/.well-known/jwks.json"}, &keys)
	return keys, err
}

// raw is JSON as it came.
type raw []byte

// UnmarshalJSON implements json.Unmarshaler.
func (r *raw) UnmarshalJSON(data []byte) error {
	*r = append((*r)[:0], data...)
	return nil
}
