package changes

import (
	"maps"
	"slices"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// keysOf gives the keys that either dictionary has, sorted.
func keysOf(a, b syntax.Dict) []syntax.Name {
	all := map[syntax.Name]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// references is a trailer without what describes the cross-reference section that it belongs
// to (7.5.5, 7.5.8.2) and can lead to no object.
func references(trailer syntax.Dict) syntax.Dict {
	out := maps.Clone(trailer)
	for _, key := range []syntax.Name{"Size", "Prev", "XRefStm", "Type", "W", "Index", "Length", "Filter", "DecodeParms"} {
		delete(out, key)
	}
	return out
}

// compareTrailer says whether there is anything left to compare.
func (d *diff) compareTrailer() (bool, error) {
	was, is := references(d.old.Trailer), references(d.new.Trailer)
	root, ok := is["Root"].(syntax.Ref)
	if !ok || was["Root"] != is["Root"] {
		d.other(trailer, reason(codeRoot))
		return false, nil
	}
	d.root = root
	var err error
	if d.catalogs.old, _, err = d.old.Catalog(); err != nil {
		return false, err
	}
	if d.catalogs.new, _, err = d.new.Catalog(); err != nil {
		return false, err
	}
	for _, key := range keysOf(was, is) {
		if !syntax.Equal(was[key], is[key]) {
			d.compareTrailerKey(key, was, is)
		}
	}
	return true, nil
}

func (d *diff) compareTrailerKey(key syntax.Name, was, is syntax.Dict) {
	switch key {
	case "ID":
		// The first half, which encryption depends on, stays the same for the document's life (14.4).
		if was["Encrypt"] != nil && !syntax.Equal(firstOf(was["ID"]), firstOf(is["ID"])) {
			d.other(trailer, reason(codeEncryption))
		}
	case "Encrypt":
		d.other(trailer, reason(codeEncryption))
	case "Info":
		d.touched["Info"] = true
	default:
		if is[key] != nil { // what a writer does not know it leaves out
			d.other(trailer, reason(codeTrailer, key))
		}
	}
}

func firstOf(o syntax.Object) syntax.Object {
	if a, ok := o.(syntax.Array); ok && len(a) > 0 {
		return a[0]
	}
	return nil
}

// judgeTrailer decides on a changed object that only the trailer leads to.
func (d *diff) judgeTrailer(n id, c context) error {
	switch c.path.first() {
	case "Info":
		d.touched["Info"] = true
	case "ID":
	case "Encrypt":
		d.other(n, reason(codeEncryption))
	default:
		d.other(n, reason(codeTrailer, c.path.first()))
	}
	return nil
}

// compareInfo looks at the document information dictionary, which nothing that is drawn
// depends on as long as it holds plain values (14.3.3).
func (d *diff) compareInfo() error {
	ref, _ := d.new.Trailer["Info"].(syntax.Ref)
	o, err := d.new.Resolve(d.new.Trailer["Info"])
	if err != nil {
		return err
	}
	info, ok := o.(syntax.Dict)
	if !ok && o != nil {
		d.at(signer.ModificationOther, ref, reason(codeInfo))
		return nil
	}
	for _, v := range info {
		if plain, err := d.plain(v); err != nil || !plain {
			d.at(signer.ModificationOther, ref, reason(codeInfo))
			return err
		}
	}
	d.at(signer.ModificationLTA, ref, reason(codeInfoChanged))
	return nil
}

// plain says whether a value is a single one, which leads nowhere.
func (d *diff) plain(o syntax.Object) (bool, error) {
	o, err := d.new.Resolve(o)
	if err != nil {
		return false, err
	}
	switch o.(type) {
	case syntax.Array, syntax.Dict, *syntax.Stream:
		return false, nil
	}
	return true, nil
}
