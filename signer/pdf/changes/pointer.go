package changes

import (
	"slices"

	"congvan/signer/pdf/syntax"
)

// checkPointers looks at how else a changed object with a role is used. That something
// points to it – a widget to its page, a bookmark to a place – does not depend on what changed;
// that it serves as a part of something else does.
func (d *diff) checkPointers(n id, r role) error {
	ref := d.graph.refs[n]
	for _, from := range d.after.referrers(n) {
		m, err := d.mentions(from)
		if err != nil {
			return err
		}
		for _, way := range m[ref] {
			ok, err := d.points(from, ref, way, r)
			if err != nil {
				return err
			}
			if !ok {
				d.other(n, reason(codeTwoRoles, ref.Number, path{}.below(way).String()))
			}
		}
	}
	return nil
}

// points says whether a reference only points to an object with a role.
func (d *diff) points(from id, ref syntax.Ref, way []string, r role) (bool, error) {
	last := way[len(way)-1:]
	if last[0] == element {
		return d.pointsFromArray(from, ref, way, r)
	}
	switch r {
	case roleCatalog:
		return from == trailer && slices.Equal(way, []string{"/Root"}) || last[0] == "/Data", nil
	case rolePage:
		return slices.Contains([]string{"/P", "/Pg", "/Page", "/D", "/Dest"}, last[0]), nil
	case roleField, roleAnnotation:
		return slices.Contains([]string{"/Parent", "/Obj", "/Popup", "/IRT", "/T", "/Annot", "/AN"}, last[0]), nil
	}
	return false, nil
}

// pointsFromArray does so for a reference within an array, which may be an object of its own.
func (d *diff) pointsFromArray(from id, ref syntax.Ref, way []string, r role) (bool, error) {
	if r == rolePage {
		if ok, err := d.destination(from, ref, way); err != nil || ok {
			return ok, err
		}
	}
	keys := []string{"/Kids"}
	if r != rolePage {
		keys = []string{"/Annots", "/Kids", "/Fields", "/CO", "/T", "/Obj"}
	}
	if len(way) > 1 {
		return slices.Contains(keys, way[len(way)-2]), nil
	}
	for _, owner := range d.after.referrers(from) {
		m, err := d.mentions(owner)
		if err != nil {
			return false, err
		}
		for _, outer := range m[d.graph.refs[from]] {
			if !slices.Contains(keys, outer[len(outer)-1]) {
				return false, nil
			}
		}
	}
	return true, nil
}

// destination says whether every array of an object that holds a page, on a way, is a
// destination: the page, then how it is fitted into the window (12.3.2.2).
func (d *diff) destination(from id, ref syntax.Ref, way []string) (bool, error) {
	o, err := d.newObject(from)
	if err != nil {
		return false, err
	}
	return fits(o, ref, way), nil
}

// fits follows a way, through any place of the arrays on it, to arrays that hold ref.
func fits(o syntax.Object, ref syntax.Ref, way []string) bool {
	if s, ok := o.(*syntax.Stream); ok {
		o = s.Dict
	}
	switch o := o.(type) {
	case syntax.Dict:
		return len(way) > 0 && (way[0] == element || fits(o[syntax.Name(way[0][1:])], ref, way[1:]))
	case syntax.Array:
		if len(way) == 1 {
			return !slices.Contains(o, syntax.Object(ref)) || isDestination(o)
		}
		if len(way) == 0 || way[0] != element {
			return true // not on this way
		}
		for _, e := range o {
			if !fits(e, ref, way[1:]) {
				return false
			}
		}
	}
	return true
}

func isDestination(a syntax.Array) bool {
	if len(a) < 2 || !isRef(a[0]) {
		return false
	}
	how, _ := a[1].(syntax.Name)
	switch how {
	case "XYZ", "Fit", "FitH", "FitV", "FitR", "FitB", "FitBH", "FitBV":
		return true
	}
	return false
}
