package s3

import (
	"context"
	"fmt"
	"io"

	"congvan/archive/objects"
)

// Replace implements objects.Store. In a bucket with versions the damaged one stays beneath the
// new one, which takes over the strictest of their locks.
func (s *Store) Replace(ctx context.Context, d objects.Digest, content io.ReadSeeker) error {
	name, err := objects.BlobPath(d)
	if err != nil {
		return err
	}
	f, err := s.staging.Create()
	if err != nil {
		return err
	}
	w := &writer{File: f, store: s}
	defer w.Remove()
	if err := f.Fill(ctx, d, content); err != nil {
		return fmt.Errorf("replace blob %s: %w", d, err)
	}
	if err := w.over(ctx, s.prefix+name, d); err != nil {
		return fmt.Errorf("replace blob %s: %w", d, err)
	}
	return nil
}

// over sends the blob whatever is there, under the locks of what is there.
func (w *writer) over(ctx context.Context, key string, d objects.Digest) error {
	as, err := w.store.locksOver(ctx, key)
	if err != nil {
		return err
	}
	return kindOfWrite(w.send(ctx, key, d, as))
}

// locksOver gives the locks that a new version of a key must have.
func (s *Store) locksOver(ctx context.Context, key string) (how, error) {
	if !s.locks {
		return how{}, nil
	}
	all, err := s.versions(ctx, key)
	if err != nil {
		return how{}, kind(err)
	}
	strict := strictest(all)
	return how{until: s.retention(strict.until), held: strict.held}, nil
}
