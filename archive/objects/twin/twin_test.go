package twin_test

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
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/archive/objects/objectstest"
	"congvan/archive/objects/twin"
	"congvan/internal/peers/stores"
)

// pair is a twin with its two stores at hand.
type pair struct {
	*twin.Store
	first, second stores.Locking
}

// Flip spoils a blob in both stores, once both have it.
func (p pair) Flip(t *testing.T, d objects.Digest) { p.spoil(t, d, stores.Locking.Flip) }

// Cut spoils a blob in both stores.
func (p pair) Cut(t *testing.T, d objects.Digest) { p.spoil(t, d, stores.Locking.Cut) }

func (p pair) spoil(t *testing.T, d objects.Digest, spoil func(stores.Locking, *testing.T, objects.Digest)) {
	t.Helper()
	if err := p.Settle(context.Background(), "blobs/"+string(d)); err != nil {
		t.Fatal(err)
	}
	spoil(p.first, t, d)
	spoil(p.second, t, d)
}

func open(t testing.TB, journal string, first, second objects.Store) *twin.Store {
	t.Helper()
	s, err := twin.Open(twin.Options{First: first, Second: second, Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func pairOf(t testing.TB, first, second stores.Locking) pair {
	return pair{open(t, t.TempDir(), first, second), first, second}
}

// running lets the second store follow while a test goes on.
func running(t testing.TB, p pair) pair {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run gives %v", err)
		}
	})
	return p
}

func drain(t testing.TB, s *twin.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		t.Fatalf("Drain: %v", err)
	}
}

func faults(t testing.TB, s *twin.Store) (all []string) {
	t.Helper()
	_, err := s.Compare(context.Background(), func(d twin.Difference) error {
		all = append(all, fmt.Sprintf("%s %s owed=%v", d.Fault, d.Key, d.Owed))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestConformance(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) objects.Store{
		"disk and disk, followed": func(t *testing.T) objects.Store { return running(t, pairOf(t, stores.Disk(t), stores.Disk(t))) },
		"disk and s3, followed":   func(t *testing.T) objects.Store { return running(t, pairOf(t, stores.Disk(t), stores.S3(t))) },
		"s3 and disk, followed":   func(t *testing.T) objects.Store { return running(t, pairOf(t, stores.S3(t), stores.Disk(t))) },
	} {
		t.Run(name, func(t *testing.T) {
			objectstest.Run(t, open)
			objectstest.RunLocker(t, open)
		})
	}
}

func TestBothStoresComeToHoldTheSame(t *testing.T) {
	p := pairOf(t, stores.Disk(t), stores.S3(t))
	ctx := context.Background()
	gone := objectstest.Keep(t, p, objectstest.Bytes(1, 1000))
	kept := objectstest.Keep(t, p, objectstest.Bytes(2, 2_000_000))
	until := objects.FullSecond(time.Now().Add(30 * time.Second))
	for i, err := range []error{
		p.Put(ctx, "a/b", []byte("một")), p.Put(ctx, "a/b", []byte("hai")),
		p.Protect(ctx, kept, until), p.Hold(ctx, kept, "kien"), p.Hold(ctx, kept, "other"), p.Release(ctx, kept, "other"),
		p.Delete(ctx, gone),
	} {
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	if l := p.Lag(); l.Count != 4 || l.Bytes < 2_000_000 || time.Since(l.Oldest) > time.Minute {
		t.Errorf("the lag is %+v, want 4 objects", l)
	}
	drain(t, p.Store)
	if l := p.Lag(); l != (twin.Lag{}) {
		t.Errorf("the lag is %+v after all is settled", l)
	}
	if diff := faults(t, p.Store); len(diff) != 0 {
		t.Errorf("differences: %v", diff)
	}
	objectstest.Holds(t, p.second, objectstest.Bytes(2, 2_000_000))
	if data, err := p.second.Get(ctx, "a/b"); string(data) != "hai" || err != nil {
		t.Errorf("the second store's record is %q, %v", data, err)
	}
	got, err := p.second.Protection(ctx, kept)
	if want := (objects.Protection{Until: until, Holds: []string{"kien"}}); err != nil || !got.Equal(want) {
		t.Errorf("the second store protects %+v, %v; want %+v", got, err, want)
	}
}

// TestReadsGoOnWithoutTheFirstStore makes it fail in every way before and amid a read.
func TestReadsGoOnWithoutTheFirstStore(t *testing.T) {
	for _, size := range []int{0, 1000, 1 << 20, 3 << 20} {
		first := &stores.Brittle{Locking: stores.Disk(t)}
		p := pairOf(t, first, stores.Disk(t))
		data, ctx := objectstest.Bytes(uint64(size), size), context.Background()
		d := objectstest.Keep(t, p, data)
		if err := p.Put(ctx, "a", data); err != nil {
			t.Fatal(err)
		}
		drain(t, p.Store)
		r, err := p.Open(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, size/3)
		if _, err := io.ReadFull(r, head); err != nil {
			t.Fatal(err)
		}
		first.Fail(fmt.Errorf("pulled: %w", objects.ErrUnavailable))
		rest, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(append(head, rest...), data) {
			t.Errorf("size %d: a read that was under way ends with %d bytes, %v", size, len(head)+len(rest), err)
		}
		at := make([]byte, size/2)
		if n, err := r.ReadAt(at, 0); n != len(at) || err != nil && err != io.EOF || !bytes.Equal(at, data[:size/2]) {
			t.Errorf("size %d: ReadAt gives %d, %v", size, n, err)
		}
		r.Close()
		objectstest.Holds(t, p, data)
		if got, err := p.Get(ctx, "a"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("size %d: Get gives %d bytes, %v", size, len(got), err)
		}
		if _, err := p.Protection(ctx, d); err != nil {
			t.Errorf("size %d: Protection gives %v", size, err)
		}
		if _, err := p.Create(ctx); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("size %d: Create gives %v, want ErrUnavailable", size, err)
		}
	}
}

func TestAnOldRecordIsNeverGivenOut(t *testing.T) {
	first := &stores.Brittle{Locking: stores.Disk(t)}
	p, ctx := pairOf(t, first, stores.Disk(t)), context.Background()
	if err := p.Put(ctx, "a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	drain(t, p.Store)
	if err := p.Put(ctx, "a", []byte("new")); err != nil {
		t.Fatal(err)
	}
	first.Fail(objects.ErrUnavailable)
	if data, err := p.Get(ctx, "a"); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("Get gives %q, %v; want ErrUnavailable", data, err)
	}
}

func TestWhatIsDeletedStaysDeletedWhileTheSecondStillHasIt(t *testing.T) {
	p, ctx := pairOf(t, stores.Disk(t), stores.Disk(t)), context.Background()
	d := objectstest.Keep(t, p, objectstest.Bytes(1, 1000))
	drain(t, p.Store)
	if err := p.Delete(ctx, d); err != nil {
		t.Fatal(err)
	}
	_, open := p.Open(ctx, d)
	_, stat := p.Stat(ctx, d)
	_, heal := p.Heal(ctx, d)
	for name, err := range map[string]error{"Open": open, "Stat": stat, "Heal": heal} {
		if !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("%s gives %v, want ErrNotFound", name, err)
		}
	}
	drain(t, p.Store)
	if _, err := p.second.Stat(ctx, d); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("the second store gives %v, want ErrNotFound", err)
	}
}

// TestDamageIsAnsweredAndMended spoils the first store alone.
func TestDamageIsAnsweredAndMended(t *testing.T) {
	for name, spoil := range map[string]func(*stores.Folder, *testing.T, objects.Digest){
		"flipped": (*stores.Folder).Flip, "cut": (*stores.Folder).Cut, "lost": (*stores.Folder).Lose,
	} {
		t.Run(name, func(t *testing.T) {
			first := stores.Disk(t)
			p := pairOf(t, first, stores.S3(t))
			data := objectstest.Bytes(1, 300_000)
			d := objectstest.Keep(t, p, data)
			drain(t, p.Store)
			spoil(first, t, d)
			r, err := p.Open(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) || r.Size() != int64(len(data)) {
				t.Errorf("read %d bytes of %d, %v", len(got), r.Size(), err)
			}
			r.Close()
			drain(t, p.Store)
			objectstest.Holds(t, first, data)
			if p.Mended() != 1 {
				t.Errorf("%d mended, want 1", p.Mended())
			}
		})
	}
}

func TestALargeDamagedBlobIsNotGivenOutWhole(t *testing.T) {
	first := stores.Disk(t)
	p := pairOf(t, first, stores.Disk(t))
	data := objectstest.Bytes(1, 5<<20)
	d := objectstest.Keep(t, p, data)
	drain(t, p.Store)
	first.Flip(t, d)
	r, err := p.Open(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); !errors.Is(err, objects.ErrCorrupt) {
		t.Errorf("reading gives %d bytes, %v; want ErrCorrupt", len(got), err)
	}
	drain(t, p.Store)
	objectstest.Holds(t, first, data)
}

func TestHealMendsEitherSide(t *testing.T) {
	first, second := stores.Disk(t), stores.S3(t)
	p, ctx := pairOf(t, first, second), context.Background()
	data := objectstest.Bytes(1, 300_000)
	d := objectstest.Keep(t, p, data)
	if err := p.Hold(ctx, d, "kien"); err != nil {
		t.Fatal(err)
	}
	drain(t, p.Store)
	for _, c := range []struct {
		name  string
		spoil func()
		want  twin.Healed
	}{
		{"nothing", func() {}, twin.Healed{}},
		{"the first", func() { first.Flip(t, d) }, twin.Healed{First: true}},
		{"the second", func() { second.Flip(t, d) }, twin.Healed{Second: true}},
		{"the first is lost", func() { first.Lose(t, d) }, twin.Healed{First: true}},
		{"the second is cut", func() { second.Cut(t, d) }, twin.Healed{Second: true}},
	} {
		c.spoil()
		if got, err := p.Heal(ctx, d); err != nil || got != c.want {
			t.Errorf("%s: Heal gives %+v, %v; want %+v", c.name, got, err, c.want)
		}
		objectstest.Holds(t, first, data)
		objectstest.Holds(t, second, data)
	}
	for _, s := range []stores.Locking{first, second} {
		if err := s.Delete(ctx, d); !errors.Is(err, objects.ErrProtected) {
			t.Errorf("after healing, Delete gives %v, want ErrProtected", err)
		}
	}
	first.Flip(t, d)
	second.Cut(t, d)
	if _, err := p.Heal(ctx, d); !errors.Is(err, objects.ErrCorrupt) {
		t.Errorf("with no sound copy Heal gives %v, want ErrCorrupt", err)
	}
}

func TestCompareNamesEachDifference(t *testing.T) {
	first, second := stores.Disk(t), stores.Disk(t)
	p, ctx := pairOf(t, first, second), context.Background()
	var all []objects.Digest
	for i := range 6 {
		all = append(all, objectstest.Keep(t, p, objectstest.Bytes(uint64(i), 1000+i)))
	}
	drain(t, p.Store)
	first.Lose(t, all[0])
	second.Lose(t, all[1])
	second.Cut(t, all[2])
	owed := objectstest.Keep(t, p, objectstest.Bytes(9, 10))
	if err := second.Put(ctx, "stray", nil); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(faults(t, p.Store), "\n")
	for _, want := range []string{
		"only-second blobs/" + string(all[0]) + " owed=false", "only-first blobs/" + string(all[1]) + " owed=false",
		"sizes blobs/" + string(all[2]) + " owed=false", "only-first blobs/" + string(owed) + " owed=true",
		"only-second records/stray owed=false",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 4 {
		t.Errorf("%d differences, want 5:\n%s", n+1, got)
	}
	enough := errors.New("enough")
	if _, err := p.Compare(ctx, func(twin.Difference) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Compare gives %v, want the callback's error", err)
	}
}

func TestTheSecondStoreGoesAwayAndComesBack(t *testing.T) {
	second := &stores.Brittle{Locking: stores.Disk(t)}
	second.Fail(fmt.Errorf("no route: %w", objects.ErrUnavailable))
	p := running(t, pairOf(t, stores.Disk(t), second))
	for i := range 20 {
		objectstest.Keep(t, p, objectstest.Bytes(uint64(i), 1000))
	}
	until(t, "the failure is told", func() bool { return errors.Is(p.Lag().Err, objects.ErrUnavailable) })
	if l := p.Lag(); l.Count != 20 || l.Bytes != 20_000 || l.Oldest.IsZero() {
		t.Errorf("the lag is %+v", l)
	}
	second.Fail(nil)
	until(t, "nothing is owed", func() bool { return p.Lag().Count == 0 })
	if diff := faults(t, p.Store); len(diff) != 0 {
		t.Errorf("differences: %v", diff)
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestOneJournalOneProcess(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, stores.Disk(t), stores.Disk(t))
	if s, err := twin.Open(twin.Options{First: stores.Disk(t), Second: stores.Disk(t), Journal: dir}); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("a second Open gives %v, want ErrUnavailable", err)
		if err == nil {
			s.Close()
		}
	}
}

// TestKilled kills a process that writes, again and again, and asks the twin for everything it
// had acknowledged.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("CONGVAN_TWIN_CHILD"); dir != "" {
		child(dir)
		return
	}
	dir := t.TempDir()
	var acknowledged []string
	for round := range 6 {
		acknowledged = append(acknowledged, killed(t, dir, 40+35*round)...)
	}
	first, second := diskIn(t, dir, "first"), diskIn(t, dir, "second")
	s := open(t, filepath.Join(dir, "journal"), first, second)
	owed := s.Lag()
	drain(t, s)
	t.Logf("%d acknowledged, %d of them owed after the last kill", len(acknowledged), owed.Count)
	if len(acknowledged) < 20 || owed.Damaged != 0 {
		t.Errorf("%d acknowledged, %d damaged lines", len(acknowledged), owed.Damaged)
	}
	for _, line := range acknowledged {
		proven(t, second, line)
	}
	for _, difference := range faults(t, s) {
		if !strings.HasPrefix(difference, "only-first blobs/") { // stored, but never acknowledged
			t.Error(difference)
		}
	}
}

// proven fails the test unless a store has what a line of the child acknowledges.
func proven(t *testing.T, s objects.Store, line string) {
	t.Helper()
	kind, name, _ := strings.Cut(line, " ")
	switch kind {
	case "blob":
		if _, err := s.Stat(context.Background(), objects.Digest(name)); err != nil {
			t.Errorf("acknowledged blob %s: %v", name, err)
		}
	case "gone":
		if _, err := s.Stat(context.Background(), objects.Digest(name)); !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("deleted blob %s: %v", name, err)
		}
	case "record":
		if _, err := s.Get(context.Background(), name); err != nil {
			t.Errorf("acknowledged record %s: %v", name, err)
		}
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

// killed runs the child until it has acknowledged some writes, and gives them.
func killed(t *testing.T, dir string, after int) (lines []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
	cmd.Env = append(os.Environ(), "CONGVAN_TWIN_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all, read := make([]byte, 0, 1<<16), make([]byte, 512)
	for bytes.Count(all, []byte("\n")) < after {
		n, err := out.Read(read)
		all = append(all, read[:n]...)
		if err != nil {
			t.Fatalf("the child ended by itself: %v\n%s", err, all)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out) // what it said before it died
	_ = cmd.Wait()             // killed
	for line := range strings.Lines(string(append(all, rest...))) {
		if whole, found := strings.CutSuffix(line, "\n"); found {
			lines = append(lines, whole)
		}
	}
	return lines
}

// child writes blobs and records for ever and acknowledges each on its standard output.
func child(dir string) {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	first, err := disk.Open(filepath.Join(dir, "first"), disk.Options{})
	check(err)
	second, err := disk.Open(filepath.Join(dir, "second"), disk.Options{})
	check(err)
	s, err := twin.Open(twin.Options{First: first, Second: second, Journal: filepath.Join(dir, "journal")})
	check(err)
	go func() { _ = s.Run(ctx) }()
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d-%d", os.Getpid(), worker, i)
				w, err := s.Create(ctx)
				check(err)
				_, err = io.WriteString(w, strings.Repeat(name, 500))
				check(err)
				d, err := w.Commit(ctx)
				check(err)
				if i%5 == 4 {
					check(s.Delete(ctx, d))
					fmt.Println("gone", d)
					continue
				}
				check(s.Put(ctx, "r/"+name, []byte(name)))
				fmt.Printf("blob %s\nrecord r/%s\n", d, name)
			}
		}()
	}
	select {}
}
