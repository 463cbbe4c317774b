package changes

import (
	"slices"

	"congvan/signer/pdf/syntax"
)

// role is what an object stands for in both revisions. Only such objects are compared by
// rules of their own; the way upwards from another ends at them.
type role int

const (
	roleUnknown role = iota // not looked at yet
	roleNone
	roleTrailer
	roleCatalog
	rolePage
	roleField // field, widget, or both in one
	roleAnnotation
)

// role finds what an object stands for. What played no part before has no role: it belongs
// to whatever refers to it.
func (d *diff) role(n id) (role, error) {
	if known := d.roles[n]; known != roleUnknown {
		return known, nil
	}
	r, err := d.findRole(n)
	if err == nil {
		d.roles[n] = r
	}
	return r, err
}

func (d *diff) findRole(n id) (role, error) {
	ref := d.graph.refs[n]
	switch {
	case n == trailer:
		return roleTrailer, nil
	case ref == d.root:
		return roleCatalog, nil
	case d.fresh(n):
		return roleNone, nil
	case d.forms.old.has(ref) && d.forms.new.has(ref):
		return roleField, nil
	}
	was, err := d.oldObject(n)
	if err != nil {
		return roleNone, err
	}
	is, err := d.newObject(n)
	if err != nil {
		return roleNone, err
	}
	before, ok := was.(syntax.Dict)
	after, ok2 := is.(syntax.Dict)
	switch {
	case !ok || !ok2:
		return roleNone, nil
	case before["Type"] == syntax.Name("Page") && after["Type"] == syntax.Name("Page"):
		return rolePage, nil
	}
	return d.noteRole(n, before, after)
}

// noteRole tells annotations, which the array of a page names, from other dictionaries.
func (d *diff) noteRole(n id, before, after syntax.Dict) (role, error) {
	was, err := subtype(d.old, before)
	if err != nil {
		return roleNone, err
	}
	is, err := subtype(d.new, after)
	if err != nil || was == "" || is == "" {
		return roleNone, err
	}
	pages, err := d.pagesOf(n)
	if err != nil || len(pages) == 0 {
		return roleNone, err
	}
	if was == "Widget" && is == "Widget" {
		return roleField, nil
	}
	return roleAnnotation, nil
}

// subtype gives the kind of an annotation; empty where it is not a name.
func subtype(r *syntax.Revision, dict syntax.Dict) (syntax.Name, error) {
	o, err := r.Resolve(dict["Subtype"])
	kind, _ := o.(syntax.Name)
	return kind, err
}

// mentions gives the ways on which an object now refers to others.
func (d *diff) mentions(n id) (mentions, error) {
	if m, ok := d.inside[n]; ok {
		return m, nil
	}
	o, err := d.newObject(n)
	if err != nil {
		return nil, err
	}
	m := mentionsOf(o)
	d.inside[n] = m
	return m, nil
}

// pagesOf gives the pages that name an annotation in their /Annots.
func (d *diff) pagesOf(n id) ([]syntax.Ref, error) {
	var pages []syntax.Ref
	for _, from := range d.after.referrers(n) {
		m, err := d.mentions(from)
		if err != nil {
			return nil, err
		}
		for _, way := range m[d.graph.refs[n]] {
			switch {
			case slices.Equal(way, []string{"/Annots", element}):
				pages = append(pages, d.graph.refs[from])
			case slices.Equal(way, []string{element}):
				for _, page := range d.after.referrers(from) {
					of, err := d.mentions(page)
					if err != nil {
						return nil, err
					}
					if _, ok := of[d.graph.refs[from]]["/Annots"]; ok {
						pages = append(pages, d.graph.refs[page])
					}
				}
			}
		}
	}
	return pages, nil
}

// context is a way on which a changed object is reached from one that has a role. Of an
// object that is new it tells the way to the outermost new object that it belongs to.
type context struct {
	anchor id
	path   path
}

// explain judges a changed object by all ways that lead to it.
func (d *diff) explain(n id) error {
	r, err := d.role(n)
	if err != nil {
		return err
	}
	if r != roleNone {
		if err := d.checkPointers(n, r); err != nil {
			return err
		}
		return d.schedule(n, r)
	}
	return d.climb(n)
}

// climb goes upwards from an object on every way until it meets roles.
func (d *diff) climb(start id) error {
	part := !d.fresh(start)
	todo := []context{{start, path{}}}
	seen := map[context]bool{todo[0]: true}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		above, err := d.above(at, part)
		if err != nil {
			return err
		}
		for _, c := range above {
			if err := d.step(&d.steps, maxSteps); err != nil {
				return err
			}
			r, err := d.role(c.anchor)
			switch {
			case err != nil:
				return err
			case r != roleNone:
				err = d.judge(start, c, r)
			case !seen[c]:
				seen[c] = true
				todo = append(todo, c)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// above gives the next contexts upwards; part says that the object had a part in the document
// before, so that the whole way to it counts.
func (d *diff) above(at context, part bool) ([]context, error) {
	var out []context
	for _, from := range d.after.referrers(at.anchor) {
		m, err := d.mentions(from)
		if err != nil {
			return nil, err
		}
		inner := at.path
		if !part && d.fresh(at.anchor) {
			inner = path{} // rules ask how the outermost new object is reached, not what it holds
		}
		for _, way := range m[d.graph.refs[at.anchor]] {
			out = append(out, context{from, inner.below(way)})
		}
	}
	return out, nil
}

// judge decides on a changed object that is reached from one with a role.
func (d *diff) judge(n id, c context, r role) error {
	switch r {
	case roleTrailer:
		return d.judgeTrailer(n, c)
	case roleCatalog:
		return d.judgeCatalog(n, c)
	case rolePage:
		return d.judgePage(n, c)
	case roleField:
		touch(d.fields, c.anchor, c.path.first())
	case roleAnnotation:
		touch(d.notes, c.anchor, c.path.first())
	}
	return nil
}

// schedule notes that an object with a role changed itself.
func (d *diff) schedule(n id, r role) error {
	switch r {
	case rolePage:
		return d.comparePage(n)
	case roleField:
		touch(d.fields, n, "")
	case roleAnnotation:
		touch(d.notes, n, "")
	}
	return nil // the catalog is always compared
}

func touch(all map[id]map[syntax.Name]bool, n id, key syntax.Name) {
	if all[n] == nil {
		all[n] = map[syntax.Name]bool{}
	}
	all[n][key] = true
}
