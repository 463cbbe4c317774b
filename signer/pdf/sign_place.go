package pdf

import (
	"context"
	"fmt"
	"maps"
	"math"

	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/syntax"
)

// Annotation flags of a signature's widget (ISO 32000-2, table 167): printed, and
// neither moved nor deleted by a reader.
const widgetFlags = 1<<2 | 1<<7

// placeSignature adds the signature dictionary, and the field that bears it.
func (d *draft) placeSignature(ctx context.Context, t *target, o SignOptions, room int) error {
	dict := signatureDict(o, room)
	if refs := d.references(t, o); len(refs) > 0 {
		dict["Reference"] = refs
	}
	value := d.up.Add(dict)
	if o.Certify > 0 {
		err := d.amend("Perms", func(perms syntax.Dict) error { perms["DocMDP"] = value; return nil })
		if err != nil {
			return err
		}
	}
	if t.fresh {
		return d.newField(ctx, t, o, value)
	}
	return d.fillField(t, o, value)
}

// references bind certification and lock into what is signed.
func (d *draft) references(t *target, o SignOptions) syntax.Array {
	var refs syntax.Array
	p := o.Certify
	if p == 0 && t.lock != nil {
		p = t.lock.Permissions // PDF 2.0: an approval that narrows what may follow
	}
	if p > 0 {
		refs = append(refs, certification(p))
	}
	if t.lock != nil {
		refs = append(refs, fieldLock(t.lock, d.rootRef))
	}
	return refs
}

// newField adds a field, merged with its only widget.
func (d *draft) newField(ctx context.Context, t *target, o SignOptions, value syntax.Ref) error {
	field := blankField(t.name)
	field["V"] = value
	if t.lock != nil {
		field["Lock"] = d.up.Add(lockDict(t.lock))
	}
	switch {
	case o.Placement == nil && o.Appearance != nil:
		return refuse("place-missing",
			"Chưa chỉ ra chỗ hiển thị chữ ký số: chức vụ và họ tên, tọa độ, góc trang, hoặc một trường chữ ký có sẵn.",
			"It is not said where the signature is to be seen: title and name, a point, a corner, or an existing signature field.")
	case o.Placement == nil:
		return d.hide(field)
	}
	spot, err := o.Placement.Place(ctx, d.file, o.Appearance)
	if err != nil {
		return err
	}
	stream, err := o.Appearance.Turn(spot.Rotate).Import(d.up)
	if err != nil {
		return err
	}
	field["AP"] = syntax.Dict{"N": stream}
	field["P"] = spot.PageRef
	field["Rect"] = box(spot.Rect.X0, spot.Rect.Y0, spot.Rect.X1, spot.Rect.Y1)
	if spot.Rotate != 0 {
		field["MK"] = syntax.Dict{"R": int64(spot.Rotate)}
	}
	ref := d.up.Add(field)
	if err := d.annotate(spot.PageRef, ref); err != nil {
		return err
	}
	return d.register(&ref)
}

// blankField is an invisible signature field, merged with its only widget.
func blankField(name string) syntax.Dict {
	return syntax.Dict{
		"Type": syntax.Name("Annot"), "Subtype": syntax.Name("Widget"), "FT": syntax.Name("Sig"),
		"T": syntax.TextString(name), "F": int64(widgetFlags), "Rect": box(0, 0, 0, 0),
	}
}

// hide adds a field that shows nothing, so that no page changes.
func (d *draft) hide(field syntax.Dict) error {
	first, err := d.firstPage()
	if err != nil {
		return err
	}
	field["P"] = first
	ref := d.up.Add(field)
	return d.register(&ref)
}

// fillField puts the signature into a field that was waiting for it.
func (d *draft) fillField(t *target, o SignOptions, value syntax.Ref) error {
	t.dict["V"] = value
	if o.Appearance != nil {
		ref, widget, err := d.widget(t)
		if err != nil {
			return err
		}
		if err := d.dress(widget, o.Appearance); err != nil {
			return fmt.Errorf("field %q: %w", t.name, err)
		}
		if ref != t.ref {
			d.up.Put(ref, widget)
		}
	}
	d.up.Put(t.ref, t.dict)
	return d.register(nil)
}

// widget finds the widget of an existing field: the field itself, or its kid.
func (d *draft) widget(t *target) (syntax.Ref, syntax.Dict, error) {
	kids, err := d.rev.Array(t.dict["Kids"])
	if err != nil {
		return t.ref, nil, fmt.Errorf("field %q: /Kids: %w", t.name, err)
	}
	if len(kids) == 0 {
		return t.ref, t.dict, nil
	}
	ref, ok := kids[0].(syntax.Ref)
	if !ok || len(kids) > 1 {
		return t.ref, nil, refuse("field-widgets", "Trường chữ ký “"+t.name+"” phải có đúng một vị trí hiển thị.",
			"The signature field “"+t.name+"” must have exactly one widget.")
	}
	dict, err := d.rev.Dict(ref)
	if err != nil {
		return ref, nil, fmt.Errorf("field %q: %w", t.name, err)
	}
	return ref, maps.Clone(dict), nil
}

// dress gives an existing widget its appearance; one without extent shows nothing.
func (d *draft) dress(widget syntax.Dict, drawing *appearance.Drawing) error {
	rect, err := d.numbers(widget["Rect"])
	if err != nil || len(rect) != 4 || rect[0] == rect[2] || rect[1] == rect[3] {
		return err
	}
	rotate, err := d.rotation(widget["P"])
	if err != nil {
		return err
	}
	within := drawing.Turn(rotate).Within(math.Abs(rect[2]-rect[0]), math.Abs(rect[3]-rect[1]))
	stream, err := within.Import(d.up)
	if err != nil {
		return err
	}
	widget["AP"] = syntax.Dict{"N": stream}
	delete(widget, "AS")
	return nil
}
