package api

import (
	"net/http"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

func (a *api) searchAgencies(c *call) error {
	q := c.query()
	s := gateway.AgencyQuery{
		Text: q.text("q"), Parent: q.agency("parent"), Kind: q.text("kind"), After: q.agency("after"), Limit: q.limit(),
	}
	if err := q.end(); err != nil {
		return err
	}
	if s.Limit == 0 {
		s.Limit = 100
	}
	found, err := a.Gateway.SearchAgencies(c.r.Context(), s)
	if err != nil {
		return err
	}
	page := wire.Agencies{Items: list(found)}
	if len(found) == s.Limit {
		page.Next = found[len(found)-1].ID
	}
	return c.answer(http.StatusOK, page)
}

func (a *api) agency(c *call) error {
	if err := c.query().end(); err != nil {
		return err
	}
	found, err := a.Gateway.Agency(c.r.Context(), gateway.AgencyID(c.r.PathValue("code")))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, found)
}

// maxAgencies bounds one write to the directory.
const maxAgencies = 1000

func (a *api) putAgencies(c *call) error {
	var batch struct {
		Items []gateway.Agency `json:"items"`
	}
	if err := c.decode(&batch); err != nil {
		return err
	}
	if len(batch.Items) == 0 || len(batch.Items) > maxAgencies {
		return invalid("/items", "%d agencies; want 1…%d", len(batch.Items), maxAgencies)
	}
	n, err := a.Gateway.PutAgencies(c.r.Context(), c.principal, batch.Items)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Changed{Changed: n})
}

func (a *api) closeAgency(c *call) error {
	var body wire.Closing
	if err := c.decode(&body); err != nil {
		return err
	}
	err := a.Gateway.CloseAgency(c.r.Context(), c.principal, gateway.AgencyID(c.r.PathValue("code")), body.Successors)
	if err != nil {
		return err
	}
	return c.nothing()
}
