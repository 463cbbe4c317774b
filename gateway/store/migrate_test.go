package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"congvan/gateway"
	"congvan/internal/peers"
)

// bareDatabase opens an empty database without the store.
func bareDatabase(t *testing.T, driver Driver) (*sql.DB, Options, *dialect, goose.Dialect) {
	t.Helper()
	if driver == Postgres {
		dsn := peers.Postgres(t)
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		return db, Options{Driver: driver, DSN: dsn}, postgresDialect(), goose.DialectPostgres
	}
	path := filepath.Join(t.TempDir(), "congvan.db")
	db, err := sql.Open("sqlite", sqliteDSN(path, "immediate"))
	if err != nil {
		t.Fatal(err)
	}
	return db, Options{Driver: driver, Path: path}, sqliteDialect(), goose.DialectSQLite3
}

// A database that an older version wrote is brought up to date with all it holds.
func TestMigrateFromVersion1(t *testing.T) {
	for _, driver := range []Driver{SQLite, Postgres} {
		t.Run(string(driver), func(t *testing.T) {
			db, options, d, kind := bareDatabase(t, driver)
			if err := migrate(t.Context(), db, d, kind, 1); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile("testdata/version1.sql")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(string(data)); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			checkVersion1(t, s)
		})
	}
}

func checkVersion1(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	m, err := s.Message(ctx, "0190a000-0000-7000-8000-000000000001")
	if err != nil || m.Subject != "Về việc cũ" || len(m.Attachments) != 1 {
		t.Errorf("message %+v, %v", m, err)
	}
	o, err := s.Original(ctx, m.ID)
	if err != nil || string(o.Split.Skeleton) != "<edXML/>" || len(o.Split.Payloads) != 1 {
		t.Errorf("original %+v, %v", o, err)
	}
	items, err := s.Inbox(ctx, gateway.InboxQuery{Holders: receivers(1), Limit: 10})
	if err != nil || len(items) != 1 || items[0].Delivery.State != gateway.DeliveryFetched {
		t.Errorf("inbox %+v, %v", items, err)
	}
	out, err := s.Acknowledge(ctx, []gateway.Acknowledgement{{Delivery: items[0].Delivery.ID, At: m.AcceptedAt}}, receivers(1), "x")
	if err != nil || out[0].Err != nil {
		t.Error(out, err)
	}
	events, _ := readAll(t, s, gateway.FeedQuery{Limit: 10})
	if len(events) != 4 || events[3].Kind != gateway.EventAcknowledged {
		t.Errorf("events %+v", events)
	}
	found, err := s.SearchAgencies(ctx, gateway.AgencyQuery{Text: "co quan cu", Limit: 10})
	if err != nil || len(found) != 1 {
		t.Errorf("agencies %+v, %v", found, err)
	}
	served, err := s.Served(ctx, receivers(1))
	if err != nil || !served["H26.99.1"] {
		t.Errorf("served %v, %v", served, err)
	}
}

func TestProcessesThatStartAtOnce(t *testing.T) {
	for _, driver := range []Driver{SQLite, Postgres} {
		t.Run(string(driver), func(t *testing.T) {
			db, options, _, _ := bareDatabase(t, driver)
			db.Close()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					s, err := Open(context.Background(), options)
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.Append(context.Background(), gateway.Event{Kind: gateway.EventNodeStarted}); err != nil {
						t.Error(err)
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		})
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	b := newBed(t, SQLite)
	err := b.write(t.Context(), "pretend", func(t *tx) error {
		_, err := t.exec(`INSERT INTO schema_versions (version_id, is_applied) VALUES (999, 1)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), b.options); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("opened %v, %v", s, err)
	}
}

// Both engines have the same tables, columns and indexes but for what the feed needs on PostgreSQL.
func TestEnginesHaveTheSameSchema(t *testing.T) {
	names := func(driver Driver, statement string) []string {
		b := newBed(t, driver)
		out, err := list(b.read(t.Context()), one[string], statement)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(out)
		return slices.DeleteFunc(out, func(n string) bool {
			return strings.HasPrefix(n, "schema_versions") || strings.HasPrefix(n, "sqlite_") || n == "events.xid" || n == "event_base.base"
		})
	}
	lite := names(SQLite, `SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT 'index ' || name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`)
	pg := names(Postgres, `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
		UNION ALL SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\_pkey' AND indexname NOT LIKE '%\_key'`)
	if diff := cmp.Diff(lite, pg); diff != "" {
		t.Errorf("-sqlite +postgres:\n%s", diff)
	}
}
