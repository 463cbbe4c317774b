// Package objects keeps the archive's bytes: content-addressed blobs and small
// named records, behind one contract that every store passes the same
// conformance suite for (package objectstest).
//
// Packages disk and s3 keep them; twin, move and sealed are stores around stores: a second
// copy written behind, a change of store under way, and encryption at rest. Package wormtest asks
// a store's locks whether they hold.
package objects

import (
	"context"
	"errors"
	"io"
	"time"
)

var (
	// ErrNotFound: no such blob or record; asking again does not help.
	ErrNotFound = errors.New("objects: not found")
	// ErrCorrupt: what is stored is not what was written; do not serve it, heal it.
	ErrCorrupt = errors.New("objects: stored bytes do not match their digest")
	// ErrFull: the device is full or over its quota; free space, then try again.
	ErrFull = errors.New("objects: no space left")
	// ErrReadOnly: the device refuses writes; mend it, then try again.
	ErrReadOnly = errors.New("objects: store is read-only")
	// ErrUnavailable: the store cannot be reached now; try again later.
	ErrUnavailable = errors.New("objects: store unavailable")
	// ErrInvalidKey: a record's key breaks the rules of Put.
	ErrInvalidKey = errors.New("objects: invalid key")
)

// Digest is the lower-case hexadecimal SHA-256 of a blob, its address.
type Digest string

// Info describes one stored object.
type Info struct {
	Key      string // "blobs/<digest>" or "records/<key>" as Walk reports it
	Size     int64
	Modified time.Time
}

// Store keeps blobs and records. Every method may be called again after an
// error with the same arguments; none leaves half an object behind.
type Store interface {
	// Create stages a new blob. Nothing is visible before Commit.
	Create(ctx context.Context) (Writer, error)
	// Open gives a blob's bytes. ErrNotFound, ErrUnavailable. The reader
	// returns ErrCorrupt instead of io.EOF when it was read from start to end
	// and the bytes do not match the digest.
	Open(ctx context.Context, d Digest) (Reader, error)
	// Stat says whether a blob is there. ErrNotFound.
	Stat(ctx context.Context, d Digest) (Info, error)
	// Delete removes a blob's bytes for good, every version of them. ErrProtected; see Locker. A
	// blob that is not there is deleted already: no error. Whoever deletes makes sure that nobody
	// is about to commit the same bytes again.
	Delete(ctx context.Context, d Digest) error
	// Replace writes a blob anew, whether it is damaged, missing or sound; its protection stays.
	// The content, read from its start and perhaps twice, must have that digest: otherwise it
	// is ErrCorrupt and nothing changes.
	Replace(ctx context.Context, d Digest, content io.ReadSeeker) error
	// Put writes a record whole, durably and atomically, replacing an earlier one of
	// the same key. A key is one to eight parts of [a-z0-9._-]{1,100} joined by
	// "/", none of them starting with a dot.
	Put(ctx context.Context, key string, data []byte) error
	// Get reads a record. ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)
	// Walk calls fn for every object, in no promised order, until fn fails.
	Walk(ctx context.Context, fn func(Info) error) error
	// Check proves in a moment that the store can be written to and read from.
	Check(ctx context.Context) error
}

// Writer is a blob being staged. It is used by one goroutine.
type Writer interface {
	io.Writer
	// ReadAt reads back what was written so far.
	io.ReaderAt
	// Commit makes the blob durable (data and name) and gives its address. When the same
	// bytes are already stored, they are kept and not written again.
	Commit(ctx context.Context) (Digest, error)
	// Abort throws the blob away; after Commit it does nothing. Always safe to defer.
	Abort()
}

// Reader reads one blob.
type Reader interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}
