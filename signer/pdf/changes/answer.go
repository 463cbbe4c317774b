package changes

import (
	"bytes"
	"io"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// How much of a page one more signature may take: a quarter, and on small pages what a
// signature needs. The seal of an agency takes a fiftieth; what takes more than a quarter
// replaces the text rather than signs it.
const (
	maxPageShare = 0.25
	maxSmall     = 25_000 // in squares of 1/72 inch: four seals
)

// subFilterStamp is the form of a document time stamp (EN 319 142-1, 5.4.3).
const subFilterStamp = "ETSI.RFC3161"

// answered looks at who answers for what a widget of a signature field draws, be it new or
// changed. It is he who signs in that field in the same revision. A field that
// nobody signs, or that holds a time stamp, which anybody can have, takes no key: what it
// draws is an annotation, whatever it calls itself, and so is what hides the page.
func (d *diff) answered(page syntax.Ref, f Finding, dict syntax.Dict, of *field) error {
	f.Level = signer.ModificationAnnotations
	signed, err := d.signedNow(of)
	if err != nil {
		return err
	}
	if !signed {
		if _, isNew := d.shown[f.Ref]; isNew {
			if blank, err := d.blank(dict); err != nil || blank {
				return err
			}
		}
		f.Reason = reason(codeDrawnUnsigned, of.name, f.Page)
		d.add(f)
		return nil
	}
	if f.Rect.area() > max(maxSmall, maxPageShare*d.pageRect(page).area()) {
		f.Reason = reason(codeDrawnLarge, of.name, f.Page)
		d.add(f)
	}
	return nil
}

// signedNow says whether a field got its signature, and no time stamp, in this revision.
func (d *diff) signedNow(f *field) (bool, error) {
	ref, ok := f.value.(syntax.Ref)
	if !ok {
		return false, nil
	}
	if n := d.graph.id(ref); !d.graph.changed(n, d.index) || !d.fresh(n) {
		return false, nil
	}
	o, err := d.new.Resolve(ref)
	if err != nil {
		return false, err
	}
	dict, ok := o.(syntax.Dict)
	if !ok {
		return false, nil
	}
	stamp, err := d.isStamp(dict)
	return err == nil && !stamp, err
}

// isStamp says whether a signature dictionary is one of a document time stamp. Its form
// tells, as those see it who verify it, not what /Type calls it.
func (d *diff) isStamp(dict syntax.Dict) (bool, error) {
	form, err := d.new.Resolve(dict["SubFilter"])
	return form == syntax.Name(subFilterStamp), err
}

// blank says whether a widget draws nothing: it has no look, or an empty one.
func (d *diff) blank(dict syntax.Dict) (bool, error) {
	o, err := d.new.Resolve(dict["MK"])
	if err != nil {
		return false, err
	}
	if colours, ok := o.(syntax.Dict); o != nil && !ok || colours["BG"] != nil || colours["BC"] != nil {
		return false, nil
	}
	return d.blankLook(dict["AP"], 0)
}

// lookDepth is how deep the streams of a look may lie: by kind, then by state (table 170).
const lookDepth = 2

func (d *diff) blankLook(o syntax.Object, depth int) (bool, error) {
	o, err := d.new.Resolve(o)
	if err != nil {
		return false, err
	}
	switch o := o.(type) {
	case nil:
		return true, nil
	case *syntax.Stream:
		return blankStream(o)
	case syntax.Dict:
		for _, v := range o {
			if blank, err := d.blankLook(v, depth+1); err != nil || !blank || depth >= lookDepth {
				return false, err
			}
		}
		return true, nil
	}
	return false, nil
}

// blankRoom is more than the marks of an empty look take, such as Acrobat's "% DSBlank".
const blankRoom = 64

// blankStream says whether a stream of operators holds none.
func blankStream(s *syntax.Stream) (bool, error) {
	data, err := s.Open()
	if err != nil {
		return false, err
	}
	defer data.Close()
	b, err := io.ReadAll(io.LimitReader(data, blankRoom+1))
	if err != nil || len(b) > blankRoom {
		return false, err
	}
	for line := range bytes.FieldsFuncSeq(b, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '%' {
			return false, nil
		}
	}
	return true, nil
}

// pageRect gives the box in which a page is shown, its own or inherited; empty for none.
func (d *diff) pageRect(page syntax.Ref) Rect {
	var media Rect
	var at syntax.Object = page
	for range maxDepth {
		dict, err := d.new.Dict(at)
		if err != nil || dict == nil {
			break
		}
		if crop := boxOf(d.new, dict["CropBox"]); crop.area() > 0 {
			return crop
		}
		if media.area() == 0 {
			media = boxOf(d.new, dict["MediaBox"])
		}
		at = dict["Parent"]
	}
	return media
}
