package changes

import (
	"cmp"
	"math"
	"slices"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// Rect is a rectangle: left, bottom, right, top.
type Rect [4]float64

func (r Rect) area() float64 { return max(0, r[2]-r[0]) * max(0, r[3]-r[1]) }

func (r Rect) meet(o Rect) Rect {
	return Rect{max(r[0], o[0]), max(r[1], o[1]), min(r[2], o[2]), min(r[3], o[3])}
}

// touching is how far, in units of the page, things that stand side by side may run into
// each other: borders of fields that were laid out edge to edge do by a line's width.
const touching = 2

// overlaps says whether two rectangles share more than an edge.
func (r Rect) overlaps(o Rect) bool {
	m := r.meet(o)
	return m[2]-m[0] > touching && m[3]-m[1] > touching || m.area() > 0 && m.area() >= r.area()/2
}

// maxCover is how much of a signature that was there others laid over it may cover. Decree
// 30/2020 has the agency's seal cover about a third of the person's signature; with half
// left, it can still be seen who signed.
const maxCover = 0.5

// rectOf reads the rectangle of an annotation, its corners in order; empty where it has none.
func rectOf(r *syntax.Revision, dict syntax.Dict) Rect { return boxOf(r, dict["Rect"]) }

// boxOf reads a rectangle (7.9.5).
func boxOf(r *syntax.Revision, o syntax.Object) Rect {
	o, err := r.Resolve(o)
	all, ok := o.(syntax.Array)
	if err != nil || !ok || len(all) != 4 {
		return Rect{}
	}
	var out Rect
	for i, e := range all {
		o, err := r.Resolve(e)
		switch n := o.(type) {
		case int64:
			out[i] = float64(n)
		case float64:
			out[i] = n
		default:
			return Rect{}
		}
		if err != nil || math.IsNaN(out[i]) {
			return Rect{}
		}
	}
	return Rect{min(out[0], out[2]), min(out[1], out[3]), max(out[0], out[2]), max(out[1], out[3])}
}

// visible says whether an annotation may be seen, on screen or in print.
func visible(r *syntax.Revision, dict syntax.Dict) bool {
	o, err := r.Resolve(dict["F"])
	flags, _ := o.(int64)
	if err == nil && (flags&flagHidden != 0 || flags&flagNoView != 0 && flags&(flagPrint|flagToggle) == 0) {
		return false
	}
	return rectOf(r, dict).area() > 0
}

// floats says whether an annotation is drawn elsewhere than in its rectangle when the page is
// turned or enlarged (12.5.3).
func floats(r *syntax.Revision, dict syntax.Dict) bool {
	o, err := r.Resolve(dict["F"])
	flags, _ := o.(int64)
	return err != nil || flags&flagsFloating != 0
}

// placed is a signature widget on a page.
type placed struct {
	field *field
	rect  Rect
	at    int // place in the order of drawing
}

// signatures gives the visible signature widgets of a page as it now is.
func (d *diff) signatures(page syntax.Ref) ([]placed, error) {
	list, err := annotations(d.new, page)
	if err != nil {
		return nil, err
	}
	var out []placed
	for i, e := range list {
		ref, _ := e.(syntax.Ref)
		f, err := fieldOf(d.new, d.forms.new, ref)
		if err != nil {
			return nil, err
		}
		if f.kind != "Sig" || !visible(d.new, f.dict) {
			continue
		}
		out = append(out, placed{f, rectOf(d.new, f.dict), i})
	}
	return out, nil
}

// wasSigned says whether a field bore a signature before.
func (d *diff) wasSigned(f *field) bool {
	was, err := fieldOf(d.old, d.forms.old, f.ref)
	return err == nil && was.signed()
}

// drawn checks a widget that is new, or looks new: a signature may cover part of
// another, anything else none of it. That it covers other content is told, for a signature
// may be laid over anything.
func (d *diff) drawn(page, ref syntax.Ref, dict syntax.Dict, f *field) error {
	if f.kind != "Sig" {
		return d.covers(page, ref, dict)
	}
	number, rect := d.pageNumber(page), rectOf(d.new, dict)
	told := Finding{Level: signer.ModificationNone, Reason: reason(codeDrawn, f.name, number), Ref: ref, Field: f.name, Page: number, Rect: rect}
	d.add(told)
	if err := d.answered(page, told, dict, f); err != nil {
		return err
	}
	all, err := d.signatures(page)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.field.ref == ref || !d.wasSigned(s.field) || s.rect.meet(rect).area() == 0 {
			continue
		}
		if d.covered(s, all) > maxCover {
			d.add(Finding{Level: signer.ModificationOther, Reason: reason(codeCovered, s.field.name, number), Ref: ref, Field: f.name, Page: number, Rect: rect})
		}
	}
	return nil
}

// covered is the share of a signature that those drawn after it, or not there before, cover together.
func (d *diff) covered(s placed, all []placed) float64 {
	var over []Rect
	for _, o := range all {
		if o.field.ref == s.field.ref || o.at < s.at && d.wasSigned(o.field) {
			continue
		}
		if m := s.rect.meet(o.rect); m.area() > 0 {
			over = append(over, m)
		}
	}
	return union(over) / s.rect.area()
}

// maxOver bounds how many widgets over one signature are measured; more cover it.
const maxOver = 200

// union is the area that rectangles cover together.
func union(all []Rect) float64 {
	if len(all) > maxOver {
		return math.Inf(1)
	}
	var xs []float64
	for _, r := range all {
		xs = append(xs, r[0], r[2])
	}
	slices.Sort(xs)
	slices.SortFunc(all, func(a, b Rect) int { return cmp.Compare(a[1], b[1]) })
	sum := 0.0
	for i := 1; i < len(xs); i++ {
		sum += (xs[i] - xs[i-1]) * height(all, xs[i-1], xs[i])
	}
	return sum
}

// height is how much of the strip from left to right the rectangles cover; they are sorted by
// their lower edge.
func height(all []Rect, left, right float64) float64 {
	sum, top := 0.0, math.Inf(-1)
	for _, r := range all {
		if r[0] > left || r[2] < right || left == right {
			continue
		}
		if from := max(r[1], top); r[3] > from {
			sum += r[3] - from
			top = r[3]
		}
	}
	return sum
}

// covers refuses anything but a signature over a signature.
func (d *diff) covers(page, ref syntax.Ref, dict syntax.Dict) error {
	rect := rectOf(d.new, dict)
	all, err := d.signatures(page)
	if err != nil {
		return err
	}
	for _, s := range all {
		if d.wasSigned(s.field) && s.rect.overlaps(rect) {
			number := d.pageNumber(page)
			d.add(Finding{Level: signer.ModificationOther, Reason: reason(codeCovered, s.field.name, number), Ref: ref, Field: s.field.name, Page: number, Rect: rect})
		}
	}
	return nil
}
