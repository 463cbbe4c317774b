package ledger

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
)

// Bounds of a comparison: events read at a time, and differences before it is given up.
const (
	compareBatch   = 1000
	maxDifferences = 10_000
)

// comparison reads the database's events beside the leaves, in step.
type comparison struct {
	v       *verification
	source  Source
	buffer  []Entry
	line    []byte // the leaf that the first of the buffer would make
	after   string
	ended   bool
	last    string           // the event that was compared last
	missing map[string]int64 // leaves without an event so far
	added   map[string]bool  // events without a leaf so far
	located map[string]int64 // where the first event's leaf is; one entry
	keys    *os.File         // the keys of all leaves, made when the two first differ
}

func newComparison(v *verification) *comparison {
	return &comparison{
		v: v, source: v.options.Source, ended: v.options.Source == nil,
		missing: map[string]int64{}, added: map[string]bool{},
	}
}

func (c *comparison) resume(p *Progress) {
	c.after, c.last = p.Last, p.Last
	for event, i := range p.Missing {
		c.missing[event] = i
	}
	for _, event := range p.Extra {
		c.added[event] = true
	}
}

func (c *comparison) progress(p *Progress) {
	p.Last, p.Missing = c.last, map[string]int64{}
	for event, i := range c.missing {
		p.Missing[event] = i
	}
	for event := range c.added {
		p.Extra = append(p.Extra, event)
	}
	slices.Sort(p.Extra)
}

func (c *comparison) close() {
	if c.keys != nil {
		c.keys.Close()
		os.Remove(c.keys.Name())
	}
}

// peek gives the next event, with the leaf it would make.
func (c *comparison) peek(ctx context.Context) (*Entry, error) {
	for len(c.buffer) == 0 && !c.ended {
		entries, next, err := c.source.Next(ctx, c.after, compareBatch)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		c.ended = len(entries) == 0 && next == c.after
		c.buffer, c.after, c.line = entries, next, nil
	}
	if len(c.buffer) == 0 {
		return nil, nil
	}
	if c.line == nil {
		var err error
		if c.line, err = c.buffer[0].Leaf(); err != nil {
			c.line = []byte(err.Error()) // no leaf is like it: it was changed into something impossible
		}
	}
	return &c.buffer[0], nil
}

func (c *comparison) pop() {
	c.last = c.buffer[0].Event
	c.buffer, c.line = c.buffer[1:], nil
	c.v.report.Compared++
}

// leaf compares one leaf; nil is one that cannot be read, changed one that was reported.
func (c *comparison) leaf(ctx context.Context, index int64, line []byte, changed bool) error {
	if c.source == nil {
		return nil
	}
	for {
		e, err := c.peek(ctx)
		if err != nil {
			return err
		}
		if e != nil && (line == nil || bytes.Equal(c.line, line)) {
			c.pop()
			return nil
		}
		done, err := c.differ(ctx, index, line, changed, e)
		if done || err != nil {
			return err
		}
	}
}

// differ finds out what it means that the next event is not the leaf's. It says
// whether the leaf is done with.
func (c *comparison) differ(ctx context.Context, index int64, line []byte, changed bool, e *Entry) (bool, error) {
	event := eventOf(line)
	switch {
	case c.stopped():
		return true, nil
	case e != nil && e.Event == event:
		if !changed {
			c.v.find(Finding{Code: EventChanged, Leaf: index, Event: event})
		}
		c.pop()
		return true, nil
	case c.added[event]:
		delete(c.added, event)
		c.v.find(Finding{Code: EventReordered, Leaf: index, Event: event})
		return true, nil
	case e == nil:
		c.miss(index, line, changed)
		return true, nil
	}
	at, err := c.locate(ctx, e.Event)
	if err != nil {
		return false, err
	}
	return c.placed(index, line, changed, e.Event, at), nil
}

// placed goes on when it is known at which leaf the next event belongs, -1 for none.
func (c *comparison) placed(index int64, line []byte, changed bool, event string, at int64) bool {
	switch {
	case at > index: // the leaf's own event is not here
		c.miss(index, line, changed)
		return true
	case at == index || at < 0 && changed: // it is the leaf that names another event, which was reported
		c.pop()
		return true
	}
	if was, ok := c.missing[event]; ok {
		delete(c.missing, event)
		c.v.find(Finding{Code: EventReordered, Leaf: was, Event: event})
	} else {
		c.added[event] = true
	}
	c.pop()
	return false
}

func (c *comparison) miss(index int64, line []byte, changed bool) {
	if line != nil && !changed {
		c.missing[eventOf(line)] = index
	}
}

// stopped gives up a comparison that has become meaningless.
func (c *comparison) stopped() bool {
	if c.source == nil {
		return true
	}
	if len(c.missing)+len(c.added) < maxDifferences {
		return false
	}
	c.v.find(Finding{Code: ComparisonStopped, Leaf: -1, Detail: fmt.Sprintf("after event %q", c.last)})
	c.report()
	c.source, c.ended, c.buffer = nil, true, nil
	return true
}

// finish compares what the database has beyond the last leaf, and reports what never turned up.
func (c *comparison) finish(ctx context.Context) error {
	due := c.v.options.Now().Add(-c.v.options.MaxLag)
	for {
		e, err := c.peek(ctx)
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		was, reordered := c.missing[e.Event]
		switch {
		case reordered:
			delete(c.missing, e.Event)
			c.v.find(Finding{Code: EventReordered, Leaf: was, Event: e.Event})
		case e.At.Before(due):
			c.v.find(Finding{Code: EventUnlogged, Leaf: -1, Event: e.Event})
		default:
			c.v.report.Pending++
		}
		c.pop()
	}
	c.report()
	return nil
}

func (c *comparison) report() {
	for _, event := range sortedKeys(c.missing) {
		c.v.find(Finding{Code: EventMissing, Leaf: c.missing[event], Event: event})
	}
	for _, event := range sortedKeys(c.added) {
		c.v.find(Finding{Code: EventAdded, Leaf: -1, Event: event})
	}
	clear(c.missing)
	clear(c.added)
}

// locate finds the leaf of an event by the keys of the leaves themselves, not by the
// index: that could have been changed, too.
func (c *comparison) locate(ctx context.Context, event string) (int64, error) {
	if at, ok := c.located[event]; ok {
		return at, nil
	}
	if c.keys == nil {
		if err := c.makeKeys(ctx); err != nil {
			return 0, err
		}
	}
	at, err := lastMatch(ctx, c.keys, keyOf(event), c.v.target.Size)
	c.located = map[string]int64{event: at}
	return at, err
}

func (c *comparison) makeKeys(ctx context.Context) error {
	f, err := os.CreateTemp("", "ledger-keys-")
	if err != nil {
		return fault("make a file of keys", err)
	}
	c.keys = f
	keys := &index{f}
	for n := int64(0); n*tileWidth < c.v.target.Size; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		tile := tileAt(entriesLevel, n, c.v.target.Size)
		leaves, _ := c.v.tiles.bundle(tile) // what cannot be read was reported, or will be
		batch := make([]eventKey, tile.W)
		for i, line := range leaves {
			batch[i] = keyOf(quickEvent(line))
		}
		if err := keys.putUnsynced(n*tileWidth, batch); err != nil {
			return err
		}
	}
	return nil
}
