package disk

import (
	"errors"
	"fmt"
	"sync"

	"congvan/archive/objects"
)

// committer gives objects their names, in groups: one caller at a time moves
// everything that waits and then fsyncs each touched folder once, on behalf of
// all.
type committer struct {
	syncDir func(dir string) error

	mu      sync.Mutex
	turn    sync.Cond // on mu: a group was settled
	leading bool
	waiting []*move
	failed  error // the first failed fsync of a folder; see settle
}

// move is one object on its way to its name.
type move struct {
	place   func() (dirs []string, err error) // names the object, and the folders that must be fsynced
	settled bool
	err     error
}

func newCommitter(syncDir func(dir string) error) *committer {
	c := &committer{syncDir: syncDir}
	c.turn.L = &c.mu
	return c
}

// commit returns when the object's name is durable, or why it is not. Calls of
// place never overlap.
func (c *committer) commit(place func() (dirs []string, err error)) error {
	m := &move{place: place}
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

// lead settles all who wait. It is called, and returns, with mu held.
func (c *committer) lead() {
	group := c.waiting
	c.waiting, c.leading = nil, true
	failed := c.failed
	c.mu.Unlock()
	failed = c.settle(group, failed)
	c.mu.Lock()
	for _, m := range group {
		m.settled = true
	}
	c.failed, c.leading = failed, false
	c.turn.Broadcast()
}

// settle places a group and makes its folders durable. After a failed fsync the
// kernel may have dropped the names it could not write, and the next fsync would
// succeed without them: the store refuses to commit until it is opened anew.
func (c *committer) settle(group []*move, failed error) error {
	touched := map[string]struct{}{}
	for _, m := range group {
		if m.err = failed; failed != nil {
			continue
		}
		var dirs []string
		dirs, m.err = m.place()
		for _, dir := range dirs {
			touched[dir] = struct{}{}
		}
	}
	if err := c.sync(touched); err != nil {
		failed = fmt.Errorf("%w until it is opened anew: fsync a folder: %w", objects.ErrUnavailable, err)
	}
	if failed != nil {
		for _, m := range group {
			m.err = failed
		}
	}
	return failed
}

// sync makes folders durable, all at once: the file system then joins them in one
// commit of its journal, where one after the other each costs a flush of the device.
func (c *committer) sync(dirs map[string]struct{}) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for dir := range dirs {
		wg.Go(func() {
			if err := c.syncDir(dir); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
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
