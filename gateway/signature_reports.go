package gateway

import (
	"context"
	"slices"

	"congvan/archive/objects"
)

// SignatureReports is what is known about the signatures of a message: every judgement, oldest
// first, and the preserved copies.
type SignatureReports struct {
	Judgements []Judgement `json:"judgements"`
	Preserved  []Preserved `json:"preserved"`
}

// SignatureReports gives the full reports to those who may see the message.
func (g *Gateway) SignatureReports(ctx context.Context, p Principal, id MessageID) (*SignatureReports, error) {
	if _, err := g.Look(ctx, p, id); err != nil {
		return nil, err
	}
	judged, err := g.Store.Judgements(ctx, id)
	if err != nil {
		return nil, err
	}
	kept, err := g.Store.Preserved(ctx, id)
	if err != nil {
		return nil, err
	}
	return &SignatureReports{append([]Judgement{}, judged...), append([]Preserved{}, kept...)}, nil
}

// OpenPreserved opens the newest preserved copy of an attachment, for those who may open the
// attachment itself. ErrNotFound when there is none.
func (g *Gateway) OpenPreserved(ctx context.Context, p Principal, id MessageID, part int) (*Preserved, objects.Reader, error) {
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := g.mayRead(ctx, p, m); err != nil {
		return nil, nil, err
	}
	kept, err := g.Store.Preserved(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range slices.Backward(kept) {
		if k.Part == part {
			blob, err := g.Objects.Open(ctx, objects.Digest(k.Blob))
			return &k, blob, contentError(err)
		}
	}
	return nil, nil, Errorf(CodeNotFound, string(id), "attachment %d has no preserved copy", part)
}
