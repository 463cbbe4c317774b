package changes

import (
	"fmt"
	"slices"

	"congvan/signer/pdf/syntax"
)

// graph remembers which object refers to which. Each version of an object is read once,
// however many revisions are compared; only the numbers of what it refers to are kept.
type graph struct {
	revisions []*syntax.Revision
	ids       map[syntax.Ref]id
	refs      []syntax.Ref
	defined   map[int][]int // object number → the revisions that (re)define or free it, ascending
	out       map[version][]id
	edges     int
	walked    int // objects met on all walks
	last      *reach
	lastIndex int
}

// id stands for a reference; the trailer is object 0, which no object can be (7.3.10).
type id int32

const trailer id = 0

// version is an object as a revision defined it.
type version struct {
	id       id
	revision int
}

// maxEdges bounds the references of a file: at 4 bytes each they stay within the memory that
// a verifier may take, and real documents of 100,000 objects have a tenth.
const maxEdges = 8 << 20

func newGraph(revisions []*syntax.Revision) *graph {
	g := &graph{
		revisions: revisions,
		ids:       map[syntax.Ref]id{{}: trailer},
		refs:      []syntax.Ref{{}},
		defined:   map[int][]int{},
		out:       map[version][]id{},
	}
	for i, r := range revisions {
		for _, ref := range r.Changed() {
			of := g.defined[ref.Number]
			if len(of) == 0 || of[len(of)-1] != i {
				g.defined[ref.Number] = append(of, i)
			}
		}
	}
	return g
}

func (g *graph) id(ref syntax.Ref) id {
	n, ok := g.ids[ref]
	if !ok {
		n = id(len(g.refs))
		g.ids[ref] = n
		g.refs = append(g.refs, ref)
	}
	return n
}

// version says which revision defined an object as revision i shows it.
func (g *graph) version(n id, i int) version {
	if n == trailer {
		return version{n, i}
	}
	of := g.defined[g.refs[n].Number]
	at, found := slices.BinarySearch(of, i)
	switch {
	case found:
		return version{n, i}
	case at == 0:
		return version{n, -1} // defined nowhere so far
	}
	return version{n, of[at-1]}
}

// changed says whether revision i touches the object, be it under another generation.
func (g *graph) changed(n id, i int) bool {
	return n != trailer && g.version(n, i).revision == i
}

// object reads an object as revision i shows it.
func (g *graph) object(n id, i int) (syntax.Object, error) {
	if n == trailer {
		return references(g.revisions[i].Trailer), nil
	}
	return g.revisions[i].Get(g.refs[n])
}

// links gives what an object refers to, each once.
func (g *graph) links(n id, i int) ([]id, error) {
	key := g.version(n, i)
	if out, ok := g.out[key]; ok {
		return out, nil
	}
	o, err := g.object(n, i)
	if err != nil {
		return nil, err
	}
	var out []id
	walk(o, func(ref syntax.Ref) { out = append(out, g.id(ref)) })
	slices.Sort(out)
	out = slices.Clip(slices.Compact(out))
	g.out[key] = out
	if g.edges += len(out); g.edges > maxEdges {
		return nil, fmt.Errorf("%w: more than %d references", errTooComplex, maxEdges)
	}
	return out, nil
}

// walk calls f for the references that are written in an object itself.
func walk(o syntax.Object, f func(syntax.Ref)) {
	switch o := o.(type) {
	case syntax.Ref:
		f(o)
	case syntax.Array:
		for _, e := range o {
			walk(e, f)
		}
	case syntax.Dict:
		for _, e := range o {
			walk(e, f)
		}
	case *syntax.Stream:
		walk(o.Dict, f)
	}
}

// reach is what can be reached from the trailer of one revision.
type reach struct {
	seen  []bool       // by id
	order []id         // nearest to the trailer first
	bad   map[id]error // reached, and cannot be read
	start []int32      // index into from, by id
	from  []id         // referrers
}

// maxWalked bounds the objects met while walking one revision after the other: a document of
// 100,000 objects may have 500 revisions.
const maxWalked = 50 << 20

// reach walks all objects of a revision. The walk over the one before is remembered.
func (g *graph) reach(i int) (*reach, error) {
	if g.last != nil && g.lastIndex == i {
		return g.last, nil
	}
	r, err := g.walk(i)
	if err == nil {
		g.last, g.lastIndex = r, i
	}
	return r, err
}

func (g *graph) walk(i int) (*reach, error) {
	r := &reach{order: []id{trailer}, bad: map[id]error{}}
	r.see(trailer)
	for at := 0; at < len(r.order); at++ {
		if g.walked++; g.walked > maxWalked {
			return nil, fmt.Errorf("%w: too many revisions", errTooComplex)
		}
		n := r.order[at]
		out, err := g.links(n, i)
		if err != nil {
			if !malformed(err) {
				return nil, err
			}
			r.bad[n] = err
			continue
		}
		for _, to := range out {
			if r.see(to) {
				r.order = append(r.order, to)
			}
		}
	}
	return r, nil
}

// see marks an object as reached, and says whether it is for the first time.
func (r *reach) see(n id) bool {
	if int(n) >= len(r.seen) {
		r.seen = append(r.seen, make([]bool, int(n)+1+len(r.seen)/2)...)
	}
	if r.seen[n] {
		return false
	}
	r.seen[n] = true
	return true
}

// has says whether an object is reached.
func (r *reach) has(n id) bool { return int(n) < len(r.seen) && r.seen[n] }

// turn makes the references known from their targets' side.
func (r *reach) turn(g *graph, i int) {
	r.start = make([]int32, len(g.refs)+1)
	r.each(g, i, func(_, to id) { r.start[to+1]++ })
	for n := 1; n < len(r.start); n++ {
		r.start[n] += r.start[n-1]
	}
	r.from = make([]id, r.start[len(r.start)-1])
	next := slices.Clone(r.start)
	r.each(g, i, func(from, to id) {
		r.from[next[to]] = from
		next[to]++
	})
}

func (r *reach) each(g *graph, i int, f func(from, to id)) {
	for _, n := range r.order {
		for _, to := range g.out[g.version(n, i)] {
			f(n, to)
		}
	}
}

// referrers gives the reached objects that refer to n. turn must have been called.
func (r *reach) referrers(n id) []id {
	if int(n)+1 >= len(r.start) {
		return nil
	}
	return r.from[r.start[n]:r.start[n+1]]
}
