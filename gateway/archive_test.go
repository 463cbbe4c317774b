package gateway

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
)

// marks remembers where records are said to lie.
type marks struct {
	Store
	keys map[MessageID]string
}

func (m marks) MarkArchived(_ context.Context, archived []Archived) error {
	for _, a := range archived {
		if m.keys[a.Message] == "" { // as the database does: what is marked stays so
			m.keys[a.Message] = a.Key
		}
	}
	return nil
}

// After a stall the sweep stores what also still waits in memory. The file that comes second must not
// replace the first one, which holds more.
func TestRecordsStoredTwiceStayWhereTheyAreMarked(t *testing.T) {
	blobs, err := disk.Open(t.TempDir(), disk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	var store objects.Store = blobs
	m := marks{keys: map[MessageID]string{}}
	g := &Gateway{Options: Options{Objects: store, Store: m, Log: slog.New(slog.DiscardHandler), Now: time.Now}}
	a, b := filed{"a", "2026/11/02", []byte("record of a\n")}, filed{"b", "2026/11/02", []byte("record of b\n")}
	g.storeRecords(t.Context(), []filed{a, b})
	g.storeRecords(t.Context(), []filed{a})
	for id, want := range map[MessageID][]byte{"a": a.line, "b": b.line} {
		file, err := store.Get(t.Context(), m.keys[id])
		if err != nil || !bytes.Contains(file, want) {
			t.Errorf("%s is marked in %s, which holds %q: %v", id, m.keys[id], file, err)
		}
	}
}
