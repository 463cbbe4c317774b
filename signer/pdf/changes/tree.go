package changes

import (
	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// compareTree compares which fields there are: none may go or be renamed, and what is added
// must be for signing.
func (d *diff) compareTree() error {
	for _, was := range d.forms.old.order {
		is := d.forms.new.fields[was.ref]
		switch {
		case is == nil:
			d.field(signer.ModificationOther, was, reason(codeFieldRemoved, was.name))
		case is.name != was.name || is.named != was.named || is.kind != was.kind || !sameField(is.parent, was.parent):
			d.field(signer.ModificationOther, was, reason(codeFieldChanged, was.name, "T"))
		}
	}
	names := map[string]bool{}
	for _, was := range d.forms.old.order {
		names[was.name] = true
	}
	values := map[syntax.Ref]bool{}
	for _, is := range d.forms.new.order {
		if d.forms.old.has(is.ref) {
			continue
		}
		if err := d.newField(is, names, values); err != nil {
			return err
		}
	}
	return nil
}

func sameField(a, b *field) bool {
	return a == nil && b == nil || a != nil && b != nil && a.ref == b.ref
}

// field notes a change of a class to a field.
func (d *diff) field(level signer.Modification, f *field, r signer.Reason) {
	d.add(Finding{Level: level, Reason: r, Ref: f.ref, Field: f.name})
}

// newField decides on a field or widget that the form did not have.
func (d *diff) newField(f *field, names map[string]bool, values map[syntax.Ref]bool) error {
	switch {
	case f.parent != nil && d.forms.old.has(f.parent.ref) && !f.named:
		d.newWidget(f)
		return nil
	case f.named && names[f.name], f.name == "":
		d.field(signer.ModificationOther, f, reason(codeNameTaken, f.name))
		return nil
	case f.kind != "Sig" && !(f.kind == "" && f.kids > 0):
		d.field(signer.ModificationOther, f, reason(codeFieldAdded, f.name))
		return nil
	case f.named && f.parent != nil && (f.parent.value != nil || f.parent.kind != ""):
		// It would inherit what makes its parent a field: the signature, for one.
		d.field(signer.ModificationOther, f, reason(codeFieldAdded, f.name))
		return nil
	}
	if key := unexpected(f.dict); key != "" {
		d.field(signer.ModificationOther, f, reason(codeFieldChanged, f.name, key))
		return nil
	}
	// Widgets that do not name their field are found from it all the same.
	if above := f.dict["Parent"]; above != nil && (f.parent == nil || above != f.parent.ref) || above == nil && f.parent != nil && f.named {
		d.field(signer.ModificationOther, f, reason(codeFieldChanged, f.name, "Parent"))
		return nil
	}
	if floats(d.new, f.dict) {
		d.field(signer.ModificationOther, f, reason(codeFieldChanged, f.name, "F"))
		return nil
	}
	names[f.name] = f.named || names[f.name]
	return d.newSignature(f, values)
}

// newWidget decides on a widget added to a field that was there: only one to be signed
// that had none may get it.
func (d *diff) newWidget(f *field) {
	was := d.forms.old.fields[f.parent.ref]
	if unexpected(f.dict) != "" || floats(d.new, f.dict) || was.kind != "Sig" || was.signed() || was.kids > 0 || was.dict["Rect"] != nil {
		d.field(signer.ModificationOther, f, reason(codeFieldChanged, f.name, "Kids"))
		return
	}
	d.add(Finding{Level: signer.ModificationForm, Reason: reason(codeFieldShown, f.name), Ref: f.ref, Field: f.name, newField: true, visible: visible(d.new, f.dict)})
}

// newSignature classes a new signature field by its value.
func (d *diff) newSignature(f *field, values map[syntax.Ref]bool) error {
	drawn := visible(d.new, f.dict)
	level, r := signer.ModificationForm, reason(codeFieldNew, f.name)
	switch {
	case f.dict["V"] != nil:
		stamp, ok, err := d.signatureValue(f.dict["V"], values)
		if err != nil {
			return err
		}
		if !ok {
			level, r = signer.ModificationOther, reason(codeValueReused, f.name)
		} else if r = reason(codeSigned, f.name); stamp {
			r = reason(codeStamped, f.name)
			if !drawn && f.kids == 0 {
				level = signer.ModificationLTA
			}
		}
	case !f.named && !drawn:
		return nil // a widget of a new field, told of there
	case !f.named:
		r = reason(codeFieldShown, f.name)
	}
	d.add(Finding{Level: level, Reason: r, Ref: f.ref, Field: f.name, newField: true, visible: drawn})
	return nil
}

// signatureValue looks at the value of a field signed in this revision: a dictionary
// made in this revision for this field alone. It says whether that is a document time stamp.
func (d *diff) signatureValue(v syntax.Object, values map[syntax.Ref]bool) (stamp, ok bool, err error) {
	if ref, is := v.(syntax.Ref); is {
		n := d.graph.id(ref)
		if values[ref] || !d.graph.changed(n, d.index) || !d.fresh(n) {
			return false, false, nil
		}
		values[ref] = true
		sharing, err := d.shared(n)
		if err != nil || sharing {
			return false, false, err
		}
	}
	o, err := d.new.Resolve(v)
	if err != nil {
		return false, false, err
	}
	dict, ok := o.(syntax.Dict)
	if !ok {
		return false, false, nil
	}
	kind, err := d.new.Resolve(dict["Type"])
	if err != nil {
		return false, false, err
	}
	stamp, err = d.isStamp(dict)
	return stamp, kind == nil || kind == syntax.Name("Sig") || kind == syntax.Name("DocTimeStamp"), err
}

// shared says whether more than one object has a new object as its value.
func (d *diff) shared(n id) (bool, error) {
	count := 0
	for _, from := range d.after.referrers(n) {
		m, err := d.mentions(from)
		if err != nil {
			return false, err
		}
		if _, ok := m[d.graph.refs[n]]["/V"]; ok {
			count++
		}
	}
	return count > 1, nil
}

// unexpected gives a key of a new field or widget for which there is no rule, empty for none.
func unexpected(dict syntax.Dict) syntax.Name {
	for _, key := range keysOf(dict, nil) {
		if !newFieldKey(key) {
			return key
		}
	}
	return ""
}

// newFieldKey says which entries a new signature field and its widgets may have: none that
// does something (A, AA) or hides it at times (OC).
func newFieldKey(key syntax.Name) bool {
	switch key {
	case "FT", "T", "TU", "TM", "Ff", "V", "Lock", "SV", "Parent", "Kids", "DA", "Q",
		"Type", "Subtype", "Rect", "F", "P", "AP", "AS", "MK", "BS", "Border", "M", "NM", "C", "Contents", "StructParent", "H", "DR":
		return true
	}
	return false
}
