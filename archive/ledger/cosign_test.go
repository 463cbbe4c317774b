package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"congvan/archive/ledger/witness"
)

func TestCosignedProof(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "ledger")
	o := testOptions(dir)
	city, cityKey := startWitness(t, o.KeyFile)
	ward, wardKey := startWitness(t, o.KeyFile)
	o.Witnesses = []Witness{{city, cityKey}, {ward, wardKey}}
	l := openLog(t, dir, o)
	for n := 100; n <= 700; n += 200 { // the witnesses sign again and again, with proofs between
		fill(t, l, int(l.Tree().Size), n)
		if err := l.Cosign(ctx); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, l, 700, 710)
	signed, err := l.Cosigned(cityKey)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := l.ProveBy(ctx, signed, 699)
	if err != nil {
		t.Fatal(err)
	}
	trust := Trust{Log: l.PublicKey(), Witnesses: []string{cityKey, cityKey, wardKey}, Quorum: 1}
	text, _ := json.Marshal(proof)
	proven, err := VerifyProof(text, trust)
	if err != nil || len(proven.Witnesses) != 1 || proven.Witnesses[0].At.IsZero() {
		t.Fatalf("%+v, %v", proven, err)
	}
	trust.Quorum = 2
	if _, err := VerifyProof(text, trust); !errors.Is(err, ErrWitnesses) {
		t.Errorf("one witness for two: %v", err)
	}
	if _, err := l.ProveBy(ctx, signed, 705); !errors.Is(err, ErrNotFound) {
		t.Errorf("a leaf that is younger than the checkpoint: %v", err)
	}
	if !strings.HasPrefix(string(proof.Text()), "c2sp.org/tlog-proof@v1\nextra ") {
		t.Error(string(proof.Text()))
	}
}

func TestConsistencyBetweenCheckpoints(t *testing.T) {
	ctx := context.Background()
	l := newLog(t, 300)
	older := l.Tree().Note
	fill(t, l, 300, 1000)
	proof, err := l.Consistency(ctx, 300, 1000)
	if err != nil {
		t.Fatal(err)
	}
	trust := Trust{Log: l.PublicKey()}
	if err := VerifyConsistency(older, l.Tree().Note, proof, trust); err != nil {
		t.Error(err)
	}
	proof[0][0] ^= 1
	if err := VerifyConsistency(older, l.Tree().Note, proof, trust); !errors.Is(err, ErrProof) {
		t.Errorf("a changed proof: %v", err)
	}
	if err := VerifyConsistency(l.Tree().Note, older, proof, trust); !errors.Is(err, ErrProof) {
		t.Errorf("backwards: %v", err)
	}
}

// A log that was put back to an old copy, all of it, learns it from its witness.
func TestWitnessStopsRollback(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "ledger")
	o := testOptions(dir)
	city, key := startWitness(t, o.KeyFile)
	o.Witnesses = []Witness{{city, key}}
	l := openLog(t, dir, o)
	fill(t, l, 0, 300)
	old := copyDir(t, dir)
	fill(t, l, 300, 400)
	if err := l.Cosign(ctx); err != nil {
		t.Fatal(err)
	}
	l.Close()

	back := openLog(t, old, o)
	if err := back.Cosign(ctx); !errors.Is(err, ErrRolledBack) {
		t.Errorf("a shorter log: %v", err)
	}
	other := entries(300, 500)
	other[0].Actor = "nobody"
	if _, err := back.Append(ctx, other); err != nil {
		t.Fatal(err)
	}
	if err := back.Cosign(ctx); !errors.Is(err, witness.ErrRefused) {
		t.Errorf("a longer log with another history: %v", err)
	}
}

func TestWitnessesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"away":      {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusBadGateway) }, witness.ErrUnavailable},
		"refuses":   {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, witness.ErrRefused},
		"nonsense":  {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("— nobody AAAA\n")) }, witness.ErrAnswer},
		"says less": {conflict("0\n"), ErrDamaged},
		"says more": {conflict("999\n"), ErrRolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			dir := filepath.Join(t.TempDir(), "ledger")
			o := testOptions(dir)
			good, goodKey := startWitness(t, o.KeyFile)
			_, badKey := startWitness(t, o.KeyFile)
			o.Witnesses = []Witness{{server.URL, badKey}, {good, goodKey}}
			l := openLog(t, dir, o)
			fill(t, l, 0, 10)
			if err := l.Cosign(context.Background()); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if _, err := l.Cosigned(goodKey); err != nil {
				t.Errorf("the other witness: %v", err)
			}
			if _, err := l.Cosigned(badKey); !errors.Is(err, ErrNotFound) {
				t.Errorf("the failing witness: %v", err)
			}
		})
	}
}

func conflict(size string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(http.StatusConflict)
		w.Write([]byte(size))
	}
}
