package pdf

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"congvan/signer/pdf/syntax"
)

// draft is an incremental update in the making: what is there, and what is to be
// added to it.
type draft struct {
	file    *syntax.File
	rev     *syntax.Revision // the latest
	up      *syntax.Update
	root    syntax.Dict // a copy of the catalog, written back when it changed
	rootRef syntax.Ref
	changed bool // the catalog
	fields  []syntax.Field
}

func openDraft(r io.ReaderAt, size int64) (*draft, error) {
	f, err := syntax.Open(r, size, syntax.Options{})
	if err != nil {
		return nil, err
	}
	rev := f.Latest()
	root, ref, err := rev.Catalog()
	if err != nil {
		return nil, err
	}
	fields, err := rev.Fields()
	if err != nil {
		return nil, err
	}
	up, err := syntax.NewUpdate(f)
	if err != nil {
		return nil, err
	}
	return &draft{file: f, rev: rev, up: up, root: maps.Clone(root), rootRef: ref, fields: fields}, nil
}

// amend changes a dictionary of the catalog where it stands: inside it, or as an
// object of its own. One that is not there begins empty.
func (d *draft) amend(key syntax.Name, change func(syntax.Dict) error) error {
	holder := d.root[key]
	was, err := d.rev.Dict(holder)
	if err != nil {
		return fmt.Errorf("catalog /%s: %w", key, err)
	}
	dict := maps.Clone(was)
	if dict == nil {
		dict = syntax.Dict{}
	}
	if err := change(dict); err != nil {
		return fmt.Errorf("catalog /%s: %w", key, err)
	}
	if ref, indirect := holder.(syntax.Ref); indirect && was != nil {
		d.up.Put(ref, dict)
		return nil
	}
	d.root[key], d.changed = dict, true
	return nil
}

// push appends to an array of a dictionary that is going to be written: inside it, or,
// where the array is an object of its own, to that. It says whether the dictionary
// itself changed.
func (d *draft) push(dict syntax.Dict, key syntax.Name, items ...syntax.Object) (bool, error) {
	holder := dict[key]
	was, err := d.rev.Array(holder)
	if err != nil {
		return false, fmt.Errorf("/%s: %w", key, err)
	}
	grown := append(slices.Clone(was), items...)
	if ref, indirect := holder.(syntax.Ref); indirect && was != nil {
		d.up.Put(ref, grown)
		return false, nil
	}
	dict[key] = grown
	return true, nil
}

// Signature flags of the form (table 225): signatures exist, append only.
const sigFlags = 1 | 2

// register puts a field into the form, or only the flags when it is there already.
// Whatever else the form holds stays.
func (d *draft) register(fresh *syntax.Ref) error {
	if fresh == nil && d.flagged() {
		return nil
	}
	return d.amend("AcroForm", func(form syntax.Dict) error {
		flags, err := d.rev.Int(form["SigFlags"])
		if err != nil {
			return err
		}
		form["SigFlags"] = flags | sigFlags
		if fresh == nil {
			return nil
		}
		_, err = d.push(form, "Fields", *fresh)
		return err
	})
}

func (d *draft) flagged() bool {
	form, err := d.rev.Dict(d.root["AcroForm"])
	if err != nil {
		return false
	}
	flags, err := d.rev.Int(form["SigFlags"])
	return err == nil && flags&sigFlags == sigFlags
}

// The holes of a signature dictionary.
const (
	holeRange    = "ByteRange"
	holeContents = "Contents"
	// rangeSize holds "[0 a b c]" with numbers of any size that a file can have.
	rangeSize = len("[0 ") + 3*len("9223372036854775807 ") + len("]")
)

// lay writes the update out, with its ByteRange, and a gap of room bytes for the value.
func (d *draft) lay(room int) (Gap, error) {
	data, holes, err := d.finish()
	if err != nil {
		return Gap{}, err
	}
	base := d.file.Size()
	from, total := holes[holeContents], base+int64(len(data))
	to := from + 2*int64(room) + 2
	text := fmt.Appendf(nil, "[0 %d %d %d]", from, to, total-to)
	copy(data[holes[holeRange]-base:], text)
	return Gap{Increment: data, At: int(from - base), Room: room}, nil
}

// finish writes the update out.
func (d *draft) finish() ([]byte, map[string]int64, error) {
	if d.changed {
		d.up.Put(d.rootRef, d.root)
	}
	return d.up.Bytes()
}
