package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A tile holds the hashes of 2^tileHeight nodes of one level.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	maxBundle  = tileWidth * (2 + MaxLeaf)
)

// entriesLevel marks a tile that holds leaves instead of hashes, as tlog does.
const entriesLevel = -1

// tileName is a tile's place in the folder, by c2sp.org/tlog-tiles.
func tileName(t tlog.Tile) string {
	rest := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if entries, ok := strings.CutPrefix(rest, "data/"); ok {
		rest = "entries/" + entries
	}
	return "tile/" + rest
}

// parseTileName is the inverse of tileName.
func parseTileName(name string) (tlog.Tile, error) {
	rest := strings.TrimPrefix(name, "tile/")
	if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + entries
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err == nil && tileName(t) != name {
		err = errors.New("not the name of a tile")
	}
	return t, err
}

// tileAt is the tile n of a level in a tree of the given size; its width is 0 when the
// tree has no such tile.
func tileAt(level int, n, size int64) tlog.Tile {
	nodes := size >> (tileHeight * max(level, 0))
	width := min(max(nodes-n<<tileHeight, 0), tileWidth)
	return tlog.Tile{H: tileHeight, L: level, N: n, W: int(width)}
}

// tiles reads the files of a log. It is a tlog.TileReader: tlog checks all that
// it reads against the root.
type tiles struct{ dir string }

// Height says how tall tiles are.
func (t tiles) Height() int { return tileHeight }

// SaveTiles does nothing: the tiles come from the disk.
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles reads tiles of hashes.
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		var err error
		if data[i], err = t.hashes(tile); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// hashes reads a tile of hashes: W times 32 bytes.
func (t tiles) hashes(tile tlog.Tile) ([]byte, error) {
	data, err := t.read(tile, tileWidth*tlog.HashSize)
	if err != nil {
		return nil, err
	}
	if len(data) < tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%w: %s is cut off", ErrDamaged, tileName(tile))
	}
	return data[:tile.W*tlog.HashSize], nil
}

// bundle reads the first W leaves of a tile of entries.
func (t tiles) bundle(tile tlog.Tile) ([][]byte, error) {
	data, err := t.read(tile, maxBundle)
	if err != nil {
		return nil, err
	}
	leaves, _, err := splitBundle(data, tile.W)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tileName(tile), err)
	}
	return leaves, nil
}

// read reads a tile, or the full one when the partial one was tidied away meanwhile.
func (t tiles) read(tile tlog.Tile, limit int64) ([]byte, error) {
	data, err := readFile(filepath.Join(t.dir, filepath.FromSlash(tileName(tile))), limit)
	if errors.Is(err, fs.ErrNotExist) && tile.W < tileWidth {
		tile.W = tileWidth
		data, err = readFile(filepath.Join(t.dir, filepath.FromSlash(tileName(tile))), limit)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return data, fault("read a tile", err)
}

// readFile reads a file that may not be longer than limit.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%w: %s is longer than %d bytes", ErrDamaged, filepath.Base(path), limit)
	}
	return data, err
}

// appendLeaf adds a leaf to a bundle.
func appendLeaf(bundle, leaf []byte) []byte {
	return append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
}

// splitBundle takes n leaves off a bundle and gives what follows them.
func splitBundle(data []byte, n int) (leaves [][]byte, rest []byte, err error) {
	leaves = make([][]byte, 0, n)
	for range n {
		if len(data) < 2 {
			return leaves, data, fmt.Errorf("%w: only %d of %d leaves", ErrDamaged, len(leaves), n)
		}
		size := int(binary.BigEndian.Uint16(data))
		if data = data[2:]; size > len(data) {
			return leaves, data, fmt.Errorf("%w: leaf %d is cut off", ErrDamaged, len(leaves))
		}
		leaves, data = append(leaves, data[:size:size]), data[size:]
	}
	return leaves, data, nil
}
