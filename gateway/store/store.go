// Package store keeps the gateway's data in SQLite or PostgreSQL.
//
// One aggregate stands in one file; the SQL in it serves both engines (see
// dialect). Every writing method is one transaction that holds the change and its
// events. Time is kept as Unix microseconds, lists and particulars as JSON.
//
// # Writing
//
// On SQLite all writes go through one goroutine with one connection. It takes
// whatever writes are waiting, runs each within a savepoint, commits them with one
// fsync and then answers all of them: group commit. On PostgreSQL writes are
// concurrent transactions, which the server groups by itself; those that met
// another one are run again.
//
// # The feed
//
// Readers of events must never miss one, so nothing may appear before a
// cursor that was given out. See events.go for how that is kept on PostgreSQL,
// where transactions do not become visible in the order of their numbers.
//
// # Several processes
//
// Any number may share a PostgreSQL database. Several may open one SQLite file on
// one machine, such as a running gateway and a command of its operator; they take
// turns at writing.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"congvan/gateway"
)

// Driver names an engine.
type Driver string

// The engines.
const (
	SQLite   Driver = "sqlite"
	Postgres Driver = "postgres"
)

// Options say where the data is kept. Either Path or DSN is required.
type Options struct {
	Driver Driver // empty: SQLite
	// Path is the file of a SQLite database; it is made when missing, its folder is not.
	Path string
	// DSN is PostgreSQL's connection string. It may hold a password and is never logged.
	DSN string
	// Connections bounds the pool: readers of SQLite (4), connections to PostgreSQL (16).
	Connections int
	// Now is the clock for changes that bring no time of their own; nil: time.Now.
	Now func() time.Time
	// Committed, when set, is told of every commit of this process, on SQLite each a
	// group of writes and one flush of its log; it must be quick and safe for concurrent use.
	Committed func()
}

// Store implements gateway.Store. It is safe for concurrent use.
type Store struct {
	engine    engine
	sql       *dialect
	now       func() time.Time
	changes   *changes
	directory *directoryCache
	stop      context.CancelFunc
	close     func() error // shut, once
	joined    sync.WaitGroup
}

var _ gateway.Store = (*Store)(nil)

// engine is what differs between the databases beyond the text of statements.
type engine interface {
	runner // reads
	// write runs the work in a transaction and returns when it is durable.
	write(ctx context.Context, do work) error
	// close waits for running writes.
	close() error
}

// Open opens the database and brings its schema up to date; processes that start
// at once take turns. It fails with gateway.ErrUnavailable when the database is away.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{now: o.Now, changes: newChanges(), directory: newDirectoryCache()}
	if err := s.start(ctx, o); err != nil {
		return nil, wrap("open the "+string(o.Driver)+" database", err)
	}
	background, stop := context.WithCancel(context.Background())
	s.stop, s.close = stop, sync.OnceValue(s.shut)
	s.joined.Go(func() { s.follow(background) })
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Driver == "" {
		o.Driver = SQLite
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Committed == nil {
		o.Committed = func() {}
	}
	return o
}

func (s *Store) start(ctx context.Context, o Options) (err error) {
	committed := func() { o.Committed(); s.changes.tell() }
	switch o.Driver {
	case SQLite:
		s.sql = sqliteDialect()
		s.engine, err = openSQLite(ctx, o, s.sql, committed)
	case Postgres:
		s.sql = postgresDialect()
		s.engine, err = openPostgres(ctx, o, s.sql, committed)
	default:
		err = fmt.Errorf("there is no driver %q: %w", o.Driver, gateway.ErrInvalid)
	}
	return err
}

// Close waits for running writes and closes the database. Closing twice is the same as once.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	s.stop()
	s.joined.Wait()
	err := s.engine.close()
	s.changes.tell()
	return err
}

// read gives a session outside any transaction.
func (s *Store) read(ctx context.Context) session {
	return session{ctx: ctx, run: s.engine, sql: s.sql}
}

// write runs work in a transaction and gives errors their kind.
func (s *Store) write(ctx context.Context, operation string, do work) error {
	if err := ctx.Err(); err != nil {
		return wrap(operation, err)
	}
	err := s.engine.write(ctx, do)
	var coded *gateway.Error
	if errors.As(err, &coded) {
		return err
	}
	return wrap(operation, err)
}
