// Package sealed encrypts what a store keeps.
//
// A blob is sealed under a key of its own, in chunks, so that any part of it can be read without the
// rest; that key travels in an envelope, sealed under the key file's current key, at the end of the
// blob and in an entry, a small record that leads from the blob's address to the sealed bytes. To
// change keys, new envelopes are written into the entries; no blob is touched (Rewrap). Should
// entries be lost, the envelopes in the blobs restore them (Rebuild).
//
// The address of a blob stays the SHA-256 of its plain content. Beneath, the entry's name is a keyed
// hash of it and the sealed bytes' address is that of bytes which look random: who owns the store
// cannot tell whether it holds a document that he knows. What he sees is how many objects there
// are, how large, when they come and are read; the names of records (put nothing secret in a name);
// and he can put an older record in the place of a newer one.
//
// Plain bytes touch no disk. A wrong key, or a byte that was changed, is objects.ErrCorrupt or
// ErrNoKey, and of a damaged chunk nothing is given out.
package sealed

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"
	"time"

	"congvan/archive/objects"
)

// entries is the first part of the names of all entries; no record of the user's may begin so.
const entries = "sealed"

// Store implements objects.Store and objects.Locker over another store, which must be used through
// it alone. It is safe for concurrent use, by several processes too; when two write the same
// new blob at the same moment, one of the two sealed copies stays beneath without an entry.
type Store struct {
	beneath objects.Store
	keys    *Keys

	// Who commits a blob, or rewrites its entry or a record, holds its stripe.
	stripes [256]sync.Mutex
}

// witness is the record that says which key file the names are made with: with another, everything
// would seem to be missing.
const witness = entries + "/store"

// Open seals a store. The keys must not be changed while it is used. ErrNoKey when the store was
// begun with another key file.
func Open(ctx context.Context, beneath objects.Store, keys *Keys) (*Store, error) {
	s := &Store{beneath: beneath, keys: keys}
	id := keys.namesID()
	got, err := beneath.Get(ctx, witness)
	if errors.Is(err, objects.ErrNotFound) {
		got, err = id[:], beneath.Put(ctx, witness, id[:])
	}
	if err != nil {
		return nil, fmt.Errorf("open the sealed store: %w", err)
	}
	if !bytes.Equal(got, id[:]) {
		return nil, fmt.Errorf("open the sealed store: %w: it was begun with names %x, the key file has %s", ErrNoKey, got, id)
	}
	return s, nil
}

func (s *Store) lockRecord(key string) (unlock func()) {
	sum := sha256.Sum256([]byte(key))
	m := &s.stripes[sum[0]]
	m.Lock()
	return m.Unlock
}

func (s *Store) lock(d objects.Digest) (unlock func()) {
	first, _ := hex.DecodeString(string(d[:2])) // d was checked
	m := &s.stripes[first[0]]
	m.Lock()
	return m.Unlock
}

// find reads a blob's entry. ErrNotFound.
func (s *Store) find(ctx context.Context, d objects.Digest) (entry, error) {
	if !d.Valid() {
		_, err := objects.BlobPath(d)
		return entry{}, err
	}
	data, err := s.beneath.Get(ctx, s.keys.name(d))
	if err != nil {
		return entry{}, fmt.Errorf("find blob %s: %w", d, err)
	}
	if len(data) == 0 {
		return entry{}, fmt.Errorf("%w: blob %s was deleted", objects.ErrNotFound, d)
	}
	e, err := s.keys.readEntry(data)
	if err == nil && e.digest != d {
		err = fmt.Errorf("%w: it is of another blob", objects.ErrCorrupt)
	}
	if err != nil {
		return entry{}, fmt.Errorf("entry of blob %s: %w", d, err)
	}
	return e, nil
}

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, d objects.Digest) (objects.Reader, error) {
	e, err := s.find(ctx, d)
	if err != nil {
		return nil, err
	}
	r, err := s.beneath.Open(ctx, e.address)
	if err != nil {
		return nil, fmt.Errorf("open blob %s: %w", d, err)
	}
	return objects.Verified(newPlain(r, e.letter), e.size, d), nil
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, d objects.Digest) (objects.Info, error) {
	e, err := s.find(ctx, d)
	if err != nil {
		return objects.Info{}, err
	}
	info, err := s.beneath.Stat(ctx, e.address)
	if err != nil {
		return objects.Info{}, fmt.Errorf("stat blob %s: %w", d, err)
	}
	// Of sealed bytes that were cut, the size tells.
	return objects.Info{Key: "blobs/" + string(d), Size: e.size - (sealedSize(e.size) - info.Size), Modified: info.Modified}, nil
}

// Create implements objects.Store.
func (s *Store) Create(ctx context.Context) (objects.Writer, error) {
	beneath, err := s.beneath.Create(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{store: s, beneath: beneath, hash: sha256.New()}
	rand.Read(w.key[:])
	w.sealing = newSealing(w.key, beneath)
	return w, nil
}

// writer implements objects.Writer.
type writer struct {
	*sealing
	store    *Store
	beneath  objects.Writer
	key      [32]byte
	hash     hash.Hash
	envelope []byte // set once all is written
	done     objects.Digest
	err      error // the first failure, or that it is over
}

var errOver = errors.New("sealed: the blob is committed or aborted")

// Write implements io.Writer. After a failure every call fails.
func (w *writer) Write(p []byte) (int, error) {
	if w.err == nil && w.envelope != nil {
		w.err = errOver
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.sealing.Write(p)
	w.hash.Write(p[:n])
	w.err = err
	return n, err
}

// ReadAt implements io.ReaderAt: it opens again what was sealed.
func (w *writer) ReadAt(p []byte, offset int64) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if offset < 0 {
		return 0, errOffset
	}
	flushed := w.number * chunkSize // what follows is in memory still
	if w.envelope != nil {
		flushed = w.size
	}
	n := 0
	for n < len(p) && offset+int64(n) < flushed {
		at := offset + int64(n)
		open, err := w.staged(at / chunkSize)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], open[at%chunkSize:])
	}
	if at := offset + int64(n) - flushed; n < len(p) && at >= 0 && at < int64(len(w.open)) {
		n += copy(p[n:], w.open[at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// staged opens a chunk that was sealed already.
func (w *writer) staged(number int64) ([]byte, error) {
	last := w.envelope != nil && number == w.number-1
	length := int64(sealedChunk)
	if last {
		length = w.size - number*chunkSize + overhead
	}
	sealed := make([]byte, length)
	if got, err := w.beneath.ReadAt(sealed, number*sealedChunk); int64(got) < length {
		return nil, missing(err)
	}
	open, err := w.aead.Open(sealed[:0], nonce(number, last), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: staged chunk %d", objects.ErrCorrupt, number)
	}
	return open, nil
}

// Commit implements objects.Writer.
func (w *writer) Commit(ctx context.Context) (objects.Digest, error) {
	if w.done != "" {
		return w.done, nil
	}
	if err := errors.Join(w.err, ctx.Err()); err != nil {
		return "", err
	}
	d := objects.Digest(hex.EncodeToString(w.hash.Sum(nil)))
	if err := w.commit(ctx, d); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", d, err)
	}
	w.done, w.err = d, errOver
	return d, nil
}

// commit leaves a blob alone that is there already and can be read from start to end.
func (w *writer) commit(ctx context.Context, d objects.Digest) error {
	defer w.store.lock(d)()
	there, err := w.store.whole(ctx, d)
	if err != nil {
		return err
	}
	if there {
		w.beneath.Abort()
		return nil
	}
	l := letter{key: w.key, digest: d, size: w.size}
	if err := w.end(l); err != nil {
		return err
	}
	address, err := w.beneath.Commit(ctx)
	if err != nil {
		return err
	}
	return w.store.enter(ctx, entry{letter: l, address: address, first: w.envelope})
}

// end writes the last chunk and the envelope, once.
func (w *writer) end(l letter) error {
	if w.envelope != nil {
		return nil
	}
	envelope, err := w.store.keys.wrap(l)
	if err != nil {
		return err
	}
	if w.err = w.finish(); w.err != nil {
		return w.err
	}
	if _, w.err = w.beneath.Write(envelope); w.err != nil {
		return w.err
	}
	w.envelope = envelope
	return nil
}

// Abort implements objects.Writer.
func (w *writer) Abort() {
	w.beneath.Abort()
	if w.err == nil {
		w.err = errOver
	}
}

// whole says whether a blob is there and sound. One whose key is missing is there.
func (s *Store) whole(ctx context.Context, d objects.Digest) (bool, error) {
	r, err := s.Open(ctx, d)
	if err == nil {
		defer r.Close()
		_, err = io.Copy(io.Discard, r)
	}
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) enter(ctx context.Context, e entry) error {
	data, err := s.keys.writeEntry(e)
	if err != nil {
		return err
	}
	return s.beneath.Put(ctx, s.keys.name(e.digest), data)
}

// Delete implements objects.Store. The entry becomes an empty record.
func (s *Store) Delete(ctx context.Context, d objects.Digest) error {
	if !d.Valid() {
		_, err := objects.BlobPath(d)
		return err
	}
	defer s.lock(d)()
	e, err := s.find(ctx, d)
	if errors.Is(err, objects.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.beneath.Delete(ctx, e.address); err != nil {
		return plainly(d, err)
	}
	return s.beneath.Put(ctx, s.keys.name(d), nil)
}

// plainly names in a refusal the blob that was asked for.
func plainly(d objects.Digest, err error) error {
	var protected *objects.ProtectedError
	if errors.As(err, &protected) {
		return &objects.ProtectedError{Digest: d, Protection: protected.Protection}
	}
	return fmt.Errorf("blob %s: %w", d, err)
}

// Replace implements objects.Store. The sealed bytes are made again exactly as they were, so that
// their address and protection stay. The content is read twice: nothing else may ever be sealed
// under the blob's key.
func (s *Store) Replace(ctx context.Context, d objects.Digest, content io.ReadSeeker) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !d.Valid() {
		_, err := objects.BlobPath(d)
		return err
	}
	if err := proven(content, d); err != nil {
		return fmt.Errorf("replace blob %s: %w", d, err)
	}
	e, err := s.find(ctx, d)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return s.anew(ctx, d, content)
	}
	if err != nil {
		return err
	}
	again := &resealed{entry: e, content: content}
	if err := s.beneath.Replace(ctx, e.address, again); err != nil {
		return fmt.Errorf("replace blob %s: %w", d, err)
	}
	return nil
}

// proven reads a content and compares it with its digest.
func proven(content io.ReadSeeker, d objects.Digest) error {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != string(d) {
		return fmt.Errorf("%w: the content given has digest %s", objects.ErrCorrupt, got)
	}
	_, err := content.Seek(0, io.SeekStart)
	return err
}

// anew writes a blob that has no entry.
func (s *Store) anew(ctx context.Context, d objects.Digest, content io.Reader) error {
	w, err := s.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, content); err != nil {
		return err
	}
	got, err := w.Commit(ctx)
	if err == nil && got != d {
		err = fmt.Errorf("%w: the content changed while it was read", objects.ErrCorrupt)
	}
	return err
}

// Put implements objects.Store: the record is sealed with its key as its context, so that no other
// can take its place.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	if err := own(key); err != nil {
		return err
	}
	defer s.lockRecord(key)()
	return s.put(ctx, key, data)
}

func (s *Store) put(ctx context.Context, key string, data []byte) error {
	sealed, err := s.keys.seal(recordMagic, "records", data, []byte(key))
	if err != nil {
		return fmt.Errorf("put record %s: %w", key, err)
	}
	return s.beneath.Put(ctx, key, sealed)
}

// Get implements objects.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := own(key); err != nil {
		return nil, err
	}
	sealed, err := s.beneath.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	data, err := s.keys.open(recordMagic, "records", sealed, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("get record %s: %w", key, err)
	}
	return data, nil
}

// own refuses the names of entries.
func own(key string) error {
	if first, _, _ := strings.Cut(key, "/"); first == entries {
		return fmt.Errorf("%w: %q is reserved", objects.ErrInvalidKey, entries)
	}
	return nil
}

// Check implements objects.Store.
func (s *Store) Check(ctx context.Context) error { return s.beneath.Check(ctx) }

// Protect implements objects.Locker.
func (s *Store) Protect(ctx context.Context, d objects.Digest, until time.Time) error {
	e, err := s.find(ctx, d)
	if err != nil {
		return err
	}
	return objects.LockerOf(s.beneath).Protect(ctx, e.address, until)
}

// Hold implements objects.Locker.
func (s *Store) Hold(ctx context.Context, d objects.Digest, name string) error {
	if err := objects.CheckHold(name); err != nil {
		return err
	}
	e, err := s.find(ctx, d)
	if err != nil {
		return err
	}
	return objects.LockerOf(s.beneath).Hold(ctx, e.address, name)
}

// Release implements objects.Locker.
func (s *Store) Release(ctx context.Context, d objects.Digest, name string) error {
	if err := objects.CheckHold(name); err != nil {
		return err
	}
	e, err := s.find(ctx, d)
	if err != nil {
		return err
	}
	return objects.LockerOf(s.beneath).Release(ctx, e.address, name)
}

// Protection implements objects.Locker.
func (s *Store) Protection(ctx context.Context, d objects.Digest) (objects.Protection, error) {
	e, err := s.find(ctx, d)
	if errors.Is(err, objects.ErrNotFound) {
		if _, none := objects.LockerOf(s.beneath).Protection(ctx, d); errors.Is(none, objects.ErrNoLock) {
			err = none
		}
	}
	if err != nil {
		return objects.Protection{}, err
	}
	return objects.LockerOf(s.beneath).Protection(ctx, e.address)
}
