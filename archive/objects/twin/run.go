package twin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"congvan/archive/objects"
)

// Run brings the second store up to the first until the context ends. It is the context's error
// that it returns, never a store's: those are told by Lag and tried again.
func (s *Store) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.journal.retryRegularly(ctx) })
	for range s.workers {
		wg.Go(func() { s.work(ctx) })
	}
	wg.Wait()
	return ctx.Err()
}

func (s *Store) work(ctx context.Context) {
	for s.outage.wait(ctx) {
		e := s.journal.take(ctx)
		if e == nil {
			return
		}
		// What was failed is tried again.
		_ = s.attempt(ctx, e)
	}
}

// attempt settles one debt, or puts it back.
func (s *Store) attempt(ctx context.Context, e *owed) error {
	err := s.settle(ctx, e.op, e.key)
	switch {
	case err == nil:
		s.outage.over()
		s.journal.settled(e)
	case s.journal.changedSince(e): // the failure is of a debt that is no more
		s.journal.putBack(e, nil, false)
		return nil
	case ctx.Err() != nil:
		s.journal.putBack(e, e.err, false)
	case away(err):
		s.log.WarnContext(ctx, "the second store cannot follow", "object", e.key, "error", err)
		s.outage.began()
		s.journal.putBack(e, err, false)
	default:
		s.log.ErrorContext(ctx, "an object cannot be brought to the second store", "object", e.key, "error", err)
		s.journal.putBack(e, err, true)
	}
	return err
}

// away says whether a store is at fault rather than an object.
func away(err error) bool {
	return errors.Is(err, objects.ErrUnavailable) || errors.Is(err, objects.ErrFull) || errors.Is(err, objects.ErrReadOnly)
}

// outage lets all workers wait together while a store is away, longer each time.
type outage struct {
	mu    sync.Mutex
	until time.Time
	pause time.Duration
}

const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

func (o *outage) began() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Now().Before(o.until) {
		return // of those who were at work, the first has spoken
	}
	o.pause = min(max(2*o.pause, firstPause), mostPause)
	o.until = time.Now().Add(o.pause)
}

func (o *outage) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pause = 0
}

// wait returns at the end of the pause, false when the context ends first.
func (o *outage) wait(ctx context.Context) bool {
	o.mu.Lock()
	left := time.Until(o.until)
	o.mu.Unlock()
	if left <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(left):
		return true
	}
}

// Drain settles everything that is owed when it is called, beside Run or without it; what comes to
// be owed meanwhile it leaves. It ends with the first failure.
func (s *Store) Drain(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	keys, last := s.journal.owedNow()
	todo := make(chan string)
	var wg sync.WaitGroup
	for range s.workers {
		wg.Go(func() {
			for key := range todo {
				if err := s.drain(ctx, key, last); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, key := range keys {
		if ctx.Err() == nil {
			todo <- key
		}
	}
	close(todo)
	wg.Wait()
	return context.Cause(ctx)
}

// drain settles what was owed to one object, waiting for whoever is at it.
func (s *Store) drain(ctx context.Context, key string, last uint64) error {
	for ctx.Err() == nil {
		e, busy := s.journal.takeKey(key, last)
		switch {
		case e != nil:
			if err := s.attempt(ctx, e); err != nil {
				return fmt.Errorf("settle %s: %w", key, err)
			}
		case busy:
			time.Sleep(drainPause)
		default:
			return nil
		}
	}
	return ctx.Err()
}

const drainPause = 2 * time.Millisecond

// Settle brings one object, by the key that Walk reports, to the second store now: its bytes
// and its locks.
func (s *Store) Settle(ctx context.Context, key string) error { return s.settle(ctx, keep, key) }

func (s *Store) settle(ctx context.Context, o op, key string) error {
	kind, name, _ := strings.Cut(key, "/")
	switch {
	case kind == "records" && o == keep:
		return s.copyRecord(ctx, name)
	case kind == "records":
		return s.mendRecord(ctx, name)
	case kind == "blobs" && o == keep:
		return s.copyBlob(ctx, objects.Digest(name))
	case kind == "blobs" && o == drop:
		return s.dropBlob(ctx, objects.Digest(name))
	case kind == "mend":
		_, err := s.Heal(ctx, objects.Digest(name))
		if errors.Is(err, objects.ErrNotFound) {
			return nil // deleted since
		}
		return err
	case kind == "holds":
		d, hold, _ := strings.Cut(name, "/")
		return s.releaseHold(ctx, objects.Digest(d), hold)
	default:
		return fmt.Errorf("the journal owes %q to %q", o, key)
	}
}

func (s *Store) copyRecord(ctx context.Context, key string) error {
	defer s.lock(recordKey(key))()
	data, err := s.first.Get(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return nil // it was noted and then could not be put
	}
	if err != nil {
		return err
	}
	return s.second.Put(ctx, key, data)
}

// copyBlob leaves a blob of the right size alone: the second store checked it against its digest
// when it came. A blob that is damaged or missing in the first is healed the other way.
func (s *Store) copyBlob(ctx context.Context, d objects.Digest) error {
	err := s.copyWhole(ctx, d)
	if !errors.Is(err, objects.ErrNotFound) && !errors.Is(err, objects.ErrCorrupt) {
		return err
	}
	if healed, other := s.Heal(ctx, d); other == nil && healed.First {
		return s.copyWhole(ctx, d)
	}
	return err
}

func (s *Store) copyWhole(ctx context.Context, d objects.Digest) error {
	defer s.lock(blobKey(d))()
	info, err := s.first.Stat(ctx, d)
	if err != nil {
		return err
	}
	there, err := s.second.Stat(ctx, d)
	if errors.Is(err, objects.ErrNotFound) || err == nil && there.Size != info.Size {
		err = s.send(ctx, d)
	}
	if err != nil {
		return err
	}
	return copyLocks(ctx, s.first, s.second, d, s.journal.now())
}

func (s *Store) send(ctx context.Context, d objects.Digest) error {
	r, err := s.first.Open(ctx, d)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := s.second.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	got, err := w.Commit(ctx)
	if err == nil && got != d {
		err = fmt.Errorf("%w: blob %s arrived as %s", objects.ErrCorrupt, d, got)
	}
	return err
}

// dropBlob deletes from the second store what the first has deleted. What the first still has, or
// has again, is kept.
func (s *Store) dropBlob(ctx context.Context, d objects.Digest) error {
	unlock := s.lock(blobKey(d))
	_, err := s.first.Stat(ctx, d)
	if errors.Is(err, objects.ErrNotFound) {
		defer unlock()
		return s.second.Delete(ctx, d)
	}
	unlock()
	if err != nil {
		return err
	}
	return s.copyBlob(ctx, d)
}

func (s *Store) releaseHold(ctx context.Context, d objects.Digest, name string) error {
	defer s.lock(blobKey(d))()
	err := objects.LockerOf(s.second).Release(ctx, d, name)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrNoLock) {
		return nil
	}
	return err
}
