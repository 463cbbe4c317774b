package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"congvan/gateway"
)

// Each part reads one partial index, so that a long history costs nothing.
const (
	overviewInbox    = `route = 'inbox' AND state IN ('queued', 'fetched')`
	overviewCarriers = `route <> 'inbox' AND state IN ('queued', 'sending')`
	overviewStuck    = `state IN ('held', 'failed', 'expired')`

	sqliteLastEvent   = `SELECT at FROM events ORDER BY id DESC LIMIT 1`
	postgresLastEvent = `SELECT at FROM events ORDER BY xid DESC, id DESC LIMIT 1`
)

// Overview counts what waits, what is being handed over and what is stuck. It changes nothing.
func (s *Store) Overview(ctx context.Context) (gateway.Overview, error) {
	o := gateway.Overview{At: s.now().UTC().Truncate(time.Microsecond)}
	r := s.read(ctx)
	for _, part := range []string{overviewInbox, overviewCarriers, overviewStuck} {
		counts, err := list(r, scanCount, `SELECT state, route, cause, count(*), min(queued_at) FROM deliveries
			WHERE `+part+` GROUP BY state, route, cause ORDER BY state, route, cause`)
		if err != nil {
			return o, wrap("count deliveries", err)
		}
		o.Deliveries = append(o.Deliveries, counts...)
	}
	if err := r.row(`SELECT count(*) FROM messages WHERE archived_at = 0`, nil, &o.Unarchived); err != nil {
		return o, wrap("count unarchived messages", err)
	}
	last := sqliteLastEvent
	if s.sql.name == string(Postgres) {
		last = postgresLastEvent
	}
	err := r.row(last, nil, moment{&o.LastEvent})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return o, wrap("find the last event", err)
}

func scanCount(rows *sql.Rows, c *gateway.DeliveryCount) error {
	return rows.Scan(&c.State, &c.Route, &c.Cause, &c.Count, moment{&c.Oldest})
}
