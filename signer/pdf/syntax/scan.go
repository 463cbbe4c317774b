package syntax

import (
	"bytes"
	"context"
	"io"
	"strconv"
)

// maxTraces bounds how many traces of each kind are remembered, scanRoom how many bytes
// are looked at, half of them from the end where the file is larger.
const (
	maxTraces = 1000
	scanRoom  = 256 << 20
)

// Scan looks through the bytes of a file that [Open] refuses for what looks like
// signatures, so that a verifier can tell "none of two could be verified". It gives
// one name for each: @ and an offset. It knows no structure: it counts copies
// that were superseded, and sees nothing that is compressed.
func Scan(ctx context.Context, r io.ReaderAt, size int64) (names []string, err error) {
	t := traces{ctx: ctx}
	if size <= scanRoom {
		err = t.scan(r, 0, size)
	} else if err = t.scan(r, 0, scanRoom/2); err == nil {
		err = t.scan(r, size-scanRoom/2, scanRoom/2)
	}
	for _, at := range t.most() {
		names = append(names, "@"+strconv.FormatInt(at, 10))
	}
	return names, err
}

// traces are the offsets of what only signatures have. One signature leaves up to one
// of each.
type traces struct {
	ctx        context.Context
	fields     []int64 // /FT /Sig
	signatures []int64 // /Type /Sig, /Type /DocTimeStamp
	byteRanges []int64 // /ByteRange
}

func (t *traces) most() []int64 {
	most := t.fields
	for _, other := range [][]int64{t.signatures, t.byteRanges} {
		if len(other) > len(most) {
			most = other
		}
	}
	return most
}

// scanOverlap is kept of a piece so that what lies across its end is seen.
const scanOverlap = 64

func (t *traces) scan(from io.ReaderAt, start, length int64) error {
	r := io.NewSectionReader(from, start, length)
	buf := make([]byte, 64<<10)
	for kept := 0; ; {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, buf[kept:])
		n += kept
		if err != nil {
			t.look(buf[:n], n, start)
			if !ended(err) {
				return failBecause(CodeRead, start+int64(n), err)
			}
			return nil
		}
		t.look(buf, n-scanOverlap, start)
		start += int64(n - scanOverlap)
		kept = copy(buf, buf[n-scanOverlap:])
	}
}

// look remembers the traces that begin before end.
func (t *traces) look(b []byte, end int, start int64) {
	for at := 0; at < end; at++ {
		i := bytes.IndexByte(b[at:end], '/')
		if i < 0 {
			return
		}
		at += i
		if kind := t.kind(b[at:]); kind != nil && len(*kind) < maxTraces {
			*kind = append(*kind, start+int64(at))
		}
	}
}

// kind says which traces b begins with one of.
func (t *traces) kind(b []byte) *[]int64 {
	switch {
	case startsName(b, "/ByteRange"):
		return &t.byteRanges
	case pair(b, "/FT", "/Sig"):
		return &t.fields
	case pair(b, "/Type", "/Sig"), pair(b, "/Type", "/DocTimeStamp"):
		return &t.signatures
	}
	return nil
}

func startsName(b []byte, name string) bool {
	return bytes.HasPrefix(b, []byte(name)) && (len(b) == len(name) || !isRegular(int(b[len(name)])))
}

// pair says whether a key and a name follow each other.
func pair(b []byte, key, name string) bool {
	if !startsName(b, key) {
		return false
	}
	b = b[len(key):]
	for len(b) > 0 && isSpace(int(b[0])) {
		b = b[1:]
	}
	return startsName(b, name)
}
