package gateway

import (
	"context"
	"io"
	"slices"

	"congvan/archive/objects"
	"congvan/schemas/edxml"
)

// OpenFile opens one attachment of a message that the principal's agencies sent or
// have fetched, or any for an operator; unwrapped from its ZIP if it came in one.
func (g *Gateway) OpenFile(ctx context.Context, p Principal, id MessageID, index int) (*File, error) {
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := g.mayRead(ctx, p, m); err != nil {
		return nil, err
	}
	n := slices.IndexFunc(m.Attachments, func(a Attachment) bool { return a.Index == index })
	if n < 0 {
		return nil, Errorf(CodeNotFound, "index", "message %s has no attachment %d", id, index)
	}
	return g.openFile(ctx, m.Attachments[n])
}

func (g *Gateway) openFile(ctx context.Context, a Attachment) (*File, error) {
	blob, err := g.Objects.Open(ctx, objects.Digest(a.Payload))
	if err != nil {
		return nil, storageError(err)
	}
	if !a.Wrapped {
		return &File{a, blob}, nil
	}
	inner, err := edxml.OpenContent(edxml.Attachment{Name: a.Name, ContentType: a.ContentType}, blob, blob.Size(), g.Limits.Unzip)
	if err != nil {
		blob.Close()
		return nil, &Error{Code: CodeDamaged, Place: a.Name, Err: err}
	}
	return &File{a, &both{inner, blob}}, nil
}

// both closes the file within and the ZIP around it.
type both struct {
	io.ReadCloser
	outer io.Closer
}

func (b *both) Close() error {
	err := b.ReadCloser.Close()
	if e := b.outer.Close(); err == nil {
		err = e
	}
	return err
}

// mayRead fails unless the principal may see a message's content.
func (g *Gateway) mayRead(ctx context.Context, p Principal, m *Message) error {
	if p.May(ScopeOperate) || p.ActsFor(m.From) {
		return nil
	}
	deliveries, err := g.Store.DeliveriesOf(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		if p.ActsFor(d.Holder) && !d.FetchedAt.IsZero() {
			return nil
		}
	}
	return Errorf(CodeNotFound, string(m.ID), "system %s has neither sent nor fetched it", p.System)
}
