package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"
)

// migrations holds the schema's steps, forward only. A step is the text that
// serves both engines and, where there is one, the engine's own text of the same name.
//
//go:embed migrations
var migrations embed.FS

// steps reads the migrations of an engine.
func steps(d *dialect) ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []*goose.Migration
	for _, name := range names {
		step, err := newStep(d, name)
		if err != nil {
			return nil, err
		}
		out = append(out, step)
	}
	return out, nil
}

func newStep(d *dialect, name string) (*goose.Migration, error) {
	digits, _, _ := strings.Cut(path.Base(name), "_")
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("name of migration %s: %w", name, err)
	}
	text, err := migrations.ReadFile(name)
	if err != nil {
		return nil, err
	}
	own, err := migrations.ReadFile(path.Join("migrations", d.name, path.Base(name)))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	script := d.words.Replace(string(text) + "\n" + string(own))
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, script)
		return err
	}}, nil), nil
}

// migrate brings the schema up to date. The caller holds the lock.
func migrate(ctx context.Context, db *sql.DB, d *dialect, dialect goose.Dialect, upTo int64) error {
	list, err := steps(d)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, nil,
		goose.WithGoMigrations(list...), goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_versions"))
	if err != nil {
		return err
	}
	newest := list[len(list)-1].Version
	if upTo == 0 {
		upTo = newest
	}
	if version, err := provider.GetDBVersion(ctx); err != nil || version > newest {
		if err == nil {
			err = fmt.Errorf("the schema has version %d, this program knows %d: use the newer program", version, newest)
		}
		return err
	}
	if _, err := provider.UpTo(ctx, upTo); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// migrateSQLite lets processes that start at once take turns by a lock on a file
// beside the database; the system frees it however the process ends.
func migrateSQLite(ctx context.Context, db *sql.DB, d *dialect, file string) error {
	lock, err := os.OpenFile(file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return migrate(ctx, db, d, goose.DialectSQLite3, 0)
}

// postgresLock is the number of the advisory lock, "congvan" in ASCII.
const postgresLock = 0x636f6e6776616e

func migratePostgres(ctx context.Context, db *sql.DB, d *dialect) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The server frees the lock when the connection ends, however it ends.
	// Waiting for another process's migration may take longer than lock_timeout.
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = 0"); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(postgresLock)); err != nil {
		return err
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(postgresLock))
	}()
	if err := migrate(ctx, db, d, goose.DialectPostgres, 0); err != nil {
		return err
	}
	if err := rebase(ctx, conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "RESET lock_timeout")
	return err
}

// rebase moves the base of the events' transaction numbers on when the database
// was restored into a cluster that counts from a smaller number, so that new
// events still come after all old ones. See events.go.
func rebase(ctx context.Context, conn *sql.Conn) error {
	var newest, next int64
	err := conn.QueryRowContext(ctx, `SELECT coalesce(max(xid), 0), (SELECT base FROM event_base) + pg_current_xact_id()::text::bigint
		FROM events`).Scan(&newest, &next)
	if err != nil || newest < next {
		return err
	}
	transaction, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer transaction.Rollback()
	for _, statement := range []string{
		fmt.Sprintf("ALTER TABLE events ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint + %d", newest),
		fmt.Sprintf("UPDATE event_base SET base = %d", newest),
	} {
		if _, err := transaction.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return transaction.Commit()
}
