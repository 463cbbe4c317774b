package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"congvan/archive/ledger/checkpoint"
)

const testOrigin = "congvan.h26-99.example/ledger"

var testTime = time.Date(2026, 11, 3, 9, 30, 0, 123456789, time.FixedZone("+07", 7*3600))

// entry makes the n-th event of a made-up history.
func entry(n int) Entry {
	return Entry{
		Event: fmt.Sprintf("e%08d", n), At: testTime.Add(time.Duration(n) * time.Second),
		Kind: "message.accepted", Actor: "văn thư <H26.99>",
		Subjects:    map[string]string{"message": fmt.Sprintf("m%d", n/3), "delivery": fmt.Sprint(n)},
		Particulars: DigestOf(fmt.Appendf(nil, "particulars %d", n)),
	}
}

func entries(from, to int) []Entry {
	list := make([]Entry, 0, to-from)
	for n := from; n < to; n++ {
		list = append(list, entry(n))
	}
	return list
}

func testOptions(dir string) Options {
	return Options{
		Origin: testOrigin, KeyFile: filepath.Join(dir, "..", filepath.Base(dir)+".key"),
		Now: func() time.Time { return testTime },
	}
}

func openLog(tb testing.TB, dir string, o Options) *Log {
	tb.Helper()
	l, err := Open(context.Background(), dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// newLog makes a log with n entries, appended in batches of uneven sizes.
func newLog(tb testing.TB, n int) *Log {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "ledger")
	l := openLog(tb, dir, testOptions(dir))
	fill(tb, l, 0, n)
	return l
}

func fill(tb testing.TB, l *Log, from, to int) {
	tb.Helper()
	for step := 1; from < to; step = min(step*3+1, 5000) {
		next := min(from+step, to)
		if _, err := l.Append(context.Background(), entries(from, next)); err != nil {
			tb.Fatal(err)
		}
		from = next
	}
}

// list is a database's events.
type list []Entry

func (s list) Next(_ context.Context, after string, limit int) ([]Entry, string, error) {
	from := 0
	if after != "" {
		for from < len(s) && s[from].Event != after {
			from++
		}
		from = min(from+1, len(s))
	}
	page := s[from:min(from+limit, len(s))]
	if len(page) == 0 {
		return nil, after, nil
	}
	return page, page[len(page)-1].Event, nil
}

// endless is a history of n events that is made as it is read.
type endless int

func (s endless) Next(_ context.Context, after string, limit int) ([]Entry, string, error) {
	from := 0
	if after != "" {
		if _, err := fmt.Sscanf(after, "e%d", &from); err != nil {
			return nil, "", err
		}
		from++
	}
	page := entries(from, min(from+limit, int(s)))
	if len(page) == 0 {
		return nil, after, nil
	}
	return page, page[len(page)-1].Event, nil
}

func verify(tb testing.TB, l *Reader, o VerifyOptions) *Report {
	tb.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return testTime }
	}
	report, err := Verify(context.Background(), l.dir, l.PublicKey(), o)
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func mustBeClean(tb testing.TB, r *Report) {
	tb.Helper()
	for _, f := range r.Findings {
		tb.Error(f)
	}
	if !r.OK() {
		tb.Fatalf("%d more findings", r.More)
	}
}

func copyDir(tb testing.TB, from string) string {
	tb.Helper()
	to := filepath.Join(tb.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		tb.Fatal(err)
	}
	return to
}

func roundTrip[T any](tb testing.TB, value T) *T {
	tb.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	var again T
	if err := json.Unmarshal(text, &again); err != nil {
		tb.Fatal(err)
	}
	return &again
}

func publicOf(tb testing.TB, private string) string {
	tb.Helper()
	public, err := checkpoint.PublicKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	return public
}

// files lists what lies in a folder but the lock.
func files(tb testing.TB, dir string) []string {
	tb.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "lock" {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil || len(names) == 0 {
		tb.Fatal(names, err)
	}
	return names
}
