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
	numbers   numbers
	others    map[syntax.Ref]id // references to a number under further generations
	refs      []syntax.Ref      // by id
	first     []read            // by id: the version that was read first; most objects have no other
	later     map[version][]id  // what the others refer to
	edges     []id              // what those read first refer to, one after the other
	total     int               // of references
	walked    int               // objects met on all walks
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

// read says which version of an object was read first, and where in the edges is what it
// refers to.
type read struct {
	version    int32 // its revision, nowhere, or unread
	start, end int32
}

// nowhere is the revision of what no revision has defined so far.
const (
	nowhere = -1
	unread  = -2
)

// maxEdges bounds the references of a file: at 4 bytes each they stay within the memory that
// a verifier may take, and real documents of 100,000 objects have a tenth.
const maxEdges = 8 << 20

func newGraph(revisions []*syntax.Revision) *graph {
	g := &graph{
		revisions: revisions,
		numbers:   newNumbers(revisions),
		others:    map[syntax.Ref]id{},
		later:     map[version][]id{},
	}
	g.refs = append(make([]syntax.Ref, 0, g.numbers.count+1), syntax.Ref{})
	g.first = append(make([]read, 0, g.numbers.count+1), read{version: unread})
	return g
}

func (g *graph) id(ref syntax.Ref) id {
	number := g.numbers.at(ref.Number)
	switch {
	case number.id == 0:
		number.id = g.newID(ref)
		return number.id
	case g.refs[number.id] == ref:
		return number.id
	}
	n, ok := g.others[ref]
	if !ok {
		n = g.newID(ref)
		g.others[ref] = n
	}
	return n
}

func (g *graph) newID(ref syntax.Ref) id {
	if ref == (syntax.Ref{}) {
		return trailer
	}
	n := id(len(g.refs))
	g.refs = append(g.refs, ref)
	g.first = append(g.first, read{version: unread})
	return n
}

// version says which revision defined an object as revision i shows it.
func (g *graph) version(n id, i int) version {
	if n == trailer {
		return version{n, i}
	}
	return version{n, g.numbers.definedBy(g.refs[n].Number, i)}
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
	v := g.version(n, i)
	if out, ok := g.known(v); ok {
		return out, nil
	}
	o, err := g.object(n, i)
	if err != nil {
		return nil, err
	}
	var out []id
	walk(o, func(ref syntax.Ref) { out = append(out, g.id(ref)) })
	slices.Sort(out)
	out = slices.Compact(out)
	g.keep(v, out)
	if g.total += len(out); g.total > maxEdges {
		return nil, fmt.Errorf("%w: more than %d references", errTooComplex, maxEdges)
	}
	return out, nil
}

// known gives what a version of an object refers to, if that was read.
func (g *graph) known(v version) ([]id, bool) {
	if at := g.first[v.id]; at.version == int32(v.revision) {
		return g.edges[at.start:at.end], true
	}
	out, ok := g.later[v]
	return out, ok
}

// keep remembers what a version of an object refers to.
func (g *graph) keep(v version, out []id) {
	if g.first[v.id].version != unread {
		g.later[v] = slices.Clip(out)
		return
	}
	start := int32(len(g.edges))
	g.edges = append(g.edges, out...)
	g.first[v.id] = read{int32(v.revision), start, int32(len(g.edges))}
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

// How many objects may be met while walking one revision after the other, and how many fields
// while reading the forms: some for any file, and more for a large one, since a small file can ask
// for as much as it likes by packed objects. A file of 100 MB with 100,000 objects may have
// 160 revisions.
const (
	walkedAlways = 4 << 20
	bytesPerWalk = 8
)

// reach walks all objects of a revision. The walk over the one before is remembered, but not
// who referred to whom in it.
func (g *graph) reach(i int) (*reach, error) {
	if g.last != nil && g.lastIndex == i {
		g.last.start, g.last.from = nil, nil
		return g.last, nil
	}
	r, err := g.walk(i)
	if err == nil {
		g.last, g.lastIndex = r, i
	}
	return r, err
}

func (g *graph) walk(i int) (*reach, error) {
	r := &reach{order: append(make([]id, 0, len(g.refs)), trailer), seen: make([]bool, len(g.refs)), bad: map[id]error{}}
	r.see(trailer)
	for at := 0; at < len(r.order); at++ {
		if err := g.met(1); err != nil {
			return nil, err
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

// met counts objects and fields that were met.
func (g *graph) met(n int) error {
	last := g.revisions[len(g.revisions)-1]
	if g.walked += n; int64(g.walked) > walkedAlways+last.End/bytesPerWalk {
		return fmt.Errorf("%w: too many revisions", errTooComplex)
	}
	return nil
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
	// Filling in moves each start to the next one, and so all of them one place on.
	r.from = make([]id, r.start[len(r.start)-1])
	r.each(g, i, func(from, to id) {
		r.from[r.start[to]] = from
		r.start[to]++
	})
	copy(r.start[1:], r.start)
	r.start[0] = 0
}

func (r *reach) each(g *graph, i int, f func(from, to id)) {
	for _, n := range r.order {
		out, _ := g.known(g.version(n, i))
		for _, to := range out {
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
