package disk

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"congvan/archive/objects"
)

func TestThoseWhoWaitShareOneFsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs atomic.Int64
		c := newCommitter(func(string) error {
			syncs.Add(1)
			time.Sleep(time.Millisecond)
			return nil
		})
		var placed atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				err := c.commit(func() ([]string, error) { placed.Add(1); return []string{"blobs/ab"}, nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// The first commits alone; all others gather behind it.
		if placed.Load() != 50 || syncs.Load() > 2 {
			t.Errorf("%d placed with %d fsyncs, want 50 with at most 2", placed.Load(), syncs.Load())
		}
	})
}

func TestOneFailureIsNotAnothers(t *testing.T) {
	c := newCommitter(func(string) error { return nil })
	full := c.commit(func() ([]string, error) { return nil, syscall.ENOSPC })
	fine := c.commit(func() ([]string, error) { return []string{"records"}, nil })
	if !errors.Is(full, syscall.ENOSPC) || fine != nil {
		t.Errorf("got %v and %v, want ENOSPC and nothing", full, fine)
	}
}

func TestNoCommitAfterAFailedFsync(t *testing.T) {
	syncs := 0
	c := newCommitter(func(string) error {
		if syncs++; syncs == 1 {
			return syscall.EIO
		}
		return nil // what a kernel answers the second time, the names being lost
	})
	placed := 0
	place := func() ([]string, error) { placed++; return []string{"blobs/ab"}, nil }
	for range 3 {
		if err := c.commit(place); !errors.Is(err, objects.ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("commit gives %v, want ErrUnavailable because of EIO", err)
		}
	}
	if placed != 1 || syncs != 1 || c.broken() == nil {
		t.Errorf("%d placed, %d fsyncs, broken: %v", placed, syncs, c.broken())
	}
}
