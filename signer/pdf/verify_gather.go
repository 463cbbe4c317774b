package pdf

import (
	"context"
	"fmt"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// gather finds the signatures of all revisions, from the oldest on: those of the form,
// and in the newest revision those that only a page or the catalog names.
func (e *examination) gather(ctx context.Context) error {
	g := gathering{current: map[identity]*candidate{}}
	err := g.revisions(ctx, e.file)
	e.all = g.all
	if len(e.all) > maxSignatures {
		e.all = e.all[:maxSignatures]
	}
	return err
}

// gathering collects candidates.
type gathering struct {
	current map[identity]*candidate // as of the revision at hand
	all     []*candidate
}

// identity tells signatures apart within a revision. From one revision to the next it
// stays the same signature only as long as its dictionary is not defined anew.
type identity struct {
	field syntax.Ref
	name  string // of a field that is no object of its own
	ref   syntax.Ref
}

func (g *gathering) revisions(ctx context.Context, f *syntax.File) error {
	for _, r := range f.Revisions() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.form(r, r == f.Latest()); err != nil {
			return err
		}
		if len(g.all) > maxSignatures {
			return fmt.Errorf("signatures: %w", syntax.ErrTooLarge)
		}
	}
	return g.certification(f.Latest())
}

// form gathers the signature fields of a revision's form, and of its pages too where
// asked to. Two fields that claim the same signature fail both: only one of them is what
// the signer saw.
func (g *gathering) form(r *syntax.Revision, pages bool) error {
	read := r.Fields
	if pages {
		read = r.AllFields
	}
	fields, err := read()
	if err != nil {
		return fmt.Errorf("form of revision %d: %w", r.Index, err)
	}
	holders := map[syntax.Ref]*candidate{}
	for _, f := range fields {
		switch {
		case !bearsSignature(r, f):
		case f.Stray:
			g.outside(r, f)
		default:
			g.inForm(r, f, holders)
		}
	}
	return nil
}

// inForm adds a signature that a field of the form bears.
func (g *gathering) inForm(r *syntax.Revision, f syntax.Field, holders map[syntax.Ref]*candidate) {
	c := g.add(r, f)
	c.inForm[r.Index] = true
	if c.ref == (syntax.Ref{}) {
		return
	}
	if other := holders[c.ref]; other != nil && other != c {
		c.fail(sharedSignature())
		other.fail(sharedSignature())
	}
	holders[c.ref] = c
}

// bearsSignature says whether a field is signed: a signature field with any value at
// all, or a field of no type whose value looks like a signature.
func bearsSignature(r *syntax.Revision, f syntax.Field) bool {
	switch {
	case f.Value == nil:
		return false
	case f.Type != "":
		return f.Type == "Sig"
	}
	d, err := r.Dict(f.Value)
	return err == nil && d["ByteRange"] != nil
}

// add finds the candidate that a field of a revision stands for, or makes it.
func (g *gathering) add(r *syntax.Revision, f syntax.Field) *candidate {
	id := identity{field: f.Ref}
	if id.field == (syntax.Ref{}) {
		id.name = f.Name
	}
	if ref, ok := f.Value.(syntax.Ref); ok {
		id.ref = ref
	}
	if c := g.current[id]; c != nil && (!r.Touches(id.ref) || c.first == r) {
		c.last = r
		return c
	}
	c := &candidate{
		field: f, ref: id.ref, first: r, last: r, inForm: map[int]bool{},
		Verdict: signer.Passed(), coverage: signer.CoverageUnclear,
	}
	g.current[id] = c
	g.all = append(g.all, c)
	return c
}

// known says whether a signature dictionary belongs to a candidate already.
func (g *gathering) known(ref syntax.Ref) bool {
	for _, c := range g.all {
		if c.ref == ref {
			return true
		}
	}
	return false
}

// outside adds a signature that no field of the form bears. It counts, and fails.
func (g *gathering) outside(r *syntax.Revision, f syntax.Field) {
	if ref, ok := f.Value.(syntax.Ref); ok && g.known(ref) {
		return
	}
	g.add(r, f).fail(outsideForm())
}

// certification adds the signature that the catalog names as the certification, where
// no field bears it.
func (g *gathering) certification(r *syntax.Revision) error {
	catalog, _, err := r.Catalog()
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	perms, err := r.Dict(catalog["Perms"])
	if err != nil || perms["DocMDP"] == nil {
		return err
	}
	g.outside(r, syntax.Field{Value: perms["DocMDP"]})
	return nil
}
