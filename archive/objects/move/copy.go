package move

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/twin"
)

// Copy brings everything to the new store that was in the old one, and makes the move ready to be cut
// over. It may be stopped by its context and called again, and once ready does no more than
// compare. Progress, when not nil, is told now and then, by one goroutine at a time.
//
// An object that is damaged in the old store is passed over and named in the error, when all else
// is copied; a store that cannot be reached ends the copying.
func (s *Store) Copy(ctx context.Context, progress func(Progress)) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.over.Load() {
		return ErrOver
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	r := &run{store: s, tell: progress}
	err := r.all(ctx)
	if err == nil {
		err = s.agree(ctx)
	}
	if err == nil {
		err = s.state.save(Ready)
	}
	r.report()
	if err != nil {
		return fmt.Errorf("copy to the new store: %w", err)
	}
	return nil
}

// Progress says how far the move has come, without the bytes and failures of a run.
func (s *Store) Progress() Progress {
	return Progress{Phase: s.state.phase(), Started: s.state.Started, Objects: s.state.count()}
}

// run is one call of Copy.
type run struct {
	store *Store
	tell  func(Progress)

	mu     sync.Mutex
	bytes  int64
	failed int
	first  error // of those that failed
}

// reportEvery is how often progress is told, and the cursor written.
const reportEvery = 100 * time.Millisecond

// all copies what the cursor does not know.
func (r *run) all(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	todo := make(chan objects.Info)
	var workers sync.WaitGroup
	for range r.store.o.Workers {
		workers.Go(func() {
			for i := range todo {
				if err := r.one(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	done := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() { r.reportRegularly(done) })
	walked := r.store.o.From.Walk(ctx, func(i objects.Info) error { return r.hand(ctx, todo, i) })
	close(todo)
	workers.Wait()
	close(done)
	reporter.Wait()
	if cause := context.Cause(ctx); cause != nil {
		walked = cause
	}
	if err := errors.Join(walked, r.store.state.flush()); err != nil {
		return err
	}
	if r.first != nil {
		return fmt.Errorf("%d objects could not be copied, the first: %w", r.failed, r.first)
	}
	return nil
}

func (r *run) hand(ctx context.Context, todo chan<- objects.Info, i objects.Info) error {
	if r.store.state.has(i.Key) {
		return nil
	}
	select {
	case todo <- i:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// one copies an object. Its error ends the run.
func (r *run) one(ctx context.Context, i objects.Info) error {
	err := r.store.twin.Settle(ctx, i.Key)
	switch {
	case err == nil:
		r.mu.Lock()
		r.bytes += i.Size
		r.mu.Unlock()
		return r.store.state.add(i.Key)
	case errors.Is(err, objects.ErrNotFound):
		return nil // deleted meanwhile; where it is not, the comparison finds it
	case errors.Is(err, objects.ErrCorrupt):
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed++
		if r.first == nil {
			r.first = fmt.Errorf("%s: %w", i.Key, err)
		}
		return nil
	default:
		return fmt.Errorf("%s: %w", i.Key, err)
	}
}

func (r *run) reportRegularly(done <-chan struct{}) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			_ = r.store.state.flush() // a failure stays, and ends the run
			r.report()
		}
	}
}

func (r *run) report() {
	p := r.store.Progress()
	r.mu.Lock()
	p.Bytes, p.Failed = r.bytes, r.failed
	r.mu.Unlock()
	r.tell(p)
}

// agree settles what is owed and what a comparison finds, until there is nothing.
func (s *Store) agree(ctx context.Context) error {
	if err := s.twin.Drain(ctx); err != nil {
		return err
	}
	var missing []string
	_, err := s.twin.Compare(ctx, func(d twin.Difference) error {
		if d.Fault != twin.OnlySecond && !d.Owed { // more than needed is no fault of a move
			missing = append(missing, d.Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range missing {
		if err := s.twin.Settle(ctx, key); err != nil && !errors.Is(err, objects.ErrNotFound) {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return s.twin.Drain(ctx)
}

// catchUp lets the new store follow until little is left to do while writers wait. Where the
// writers are faster it gives up after some rounds: the cut-over tells whether what is left was
// too much.
func (s *Store) catchUp(ctx context.Context) error {
	const rounds, little = 20, 50
	for range rounds {
		if s.twin.Lag().Count <= little {
			return nil
		}
		if err := s.twin.Drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// mostWait bounds how long writers wait for a cut-over.
const mostWait = 30 * time.Second

// CutOver makes the new store the only one, for good: it is remembered before it is done. Until
// then, and when it fails, nothing has changed. ErrNotReady, ErrOver.
func (s *Store) CutOver(ctx context.Context) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.over.Load() {
		return ErrOver
	}
	if s.state.phase() != Ready {
		return ErrNotReady
	}
	if err := s.agree(ctx); err != nil {
		return fmt.Errorf("cut over: %w", err)
	}
	if err := s.catchUp(ctx); err != nil {
		return fmt.Errorf("cut over: %w", err)
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	ctx, cancel := context.WithTimeout(ctx, mostWait)
	defer cancel()
	if err := s.twin.Drain(ctx); err != nil {
		return fmt.Errorf("cut over: %w", err)
	}
	if err := s.state.save(Over); err != nil {
		return fmt.Errorf("cut over: %w", err)
	}
	s.over.Store(true)
	return nil
}
