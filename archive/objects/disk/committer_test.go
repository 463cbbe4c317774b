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
		}, nil)
		var placed atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				err := c.commit(&move{place: func() ([]string, error) { placed.Add(1); return []string{"blobs/ab"}, nil }, sync: nothing})
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
	c := newCommitter(func(string) error { return nil }, nil)
	full := c.commit(&move{place: func() ([]string, error) { return nil, syscall.ENOSPC }, sync: nothing})
	fine := c.commit(&move{place: func() ([]string, error) { return []string{"records"}, nil }, sync: nothing})
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
	}, nil)
	placed := 0
	place := func() ([]string, error) { placed++; return []string{"blobs/ab"}, nil }
	for range 3 {
		if err := c.commit(&move{place: place, sync: nothing}); !errors.Is(err, objects.ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("commit gives %v, want ErrUnavailable because of EIO", err)
		}
	}
	if placed != 1 || syncs != 1 || c.broken() == nil {
		t.Errorf("%d placed, %d fsyncs, broken: %v", placed, syncs, c.broken())
	}
}

func nothing() error { return nil }

// TestCompanySharesFlushes: a commit returns only after a flush that began when its
// object had its name, and nobody in company pays for a flush of their own.
func TestCompanySharesFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun, ended, own atomic.Int64
		slow := func(n *atomic.Int64) error { n.Add(1); time.Sleep(time.Millisecond); return nil }
		c := newCommitter(
			func(string) error { return slow(&own) },
			func() error { err := slow(&begun); ended.Add(1); return err },
		)
		var wg sync.WaitGroup
		for range 60 {
			wg.Go(func() {
				var alone bool
				var named int64
				err := c.commit(&move{
					place: func() ([]string, error) { named = begun.Load(); return []string{"blobs/ab"}, nil },
					sync:  func() error { alone = true; return slow(&own) },
				})
				if err != nil {
					t.Error(err)
				}
				if !alone && ended.Load() <= named {
					t.Errorf("named when %d flushes had begun, returned when %d had ended", named, ended.Load())
				}
			})
		}
		wg.Wait()
		if begun.Load() > 2 || own.Load() > 2 {
			t.Errorf("%d flushes of the whole and %d of single things for 60 commits", begun.Load(), own.Load())
		}
	})
}

// TestAFailedFlushOfTheWholeIsResolvedOneByOne: the error may be a stranger's.
func TestAFailedFlushOfTheWholeIsResolvedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCommitter(func(string) error { time.Sleep(time.Millisecond); return nil }, func() error { return syscall.EIO })
		var wg sync.WaitGroup
		var failed atomic.Int64
		for i := range 20 {
			wg.Go(func() {
				err := c.commit(&move{
					place: func() ([]string, error) { return []string{"blobs/ab"}, nil },
					sync: func() error {
						time.Sleep(time.Millisecond)
						if i == 7 {
							return syscall.EIO
						}
						return nil
					},
				})
				if (err != nil) != (i == 7) {
					t.Errorf("%d: %v", i, err)
				}
				if err != nil {
					failed.Add(1)
				}
			})
		}
		wg.Wait()
		if failed.Load() != 1 || c.broken() != nil {
			t.Errorf("%d failed, want just the one whose own fsync failed; broken: %v", failed.Load(), c.broken())
		}
	})
}

func TestAtLeast(t *testing.T) {
	for release, want := range map[string]bool{"6.1.0-18-amd64": true, "5.8.0": true, "5.8": true, "5.7.19": false, "4.19.0": false, "10.0": true, "": false, "x.y": false} {
		if got := atLeast(release, 5, 8); got != want {
			t.Errorf("%q: %v", release, got)
		}
	}
}
