package twin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"congvan/archive/objects"
)

// Fault is how two stores differ about an object.
type Fault string

// The faults.
const (
	OnlyFirst  Fault = "only-first"
	OnlySecond Fault = "only-second"
	Sizes      Fault = "sizes" // both have it, one of them damaged or, a record, old
)

// Difference is an object that the two stores do not hold alike.
type Difference struct {
	Key   string // as Walk reports it
	Fault Fault
	Owed  bool // the journal knows of it: it will pass
}

// Comparison counts what was compared.
type Comparison struct {
	First, Second int   // objects in each
	Bytes         int64 // in the first
	Owed          int   // differences that will pass
	Faults        int   // those that will not
}

// Compare lists both stores, names each difference to fn and counts them. It compares names and
// sizes, not contents: that is what fixity runs are for. It takes 24 bytes of memory an object; writes may
// go on meanwhile, and an object that comes or goes between the listings may be named. It ends with
// fn's first error.
func (s *Store) Compare(ctx context.Context, fn func(Difference) error) (Comparison, error) {
	c := comparing{store: s, tell: fn}
	err := c.list(ctx)
	if err != nil {
		err = fmt.Errorf("compare the stores: %w", err)
	}
	return c.Comparison, err
}

type comparing struct {
	Comparison
	store *Store
	tell  func(Difference) error
	first []entry
}

// entry is a listed object of the first store.
type entry struct {
	key  [2]uint64 // of the key's SHA-256
	size int64     // less than 0, -1-size: seen in the second store too
}

func entryOf(i objects.Info) entry {
	sum := sha256.Sum256([]byte(i.Key))
	return entry{[2]uint64{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}, i.Size}
}

func (e entry) compare(f entry) int { return slices.Compare(e.key[:], f.key[:]) }

func (c *comparing) list(ctx context.Context) error {
	err := c.store.first.Walk(ctx, func(i objects.Info) error {
		c.first = append(c.first, entryOf(i))
		c.First++
		c.Bytes += i.Size
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(c.first, entry.compare)
	if err := c.store.second.Walk(ctx, c.meet); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.first, func(e entry) bool { return e.size >= 0 }) {
		return nil
	}
	return c.store.first.Walk(ctx, c.remaining)
}

// meet finds in the first store what the second lists.
func (c *comparing) meet(i objects.Info) error {
	c.Second++
	e := entryOf(i)
	at, found := slices.BinarySearchFunc(c.first, e, entry.compare)
	if !found {
		return c.differ(i.Key, OnlySecond)
	}
	size := c.first[at].size
	if size >= 0 {
		c.first[at].size = -1 - size
	}
	if size != i.Size {
		return c.differ(i.Key, Sizes)
	}
	return nil
}

// remaining names what only the first store has.
func (c *comparing) remaining(i objects.Info) error {
	at, found := slices.BinarySearchFunc(c.first, entryOf(i), entry.compare)
	if !found || c.first[at].size < 0 {
		return nil
	}
	return c.differ(i.Key, OnlyFirst)
}

func (c *comparing) differ(key string, fault Fault) error {
	d := Difference{Key: key, Fault: fault, Owed: c.store.journal.pending(key) != ""}
	if d.Owed {
		c.Owed++
	} else {
		c.Faults++
	}
	return c.tell(d)
}
