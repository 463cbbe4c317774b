package main

import (
	"context"
	"strings"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// ackCommand gives a receiver's word on deliveries that it has fetched.
type ackCommand struct {
	connection

	IDs         []gateway.DeliveryID `arg:"" name:"delivery" help:"Mã lượt gửi, xem inbox / delivery ids, see inbox."`
	SHA256      string               `name:"sha256" help:"Mã băm của gói tin đã tải / hash of the bytes that were fetched."`
	Unreadable  bool                 `help:"Không đọc được / it could not be read."`
	Description string               `help:"Ghi chú / a note."`
}

// Run acknowledges; exit status 1 when one of several was refused.
func (c *ackCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, _, err := c.open(g)
	if err != nil {
		return err
	}
	acks := make([]wire.Ack, len(c.IDs))
	for i, id := range c.IDs {
		acks[i] = wire.Ack{Delivery: id, SHA256: c.SHA256, Unreadable: c.Unreadable, Description: c.Description}
	}
	outcomes, err := api.AcknowledgeAll(ctx, acks)
	if err != nil {
		return err
	}
	status := 0
	for i, o := range outcomes {
		if o.Delivery == "" {
			o.Delivery = c.IDs[i]
		}
		if o.Problem != nil {
			status = gateway.Describe(o.Problem.Code).Exit
			place := strings.Join(words(string(o.Delivery), o.Problem.Place), " ")
			t.note("%s: %s (%s) [%s]", place, o.Problem.Vi, o.Problem.En, o.Problem.Code)
		}
		if o.Problem != nil && !t.json {
			continue
		}
		if err := t.print(o, func() { t.say("%s %s", o.Delivery, o.State) }); err != nil {
			return err
		}
	}
	if status != 0 {
		return exitStatus(status)
	}
	return nil
}
