package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"congvan/archive/objects"
)

func sizes(t *testing.T, s objects.Store) {
	for i, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 20 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			data := Bytes(uint64(i), size)
			Keep(t, s, data)
			Holds(t, s, data)
		})
	}
}

// stagedReadsBack writes in uneven pieces and looks back between them.
func stagedReadsBack(t *testing.T, s objects.Store) {
	data := Bytes(1, 300_000)
	w := stage(t, s, nil)
	defer w.Abort()
	for written := 0; written < len(data); {
		n := min(1+written/3, len(data)-written)
		if _, err := w.Write(data[written : written+n]); err != nil {
			t.Fatal(err)
		}
		written += n
		got := make([]byte, min(written, 100))
		if _, err := w.ReadAt(got, int64(written-len(got))); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data[written-len(got):written]) {
			t.Fatalf("the last bytes of %d do not read back", written)
		}
	}
	if n, err := w.ReadAt(make([]byte, 10), int64(len(data))-4); n != 4 || err != io.EOF {
		t.Errorf("ReadAt over the end gives %d, %v; want 4, EOF", n, err)
	}
	if d, err := w.Commit(context.Background()); err != nil || d != Address(data) {
		t.Errorf("Commit gives %s, %v", d, err)
	}
	Holds(t, s, data)
}

func nothingBeforeCommit(t *testing.T, s objects.Store) {
	data := Bytes(1, 100_000)
	w := stage(t, s, data)
	defer w.Abort()
	lacks(t, s, Address(data))
	if found := Listed(t, s); len(found) != 0 {
		t.Errorf("Walk shows %v before Commit", found)
	}
}

func abortLeavesNothing(t *testing.T, s objects.Store) {
	data := Bytes(1, 100_000)
	w := stage(t, s, data)
	w.Abort()
	w.Abort()
	lacks(t, s, Address(data))
	if d, err := w.Commit(context.Background()); err == nil {
		t.Errorf("Commit after Abort gives %s", d)
	}
	Keep(t, s, data)
	Holds(t, s, data)
}

func commitTwice(t *testing.T, s objects.Store) {
	data := Bytes(1, 1000)
	w := stage(t, s, data)
	for range 2 {
		if d, err := w.Commit(context.Background()); err != nil || d != Address(data) {
			t.Errorf("Commit gives %s, %v", d, err)
		}
	}
	w.Abort()
	Holds(t, s, data)
}

func writerIsOver(t *testing.T, s objects.Store) {
	w := stage(t, s, Bytes(1, 1000))
	if _, err := w.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("Write after Commit succeeds")
	}
	if _, err := w.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("ReadAt after Commit succeeds")
	}
}

func sameBytesAreKept(t *testing.T, s objects.Store) {
	data := Bytes(1, 200_000)
	d := Keep(t, s, data)
	before, err := s.Stat(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	Keep(t, s, data)
	after, err := s.Stat(context.Background(), d)
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		t.Errorf("the stored blob changed (%v):\n%s", err, diff)
	}
	Holds(t, s, data)
}

func sameBytesAtOnce(t *testing.T, s objects.Store) {
	data := Bytes(1, 100_000)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			w, err := s.Create(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Abort()
			if _, err := w.Write(data); err != nil {
				t.Error(err)
			}
			if d, err := w.Commit(context.Background()); err != nil || d != Address(data) {
				t.Errorf("Commit gives %s, %v", d, err)
			}
		})
	}
	wg.Wait()
	Holds(t, s, data)
	if found := Listed(t, s); len(found) != 1 {
		t.Errorf("Walk shows %d objects, want 1", len(found))
	}
}

func manyAtOnce(t *testing.T, s objects.Store) {
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 8 {
				data := Bytes(uint64(worker*8+i), 10_000+i)
				w, err := s.Create(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				_, werr := w.Write(data)
				d, err := w.Commit(context.Background())
				if err := errors.Join(werr, err); err != nil || d != Address(data) {
					t.Errorf("blob %d of worker %d: %s, %v", i, worker, d, err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 64 {
		Holds(t, s, Bytes(uint64(i), 10_000+i%8))
	}
}

func notFound(t *testing.T, s objects.Store) {
	lacks(t, s, Address([]byte("never stored")))
	if _, err := s.Get(context.Background(), "never/stored"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("Get gives %v, want ErrNotFound", err)
	}
}

// noDigest asks for names that would lead elsewhere if they were taken for paths.
func noDigest(t *testing.T, s objects.Store) {
	upper := bytes.ToUpper([]byte(Address(nil)))
	for _, d := range []objects.Digest{"", ".", "../../etc/passwd", "ab", objects.Digest(upper), Address(nil) + "0", Address(nil)[:63] + "/"} {
		lacks(t, s, d)
	}
}

// seekAndReadAt uses a small blob: iotest asks for nearly every range of it, and
// a remote store answers each with a request.
func seekAndReadAt(t *testing.T, s objects.Store) {
	data := Bytes(1, 1000)
	r, err := s.Open(context.Background(), Keep(t, s, data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := iotest.TestReader(r, data); err != nil {
		t.Error(err)
	}
	if at, err := r.Seek(-10, io.SeekEnd); at != int64(len(data))-10 || err != nil {
		t.Errorf("Seek gives %d, %v", at, err)
	}
	if rest, err := io.ReadAll(r); err != nil || !bytes.Equal(rest, data[len(data)-10:]) {
		t.Errorf("after Seek: %x, %v", rest, err)
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("Seek before the start succeeds")
	}
	if _, err := r.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("ReadAt before the start succeeds")
	}
}

func damageIsFound(t *testing.T, s objects.Store) {
	spoil, ok := s.(Damager)
	if !ok {
		t.Fatal("the store under test is no Damager")
	}
	for i, damage := range []func(*testing.T, objects.Digest){spoil.Flip, spoil.Cut} {
		d := Keep(t, s, Bytes(uint64(i), 150_000))
		damage(t, d)
		for name, read := range map[string]func(objects.Reader) error{
			"ReadAll": func(r objects.Reader) error { _, err := io.ReadAll(r); return err },
			"Copy":    func(r objects.Reader) error { _, err := io.Copy(io.Discard, r); return err },
			"ReadFull": func(r objects.Reader) error {
				_, err := io.ReadFull(iotest.OneByteReader(r), make([]byte, r.Size()))
				return err
			},
			"Rewound": func(r objects.Reader) error {
				_, e1 := r.Seek(100, io.SeekStart)
				_, e2 := r.Seek(0, io.SeekStart)
				_, err := io.ReadAll(r)
				return errors.Join(e1, e2, err)
			},
		} {
			r, err := s.Open(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			if err := read(r); !errors.Is(err, objects.ErrCorrupt) {
				t.Errorf("damage %d: %s gives %v, want ErrCorrupt", i, name, err)
			}
			r.Close()
		}
	}
}

func cancelled(t *testing.T, s objects.Store) {
	data := Bytes(1, 1000)
	d := Keep(t, s, data)
	w := stage(t, s, Bytes(2, 1000))
	defer w.Abort()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, create := s.Create(ctx)
	_, open := s.Open(ctx, d)
	_, stat := s.Stat(ctx, d)
	_, get := s.Get(ctx, "a")
	_, commit := w.Commit(ctx)
	for name, err := range map[string]error{
		"Create": create, "Open": open, "Stat": stat, "Get": get, "Commit": commit,
		"Put":     s.Put(ctx, "a", nil),
		"Walk":    s.Walk(ctx, func(objects.Info) error { return nil }),
		"Check":   s.Check(ctx),
		"Delete":  s.Delete(ctx, d),
		"Replace": s.Replace(ctx, d, bytes.NewReader(data)),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s gives %v, want context.Canceled", name, err)
		}
	}
	if d, err := w.Commit(context.Background()); err != nil || d != Address(Bytes(2, 1000)) {
		t.Errorf("a second Commit gives %s, %v", d, err)
	}
	Holds(t, s, data)
}

func check(t *testing.T, s objects.Store) {
	if err := s.Check(context.Background()); err != nil {
		t.Errorf("Check: %v", err)
	}
	if found := Listed(t, s); len(found) != 0 {
		t.Errorf("Check leaves %v behind", found)
	}
}
