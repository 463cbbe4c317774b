package changes

import (
	"maps"
	"slices"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// compareAnnotations decides on annotations that changed, or something below them.
func (d *diff) compareAnnotations() error {
	for _, n := range slices.Sorted(maps.Keys(d.notes)) {
		ref := d.graph.refs[n]
		was, is, err := d.dicts(ref)
		if err != nil {
			return err
		}
		if equal, err := d.alike(was, is); err != nil || equal {
			if err != nil {
				return err
			}
			continue
		}
		before, err := subtype(d.old, was)
		if err != nil {
			return err
		}
		after, err := subtype(d.new, is)
		if err != nil {
			return err
		}
		if before != after {
			d.at(signer.ModificationOther, ref, reason(codeAnnotType))
			continue
		}
		if err := d.annotationChanged(n, is); err != nil {
			return err
		}
	}
	return nil
}

func (d *diff) annotationChanged(n id, is syntax.Dict) error {
	ref := d.graph.refs[n]
	pages, err := d.pagesOf(n)
	if err != nil {
		return err
	}
	if len(pages) == 0 {
		d.other(n, reason(codeUnexplained, "/Annots"))
	}
	for _, page := range pages {
		number := d.pageNumber(page)
		d.add(Finding{Level: signer.ModificationAnnotations, Reason: reason(codeAnnotChanged, number), Ref: ref, Page: number})
		if err := d.annotationSafe(page, ref, is); err != nil {
			return err
		}
	}
	return nil
}

// annotationGone decides on an annotation that a page no longer has.
func (d *diff) annotationGone(page syntax.Ref, e syntax.Object) error {
	dict, err := d.old.Dict(e)
	if err != nil {
		return err
	}
	ref, _ := e.(syntax.Ref)
	number := d.pageNumber(page)
	f := Finding{Level: signer.ModificationAnnotations, Reason: reason(codeAnnotGone, number), Ref: ref, Page: number}
	kind, err := subtype(d.old, dict)
	if err != nil {
		return err
	}
	if kind == "Widget" || d.forms.old.has(ref) {
		f.Level, f.Reason = signer.ModificationOther, reason(codeWidgetGone, number)
		if was := d.forms.old.fields[ref]; was != nil {
			f.Field = was.name
		}
	}
	d.add(f)
	return nil
}

// annotationNew decides on an annotation that a page did not have.
func (d *diff) annotationNew(page syntax.Ref, e syntax.Object) error {
	ref, _ := e.(syntax.Ref)
	o, err := d.new.Resolve(e)
	if err != nil {
		return err
	}
	dict, ok := o.(syntax.Dict)
	kind, isName := dict["Subtype"].(syntax.Name)
	switch {
	case !ok || !isName:
		d.at(signer.ModificationOther, ref, reason(codeAnnotType))
		return nil
	case kind == "Widget" || d.forms.new.has(ref):
		return d.widgetNew(page, ref, dict)
	}
	number := d.pageNumber(page)
	d.add(Finding{Level: signer.ModificationAnnotations, Reason: reason(codeAnnotAdded, number, kind), Ref: ref, Page: number, Rect: rectOf(d.new, dict)})
	return d.annotationSafe(page, ref, dict)
}

// widgetNew decides on a widget that a page did not have: that of a signature field.
func (d *diff) widgetNew(page, ref syntax.Ref, dict syntax.Dict) error {
	f := d.forms.new.fields[ref]
	number := d.pageNumber(page)
	if f == nil || f.kind != "Sig" {
		d.at(signer.ModificationOther, ref, reason(codeWidgetLoose, number))
		return nil
	}
	if was := d.forms.old.fields[ref]; was != nil {
		if was.signed() {
			d.field(signer.ModificationOther, f, reason(codeSignedWidget, f.name))
			return nil
		}
		d.add(Finding{Level: signer.ModificationForm, Reason: reason(codeFieldShown, f.name), Ref: ref, Field: f.name, newField: true, visible: visible(d.new, dict), Page: number})
	}
	if other, ok := d.shown[ref]; ok && other != page || dict["P"] != nil && dict["P"] != page {
		d.field(signer.ModificationOther, f, reason(codeWidgetPage, f.name))
		return nil
	}
	d.shown[ref] = page
	if !visible(d.new, dict) {
		return nil
	}
	return d.drawn(page, ref, dict, f)
}

// annotationSafe refuses annotations that do something, and those that cover a signature.
func (d *diff) annotationSafe(page, ref syntax.Ref, dict syntax.Dict) error {
	for _, key := range []syntax.Name{"A", "PA"} {
		kind, err := d.action(dict[key])
		if err != nil {
			return err
		}
		if kind != "" {
			d.at(signer.ModificationOther, ref, reason(codeAction, kind))
		}
	}
	if dict["AA"] != nil {
		d.at(signer.ModificationOther, ref, reason(codeAction, "AA"))
	}
	return d.covers(page, ref, dict)
}

// action names an action that does more than lead to a place or a web page, or whose like
// follow it; empty for none.
func (d *diff) action(o syntax.Object) (syntax.Name, error) {
	o, err := d.new.Resolve(o)
	if err != nil || o == nil {
		return "", err
	}
	dict, _ := o.(syntax.Dict)
	if o, err = d.new.Resolve(dict["S"]); err != nil {
		return "", err
	}
	kind, _ := o.(syntax.Name)
	if (kind == "GoTo" || kind == "URI") && dict["Next"] == nil {
		return "", nil
	}
	if kind == "" {
		kind = "Action"
	}
	return kind, nil
}
