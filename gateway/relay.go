package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"congvan/schemas/edxml"
)

// Relay gives what a carrier hands on to the axis: the original bytes with this gateway's hop added to the trace, or
// untouched when the header carries a signature that the addition would break, or
// when there is no trace to add to. The same message gives the same bytes every time: the hop bears
// the moment of acceptance, so that the other side can recognise a repetition.
func (g *Gateway) Relay(ctx context.Context, id MessageID) (*Content, error) {
	c, err := g.content(ctx, id)
	if err != nil {
		return nil, err
	}
	original := c.WriterTo.(*rejoiner)
	hop := edxml.TraceHeader{OrganID: string(g.Self), Timestamp: edxml.FormatTimestamp(c.Message.AcceptedAt)}
	traced, err := addHop(original.Original, hop)
	if err != nil || traced == nil {
		return c, err
	}
	sum := sha256.New()
	relayed := &rejoiner{ctx, g.Objects, traced.Split.Size, traced}
	if _, err := relayed.WriteTo(sum); err != nil {
		return nil, err
	}
	c.Size, c.SHA256, c.WriterTo = traced.Split.Size, hex.EncodeToString(sum.Sum(nil)), relayed
	return c, nil
}

// addHop gives nil when the message is to be handed on untouched.
func addHop(o *Original, hop edxml.TraceHeader) (*Original, error) {
	env, err := o.Split.Envelope()
	if err != nil {
		return nil, Errorf(CodeDamaged, "", "read skeleton: %w", err)
	}
	if env.Signature.Verifiable {
		return nil, nil
	}
	s, err := edxml.AddTrace(&o.Split, hop)
	if errors.Is(err, edxml.ErrNoTrace) || errors.Is(err, edxml.ErrNotRebuildable) {
		return nil, nil
	}
	if err != nil {
		return nil, Errorf(CodeDamaged, "", "add trace: %w", err)
	}
	return &Original{Split: *s, Payloads: o.Payloads}, nil
}
