package store

import (
	"sync"
	"time"

	"congvan/gateway"
)

// What the directory said may be said again for a moment. Only what was found is
// kept: who asks for an agency that is not there yet will ask again.
const (
	directoryMemory  = time.Second // how long another process' change may stay unseen
	directoryEntries = 4096        // of each kind; beyond, all is forgotten
)

// directoryCache remembers agencies, and which of them are served, for a moment. Changes
// made through the same store are seen at once.
type directoryCache struct {
	mu       sync.Mutex
	change   int // counts own changes, so that what was read before one is not kept after it
	agencies map[gateway.AgencyID]remembered[gateway.Agency]
	served   map[gateway.AgencyID]remembered[serving]
}

type remembered[T any] struct {
	what  T
	until time.Time
}

func newDirectoryCache() *directoryCache {
	c := &directoryCache{}
	c.forget()
	return c
}

// forget drops everything because the directory changes.
func (c *directoryCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.change++
	c.agencies = map[gateway.AgencyID]remembered[gateway.Agency]{}
	c.served = map[gateway.AgencyID]remembered[serving]{}
}

// knownAgencies puts those it remembers into out and gives the others, and the
// change to name when they are learned.
func (c *directoryCache) knownAgencies(ids []gateway.AgencyID, out map[gateway.AgencyID]*gateway.Agency) (missing []gateway.AgencyID, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, id := range ids {
		if r, ok := c.agencies[id]; ok && now.Before(r.until) {
			a := r.what
			out[id] = &a
		} else {
			missing = append(missing, id)
		}
	}
	return missing, c.change
}

func (c *directoryCache) learnAgencies(found map[gateway.AgencyID]*gateway.Agency, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.change != change {
		return
	}
	if len(c.agencies)+len(found) > directoryEntries {
		clear(c.agencies)
	}
	until := time.Now().Add(directoryMemory)
	for id, a := range found {
		if a != nil && len(c.agencies) < directoryEntries {
			c.agencies[id] = remembered[gateway.Agency]{*a, until}
		}
	}
}

func (c *directoryCache) knownServed(ids []gateway.AgencyID, at int64, out map[gateway.AgencyID]bool) (missing []gateway.AgencyID, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, id := range ids {
		if r, ok := c.served[id]; ok && now.Before(r.until) && (r.what.until == 0 || at < r.what.until) {
			out[id] = true
		} else {
			missing = append(missing, id)
		}
	}
	return missing, c.change
}

func (c *directoryCache) learnServed(found []serving, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.change != change {
		return
	}
	if len(c.served)+len(found) > directoryEntries {
		clear(c.served)
	}
	until := time.Now().Add(directoryMemory)
	for _, v := range found[:min(len(found), directoryEntries)] {
		c.served[v.agency] = remembered[serving]{v, until}
	}
}
