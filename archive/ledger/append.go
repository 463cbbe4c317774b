package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"

	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
)

// MaxBatch bounds the entries of one Append.
const MaxBatch = 16 << 10

// recentSize is how many leaves back Append recognises an event that it is given again.
const recentSize = 4 * MaxBatch

// Append writes entries behind each other and gives their indexes in the tree. When it returns
// they are on the disk and under a signed checkpoint; when it fails, none is. An
// event that is among the last 65,536 leaves is not written again: its index is given,
// or ErrConflict when it says something else now. After an error of the disk it
// may be called again; after ErrClosed the log must be opened again.
func (l *Log) Append(ctx context.Context, entries []Entry) ([]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed != nil {
		return nil, l.closed
	}
	if len(entries) > MaxBatch {
		return nil, fmt.Errorf("%w: %d entries at once", ErrInvalid, len(entries))
	}
	b, err := l.batch(ctx, entries)
	if err != nil || len(b.leaves) == 0 {
		return b.indexes, err
	}
	if err := l.write(b); err != nil {
		return nil, err
	}
	return b.indexes, nil
}

// batch is what an Append comes down to.
type batch struct {
	indexes []int64 // of all entries, in the caller's order
	leaves  [][]byte
	keys    []eventKey
	last    string
}

func (l *Log) batch(ctx context.Context, entries []Entry) (batch, error) {
	var b batch
	fresh := map[string]int{} // event → its place in b.leaves
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return batch{}, err
		}
		line, err := e.Leaf()
		if err != nil {
			return batch{}, err
		}
		at, err := l.known(e.Event, line, fresh, b.leaves)
		if err != nil {
			return batch{}, err
		}
		if at < 0 {
			at = l.tree.Size + int64(len(b.leaves))
			fresh[e.Event] = len(b.leaves)
			b.leaves, b.keys, b.last = append(b.leaves, line), append(b.keys, keyOf(e.Event)), e.Event
		}
		b.indexes = append(b.indexes, at)
	}
	return b, nil
}

// known gives the index of an event that is in the log or earlier in this batch, else -1.
func (l *Log) known(event string, line []byte, fresh map[string]int, leaves [][]byte) (int64, error) {
	there, at := []byte(nil), int64(-1)
	if i, ok := fresh[event]; ok {
		there, at = leaves[i], l.tree.Size+int64(i)
	} else if i, ok := l.recent.find(keyOf(event)); ok {
		stored, err := l.leafAt(l.tree, i)
		if err != nil {
			return -1, err
		}
		if eventOf(stored) == event {
			there, at = stored, i
		}
	}
	if at >= 0 && string(there) != string(line) {
		return -1, fmt.Errorf("%w: %s is leaf %d", ErrConflict, event, at)
	}
	return at, nil
}

// write puts a batch on the disk: all that it adds, then the checkpoint that makes it count.
func (l *Log) write(b batch) error {
	next, err := l.grow(b)
	if err != nil {
		return errors.Join(fault("append", err), l.sweep(l.tree.Size))
	}
	if err := l.medium.sync(); err != nil { // nobody knows whether the checkpoint will last
		l.closed = fmt.Errorf("%w: the last commit failed: %w", ErrClosed, err)
		return fault("commit", err)
	}
	old := l.tree.Size
	l.tree, l.last = next, b.last
	l.recent.add(old, b.keys)
	l.tidy(old)
	return nil
}

// grow writes leaves and tiles, makes them durable, and puts the checkpoint over them.
func (l *Log) grow(b batch) (Signed, error) {
	old := l.tree.Size
	size := old + int64(len(b.leaves))
	hashes := overlay{new: make(map[int64]tlog.Hash, 2*len(b.leaves)), old: l.hashes(l.tree.Tree())}
	for i, line := range b.leaves {
		if err := hashes.add(old+int64(i), line); err != nil {
			return Signed{}, err
		}
	}
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return Signed{}, err
	}
	if err := l.writeTiles(old, size, hashes); err != nil {
		return Signed{}, err
	}
	if err := l.writeBundles(b.leaves); err != nil {
		return Signed{}, err
	}
	if err := errors.Join(l.index.put(old, b.keys), l.medium.sync()); err != nil {
		return Signed{}, err
	}
	return l.sign(checkpoint.Checkpoint{Origin: l.Origin(), Size: size, Root: root})
}

// sign signs a checkpoint and puts it where readers look. It is not durable before sync.
func (l *Log) sign(c checkpoint.Checkpoint) (Signed, error) {
	signed, err := c.Sign(l.signer)
	if err != nil {
		return Signed{}, err
	}
	return Signed{c, signed}, fault("write the checkpoint", l.medium.write(checkpointName, signed))
}

func (l *Log) writeTiles(old, size int64, hashes tlog.HashReader) error {
	for _, t := range tlog.NewTiles(tileHeight, old, size) {
		data, err := tlog.ReadTileData(t, hashes)
		if err != nil {
			return err
		}
		if err := l.medium.write(tileName(t), data); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) writeBundles(leaves [][]byte) error {
	n := l.tree.Size / tileWidth
	bundle, held, err := l.openBundle(n)
	if err != nil {
		return err
	}
	for len(leaves) > 0 {
		taken := min(tileWidth-held, len(leaves))
		for _, line := range leaves[:taken] {
			bundle = appendLeaf(bundle, line)
		}
		t := tlog.Tile{H: tileHeight, L: entriesLevel, N: n, W: held + taken}
		if err := l.medium.write(tileName(t), bundle); err != nil {
			return err
		}
		leaves, bundle, held, n = leaves[taken:], bundle[:0], 0, n+1
	}
	return nil
}

// openBundle gives the bundle that the next leaf goes into, checked.
func (l *Log) openBundle(n int64) (bundle []byte, held int, err error) {
	if l.tree.Size%tileWidth == 0 {
		return nil, 0, nil
	}
	leaves, err := l.leavesOf(l.tree, n)
	for _, line := range leaves {
		bundle = appendLeaf(bundle, line)
	}
	return bundle, len(leaves), err
}

// tidy removes the partial tiles that this batch made full. Until then they stay, because
// readers with an older checkpoint ask for them. It is no harm when a removal fails.
func (l *Log) tidy(old int64) {
	for level := int64(entriesLevel); level < 8; level++ {
		t := tileAt(int(level), (old>>(tileHeight*max(level, 0)))/tileWidth, old)
		full := tileAt(t.L, t.N, l.tree.Size)
		if full.W < tileWidth {
			continue
		}
		folder := tileName(full) + ".p"
		for _, name := range l.tiles.partials(full) {
			_ = l.medium.remove(path.Join(folder, name))
		}
		_ = l.medium.remove(folder)
	}
}

// sweep removes what lies beyond a tree: a batch that a crash or a full disk cut short.
func (l *Log) sweep(size int64) error {
	var errs []error
	for level := entriesLevel; level < 8; level++ {
		n := (size >> (tileHeight * max(level, 0))) / tileWidth
		last := n + MaxBatch>>(tileHeight*(max(level, 0)+1)) + 1
		for ; n <= last; n++ {
			errs = append(errs, l.sweepTile(tlog.Tile{H: tileHeight, L: level, N: n, W: tileAt(level, n, size).W}))
		}
	}
	return errors.Join(errs...)
}

// sweepTile removes the versions of a tile that are wider than the tree's own.
func (l *Log) sweepTile(t tlog.Tile) error {
	full := t
	full.W = tileWidth
	errs := []error{l.medium.remove(tileName(full))}
	for _, name := range l.tiles.partials(full) {
		partial, err := parseTileName(tileName(full) + ".p/" + name)
		if err != nil || partial.W > t.W {
			errs = append(errs, l.medium.remove(path.Join(tileName(full)+".p", name)))
		}
	}
	return errors.Join(errs...)
}

// overlay is the tree's hashes with those of the batch on top.
type overlay struct {
	new map[int64]tlog.Hash
	old tlog.HashReader
}

func (o overlay) add(n int64, line []byte) error {
	made, err := tlog.StoredHashes(n, line, o)
	first := tlog.StoredHashIndex(0, n)
	for i, h := range made {
		o.new[first+int64(i)] = h
	}
	return err
}

// ReadHashes gives new hashes from memory and the others from the tree.
func (o overlay) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	var missing []int64
	for i, x := range indexes {
		h, ok := o.new[x]
		if found[i] = h; !ok {
			missing = append(missing, x)
		}
	}
	older, err := o.old.ReadHashes(missing)
	if err != nil {
		return nil, err
	}
	for i, x := range indexes {
		if _, ok := o.new[x]; !ok {
			found[i], older = older[0], older[1:]
		}
	}
	return found, nil
}

// emptyRoot is the root of a tree without leaves (RFC 6962, section 2.1).
func emptyRoot() tlog.Hash { return sha256.Sum256(nil) }

// recent knows the keys of the newest leaves.
type recent struct {
	at    map[eventKey]int64
	order []eventKey
	first int64
}

func (r *recent) find(k eventKey) (int64, bool) {
	i, ok := r.at[k]
	return i, ok
}

func (r *recent) add(n int64, keys []eventKey) {
	if r.at == nil {
		r.at, r.first = make(map[eventKey]int64, recentSize), n
	}
	for i, k := range keys {
		r.at[k] = n + int64(i)
	}
	r.order = append(r.order, keys...)
	for len(r.order) > recentSize {
		if k := r.order[0]; r.at[k] == r.first {
			delete(r.at, k)
		}
		r.order, r.first = r.order[1:], r.first+1
	}
}

// partials lists the names in the folder of a tile's partial versions.
func (t tiles) partials(full tlog.Tile) []string {
	return namesIn(t.dir, tileName(full)+".p")
}
