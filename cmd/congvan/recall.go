package main

import (
	"context"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// recallCommand asks for a letter back.
type recallCommand struct {
	connection

	Message gateway.MessageID  `arg:"" help:"Mã gói tin của văn bản / the letter's message id."`
	Reason  string             `help:"Lý do / why." required:""`
	To      []gateway.AgencyID `help:"Chỉ từ các nơi nhận này / only from these receivers." placeholder:"CODE"`
}

// Run sends the recall. Receivers who have not fetched the letter will never see it.
func (c *recallCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, _, err := c.open(g)
	if err != nil {
		return err
	}
	a, err := api.Recall(ctx, c.Message, wire.Recall{To: c.To, Reason: c.Reason}, "")
	if err != nil {
		return err
	}
	return t.print(a, func() { t.accepted(a) })
}
