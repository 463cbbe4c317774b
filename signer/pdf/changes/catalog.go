package changes

import (
	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// frozenKey is a key of an object with a role that may not change.
type frozenKey struct {
	id  id
	key syntax.Name
}

// keep notes a finding unless a key of an object has the same value as before, however the
// value is spread over objects.
func (d *diff) keep(n id, key syntax.Name, was, is syntax.Object, r signer.Reason) error {
	k := frozenKey{n, key}
	if d.frozen[k] {
		return nil
	}
	d.frozen[k] = true
	equal, err := d.alike(was, is)
	if err == nil && !equal {
		d.other(n, r)
	}
	return err
}

// compareCatalog compares the catalog key by key (ISO 32000-2, 7.7.2).
func (d *diff) compareCatalog() error {
	was, is := d.catalogs.old, d.catalogs.new
	for _, key := range keysOf(was, is) {
		if syntax.Equal(was[key], is[key]) {
			continue
		}
		if err := d.catalogKey(key); err != nil {
			return err
		}
	}
	return nil
}

// judgeCatalog decides on a changed object that is reached through the catalog.
func (d *diff) judgeCatalog(n id, c context) error {
	if c.path.first() == "AcroForm" {
		return d.judgeForm(n, c.path)
	}
	return d.catalogKey(c.path.first())
}

// catalogKey decides on a key of the catalog whose value changed, or something below it.
func (d *diff) catalogKey(key syntax.Name) error {
	switch key {
	case "AcroForm", "DSS", "Metadata", "Extensions", "Version":
		d.touched[key] = true // each has rules of its own
		return nil
	case "Pages":
		return d.keepPages()
	}
	return d.keep(d.graph.id(d.root), key, d.catalogs.old[key], d.catalogs.new[key], catalogReason(key))
}

// catalogReason names what a key of the catalog does.
func catalogReason(key syntax.Name) signer.Reason {
	switch key {
	case "OpenAction", "AA", "URI":
		return reason(codeAction, key)
	case "Names":
		return reason(codeNames)
	case "OCProperties":
		return reason(codeLayers)
	case "Perms", "Legal":
		return reason(codePermissions, key)
	}
	return reason(codeCatalog, key)
}

// keepPages holds the tree of pages: the same pages in the same order.
func (d *diff) keepPages() error {
	was, is := d.catalogs.old["Pages"], d.catalogs.new["Pages"]
	before, err := count(d.old, was)
	if err != nil {
		return err
	}
	after, err := count(d.new, is)
	if err != nil {
		return err
	}
	r := reason(codePageTree)
	switch {
	case after < before:
		r = reason(codePageRemoved, before, after)
	case after > before:
		r = reason(codePageAdded, before, after)
	}
	return d.keep(d.graph.id(d.root), "Pages", was, is, r)
}

func count(r *syntax.Revision, pages syntax.Object) (int64, error) {
	o, err := r.Resolve(pages)
	if err != nil {
		return 0, err
	}
	dict, _ := o.(syntax.Dict)
	o, err = r.Resolve(dict["Count"])
	n, _ := o.(int64)
	return n, err
}

// compareProofs looks at what may be added to the document as a whole for the long term.
func (d *diff) compareProofs() error {
	for _, of := range []struct {
		key     syntax.Name
		compare func() error
	}{
		{"Info", d.compareInfo},
		{"Metadata", d.compareMetadata},
		{"Extensions", d.compareExtensions},
		{"Version", d.compareVersion},
		{"DSS", d.compareStore},
	} {
		if d.touched[of.key] {
			if err := of.compare(); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareMetadata lets the XMP packet of the document be written anew (14.3.2).
func (d *diff) compareMetadata() error {
	o, err := d.new.Resolve(d.catalogs.new["Metadata"])
	if err != nil {
		return err
	}
	ref, _ := d.catalogs.new["Metadata"].(syntax.Ref)
	stream, ok := o.(*syntax.Stream)
	if !ok || stream.Dict["Type"] != syntax.Name("Metadata") {
		d.at(signer.ModificationOther, ref, reason(codeMetadata))
		return nil
	}
	for key := range stream.Dict {
		switch key {
		case "Type", "Subtype", "Length", "Filter", "DecodeParms":
		default:
			d.at(signer.ModificationOther, ref, reason(codeMetadata))
			return nil
		}
	}
	d.at(signer.ModificationLTA, ref, reason(codeMetadataChanged))
	return nil
}

// compareExtensions lets the list of extensions that the document uses grow (7.12).
func (d *diff) compareExtensions() error {
	was, is, err := d.resolve(d.catalogs.old["Extensions"], d.catalogs.new["Extensions"])
	if err != nil {
		return err
	}
	before, _ := was.(syntax.Dict)
	after, ok := is.(syntax.Dict)
	for prefix := range before {
		ok = ok && after[prefix] != nil
	}
	if ok {
		if ok, err = d.declares(after, 0); err != nil {
			return err
		}
	}
	if !ok {
		d.other(d.graph.id(d.root), reason(codeCatalog, "Extensions"))
		return nil
	}
	d.at(signer.ModificationLTA, d.root, reason(codeExtensions))
	return nil
}

// declares says whether an extensions dictionary holds nothing but developer extensions:
// dictionaries, or arrays of them, of plain values.
func (d *diff) declares(dict syntax.Dict, depth int) (bool, error) {
	for _, v := range dict {
		o, err := d.new.Resolve(v)
		if err != nil {
			return false, err
		}
		ok := true
		switch o := o.(type) {
		case *syntax.Stream:
			ok = false
		case syntax.Dict:
			if ok = depth < 1; ok {
				ok, err = d.declares(o, depth+1)
			}
		case syntax.Array:
			ok, err = d.declareAll(o, depth)
		}
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (d *diff) declareAll(list syntax.Array, depth int) (bool, error) {
	for _, e := range list {
		dict, err := d.new.Resolve(e)
		if err != nil {
			return false, err
		}
		one, ok := dict.(syntax.Dict)
		if !ok || depth > 0 {
			return false, nil
		}
		if ok, err := d.declares(one, depth+1); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// compareVersion lets the version of the document rise (7.2, table 29).
func (d *diff) compareVersion() error {
	was, is, err := d.resolve(d.catalogs.old["Version"], d.catalogs.new["Version"])
	if err != nil {
		return err
	}
	before, _ := was.(syntax.Name)
	after, _ := is.(syntax.Name)
	if !known(after) || after < before {
		d.other(d.graph.id(d.root), reason(codeCatalog, "Version"))
		return nil
	}
	d.at(signer.ModificationLTA, d.root, reason(codeVersion, after))
	return nil
}

func known(version syntax.Name) bool {
	switch version {
	case "1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0":
		return true
	}
	return false
}
