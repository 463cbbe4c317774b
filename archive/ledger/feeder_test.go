package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// feed is a feed that grows, and fails when told to.
type feed struct {
	mu   sync.Mutex
	all  list
	fail error
}

func (f *feed) Next(ctx context.Context, after string, limit int) ([]Entry, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		err := f.fail
		f.fail = nil
		return nil, "", err
	}
	return f.all.Next(ctx, after, limit)
}

func (f *feed) add(from, to int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, entries(from, to)...)
}

func (f *feed) breakOnce() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = errors.New("the database is away")
}

func TestFeederFollowsResumesAndTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "ledger")
		o := testOptions(dir)
		stamps := 0
		o.TimeStamp = func(_ context.Context, digest []byte) ([]byte, error) {
			if stamps++; stamps == 1 {
				return nil, errors.New("the authority is away")
			}
			return stampOf(digest), nil
		}
		source := &feed{}
		failures := make(chan error, 10)
		f := NewFeeder(
			func(ctx context.Context) (*Log, error) { return Open(ctx, dir, o) }, source,
			FeederOptions{Batch: 100, Failed: func(err error) { failures <- err }},
		)
		first, stopFirst := context.WithCancel(t.Context())
		second, stopSecond := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { f.Run(first) })
		time.Sleep(time.Second)
		wg.Go(func() { f.Run(second) }) // stands by

		source.add(0, 250)
		time.Sleep(5 * time.Second)
		size := func() int64 {
			r, err := OpenReader(dir, publicAt(t, o))
			if err != nil {
				t.Fatal(err)
			}
			at, err := r.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			return at.Size
		}
		if size() != 250 {
			t.Errorf("%d leaves", size())
		}
		source.breakOnce()
		source.add(250, 300)
		time.Sleep(5 * time.Second)
		stopFirst()
		source.add(300, 777)
		time.Sleep(2 * time.Minute)
		if size() != 777 || len(failures) != 2 {
			t.Errorf("%d leaves, %d failures, want 2: the authority and the database", size(), len(failures))
		}
		stopSecond()
		wg.Wait()
		l := openLog(t, dir, o)
		mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: source.all, VerifyStamp: checkStamp}))
		if days := l.days(); len(days) != 1 || !l.has(dayName(days[0], tokenExt)) {
			t.Errorf("days %v", days)
		}
	})
}

func publicAt(t *testing.T, o Options) string {
	t.Helper()
	text, err := readFile(o.KeyFile, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return publicOf(t, string(text[:len(text)-1]))
}

func TestSealOncePerDay(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "ledger")
	now := time.Date(2026, 11, 3, 16, 59, 0, 0, time.UTC) // one minute to midnight in Hà Nội
	asked, away := 0, true
	o := testOptions(dir)
	o.Now = func() time.Time { return now }
	o.TimeStamp = func(_ context.Context, digest []byte) ([]byte, error) {
		if asked++; away {
			return nil, errors.New("the authority is away")
		}
		return stampOf(digest), nil
	}
	l := openLog(t, dir, o)
	fill(t, l, 0, 10)
	if err := l.Seal(ctx); err == nil {
		t.Error("no error although there is no time stamp")
	}
	now, away = now.Add(2*time.Minute), false
	fill(t, l, 10, 20)
	for range 3 {
		if err := l.Seal(ctx); err != nil {
			t.Fatal(err)
		}
		fill(t, l, int(l.Tree().Size), int(l.Tree().Size)+5)
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3: today, and today and yesterday", asked)
	}
	r := verify(t, l.Reader, VerifyOptions{VerifyStamp: checkStamp})
	mustBeClean(t, r)
	if r.Anchors != 2 || r.Stamps != 2 {
		t.Errorf("%+v", r)
	}
	if day, err := l.signed("timestamps/2026-11-04.checkpoint"); err != nil || day.Size != 20 {
		t.Errorf("%d, %v", day.Size, err)
	}
}
