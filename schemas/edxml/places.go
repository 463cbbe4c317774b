package edxml

import (
	"fmt"
	"slices"

	"github.com/beevik/etree"
)

// places knows where the elements of a skeleton stand, which a tree forgets.
type places struct {
	skeleton []byte
	tags     []int // offsets of the start tags, in document order
	rootEnd  int
	content  int   // offset of the first attachment's content, or the skeleton's end
	cuts     []cut // nil: unknown
}

// survey checks a skeleton like SplitMessage does and notes the places.
func survey(skeleton []byte) (*places, error) {
	limits := DefaultLimits()
	s := newScanner(bytesSource(skeleton, limits.Skeleton), limits)
	p := &places{skeleton: skeleton, content: len(skeleton)}
	s.out = make([]byte, 0, len(skeleton))
	s.onStart = func(t tag) error {
		p.tags = append(p.tags, t.start)
		if s.atContent() {
			p.content = min(p.content, t.end)
		}
		return nil
	}
	s.onEnd = func(t tag) error {
		p.rootEnd = t.end
		return nil
	}
	return p, s.run()
}

// position gives line and column of an offset in the original, or 0 where that
// cannot be known.
func (p *places) position(offset int) (line, column int) {
	if offset < 0 || p.cuts == nil && offset >= p.content {
		return 0, 0
	}
	return position(p.skeleton, p.cuts, offset)
}

// offset finds an element by its number in document order.
func (p *places) offset(root, e *etree.Element) int {
	n := 0
	if !number(root, e, &n) || n >= len(p.tags) {
		return -1
	}
	return p.tags[n]
}

func number(at, wanted *etree.Element, n *int) bool {
	if at == wanted {
		return true
	}
	*n++
	for _, t := range at.Child {
		if c, ok := t.(*etree.Element); ok && number(c, wanted, n) {
			return true
		}
	}
	return false
}

// elementPath names an element: /edXML/…, with [n] where several stand side by side.
func elementPath(e *etree.Element) string {
	parent := e.Parent()
	if parent == nil || parent.Tag == "" {
		return "/" + e.Tag
	}
	n, total := 0, 0
	for _, t := range parent.Child {
		if c, ok := t.(*etree.Element); ok && c.Tag == e.Tag {
			total++
			if c == e {
				n = total
			}
		}
	}
	path := elementPath(parent) + "/" + e.Tag
	if total > 1 {
		path += fmt.Sprintf("[%d]", n)
	}
	return path
}

// oddity is a quirk before its place is looked up.
type oddity struct {
	name    string
	element *etree.Element
	offset  int // when there is no element
}

func (r *reader) odd(name string, e *etree.Element) {
	if len(r.found) < maxQuirks {
		r.found = append(r.found, oddity{name: name, element: e})
	}
}

func (r *reader) oddAt(name string, offset int) {
	r.found = append(r.found, oddity{name: name, offset: offset})
}

// once notes what would otherwise be said of every element.
func (r *reader) once(name string, e *etree.Element) {
	for _, o := range r.found {
		if o.name == name {
			return
		}
	}
	r.odd(name, e)
}

// located gives the quirks with their places, in order of appearance.
func (r *reader) located() []Quirk {
	for i := range r.found {
		if o := &r.found[i]; o.element != nil {
			o.offset = r.places.offset(r.root, o.element)
		}
	}
	slices.SortStableFunc(r.found, func(a, b oddity) int { return a.offset - b.offset })
	var quirks []Quirk
	for _, o := range r.found {
		q := Quirk{Name: o.name, Path: "/" + r.root.Tag}
		if o.element != nil {
			q.Path = elementPath(o.element)
		}
		q.Line, _ = r.places.position(o.offset)
		quirks = append(quirks, q)
	}
	return quirks
}
