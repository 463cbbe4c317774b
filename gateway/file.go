package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
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
		return nil, contentError(err)
	}
	if !a.Wrapped {
		return &File{a, &sealed{Reader: blob, file: a, close: blob.Close}}, nil
	}
	inner, err := edxml.OpenContent(edxml.Attachment{Name: a.Name, ContentType: a.ContentType}, blob, blob.Size(), g.Limits.Unzip)
	if err != nil {
		blob.Close()
		return nil, &Error{Code: CodeDamaged, Place: a.Name, Err: err}
	}
	// The blob's own check needs it read in order, which a ZIP is not.
	both := func() error { return errors.Join(inner.Close(), blob.Close()) }
	return &File{a, &sealed{Reader: inner, file: a, hash: sha256.New(), close: both}}, nil
}

// sealed reads a file and ends in CodeDamaged instead of io.EOF, its last bytes withheld, when
// it is not the file that was accepted.
type sealed struct {
	io.Reader
	file  Attachment
	hash  hash.Hash // nil: what is read checks itself
	seen  int64
	close func() error
}

// Read implements io.Reader.
func (s *sealed) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, s.broken(err) // what came with the error would complete what the reader waits for
	}
	if s.hash == nil {
		return n, err
	}
	s.hash.Write(p[:n])
	s.seen += int64(n)
	if (err != nil || s.seen >= s.file.Size) && hex.EncodeToString(s.hash.Sum(nil)) != s.file.SHA256 {
		return 0, Errorf(CodeDamaged, s.file.Name, "the file in the ZIP does not have its hash")
	}
	return n, err
}

func (s *sealed) broken(err error) error {
	if errors.Is(err, edxml.ErrMalformed) || errors.Is(err, edxml.ErrTooLarge) {
		return &Error{Code: CodeDamaged, Place: s.file.Name, Err: err}
	}
	return contentError(err)
}

// Close implements io.Closer.
func (s *sealed) Close() error { return s.close() }

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
