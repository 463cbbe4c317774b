package changes

import "congvan/signer/pdf/syntax"

// pageNumber counts at which place a page stands, from 1; 0 where the tree does not tell.
// It counts upwards from the page, trusting /Count where all pages of a node are its
// own kids, so that long documents are not walked for a remark.
func (d *diff) pageNumber(page syntax.Ref) int {
	number, at := 1, page
	for range maxDepth {
		dict, err := d.new.Dict(at)
		if err != nil {
			return 0
		}
		parent, ok := dict["Parent"].(syntax.Ref)
		if !ok {
			if dict["Type"] == syntax.Name("Pages") {
				return number
			}
			return 0
		}
		before, ok := d.pagesBefore(parent, at)
		if !ok {
			return 0
		}
		number += before
		at = parent
	}
	return 0
}

// pagesBefore counts the pages below a node that come before one of its kids.
func (d *diff) pagesBefore(parent, kid syntax.Ref) (int, bool) {
	dict, err := d.new.Dict(parent)
	if err != nil {
		return 0, false
	}
	kids, err := d.new.Array(dict["Kids"])
	if err != nil {
		return 0, false
	}
	total, err := d.new.Int(dict["Count"])
	flat := err == nil && total == int64(len(kids))
	before := 0
	for _, k := range kids {
		if k == kid {
			return before, true
		}
		n := int64(1)
		if !flat {
			n = d.pagesBelow(k)
		}
		before += int(n)
	}
	return 0, false
}

func (d *diff) pagesBelow(k syntax.Object) int64 {
	dict, err := d.new.Dict(k)
	if err != nil || dict["Type"] != syntax.Name("Pages") {
		return 1
	}
	n, err := d.new.Int(dict["Count"])
	if err != nil || n < 0 || n > 1<<24 {
		return 0
	}
	return n
}
