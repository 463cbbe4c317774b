package pdf

import (
	"crypto/x509"
	"fmt"
	"maps"
	"strings"

	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// target is the field that gets the signature.
type target struct {
	ref   syntax.Ref
	dict  syntax.Dict // the field's own dictionary, a copy; nil for a new field
	name  string
	lock  *Lock
	fresh bool
}

// target finds or names the field, and sees whether document and field allow the
// signature. Seed values of the field may settle options.
func (d *draft) target(o *SignOptions, cert *x509.Certificate, chain []*x509.Certificate) (*target, error) {
	rules, err := d.rules()
	if err != nil {
		return nil, err
	}
	t, err := d.pick(o.Field, o.Lock)
	if err != nil {
		return nil, err
	}
	if err := rules.allow(t, o); err != nil {
		return nil, err
	}
	if t.fresh {
		return t, o.chooseDigest(&seed{}, cert)
	}
	seed, err := d.seed(t)
	if err != nil {
		return nil, err
	}
	return t, seed.settle(o, cert, chain)
}

// pick takes the field of a name, a new one where there is none of it.
func (d *draft) pick(name string, lock *Lock) (*target, error) {
	if name == "" {
		return d.fresh(d.freeName("Signature"), lock)
	}
	for i := range d.fields {
		f := &d.fields[i]
		if f.Name == name {
			return d.existing(f, lock)
		}
		if strings.HasPrefix(f.Name, name+".") {
			return nil, refuse("field-name-taken", "Tên trường “"+name+"” là tên của một nhóm trường.",
				"The field name “"+name+"” is that of a group of fields.")
		}
	}
	if strings.Contains(name, ".") {
		return nil, refuse("field-name-invalid", "Tên trường chữ ký mới không được chứa dấu chấm.",
			"The name of a new signature field must not contain a period.")
	}
	return d.fresh(name, lock)
}

func (d *draft) fresh(name string, lock *Lock) (*target, error) {
	if lock != nil {
		if err := checkLock(lock); err != nil {
			return nil, err
		}
	}
	return &target{name: name, lock: lock, fresh: true}, nil
}

func (d *draft) existing(f *syntax.Field, lock *Lock) (*target, error) {
	if f.Type != "Sig" {
		return nil, refuse("field-not-signature", "Trường “"+f.Name+"” không phải là trường chữ ký.",
			"The field “"+f.Name+"” is not a signature field.")
	}
	value, err := d.rev.Resolve(f.Value)
	if err != nil {
		return nil, err
	}
	if value != nil {
		return nil, refuse("field-signed", "Trường “"+f.Name+"” đã được ký.", "The field “"+f.Name+"” is signed already.")
	}
	if lock != nil {
		return nil, refuse("field-has-lock", "Khóa chỉ đặt được cho trường mới; trường có sẵn dùng khóa của chính nó.",
			"A lock can be given to a new field only; an existing one has its own.")
	}
	own, err := d.rev.Dict(f.Ref)
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", f.Name, err)
	}
	its, err := changes.ParseLock(d.rev, own)
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", f.Name, err)
	}
	return &target{ref: f.Ref, dict: maps.Clone(own), name: f.Name, lock: its}, nil
}

// freeName makes a field name that is not in use, also not as the beginning of another.
func (d *draft) freeName(stem string) string {
	used := map[string]bool{}
	for i := range d.fields {
		first, _, _ := strings.Cut(d.fields[i].Name, ".")
		used[first] = true
	}
	for n := 1; ; n++ {
		if name := fmt.Sprintf("%s%d", stem, n); !used[name] {
			return name
		}
	}
}
