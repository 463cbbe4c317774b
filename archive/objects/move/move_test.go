package move_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/archive/objects/move"
	"congvan/archive/objects/objectstest"
	"congvan/internal/peers"
	"congvan/internal/peers/stores"
)

// removal is a move with its two stores at hand.
type removal struct {
	*move.Store
	from, to stores.Locking
}

// Flip spoils a blob wherever it is.
func (r removal) Flip(t *testing.T, d objects.Digest) { r.spoil(t, d, stores.Locking.Flip) }

// Cut spoils a blob wherever it is.
func (r removal) Cut(t *testing.T, d objects.Digest) { r.spoil(t, d, stores.Locking.Cut) }

func (r removal) spoil(t *testing.T, d objects.Digest, spoil func(stores.Locking, *testing.T, objects.Digest)) {
	t.Helper()
	until(t, "nothing is owed", func() bool { return r.Lag().Count == r.Lag().Failing })
	for _, s := range []stores.Locking{r.from, r.to} {
		if _, err := s.Stat(context.Background(), d); err == nil {
			spoil(s, t, d)
		}
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func open(t testing.TB, folder string, from, to objects.Store) *move.Store {
	t.Helper()
	s, err := move.Open(context.Background(), move.Options{From: from, To: to, Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run gives %v", err)
		}
		s.Close()
	})
	return s
}

func TestConformance(t *testing.T) {
	under := func(t *testing.T) removal {
		from, to := stores.Disk(t), stores.Disk(t)
		return removal{open(t, t.TempDir(), from, to), from, to}
	}
	for name, open := range map[string]func(t *testing.T) objects.Store{
		"under way": func(t *testing.T) objects.Store { return under(t) },
		"over": func(t *testing.T) objects.Store {
			r := under(t)
			moved(t, r.Store)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			objectstest.Run(t, open)
			objectstest.RunLocker(t, open)
		})
	}
}

func moved(t *testing.T, s *move.Store) {
	t.Helper()
	if err := s.Copy(context.Background(), nil); err != nil {
		t.Fatalf("Copy: %v", err)
	}
	if err := s.CutOver(context.Background()); err != nil {
		t.Fatalf("CutOver: %v", err)
	}
}

// TestAMoveWhileTheGatewayWorks writes, deletes and reads all the time and looks for everything in
// the new store alone.
func TestAMoveWhileTheGatewayWorks(t *testing.T) {
	from, to := stores.Disk(t), stores.S3(t)
	ctx, folder := context.Background(), t.TempDir()
	expected := &expectation{there: map[objects.Digest][]byte{}, records: map[string]string{}}
	for i := range 100 {
		expected.keep(t, from, objectstest.Bytes(uint64(i), 1000+i))
		expected.put(t, from, fmt.Sprintf("r/%d", i%10), fmt.Sprint("before ", i))
	}
	held := objectstest.Address(objectstest.Bytes(3, 1003))
	if err := errors.Join(from.Hold(ctx, held, "kien"), from.Protect(ctx, held, time.Now().Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	s := open(t, folder, from, to)
	if err := s.CutOver(ctx); !errors.Is(err, move.ErrNotReady) {
		t.Errorf("CutOver at once gives %v, want ErrNotReady", err)
	}
	stop := make(chan struct{})
	var gateway sync.WaitGroup
	for worker := range 3 {
		gateway.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					expected.work(t, s, worker, i)
				}
			}
		})
	}
	old, err := s.Create(ctx) // begun before, committed after the cut-over
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(old, "cũ"); err != nil {
		t.Fatal(err)
	}
	// Stopped on its way, several times.
	for range 3 {
		short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
		if err := s.Copy(short, nil); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a stopped Copy gives %v", err)
		}
		cancel()
	}
	var told move.Progress
	if err := s.Copy(ctx, func(p move.Progress) { told = p }); err != nil {
		t.Fatal(err)
	}
	if told.Phase != move.Ready || told.Objects < 110 || told.Failed != 0 {
		t.Errorf("the progress told last is %+v", told)
	}
	if err := s.CutOver(ctx); err != nil {
		t.Fatal(err)
	}
	if d, err := old.Commit(ctx); err != nil {
		t.Errorf("commit %s of a blob begun before: %v", d, err)
	}
	time.Sleep(50 * time.Millisecond) // the gateway works on
	close(stop)
	gateway.Wait()
	expected.there[objectstest.Address([]byte("cũ"))] = []byte("cũ")
	expected.check(t, to)
	if err := to.Delete(ctx, held); !errors.Is(err, objects.ErrProtected) {
		t.Errorf("what was protected is not in the new store: Delete gives %v", err)
	}
	for _, err := range []error{s.Copy(ctx, nil), s.CutOver(ctx)} {
		if !errors.Is(err, move.ErrOver) {
			t.Errorf("afterwards: %v, want ErrOver", err)
		}
	}
}

// expectation is what a store must hold.
type expectation struct {
	mu      sync.Mutex
	there   map[objects.Digest][]byte
	gone    []objects.Digest
	records map[string]string
}

func (e *expectation) keep(t *testing.T, s objects.Store, data []byte) objects.Digest {
	d := objectstest.Keep(t, s, data)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.there[d] = data
	return d
}

func (e *expectation) put(t *testing.T, s objects.Store, key, value string) {
	if err := s.Put(context.Background(), key, []byte(value)); err != nil {
		t.Error(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records[key] = value
}

// work is one step of a gateway. Each worker has records of its own, so that the last one wins.
func (e *expectation) work(t *testing.T, s objects.Store, worker, i int) {
	d := e.keep(t, s, []byte(fmt.Sprintf("worker %d step %d", worker, i)))
	e.put(t, s, fmt.Sprintf("r/%d", worker*3+i%3), fmt.Sprintf("step %d", i))
	if _, err := s.Stat(context.Background(), d); err != nil {
		t.Errorf("just kept: %v", err)
	}
	if i%4 != 3 {
		return
	}
	if err := s.Delete(context.Background(), d); err != nil {
		t.Errorf("Delete: %v", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.there, d)
	e.gone = append(e.gone, d)
}

func (e *expectation) check(t *testing.T, s objects.Store) {
	t.Helper()
	for _, data := range e.there {
		objectstest.Holds(t, s, data)
	}
	for _, d := range e.gone {
		if _, err := s.Stat(context.Background(), d); !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("deleted blob %s: %v", d, err)
		}
	}
	for key, want := range e.records {
		if got, err := s.Get(context.Background(), key); string(got) != want || err != nil {
			t.Errorf("record %s is %q, %v; want %q", key, got, err, want)
		}
	}
	if n := len(objectstest.Listed(t, s)); n != len(e.there)+len(e.records) {
		t.Errorf("%d objects, want %d", n, len(e.there)+len(e.records))
	}
}

func TestTheCutOverIsRemembered(t *testing.T) {
	from, to, folder, ctx := stores.Disk(t), stores.Disk(t), t.TempDir(), context.Background()
	objectstest.Keep(t, from, []byte("x"))
	s, err := move.Open(ctx, move.Options{From: from, To: to, Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range []move.Phase{move.Ready, move.Over} {
		moves := s.Copy
		if phase == move.Over {
			moves = func(ctx context.Context, _ func(move.Progress)) error { return s.CutOver(ctx) }
		}
		if err := errors.Join(moves(ctx, nil), s.Close()); err != nil {
			t.Fatal(err)
		}
		if s, err = move.Open(ctx, move.Options{From: from, To: to, Folder: folder}); err != nil {
			t.Fatal(err)
		}
		if p := s.Progress(); p.Phase != phase || p.Objects != 1 {
			t.Errorf("after opening anew: %+v, want phase %s and 1 object", p, phase)
		}
	}
	defer s.Close()
	objectstest.Keep(t, s, []byte("y"))
	objectstest.Holds(t, s, []byte("x"))
	if _, err := from.Stat(ctx, objectstest.Address([]byte("y"))); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("the old store is still written to: %v", err)
	}
}

func TestADamagedBlobIsNamedAndTheRestCopied(t *testing.T) {
	from, to, ctx := stores.Disk(t), stores.Disk(t), context.Background()
	var all []objects.Digest
	for i := range 10 {
		all = append(all, objectstest.Keep(t, from, objectstest.Bytes(uint64(i), 2000)))
	}
	from.Flip(t, all[4])
	s := open(t, t.TempDir(), from, to)
	if err := s.Copy(ctx, nil); !errors.Is(err, objects.ErrCorrupt) || !strings.Contains(err.Error(), string(all[4])) {
		t.Errorf("Copy gives %v, want ErrCorrupt with the digest", err)
	}
	if n := len(objectstest.Listed(t, to)); n != 9 {
		t.Errorf("%d copied, want 9", n)
	}
	if err := s.CutOver(ctx); !errors.Is(err, move.ErrNotReady) {
		t.Errorf("CutOver gives %v, want ErrNotReady", err)
	}
	if err := s.Replace(ctx, all[4], bytes.NewReader(objectstest.Bytes(4, 2000))); err != nil {
		t.Fatal(err)
	}
	moved(t, s)
	if n := len(objectstest.Listed(t, to)); n != 10 {
		t.Errorf("%d copied, want 10", n)
	}
}

func TestAStoreThatGoesAwayStopsTheCopyAndItGoesOn(t *testing.T) {
	from, to := stores.Disk(t), &stores.Brittle{Locking: stores.Disk(t)}
	for i := range 10 {
		objectstest.Keep(t, from, objectstest.Bytes(uint64(i), 2000))
	}
	s := open(t, t.TempDir(), from, to)
	to.Fail(objects.ErrUnavailable)
	if err := s.Copy(context.Background(), nil); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("Copy gives %v, want ErrUnavailable", err)
	}
	to.Fail(nil)
	moved(t, s)
	if n := len(objectstest.Listed(t, to)); n != 10 {
		t.Errorf("%d copied, want 10", n)
	}
}

func TestLocksAreNotLostUnasked(t *testing.T) {
	plain := stores.S3Plain(t, peers.S3(t))
	o := move.Options{From: stores.Disk(t), To: plain, Folder: t.TempDir()}
	if _, err := move.Open(context.Background(), o); !errors.Is(err, objects.ErrNoLock) {
		t.Errorf("a move to a store without locks gives %v, want ErrNoLock", err)
	}
	o.LoseLocks = true
	s, err := move.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	objectstest.Keep(t, o.From, []byte("x"))
	moved(t, s)
	objectstest.Holds(t, plain, []byte("x"))
}

// TestKilled kills the copying, again and again, and lets it go on.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("CONGVAN_MOVE_CHILD"); dir != "" {
		child(dir)
		return
	}
	dir := t.TempDir()
	from := diskIn(t, dir, "from")
	const blobs = 400
	for i := range blobs {
		objectstest.Keep(t, from, objectstest.Bytes(uint64(i), 500))
	}
	before := 0
	for range 4 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		cmd.Env = append(os.Environ(), "CONGVAN_MOVE_CHILD="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		to := diskIn(t, dir, "to")
		until(t, "some more are copied", func() bool { return len(objectstest.Listed(t, to)) >= min(blobs, before+50) })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		before = len(objectstest.Listed(t, to))
	}
	to := diskIn(t, dir, "to")
	s, err := move.Open(context.Background(), move.Options{From: from, To: to, Folder: filepath.Join(dir, "move")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Logf("%d objects are copied and %d known to be after the last kill", before, s.Progress().Objects)
	moved(t, s)
	for i := range blobs {
		objectstest.Holds(t, to, objectstest.Bytes(uint64(i), 500))
	}
}

func diskIn(t testing.TB, dir, name string) *disk.Store {
	t.Helper()
	s, err := disk.Open(filepath.Join(dir, name), disk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// child copies until it is killed.
func child(dir string) {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	from, err := disk.Open(filepath.Join(dir, "from"), disk.Options{})
	check(err)
	to, err := disk.Open(filepath.Join(dir, "to"), disk.Options{})
	check(err)
	s, err := move.Open(ctx, move.Options{From: from, To: to, Folder: filepath.Join(dir, "move"), Workers: 1})
	check(err)
	check(s.Copy(ctx, nil))
	select {}
}
