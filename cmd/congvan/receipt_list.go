package main

import (
	"context"

	"congvan/cmd/congvan/wording"
	"congvan/gateway"
	"congvan/schemas/edxml"
)

// receiptListCommand lists the receipts of a letter that the caller sent.
type receiptListCommand struct {
	connection

	Message gateway.MessageID   `arg:"" help:"Mã gói tin của văn bản / the letter's message id."`
	JWS     gateway.ReceiptKind `name:"jws" help:"Chỉ in nội dung ký của loại này, ví dụ submission / print only the signed text of the first of this kind." placeholder:"KIND"`
}

// Run prints the receipts; with --jws one receipt's text, ready for receipt verify.
func (c *receiptListCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, _, err := c.open(g)
	if err != nil {
		return err
	}
	all, err := api.Receipts(ctx, c.Message)
	if err != nil {
		return err
	}
	for _, r := range all {
		if c.JWS != "" && r.Kind == c.JWS {
			t.say("%s", r.JWS)
			return nil
		}
		if c.JWS != "" {
			continue
		}
		if err := t.print(r, func() {
			t.say("%s %s %s", r.ID, r.IssuedAt.In(edxml.VietnamZone).Format("2006-01-02 15:04:05"), wording.Receipt(r.Kind))
		}); err != nil {
			return err
		}
	}
	if c.JWS != "" {
		return gateway.Errorf(gateway.CodeNotFound, string(c.JWS), "no receipt of kind %q", c.JWS)
	}
	return nil
}
