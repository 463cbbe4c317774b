package twin

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// takeNow is take without waiting.
func (j *journal) takeNow() *owed {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head()
}

// reopened copies a journal's file, cut by some bytes, and opens the copy, as after a crash.
func reopened(t *testing.T, dir string, cut int) (map[string]op, Lag) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, journalName), data[:max(0, len(data)-cut)], 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(other, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	got := map[string]op{}
	for key, e := range j.debts {
		got[key] = e.op
	}
	return got, j.lag()
}

// TestTheJournalIsWhatWasOwed compares it, reopened at any moment, with a map.
func TestTheJournalIsWhatWasOwed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir := t.TempDir()
		j, err := openJournal(dir, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { j.close() }()
		model := map[string]op{}
		key := rapid.Custom(func(r *rapid.T) string { return fmt.Sprintf("blobs/%d", rapid.IntRange(0, 8).Draw(r, "key")) })
		r.Repeat(map[string]func(*rapid.T){
			"owe": func(r *rapid.T) {
				k, o := key.Draw(r, "key"), rapid.SampledFrom([]op{keep, drop, mend}).Draw(r, "op")
				if err := j.owe(o, k, 1); err != nil {
					t.Fatal(err)
				}
				model[k] = o
			},
			"settle": func(r *rapid.T) {
				e := j.takeNow()
				if e == nil {
					return
				}
				switch rapid.IntRange(0, 3).Draw(r, "outcome") {
				case 0:
					j.putBack(e, errors.New("away"), false)
				case 1: // a newer debt comes while it is being settled
					if err := j.owe(drop, e.key, 1); err != nil {
						t.Fatal(err)
					}
					model[e.key] = drop
					j.settled(e)
				default:
					j.settled(e)
					delete(model, e.key)
				}
			},
			"vain": func(*rapid.T) {
				if e := j.takeNow(); e != nil {
					j.putBack(e, errors.New("damaged"), true)
				}
			},
			"retry":  func(*rapid.T) { j.retry() },
			"forget": func(r *rapid.T) { k := key.Draw(r, "key"); j.forget(k); delete(model, k) },
			"rewrite": func(*rapid.T) {
				if err := j.rewrite(); err != nil {
					t.Fatal(err)
				}
			},
			"": func(r *rapid.T) {
				got, l := reopened(t, dir, 0)
				if !maps.Equal(got, model) || l.Damaged != 0 || l.Count != j.lag().Count {
					r.Fatalf("reopened: %v, %+v; want %v", got, l, model)
				}
			},
		})
		// Everything can be settled in the end, each once.
		j.retry()
		for range len(model) {
			e := j.takeNow()
			if e == nil {
				r.Fatalf("%d are owed and none is in the queue: %v", len(model), model)
			}
			j.settled(e)
			delete(model, e.key)
		}
		if e, left := j.takeNow(), len(j.debts); e != nil || left != 0 || len(model) != 0 {
			r.Fatalf("left: %v, %d, %v", e, left, model)
		}
	})
}

// TestALineThatACrashCutOffIsPassedOver cuts the file at every place of its last line.
func TestALineThatACrashCutOffIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	j, err := openJournal(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	for _, key := range []string{"blobs/a", "blobs/b"} {
		if err := j.owe(keep, key, 7); err != nil {
			t.Fatal(err)
		}
	}
	for cut := 1; cut < len("00000000 2 keep 1790000000 7 blobs/b\n"); cut++ {
		if got, l := reopened(t, dir, cut); !maps.Equal(got, map[string]op{"blobs/a": keep}) || l.Damaged != 0 {
			t.Errorf("cut by %d: %v, %+v", cut, got, l)
		}
	}
}

func TestADamagedLineIsCounted(t *testing.T) {
	dir := t.TempDir()
	j, err := openJournal(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	for i := range 3 {
		if err := j.owe(keep, fmt.Sprintf("blobs/%d", i), 7); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, journalName)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, l := reopened(t, dir, 0); len(got) != 2 || l.Damaged != 1 {
		t.Errorf("%v, %+v; want two debts and one damaged line", got, l)
	}
}

func TestTheJournalStaysSmall(t *testing.T) {
	dir := t.TempDir()
	j, err := openJournal(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	for i := range 3 * rewriteLines {
		if _, _, err := j.note(keep, fmt.Sprintf("blobs/%d", i), 1); err != nil {
			t.Fatal(err)
		}
		e := j.takeNow()
		j.settled(e)
	}
	info, err := os.Stat(filepath.Join(dir, journalName))
	if err != nil || info.Size() > 64*rewriteLines {
		t.Errorf("the journal has %d bytes with nothing owed, %v", info.Size(), err)
	}
}
