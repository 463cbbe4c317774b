package syntax

import (
	"io"
)

// predictor undoes the differences that were taken before compression (7.4.4.4).
type predictor struct {
	kind  int64 // 1 none, 2 TIFF, from 10 PNG
	pixel int   // bytes of a pixel, at least one
	row   int   // bytes of a row
	bits  int64
	parts int64 // colour components of a pixel
}

// maxRow bounds the bytes of a row.
const maxRow = 1 << 20

func newPredictor(kind, colors, bits, columns int64) (predictor, error) {
	if kind == 1 {
		return predictor{kind: 1}, nil
	}
	known := kind == 2 || kind >= 10 && kind <= 15
	depth := bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16
	if !known || !depth || colors < 1 || colors > 32 || columns < 1 || columns > maxRow {
		return predictor{}, fail(CodeFilter, -1)
	}
	row := (colors*bits*columns + 7) / 8
	if row > maxRow {
		return predictor{}, fail(CodeStreamSize, -1)
	}
	return predictor{kind, int(max(1, colors*bits/8)), int(row), bits, colors}, nil
}

func (p predictor) open(r io.Reader) io.Reader {
	switch {
	case p.kind < 2:
		return r
	case p.kind == 2:
		return &rows2{r: r, p: p, row: make([]byte, p.row)}
	}
	return &pngRows{r: r, p: p, line: make([]byte, 1+p.row), before: make([]byte, p.row)}
}

// pngRows undoes the PNG filters, one of which each row names in its first byte.
type pngRows struct {
	r      io.Reader
	p      predictor
	line   []byte // as read: the filter and a row
	before []byte // the row before, undone
	rest   []byte // of before, not yet given out
}

func (g *pngRows) Read(b []byte) (int, error) {
	if len(g.rest) == 0 {
		n, err := io.ReadFull(g.r, g.line)
		if err == io.ErrUnexpectedEOF && n > 1 {
			err = nil // a last row may be short
		}
		if err != nil {
			return 0, err
		}
		if err := g.undo(g.line[0], g.line[1:n]); err != nil {
			return 0, err
		}
		g.rest = g.before[:n-1]
	}
	n := copy(b, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// undo replaces the row before by this one (PNG, clause 9).
func (g *pngRows) undo(filter byte, row []byte) error {
	if filter > 4 {
		return fail(CodeFilterData, -1)
	}
	var upperLeft [32 * 2]byte // of the last pixel: before is overwritten while it is read
	for i, c := range row {
		var left, corner byte
		up := g.before[i]
		if i >= g.p.pixel {
			left, corner = g.before[i-g.p.pixel], upperLeft[i%g.p.pixel]
		}
		switch filter {
		case 1:
			c += left
		case 2:
			c += up
		case 3:
			c += byte((int(left) + int(up)) / 2)
		case 4:
			c += paeth(left, up, corner)
		}
		upperLeft[i%g.p.pixel] = up
		g.before[i] = c
	}
	return nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	da, db, dc := distance(p, a), distance(p, b), distance(p, c)
	switch {
	case da <= db && da <= dc:
		return a
	case db <= dc:
		return b
	}
	return c
}

func distance(p int, x byte) int {
	if d := p - int(x); d >= 0 {
		return d
	}
	return int(x) - p
}

// rows2 undoes predictor 2 of TIFF: components are differences to the pixel on the left.
type rows2 struct {
	r    io.Reader
	p    predictor
	row  []byte
	rest []byte
}

func (t *rows2) Read(b []byte) (int, error) {
	if len(t.rest) == 0 {
		n, err := io.ReadFull(t.r, t.row)
		if err == io.ErrUnexpectedEOF && n > 0 {
			err = nil
		}
		if err != nil {
			return 0, err
		}
		t.undo(t.row[:n])
		t.rest = t.row[:n]
	}
	n := copy(b, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

func (t *rows2) undo(row []byte) {
	switch t.p.bits {
	case 8:
		for i := t.p.pixel; i < len(row); i++ {
			row[i] += row[i-t.p.pixel]
		}
	case 16:
		for i := t.p.pixel; i+1 < len(row); i += 2 {
			sum := uint16(row[i])<<8 + uint16(row[i+1]) + uint16(row[i-t.p.pixel])<<8 + uint16(row[i-t.p.pixel+1])
			row[i], row[i+1] = byte(sum>>8), byte(sum)
		}
	default:
		t.undoBits(row)
	}
}

// undoBits handles components of 1, 2 and 4 bits.
func (t *rows2) undoBits(row []byte) {
	bits, parts := int(t.p.bits), int(t.p.parts)
	mask := byte(1<<bits - 1)
	at := func(i int) (index, shift int) { return i * bits / 8, 8 - bits - i*bits%8 }
	for i := parts; (i+1)*bits <= 8*len(row); i++ {
		index, shift := at(i)
		leftIndex, leftShift := at(i - parts)
		sum := row[index]>>shift + row[leftIndex]>>leftShift
		row[index] = row[index]&^(mask<<shift) | sum&mask<<shift
	}
}
