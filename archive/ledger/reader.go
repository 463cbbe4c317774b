package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
)

const checkpointName = "checkpoint"

// Signed is a checkpoint whose signature was checked, with the note as it stands
// on the disk.
type Signed struct {
	checkpoint.Checkpoint
	Note []byte
}

// Reader reads a log, also while another process writes it. It believes
// nothing that the newest checkpoint's signature does not cover. It is safe for concurrent use.
type Reader struct {
	dir      string
	tiles    tiles
	verifier note.Verifier
	public   string
}

// OpenReader reads the log in a folder, knowing its public key (name+hash+base64).
func OpenReader(dir, publicKey string) (*Reader, error) {
	verifier, err := note.NewVerifier(publicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return &Reader{dir: dir, tiles: tiles{dir}, verifier: verifier, public: publicKey}, nil
}

// Origin is the log's name.
func (r *Reader) Origin() string { return r.verifier.Name() }

// PublicKey is what others need to check this log's proofs.
func (r *Reader) PublicKey() string { return r.public }

// Checkpoint gives the newest one. ErrNotFound before the first.
func (r *Reader) Checkpoint() (Signed, error) { return r.signed(checkpointName) }

// signed reads a checkpoint file below the folder.
func (r *Reader) signed(name string, witnesses ...note.Verifier) (Signed, error) {
	text, err := readFile(filepath.Join(r.dir, filepath.FromSlash(name)), checkpoint.MaxSize)
	if err != nil {
		return Signed{}, fault("read "+name, err)
	}
	c, _, err := checkpoint.Open(text, r.verifier, witnesses...)
	if err != nil {
		return Signed{}, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return Signed{c, text}, nil
}

// hashes reads the hashes of a tree; tlog checks each tile against the root.
func (r *Reader) hashes(tree tlog.Tree) tlog.HashReader {
	inner := tlog.TileHashReader(tree, r.tiles)
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		found, err := inner.ReadHashes(indexes)
		return found, damage(err)
	})
}

// damage is the kind of what tlog finds: its only errors are those of reading and
// of hashes that do not fit.
func damage(err error) error {
	var code Code
	if err == nil || errors.As(err, &code) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Entry gives one entry of the newest tree.
func (r *Reader) Entry(_ context.Context, index int64) (Entry, error) {
	at, err := r.Checkpoint()
	if err != nil {
		return Entry{}, err
	}
	line, err := r.leafAt(at, index)
	if err != nil {
		return Entry{}, err
	}
	return ParseLeaf(line)
}

// leafAt gives the bytes of a leaf that the tree vouches for.
func (r *Reader) leafAt(at Signed, index int64) ([]byte, error) {
	if index < 0 || index >= at.Size {
		return nil, fmt.Errorf("%w: leaf %d of %d", ErrNotFound, index, at.Size)
	}
	leaves, err := r.tiles.bundle(tileAt(entriesLevel, index/tileWidth, at.Size))
	if err != nil {
		return nil, err
	}
	line := leaves[index%tileWidth]
	stored, err := r.hashes(at.Tree()).ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return nil, err
	}
	if tlog.RecordHash(line) != stored[0] {
		return nil, fmt.Errorf("%w: leaf %d is not what was signed", ErrDamaged, index)
	}
	return line, nil
}

// leavesOf gives all leaves of one bundle, checked.
func (r *Reader) leavesOf(at Signed, n int64) ([][]byte, error) {
	leaves, err := r.tiles.bundle(tileAt(entriesLevel, n, at.Size))
	if err != nil {
		return nil, err
	}
	indexes := make([]int64, len(leaves))
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, n*tileWidth+int64(i))
	}
	stored, err := r.hashes(at.Tree()).ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	for i, line := range leaves {
		if tlog.RecordHash(line) != stored[i] {
			return nil, fmt.Errorf("%w: leaf %d is not what was signed", ErrDamaged, n*tileWidth+int64(i))
		}
	}
	return leaves, nil
}

// extends checks that a tree grew from an earlier one and nothing else happened to it.
func (r *Reader) extends(older, newer checkpoint.Checkpoint) error {
	if older.Size > newer.Size {
		return fmt.Errorf("%w: %d leaves, but %d were signed", ErrRolledBack, newer.Size, older.Size)
	}
	if older.Size == 0 {
		return nil
	}
	root, err := tlog.TreeHash(older.Size, r.hashes(newer.Tree()))
	if err != nil {
		return damage(err)
	}
	if root != older.Root {
		return fmt.Errorf("%w: another history was signed at %d leaves", ErrDamaged, older.Size)
	}
	return nil
}

// absent says that a file is not there.
func absent(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, fs.ErrNotExist)
}
