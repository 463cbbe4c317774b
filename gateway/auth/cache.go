package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"congvan/gateway"
)

const (
	// cacheTTL is how long a revocation on another node may go unnoticed here.
	cacheTTL = 2 * time.Second
	// cacheSize bounds each half of the cache.
	cacheSize = 4096
)

// cache remembers credentials for a moment. Ids that do not exist are
// remembered apart, so that somebody who guesses cannot push real ones out.
type cache struct {
	now func() time.Time

	mu      sync.Mutex
	known   shelf
	unknown shelf
	epoch   uint64 // grows with each forget; what was read in an earlier one is not kept
}

func newCache(now func() time.Time) *cache {
	return &cache{now: now, known: newShelf(), unknown: newShelf()}
}

// get gives what is remembered of an id, or reads it. Only answers are
// remembered, never failures of the store. ErrNotFound.
func (c *cache) get(ctx context.Context, id string, read func(context.Context, string) (*gateway.Credential, error)) (*gateway.Credential, error) {
	if found, ok := c.look(id); ok {
		return found.credential, found.err
	}
	epoch := c.currentEpoch()
	credential, err := read(ctx, id)
	if err == nil || errors.Is(err, gateway.ErrNotFound) {
		c.keep(id, answer{credential: credential, err: err}, epoch)
	}
	return credential, err
}

func (c *cache) look(id string) (answer, bool) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.known.answers[id]; ok && now.Before(a.until) {
		return a, true
	}
	a, ok := c.unknown.answers[id]
	return a, ok && now.Before(a.until)
}

func (c *cache) currentEpoch() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

func (c *cache) keep(id string, a answer, epoch uint64) {
	now := c.now()
	a.until = now.Add(cacheTTL)
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if a.err != nil {
		c.unknown.put(id, a, now)
		return
	}
	c.known.put(id, a, now)
}

// forget drops an id, and what is being read at this moment.
func (c *cache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	delete(c.known.answers, id)
	delete(c.unknown.answers, id)
}

// answer is what the store said of an id.
type answer struct {
	credential *gateway.Credential
	err        error
	until      time.Time
}

// shelf is a bounded map whose oldest entries leave first.
type shelf struct {
	answers map[string]answer
	queue   []string // ids in the order they came; the first ones go first
}

func newShelf() shelf { return shelf{answers: map[string]answer{}} }

func (s *shelf) put(id string, a answer, now time.Time) {
	s.answers[id] = a
	s.queue = append(s.queue, id)
	for len(s.queue) > 0 {
		first, ok := s.answers[s.queue[0]]
		stale := !ok || !now.Before(first.until)
		if !stale && len(s.queue) <= cacheSize {
			return
		}
		delete(s.answers, s.queue[0])
		s.queue = s.queue[1:]
	}
}
