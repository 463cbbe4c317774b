package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/archive/objects"
)

// RunLocker asks everything of stores that protect blobs. Time is real: a server's clock is
// part of what is tested, and it may differ from ours by a second.
func RunLocker(t *testing.T, open func(t *testing.T) objects.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s lockingStore)
	}{
		{"ProtectedUntil", protectedUntil},
		{"OnlyExtended", onlyExtended},
		{"Held", held},
		{"HeldAndProtected", heldAndProtected},
		{"HoldsAtOnce", holdsAtOnce},
		{"HoldNames", holdNames},
		{"NothingToProtect", nothingToProtect},
		{"ProtectionOutlivesMending", protectionOutlivesMending},
		{"LocksCancelled", locksCancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting for a protection to end
			s, ok := open(t).(lockingStore)
			if !ok {
				t.Fatal("the store under test is no Locker")
			}
			c.test(t, s)
		})
	}
}

type lockingStore interface {
	objects.Store
	objects.Locker
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

// refused fails the test unless a blob cannot be deleted for the reason given, and is still whole.
func refused(t *testing.T, s lockingStore, data []byte, want objects.Protection) {
	t.Helper()
	err := s.Delete(context.Background(), Address(data))
	var protected *objects.ProtectedError
	if !errors.Is(err, objects.ErrProtected) || !errors.As(err, &protected) {
		t.Fatalf("Delete gives %v, want a ProtectedError", err)
	}
	if diff := cmp.Diff(want, protected.Protection); diff != "" {
		t.Errorf("the refusal (-want +got):\n%s", diff)
	}
	shows(t, s, data, want)
	Holds(t, s, data)
}

func shows(t *testing.T, s lockingStore, data []byte, want objects.Protection) {
	t.Helper()
	got, err := s.Protection(context.Background(), Address(data))
	if err != nil {
		t.Fatalf("Protection: %v", err)
	}
	if len(got.Holds) == 0 {
		got.Holds = nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Protection (-want +got):\n%s", diff)
	}
}

func protectedUntil(t *testing.T, s lockingStore) {
	ctx, data := context.Background(), Bytes(1, 50_000)
	d := Keep(t, s, data)
	shows(t, s, data, objects.Protection{})
	until := time.Now().Add(3500 * time.Millisecond)
	must(t, s.Protect(ctx, d, until))
	refused(t, s, data, objects.Protection{Until: objects.FullSecond(until)})
	Keep(t, s, data) // the same bytes once more do not loosen anything
	refused(t, s, data, objects.Protection{Until: objects.FullSecond(until)})
	time.Sleep(time.Until(objects.FullSecond(until)) + time.Second)
	must(t, s.Delete(ctx, d))
	lacks(t, s, d)
}

func onlyExtended(t *testing.T, s lockingStore) {
	ctx, data := context.Background(), Bytes(1, 50_000)
	d, now := Keep(t, s, data), time.Now()
	far := objects.FullSecond(now.Add(20 * time.Second))
	must(t, s.Protect(ctx, d, now.Add(10*time.Second)), s.Protect(ctx, d, far),
		s.Protect(ctx, d, now.Add(5*time.Second)), s.Protect(ctx, d, now.Add(-time.Hour)), s.Protect(ctx, d, time.Time{}))
	refused(t, s, data, objects.Protection{Until: far})
}

func held(t *testing.T, s lockingStore) {
	ctx, data := context.Background(), Bytes(1, 50_000)
	d := Keep(t, s, data)
	must(t, s.Hold(ctx, d, "thanh-tra-2"), s.Hold(ctx, d, "kien-1"), s.Hold(ctx, d, "kien-1"))
	refused(t, s, data, objects.Protection{Holds: []string{"kien-1", "thanh-tra-2"}})
	must(t, s.Release(ctx, d, "thanh-tra-2"), s.Release(ctx, d, "thanh-tra-2"), s.Release(ctx, d, "never"))
	refused(t, s, data, objects.Protection{Holds: []string{"kien-1"}})
	must(t, s.Release(ctx, d, "kien-1"), s.Delete(ctx, d))
	lacks(t, s, d)
}

func heldAndProtected(t *testing.T, s lockingStore) {
	ctx, data := context.Background(), Bytes(1, 50_000)
	d, until := Keep(t, s, data), objects.FullSecond(time.Now().Add(3*time.Second))
	must(t, s.Hold(ctx, d, "kien"), s.Protect(ctx, d, until))
	refused(t, s, data, objects.Protection{Until: until, Holds: []string{"kien"}})
	time.Sleep(time.Until(until) + time.Second)
	refused(t, s, data, objects.Protection{Until: until, Holds: []string{"kien"}})
	must(t, s.Release(ctx, d, "kien"), s.Delete(ctx, d))
	lacks(t, s, d)
}

// holdsAtOnce lets holders and releasers race; in the end exactly what was not released holds.
func holdsAtOnce(t *testing.T, s lockingStore) {
	ctx, data := context.Background(), Bytes(1, 1000)
	d := Keep(t, s, data)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprintf("hold-%d", i)
			if err := s.Hold(ctx, d, name); err != nil {
				t.Error(err)
			}
			if i%4 == 0 {
				return
			}
			if err := s.Release(ctx, d, name); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	refused(t, s, data, objects.Protection{Holds: []string{"hold-0", "hold-4"}})
}

func holdNames(t *testing.T, s lockingStore) {
	ctx, d := context.Background(), Keep(t, s, Bytes(1, 1000))
	for _, name := range []string{"", ".", "..", "a/b", "A", "kiện", "a+", "../../x", ".hidden"} {
		if err := s.Hold(ctx, d, name); !errors.Is(err, objects.ErrInvalidKey) {
			t.Errorf("Hold %q gives %v, want ErrInvalidKey", name, err)
		}
		if err := s.Release(ctx, d, name); !errors.Is(err, objects.ErrInvalidKey) {
			t.Errorf("Release %q gives %v, want ErrInvalidKey", name, err)
		}
	}
	shows(t, s, Bytes(1, 1000), objects.Protection{})
}

func nothingToProtect(t *testing.T, s lockingStore) {
	ctx := context.Background()
	for _, d := range []objects.Digest{Address([]byte("never stored")), "", "../../etc/passwd"} {
		_, protection := s.Protection(ctx, d)
		for name, err := range map[string]error{
			"Protect": s.Protect(ctx, d, time.Now().Add(time.Hour)), "Hold": s.Hold(ctx, d, "kien"),
			"Release": s.Release(ctx, d, "kien"), "Protection": protection,
		} {
			if !errors.Is(err, objects.ErrNotFound) {
				t.Errorf("%s of %q gives %v, want ErrNotFound", name, d, err)
			}
		}
	}
}

func protectionOutlivesMending(t *testing.T, s lockingStore) {
	spoil, ok := s.(Damager)
	if !ok {
		t.Fatal("the store under test is no Damager")
	}
	ctx, data := context.Background(), Bytes(1, 50_000)
	d, until := Keep(t, s, data), objects.FullSecond(time.Now().Add(20*time.Second))
	must(t, s.Protect(ctx, d, until), s.Hold(ctx, d, "kien"))
	spoil.Flip(t, d)
	must(t, s.Replace(ctx, d, bytes.NewReader(data)))
	refused(t, s, data, objects.Protection{Until: until, Holds: []string{"kien"}})
	must(t, s.Release(ctx, d, "kien"))
	refused(t, s, data, objects.Protection{Until: until})
}

func locksCancelled(t *testing.T, s lockingStore) {
	d := Keep(t, s, Bytes(1, 1000))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, protection := s.Protection(ctx, d)
	for name, err := range map[string]error{
		"Protect": s.Protect(ctx, d, time.Now().Add(time.Hour)), "Hold": s.Hold(ctx, d, "kien"),
		"Release": s.Release(ctx, d, "kien"), "Protection": protection,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s gives %v, want context.Canceled", name, err)
		}
	}
}
