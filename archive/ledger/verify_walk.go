package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

type hash = tlog.Hash

// progressEvery is how many bundles lie between two calls of Progress.
const progressEvery = 256

// resume goes on where an earlier run stood, if it was about this log.
func (v *verification) resume() int64 {
	p := v.options.Resume
	if p == nil || p.Origin != v.Origin() || p.Bundles*tileWidth > v.target.Size {
		return 0
	}
	size, root := v.report.Size, v.report.Root
	findings := append(p.Report.Findings, v.report.Findings...)
	*v.report = p.Report
	v.report.Size, v.report.Root, v.report.Findings = size, root, findings
	v.tree = append(frontier(nil), p.Frontier...)
	v.events.resume(p)
	return p.Bundles
}

func (v *verification) progress(bundles int64) Progress {
	p := Progress{Origin: v.Origin(), Bundles: bundles, Frontier: append(frontier(nil), v.tree...), Report: *v.report}
	p.Report.Findings = append([]Finding(nil), v.report.Findings...)
	v.events.progress(&p)
	return p
}

// walk reads all bundles in order and builds the tree anew from the leaves.
func (v *verification) walk(ctx context.Context, first int64) error {
	for n := first; n*tileWidth < v.target.Size; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.bundle(ctx, n); err != nil {
			return err
		}
		if (n+1)%progressEvery == 0 && (n+1)*tileWidth <= v.target.Size {
			v.options.Progress(v.progress(n + 1))
		}
	}
	v.checkAnchors(v.target.Size, nil)
	if v.target.Size%tileWidth == 0 && v.tree.root() != v.target.Root {
		v.rootMismatch()
	}
	return nil
}

func (v *verification) rootMismatch() {
	v.find(Finding{Code: RootMismatch, File: checkpointName, Leaf: -1, Detail: v.provenTo()})
}

// bundle checks one bundle of leaves against the tile of its hashes, both against what
// stands above, and the leaves against the database.
func (v *verification) bundle(ctx context.Context, n int64) error {
	leaves := v.readBundle(tileAt(entriesLevel, n, v.target.Size))
	tile := tileAt(0, n, v.target.Size)
	stored := v.readHashes(tile)
	made := make([]hash, len(leaves))
	whole := true
	for i, line := range leaves {
		if line == nil {
			whole = false
			continue
		}
		made[i] = tlog.RecordHash(line)
		v.report.Leaves++
		v.report.Bytes += int64(len(line))
	}
	changed := v.settle(tile, leaves, made, stored, whole)
	v.checkIndex(n, leaves)
	for i, line := range leaves {
		if err := v.events.leaf(ctx, n*tileWidth+int64(i), line, changed[i]); err != nil {
			return err
		}
	}
	return nil
}

// settle decides which hashes to go on with where leaves and tile differ, says which side is
// wrong, and adds them to the tree. It gives the leaves that are not the signed ones.
func (v *verification) settle(tile tlog.Tile, leaves [][]byte, made, stored []hash, whole bool) map[int]bool {
	differ := map[int]bool{}
	for i := range made {
		if stored != nil && leaves[i] != nil && made[i] != stored[i] {
			differ[i] = true
		}
	}
	chosen := made
	if stored != nil && (!whole || len(differ) > 0 && v.above(tile, stored, made)) {
		chosen = stored // the leaves are wrong
	} else if len(differ) > 0 {
		v.findFile(TileDamaged, tileName(tile), "its hashes are not those of the leaves")
		differ = nil
	}
	for i := range len(made) {
		if differ[i] {
			v.find(Finding{
				Code: LeafChanged, File: tileName(tileAt(entriesLevel, tile.N, v.target.Size)),
				Leaf: tile.N*tileWidth + int64(i), Event: eventOf(leaves[i]),
			})
		}
	}
	v.add(tile, chosen, stored == nil && !whole)
	return differ
}

// above says that what stands above a tile agrees with the stored hashes and not
// with those made of the leaves.
func (v *verification) above(tile tlog.Tile, stored, made []hash) bool {
	start := tile.N * tileWidth
	if start+int64(len(stored)) == v.target.Size && v.tree.with(stored).root() == v.target.Root {
		return true
	}
	if tile.W < tileWidth {
		return v.tree.with(made).root() != v.target.Root
	}
	parent, known := v.parent(1, tile.N)
	return !known || rootOf(made) != parent
}

// add adds the hashes of a bundle to the tree. A bundle of which nothing is left is taken as
// the tile above says, so that the others can still be checked.
func (v *verification) add(tile tlog.Tile, hashes []hash, lost bool) {
	v.checkAnchors(tile.N*tileWidth, hashes)
	if tile.W < tileWidth {
		v.tree = v.tree.with(hashes)
		if v.tree.root() != v.target.Root {
			v.rootMismatch()
		}
		return
	}
	root := rootOf(hashes)
	if parent, known := v.parent(1, tile.N); known && lost {
		root = parent
	}
	v.grown(node{root, tileHeight}, tile.N)
	v.tree.push(node{root, tileHeight}, func(n node) {
		v.grown(n, (tile.N+1)>>(n.Height-tileHeight)-1)
	})
}

// grown compares a complete subtree with the tile that holds its root.
func (v *verification) grown(n node, index int64) {
	if n.Height%tileHeight != 0 {
		return
	}
	level := n.Height / tileHeight
	if stored, known := v.parent(level, index); known && stored != n.Hash {
		v.findFile(TileDamaged, tileName(tileAt(level, index/tileWidth, v.target.Size)), "its hashes are not those of the tiles below")
	}
}

// parent is the tile of a level that was read last.
type parent struct {
	n      int64
	hashes []hash
}

// parent gives the node of a level as the files have it.
func (v *verification) parent(level int, index int64) (hash, bool) {
	p, ok := v.parents[level]
	if !ok || p.n != index/tileWidth {
		tile := tileAt(level, index/tileWidth, v.target.Size)
		p = parent{tile.N, v.readHashes(tile)}
		v.parents[level] = p
	}
	if p.hashes == nil {
		return hash{}, false
	}
	return p.hashes[index%tileWidth], true
}

// readHashes reads a tile; nil, and a finding, when that is not possible.
func (v *verification) readHashes(tile tlog.Tile) []hash {
	data, read, err := v.readTile(tile, tileWidth*tlog.HashSize)
	if err == nil && len(data) != read.W*tlog.HashSize {
		v.findFile(TileDamaged, tileName(read), fmt.Sprintf("%d bytes", len(data)))
		err = ErrDamaged
	}
	if err != nil {
		return nil
	}
	v.checkPartials(read, func(w int) []byte { return data[:w*tlog.HashSize] })
	hashes := make([]hash, tile.W)
	for i := range hashes {
		hashes[i] = hash(data[i*tlog.HashSize:])
	}
	return hashes
}

// readBundle reads leaves; those that cannot be read are nil.
func (v *verification) readBundle(tile tlog.Tile) [][]byte {
	data, read, err := v.readTile(tile, maxBundle)
	var leaves [][]byte
	if err == nil {
		var rest []byte
		leaves, rest, err = splitBundle(data, read.W)
		if err == nil && len(rest) > 0 {
			err = fmt.Errorf("%d bytes too many", len(rest))
		}
		if err != nil {
			v.findFile(BundleDamaged, tileName(read), err.Error())
		} else {
			v.checkPartials(read, func(w int) []byte { return data[:bundleSize(leaves[:w])] })
		}
	}
	all := make([][]byte, tile.W)
	copy(all, leaves)
	return all
}

func bundleSize(leaves [][]byte) int {
	size := 0
	for _, line := range leaves {
		size += 2 + len(line)
	}
	return size
}

// readTile reads a tile's file, or that of the full tile when the writer has tidied meanwhile.
func (v *verification) readTile(tile tlog.Tile, limit int64) ([]byte, tlog.Tile, error) {
	data, err := readFile(v.path(tileName(tile)), limit)
	read := tile
	if errors.Is(err, fs.ErrNotExist) && tile.W < tileWidth {
		read.W = tileWidth
		data, err = readFile(v.path(tileName(read)), limit)
	}
	if errors.Is(err, fs.ErrNotExist) {
		v.findFile(FileMissing, tileName(tile), "")
	} else if err != nil {
		code := TileDamaged
		if tile.L == entriesLevel {
			code = BundleDamaged
		}
		v.findFile(code, tileName(read), err.Error())
	}
	return data, read, err
}

func (v *verification) path(name string) string {
	return filepath.Join(v.dir, filepath.FromSlash(name))
}

// checkPartials compares what is left of a tile's earlier versions with its beginning.
func (v *verification) checkPartials(tile tlog.Tile, prefix func(width int) []byte) {
	full := tile
	full.W = tileWidth
	for _, name := range v.tiles.partials(full) {
		file := path.Join(tileName(full)+".p", name)
		partial, err := parseTileName(file)
		if err != nil || partial.W >= tile.W {
			continue // foreign, the tile itself, or being written
		}
		data, err := readFile(v.path(file), maxBundle)
		if err == nil && !bytes.Equal(data, prefix(partial.W)) {
			err = errors.New("it is not the beginning of the tile")
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			v.findFile(TileDamaged, file, err.Error())
		}
	}
}

// checkIndex compares the keys of a bundle's leaves.
func (v *verification) checkIndex(n int64, leaves [][]byte) {
	if v.flagged[indexName] {
		return
	}
	f, err := os.Open(v.path(indexName))
	if err != nil {
		v.findFile(IndexDamaged, indexName, err.Error())
		return
	}
	defer f.Close()
	stored := make([]byte, len(leaves)*keySize)
	if _, err := f.ReadAt(stored, n*tileWidth*keySize); err != nil {
		v.findFile(IndexDamaged, indexName, err.Error())
		return
	}
	for i, line := range leaves {
		if line == nil {
			continue
		}
		if key := keyOf(quickEvent(line)); !bytes.Equal(stored[i*keySize:][:keySize], key[:]) && !v.leafFlagged(n) {
			v.findFile(IndexDamaged, indexName, fmt.Sprintf("the key of leaf %d", n*tileWidth+int64(i)))
			return
		}
	}
}

// leafFlagged says that leaves of a bundle were reported; their keys then prove nothing.
func (v *verification) leafFlagged(n int64) bool {
	return v.flagged[tileName(tileAt(entriesLevel, n, v.target.Size))]
}

// checkStray looks for files that do not belong here.
func (v *verification) checkStray(ctx context.Context) error {
	return filepath.WalkDir(v.dir, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the writer tidied it away meanwhile
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		name, err := filepath.Rel(v.dir, p)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); d.IsDir() && name == stagingDir {
			return fs.SkipDir
		}
		if !d.IsDir() && !belongs(name) {
			v.findFile(FileStray, name, "")
		}
		return nil
	})
}

func belongs(name string) bool {
	switch folder, _, _ := strings.Cut(name, "/"); folder {
	case "tile":
		_, err := parseTileName(name)
		return err == nil
	case timestampsDir:
		return strings.HasSuffix(name, checkpointExt) || strings.HasSuffix(name, tokenExt)
	case witnessesDir, checkpointName, indexName, "lock":
		return true
	default:
		return false
	}
}
