package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/archive/ledger/witness"
)

// stampOf is a stand-in for a time stamp: what matters here is that it fits its digest.
func stampOf(digest []byte) []byte { return append([]byte("stamped "), digest...) }

func checkStamp(_ context.Context, token, digest []byte) error {
	if !bytes.Equal(token, stampOf(digest)) {
		return errors.New("the token is for another digest")
	}
	return nil
}

// fullLog has everything a log can have: full and partial tiles, leftovers of earlier
// ones, a sealed day, a cosignature. It is closed.
func fullLog(t *testing.T) (dir string, l *Log, o VerifyOptions) {
	t.Helper()
	ctx := context.Background()
	dir = filepath.Join(t.TempDir(), "ledger")
	options := testOptions(dir)
	options.TimeStamp = func(_ context.Context, digest []byte) ([]byte, error) { return stampOf(digest), nil }
	city, key := startWitness(t, options.KeyFile)
	options.Witnesses = []Witness{{URL: city, PublicKey: key}}
	l = openLog(t, dir, options)
	fill(t, l, 0, 700)
	if err := errors.Join(l.Seal(ctx), l.Cosign(ctx)); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 700, 1000)
	l.Close()
	return dir, l, VerifyOptions{Source: endless(1000), VerifyStamp: checkStamp, Witnesses: []string{key}}
}

// startWitness starts another gateway that knows the log; its key is made for that.
func startWitness(t *testing.T, keyFile string) (url, key string) {
	t.Helper()
	private := openLog(t, filepath.Join(t.TempDir(), "first"), Options{Origin: testOrigin, KeyFile: keyFile})
	public := private.PublicKey()
	private.Close()
	w, err := witness.Open(filepath.Join(t.TempDir(), "witness"), witness.Options{
		Name: "city.h26-99.example/witness", KeyFile: filepath.Join(t.TempDir(), "witness.key"), Logs: []string{public},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return server.URL, w.PublicKey()
}

func TestFullLogIsClean(t *testing.T) {
	_, l, o := fullLog(t)
	r := verify(t, l.Reader, o)
	mustBeClean(t, r)
	if r.Stamps != 1 || r.Anchors != 2 || r.Leaves != 1000 || r.Compared != 1000 {
		t.Errorf("%+v", r)
	}
}

// Whatever file is changed, in whatever way, is named.
func TestEveryFileThatIsTamperedWithIsNamed(t *testing.T) {
	dir, l, o := fullLog(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range files(t, dir) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what string, data []byte) {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if r := verify(t, l.Reader, o); !names(r, name) {
				t.Errorf("%s of %s: found %v", what, name, r.Findings)
			}
		}
		for _, at := range []int{0, len(whole) - 1, random.IntN(len(whole)), random.IntN(len(whole)), random.IntN(len(whole))} {
			data := bytes.Clone(whole)
			data[at] ^= byte(1 << random.IntN(8))
			try("flip", data)
		}
		try("truncation", whole[:len(whole)-1])
		if name != indexName { // a writer puts keys there before it commits
			try("addition", append(bytes.Clone(whole), 'x'))
		}
		try("emptying", nil)
		os.WriteFile(path, whole, 0o644)
	}
	mustBeClean(t, verify(t, l.Reader, o))
}

// names says that a report is about a file, or about the leaves within it.
func names(r *Report, file string) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.File == file })
}

func TestEveryFileThatIsRemovedIsNoticed(t *testing.T) {
	dir, l, o := fullLog(t)
	o.Now = func() time.Time { return testTime.AddDate(0, 0, 5) }
	for _, name := range files(t, dir) {
		optional := strings.HasPrefix(name, witnessesDir) || // only the witness itself can tell
			strings.Contains(name, ".p/") && !slices.Contains([]string{"tile/0/003.p/232", "tile/1/000.p/3", "tile/entries/003.p/232"}, name)
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Rename(path, dir+".away"); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, l.Reader, o); !names(r, name) && !optional {
			t.Errorf("%s is gone: %v", name, r.Findings)
		}
		os.Rename(dir+".away", path)
	}
	if err := os.WriteFile(filepath.Join(dir, "tile", "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, l.Reader, o); len(r.Findings) != 1 || r.Findings[0].Code != FileStray {
		t.Errorf("stray file: %v", r.Findings)
	}
}

// A forger without the key who changes a leaf and all tiles above it is found by the root, and
// the leaf by the database; or, when that was forged alike, the stretch by the day's checkpoint.
func TestForgery(t *testing.T) {
	dir, l, o := fullLog(t)
	forged := entries(0, 1000)
	forged[800].Actor = "nobody"
	genuine := l.Tree().Note
	forge(t, dir, forged, genuine)
	r := verify(t, l.Reader, o)
	if !has(r, RootMismatch, -1) || !has(r, EventChanged, 800) {
		t.Errorf("with the database: %v", r.Findings)
	}
	o.Source = list(forged)
	r = verify(t, l.Reader, o)
	if len(r.Findings) != 1 || r.Findings[0].Code != RootMismatch || !strings.Contains(r.Findings[0].Detail, "the first 700") {
		t.Errorf("with a forged database: %v", r.Findings)
	}
	if _, err := Open(context.Background(), dir, l.options); !errors.Is(err, ErrDamaged) {
		t.Errorf("a writer goes on with a forged log: %v", err)
	}
}

// forge makes the tiles of another history and puts them in the place of a log's.
func forge(t *testing.T, dir string, history []Entry, note []byte) {
	t.Helper()
	other := filepath.Join(t.TempDir(), "forged")
	f := openLog(t, other, testOptions(other))
	if _, err := f.Append(context.Background(), history); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "tile")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "tile"), os.DirFS(filepath.Join(other, "tile"))); err != nil {
		t.Fatal(err)
	}
	if note != nil {
		if err := os.WriteFile(filepath.Join(dir, "checkpoint"), note, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func has(r *Report, code Code, leaf int64) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code && f.Leaf == leaf })
}

// Somebody who has the key as well is found by what was sealed and cosigned before.
func TestForgeryWithTheKey(t *testing.T) {
	dir, l, o := fullLog(t)
	history := entries(0, 1000)
	history[20].Actor = "nobody"
	other := filepath.Join(t.TempDir(), "other")
	options := testOptions(other)
	options.KeyFile = l.options.KeyFile
	f := openLog(t, other, options)
	if _, err := f.Append(context.Background(), history); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{timestampsDir, witnessesDir} {
		if err := os.CopyFS(filepath.Join(other, name), os.DirFS(filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	o.Source = list(history)
	r := verify(t, f.Reader, o)
	if len(r.Findings) != 2 || r.Findings[0].Code != HistoryForked || r.Findings[1].Code != HistoryForked {
		t.Error(r.Findings)
	}
	os.RemoveAll(filepath.Join(other, timestampsDir))
	os.RemoveAll(filepath.Join(other, witnessesDir))
	o.Known = [][]byte{l.Tree().Note} // out of a receipt
	if r = verify(t, f.Reader, o); !has(r, HistoryForked, -1) {
		t.Error(r.Findings)
	}
	mustBeClean(t, verify(t, f.Reader, VerifyOptions{Source: list(history)})) // nothing else can tell
}

func TestRollback(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLog(t, dir, testOptions(dir))
	fill(t, l, 0, 500)
	old := copyDir(t, dir)
	fill(t, l, 500, 900)
	newest := l.Tree().Note
	l.Close()
	back, err := OpenReader(old, l.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, back, VerifyOptions{Known: [][]byte{newest}})
	if len(r.Findings) != 1 || r.Findings[0].Code != RolledBack {
		t.Error(r.Findings)
	}
	r = verify(t, back, VerifyOptions{Source: endless(900), Now: func() time.Time { return testTime.AddDate(0, 0, 1) }})
	if !has(r, EventUnlogged, -1) || r.More+int64(len(r.Findings)) != 400 {
		t.Error(len(r.Findings), r.More)
	}
}

func TestEventsAgainstLeaves(t *testing.T) {
	const n = 700
	l := newLog(t, n)
	swap := func(s list, i, j int) list { s[i], s[j] = s[j], s[i]; return s }
	for name, c := range map[string]struct {
		change func(list) list
		want   []Finding
	}{
		"unchanged": {func(s list) list { return s }, nil},
		"changed":   {func(s list) list { s[300].Kind = "other"; return s }, []Finding{{Code: EventChanged, Leaf: 300, Event: "e00000300"}}},
		"moved in time": {
			func(s list) list { s[0].At = s[0].At.Add(1000); return s },
			[]Finding{{Code: EventChanged, Leaf: 0, Event: "e00000000"}},
		},
		"removed": {func(s list) list { return slices.Delete(s, 10, 12) }, []Finding{{Code: EventMissing, Leaf: 10, Event: "e00000010"}, {Code: EventMissing, Leaf: 11, Event: "e00000011"}}},
		"last removed": {
			func(s list) list { return s[:n-1] },
			[]Finding{{Code: EventMissing, Leaf: n - 1, Event: "e00000699"}},
		},
		"added":    {func(s list) list { return slices.Insert(s, 500, entry(9000)) }, []Finding{{Code: EventAdded, Leaf: -1, Event: "e00009000"}}},
		"replaced": {func(s list) list { s[5] = entry(9001); return s }, []Finding{{Code: EventMissing, Leaf: 5, Event: "e00000005"}, {Code: EventAdded, Leaf: -1, Event: "e00009001"}}},
		"swapped": {
			func(s list) list { return swap(s, 40, 41) },
			[]Finding{{Code: EventReordered, Leaf: 40, Event: "e00000040"}},
		},
		"twice": {func(s list) list { return slices.Insert(s, 500, s[20]) }, []Finding{{Code: EventAdded, Leaf: -1, Event: "e00000020"}}},
		"impossible": {
			func(s list) list { s[7].Actor = "\xff"; return s },
			[]Finding{{Code: EventChanged, Leaf: 7, Event: "e00000007"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, l.Reader, VerifyOptions{Source: c.change(entries(0, n))})
			if !slices.Equal(r.Findings, c.want) {
				t.Errorf("found %v\nwant %v", r.Findings, c.want)
			}
		})
	}
}

func TestTooManyDifferences(t *testing.T) {
	l := newLog(t, 3*maxDifferences)
	r := verify(t, l.Reader, VerifyOptions{Source: endless(0)})
	if !has(r, ComparisonStopped, -1) || r.More < maxDifferences-1100 || len(r.Findings) != 1000 {
		t.Error(len(r.Findings), r.More)
	}
}

func TestVerifyResumes(t *testing.T) {
	const n = 3 * progressEvery * tileWidth
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLog(t, dir, testOptions(dir))
	fill(t, l, 0, n+100)
	history := list(entries(0, n+100))
	history[70_000].Kind = "changed"
	history = slices.Delete(history, 50, 51)
	whole := verify(t, l.Reader, VerifyOptions{Source: history})
	var stops []Progress
	verify(t, l.Reader, VerifyOptions{Source: history, Progress: func(p Progress) { stops = append(stops, p) }})
	if len(stops) != 3 {
		t.Fatal(len(stops))
	}
	for _, p := range stops {
		r := verify(t, l.Reader, VerifyOptions{Source: history, Resume: roundTrip(t, p)})
		if !slices.Equal(r.Findings, whole.Findings) || r.Leaves != whole.Leaves || r.Compared != whole.Compared {
			t.Errorf("resumed at %d: %v, %d leaves; want %v", p.Bundles, r.Findings, r.Leaves, whole.Findings)
		}
	}
}

func TestDigestOfStamp(t *testing.T) {
	dir, _, _ := fullLog(t)
	text, err := os.ReadFile(filepath.Join(dir, "timestamps", "2026-11-03.checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(text)
	token, err := os.ReadFile(filepath.Join(dir, "timestamps", "2026-11-03.tsr"))
	if err != nil || !bytes.Equal(token, stampOf(digest[:])) {
		t.Errorf("%q, %v", token, err)
	}
}
