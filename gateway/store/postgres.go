package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// postgresRuns bounds how often a transaction that met another one is run.
	postgresRuns = 8
	// postgresPatience ends a transaction that the server does not answer.
	postgresPatience = 30 * time.Second
)

// postgresEngine is a pool of connections; writes are concurrent transactions.
type postgresEngine struct {
	db        *sql.DB
	sql       *dialect
	slots     chan struct{} // as many as connections, so that waiting for one honours the caller's context
	committed func()

	mu      sync.RWMutex // held for reading by running writes
	closed  bool
	running sync.WaitGroup
}

func openPostgres(ctx context.Context, o Options, d *dialect, committed func()) (engine, error) {
	config, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		return nil, err // holds no password
	}
	for name, value := range sessionSettings() {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	n := o.Connections
	if n <= 0 {
		n = 16
	}
	e := &postgresEngine{db: stdlib.OpenDB(*config), sql: d, slots: make(chan struct{}, n), committed: committed}
	// Some more than the slots: reads and the poll for changes take connections too.
	e.db.SetMaxOpenConns(n + 4)
	e.db.SetMaxIdleConns(n + 4)
	e.db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migratePostgres(ctx, e.db, d); err != nil {
		return nil, errors.Join(err, e.db.Close())
	}
	return e, nil
}

// sessionSettings are those of every connection, unless the connection string sets them.
//
// Every statement here is made to walk indexes in their order, by nested loops, and
// to stop early. Plans are kept with the connection: one made while a table was
// new and empty would otherwise read or sort all of it for as long as nobody
// analyses it.
func sessionSettings() map[string]string {
	return map[string]string{
		"application_name": "congvan", "timezone": "UTC",
		"lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s",
		"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
	}
}

// QueryContext reads. A pool that outlived a restart of the server holds dead
// connections; each failure throws one away.
func (e *postgresEngine) QueryContext(ctx context.Context, text string, args ...any) (rows *sql.Rows, err error) {
	for range cap(e.slots) + 5 {
		rows, err = e.db.QueryContext(ctx, text, args...)
		if err == nil || !broken(err) {
			break
		}
	}
	return rows, err
}

func (e *postgresEngine) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return e.db.ExecContext(ctx, text, args...)
}

// write runs the work, again and again while it meets other transactions. Once it
// has begun the caller's context plays no part, so that the outcome is known.
func (e *postgresEngine) write(ctx context.Context, do work) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.leave()
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), postgresPatience)
	defer cancel()
	var err error
	for run := range postgresRuns {
		if err = e.once(inner, do); err == nil || !again(err) {
			return err
		}
		pause := time.Duration(1+rand.IntN(2<<run)) * time.Millisecond
		select {
		case <-inner.Done():
			return err
		case <-time.After(pause):
		}
	}
	return err
}

func (e *postgresEngine) enter(ctx context.Context) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return errClosed
	}
	select {
	case e.slots <- struct{}{}:
		e.running.Add(1)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *postgresEngine) leave() {
	<-e.slots
	e.running.Done()
}

func (e *postgresEngine) once(ctx context.Context, do work) error {
	transaction, err := e.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer transaction.Rollback() // does nothing after a commit
	t := &tx{session: session{ctx: ctx, run: transaction, sql: e.sql}}
	if err := attempt(t, do); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := transaction.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	e.committed()
	return nil
}

// begin starts a transaction. When that fails nothing has happened, so dead
// connections from before a restart of the server can be thrown away.
func (e *postgresEngine) begin(ctx context.Context) (transaction *sql.Tx, err error) {
	for range cap(e.slots) + 5 {
		transaction, err = e.db.BeginTx(ctx, nil)
		if err == nil || !broken(err) {
			break
		}
	}
	return transaction, err
}

func (e *postgresEngine) close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.running.Wait()
	return e.db.Close()
}
