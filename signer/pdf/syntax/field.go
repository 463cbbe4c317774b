package syntax

import "slices"

// Field is a terminal field of the interactive form (12.7.4).
type Field struct {
	Name    string // fully qualified: the partial names joined by full stops
	Ref     Ref    // of the field; zero where it is not an indirect object
	Dict    Dict   // of the field itself, shared
	Widgets []Ref  // its widget annotations; the field itself where they are merged
	Type    Name   // FT, own or inherited
	Value   Object // V, own or inherited, not resolved; nil for none
	Flags   int64  // Ff, own or inherited
	// Stray is a field that the form does not list: it was found only as a
	// widget on a page. Some readers show it, some do not.
	Stray bool
}

// AllFields gives the terminal fields of the form as [Revision.Fields] does, and then
// strays from the pages, all of which it reads.
func (r *Revision) AllFields() ([]Field, error) {
	w := newFieldWalk(r)
	if err := w.form(); err != nil {
		return nil, err
	}
	if err := w.pages(); err != nil {
		return nil, err
	}
	return w.fields, nil
}

// Fields gives the terminal fields that the form lists, in the order of its tree.
func (r *Revision) Fields() ([]Field, error) {
	w := newFieldWalk(r)
	err := w.form()
	return w.fields, err
}

// fieldWalk goes through the tree of fields.
type fieldWalk struct {
	r      *Revision
	seen   map[Ref]bool
	nodes  int
	fields []Field
}

func newFieldWalk(r *Revision) *fieldWalk { return &fieldWalk{r: r, seen: map[Ref]bool{}} }

// form walks the fields that the catalog's /AcroForm lists.
func (w *fieldWalk) form() error {
	catalog, _, err := w.r.Catalog()
	if err != nil {
		return err
	}
	form, err := w.r.Dict(catalog["AcroForm"])
	if err != nil {
		return err
	}
	roots, err := w.r.Array(form["Fields"])
	if err != nil {
		return err
	}
	for _, o := range roots {
		if err := w.node(o, Field{}, w.r.file.limits.Depth); err != nil {
			return err
		}
	}
	return nil
}

// enter reads a node, once.
func (w *fieldWalk) enter(o Object) (Ref, Dict, error) {
	ref, _ := o.(Ref)
	if ref != (Ref{}) && w.seen[ref] {
		return ref, nil, w.r.file.failIn(CodeFieldTree, w.r, ref)
	}
	if w.nodes++; w.nodes > w.r.file.limits.Fields {
		return ref, nil, w.r.file.failIn(CodeObjects, w.r, ref)
	}
	if err := w.r.file.spend(nodeWork, -1); err != nil {
		return ref, nil, err
	}
	w.seen[ref] = true
	d, err := w.r.Dict(o)
	return ref, d, err
}

// node walks a field with what it inherits from those above. A null among fields is
// nothing.
func (w *fieldWalk) node(o Object, from Field, depth int) error {
	ref, d, err := w.enter(o)
	if err != nil || d == nil {
		return err
	}
	if depth == 0 {
		return w.r.file.failIn(CodeDepth, w.r, ref)
	}
	own, err := w.inherit(ref, d, from)
	if err != nil {
		return err
	}
	kids, err := w.r.Array(d["Kids"])
	if err != nil {
		return err
	}
	fields, widgets, err := w.sort(kids)
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		w.add(own, widgets)
		return nil
	}
	if len(widgets) > 0 { // both fields and widgets: readers differ in what this is
		return w.r.file.failIn(CodeFieldTree, w.r, ref)
	}
	for _, kid := range fields {
		if err := w.node(kid, own, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// add keeps a terminal field with its widgets.
func (w *fieldWalk) add(f Field, widgets []Ref) {
	f.Widgets = widgets
	if len(widgets) == 0 && f.Ref != (Ref{}) {
		if kind, _ := w.r.Name(f.Dict["Subtype"]); kind == "Widget" {
			f.Widgets = []Ref{f.Ref}
		}
	}
	for _, widget := range widgets {
		w.seen[widget] = true
	}
	w.fields = append(w.fields, f)
}

// inherit gives a field with the attributes it inherits.
func (w *fieldWalk) inherit(ref Ref, d Dict, from Field) (Field, error) {
	own := Field{Name: from.Name, Ref: ref, Dict: d, Type: from.Type, Value: from.Value, Flags: from.Flags}
	if o, ok := d["T"]; ok {
		partial, err := w.r.String(o)
		if err != nil {
			return own, err
		}
		own.Name = join(from.Name, partial.Text())
	}
	var err error
	if o, ok := d["FT"]; ok {
		if own.Type, err = w.r.Name(o); err != nil {
			return own, err
		}
	}
	if o, ok := d["Ff"]; ok {
		if own.Flags, err = w.r.Int(o); err != nil {
			return own, err
		}
	}
	if o, ok := d["V"]; ok {
		own.Value = o
	}
	return own, nil
}

func join(parent, partial string) string {
	if parent == "" {
		return partial
	}
	return parent + "." + partial
}

// sort tells kids that are fields from those that are only widgets: the latter have no
// partial name, no type of field and no kids of their own (12.7.4.2).
func (w *fieldWalk) sort(kids Array) (fields []Object, widgets []Ref, err error) {
	for _, kid := range kids {
		d, err := w.r.Dict(kid)
		if err != nil {
			return nil, nil, err
		}
		if d == nil {
			continue
		}
		ref, indirect := kid.(Ref)
		_, named := d["T"]
		_, parent := d["Kids"]
		kind, _ := w.r.Name(d["Subtype"])
		if named || parent || kind != "Widget" || !indirect {
			fields = append(fields, kid)
			continue
		}
		if w.seen[ref] || slices.Contains(widgets, ref) {
			return nil, nil, w.r.file.failIn(CodeFieldTree, w.r, ref)
		}
		widgets = append(widgets, ref)
	}
	return fields, widgets, nil
}

// pages finds widgets that no field of the form has.
func (w *fieldWalk) pages() error {
	for page, err := range w.r.Pages() {
		if err != nil {
			return err
		}
		annotations, err := w.r.Array(page.Dict["Annots"])
		if err != nil {
			return err
		}
		for _, o := range annotations {
			if err := w.stray(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// stray adds the field of a widget that was not seen in the form.
func (w *fieldWalk) stray(o Object) error {
	ref, _ := o.(Ref)
	if ref != (Ref{}) && w.seen[ref] {
		return nil
	}
	d, err := w.r.Dict(o)
	if err != nil || d == nil {
		return err
	}
	if kind, _ := w.r.Name(d["Subtype"]); kind != "Widget" {
		return nil
	}
	if _, _, err := w.enter(o); err != nil {
		return err
	}
	f, err := w.ancestry(ref, d, w.r.file.limits.Depth)
	if err != nil || f.Type == "" {
		return err
	}
	f.Stray = true
	w.add(f, nil)
	return nil
}

// ancestry gives a widget with what it inherits by /Parent.
func (w *fieldWalk) ancestry(ref Ref, d Dict, depth int) (Field, error) {
	var from Field
	parent, err := w.r.Dict(d["Parent"])
	if err != nil {
		return from, err
	}
	if depth == 0 {
		return from, w.r.file.failIn(CodeDepth, w.r, ref)
	}
	if parent != nil {
		above, _ := d["Parent"].(Ref)
		if from, err = w.ancestry(above, parent, depth-1); err != nil {
			return from, err
		}
	}
	return w.inherit(ref, d, from)
}
