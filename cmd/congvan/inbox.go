package main

import (
	"context"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/schemas/edxml"
)

// inboxCommand lists what waits.
type inboxCommand struct {
	connection

	Agency gateway.AgencyID `help:"Chỉ của cơ quan này / only of this agency." placeholder:"CODE"`
	Kind   edxml.Kind       `help:"document hoặc / or status."`
	Limit  int              `help:"Nhiều nhất / at most." default:"100"`
	Lease  time.Duration    `help:"Giữ riêng trong thời gian này / hide from other callers for so long."`
}

// Run prints one line a delivery: its id (for get and ack), its message's id (for
// status and timeline), from whom to whom, what.
func (c *inboxCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, _, err := c.open(g)
	if err != nil {
		return err
	}
	items, err := api.Inbox(ctx, client.InboxQuery{Agency: c.Agency, Kind: c.Kind, Limit: c.Limit, Lease: c.Lease})
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := t.print(item, func() {
			t.say("%s %s %s%s → %s %s", item.Delivery.ID, item.Message.ID, urgency(item.Message.Priority), item.Message.From, item.Delivery.Addressed, oneLine(&item.Message))
		}); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		t.note("không có gì chờ nhận (nothing waits)")
	}
	return nil
}

// urgency is the stamp of an urgent letter, with a blank behind it.
func urgency(p edxml.Priority) string {
	switch p {
	case edxml.PriorityUrgent:
		return "[KHẨN] "
	case edxml.PriorityVeryUrgent:
		return "[THƯỢNG KHẨN] "
	case edxml.PriorityExpress, edxml.PriorityTimedExpress:
		return "[HỎA TỐC] "
	}
	return ""
}
