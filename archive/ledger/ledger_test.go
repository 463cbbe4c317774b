package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestAppendProveVerify(t *testing.T) {
	for _, n := range []int{0, 1, 2, 255, 256, 257, 511, 512, 1000, 66000} {
		l := newLog(t, n)
		if got := l.Tree().Size; got != int64(n) {
			t.Fatalf("%d leaves, want %d", got, n)
		}
		mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(n)}))
		for _, i := range []int{0, n / 2, n - 1} {
			if i < n && i >= 0 {
				proveOne(t, l, i)
			}
		}
		if n > 0 && l.Last() != entry(n-1).Event {
			t.Errorf("last is %q", l.Last())
		}
	}
}

func proveOne(t *testing.T, l *Log, i int) {
	t.Helper()
	proof, err := l.Prove(context.Background(), int64(i))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	proven, err := VerifyProof(text, Trust{Log: l.PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := entry(i).Leaf()
	got, _ := proven.Entry.Leaf()
	if string(got) != string(want) || proven.Index != int64(i) {
		t.Errorf("proof of %d is of %d, %s", i, proven.Index, got)
	}
	if at, err := l.Find(context.Background(), entry(i).Event); at != int64(i) || err != nil {
		t.Errorf("event of leaf %d found at %d, %v", i, at, err)
	}
}

// The root is the one that the Go checksum database's library computes from the leaves alone.
func TestRootByAnotherRoad(t *testing.T) {
	l := newLog(t, 1234)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for n := range int64(1234) {
		line, err := entry(int(n)).Leaf()
		if err != nil {
			t.Fatal(err)
		}
		hashes, err := tlog.StoredHashes(n, line, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(1234, reader)
	if err != nil || root != l.Tree().Root {
		t.Fatalf("root %v, %v; signed %v", root, err, l.Tree().Root)
	}
}

func TestAppendAgain(t *testing.T) {
	ctx := context.Background()
	l := newLog(t, 300)
	again, err := l.Append(ctx, entries(290, 310))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]int64, 20)
	for i := range want {
		want[i] = int64(290 + i)
	}
	if !slices.Equal(again, want) || l.Tree().Size != 310 {
		t.Fatalf("%v, size %d", again, l.Tree().Size)
	}
	l.Close()
	l = openLog(t, l.dir, l.options)
	twice := append(entries(305, 312), entry(311))
	if again, err = l.Append(ctx, twice); err != nil || again[7] != 311 || l.Tree().Size != 312 {
		t.Fatalf("%v, %v, size %d", again, err, l.Tree().Size)
	}
	other := entry(5)
	other.Actor = "somebody else"
	if _, err := l.Append(ctx, []Entry{entry(400), other}); !errors.Is(err, ErrConflict) {
		t.Fatalf("the same event with other words: %v", err)
	}
	if l.Tree().Size != 312 {
		t.Fatal("half a batch was written")
	}
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(312)}))
}

func TestAppendRefuses(t *testing.T) {
	l := newLog(t, 3)
	long := string(make([]byte, MaxName+1))
	for name, change := range map[string]func(*Entry){
		"no event":     func(e *Entry) { e.Event = "" },
		"no kind":      func(e *Entry) { e.Kind = "" },
		"long actor":   func(e *Entry) { e.Actor = long },
		"not UTF-8":    func(e *Entry) { e.Actor = "\xff" },
		"long subject": func(e *Entry) { e.Subjects = map[string]string{"message": long} },
	} {
		e := entry(9)
		change(&e)
		if _, err := l.Append(context.Background(), []Entry{entry(8), e}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := l.Append(context.Background(), make([]Entry, MaxBatch+1)); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if l.Tree().Size != 3 {
		t.Error("something was written")
	}
}

func TestOneWriter(t *testing.T) {
	l := newLog(t, 10)
	if _, err := Open(context.Background(), l.dir, l.options); !errors.Is(err, ErrLocked) {
		t.Fatalf("second writer: %v", err)
	}
	l.Close()
	if _, err := l.Append(context.Background(), entries(10, 11)); !errors.Is(err, ErrClosed) {
		t.Fatalf("closed: %v", err)
	}
	openLog(t, l.dir, l.options)
}

func TestOpenRefuses(t *testing.T) {
	place := func(l *Log, name string) string { return filepath.Join(l.dir, filepath.FromSlash(name)) }
	write := func(t *testing.T, path string, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, l *Log, early []byte)
		want  error
	}{
		"no checkpoint":  {func(t *testing.T, l *Log, early []byte) { os.Remove(place(l, "checkpoint")) }, ErrDamaged},
		"foreign key":    {func(t *testing.T, l *Log, early []byte) { os.Remove(l.options.KeyFile) }, ErrDamaged},
		"no last bundle": {func(t *testing.T, l *Log, early []byte) { os.Remove(place(l, "tile/entries/001.p/44")) }, ErrDamaged},
		"changed leaf": {func(t *testing.T, l *Log, early []byte) {
			path := place(l, "tile/entries/001.p/44")
			data, _ := os.ReadFile(path)
			data[len(data)-5] ^= 1
			write(t, path, data)
		}, ErrDamaged},
		"changed tile": {func(t *testing.T, l *Log, early []byte) {
			path := place(l, "tile/0/001.p/44")
			data, _ := os.ReadFile(path)
			data[5] ^= 1
			write(t, path, data)
		}, ErrDamaged},
		"an older checkpoint": {func(t *testing.T, l *Log, early []byte) {
			if err := l.Seal(context.Background()); err != nil {
				t.Fatal(err)
			}
			write(t, place(l, "checkpoint"), early)
		}, ErrRolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			l := openLog(t, dir, testOptions(dir))
			fill(t, l, 0, 100)
			early := l.Tree().Note
			fill(t, l, 100, 300)
			c.spoil(t, l, early)
			l.Close()
			if again, err := Open(context.Background(), dir, l.options); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
				if again != nil {
					again.Close()
				}
			}
		})
	}
}

// What is left of a tile's earlier versions goes when the tile is full, and a batch that was
// cut short goes when the log is opened again.
func TestTidiesUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLog(t, dir, testOptions(dir))
	for n := 0; n < 600; n += 50 {
		fill(t, l, n, n+50)
	}
	for _, folder := range []string{"tile/0/000.p", "tile/0/001.p", "tile/entries/000.p", "tile/entries/001.p"} {
		if left := namesIn(dir, folder); left != nil {
			t.Errorf("%s still has %v", folder, left)
		}
	}
	if left := namesIn(dir, "tile/0/002.p"); len(left) == 0 {
		t.Error("the newest partial tile is gone")
	}
	l.Close()
	for _, name := range []string{"tile/entries/002.p/200", "tile/entries/002", "tile/0/003", "tile/1/000.p/3", ".staging/half"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("cut short"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l = openLog(t, dir, l.options)
	for _, name := range files(t, dir) {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) == "cut short" {
			t.Errorf("%s is left, %v", name, err)
		}
	}
	fill(t, l, 600, 700)
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(700)}))
}
