package api

import (
	"net/http"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

func (a *api) inbox(c *call) error {
	q := c.query()
	v := inboxView(q)
	v.Offset, v.Limit, v.Lease = q.number("offset", 0, maxOffset), q.limit(), q.duration("lease", time.Hour)
	if err := q.end(); err != nil {
		return err
	}
	items, err := a.Gateway.Inbox(c.r.Context(), c.principal, v)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Items{Items: list(items)})
}

func (a *api) countInbox(c *call) error {
	q := c.query()
	v := inboxView(q)
	if err := q.end(); err != nil {
		return err
	}
	n, err := a.Gateway.CountInbox(c.r.Context(), c.principal, v)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Count{Count: n})
}

func inboxView(q *query) gateway.InboxView {
	return gateway.InboxView{Agency: q.agency("agency"), Kind: q.kind(), From: q.moment("since"), To: q.moment("until")}
}

// list makes an empty list, and not null, of nothing.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// maxOffset bounds how far a list is paged into; whoever acknowledges what it takes never needs to.
const maxOffset = 10_000

// maxAcks bounds a batch.
const maxAcks = 1000

func (a *api) acknowledge(c *call) error {
	var batch wire.Acks
	if err := c.decode(&batch); err != nil {
		return err
	}
	if len(batch.Items) == 0 || len(batch.Items) > maxAcks {
		return invalid("/items", "%d acknowledgements; want 1…%d", len(batch.Items), maxAcks)
	}
	acks := make([]gateway.Ack, len(batch.Items))
	for i, item := range batch.Items {
		if (item.Delivery == "") == (item.Message == "") {
			return invalid("/items", "item %d names not just one of delivery and message", i)
		}
		acks[i] = gateway.Ack{
			Item:   gateway.Item{Delivery: item.Delivery, Message: item.Message},
			SHA256: item.SHA256, Unreadable: item.Unreadable, Description: item.Description,
		}
	}
	done, err := a.Gateway.Acknowledge(c.r.Context(), c.principal, acks)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, outcomes(done))
}

func outcomes(done []gateway.AckOutcome) wire.Outcomes {
	out := wire.Outcomes{Items: make([]wire.Outcome, len(done))}
	for i, o := range done {
		out.Items[i] = wire.Outcome{Delivery: o.Delivery, State: o.State}
		if o.Err != nil {
			out.Items[i].State, out.Items[i].Problem = "", describe(o.Err)
		}
	}
	return out
}

func (a *api) sent(c *call) error {
	q := c.query()
	v := gateway.SentView{
		Agency: q.agency("agency"), Kind: q.kind(), Message: gateway.MessageID(q.text("message")),
		From: q.moment("since"), To: q.moment("until"), Offset: q.number("offset", 0, maxOffset), Limit: q.limit(),
	}
	if err := q.end(); err != nil {
		return err
	}
	items, err := a.Gateway.Sent(c.r.Context(), c.principal, v)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Items{Items: list(items)})
}
