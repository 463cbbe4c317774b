package store

import (
	"context"
	"sync"
	"time"
)

// pollEvery is how soon other processes' events are noticed.
const pollEvery = 100 * time.Millisecond

// changes wakes those who wait for events. It closes one channel for all of them
// and looks into the database only while somebody holds a channel. (PostgreSQL's
// NOTIFY would make all commits wait for one lock, and would speak before the
// feed may show the event.)
type changes struct {
	mu      sync.Mutex
	channel chan struct{}
	held    bool
	asked   chan struct{}
}

func newChanges() *changes {
	return &changes{channel: make(chan struct{}), asked: make(chan struct{}, 1)}
}

func (c *changes) hold() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		c.held = true
		select {
		case c.asked <- struct{}{}:
		default:
		}
	}
	return c.channel
}

func (c *changes) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		close(c.channel)
		c.channel, c.held = make(chan struct{}), false
	}
}

func (c *changes) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

// Changed implements gateway.Events. This process's commits close the channel at
// once, other processes' within pollEvery.
func (s *Store) Changed() <-chan struct{} { return s.changes.hold() }

// follow polls for events while somebody waits. What it compares with was seen
// before the wait began, so an event between a caller's reading and its waiting is
// not lost; at first it has seen nothing.
func (s *Store) follow(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changes.asked:
		}
		for s.changes.waiting() {
			if now := s.lastVisible(ctx); now != last && now != "" {
				last = now
				s.changes.tell()
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}
}

// lastVisible is the position of the newest event that the feed shows; empty when
// the database cannot be asked.
func (s *Store) lastVisible(ctx context.Context) string {
	var p position
	err := s.read(ctx).row(s.sql.feedLast, nil, &p.xid, &p.id)
	if err != nil {
		return ""
	}
	return string(p.cursor())
}
