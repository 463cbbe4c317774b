package changes

import (
	"fmt"
	"maps"

	"congvan/signer/pdf/syntax"
)

// pair is two objects whose comparison was begun.
type pair struct{ old, new syntax.Ref }

// alike says whether a value of the old revision and one of the new are the same to
// a reader, however they are spread over objects. Pages, fields and annotations that are the
// same object are judged on their own.
func (d *diff) alike(was, is syntax.Object) (bool, error) {
	return d.alikeIn(was, is, map[pair]bool{}, 0)
}

func (d *diff) alikeIn(was, is syntax.Object, begun map[pair]bool, depth int) (bool, error) {
	if err := d.step(&d.nodes, maxNodes); err != nil {
		return false, err
	}
	if depth > maxDepth {
		return false, fmt.Errorf("%w: values nested %d deep", errTooComplex, depth)
	}
	p := pair{}
	p.old, _ = was.(syntax.Ref)
	p.new, _ = is.(syntax.Ref)
	if p != (pair{}) {
		if begun[p] && p.old != (syntax.Ref{}) && p.new != (syntax.Ref{}) {
			return true, nil
		}
		begun[p] = true
		if p.old == p.new {
			if r, err := d.role(d.graph.id(p.old)); err != nil || r != roleNone {
				return err == nil, err
			}
		}
	}
	was, is, err := d.resolve(was, is)
	if err != nil {
		return false, err
	}
	return d.alikeValues(was, is, begun, depth+1)
}

func (d *diff) alikeValues(was, is syntax.Object, begun map[pair]bool, depth int) (bool, error) {
	switch x := was.(type) {
	case syntax.Array:
		y, ok := is.(syntax.Array)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if ok, err := d.alikeIn(x[i], y[i], begun, depth); err != nil || !ok {
				return false, err
			}
		}
		return true, nil
	case syntax.Dict:
		y, ok := is.(syntax.Dict)
		if !ok {
			return false, nil
		}
		return d.alikeDicts(x, y, begun, depth)
	case *syntax.Stream:
		y, ok := is.(*syntax.Stream)
		if !ok {
			return false, nil
		}
		if ok, err := d.alikeDicts(withoutLength(x.Dict), withoutLength(y.Dict), begun, depth); err != nil || !ok {
			return false, err
		}
		return d.sameBytes(x, y), nil
	}
	return syntax.Equal(was, is), nil
}

func (d *diff) alikeDicts(x, y syntax.Dict, begun map[pair]bool, depth int) (bool, error) {
	for _, key := range keysOf(x, y) {
		if ok, err := d.alikeIn(x[key], y[key], begun, depth); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// sameBytes compares what streams hold, decrypted and still encoded: each two of them once.
func (d *diff) sameBytes(x, y *syntax.Stream) bool {
	at := [2]int64{x.Offset, y.Offset}
	if equal, ok := d.streams[at]; ok {
		return equal
	}
	a, b := *x, *y
	a.Dict, b.Dict = nil, nil
	d.streams[at] = syntax.Equal(&a, &b)
	return d.streams[at]
}

// withoutLength leaves out what reading the bytes has made use of.
func withoutLength(d syntax.Dict) syntax.Dict {
	c := maps.Clone(d)
	delete(c, "Length")
	return c
}
