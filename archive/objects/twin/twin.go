// Package twin keeps every object in two stores. The first answers; the second follows behind.
//
// A write goes to the first store and, before the call returns, what the second now lacks is
// noted in a journal on this machine's disk. Run works the journal off: it looks at what the
// first holds and brings the second into the same state, so that doing it twice does no harm, and a
// process that is killed at any moment goes on where it was.
//
// A read that the first store fails, or answers with damaged bytes, is answered by the second, and
// the first is mended from it. What the second still lacks is never answered from it: an old
// record is worse than none.
//
// Locks follow as well: retention and holds are set on the second as on the first, where it keeps
// locks. A blob that either store protects is not deleted from either.
package twin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"congvan/archive/objects"
)

// Options of a twin. First, Second and Journal are needed.
type Options struct {
	First, Second objects.Store
	Journal       string           // a folder of this process's own, on a disk that is not the second store's
	Workers       int              // how many objects are copied at a time; 0: 4
	Log           *slog.Logger     // nil: silent
	Now           func() time.Time // nil: time.Now
}

const defaultWorkers = 4

// Store implements objects.Store and objects.Locker. It is safe for concurrent use; one process
// at a time may have it open.
type Store struct {
	first, second objects.Store
	journal       *journal
	workers       int
	log           *slog.Logger

	// One who changes an object, or copies it, holds its stripe, so that the copy which is made
	// last is of what was written last.
	stripes [256]sync.Mutex
	seed    maphash.Seed
	outage  outage
	mended  atomic.Int64
}

// Open reads what is owed from an earlier run. The stores stay the caller's to close, after the
// twin. ErrUnavailable when another process has the journal.
func Open(o Options) (*Store, error) {
	s := &Store{first: o.First, second: o.Second, workers: o.Workers, log: o.Log, seed: maphash.MakeSeed()}
	if s.workers <= 0 {
		s.workers = defaultWorkers
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var err error
	if s.journal, err = openJournal(o.Journal, o.Now); err != nil {
		return nil, fmt.Errorf("open the second store's journal: %w", err)
	}
	return s, nil
}

// Close closes the journal. Run must have returned and no call be under way.
func (s *Store) Close() error { return s.journal.close() }

// Lag says how far the second store is behind.
func (s *Store) Lag() Lag { return s.journal.lag() }

// Mended counts the objects of the first store that were mended from the second since Open.
func (s *Store) Mended() int64 { return s.mended.Load() }

// lock holds the stripe of an object until the function it gives is called.
func (s *Store) lock(key string) (unlock func()) {
	m := &s.stripes[maphash.String(s.seed, key)%uint64(len(s.stripes))]
	m.Lock()
	return m.Unlock
}

func blobKey(d objects.Digest) string { return "blobs/" + string(d) }
func recordKey(key string) string     { return "records/" + key }

// Create implements objects.Store.
func (s *Store) Create(ctx context.Context) (objects.Writer, error) {
	w, err := s.first.Create(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{Writer: w, store: s}, nil
}

// writer is the first store's, counting.
type writer struct {
	objects.Writer
	store *Store
	size  int64
	owed  bool
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.size += int64(n)
	return n, err
}

// Commit implements objects.Writer. When the blob is stored and cannot be noted for the second
// store it fails, and may be called again.
func (w *writer) Commit(ctx context.Context) (objects.Digest, error) {
	d, err := w.Writer.Commit(ctx)
	if err != nil || w.owed {
		return d, err
	}
	if err := w.store.journal.owe(keep, blobKey(d), w.size); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", d, err)
	}
	w.owed = true
	return d, nil
}

// Put implements objects.Store. It is noted first: a crash in between costs one copy too many.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	if _, err := objects.RecordPath(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.lock(recordKey(key))()
	if err := s.journal.owe(keep, recordKey(key), int64(len(data))); err != nil {
		return fmt.Errorf("put record %s: %w", key, err)
	}
	return s.first.Put(ctx, key, data)
}

// Delete implements objects.Store. It is noted first, so that a crash amid it is no loss to
// be alarmed about.
func (s *Store) Delete(ctx context.Context, d objects.Digest) error {
	defer s.lock(blobKey(d))()
	if err := s.protected(ctx, d); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !d.Valid() {
		return s.first.Delete(ctx, d) // says what is wrong with it
	}
	if err := s.journal.owe(drop, blobKey(d), 0); err != nil {
		return err
	}
	err := s.first.Delete(ctx, d)
	if err == nil {
		return nil
	}
	// What has not been deleted is owed as before. Where that cannot be noted, whoever settles
	// the debt finds the blob in the first store and keeps it.
	return errors.Join(err, s.journal.owe(keep, blobKey(d), 0))
}

// protected asks both stores, the second for what the first may have lost. Holds that were
// released and that the second has not learned of do not count. What a store cannot say now it
// will say to the deletion itself.
func (s *Store) protected(ctx context.Context, d objects.Digest) error {
	for _, store := range []objects.Store{s.first, s.second} {
		p, err := objects.LockerOf(store).Protection(ctx, d)
		if err != nil {
			continue
		}
		p.Holds = slices.DeleteFunc(p.Holds, func(name string) bool { return s.journal.pending(holdKey(d, name)) == release })
		if err := p.Against(d, s.journal.now()); err != nil {
			return err
		}
	}
	return nil
}

// Replace implements objects.Store.
func (s *Store) Replace(ctx context.Context, d objects.Digest, content io.ReadSeeker) error {
	defer s.lock(blobKey(d))()
	if err := s.first.Replace(ctx, d, content); err != nil {
		return err
	}
	return s.journal.owe(keep, blobKey(d), 0)
}

// Walk implements objects.Store: over the first store alone. Compare looks at both.
func (s *Store) Walk(ctx context.Context, fn func(objects.Info) error) error {
	return s.first.Walk(ctx, fn)
}

// Check implements objects.Store for the first store and the journal, which acceptance depends
// on; how the second fares is told by Lag.
func (s *Store) Check(ctx context.Context) error {
	if err := s.journal.broken(); err != nil {
		return err
	}
	return s.first.Check(ctx)
}
