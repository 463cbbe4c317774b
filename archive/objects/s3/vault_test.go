package s3_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"congvan/archive/objects/objectstest"
	"congvan/archive/objects/s3"
	"congvan/archive/objects/wormtest"
	"congvan/internal/peers"
)

func outcomes(r wormtest.Report) map[wormtest.Attempt]wormtest.Outcome {
	all := map[wormtest.Attempt]wormtest.Outcome{}
	for _, f := range r.Findings {
		all[f.Attempt] = f.Outcome
	}
	return all
}

func TestARealServerKeepsItsLocks(t *testing.T) {
	s := open(t, vault(t))
	r := wormtest.Run(context.Background(), s.Vault(), wormtest.Options{})
	if r.Verdict() != wormtest.Holds || r.Left != nil {
		t.Fatalf("verdict %s, left %v: %+v", r.Verdict(), r.Left, r.Findings)
	}
	for a, o := range outcomes(r) {
		want := wormtest.Refused
		if a == wormtest.Delete || a == wormtest.Overwrite {
			want = wormtest.Harmless // a mark, or a newer version, above the locked one
		}
		if o != want {
			t.Errorf("%s is %s, want %s", a, o, want)
		}
	}
	if found := objectstest.Listed(t, s); len(found) != 0 {
		t.Errorf("Walk shows the canaries: %v", found)
	}
}

func TestTheNextRunSweepsTheCanaries(t *testing.T) {
	s := open(t, vault(t))
	const retention = 4 * time.Second
	for range 2 {
		r := wormtest.Run(context.Background(), s.Vault(), wormtest.Options{Retention: retention})
		if r.Verdict() != wormtest.Holds || r.Left != nil {
			t.Fatalf("verdict %s, left %v: %+v", r.Verdict(), r.Left, r.Findings)
		}
		time.Sleep(retention + time.Second)
	}
	if err := s.Vault().Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := s.Canaries(t); n != 0 {
		t.Errorf("%d versions of canaries are left", n)
	}
}

func TestABucketWithoutLocksIsCaught(t *testing.T) {
	s := open(t, config(t, peers.S3(t)))
	r := wormtest.Run(context.Background(), s.Vault(), wormtest.Options{})
	if r.Verdict() != wormtest.Pretends {
		t.Errorf("verdict %s: %+v", r.Verdict(), r.Findings)
	}
}

// TestALiarIsCaught runs against a server that says yes to every lock and keeps none.
func TestALiarIsCaught(t *testing.T) {
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer server.Close()
	s := open(t, s3.Config{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: "luu-tru", AccessKey: "a", SecretKey: "b",
		PlainHTTP: true, PathStyle: true, CreateBucket: true, Staging: t.TempDir(), Timeout: 5 * time.Second, Tries: 1,
	})
	r := wormtest.Run(context.Background(), s.Vault(), wormtest.Options{})
	for _, f := range r.Findings {
		t.Logf("%s: %s (%v)", f.Attempt, f.Outcome, f.Err)
	}
	if r.Verdict() != wormtest.Pretends {
		t.Errorf("verdict %s, want pretends", r.Verdict())
	}
	if o := outcomes(r)[wormtest.DeleteVersion]; o != wormtest.Broken {
		t.Errorf("delete-version is %s, want broken", o)
	}
}

func TestAServerThatIsAwayProvesNothing(t *testing.T) {
	server := peers.OwnS3(t)
	s := open(t, config(t, server.Bucket(t)))
	server.Stop()
	r := wormtest.Run(context.Background(), s.Vault(), wormtest.Options{})
	if r.Verdict() != wormtest.Unproven || r.Left == nil {
		t.Errorf("verdict %s, left %v: %+v", r.Verdict(), r.Left, r.Findings)
	}
}
