package peers_test

import (
	"context"
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"congvan/internal/peers"
)

func TestPostgresGivesEachCallerADatabase(t *testing.T) {
	one, two := open(t, peers.Postgres(t)), open(t, peers.Postgres(t))
	mustExec(t, one, `CREATE TABLE here (n int)`)
	var n int
	if err := two.QueryRow(`SELECT count(*) FROM pg_tables WHERE tablename = 'here'`).Scan(&n); err != nil || n != 0 {
		t.Fatalf("the second database shows %d tables of the first, error %v", n, err)
	}
}

func TestPostgresComesBackWithWhatItHeld(t *testing.T) {
	cluster := peers.OwnPostgres(t, true)
	db := open(t, cluster.Database(t))
	mustExec(t, db, `CREATE TABLE kept (n int)`)
	mustExec(t, db, `INSERT INTO kept VALUES (7)`)

	cluster.Stop()
	if err := db.PingContext(context.Background()); err == nil {
		t.Fatal("a stopped cluster answers")
	}
	cluster.Start(t)

	var n int
	if err := db.QueryRow(`SELECT n FROM kept`).Scan(&n); err != nil || n != 7 {
		t.Fatalf("after the restart: %d, %v", n, err)
	}
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mustExec(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}
