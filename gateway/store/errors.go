package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"congvan/gateway"
)

var (
	// errClosed is what a closed store answers.
	errClosed = fmt.Errorf("the store is closed: %w", gateway.ErrUnavailable)
	// errAgain ends a transaction that met another one; it is run again.
	errAgain = errors.New("another transaction was faster")
)

// wrap gives an error of the driver its kind and names the operation. Errors
// that already have a kind keep it.
func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	kind := kindOf(err)
	if kind == nil || errors.Is(err, kind) {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return fmt.Errorf("%s: %w: %w", operation, kind, err)
}

// kindOf says what a caller can do about an error; nil when that is no matter of
// the database: a coded error, a context that ended, a defect.
func kindOf(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &lite):
		return sqliteKind(lite.Code())
	case errors.As(err, &pg):
		return postgresKind(pg.Code)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return gateway.ErrNotFound
	case errors.Is(err, errAgain), away(err):
		return gateway.ErrUnavailable
	}
	return nil
}

// away says that a connection broke or could not be made.
func away(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &connect) || errors.As(err, &network) || strings.HasSuffix(err.Error(), "conn closed")
}

func sqliteKind(code int) error {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return gateway.ErrFull
	case sqlite3.SQLITE_CONSTRAINT:
		return gateway.ErrConflict
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_INTERRUPT:
		return gateway.ErrUnavailable
	}
	return nil
}

func postgresKind(state string) error {
	switch {
	case state == "53100": // disk full
		return gateway.ErrFull
	case strings.HasPrefix(state, "22"): // text that it cannot keep, such as broken UTF-8
		return gateway.ErrInvalid
	case strings.HasPrefix(state, "23"): // integrity
		return gateway.ErrConflict
	case strings.HasPrefix(state, "08"), // connection
		strings.HasPrefix(state, "28"), // not let in
		strings.HasPrefix(state, "40"), // rolled back: serialization, deadlock
		strings.HasPrefix(state, "53"), // no resources
		strings.HasPrefix(state, "57"), // operator intervened, shutting down
		strings.HasPrefix(state, "58"), // system error
		state == "3D000",               // no such database
		state == "25006",               // read only
		state == "25P03",               // idle in transaction too long
		state == "55P03":               // lock not available
		return gateway.ErrUnavailable
	}
	return nil
}

// again says that a transaction on PostgreSQL may succeed when run once more.
func again(err error) bool {
	if errors.Is(err, errAgain) {
		return true
	}
	var pg *pgconn.PgError
	// 40001 serialization, 40P01 deadlock, 23505 unique: the second run sees what the first met.
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "23505")
}

// notFound is a coded error for something that is not there.
func notFound(place, what string) error {
	return gateway.Errorf(gateway.CodeNotFound, place, "no such %s", what)
}

// broken says that a connection in the pool was dead or is being ended by the server.
func broken(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "57P01" || pg.Code == "57P02"
	}
	var connect *pgconn.ConnectError
	return away(err) && !errors.As(err, &connect)
}

// orNotFound makes a coded error of an empty result and leaves other errors alone.
func orNotFound(err error, place, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(place, what)
	}
	return err
}
