package main

import (
	"context"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// statusCommand reports what became of a letter at its receiver.
type statusCommand struct {
	connection

	Message     gateway.MessageID `arg:"" help:"Mã gói tin của văn bản / the letter's message id."`
	Code        edxml.StatusCode  `arg:"" help:"01 đã đến, 02 từ chối, 03 tiếp nhận, 04 phân công, 05 xử lý, 06 hoàn thành, 13 lấy lại, 15 đồng ý, 16 không đồng ý."`
	From        gateway.AgencyID  `help:"Cơ quan báo; mặc định theo cấu hình / who reports; default from the configuration." placeholder:"CODE"`
	Receiver    gateway.AgencyID  `help:"Với 13: lấy lại từ ai / with 13: from whom it is taken back." placeholder:"CODE"`
	Description string            `help:"Diễn giải / words."`
	Staff       string            `help:"Người xử lý / who handled it."`
}

// Run sends the status message.
func (c *statusCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, conf, err := c.open(g)
	if err != nil {
		return err
	}
	from, err := self(c.From, conf)
	if err != nil {
		return err
	}
	a, err := api.ReportStatus(ctx, gateway.StatusNote{
		From: from, Message: c.Message, Receiver: c.Receiver, Code: c.Code, Description: c.Description,
		Staff: gateway.LetterStaff{Name: c.Staff},
	}, "")
	if err != nil {
		return err
	}
	return t.print(a, func() { t.accepted(a) })
}
