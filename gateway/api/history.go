package api

import (
	"context"
	"net/http"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// findLetter looks a letter up by what stands on it. A DocumentId holds slashes, so it
// never stands in a path.
func (a *api) findLetter(c *call) error {
	q := c.query()
	from, document := gateway.AgencyID(q.required("from")), q.required("document_id")
	if err := q.end(); err != nil {
		return err
	}
	m, err := a.Gateway.MessageOf(c.r.Context(), c.principal, from, document)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, m)
}

func (a *api) letter(c *call) error {
	id, err := c.messageID()
	if err != nil {
		return err
	}
	m, err := a.Gateway.Look(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, m)
}

func (a *api) timeline(c *call) error {
	id, err := c.messageID()
	if err != nil {
		return err
	}
	h, err := a.Gateway.Timeline(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	h.Deliveries, h.Events = list(h.Deliveries), list(h.Events)
	return c.answer(http.StatusOK, h)
}

func (a *api) receipts(c *call) error {
	id, err := c.messageID()
	if err != nil {
		return err
	}
	all, err := a.Gateway.Receipts(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Receipts{Items: list(all)})
}

// messageID reads the id in the path of a request without parameters.
func (c *call) messageID() (gateway.MessageID, error) {
	return gateway.MessageID(c.r.PathValue("id")), c.query().end()
}

// events reads the feed. With wait it answers when there is something, when the time is
// up, or when the process is about to stop: then with an empty page to go on from.
func (a *api) events(c *call) error {
	q := c.query()
	after, limit, wait := gateway.Cursor(q.text("after")), q.limit(), q.duration("wait", a.Limits.MaxWait)
	if err := q.end(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	defer context.AfterFunc(a.Stopping, cancel)()
	f, err := a.Gateway.Feed(ctx, c.principal, after, limit, wait)
	if err != nil && ctx.Err() != nil && a.Stopping.Err() != nil {
		f, err = gateway.Feed{Next: after}, nil
	}
	if err != nil {
		return err
	}
	f.Events = list(f.Events)
	return c.answer(http.StatusOK, f)
}
