package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/internal/peers"
)

// A write that fails, panics or whose caller is gone leaves its neighbours in the
// same commit alone.
func TestNeighboursInACommit(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		wrong := errors.New("wrong")
		put := func(id string, end func() error) error {
			return b.Store.write(t.Context(), "write", func(t *tx) error {
				if err := t.putSystem(gateway.System{ID: gateway.SystemID(id), Name: id}, b.clock.now(), "test"); err != nil {
					return err
				}
				return end()
			})
		}
		fine := func() error { return nil }
		var all sync.WaitGroup
		for i := range 30 {
			id := newID()
			all.Go(func() {
				var err, want error
				switch i % 3 {
				case 0:
					err = put(id, fine)
				case 1:
					want, err = wrong, put(id, func() error { return wrong })
				case 2:
					want, err = gateway.ErrInternal, put(id, func() error { panic("a defect") })
				}
				if !errors.Is(err, want) {
					t.Errorf("write %d: %v, want %v", i, err, want)
				}
			})
		}
		all.Wait()
		systems, err := b.Systems(t.Context())
		if err != nil || len(systems) != 10 {
			t.Errorf("%d systems, want 10, %v", len(systems), err)
		}
		if events, _ := readAll(t, b.Store, gateway.FeedQuery{Limit: 100}); len(events) != 10 {
			t.Errorf("%d events, want 10", len(events))
		}
	})
}

func TestCallerWhoWentAway(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		a := b.letter("doc", "H26.99.1")
		if _, err := b.Admit(gone, a); !errors.Is(err, context.Canceled) {
			t.Errorf("admitted for nobody: %v", err)
		}
		started, finish := make(chan struct{}), make(chan struct{})
		going, leave := context.WithCancel(t.Context())
		answer := make(chan error, 1)
		go func() {
			answer <- b.Store.write(going, "write", func(t *tx) error {
				close(started)
				<-finish
				_, err := t.admit(a)
				return err
			})
		}()
		<-started
		leave()
		close(finish)
		if err := <-answer; err != nil {
			t.Errorf("a write that had begun: %v", err)
		}
		b.delivery(a.Deliveries[0].ID)
	})
}

// While one group is being committed the next gathers: the number of commits is
// far smaller than that of writes.
func TestGroupCommit(t *testing.T) {
	c := newClock()
	var commits atomic.Int64
	b := &bed{t: t, clock: c, options: Options{Path: filepath.Join(t.TempDir(), "congvan.db"), Now: c.now, Committed: func() { commits.Add(1) }}}
	b.Store = b.another()
	const callers, each = 16, 20
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				b.admit(b.letter(newID(), "H26.99.1"))
			}
		})
	}
	all.Wait()
	if n := commits.Load(); n > callers*each/3 {
		t.Errorf("%d commits for %d admissions", n, callers*each)
	}
	t.Logf("%d commits for %d admissions by %d callers", commits.Load(), callers*each, callers)
}

func TestCloseWaitsForWrites(t *testing.T) {
	for _, driver := range []Driver{SQLite, Postgres} {
		t.Run(string(driver), func(t *testing.T) {
			b := newBed(t, driver)
			other := b.another()
			started, finish := make(chan struct{}), make(chan struct{})
			answer := make(chan error, 1)
			a := b.letter("doc", "H26.99.1")
			go func() {
				answer <- other.write(context.Background(), "write", func(t *tx) error {
					close(started)
					<-finish
					_, err := t.admit(a)
					return err
				})
			}()
			<-started
			changed := other.Changed()
			closed := make(chan error, 1)
			go func() { closed <- other.Close() }()
			select {
			case <-closed:
				t.Fatal("closed in the middle of a write")
			case <-time.After(50 * time.Millisecond):
			}
			close(finish)
			if err := errors.Join(<-answer, <-closed); err != nil {
				t.Fatal(err)
			}
			<-changed
			b.delivery(a.Deliveries[0].ID)
			if _, err := other.Admit(t.Context(), b.letter("late", "H26.99.1")); !errors.Is(err, gateway.ErrUnavailable) {
				t.Errorf("admitted after the end: %v", err)
			}
		})
	}
}

// A database without room refuses writes as full and goes on reading; with room again it goes on writing.
func TestFullDisk(t *testing.T) {
	b := newBed(t, SQLite)
	b.admit(b.letter("before", "H26.99.1"))
	limit := func(pages string) {
		err := b.Store.write(t.Context(), "limit", func(t *tx) error {
			rows, err := t.query("PRAGMA max_page_count = " + pages)
			if err != nil {
				return err
			}
			return rows.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // as many as there are
	large := b.letter("large", "H26.99.1")
	large.Original.Split.Skeleton = make([]byte, 1<<20)
	if _, err := b.Admit(t.Context(), large); !errors.Is(err, gateway.ErrFull) || gateway.AsError(err).Code != gateway.CodeStorageFull {
		t.Fatalf("admitted into a full database: %v", err)
	}
	if _, err := b.Submission(t.Context(), large.Fingerprint); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("something was left: %v", err)
	}
	limit("4294967294")
	b.admit(large)
}

// A group whose transaction cannot begin, and whose callers have all gone meanwhile, is over.
func TestNobodyWaitsForATransactionThatCannotBegin(t *testing.T) {
	db, err := sql.Open("sqlite", sqliteDSN(filepath.Join(t.TempDir(), "no", "such", "folder"), "immediate"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := newWriter(db, sqliteDialect(), func() {})
	defer w.close()
	gone := &pending{answer: make(chan error, 1)}
	gone.taken.Store(true)
	w.queue <- gone
	if err := w.write(t.Context(), func(*tx) error { return nil }); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("the next caller: %v", err)
	}
}

func TestReadOnlyIsUnavailable(t *testing.T) {
	b := newBed(t, SQLite)
	_, err := b.engine.(*sqliteEngine).readers.Exec("DELETE FROM systems")
	if err = wrap("write", err); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("read only: %v", err)
	}
}

// Nothing in a path is taken for more than a name.
func TestOpenOddPaths(t *testing.T) {
	for _, name := range []string{"với dấu cách.db", "a?b=c&_pragma=x.db", "100%#.db", "it's.db"} {
		path := filepath.Join(t.TempDir(), name)
		s, err := Open(t.Context(), Options{Path: path})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 && s.Close() == nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBrokenTextIsRefusedOrKept(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1")
		a.IdempotencyKey = "key\x00\xff"
		if _, err := b.Admit(t.Context(), a); err != nil && !errors.Is(err, gateway.ErrInvalid) {
			t.Error(err)
		}
		if _, err := b.SearchAgencies(t.Context(), gateway.AgencyQuery{Text: "\x00\xff", Limit: 1}); err != nil && !errors.Is(err, gateway.ErrInvalid) {
			t.Error(err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dsn := peers.Postgres(t)
	for name, test := range map[string]struct {
		options Options
		kind    error
	}{
		"an unknown driver":   {Options{Driver: "oracle"}, gateway.ErrInvalid},
		"no path":             {Options{}, nil},
		"a missing folder":    {Options{Path: t.TempDir() + "/none/congvan.db"}, nil},
		"a missing database":  {Options{Driver: Postgres, DSN: strings.Replace(dsn, "/test_", "/none_", 1)}, gateway.ErrUnavailable},
		"an unreachable host": {Options{Driver: Postgres, DSN: "postgres://user:hidden@127.0.0.1:1/x"}, gateway.ErrUnavailable},
	} {
		s, err := Open(t.Context(), test.options)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if test.kind != nil && !errors.Is(err, test.kind) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server that goes away and comes back is an interruption, no more.
func TestPostgresGoesAwayAndComesBack(t *testing.T) {
	cluster := peers.OwnPostgres(t, false)
	c := newClock()
	b := &bed{t: t, clock: c, options: Options{Driver: Postgres, DSN: cluster.Database(t), Now: c.now}}
	b.Store = b.another()
	a := b.letter("before", "H26.99.1")
	b.admit(a)
	var warm sync.WaitGroup
	for range 8 { // fill the pool with connections that will be dead
		warm.Go(func() { b.admit(b.letter(newID(), "H26.99.2")) })
	}
	warm.Wait()
	changed := b.Changed()
	cluster.Stop()
	if _, err := b.Admit(t.Context(), b.letter("during", "H26.99.1")); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("a write while the server is away: %v", err)
	}
	if _, err := b.Delivery(t.Context(), a.Deliveries[0].ID); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("a read while the server is away: %v", err)
	}
	cluster.Start(t)
	b.delivery(a.Deliveries[0].ID)
	b.admit(b.letter("after", "H26.99.1"))
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Error("nobody was told")
	}
}
