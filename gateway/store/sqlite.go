package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Memory of the page caches in KiB. Together they stay small beside the 64 MB in
// which the whole process runs.
const (
	writerCache = 8 << 10
	readerCache = 3 << 10
)

// sqliteEngine is one writing connection and a few reading ones.
type sqliteEngine struct {
	*prepared // reads
	readers   *sql.DB
	writer    *writer
	writers   *sql.DB
}

func openSQLite(ctx context.Context, o Options, d *dialect, committed func()) (engine, error) {
	if o.Path == "" {
		return nil, errors.New("SQLite needs a path")
	}
	if err := makePrivate(o.Path); err != nil {
		return nil, err
	}
	e := &sqliteEngine{}
	if err := e.open(ctx, o, d, committed); err != nil {
		return nil, errors.Join(err, e.closePools())
	}
	return e, nil
}

func (e *sqliteEngine) open(ctx context.Context, o Options, d *dialect, committed func()) (err error) {
	if err := migrateFile(ctx, o.Path, d); err != nil {
		return err
	}
	// What a statement would need to undo itself stays in memory; it is small.
	if e.writers, err = sql.Open("sqlite", sqliteDSN(o.Path, "immediate", cacheOf(writerCache), "temp_store(MEMORY)")); err != nil {
		return err
	}
	e.writers.SetMaxOpenConns(1)
	if e.readers, err = sql.Open("sqlite", sqliteDSN(o.Path, "deferred", cacheOf(readerCache), "query_only(1)")); err != nil {
		return err
	}
	n := o.Connections
	if n <= 0 {
		n = 4
	}
	e.readers.SetMaxOpenConns(n)
	e.readers.SetMaxIdleConns(n)
	e.prepared = newPrepared(e.readers.PrepareContext)
	e.writer = newWriter(e.writers, d, committed)
	return nil
}

// makePrivate makes a missing database file, which holds credentials' proofs,
// readable to nobody else. SQLite gives its log the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// migrateFile brings the schema up to date through connections of its own, whose
// sorting for new indexes goes to disk.
func migrateFile(ctx context.Context, path string, d *dialect) error {
	db, err := sql.Open("sqlite", sqliteDSN(path, "immediate", cacheOf(writerCache)))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return errors.Join(migrateSQLite(ctx, db, d, path), db.Close())
}

func cacheOf(kib int) string { return "cache_size(-" + strconv.Itoa(kib) + ")" }

// sqliteDSN spells out how connections behave. FULL makes every commit durable
// in WAL mode; the log is folded back every 4,000 pages (16 MB), so that a burst
// pays for few foldings, and never keeps more than 64 MB on disk.
func sqliteDSN(path, lock string, pragmas ...string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	q := url.Values{
		"_txlock": {lock},
		"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
		}, pragmas...),
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func (e *sqliteEngine) write(ctx context.Context, do work) error { return e.writer.write(ctx, do) }

// close waits for the writes, folds the log back and closes the connections.
func (e *sqliteEngine) close() error {
	e.writer.close()
	e.prepared.close()
	_, err := e.writers.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	if err != nil {
		err = fmt.Errorf("fold the write-ahead log back: %w", err)
	}
	return errors.Join(err, e.closePools())
}

func (e *sqliteEngine) closePools() error {
	var errs []error
	for _, db := range []*sql.DB{e.readers, e.writers} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
