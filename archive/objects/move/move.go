// Package move takes everything from one store to another while both are in use.
//
// From the start of a move every write goes to the old store and, by way of a journal, to the new one
// (package twin); reads are answered by the old one, and by the new one where that fails. Meanwhile
// Copy goes through what was there before and copies it: each blob is compared with its digest on its way,
// retention and holds go along. When it has come through, both hold the same, and CutOver makes the
// new store the only one, in a moment in which writers wait.
//
// A folder on this machine remembers how far the move has come. Copy may be stopped, by kill -9 as
// well, and goes on from there. The old store is not changed but for the writes; what becomes of it
// afterwards is decided by people.
package move

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/twin"
)

// Options of a move. From, To and Folder are needed.
type Options struct {
	From, To objects.Store
	Folder   string // of this process's own: the journal and the progress
	Workers  int    // how many objects are copied at a time; 0: 4
	// LoseLocks lets a move go from a store with locks to one without.
	LoseLocks bool
	Log       *slog.Logger     // nil: silent
	Now       func() time.Time // nil: time.Now
}

const defaultWorkers = 4

var (
	// ErrNotReady: not everything is copied; run Copy until it succeeds, then cut over.
	ErrNotReady = errors.New("move: not everything is copied yet")
	// ErrOver: the move has been cut over; there is nothing left to do.
	ErrOver = errors.New("move: it is over")
)

// Store implements objects.Store and objects.Locker during a move. It is safe for concurrent
// use; one process at a time may have it open.
type Store struct {
	o      Options
	twin   *twin.Store
	state  *state
	moving sync.Mutex // held by Copy and CutOver

	// Who writes holds the gate to read; CutOver closes it. Readers need not wait.
	gate sync.RWMutex
	over atomic.Bool
}

// store is either of what answers: both stores, or the new one.
type store interface {
	objects.Store
	objects.Locker
}

// Open begins a move or goes on with one. After a cut-over it gives the new store alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	o.Workers = cmp.Or(max(o.Workers, 0), defaultWorkers)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := mayLock(ctx, o); err != nil {
		return nil, fmt.Errorf("open the move: %w", err)
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("open the move: %w", err)
	}
	s := &Store{o: o}
	var err error
	s.twin, err = twin.Open(twin.Options{
		First: o.From, Second: o.To, Journal: filepath.Join(o.Folder, "journal"), Workers: o.Workers, Log: o.Log, Now: o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("open the move: %w", err)
	}
	if s.state, err = openState(o.Folder, o.Now()); err != nil {
		s.twin.Close()
		return nil, fmt.Errorf("open the move: %w", err)
	}
	s.over.Store(s.state.Phase == Over)
	return s, nil
}

// mayLock refuses a new store that cannot protect what the old one does.
func mayLock(ctx context.Context, o Options) error {
	const any = objects.Digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") // of nothing
	_, from := objects.LockerOf(o.From).Protection(ctx, any)
	_, to := objects.LockerOf(o.To).Protection(ctx, any)
	if errors.Is(to, objects.ErrNoLock) && !errors.Is(from, objects.ErrNoLock) && !o.LoseLocks {
		return fmt.Errorf("the new store: %w", to)
	}
	return nil
}

// Close ends the use of the store. Run and Copy must have returned; the two stores stay open.
func (s *Store) Close() error { return errors.Join(s.state.close(), s.twin.Close()) }

// Run brings new writes to the new store until the context ends.
func (s *Store) Run(ctx context.Context) error { return s.twin.Run(ctx) }

// Lag says how far the new store is behind with new writes.
func (s *Store) Lag() twin.Lag { return s.twin.Lag() }

// current gives what answers at this moment.
func (s *Store) current() store {
	if s.over.Load() {
		return struct {
			objects.Store
			objects.Locker
		}{s.o.To, objects.LockerOf(s.o.To)}
	}
	return s.twin
}

// Create implements objects.Store.
func (s *Store) Create(ctx context.Context) (objects.Writer, error) {
	s.gate.RLock()
	defer s.gate.RUnlock()
	w, err := s.current().Create(ctx)
	if err != nil || s.over.Load() {
		return w, err
	}
	return &writer{w, s}, nil
}

// writer is of the time before the cut-over, and may commit after it.
type writer struct {
	objects.Writer
	store *Store
}

// Commit implements objects.Writer.
func (w *writer) Commit(ctx context.Context) (objects.Digest, error) {
	w.store.gate.RLock()
	defer w.store.gate.RUnlock()
	d, err := w.Writer.Commit(ctx)
	if err != nil || !w.store.over.Load() {
		return d, err
	}
	if err := w.store.twin.Settle(ctx, "blobs/"+string(d)); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", d, err)
	}
	return d, nil
}

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, d objects.Digest) (objects.Reader, error) {
	return s.current().Open(ctx, d)
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, d objects.Digest) (objects.Info, error) {
	return s.current().Stat(ctx, d)
}

// Get implements objects.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	return s.current().Get(ctx, key)
}

// Walk implements objects.Store.
func (s *Store) Walk(ctx context.Context, fn func(objects.Info) error) error {
	return s.current().Walk(ctx, fn)
}

// Check implements objects.Store.
func (s *Store) Check(ctx context.Context) error { return s.current().Check(ctx) }

// Protection implements objects.Locker.
func (s *Store) Protection(ctx context.Context, d objects.Digest) (objects.Protection, error) {
	return s.current().Protection(ctx, d)
}

// Put implements objects.Store.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	return s.write(func(to store) error { return to.Put(ctx, key, data) })
}

// Delete implements objects.Store.
func (s *Store) Delete(ctx context.Context, d objects.Digest) error {
	return s.write(func(to store) error { return to.Delete(ctx, d) })
}

// Replace implements objects.Store.
func (s *Store) Replace(ctx context.Context, d objects.Digest, content io.ReadSeeker) error {
	return s.write(func(to store) error { return to.Replace(ctx, d, content) })
}

// Protect implements objects.Locker.
func (s *Store) Protect(ctx context.Context, d objects.Digest, until time.Time) error {
	return s.write(func(to store) error { return to.Protect(ctx, d, until) })
}

// Hold implements objects.Locker.
func (s *Store) Hold(ctx context.Context, d objects.Digest, name string) error {
	return s.write(func(to store) error { return to.Hold(ctx, d, name) })
}

// Release implements objects.Locker.
func (s *Store) Release(ctx context.Context, d objects.Digest, name string) error {
	return s.write(func(to store) error { return to.Release(ctx, d, name) })
}

// write keeps the cut-over away while something changes.
func (s *Store) write(do func(to store) error) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	return do(s.current())
}
