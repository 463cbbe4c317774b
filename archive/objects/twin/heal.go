package twin

import (
	"context"
	"errors"
	"fmt"
	"io"

	"congvan/archive/objects"
)

// Healed says in which store a blob was written anew.
type Healed struct{ First, Second bool }

// Heal reads a blob from both stores, compares it with its digest and mends the one that is damaged
// or lacks it from the other, with its locks. objects.ErrNotFound when neither has it or it was
// deleted; objects.ErrCorrupt when neither is sound. A store that cannot be reached is an
// error, whatever the other holds.
func (s *Store) Heal(ctx context.Context, d objects.Digest) (Healed, error) {
	defer s.lock(blobKey(d))()
	if s.journal.pending(blobKey(d)) == drop {
		return Healed{}, fmt.Errorf("%w: blob %s was deleted", objects.ErrNotFound, d)
	}
	first, second := sound(ctx, s.first, d), sound(ctx, s.second, d)
	switch {
	case first == nil && second == nil:
		return Healed{}, nil
	case first == nil && mendable(second):
		return Healed{Second: true}, mendFrom(ctx, s.first, s.second, d, s)
	case second == nil && mendable(first):
		err := mendFrom(ctx, s.second, s.first, d, s)
		if err == nil {
			s.mended.Add(1)
		}
		return Healed{First: true}, err
	case errors.Is(first, objects.ErrNotFound) && mendable(second):
		return Healed{}, second // damaged there, or nowhere
	default:
		return Healed{}, errors.Join(first, second)
	}
}

func mendable(err error) bool {
	return errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt)
}

// sound reads a blob whole.
func sound(ctx context.Context, s objects.Store, d objects.Digest) error {
	r, err := s.Open(ctx, d)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

func mendFrom(ctx context.Context, from, to objects.Store, d objects.Digest, s *Store) error {
	r, err := from.Open(ctx, d)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := to.Replace(ctx, d, r); err != nil {
		return fmt.Errorf("heal blob %s: %w", d, err)
	}
	return copyLocks(ctx, from, to, d, s.journal.now())
}

// mendRecord gives the first store a record that it has lost, unless one was put meanwhile.
func (s *Store) mendRecord(ctx context.Context, key string) error {
	defer s.lock(recordKey(key))()
	if _, err := s.first.Get(ctx, key); !mendable(err) {
		return err
	}
	data, err := s.second.Get(ctx, key)
	if err != nil {
		return err
	}
	s.mended.Add(1)
	return s.first.Put(ctx, key, data)
}
