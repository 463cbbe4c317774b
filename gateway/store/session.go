package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
)

// runner runs SQL in the engine's own text: a pool, a connection or a transaction.
type runner interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

// session runs statements for one caller. Reading methods take one, so that the
// same text serves a reader of its own and the inside of a transaction.
type session struct {
	ctx context.Context //nolint:containedctx // a session lives as long as one call
	run runner
	sql *dialect
}

func (s session) exec(statement string, args ...any) (int64, error) {
	result, err := s.run.ExecContext(s.ctx, s.sql.text(statement), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s session) query(statement string, args ...any) (*sql.Rows, error) {
	return s.run.QueryContext(s.ctx, s.sql.text(statement), args...)
}

// row scans the first row; sql.ErrNoRows when there is none.
func (s session) row(statement string, args []any, into ...any) error {
	rows, err := s.query(statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}

// list scans every row into a T.
func list[T any](s session, scan func(*sql.Rows, *T) error, statement string, args ...any) ([]T, error) {
	rows, err := s.query(statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var item T
		if err := scan(rows, &item); err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, rows.Err()
}

// one scans a single column.
func one[T any](rows *sql.Rows, into *T) error { return rows.Scan(into) }

// insert writes rows with as few statements as a small set of prepared texts
// allows: a statement for each power of two up to rowsAtOnce.
func (s session) insert(table, columns string, rows [][]any) error {
	for n := rowsAtOnce; n >= 1; n /= 2 {
		for len(rows) >= n {
			if err := s.insertExactly(table, columns, rows[:n]); err != nil {
				return err
			}
			rows = rows[n:]
		}
	}
	return nil
}

const rowsAtOnce = 64

func (s session) insertExactly(table, columns string, rows [][]any) error {
	width := len(rows[0])
	args := make([]any, 0, len(rows)*width)
	for _, row := range rows {
		args = append(args, row...)
	}
	_, err := s.exec(s.sql.insertText(table, columns, len(rows), width), args...)
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

// insertText builds an INSERT once for each table and number of rows.
func (d *dialect) insertText(table, columns string, rows, width int) string {
	key := fmt.Sprintf("INSERT %d INTO %s", rows, table)
	d.mu.RLock()
	text, ok := d.translated[key]
	d.mu.RUnlock()
	if ok {
		return text
	}
	text = strings.Join([]string{"INSERT INTO", table, "(" + columns + ")", "VALUES", d.values(rows, width)}, " ")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.translated[key] = text
	return text
}

// prepared is a runner that compiles each text once. The SQLite driver would
// otherwise compile it at every use, which costs more than running it.
type prepared struct {
	prepare func(ctx context.Context, text string) (*sql.Stmt, error)
	mu      sync.RWMutex
	kept    map[string]*sql.Stmt
}

func newPrepared(prepare func(ctx context.Context, text string) (*sql.Stmt, error)) *prepared {
	return &prepared{prepare: prepare, kept: make(map[string]*sql.Stmt)}
}

func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (p *prepared) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt := p.kept[text]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := p.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return p.keep(text, stmt), nil
}

// keep remembers a statement unless another caller was faster.
func (p *prepared) keep(text string, stmt *sql.Stmt) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first := p.kept[text]; first != nil {
		stmt.Close()
		return first
	}
	p.kept[text] = stmt
	return stmt
}

func (p *prepared) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stmt := range p.kept {
		stmt.Close()
	}
	clear(p.kept)
}
