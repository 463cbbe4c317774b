package twin

import (
	"bytes"
	"context"
	"errors"
	"io"

	"congvan/archive/objects"
)

// Blobs up to wholeBlob are read and checked before the first byte is given out, so that the other
// store's can be given instead. Of a larger one that turns out damaged at its end, the bytes given
// out so far may be damaged too.
const wholeBlob = 1 << 20

// elsewhere says whether an error of the first store is to be answered by the second: not when the
// caller gave up, and not when the second does not have what was written or deleted last.
func (s *Store) elsewhere(ctx context.Context, key string, err error) bool {
	if err == nil || ctx.Err() != nil || errors.Is(err, objects.ErrInvalidKey) || errors.Is(err, objects.ErrNoLock) {
		return false
	}
	return s.journal.pending(key) == ""
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, d objects.Digest) (objects.Info, error) {
	info, err := s.first.Stat(ctx, d)
	if !s.elsewhereBlob(ctx, d, err) {
		return info, err
	}
	if other, second := s.second.Stat(ctx, d); second == nil {
		return other, nil
	}
	return info, err
}

// elsewhereBlob is elsewhere for blobs, which never change: a copy that is there is right even
// when its locks are still owed.
func (s *Store) elsewhereBlob(ctx context.Context, d objects.Digest, err error) bool {
	if err == nil || ctx.Err() != nil || !d.Valid() {
		return false
	}
	return s.journal.pending(blobKey(d)) != drop
}

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, d objects.Digest) (objects.Reader, error) {
	r, err := s.first.Open(ctx, d)
	if s.elsewhereBlob(ctx, d, err) {
		return s.openSecond(ctx, d, err)
	}
	if err != nil {
		return nil, err
	}
	if r.Size() > wholeBlob {
		return objects.Verified(&current{Reader: r, ctx: ctx, store: s, digest: d, size: r.Size()}, r.Size(), d), nil
	}
	whole, err := hold(r)
	if err == nil {
		r.Close()
		return whole, nil
	}
	if other, second := s.second.Open(ctx, d); ctx.Err() == nil && second == nil {
		r.Close()
		s.mend(d, err)
		return s.sound(other)
	}
	if _, again := r.Seek(0, io.SeekStart); again != nil {
		r.Close()
		return nil, err
	}
	return r, nil // it will tell its reader what is wrong
}

// openSecond answers from the second store what the first could not open.
func (s *Store) openSecond(ctx context.Context, d objects.Digest, first error) (objects.Reader, error) {
	r, err := s.second.Open(ctx, d)
	if err != nil {
		return nil, first
	}
	s.mend(d, first)
	return s.sound(r)
}

func (s *Store) sound(r objects.Reader) (objects.Reader, error) {
	if r.Size() > wholeBlob {
		return r, nil
	}
	whole, err := hold(r)
	if err != nil {
		_, err = r.Seek(0, io.SeekStart)
		return r, err
	}
	r.Close()
	return whole, nil
}

// mend asks for the first store's blob to be healed when it is at fault itself. That it is not
// durable does no harm: whoever reads next asks again.
func (s *Store) mend(d objects.Digest, err error) {
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		_, _, _ = s.journal.note(mend, "mend/"+string(d), 0)
	}
}

// whole is a blob that was read and checked.
type whole struct{ *bytes.Reader }

func (whole) Close() error  { return nil }
func (w whole) Size() int64 { return w.Reader.Size() }

func hold(r objects.Reader) (objects.Reader, error) {
	data := make([]byte, r.Size())
	if _, err := io.ReadFull(r, data); err != nil && err != io.EOF {
		return nil, err
	}
	// An empty blob, or one that is longer than it says, shows only here.
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return nil, errors.Join(objects.ErrCorrupt, err)
	}
	return whole{bytes.NewReader(data)}, nil
}

// current reads a large blob from the first store and, from where that fails, goes on in the
// second, as long as it is of the same size. What wraps it checks the whole against the digest.
type current struct {
	objects.Reader
	ctx    context.Context
	store  *Store
	digest objects.Digest
	size   int64
	at     int64
	second bool
}

// Read implements io.Reader.
func (c *current) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.at += int64(n)
	if err == nil || err == io.EOF || c.second {
		return n, err
	}
	if !c.change(err) {
		return n, err
	}
	if n > 0 {
		return n, nil
	}
	return c.Read(p)
}

// ReadAt implements io.ReaderAt. It leaves the change of stores to Read, which one goroutine calls.
func (c *current) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.Reader.ReadAt(p, offset)
	if err == nil || err == io.EOF || c.second || c.ctx.Err() != nil || offset < 0 {
		return n, err
	}
	other, second := c.store.second.Open(c.ctx, c.digest)
	if second != nil {
		return n, err
	}
	defer other.Close()
	c.store.mend(c.digest, err)
	return other.ReadAt(p, offset)
}

// Seek implements io.Seeker.
func (c *current) Seek(offset int64, whence int) (int64, error) {
	at, err := c.Reader.Seek(offset, whence)
	if err == nil {
		c.at = at
	}
	return at, err
}

// change goes on in the second store.
func (c *current) change(why error) bool {
	if c.ctx.Err() != nil {
		return false
	}
	other, err := c.store.second.Open(c.ctx, c.digest)
	if err != nil {
		return false
	}
	c.store.mend(c.digest, why)
	if _, err := other.Seek(c.at, io.SeekStart); err != nil || other.Size() != c.size {
		other.Close()
		return false
	}
	c.Reader.Close()
	c.Reader, c.second = other, true
	return true
}

// Get implements objects.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	data, err := s.first.Get(ctx, key)
	if !s.elsewhere(ctx, recordKey(key), err) {
		return data, err
	}
	other, second := s.second.Get(ctx, key)
	if second != nil {
		return data, err
	}
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		_, _, _ = s.journal.note(mend, "records/"+key, 0) // the next reader asks again
	}
	return other, nil
}
