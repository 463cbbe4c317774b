package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The index is a file of event keys: the eight bytes at 8·i are those of leaf i. It is
// derived from the leaves; whatever it finds is checked against the leaf.
const (
	indexName = "index"
	keySize   = 8
)

type eventKey [keySize]byte

func keyOf(event string) eventKey {
	sum := sha256.Sum256([]byte(event))
	return eventKey(sum[:keySize])
}

// index is the writer's handle.
type index struct{ file *os.File }

func openIndex(dir string) (*index, error) {
	f, err := os.OpenFile(filepath.Join(dir, indexName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fault("open the index", err)
	}
	return &index{f}, nil
}

// put writes the keys of the leaves from n on. They count only once the checkpoint
// covers them, so writing before the commit does no harm.
func (x *index) put(n int64, keys []eventKey) error {
	if err := x.putUnsynced(n, keys); err != nil {
		return err
	}
	return fault("write the index", x.file.Sync())
}

func (x *index) putUnsynced(n int64, keys []eventKey) error {
	data := make([]byte, 0, len(keys)*keySize)
	for _, k := range keys {
		data = append(data, k[:]...)
	}
	_, err := x.file.WriteAt(data, n*keySize)
	return fault("write the index", err)
}

// tail reads up to n keys before end.
func (x *index) tail(end int64, n int) ([]eventKey, error) {
	first := max(0, end-int64(n))
	data := make([]byte, (end-first)*keySize)
	if _, err := x.file.ReadAt(data, first*keySize); err != nil && len(data) > 0 {
		return nil, err
	}
	keys := make([]eventKey, end-first)
	for i := range keys {
		keys[i] = eventKey(data[i*keySize:])
	}
	return keys, nil
}

// Find gives the index of the leaf of an event, the newest when there were several.
// ErrNotFound.
func (r *Reader) Find(ctx context.Context, event string) (int64, error) {
	at, err := r.Checkpoint()
	if err != nil {
		return 0, err
	}
	return r.findIn(ctx, at, event)
}

func (r *Reader) findIn(ctx context.Context, at Signed, event string) (int64, error) {
	f, err := os.Open(filepath.Join(r.dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fault("open the index", err)
	}
	defer f.Close()
	key := keyOf(event)
	end := at.Size
	for {
		if end, err = lastMatch(ctx, f, key, end); err != nil || end < 0 {
			return 0, errors.Join(err, ErrNotFound)
		}
		line, err := r.leafAt(at, end)
		if err != nil {
			return 0, err
		}
		if eventOf(line) == event {
			return end, nil
		}
	}
}

// lastMatch looks backwards from end for a key: people ask for what is recent.
func lastMatch(ctx context.Context, f io.ReaderAt, key eventKey, end int64) (int64, error) {
	const block = 8 << 10 // keys
	buffer := make([]byte, block*keySize)
	for end > 0 {
		if err := ctx.Err(); err != nil {
			return -1, err
		}
		first := max(0, end-block)
		n, err := f.ReadAt(buffer[:(end-first)*keySize], first*keySize)
		if err != nil && err != io.EOF {
			return -1, fault("read the index", err)
		}
		if i := lastKey(buffer[:n], key); i >= 0 {
			return first + i, nil
		}
		end = first
	}
	return -1, nil
}

func lastKey(keys []byte, key eventKey) int64 {
	want := binary.LittleEndian.Uint64(key[:])
	for at := len(keys)/keySize*keySize - keySize; at >= 0; at -= keySize {
		if binary.LittleEndian.Uint64(keys[at:]) == want {
			return int64(at / keySize)
		}
	}
	return -1
}

// complete brings the index up to a tree: after a crash, or when it was deleted
// or spoilt.
func (x *index) complete(ctx context.Context, r *Reader, at Signed) error {
	from, err := x.intact(r, at)
	if err != nil {
		return err
	}
	for n := from / tileWidth; n*tileWidth < at.Size; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		leaves, err := r.leavesOf(at, n)
		if err != nil {
			return err
		}
		keys := make([]eventKey, len(leaves))
		for i, line := range leaves {
			keys[i] = keyOf(quickEvent(line))
		}
		if err := x.put(n*tileWidth, keys); err != nil {
			return err
		}
	}
	return nil
}

// intact says up to where the index can be kept: all of it when its last key is
// the last leaf's.
func (x *index) intact(r *Reader, at Signed) (int64, error) {
	info, err := x.file.Stat()
	if err != nil {
		return 0, fault("look at the index", err)
	}
	known := min(info.Size()/keySize, at.Size)
	if known == 0 {
		return 0, nil
	}
	line, err := r.leafAt(at, known-1)
	if err != nil {
		return 0, err
	}
	keys, err := x.tail(known, 1)
	key := keyOf(quickEvent(line))
	if err != nil || !bytes.Equal(keys[0][:], key[:]) {
		return 0, nil
	}
	return known, nil
}
