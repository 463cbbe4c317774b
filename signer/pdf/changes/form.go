package changes

import (
	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// form is the tree of interactive form fields (ISO 32000-2, 12.7).
type form struct {
	dict   syntax.Dict
	fields map[syntax.Ref]*field
	order  []*field
	faults []string
}

// field is a field, a widget of one, or both in one dictionary.
type field struct {
	ref    syntax.Ref
	dict   syntax.Dict
	parent *field
	name   string      // fully qualified (12.7.4.2)
	named  bool        // has a partial name of its own: a field, not only a widget
	kind   syntax.Name // FT, inherited
	value  syntax.Object
	flags  int64 // Ff, inherited
	kids   int
}

// signed says whether it belongs to a signature field that has a value.
func (f *field) signed() bool { return f.kind == "Sig" && f.value != nil }

func (f *form) has(ref syntax.Ref) bool { return f.fields[ref] != nil }

// The bounds of a form.
const (
	maxFields     = 1 << 18
	maxFieldDepth = 32
)

// formReader reads the form of one revision.
type formReader struct {
	r    *syntax.Revision
	form *form
}

// readForm reads the fields that hang below the catalog. What is not a tree of fields is
// noted as a fault, not understood in some way.
func readForm(r *syntax.Revision, o syntax.Object) (*form, error) {
	f := &formReader{r, &form{fields: map[syntax.Ref]*field{}}}
	o, err := r.Resolve(o)
	if err != nil || o == nil {
		return f.form, err
	}
	dict, ok := o.(syntax.Dict)
	if !ok {
		f.fault("AcroForm")
		return f.form, nil
	}
	f.form.dict = dict
	return f.form, f.addAll(dict["Fields"], nil, 0)
}

func (f *formReader) fault(what string) { f.form.faults = append(f.form.faults, what) }

func (f *formReader) addAll(list syntax.Object, parent *field, depth int) error {
	o, err := f.r.Resolve(list)
	if err != nil || o == nil {
		return err
	}
	all, ok := o.(syntax.Array)
	if !ok || depth > maxFieldDepth || len(f.form.order)+len(all) > maxFields {
		f.fault("Fields")
		return nil
	}
	for _, e := range all {
		if err := f.add(e, parent, depth); err != nil {
			return err
		}
	}
	return nil
}

func (f *formReader) add(e syntax.Object, parent *field, depth int) error {
	ref, ok := e.(syntax.Ref)
	if !ok || f.form.has(ref) {
		f.fault("Fields")
		return nil
	}
	o, err := f.r.Resolve(ref)
	if err != nil || o == nil {
		return err // a reference that leads nowhere is null, and no field
	}
	dict, ok := o.(syntax.Dict)
	if !ok {
		f.fault("Fields")
		return nil
	}
	one := &field{ref: ref, dict: dict, parent: parent}
	if err := f.describe(one); err != nil {
		return err
	}
	f.form.fields[ref] = one
	f.form.order = append(f.form.order, one)
	if parent != nil {
		parent.kids++
	}
	return f.addAll(dict["Kids"], one, depth+1)
}

// describe fills in what a field has of its own or inherits.
func (f *formReader) describe(one *field) error {
	if p := one.parent; p != nil {
		one.name, one.kind, one.value, one.flags = p.name, p.kind, p.value, p.flags
	}
	o, err := f.r.Resolve(one.dict["T"])
	if err != nil {
		return err
	}
	if part, ok := o.(syntax.String); ok {
		one.named = true
		if one.parent != nil && one.name != "" {
			one.name += "."
		}
		one.name += part.Text()
	}
	if o, err = f.r.Resolve(one.dict["FT"]); err != nil {
		return err
	}
	if kind, ok := o.(syntax.Name); ok {
		one.kind = kind
	}
	if o, err = f.r.Resolve(one.dict["Ff"]); err != nil {
		return err
	}
	if flags, ok := o.(int64); ok {
		one.flags = flags
	}
	return f.describeValue(one)
}

func (f *formReader) describeValue(one *field) error {
	v := one.dict["V"]
	o, err := f.r.Resolve(v)
	if err == nil && o != nil {
		one.value = v
	}
	return err
}

// fieldWalks is how much more reading a field takes than meeting an object.
const fieldWalks = 4

// readForms reads the forms of both revisions, for the roles of their fields.
func (d *diff) readForms() (err error) {
	if d.forms.old, err = readForm(d.old, d.catalogs.old["AcroForm"]); err != nil {
		return err
	}
	if d.forms.new, err = readForm(d.new, d.catalogs.new["AcroForm"]); err != nil {
		return err
	}
	return d.graph.met(fieldWalks * (len(d.forms.old.order) + len(d.forms.new.order)))
}

// judgeForm decides on a changed object that is reached through the form, yet is no field.
func (d *diff) judgeForm(n id, p path) error {
	switch {
	case p.is("/AcroForm"), p.is("/AcroForm", "/Fields"), p.is("/AcroForm", "/SigFlags"),
		p.is("/AcroForm", "/DR"), p.is("/AcroForm", "/DR", "*"):
		return nil // compared as a whole
	case p.is("/AcroForm", "/Fields", element) && d.fresh(n):
		return nil // a new field, or a part of one
	case p.under("/AcroForm", "/DR", "*", "*"):
		return d.keepResource(syntax.Name(p.steps[2][1:]), syntax.Name(p.steps[3][1:]))
	}
	if p.steps[1] == "" {
		return nil
	}
	key := syntax.Name(p.steps[1][1:])
	return d.keep(d.graph.id(d.root), "AcroForm/"+key, d.forms.old.dict[key], d.forms.new.dict[key], reason(codeForm, key))
}

// keepResource holds a resource of the form that fields may use already.
func (d *diff) keepResource(category, name syntax.Name) error {
	was, err := d.resource(d.old, d.forms.old, category, name)
	if err != nil {
		return err
	}
	if was == nil {
		d.at(signer.ModificationForm, d.root, reason(codeFormAdded, "DR"))
		return nil
	}
	is, err := d.resource(d.new, d.forms.new, category, name)
	if err != nil {
		return err
	}
	return d.keep(d.graph.id(d.root), "DR/"+category+"/"+name, was, is, reason(codeForm, "DR"))
}

// resource gives an entry of the form's resources; nil where it leads nowhere.
func (d *diff) resource(r *syntax.Revision, f *form, category, name syntax.Name) (syntax.Object, error) {
	o, err := r.Resolve(f.dict["DR"])
	if err != nil {
		return nil, err
	}
	resources, _ := o.(syntax.Dict)
	if o, err = r.Resolve(resources[category]); err != nil {
		return nil, err
	}
	all, _ := o.(syntax.Dict)
	o, err = r.Resolve(all[name])
	if err != nil || o == nil {
		return nil, err
	}
	return all[name], nil
}

// compareForm compares the form as a whole; its fields follow.
func (d *diff) compareForm() error {
	was, is := d.forms.old, d.forms.new
	for i, fault := range is.faults {
		if i >= len(was.faults) || was.faults[i] != fault {
			d.other(d.graph.id(d.root), reason(codeForm, fault))
		}
	}
	if was.dict != nil && is.dict == nil {
		d.other(d.graph.id(d.root), reason(codeForm, "AcroForm"))
		return nil
	}
	for _, key := range keysOf(was.dict, is.dict) {
		if key != "DR" && key != "SigFlags" && syntax.Equal(was.dict[key], is.dict[key]) {
			continue
		}
		if err := d.compareFormKey(key, was.dict[key], is.dict[key]); err != nil {
			return err
		}
	}
	return d.compareTree()
}

func (d *diff) compareFormKey(key syntax.Name, was, is syntax.Object) error {
	switch key {
	case "Fields":
		return nil // the tree is compared
	case "SigFlags":
		return d.compareSigFlags(was, is)
	case "DR":
		return d.compareResources(was, is)
	case "DA", "Q":
		if before, err := d.old.Resolve(was); err != nil || before == nil {
			d.at(signer.ModificationForm, d.root, reason(codeFormAdded, key))
			return err
		}
	case "NeedAppearances":
		// Whether viewers draw fields anew from their values decides which of two looks they
		// show; where all fields are signatures nothing is drawn anew.
		if d.onlySignatures() {
			d.at(signer.ModificationForm, d.root, reason(codeFormAdded, key))
			return nil
		}
	}
	return d.keep(d.graph.id(d.root), "AcroForm/"+key, was, is, reason(codeForm, key))
}

func (d *diff) onlySignatures() bool {
	for _, f := range []*form{d.forms.old, d.forms.new} {
		for _, one := range f.order {
			if one.kids == 0 && one.kind != "Sig" {
				return false
			}
		}
	}
	return true
}

// compareSigFlags lets the flags be set (table 225).
func (d *diff) compareSigFlags(was, is syntax.Object) error {
	before, after, err := d.resolve(was, is)
	if err != nil {
		return err
	}
	old, _ := before.(int64)
	now, ok := after.(int64)
	if !ok && after != nil || old&^now != 0 {
		d.other(d.graph.id(d.root), reason(codeForm, "SigFlags"))
	} else if old != now {
		d.at(signer.ModificationLTA, d.root, reason(codeSigFlags))
	}
	return nil
}

// compareResources lets resources be added to those of the form (table 224).
func (d *diff) compareResources(was, is syntax.Object) error {
	before, after, err := d.resolve(was, is)
	if err != nil {
		return err
	}
	old, _ := before.(syntax.Dict)
	now, ok := after.(syntax.Dict)
	if !ok && (after != nil || before != nil) {
		d.other(d.graph.id(d.root), reason(codeForm, "DR"))
		return nil
	}
	for _, category := range keysOf(old, now) {
		if err := d.compareCategory(category, old[category], now[category]); err != nil {
			return err
		}
	}
	return nil
}

// compareCategory compares the resources of one category.
func (d *diff) compareCategory(category syntax.Name, was, is syntax.Object) error {
	if !isRef(is) && syntax.Equal(was, is) {
		return nil
	}
	before, after, err := d.resolve(was, is)
	if err != nil {
		return err
	}
	old, ok := before.(syntax.Dict)
	now, ok2 := after.(syntax.Dict)
	if before == nil && after != nil {
		d.at(signer.ModificationForm, d.root, reason(codeFormAdded, "DR"))
		return nil
	}
	if !ok || !ok2 { // ProcSet is an array
		return d.keep(d.graph.id(d.root), "DR/"+category, was, is, reason(codeForm, "DR"))
	}
	for _, name := range keysOf(old, now) {
		if syntax.Equal(old[name], now[name]) {
			continue
		}
		if err := d.keepResource(category, name); err != nil {
			return err
		}
	}
	return nil
}

func isRef(o syntax.Object) bool {
	_, ok := o.(syntax.Ref)
	return ok
}
