package twin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"congvan/archive/objects"
)

func holdKey(d objects.Digest, name string) string { return "holds/" + string(d) + "/" + name }

// Protect implements objects.Locker.
func (s *Store) Protect(ctx context.Context, d objects.Digest, until time.Time) error {
	defer s.lock(blobKey(d))()
	if err := objects.LockerOf(s.first).Protect(ctx, d, until); err != nil {
		return err
	}
	return s.owe(keep, blobKey(d))
}

// Hold implements objects.Locker.
func (s *Store) Hold(ctx context.Context, d objects.Digest, name string) error {
	defer s.lock(blobKey(d))()
	if err := objects.LockerOf(s.first).Hold(ctx, d, name); err != nil {
		return err
	}
	if s.journal.pending(holdKey(d, name)) == release {
		s.journal.forget(holdKey(d, name))
	}
	return s.owe(keep, blobKey(d))
}

// Release implements objects.Locker.
func (s *Store) Release(ctx context.Context, d objects.Digest, name string) error {
	defer s.lock(blobKey(d))()
	if err := objects.LockerOf(s.first).Release(ctx, d, name); err != nil {
		return err
	}
	return s.owe(release, holdKey(d, name))
}

func (s *Store) owe(o op, key string) error {
	if err := s.journal.owe(o, key, 0); err != nil {
		return fmt.Errorf("note %s for the second store: %w", key, err)
	}
	return nil
}

// Protection implements objects.Locker.
func (s *Store) Protection(ctx context.Context, d objects.Digest) (objects.Protection, error) {
	p, err := objects.LockerOf(s.first).Protection(ctx, d)
	if !s.elsewhere(ctx, blobKey(d), err) {
		return p, err
	}
	if q, second := objects.LockerOf(s.second).Protection(ctx, d); second == nil {
		return q, nil
	}
	return p, err
}

// copyLocks sets on one store the retention and holds that another keeps. Where either keeps no
// locks there is nothing to do.
func copyLocks(ctx context.Context, from, to objects.Store, d objects.Digest, now time.Time) error {
	p, err := objects.LockerOf(from).Protection(ctx, d)
	if errors.Is(err, objects.ErrNoLock) {
		return nil
	}
	if err != nil {
		return err
	}
	target := objects.LockerOf(to)
	if p.Until.After(now) {
		err = target.Protect(ctx, d, p.Until)
	}
	for _, name := range p.Holds {
		if err == nil {
			err = target.Hold(ctx, d, name)
		}
	}
	if errors.Is(err, objects.ErrNoLock) {
		return nil
	}
	return err
}
