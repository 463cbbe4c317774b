package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"congvan/gateway"
)

// readAll reads the feed from a cursor to its end.
func readAll(t *testing.T, s *Store, q gateway.FeedQuery) ([]gateway.Event, gateway.Cursor) {
	t.Helper()
	var all []gateway.Event
	for {
		feed, err := s.Feed(t.Context(), q)
		if err != nil {
			t.Error(err)
			return all, q.After
		}
		all = append(all, feed.Events...)
		if feed.Next == q.After {
			return all, q.After
		}
		q.After = feed.Next
	}
}

// Whoever follows the feed while others write sees every event exactly once, in
// the order in which it stands afterwards. On PostgreSQL transactions of different
// length commit in another order than they began.
func TestFollowerMissesNothing(t *testing.T) {
	const writers, letters = 6, 25
	each(t, func(t *testing.T, b *bed) {
		stores := []*Store{b.Store, b.another()}
		var writing, following sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range letters {
					a := newLetter(b.clock.now(), fmt.Sprintf("%d-%d", w, i), receivers(1+rand.IntN(4))...)
					err := stores[w%2].write(t.Context(), "admit slowly", func(t *tx) error {
						if _, err := t.admit(a); err != nil {
							return err
						}
						if err := t.flush(); err != nil { // numbers are handed out here
							return err
						}
						time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		seen := make([][]gateway.Event, 2)
		for f := range seen {
			following.Go(func() { seen[f] = follow(t, stores[1-f], done, 1+f*99) })
		}
		writing.Wait()
		close(done)
		following.Wait()
		all, _ := readAll(t, b.Store, gateway.FeedQuery{Limit: 1000})
		if len(all) < writers*letters*2 {
			t.Fatalf("only %d events", len(all))
		}
		for _, events := range seen {
			same(t, "what a follower saw", cursors(events), cursors(all), nil)
		}
	})
}

// follow reads pages as they come until all is done and read.
func follow(t *testing.T, s *Store, done <-chan struct{}, limit int) []gateway.Event {
	var seen []gateway.Event
	q := gateway.FeedQuery{Limit: limit}
	for {
		changed := s.Changed()
		last := false
		select {
		case <-done:
			last = true
		default:
		}
		events, next := readAll(t, s, q)
		seen, q.After = append(seen, events...), next
		if last {
			return seen
		}
		select {
		case <-changed:
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("nobody told of a change")
			return seen
		}
	}
}

func cursors(events []gateway.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = string(e.Cursor) + " " + string(e.Kind) + " " + string(e.Message)
	}
	return out
}

func TestFeedForSomeAgencies(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		for i := range 30 {
			b.admit(b.letter(newID(), receivers(30)[i]))
		}
		mine := b.letter("mine", "H26.99.77")
		b.admit(mine)
		events, next := readAll(t, b.Store, gateway.FeedQuery{Agencies: []gateway.AgencyID{"H26.99.77"}, Limit: 10})
		if len(events) != 1 || events[0].Delivery != mine.Deliveries[0].ID {
			t.Errorf("events %+v", events)
		}
		_, end := readAll(t, b.Store, gateway.FeedQuery{Limit: 7})
		if next != end {
			t.Errorf("the cursor stands at %s, the feed ends at %s", next, end)
		}
		if sent, _ := readAll(t, b.Store, gateway.FeedQuery{Agencies: []gateway.AgencyID{"H26.99"}, Limit: 10}); len(sent) != 62 {
			t.Errorf("the sender sees %d events of 62", len(sent))
		}
		if none, _ := readAll(t, b.Store, gateway.FeedQuery{Agencies: []gateway.AgencyID{}, Limit: 10}); len(none) != 0 {
			t.Errorf("nobody sees %d events", len(none))
		}
	})
}

func TestFeedRefusesForeignCursors(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		b.admit(b.letter("doc", "H26.99.1"))
		feed, err := b.Feed(t.Context(), gateway.FeedQuery{Limit: 1})
		if err != nil || len(feed.Events) != 1 || feed.Next != feed.Events[0].Cursor {
			t.Fatal(feed, err)
		}
		for _, c := range []gateway.Cursor{"x", "0", "-", "0-", "-1", "0-0", "00-1", "0-01", "+0-1", "0-1 ", "0-1-1", "0-zzzzzz", "zz-1", "0--1", "0-zzzzzzzzzzzzzzzzz", feed.Next + "0"} {
			if _, err := b.Feed(t.Context(), gateway.FeedQuery{After: c, Limit: 1}); !errors.Is(err, gateway.ErrInvalid) {
				t.Errorf("%q: %v", c, err)
			}
		}
	})
}

func TestHistoryIsOnlyAppended(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1")
		b.sent(a, gateway.DeliverySent, "")
		b.admit(b.statusOf("doc", "03"))
		for _, table := range []string{"events", "attempts", "statuses"} {
			for _, statement := range []string{"UPDATE " + table + " SET at = 0", "DELETE FROM " + table} {
				err := b.Store.write(t.Context(), "tamper", func(t *tx) error {
					_, err := t.exec(statement)
					return err
				})
				if !errors.Is(err, gateway.ErrConflict) {
					t.Errorf("%s: %v", statement, err)
				}
			}
		}
	})
}

func TestChangedCrossesProcesses(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		other := b.another()
		for range 3 {
			changed := other.Changed()
			if err := b.Append(t.Context(), gateway.Event{Kind: gateway.EventNodeStarted, Actor: "node-1"}); err != nil {
				t.Fatal(err)
			}
			select {
			case <-changed:
			case <-time.After(10 * time.Second):
				t.Fatal("another process was not told")
			}
		}
		events, _ := readAll(t, other, gateway.FeedQuery{Limit: 10})
		if len(events) != 3 || !events[0].At.Equal(b.clock.now()) || string(events[0].Data) != "{}" {
			t.Errorf("events %+v", events)
		}
	})
}

// A database that was restored into a cluster with smaller transaction numbers
// still puts new events after the old ones.
func TestFeedGoesOnAfterARestoreElsewhere(t *testing.T) {
	b := newBed(t, Postgres)
	b.admit(b.letter("old", "H26.99.1"))
	err := b.write(t.Context(), "pretend", func(t *tx) error {
		_, err := t.exec(`INSERT INTO events (xid, ` + eventColumns + `) VALUES (1000000000000, 0, 'node.stopped', '', '', '', '', '', '', '{}')`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	restored := b.another()
	before, cursor := readAll(t, restored, gateway.FeedQuery{Limit: 10})
	if len(before) != 3 {
		t.Fatalf("%d old events", len(before))
	}
	if _, err := restored.Admit(t.Context(), b.letter("new", "H26.99.1")); err != nil {
		t.Fatal(err)
	}
	after, _ := readAll(t, restored, gateway.FeedQuery{After: cursor, Limit: 10})
	if len(after) != 2 {
		t.Errorf("%d new events after the old cursor", len(after))
	}
	b.another() // opening once more changes nothing
	if all, _ := readAll(t, restored, gateway.FeedQuery{Limit: 10}); len(all) != 5 {
		t.Errorf("%d events", len(all))
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "0-1", "zz-9", "0-", "--", "1y2p0ij32e8e7-1y2p0ij32e8e7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseCursor(gateway.Cursor(text))
		if err == nil && string(p.cursor()) != text {
			t.Errorf("%q is read as %v, which is written %q", text, p, p.cursor())
		}
		if err != nil && !errors.Is(err, gateway.ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// The feed of an agency that nothing concerns costs a bounded scan.
func BenchmarkFeedOfAnIdleAgency(b *testing.B) {
	eachEngine(b, func(b *testing.B, bed *bed) {
		for range 30 {
			bed.admit(bed.letter(newID(), receivers(400)...))
		}
		for b.Loop() {
			if _, err := bed.Feed(context.Background(), gateway.FeedQuery{Agencies: []gateway.AgencyID{"H26.99.idle"}, Limit: 100}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
