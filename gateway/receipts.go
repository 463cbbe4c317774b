package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"congvan/schemas/edxml"
)

// submissionReceipt signs what an admission will make true.
func (a *arrival) submissionReceipt(adm *Admission) (Receipt, error) {
	s := a.statement(ReceiptSubmission, &adm.Message, a.at)
	for _, d := range adm.Deliveries {
		s.To = append(s.To, StatementAddress{d.Addressed, d.Receiver, d.Redirect})
	}
	return a.sign(s)
}

// statement begins a receipt about a message.
func (g *Gateway) statement(kind ReceiptKind, m *Message, at time.Time) Statement {
	s := Statement{
		Issuer: string(g.Self), ID: newID(), IssuedAt: g.now().Unix(), Kind: kind,
		Message: m.ID, From: m.From, DocumentID: m.DocumentID,
		AcceptedAt: m.AcceptedAt, At: at, Size: m.Size, SHA256: m.SHA256,
	}
	for _, f := range m.Attachments {
		s.Attachments = append(s.Attachments, StatementFile{f.Name, f.Size, f.SHA256, f.Payload})
	}
	return s
}

func (g *Gateway) sign(s Statement) (Receipt, error) {
	jws, err := g.Signer.Sign(s)
	if err != nil {
		return Receipt{}, Errorf(CodeInternal, "", "sign receipt: %w", err)
	}
	return Receipt{
		ID: s.ID, Kind: s.Kind, Message: s.Message, Delivery: s.Delivery,
		IssuedAt: time.Unix(s.IssuedAt, 0).UTC(), JWS: jws,
	}, nil
}

// Receipts lists the receipts of a message that the principal sent: of its submission and,
// made on first request from the events, of each opening, delivery and refusal so far.
func (g *Gateway) Receipts(ctx context.Context, p Principal, id MessageID) ([]Receipt, error) {
	h, err := g.Timeline(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if !p.May(ScopeOperate) && !p.ActsFor(h.Message.From) {
		return nil, Errorf(CodeNotFound, string(id), "receipts belong to the sender")
	}
	have, err := g.Store.Receipts(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, s := range g.owed(h, have) {
		r, err := g.sign(s)
		if err != nil {
			return nil, err
		}
		if r, err = g.issue(ctx, r, p); err != nil {
			return nil, err
		}
		have = append(have, r)
	}
	return have, nil
}

// issue archives a receipt and then keeps it, so that none is given out whose copy the archive lacks.
// Should somebody else have issued it at the same moment, theirs counts, and the archive has two that say the same.
func (g *Gateway) issue(ctx context.Context, r Receipt, p Principal) (Receipt, error) {
	key := fmt.Sprintf("%s/%s.%s.jws", archiveDay(r.IssuedAt), r.Message, r.ID)
	if err := g.Objects.Put(ctx, key, []byte(r.JWS)); err != nil {
		return Receipt{}, storageError(err)
	}
	return g.Store.IssueReceipt(ctx, r, string(p.System))
}

// owed lists what the events prove and no receipt says yet.
func (g *Gateway) owed(h *History, have []Receipt) []Statement {
	var out []Statement
	add := func(kind ReceiptKind, d Delivery, at time.Time, reason string) {
		if at.IsZero() || slices.ContainsFunc(have, func(r Receipt) bool { return r.Kind == kind && r.Delivery == d.ID }) {
			return
		}
		s := g.statement(kind, &h.Message, at)
		s.Delivery, s.Reason = d.ID, reason
		s.To = []StatementAddress{{d.Addressed, d.Receiver, d.Redirect}}
		out = append(out, s)
	}
	for _, d := range h.Deliveries {
		add(ReceiptOpening, d, d.FetchedAt, "")
		add(ReceiptDelivery, d, d.AcknowledgedAt, "")
		at, reason := h.refusal(d.ID)
		add(ReceiptRefusal, d, at, reason)
	}
	return out
}

// refusal finds when and why a delivery was refused by its receiver; a zero time if it was not.
func (h *History) refusal(id DeliveryID) (time.Time, string) {
	for _, e := range h.Events {
		if e.Kind != EventStatus || e.Delivery != id {
			continue
		}
		var s struct {
			Code        edxml.StatusCode `json:"code"`
			Description string           `json:"description"`
		}
		if json.Unmarshal(e.Data, &s) == nil && s.Code == edxml.StatusRejection {
			return e.At, s.Description
		}
	}
	return time.Time{}, ""
}
