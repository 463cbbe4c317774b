package changes

import (
	"maps"
	"slices"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// judgePage decides on a changed object that is reached through a page.
func (d *diff) judgePage(n id, c context) error {
	page := d.graph.refs[c.anchor]
	if c.path.first() != "Annots" {
		return d.pageKey(c.anchor, c.path.first())
	}
	d.annots[page] = true
	if !c.path.is("/Annots") && !(c.path.is("/Annots", element) && d.fresh(n)) {
		// Part of an annotation that is written into the array itself, which comparing the
		// arrays looks into, or of something that is no annotation.
		direct, err := d.direct(page)
		if err == nil && !direct {
			d.other(n, reason(codeUnexplained, c.path.String()))
		}
		return err
	}
	return nil
}

// direct says whether a page has an annotation that is no object of its own.
func (d *diff) direct(page syntax.Ref) (bool, error) {
	list, err := annotations(d.new, page)
	return slices.ContainsFunc(list, func(o syntax.Object) bool { return !isRef(o) }), err
}

// pageKey holds one entry of a page, other than its annotations, to what it was.
func (d *diff) pageKey(n id, key syntax.Name) error {
	ref := d.graph.refs[n]
	was, is, err := d.dicts(ref)
	if err != nil {
		return err
	}
	switch key {
	case "LastModified":
		if plain, err := d.plain(is[key]); err != nil || plain {
			d.at(signer.ModificationForm, ref, reason(codePageKey, key))
			return err
		}
	case "Tabs": // the order in which the tab key visits fields, set where a field is added
		if plain, err := d.plain(is[key]); was[key] == nil && plain || err != nil {
			d.at(signer.ModificationForm, ref, reason(codePageKey, key))
			return err
		}
	}
	return d.keep(n, key, was[key], is[key], pageReason(key))
}

// pageReason names what a key of a page does.
func pageReason(key syntax.Name) signer.Reason {
	switch key {
	case "Contents", "Resources":
		return reason(codePageContent)
	case "MediaBox", "CropBox", "TrimBox", "BleedBox", "ArtBox", "Rotate", "UserUnit":
		return reason(codePageBox, key)
	case "AA":
		return reason(codeAction, key)
	}
	return reason(codePage, key)
}

// comparePage compares a page that was written again.
func (d *diff) comparePage(n id) error {
	ref := d.graph.refs[n]
	was, is, err := d.dicts(ref)
	if err != nil {
		return err
	}
	for _, key := range keysOf(was, is) {
		if syntax.Equal(was[key], is[key]) {
			continue
		}
		if key == "Annots" {
			d.annots[ref] = true
			continue
		}
		if err := d.pageKey(n, key); err != nil {
			return err
		}
	}
	return nil
}

// maxAnnotations bounds the annotations of a page.
const maxAnnotations = 1 << 18

// annotations gives the entries of a page's /Annots that lead to something.
func annotations(r *syntax.Revision, page syntax.Ref) (syntax.Array, error) {
	o, err := r.Resolve(page)
	if err != nil {
		return nil, err
	}
	dict, _ := o.(syntax.Dict)
	if o, err = r.Resolve(dict["Annots"]); err != nil {
		return nil, err
	}
	all, _ := o.(syntax.Array)
	if len(all) > maxAnnotations {
		return nil, errTooComplex
	}
	var out syntax.Array
	for _, e := range all {
		if o, err = r.Resolve(e); err != nil {
			return nil, err
		}
		if o != nil {
			out = append(out, e)
		}
	}
	return out, nil
}

// comparePages compares the annotations of the pages where something may have changed.
func (d *diff) comparePages() error {
	pages := slices.SortedFunc(maps.Keys(d.annots), func(a, b syntax.Ref) int { return a.Number - b.Number })
	for _, page := range pages {
		if err := d.compareList(page); err != nil {
			return err
		}
	}
	return nil
}

// compareList compares which annotations a page has, and in which order they are drawn.
func (d *diff) compareList(page syntax.Ref) error {
	before, err := annotations(d.old, page)
	if err != nil {
		return err
	}
	after, err := annotations(d.new, page)
	if err != nil {
		return err
	}
	before, after, err = d.compareDirect(page, before, after)
	if err != nil {
		return err
	}
	was, _ := positions(before)
	is, twice := positions(after)
	if twice {
		d.at(signer.ModificationOther, page, reason(codeAnnotTwice))
	}
	for _, e := range before {
		if _, ok := is[e]; !ok {
			if err := d.annotationGone(page, e); err != nil {
				return err
			}
		}
	}
	if !slices.Equal(both(before, is), both(after, was)) {
		d.at(signer.ModificationOther, page, reason(codeAnnotOrder))
	}
	for _, e := range after {
		if _, ok := was[e]; !ok {
			if err := d.annotationNew(page, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareDirect deals with annotations that are written into the array itself, and gives
// the others. Nothing tells which is which but their place.
func (d *diff) compareDirect(page syntax.Ref, before, after syntax.Array) (refs, refs2 syntax.Array, err error) {
	refs, own := split(before)
	refs2, own2 := split(after)
	if len(own)+len(own2) == 0 {
		return refs, refs2, nil
	}
	equal, err := d.alike(own, own2)
	if err != nil || equal {
		return refs, refs2, err
	}
	level := signer.ModificationAnnotations
	for _, o := range slices.Concat(own, own2) {
		dict, _ := o.(syntax.Dict)
		if kind, ok := dict["Subtype"].(syntax.Name); !ok || kind == "Widget" {
			level = signer.ModificationOther
		}
	}
	d.at(level, page, reason(codeAnnotChanged, d.pageNumber(page)))
	for _, o := range own2 {
		if dict, ok := o.(syntax.Dict); ok && level != signer.ModificationOther {
			if err := d.annotationSafe(page, page, dict); err != nil {
				return nil, nil, err
			}
		}
	}
	return refs, refs2, nil
}

// split parts annotations that are objects of their own from those that are not.
func split(all syntax.Array) (refs, own syntax.Array) {
	for _, e := range all {
		if isRef(e) {
			refs = append(refs, e)
		} else {
			own = append(own, e)
		}
	}
	return refs, own
}

// positions says where each reference stands, and whether one stands there twice.
func positions(all syntax.Array) (at map[syntax.Object]int, twice bool) {
	at = map[syntax.Object]int{}
	for i, e := range all {
		if _, ok := at[e]; ok {
			twice = true
		}
		at[e] = i
	}
	return at, twice
}

// both gives the entries of a that also are in b.
func both(a syntax.Array, b map[syntax.Object]int) []syntax.Object {
	var out []syntax.Object
	for _, e := range a {
		if _, ok := b[e]; ok {
			out = append(out, e)
		}
	}
	return out
}
