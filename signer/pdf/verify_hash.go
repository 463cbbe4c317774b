package pdf

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
)

// passBuffer is how much of a file is held while it is hashed.
const passBuffer = 256 << 10

// How much may be hashed in all for one file. Signatures that were appended one after
// the other share their first ranges, so honest files stay near once their size.
const (
	passWorkFactor = 8
	passWorkFloor  = 64 << 20
)

// errTooMuchHashing is the error of a span for which the file would have to be hashed
// over and over.
var errTooMuchHashing = errors.New("signatures cover too much, too often")

// span is a ByteRange with what is to be computed over it: the bytes from 0 up to gap,
// and from resume up to end.
type span struct {
	gap, resume, end int64
	hash             crypto.Hash
	sum              []byte // the digest, once it is known
	err              error  // why it is not
}

// hashSpans computes the digests of all spans in one pass over the file. Spans with
// the same algorithm share the state of their common beginning: it is cloned at each
// gap, so what is hashed is once the longest beginning plus each span's own tail. A
// failure to read, or the end of ctx, is an error; a span that cannot be had says so itself.
func hashSpans(ctx context.Context, r io.ReaderAt, size int64, spans []*span) error {
	p, end := planPass(size, spans)
	if len(p) == 0 {
		return nil
	}
	buf := make([]byte, min(passBuffer, end))
	for at := int64(0); at < end; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("hash the signed bytes: %w", err)
		}
		n := min(int64(len(buf)), end-at)
		if m, err := r.ReadAt(buf[:n], at); int64(m) < n {
			return fmt.Errorf("hash the signed bytes at %d: %w", at+int64(m), err)
		}
		for _, s := range p {
			s.feed(at, buf[:n])
		}
		at += n
	}
	for _, s := range p {
		s.finish()
	}
	return nil
}

// planPass groups the spans by algorithm and gives up to where the file must be read.
func planPass(size int64, spans []*span) (all []*shared, end int64) {
	byHash := map[crypto.Hash][]*span{}
	for _, s := range spans {
		if !s.hash.Available() {
			s.err = fmt.Errorf("digest %v is not supported", s.hash)
			continue
		}
		byHash[s.hash] = append(byHash[s.hash], s)
	}
	budget := passWorkFactor*size + passWorkFloor
	for h, group := range byHash {
		slices.SortFunc(group, func(a, b *span) int { return cmp.Compare(a.gap, b.gap) })
		g := &shared{state: h.New()}
		for _, s := range group {
			if budget -= s.end - s.resume; budget < 0 {
				s.err = errTooMuchHashing
				continue
			}
			g.waiting = append(g.waiting, s)
			end = max(end, s.end)
		}
		all = append(all, g)
	}
	return all, end
}

// shared is the beginning that the spans of one algorithm have in common.
type shared struct {
	state   hash.Hash
	waiting []*span // whose gap is not reached yet, the nearest first
	tails   []*tail // of those whose gap was reached
}

// tail is the state of one span after its gap.
type tail struct {
	*span
	state hash.Hash
}

// feed takes the bytes of the file that stand at an offset.
func (g *shared) feed(at int64, b []byte) {
	begin := at
	for len(g.waiting) > 0 && g.waiting[0].gap <= at+int64(len(b)) {
		next := g.waiting[0]
		g.state.Write(b[begin-at : next.gap-at])
		begin = next.gap
		g.branch(next)
		g.waiting = g.waiting[1:]
	}
	if len(g.waiting) > 0 {
		g.state.Write(b[begin-at:])
	}
	for _, t := range g.tails {
		from, to := max(t.resume, at), min(t.end, at+int64(len(b)))
		if from < to {
			t.state.Write(b[from-at : to-at])
		}
	}
}

// branch begins the tail of a span whose gap is reached.
func (g *shared) branch(s *span) {
	c, ok := g.state.(hash.Cloner)
	if !ok {
		s.err = fmt.Errorf("digest %v cannot be branched", s.hash)
		return
	}
	state, err := c.Clone()
	if err != nil {
		s.err = err
		return
	}
	g.tails = append(g.tails, &tail{s, state})
}

func (g *shared) finish() {
	for _, t := range g.tails {
		t.sum = t.state.Sum(nil)
	}
}
