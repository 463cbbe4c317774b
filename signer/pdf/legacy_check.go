package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"congvan/signer/pdf/syntax"
)

// checkLegacy proves that what came out is the document plus one signature that holds,
// and that nothing was lost: the library puts a catalog of its own in place of the old one.
func (d *draft) checkLegacy(ctx context.Context, src io.ReaderAt, signed []byte) error {
	out := Document{bytes.NewReader(signed), int64(len(signed))}
	if err := begins(ctx, Document{src, d.file.Size()}, out); err != nil {
		return err
	}
	after, err := openDraft(out, out.Size)
	if err != nil {
		return fmt.Errorf("the document signed in the old form: %w", err)
	}
	field, err := after.signedSince(d)
	if err != nil {
		return err
	}
	if err := d.kept(after); err != nil {
		return legacyRefusal("tài liệu sẽ bị mất hoặc đổi nội dung", "the document would lose or change something: "+err.Error())
	}
	return after.holds(ctx, field, signed)
}

// kept compares catalog, form and pages; all other objects must not have been touched.
func (d *draft) kept(after *draft) error {
	if err := same(d.root, after.root, "AcroForm", "Perms", "Version"); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	if err := same(d.rev.Trailer, after.rev.Trailer, "Root", "Size", "Prev", "ID"); err != nil {
		return fmt.Errorf("trailer: %w", err)
	}
	was, err := d.rev.Dict(d.root["AcroForm"])
	if err != nil {
		return err
	}
	is, err := after.rev.Dict(after.root["AcroForm"])
	if err != nil {
		return err
	}
	if err := d.grown(after, was["Fields"], is["Fields"]); err != nil {
		return fmt.Errorf("form: %w", err)
	}
	for _, rev := range after.file.Revisions()[d.rev.Index+1:] {
		for _, ref := range rev.Changed() {
			if err := d.redefined(after, ref); err != nil {
				return fmt.Errorf("object %d: %w", ref.Number, err)
			}
		}
	}
	return nil
}

// redefined allows only a page to be there anew, with one more annotation.
func (d *draft) redefined(after *draft, ref syntax.Ref) error {
	old, err := d.rev.Get(ref)
	if err != nil || old == nil {
		return err
	}
	was, _ := old.(syntax.Dict)
	if was["Type"] != syntax.Name("Page") {
		return errors.New("was redefined")
	}
	is, err := after.rev.Dict(ref)
	if err != nil {
		return err
	}
	if err := same(was, is, "Annots"); err != nil {
		return err
	}
	return d.grown(after, was["Annots"], is["Annots"])
}

// same wants two dictionaries to differ in the given entries only.
func same(was, is syntax.Dict, but ...syntax.Name) error {
	skip := map[syntax.Name]bool{}
	for _, key := range but {
		skip[key] = true
	}
	for _, both := range []syntax.Dict{was, is} {
		for key := range both {
			if !skip[key] && !syntax.Equal(was[key], is[key]) {
				return fmt.Errorf("/%s differs", key)
			}
		}
	}
	return nil
}

// grown wants an array to be what it was, and one more.
func (d *draft) grown(after *draft, was, is syntax.Object) error {
	old, err := d.rev.Array(was)
	if err != nil {
		return err
	}
	all, err := after.rev.Array(is)
	if err != nil {
		return err
	}
	if len(all) != len(old)+1 || !syntax.Equal(old, all[:len(old)]) && len(old) > 0 {
		return errors.New("a list lost something")
	}
	return nil
}

// holds verifies the signature of a field over a document in memory.
func (d *draft) holds(ctx context.Context, field string, whole []byte) error {
	values, err := d.values()
	if err != nil {
		return err
	}
	for _, v := range values {
		if v.field == field {
			return v.holds(ctx, whole)
		}
	}
	return errors.New("the new signature is not there")
}

func (v *value) holds(ctx context.Context, whole []byte) error {
	if v.end != int64(len(whole)) {
		return fmt.Errorf("%w: it does not cover the document", ErrSignature)
	}
	s := v.signed.Signers[0]
	digest, err := newDigests(bytes.NewReader(whole), v.gap).of(ctx, s.Digest, whole[v.resume:])
	if err != nil {
		return err
	}
	if err := s.Verify(v.cert, digest); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}
