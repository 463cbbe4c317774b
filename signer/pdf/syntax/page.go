package syntax

import "iter"

// Page is a page of the document.
type Page struct {
	Index int  // from 0
	Ref   Ref  // of the page object
	Dict  Dict // a copy of the page object with the attributes it inherits: Resources, MediaBox, CropBox, Rotate
}

// inheritable is read only (table 31).
var inheritable = [...]Name{"Resources", "MediaBox", "CropBox", "Rotate"}

// inherit gives a node's own and inherited attributes.
func inherit(from, node Dict) Dict {
	d := make(Dict, len(inheritable))
	for _, k := range inheritable {
		if v, ok := node[k]; ok {
			d[k] = v
		} else if v, ok := from[k]; ok {
			d[k] = v
		}
	}
	return d
}

// pageWalk goes through a page tree (7.7.3) and holds only the way down to where it is.
type pageWalk struct {
	r     *Revision
	seen  map[int]struct{} // numbers of nodes: a page may stand in the tree once
	index int
	yield func(Page, error) bool
}

// Pages goes through all pages in order. An error ends it: a tree that is not
// well-formed has no pages that all readers agree on. A /Count that is not right is such
// an error.
func (r *Revision) Pages() iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		root, err := r.pageRoot()
		if err == nil {
			w := &pageWalk{r: r, seen: map[int]struct{}{}, yield: yield}
			_, err = w.node(root, nil, r.file.limits.Depth)
		}
		if err != nil && err != errStop {
			yield(Page{}, err)
		}
	}
}

// errStop ends a walk that its caller wants no more of.
const errStop = stop("stop")

type stop string

func (s stop) Error() string { return string(s) }

func (r *Revision) pageRoot() (Ref, error) {
	catalog, at, err := r.Catalog()
	if err != nil {
		return at, err
	}
	ref, ok := catalog["Pages"].(Ref)
	if !ok {
		return at, r.file.failIn(CodePageTree, r, at)
	}
	return ref, nil
}

// load reads a node and says whether it is a page.
func (w *pageWalk) load(ref Ref) (d Dict, leaf bool, err error) {
	if _, twice := w.seen[ref.Number]; twice {
		return nil, false, w.r.file.failIn(CodePageTree, w.r, ref)
	}
	if len(w.seen) >= w.r.file.limits.Pages {
		return nil, false, w.r.file.failIn(CodeObjects, w.r, ref)
	}
	w.seen[ref.Number] = struct{}{}
	return w.r.pageNode(ref)
}

func (r *Revision) pageNode(ref Ref) (d Dict, leaf bool, err error) {
	if d, err = r.Dict(ref); err != nil {
		return nil, false, err
	}
	kind, _ := r.Name(d["Type"])
	_, kids := d["Kids"]
	switch {
	case d == nil:
	case !kids && (kind == "Page" || kind == ""):
		return d, true, nil
	case kids && (kind == "Pages" || kind == ""):
		return d, false, nil
	}
	return nil, false, r.file.failIn(CodePageTree, r, ref)
}

// node walks one node and gives how many pages are below it.
func (w *pageWalk) node(ref Ref, from Dict, depth int) (pages int64, err error) {
	d, leaf, err := w.load(ref)
	if err != nil {
		return 0, err
	}
	if depth == 0 {
		return 0, w.r.file.failIn(CodeDepth, w.r, ref)
	}
	if leaf {
		return 1, w.page(ref, d, from)
	}
	kids, count, err := w.r.kids(ref, d)
	if err != nil {
		return 0, err
	}
	from = inherit(from, d)
	for _, kid := range kids {
		n, err := w.node(kid, from, depth-1)
		if err != nil {
			return 0, err
		}
		pages += n
	}
	if pages != count {
		return 0, w.r.file.failIn(CodePageTree, w.r, ref)
	}
	return pages, nil
}

func (w *pageWalk) page(ref Ref, d, from Dict) error {
	p := newPage(w.index, ref, d, from)
	w.index++
	if !w.yield(p, nil) {
		return errStop
	}
	return nil
}

func newPage(index int, ref Ref, d, from Dict) Page {
	whole := make(Dict, len(d)+len(from))
	for k, v := range from {
		whole[k] = v
	}
	for k, v := range d {
		whole[k] = v
	}
	return Page{index, ref, whole}
}

// kids gives the references in /Kids, and /Count.
func (r *Revision) kids(ref Ref, d Dict) (kids []Ref, count int64, err error) {
	a, err := r.Array(d["Kids"])
	if err != nil {
		return nil, 0, err
	}
	if count, err = r.Int(d["Count"]); err != nil {
		return nil, 0, err
	}
	kids = make([]Ref, len(a))
	for i, o := range a {
		kid, ok := o.(Ref)
		if !ok {
			return nil, 0, r.file.failIn(CodePageTree, r, ref)
		}
		kids[i] = kid
	}
	return kids, count, nil
}

// PageCount gives the number of pages as the root of the page tree states it.
func (r *Revision) PageCount() (int, error) {
	root, err := r.pageRoot()
	if err != nil {
		return 0, err
	}
	d, leaf, err := r.pageNode(root)
	if err != nil {
		return 0, err
	}
	count, err := r.Int(d["Count"])
	if err != nil || leaf || count < 0 || count > int64(r.file.limits.Pages) {
		return 0, r.file.failIn(CodePageTree, r, root)
	}
	return int(count), nil
}

// Page gives the page with an index from 0, and skips what is before it by /Count.
// An index that there is no page for is an error with [CodePageTree].
func (r *Revision) Page(index int) (Page, error) {
	ref, err := r.pageRoot()
	if err != nil {
		return Page{}, err
	}
	var from Dict
	left := int64(index)
	for range r.file.limits.Depth {
		d, leaf, err := r.pageNode(ref)
		if err != nil {
			return Page{}, err
		}
		if leaf && left == 0 {
			return newPage(index, ref, d, from), nil
		}
		from = inherit(from, d)
		if ref, left, err = r.step(ref, d, left); err != nil {
			return Page{}, err
		}
	}
	return Page{}, r.file.failIn(CodeDepth, r, ref)
}

// step finds the kid under which the page lies that has left pages before it.
func (r *Revision) step(ref Ref, d Dict, left int64) (Ref, int64, error) {
	kids, _, err := r.kids(ref, d)
	if err != nil {
		return ref, 0, err
	}
	for _, kid := range kids {
		d, leaf, err := r.pageNode(kid)
		if err != nil {
			return ref, 0, err
		}
		count := int64(1)
		if !leaf {
			if count, err = r.Int(d["Count"]); err != nil {
				return ref, 0, err
			}
		}
		if count < 0 || left < 0 {
			break
		}
		if left < count {
			return kid, left, nil
		}
		left -= count
	}
	return ref, 0, r.file.failIn(CodePageTree, r, ref)
}
