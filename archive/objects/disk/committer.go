package disk

import (
	"errors"
	"fmt"
	"sync"

	"congvan/archive/objects"
)

// committer gives objects their names and makes both durable, in groups: one
// caller at a time leads a round on behalf of all who wait.
//
// An object that comes alone is named and fsynced with its folder. Those who come in
// company share one flush of the whole file system, where each would cost two.
//
// A name is given before the bytes are durable, so that one flush serves both. Nobody
// refers to an object before its commit has returned; what a crash in between may leave
// under a name, a later commit of the same bytes checks and replaces.
type committer struct {
	syncDir func(dir string) error
	syncAll func() error // nil where the system cannot

	mu      sync.Mutex
	turn    sync.Cond // on mu: a round ended
	leading bool
	waiting []*move
	failed  error // the first failed fsync of a folder; see alone
}

// move is one object on its way to its name.
type move struct {
	place   func() (dirs []string, err error) // names the object, and the folders that hold its name
	sync    func() error                      // makes the bytes durable that were placed
	dirs    []string
	settled bool
	err     error
}

func newCommitter(syncDir func(dir string) error, syncAll func() error) *committer {
	c := &committer{syncDir: syncDir, syncAll: syncAll}
	c.turn.L = &c.mu
	return c
}

// commit returns when the object and its name are durable, or why they are not. Calls of
// place never overlap.
func (c *committer) commit(m *move) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, m)
	for !m.settled {
		if c.leading {
			c.turn.Wait()
			continue
		}
		c.lead()
	}
	return m.err
}

// lead runs one round. It is called, and returns, with mu held.
func (c *committer) lead() {
	group, failed := c.waiting, c.failed
	c.waiting, c.leading = nil, true
	c.mu.Unlock()
	if failed == nil {
		failed = c.round(group)
	}
	c.mu.Lock()
	for _, m := range group {
		if failed != nil {
			m.err = failed
		}
		m.settled = true
	}
	c.failed, c.leading = failed, false
	c.turn.Broadcast()
}

func (c *committer) round(group []*move) (failed error) {
	for _, m := range group {
		m.dirs, m.err = m.place()
	}
	if c.syncAll != nil && len(group) > 1 && c.syncAll() == nil {
		return nil
	}
	return c.alone(group)
}

// alone makes each object and folder durable by itself. That is also how a
// failed flush of the whole is resolved: the error may belong to a stranger's file, and an
// fsync of its own tells about each object. After a failed fsync of a folder the kernel may
// have dropped the names it could not write, and the next fsync would
// succeed without them: the store refuses to commit until it is opened anew.
func (c *committer) alone(group []*move) error {
	_ = each(group, func(m *move) error { // each failure is its own
		if m.err == nil {
			m.err = m.sync()
		}
		return m.err
	})
	touched := map[string]struct{}{}
	for _, m := range group {
		for _, dir := range m.dirs {
			touched[dir] = struct{}{}
		}
	}
	var dirs []string
	for dir := range touched {
		dirs = append(dirs, dir)
	}
	if err := each(dirs, c.syncDir); err != nil {
		return fmt.Errorf("%w until it is opened anew: fsync a folder: %w", objects.ErrUnavailable, err)
	}
	return nil
}

// each does something with all at once: the file system joins fsyncs that come together in one
// commit of its journal, where one after the other each costs a flush of the device.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = do(one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// broken is why nothing can be committed any more, or nil.
func (c *committer) broken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}
