package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"congvan/schemas/edxml"
)

// Relay gives what a carrier hands on to the axis: the original bytes with this gateway's hop added to the trace and,
// with a Sealer, its signature; or untouched when the header carries a signature that the addition would break, or
// when there is nothing to add. The same message gives the same bytes every time: hop and signature bear
// the moment of acceptance, so that the other side can recognise a repetition.
func (g *Gateway) Relay(ctx context.Context, id MessageID) (*Content, error) {
	c, err := g.content(ctx, id)
	if err != nil {
		return nil, err
	}
	original := c.WriterTo.(*rejoiner)
	hop := edxml.TraceHeader{OrganID: string(g.Self), Timestamp: edxml.FormatTimestamp(c.Message.AcceptedAt)}
	traced, err := g.stamped(ctx, original, hop, c.Message.AcceptedAt)
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

// stamped gives nil when the message is to be handed on untouched.
func (g *Gateway) stamped(ctx context.Context, o *rejoiner, hop edxml.TraceHeader, at time.Time) (*Original, error) {
	env, err := o.Split.Envelope()
	if err != nil {
		return nil, Errorf(CodeDamaged, "", "read skeleton: %w", err)
	}
	if env.Signature.Verifiable || !o.Split.Rebuildable {
		return nil, nil
	}
	s, err := addHop(&o.Split, hop)
	if err != nil {
		return nil, err
	}
	if g.Sealer != nil && !env.Signature.Present {
		if s, err = g.Sealer.Seal(ctx, SignedEnvelope{Split: s, Envelope: env, Open: o.payload}, at); err != nil {
			return nil, Errorf(CodeInternal, "", "sign envelope: %w", err)
		}
	}
	if s == &o.Split {
		return nil, nil
	}
	return &Original{Split: *s, Payloads: o.Payloads}, nil
}

// addHop gives the message itself when it has no trace.
func addHop(s *edxml.Split, hop edxml.TraceHeader) (*edxml.Split, error) {
	traced, err := edxml.AddTrace(s, hop)
	if errors.Is(err, edxml.ErrNoTrace) {
		return s, nil
	}
	if err != nil {
		return nil, Errorf(CodeDamaged, "", "add trace: %w", err)
	}
	return traced, nil
}
