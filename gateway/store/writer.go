package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"congvan/gateway"
)

// One commit carries at most so many writes, and collects them for at most so long.
// Nobody waits for a batch to fill: it holds what was already waiting.
const (
	batchWrites = 256
	batchTime   = 25 * time.Millisecond
)

// writer commits SQLite's writes in groups, so that one fsync serves all that
// were waiting. A write that fails is rolled back to its savepoint and does not
// touch its neighbours; when the commit fails nobody's write happened.
type writer struct {
	db        *sql.DB
	sql       *dialect
	committed func()
	queue     chan *pending
	done      chan struct{}

	mu     sync.RWMutex // held for reading while enqueueing
	closed bool

	// Of the goroutine alone:
	conn *sql.Conn
	run  *prepared
}

// pending is one write that waits for its turn.
type pending struct {
	do     work
	taken  atomic.Bool // by the writer, or by a caller who went away before that
	answer chan error
}

func newWriter(db *sql.DB, d *dialect, committed func()) *writer {
	w := &writer{db: db, sql: d, committed: committed, queue: make(chan *pending, batchWrites), done: make(chan struct{})}
	go w.loop()
	return w
}

// write queues the work and waits for its commit. A caller whose context ends is
// let go while the work has not begun; after that the answer is near and certain.
func (w *writer) write(ctx context.Context, do work) error {
	p := &pending{do: do, answer: make(chan error, 1)}
	if err := w.enqueue(ctx, p); err != nil {
		return err
	}
	select {
	case err := <-p.answer:
		return err
	case <-ctx.Done():
		if p.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-p.answer
	}
}

func (w *writer) enqueue(ctx context.Context, p *pending) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close waits until everything queued is committed.
func (w *writer) close() {
	w.mu.Lock()
	already := w.closed
	w.closed = true
	if !already {
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *writer) loop() {
	defer close(w.done)
	defer w.disconnect()
	for first := range w.queue {
		w.batch(first)
	}
}

// batch runs one group. Contexts of callers play no part in it: an interrupted
// statement would roll back everybody's work.
//
// Savepoints make SQLite copy each page before it changes, and hardly any write
// fails after it has written something. So a group runs without them, and only
// when that does happen is it rolled back and run again with them.
func (w *writer) batch(first *pending) {
	group, err := w.collect([]*pending{first})
	if errors.Is(err, errTorn) {
		w.abandon()
		group, err = w.careful(group)
	}
	if err == nil {
		_, err = w.run.ExecContext(context.Background(), "COMMIT")
	}
	if err != nil {
		w.abandon()
		err = unavailable(err)
	} else {
		w.committed()
	}
	for _, done := range group {
		done.finish(err)
	}
}

// errTorn says that a write failed halfway, so that the group must run again.
var errTorn = errors.New("a write failed halfway")

// outcome is a write that ran, with its own error.
type outcome struct {
	*pending
	err error
}

// finish answers the caller: a failed commit concerns those whose work had gone well.
func (o *outcome) finish(commit error) {
	if o.err == nil || lost(o.err) {
		o.err = cmp.Or(commit, o.err)
	}
	o.answer <- o.err
}

// collect runs the first write and those that wait, up to the bounds, and writes
// their events. An error means that the transaction as a whole is lost; errTorn,
// that it must be run again carefully.
func (w *writer) collect(waiting []*pending) (group []*outcome, err error) {
	t, err := w.begin()
	start := time.Now()
	for p := waiting[0]; p != nil; p = w.next(len(group), start) {
		if !p.taken.CompareAndSwap(false, true) {
			continue
		}
		o := &outcome{pending: p}
		group = append(group, o)
		if err == nil {
			err = w.hasty(t, o)
		}
		if err != nil {
			return group, err
		}
	}
	if err != nil { // no transaction, and nobody left who waits for it
		return group, err
	}
	return group, t.flush()
}

// hasty runs a write without a savepoint.
func (w *writer) hasty(t *tx, o *outcome) error {
	told := len(t.events)
	t.wrote = false
	o.err = attempt(t, o.do)
	switch {
	case o.err == nil:
		return nil
	case lost(o.err):
		return o.err
	case t.wrote:
		return errTorn
	}
	t.events = t.events[:told]
	return nil
}

// careful runs a group again, each write within a savepoint.
func (w *writer) careful(group []*outcome) ([]*outcome, error) {
	t, err := w.begin()
	if err != nil {
		return group, err
	}
	for _, o := range group {
		if err := w.saved(t, o); err != nil {
			return group, err
		}
	}
	return group, t.flush()
}

// saved runs a write within a savepoint. The error says that the whole transaction is lost.
func (w *writer) saved(t *tx, o *outcome) error {
	if _, err := t.exec("SAVEPOINT one"); err != nil {
		return err
	}
	told := len(t.events)
	if o.err = attempt(t, o.do); o.err != nil {
		if lost(o.err) {
			return o.err
		}
		t.events = t.events[:told]
		if _, err := t.exec("ROLLBACK TO one"); err != nil {
			return err
		}
	}
	_, err := t.exec("RELEASE one")
	return err
}

// lost says that an error is the database's trouble, not that of one write.
func lost(err error) bool {
	if errors.Is(err, errAgain) {
		return false
	}
	kind := kindOf(err)
	return errors.Is(kind, gateway.ErrUnavailable) || errors.Is(kind, gateway.ErrFull)
}

// next gives a write that is already waiting; nil when there is none or the group is full.
func (w *writer) next(n int, start time.Time) *pending {
	if n >= batchWrites || time.Since(start) > batchTime {
		return nil
	}
	select {
	case p := <-w.queue: // nil once closed and empty
		return p
	default:
		return nil
	}
}

// attempt runs the work; a panic in it is a defect of one write, not the end of all.
func attempt(t *tx, do work) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic in a write: %v: %w", cause, gateway.ErrInternal)
		}
	}()
	return do(t)
}

// begin starts a transaction, connecting first when there is no connection.
func (w *writer) begin() (*tx, error) {
	ctx := context.Background()
	if w.conn == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		w.conn, w.run = conn, newPrepared(conn.PrepareContext)
	}
	if _, err := w.run.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	return &tx{session: session{ctx: ctx, run: w.run, sql: w.sql}}, nil
}

// abandon ends a transaction that is lost. SQLite may have ended it already, and
// after some errors the connection is of no more use, so that a new one is made.
func (w *writer) abandon() {
	if w.conn == nil {
		return
	}
	_, _ = w.run.ExecContext(context.Background(), "ROLLBACK")
	w.disconnect()
}

func (w *writer) disconnect() {
	if w.conn == nil {
		return
	}
	w.run.close()
	w.conn.Close()
	w.conn, w.run = nil, nil
}

// unavailable makes sure that a lost transaction is never taken for a defect of the request.
func unavailable(err error) error {
	if kind := kindOf(err); errors.Is(kind, gateway.ErrFull) {
		return fmt.Errorf("%w: %w", gateway.ErrFull, err)
	}
	return fmt.Errorf("%w: %w", gateway.ErrUnavailable, err)
}
