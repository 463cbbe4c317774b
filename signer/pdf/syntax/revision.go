package syntax

import (
	"cmp"
	"errors"
	"iter"
	"slices"
)

// XRefKind is the form of a revision's cross-reference.
type XRefKind string

// The forms.
const (
	XRefTable  XRefKind = "table"
	XRefStream XRefKind = "stream"
	XRefHybrid XRefKind = "hybrid"
)

// Revision is a state of the document: what the original writer, or one incremental
// update, left. It sees its own objects and those of the revisions before it.
type Revision struct {
	Index     int   // from 0, the oldest
	End       int64 // offset behind the line of %%EOF that closes it; it is the first End bytes of the file
	Mark      int64 // offset behind %%EOF itself: End without the end of that line, which the next update may have added
	StartXRef int64 // offset of its cross-reference from the beginning of the file
	Trailer   Dict  // of a cross-reference stream, its dictionary
	XRefKind  XRefKind

	file    *File
	section int64 // offset of the section whose trailer it is
	size    int64 // above all object numbers so far
	entries []entry
	extents []extent // of its cross-reference
	odd     bool     // see Odd
}

// layRevisions makes revisions of the chain of sections, which starts with the newest.
func (f *File) layRevisions(chain []*section) error {
	slices.Reverse(chain)
	if len(chain) > 1 && chain[1].prev > chain[1].offset {
		if err := f.joinLinearized(chain[0], chain[1]); err != nil {
			return err
		}
		chain = chain[1:]
	}
	end := int64(0)
	for i, s := range chain {
		if i > 0 && s.prev > s.offset {
			return fail(CodePrevForward, s.offset)
		}
		if s.offset < end {
			return fail(CodeRevisionOverlap, s.offset)
		}
		r, err := f.closeRevision(s)
		if err != nil {
			return err
		}
		f.revisions = append(f.revisions, r)
		end = r.End
	}
	f.listOwners()
	return nil
}

// closeRevision makes a revision of a section and finds its end: behind the section
// come startxref with the section's own offset, and %%EOF.
func (f *File) closeRevision(s *section) (*Revision, error) {
	start, mark, end, err := f.closing(s.end)
	if err != nil {
		return nil, err
	}
	if start > f.src.size || f.behindSpace(start+f.base) != s.offset {
		return nil, fail(CodeStartXRef, s.end)
	}
	r := &Revision{
		Index: len(f.revisions), End: end, Mark: mark, StartXRef: s.offset, Trailer: s.trailer, XRefKind: s.kind,
		file: f, section: s.offset, size: s.size, entries: s.entries, extents: s.extents, odd: s.odd,
	}
	return r, r.checkOffsets()
}

// behindSpace gives the offset of the first byte at or behind one that is not white space.
func (f *File) behindSpace(at int64) int64 {
	l := f.lexerAt(at, f.src.size)
	l.skipSpace()
	return l.pos()
}

// checkOffsets wants every object of a revision to lie within it: one that an earlier
// cross-reference finds in a later update would be changed by that.
func (r *Revision) checkOffsets() error {
	for _, e := range r.entries {
		if e.kind == inUse && e.offset >= r.End {
			return fail(CodeXRefOffset, r.section)
		}
	}
	return nil
}

// joinLinearized makes one section of the two of a linearized file (Annex F): the first
// one stands at the beginning of the file, main at the end, where %%EOF closes both.
func (f *File) joinLinearized(main, first *section) error {
	length, err := f.linearized()
	if err != nil {
		return err
	}
	if length < 0 || main.prev >= 0 {
		return fail(CodePrevForward, first.offset)
	}
	_, mark, end, err := f.closing(main.end)
	if err != nil {
		return err
	}
	if length += f.base; length != mark && length != end {
		f.note(OddLinearized, first.offset)
	}
	first.entries = overlay(main.entries, first.entries)
	first.size = max(first.size, main.size)
	first.extents = append(first.extents, main.extents...)
	first.odd = first.odd || main.odd
	first.end, first.prev = main.end, -1
	return nil
}

// overlay joins two sorted lists; where both have a number, the upper one counts.
func overlay(lower, upper []entry) []entry {
	all := make([]entry, 0, len(lower)+len(upper))
	for len(lower) > 0 && len(upper) > 0 {
		switch c := cmp.Compare(lower[0].number, upper[0].number); {
		case c < 0:
			all, lower = append(all, lower[0]), lower[1:]
		case c > 0:
			all, upper = append(all, upper[0]), upper[1:]
		default:
			all, lower, upper = append(all, upper[0]), lower[1:], upper[1:]
		}
	}
	return append(append(all, lower...), upper...)
}

// linearized gives the /L of the linearization dictionary, -1 where the file does not
// begin with one.
func (f *File) linearized() (length int64, err error) {
	const firstObject = 1024 // F.3.3: the dictionary lies within the first 1024 bytes
	l := f.lexerAt(f.header, f.header+firstObject)
	l.skip()
	found, err := f.parseAt(l.pos(), f.src.size, nil)
	if errors.Is(err, ErrMalformed) {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	d, _ := found.object.(Dict)
	length, ok := d["L"].(int64)
	if _, marked := d["Linearized"]; !marked || !ok {
		return -1, nil
	}
	return length, nil
}

// checkSizes looks for object numbers that are not below /Size. The standard has them
// ignored (table 15); readers take them as they are, and some writers count wrongly.
func (f *File) checkSizes() {
	size := int64(0)
	for _, r := range f.revisions {
		if n := len(r.entries); n > 0 && int64(r.entries[n-1].number) >= r.size {
			f.note(CodeXRefSize, r.section)
			r.odd = true
			size = max(size, int64(r.entries[n-1].number)+1)
		}
		size = max(size, r.size)
		r.size = size
	}
}

// own looks a number up in the revision's own cross-reference.
func (r *Revision) own(number int) (entry, bool) {
	i, ok := slices.BinarySearchFunc(r.entries, number, func(e entry, n int) int { return cmp.Compare(int(e.number), n) })
	if !ok {
		return entry{}, false
	}
	return r.entries[i], true
}

// owner says that a revision defines, or frees, an object.
type owner struct{ number, revision int32 }

func (o owner) compare(p owner) int {
	return cmp.Or(cmp.Compare(o.number, p.number), cmp.Compare(o.revision, p.revision))
}

// fewRevisions are looked through one by one sooner than in a list of owners.
const fewRevisions = 4

// listOwners makes looking objects up as cheap in the last of many revisions as in the first.
func (f *File) listOwners() {
	if len(f.revisions) <= fewRevisions {
		return
	}
	for _, r := range f.revisions {
		f.owners = slices.Grow(f.owners, len(r.entries))
		for _, e := range r.entries {
			f.owners = append(f.owners, owner{e.number, int32(r.Index)})
		}
	}
	slices.SortFunc(f.owners, owner.compare)
}

// find looks a number up as of the revision, and says which revision it stands in.
func (r *Revision) find(number int) (e entry, owner *Revision, ok bool) {
	if len(r.file.owners) > 0 {
		return r.findListed(number)
	}
	for i := r.Index; i >= 0; i-- {
		owner = r.file.revisions[i]
		if e, ok = owner.own(number); ok {
			return e, owner, true
		}
	}
	return entry{}, nil, false
}

// findListed is find by the list of owners.
func (r *Revision) findListed(number int) (e entry, _ *Revision, ok bool) {
	all := r.file.owners
	want := owner{int32(number), int32(r.Index)}
	i, exact := slices.BinarySearchFunc(all, want, owner.compare)
	if !exact {
		i--
	}
	if i < 0 || all[i].number != want.number {
		return entry{}, nil, false
	}
	last := r.file.revisions[all[i].revision]
	e, ok = last.own(number)
	return e, last, ok
}

// Changed gives the objects that the revision defines, defines anew or frees, sorted.
// What it merely lists again at the same place is not among them. Its own
// cross-reference stream and object streams are.
func (r *Revision) Changed() []Ref { return slices.Collect(r.Changes()) }

// Changes goes through what Changed gives, and holds nothing.
func (r *Revision) Changes() iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		for _, e := range r.entries {
			if ref, ok := r.changes(e); ok && !yield(ref) {
				return
			}
		}
	}
}

// Touches says whether an object is among what Changed gives.
func (r *Revision) Touches(ref Ref) bool {
	e, ok := r.own(ref.Number)
	if !ok {
		return false
	}
	touched, ok := r.changes(e)
	return ok && touched == ref
}

// changes says whether an entry of the revision says something new, and of which object.
func (r *Revision) changes(e entry) (Ref, bool) {
	var before entry
	if r.Index > 0 {
		before, _, _ = r.file.revisions[r.Index-1].find(int(e.number))
	}
	if e.same(before) {
		return Ref{}, false
	}
	ref := Ref{int(e.number), e.generation()}
	if e.kind == free {
		ref.Generation = before.generation()
	}
	return ref, true
}

// Location is where an object lies.
type Location struct {
	Revision int   // that defines it
	Offset   int64 // in the file
	Length   int64 // from its number to its endobj, both included
	Stream   Ref   // the object stream it lies in, whose place Offset and Length are; zero for none
	Index    int   // in the object stream
	Free     bool  // it was freed by that revision
}

// Where says where the object that a reference means as of this revision lies; false
// where there is none, or it cannot be read.
func (r *Revision) Where(ref Ref) (Location, bool) {
	e, owner, ok := r.find(ref.Number)
	if !ok || e.kind != free && e.generation() != ref.Generation {
		return Location{}, false
	}
	at := Location{Revision: owner.Index}
	switch e.kind {
	case free:
		at.Free = true
		return at, true
	case packed:
		at.Stream, at.Index = Ref{Number: int(e.offset)}, int(e.extra)
		if e, owner, ok = owner.find(int(e.offset)); !ok || e.kind != inUse {
			return Location{}, false
		}
	}
	found, err := r.file.read(e, owner)
	if err != nil {
		return Location{}, false
	}
	at.Offset, at.Length = found.start, found.end-found.start
	return at, true
}
