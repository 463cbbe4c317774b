package api

import (
	"net/http"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// stuck lists what does not go on without a person.
func (a *api) stuck(c *call) error {
	q := c.query()
	s := gateway.StuckQuery{
		State: oneOf(q, "state", gateway.DeliveryHeld, gateway.DeliveryFailed, gateway.DeliveryExpired),
		Cause: q.text("cause"), Receiver: q.agency("receiver"),
		After: gateway.DeliveryID(q.text("after")), Limit: q.limit(),
	}
	if err := q.end(); err != nil {
		return err
	}
	if s.Limit == 0 {
		s.Limit = 100
	}
	items, err := a.Gateway.Stuck(c.r.Context(), c.principal, s)
	if err != nil {
		return err
	}
	page := wire.Items{Items: list(items)}
	if len(items) == s.Limit {
		page.Next = items[len(items)-1].Delivery.ID
	}
	return c.answer(http.StatusOK, page)
}

func (a *api) countStuck(c *call) error {
	if err := c.query().end(); err != nil {
		return err
	}
	counts, err := a.Gateway.CountStuck(c.r.Context(), c.principal)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.StuckCounts{Items: list(counts)})
}

func (a *api) requeue(c *call) error {
	var body wire.Requeue
	if err := c.decode(&body); err != nil {
		return err
	}
	some := wire.Requeue{State: body.State, Cause: body.Cause, Receiver: body.Receiver, Delivery: body.Delivery}
	if body.All == (some != wire.Requeue{}) {
		return invalid("/all", "want either all or a selection")
	}
	n, err := a.Gateway.Requeue(c.r.Context(), c.principal, gateway.StuckQuery{
		State: body.State, Cause: body.Cause, Receiver: body.Receiver, Delivery: body.Delivery,
	})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Requeued{Requeued: n})
}

func (a *api) redirect(c *call) error {
	var body wire.Redirect
	if err := c.decode(&body); err != nil {
		return err
	}
	if err := a.Gateway.Redirect(c.r.Context(), c.principal, gateway.DeliveryID(c.r.PathValue("id")), body.Receiver); err != nil {
		return err
	}
	return c.nothing()
}

func (a *api) cancelStuck(c *call) error {
	if err := c.query().end(); err != nil {
		return err
	}
	if err := a.Gateway.CancelStuck(c.r.Context(), c.principal, gateway.DeliveryID(c.r.PathValue("id"))); err != nil {
		return err
	}
	return c.nothing()
}
