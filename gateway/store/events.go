package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"congvan/gateway"
)

// The feed's order is (xid, id): the writing transaction and, within it, the
// event's number.
//
// PostgreSQL hands numbers out while transactions run, and transactions commit in
// any order; a reader who went by id alone would pass over an event that commits
// later with a smaller number. So the feed ends before the oldest transaction that
// still runs anywhere in the cluster (pg_snapshot_xmin): every event below that
// line is committed or will never be, and every event to come lies above it. The
// price is that one long transaction in the cluster holds the feed back, never
// that the feed loses an event. Transaction numbers have 64 bits and never wrap;
// event_base is added because a database restored into another cluster meets
// smaller ones there.
//
// On SQLite there is one writer at a time: numbers rise in the order of commits,
// and xid is always 0.

// scanned bounds how many events one page looks at on behalf of an asker whom
// few of them concern. The cursor moves on past all of them, so no index by
// agency is needed.
const scanned = 10_000

const (
	postgresHorizon = `xid < (SELECT base FROM event_base) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint`

	sqliteFeedBound   = `SELECT 0, id FROM (SELECT id FROM events WHERE $1 = 0 AND id > $2 ORDER BY id LIMIT $3) AS seen ORDER BY id DESC LIMIT 1`
	postgresFeedBound = `SELECT xid, id FROM (SELECT xid, id FROM events WHERE (xid, id) > ($1, $2) AND ` + postgresHorizon + `
		ORDER BY xid, id LIMIT $3) AS seen ORDER BY xid DESC, id DESC LIMIT 1`

	feedFilter       = `($5 = '' OR sender IN list($6) OR receiver IN list($6) OR holder IN list($6))`
	sqliteFeedPage   = `SELECT 0, id, ` + eventColumns + ` FROM events WHERE $1 = 0 AND id > $2 AND $3 = 0 AND id <= $4 AND ` + feedFilter + ` ORDER BY id LIMIT $7`
	postgresFeedPage = `SELECT xid, id, ` + eventColumns + ` FROM events WHERE (xid, id) > ($1, $2) AND (xid, id) <= ($3, $4) AND ` + feedFilter + ` ORDER BY xid, id LIMIT $7`

	sqliteFeedLast   = `SELECT 0, id FROM events ORDER BY id DESC LIMIT 1`
	postgresFeedLast = `SELECT xid, id FROM events WHERE ` + postgresHorizon + ` ORDER BY xid DESC, id DESC LIMIT 1`

	sqliteEventKnown   = `SELECT 1 FROM events WHERE $1 = 0 AND id = $2`
	postgresEventKnown = `SELECT 1 FROM events WHERE xid = $1 AND id = $2`

	sqliteTimeline   = `SELECT 0, id, ` + eventColumns + ` FROM events WHERE message_id = $1 AND message_id <> '' ORDER BY id`
	postgresTimeline = `SELECT xid, id, ` + eventColumns + ` FROM events WHERE message_id = $1 AND message_id <> '' ORDER BY xid, id`
)

// position is where an event stands in the feed.
type position struct{ xid, id int64 }

// cursor gives the position its opaque text.
func (p position) cursor() gateway.Cursor {
	if p == (position{}) {
		return ""
	}
	return gateway.Cursor(strconv.FormatInt(p.xid, 36) + "-" + strconv.FormatInt(p.id, 36))
}

// parseCursor reads a cursor strictly: only the text that cursor gives is one.
func parseCursor(c gateway.Cursor) (position, error) {
	if c == "" {
		return position{}, nil
	}
	xid, id, _ := strings.Cut(string(c), "-")
	var p position
	var err1, err2 error
	p.xid, err1 = strconv.ParseInt(xid, 36, 64)
	p.id, err2 = strconv.ParseInt(id, 36, 64)
	if err := errors.Join(err1, err2); err != nil || p.xid < 0 || p.id <= 0 || p.cursor() != c {
		return position{}, unknownCursor()
	}
	return p, nil
}

func unknownCursor() error {
	return gateway.Errorf(gateway.CodeInvalidRequest, "cursor", "it was never given out")
}

// Feed implements gateway.Events.
func (s *Store) Feed(ctx context.Context, q gateway.FeedQuery) (gateway.Feed, error) {
	after, err := parseCursor(q.After)
	if err != nil {
		return gateway.Feed{}, err
	}
	feed, err := s.feed(s.read(ctx), q, after)
	var coded *gateway.Error
	if errors.As(err, &coded) {
		return gateway.Feed{}, err
	}
	return feed, wrap("read the feed", err)
}

// feed reads a page in two steps: how far it may go, then what lies on the way.
// Everything up to the bound is final, so the steps need no common snapshot.
func (s *Store) feed(r session, q gateway.FeedQuery, after position) (gateway.Feed, error) {
	limit := bounded(q.Limit)
	var bound position
	err := r.row(s.sql.feedBound, []any{after.xid, after.id, reach(q, limit)}, &bound.xid, &bound.id)
	if errors.Is(err, sql.ErrNoRows) {
		return gateway.Feed{Next: q.After}, s.checkKnown(r, after)
	}
	if err != nil {
		return gateway.Feed{}, err
	}
	all := ""
	if q.Agencies != nil {
		all = "some"
	}
	events, err := list(r, scanEvent, s.sql.feedPage,
		after.xid, after.id, bound.xid, bound.id, all, texts(q.Agencies), limit)
	if err != nil {
		return gateway.Feed{}, err
	}
	if err := s.checkKnown(r, after); err != nil {
		return gateway.Feed{}, err
	}
	next := bound.cursor()
	if len(events) == limit {
		next = events[limit-1].Cursor
	}
	return gateway.Feed{Events: events, Next: next}, nil
}

// reach is how many events a page looks at.
func reach(q gateway.FeedQuery, limit int) int {
	if q.Agencies == nil {
		return limit
	}
	return scanned
}

// checkKnown refuses a well-formed cursor at which no event stands.
func (s *Store) checkKnown(r session, p position) error {
	if p == (position{}) {
		return nil
	}
	var found int
	err := r.row(s.sql.known, []any{p.xid, p.id}, &found)
	if errors.Is(err, sql.ErrNoRows) {
		return unknownCursor()
	}
	return err
}

// Timeline implements gateway.Events.
func (s *Store) Timeline(ctx context.Context, id gateway.MessageID) ([]gateway.Event, error) {
	events, err := list(s.read(ctx), scanEvent, s.sql.timeline, id)
	return events, wrap("read a timeline", err)
}

// Append implements gateway.Events.
func (s *Store) Append(ctx context.Context, e gateway.Event) error {
	if e.At.IsZero() {
		e.At = s.now()
	}
	if len(e.Data) == 0 {
		e.Data = []byte("{}")
	}
	return s.write(ctx, fmt.Sprintf("append event %s", e.Kind), func(t *tx) error {
		return t.tell(e, e.Data)
	})
}

func scanEvent(rows *sql.Rows, e *gateway.Event) error {
	var p position
	var data string
	err := rows.Scan(&p.xid, &p.id, moment{&e.At}, &e.Kind, &e.Message, &e.Delivery,
		&e.Sender, &e.Receiver, &e.Holder, &e.Actor, &data)
	e.Cursor, e.Data = p.cursor(), []byte(data)
	return err
}

// bounded keeps a page's size between 1 and 1,000.
func bounded(limit int) int { return min(max(limit, 1), 1000) }
