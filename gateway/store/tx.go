package store

import (
	"encoding/json"
	"fmt"
	"time"

	"congvan/gateway"
)

// tx is one caller's part of a transaction. Events are gathered and written
// together at its end, in the order in which they were told.
type tx struct {
	session
	events []gateway.Event
	wrote  bool // something may have been changed
}

func (t *tx) exec(statement string, args ...any) (int64, error) {
	t.wrote = true
	return t.session.exec(statement, args...)
}

func (t *tx) insert(table, columns string, rows [][]any) error {
	t.wrote = true
	return t.session.insert(table, columns, rows)
}

// work is what a caller wants done in a transaction. It may run more than once,
// each time from the beginning, so it sets its results and does not add to them.
type work func(*tx) error

// tell adds an event; data becomes its particulars in JSON.
func (t *tx) tell(e gateway.Event, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.Kind, err)
	}
	e.Data = text
	t.events = append(t.events, e)
	return nil
}

const eventColumns = `at, kind, message_id, delivery_id, sender, receiver, holder, actor, data`

// flush writes the events gathered so far.
func (t *tx) flush() error {
	rows := make([][]any, len(t.events))
	for i, e := range t.events {
		rows[i] = []any{
			micros(e.At), string(e.Kind), string(e.Message), string(e.Delivery),
			string(e.Sender), string(e.Receiver), string(e.Holder), e.Actor, string(e.Data),
		}
	}
	t.events = nil
	return t.insert("events", eventColumns, rows)
}

// micros is how the database keeps a moment: 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// moment scans a column of Unix microseconds into a time.
type moment struct{ into *time.Time }

// Scan implements sql.Scanner.
func (m moment) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time column holds a %T", value)
	}
	*m.into = fromMicros(n)
	return nil
}

// texts is the parameter of IN list($1).
func texts[T ~string](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	// Strings always marshal.
	out, _ := json.Marshal(list)
	return string(out)
}
