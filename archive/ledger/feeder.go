package ledger

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Source is the feed of events, in the one order that they have for ever.
type Source interface {
	// Next gives up to limit entries behind a cursor, the oldest first, and the cursor to ask
	// with next. A cursor is empty (the beginning), the Event of an entry, or one that
	// Next gave. No entries and the same cursor: nothing more now. Nothing may ever
	// appear before a cursor that was given out. It is called again after an error.
	Next(ctx context.Context, after string, limit int) (entries []Entry, next string, err error)
}

// FeederOptions of a Feeder. Zero values are the defaults in brackets.
type FeederOptions struct {
	Batch    int             // entries at a time (1,000)
	Idle     time.Duration   // between looks at a feed that had nothing (1 s)
	Wake     <-chan struct{} // look now; may be nil
	Chores   time.Duration   // between sealing and asking the witnesses (1 min)
	Standby  time.Duration   // between attempts to become the writer, or to mend a failure (10 s)
	Appended func(Signed)    // told of every new checkpoint; may be nil
	Failed   func(error)     // told of what went wrong and is tried again; may be nil
}

// Feeder keeps a log up to date with a feed. Several processes may run one for the same
// folder: whoever has the lock feeds, the others stand by and take over when it ends.
type Feeder struct {
	open    func(context.Context) (*Log, error)
	source  Source
	options FeederOptions
}

// NewFeeder makes a feeder of a function that opens the log, such as a closure over Open.
func NewFeeder(open func(context.Context) (*Log, error), source Source, o FeederOptions) *Feeder {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&o.Idle, time.Second)
	set(&o.Chores, time.Minute)
	set(&o.Standby, 10*time.Second)
	if o.Batch <= 0 || o.Batch > MaxBatch {
		o.Batch = 1000
	}
	if o.Appended == nil {
		o.Appended = func(Signed) {}
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return &Feeder{open, source, o}
}

// Run feeds until the context ends. It never gives up: whatever fails is told to
// Failed and tried again. A log that is damaged is not written, but looked at again, in case
// somebody restores its files.
func (f *Feeder) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := f.lead(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil && !errors.Is(err, ErrLocked) {
			f.options.Failed(err)
		}
		f.wait(ctx, f.options.Standby, nil)
	}
	return nil
}

// lead opens the log and feeds it until the context ends or the log breaks.
func (f *Feeder) lead(ctx context.Context) error {
	log, err := f.open(ctx)
	if err != nil {
		return err
	}
	chores, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { f.doChores(chores, log) })
	err = f.feed(ctx, log)
	stop()
	wg.Wait()
	return errors.Join(err, log.Close())
}

// feed goes on behind the event of the last leaf: the tree itself is the memory of how
// far the feed was read, so nothing is lost and nothing comes twice.
func (f *Feeder) feed(ctx context.Context, log *Log) error {
	after := log.Last()
	for ctx.Err() == nil {
		next, err := f.step(ctx, log, after)
		switch {
		case errors.Is(err, ErrClosed), errors.Is(err, ErrDamaged), errors.Is(err, ErrConflict):
			return err
		case err != nil && ctx.Err() == nil:
			f.options.Failed(err)
			f.wait(ctx, f.options.Idle, nil)
		case next == after:
			f.wait(ctx, f.options.Idle, f.options.Wake)
		}
		if err == nil {
			after = next
		}
	}
	return nil
}

func (f *Feeder) step(ctx context.Context, log *Log, after string) (string, error) {
	entries, next, err := f.source.Next(ctx, after, f.options.Batch)
	if err != nil || len(entries) == 0 {
		return next, err
	}
	if _, err := log.Append(ctx, entries); err != nil {
		return after, err
	}
	f.options.Appended(log.Tree())
	return next, nil
}

// doChores seals and asks the witnesses, beside the feeding: their answers may take long.
func (f *Feeder) doChores(ctx context.Context, log *Log) {
	for ctx.Err() == nil {
		err := errors.Join(log.Seal(ctx), log.Cosign(ctx))
		if err != nil && ctx.Err() == nil {
			f.options.Failed(err)
		}
		f.wait(ctx, f.options.Chores, nil)
	}
}

func (f *Feeder) wait(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}
