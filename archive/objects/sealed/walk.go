package sealed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"congvan/archive/objects"
)

// readers is how many entries are read at a time.
const readers = 16

// Walk implements objects.Store. Each blob's entry is read, since its name does not tell the
// address; one that cannot be read ends the walk.
func (s *Store) Walk(ctx context.Context, fn func(objects.Info) error) error {
	return s.entries(ctx, func(i objects.Info, e entry) error {
		return fn(objects.Info{Key: "blobs/" + string(e.digest), Size: e.size, Modified: i.Modified})
	}, func(i objects.Info) error {
		i.Size = max(0, i.Size-recordExtra)
		return fn(i)
	})
}

// found is an entry on its way.
type found struct {
	objects.Info
	entry entry
	err   error
}

// entries lists all entries, reading several at a time, and all other records. One function is
// called at a time.
func (s *Store) entries(ctx context.Context, blob func(objects.Info, entry) error, record func(objects.Info) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	names, results := make(chan objects.Info), make(chan found)
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() { s.readEntries(ctx, names, results) })
	}
	var walked error
	go func() {
		walked = s.list(ctx, names, results)
		close(names)
		wg.Wait()
		close(results)
	}()
	var first error
	for f := range results {
		if first != nil {
			continue
		}
		if first = tell(f, blob, record); first != nil {
			cancel(first)
		}
	}
	if first != nil {
		return first
	}
	return walked
}

func tell(f found, blob func(objects.Info, entry) error, record func(objects.Info) error) error {
	switch {
	case errors.Is(f.err, objects.ErrNotFound):
		return nil // went meanwhile
	case f.err != nil:
		return f.err
	case f.entry.digest != "":
		return blob(f.Info, f.entry)
	default:
		return record(f.Info)
	}
}

// list sends entries to be read and passes records by.
func (s *Store) list(ctx context.Context, names chan<- objects.Info, results chan<- found) error {
	return s.beneath.Walk(ctx, func(i objects.Info) error {
		key, isRecord := strings.CutPrefix(i.Key, "records/")
		switch {
		case !isRecord, key == witness, strings.HasPrefix(key, entries+"/") && i.Size == 0: // sealed bytes; deleted
			return nil
		case strings.HasPrefix(key, entries+"/"):
			i.Key = key
			return send(ctx, names, i)
		default:
			return send(ctx, results, found{Info: i})
		}
	})
}

func send[T any](ctx context.Context, to chan<- T, one T) error {
	select {
	case to <- one:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) readEntries(ctx context.Context, names <-chan objects.Info, results chan<- found) {
	for i := range names {
		f := found{Info: i}
		data, err := s.beneath.Get(ctx, i.Key)
		if err == nil && len(data) == 0 {
			err = objects.ErrNotFound
		}
		if err == nil {
			f.entry, err = s.keys.readEntry(data)
		}
		if f.err = err; err != nil {
			f.err = fmt.Errorf("entry %s: %w", i.Key, err)
		}
		if send(ctx, results, f) != nil {
			return
		}
	}
}

// Rewrapped counts what Rewrap has done.
type Rewrapped struct{ Entries, Records, Current int }

// Rewrap seals every entry anew with the current key, and every record; blobs are not touched. It
// may be interrupted and called again, and the store be used meanwhile. Afterwards the key file
// may do without the older keys: for reading. The envelopes within the blobs, which Rebuild
// needs, stay under the keys of their time, so keep a print of those.
//
// Rewrap does not take anything back from somebody who has an old key and an old copy of the store.
func (s *Store) Rewrap(ctx context.Context) (Rewrapped, error) {
	var done Rewrapped
	var records []string
	err := s.entries(ctx, func(_ objects.Info, e entry) error {
		if e.under == s.keys.Current() {
			done.Current++
			return nil
		}
		done.Entries++
		return s.rewrapEntry(ctx, e.digest)
	}, func(i objects.Info) error {
		records = append(records, strings.TrimPrefix(i.Key, "records/"))
		return nil
	})
	if err != nil {
		return done, fmt.Errorf("rewrap: %w", err)
	}
	for _, key := range records {
		if err := s.rewrapRecord(ctx, key, &done); err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
	}
	return done, nil
}

func (s *Store) rewrapEntry(ctx context.Context, d objects.Digest) error {
	defer s.lock(d)()
	e, err := s.find(ctx, d)
	if errors.Is(err, objects.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.enter(ctx, e)
}

// rewrapRecord leaves a record alone that is under the current key.
func (s *Store) rewrapRecord(ctx context.Context, key string, done *Rewrapped) error {
	defer s.lockRecord(key)()
	sealed, err := s.beneath.Get(ctx, key)
	if err != nil {
		return err
	}
	if len(sealed) > 16 && KeyID(sealed[8:16]) == s.keys.Current() {
		done.Current++
		return nil
	}
	data, err := s.Get(ctx, key)
	if err != nil {
		return err
	}
	done.Records++
	return s.put(ctx, key, data)
}

// Rebuild writes the entries of all blobs anew from the envelopes within them, where an entry is
// missing or unreadable, and gives how many it wrote. What is beneath and is no sealed blob is
// passed over.
func (s *Store) Rebuild(ctx context.Context) (written int, err error) {
	err = s.beneath.Walk(ctx, func(i objects.Info) error {
		name, isBlob := strings.CutPrefix(i.Key, "blobs/")
		if !isBlob || i.Size < sealedSize(0) {
			return nil
		}
		wrote, err := s.rebuild(ctx, objects.Digest(name), i.Size)
		if wrote {
			written++
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("rebuild the entries: %w", err)
	}
	return written, err
}

func (s *Store) rebuild(ctx context.Context, address objects.Digest, size int64) (bool, error) {
	envelope, err := s.envelope(ctx, address, size)
	if err != nil {
		return false, err
	}
	l, err := s.keys.unwrap(envelope)
	if errors.Is(err, objects.ErrCorrupt) || err == nil && sealedSize(l.size) != size {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer s.lock(l.digest)()
	data, err := s.beneath.Get(ctx, s.keys.name(l.digest))
	if err == nil && len(data) > 0 {
		_, err = s.keys.readEntry(data)
	}
	if !errors.Is(err, objects.ErrNotFound) && !errors.Is(err, objects.ErrCorrupt) {
		return false, err // sound, or deleted
	}
	return true, s.enter(ctx, entry{letter: l, address: address, first: envelope})
}

// envelope reads the end of sealed bytes.
func (s *Store) envelope(ctx context.Context, address objects.Digest, size int64) ([]byte, error) {
	r, err := s.beneath.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	envelope := make([]byte, envelopeSize)
	if n, err := r.ReadAt(envelope, size-envelopeSize); n < len(envelope) {
		return nil, missing(err)
	}
	return envelope, nil
}
