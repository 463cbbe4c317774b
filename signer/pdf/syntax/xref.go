package syntax

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// section is one cross-reference section with its trailer (7.5.4, 7.5.8).
type section struct {
	offset  int64
	end     int64 // behind the trailer dictionary, or the endobj of the stream
	kind    XRefKind
	trailer Dict
	entries []entry  // sorted by number
	size    int64    // of the trailer
	prev    int64    // offset of the section before, -1 for none
	odd     bool     // it is not written as the standard says, and there are readers that refuse it
	extents []extent // where it stands, with a hybrid's stream and the other half of a linearized file
}

type kind uint8

const (
	free kind = iota
	inUse
	packed // in an object stream
)

// entry is what a cross-reference says of one object.
type entry struct {
	offset int64 // in the file; of a packed object the number of its object stream; of a free one the next free number
	number int32
	extra  int32 // generation; of a packed object its index
	kind   kind
}

func (e entry) generation() int {
	if e.kind == packed {
		return 0
	}
	return int(e.extra)
}

// same says whether two entries mean the same object in the same place.
func (e entry) same(o entry) bool {
	return e.kind == o.kind && (e.kind == free || e.offset == o.offset && e.extra == o.extra)
}

// loader reads the cross-references of a file.
type loader struct {
	*File
	left int // entries that may still be read
	seen map[int64]bool
}

// readRevisions follows the chain from the last startxref and makes revisions of it.
func (f *File) readRevisions() error {
	at, err := f.lastStartXRef()
	if err != nil {
		return err
	}
	l := &loader{File: f, left: f.limits.Objects, seen: map[int64]bool{}}
	f.base = f.countedFrom(at)
	chain, err := l.chain(at + f.base)
	if err != nil {
		return err
	}
	if err := f.layRevisions(chain); err != nil {
		return err
	}
	f.checkSizes()
	return f.checkTail()
}

// tailRoom is how far from the end of the file the last startxref may stand.
const tailRoom = 1024

// lastStartXRef reads the number behind the last startxref.
func (f *File) lastStartXRef() (int64, error) {
	length := min(tailRoom, f.src.size)
	start := f.src.size - length
	tail := make([]byte, length)
	if err := f.peekAt(tail, start); err != nil {
		return 0, err
	}
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return 0, fail(CodeNoStartXRef, f.src.size)
	}
	n, _, _, err := f.closing(start + int64(at))
	return n, err
}

// closing reads startxref, the number and %%EOF, and gives the number, the offset
// behind %%EOF and that behind the end of its line.
func (f *File) closing(at int64) (startxref, mark, end int64, err error) {
	l := f.lexerAt(at, f.src.size)
	for l.skipSpace(); l.peek() == '%'; l.skipSpace() { // some writers put their name here
		if l.literal("%%EOF") {
			return 0, 0, 0, l.fail(CodeNoEOF)
		}
		l.skipLine()
	}
	if !l.keyword("startxref") {
		return 0, 0, 0, l.fail(CodeNoEOF)
	}
	l.skipSpace()
	startxref, ok := l.unsigned()
	if !ok {
		return 0, 0, 0, l.fail(CodeStartXRef)
	}
	l.skipSpace()
	if !l.literal("%%EOF") {
		return 0, 0, 0, l.fail(CodeNoEOF)
	}
	mark = l.pos()
	l.eol()
	return startxref, mark, l.pos(), l.err
}

// countedFrom finds out, for a file with junk before its header, whether offsets count
// from the header or from the beginning of the file.
func (f *File) countedFrom(at int64) int64 {
	if f.header == 0 || f.startsSection(at) || !f.startsSection(at+f.header) {
		return 0
	}
	return f.header
}

func (f *File) startsSection(at int64) bool {
	l := f.lexerAt(at, f.src.size)
	if l.keyword("xref") {
		return true
	}
	_, ok := l.objectHeader()
	return ok
}

// chain reads the sections from the newest to the oldest.
func (l *loader) chain(at int64) ([]*section, error) {
	var all []*section
	for at >= 0 {
		if len(all) > l.limits.Revisions {
			return nil, fail(CodeRevisions, at)
		}
		s, err := l.section(at)
		if err != nil {
			return nil, err
		}
		if all = append(all, s); s.offset-at > xrefSpace {
			all[max(0, len(all)-2)].odd = true // the one that pointed here, or the last startxref
		}
		at = s.prev
	}
	return all, nil
}

// section reads the section at an offset, with its /XRefStm.
func (l *loader) section(at int64) (*section, error) {
	if at >= l.src.size {
		return nil, fail(CodeXRefOffset, l.src.size)
	}
	lx := l.lexerAt(at, l.src.size)
	if lx.skipSpace() {
		l.note(OddObjectOffset, at)
	}
	at = lx.pos()
	if l.seen[at] {
		return nil, fail(CodePrevLoop, at)
	}
	l.seen[at] = true
	s := &section{offset: at, kind: XRefTable, prev: -1}
	if !lx.keyword("xref") {
		if lx.err != nil {
			return nil, lx.err
		}
		s.kind = XRefStream
		return s, l.stream(s)
	}
	if err := l.table(s, lx); err != nil {
		return nil, err
	}
	return s, l.hybrid(s)
}

// readableSize is the /Size that all readers can take (the objects of Annex C.2, and object 0).
const readableSize = 1 << 23

// settle checks and sorts what was read of a section.
func (l *loader) settle(s *section) error {
	size, ok := s.trailer["Size"].(int64)
	if !ok || size < 0 || size > maxNumber+1 {
		return fail(CodeTrailer, s.offset)
	}
	s.size = size
	s.odd = s.odd || size > readableSize
	s.extents = []extent{{s.offset, s.end}}
	if p, ok := s.trailer["Prev"]; ok {
		prev, ok := p.(int64)
		if !ok || prev < 0 || prev > math.MaxInt64-l.base || prev+l.base >= l.src.size {
			return fail(CodeXRefOffset, s.offset)
		}
		s.prev = prev + l.base
	}
	return s.sort()
}

func (s *section) sort() error {
	byNumber := func(a, b entry) int { return cmp.Compare(a.number, b.number) }
	if !slices.IsSortedFunc(s.entries, byNumber) {
		slices.SortFunc(s.entries, byNumber)
	}
	for i := 1; i < len(s.entries); i++ {
		if s.entries[i].number == s.entries[i-1].number {
			return fail(CodeXRefOverlap, s.offset)
		}
	}
	return nil
}

// add takes one entry, if there is still room.
func (l *loader) add(s *section, e entry) error {
	if l.left--; l.left < 0 {
		return fail(CodeObjects, s.offset)
	}
	if e.kind == inUse {
		if e.offset == 0 {
			l.odd(s, OddZeroOffset)
			e.kind = free
		} else {
			e.offset += l.base
		}
	}
	s.entries = append(s.entries, e)
	return nil
}

// odd notes an oddity of a section.
func (l *loader) odd(s *section, code Code) {
	s.odd = true
	l.note(code, s.offset)
}

// hybrid adds the entries of the stream that /XRefStm names (7.5.8.4): those that the
// table does not have, or hides as free. A reader of PDF 1.4 does not see them.
func (l *loader) hybrid(s *section) error {
	o, ok := s.trailer["XRefStm"]
	if !ok {
		return nil
	}
	at, ok := o.(int64)
	if !ok || at < 0 || at > math.MaxInt64-l.base || at+l.base >= s.offset {
		return fail(CodeXRefOffset, s.offset)
	}
	l.note(OddHybrid, s.offset)
	s.kind = XRefHybrid
	hidden := &section{offset: at + l.base, kind: XRefStream, prev: -1}
	if err := l.stream(hidden); err != nil {
		return err
	}
	s.size = max(s.size, hidden.size)
	s.extents = append(s.extents, hidden.extents...)
	s.odd = s.odd || hidden.odd
	merged, ok := merge(s.entries, hidden.entries)
	if !ok {
		return fail(CodeHybridConflict, s.offset)
	}
	s.entries = merged
	return nil
}

// merge joins the entries of a table with those of its stream; false where both have an
// object at different places.
func merge(table, stream []entry) ([]entry, bool) {
	all := make([]entry, 0, len(table)+len(stream))
	for len(table) > 0 && len(stream) > 0 {
		t, s := table[0], stream[0]
		switch {
		case t.number < s.number:
			all, table = append(all, t), table[1:]
		case t.number > s.number:
			all, stream = append(all, s), stream[1:]
		case t.kind == free:
			all, table, stream = append(all, s), table[1:], stream[1:]
		case s.kind == free || t.same(s):
			all, table, stream = append(all, t), table[1:], stream[1:]
		default:
			return nil, false
		}
	}
	return append(append(all, table...), stream...), true
}

// checkTail looks at what follows the last revision.
func (f *File) checkTail() error {
	end := f.Latest().End
	if end == f.src.size {
		return nil
	}
	l := f.lexerAt(end, f.src.size)
	l.skipSpace()
	switch {
	case l.err != nil:
		return l.err
	case l.peek() == notAnyByte && l.err == nil:
		f.note(OddTrailingSpace, end)
	default:
		f.note(OddTrailingData, end)
	}
	return nil
}
