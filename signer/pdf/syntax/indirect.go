package syntax

import (
	"errors"
	"math"
)

// place identifies an object in the cache: an offset in the file, and the index where
// that is an object stream's, else -1.
type place struct {
	offset int64
	index  int32
}

// parsed is an indirect object as it stands in the file.
type parsed struct {
	ref        Ref
	object     Object
	start, end int64
}

// maxNesting bounds how many objects must be read to read one: a length, its object
// stream, that one's length.
const maxNesting = 8

// read gives the object of an entry, with its strings decrypted. owner is the
// revision whose entry it is.
func (f *File) read(e entry, owner *Revision) (parsed, error) {
	f.nesting++
	defer func() { f.nesting-- }()
	if f.nesting > maxNesting {
		return parsed{}, fail(CodeReferenceLoop, e.offset)
	}
	if e.kind == packed {
		return f.readPacked(e, owner)
	}
	key := place{e.offset, -1}
	if found, ok := f.objects.get(key); ok {
		return found, found.check(e)
	}
	found, err := f.parseAt(e.offset, owner.End, owner)
	if err != nil {
		return parsed{}, err
	}
	if err := found.check(e); err != nil {
		return parsed{}, err
	}
	if err := f.spend(found.length(), found.start); err != nil {
		return parsed{}, err
	}
	if err := f.decryptObject(&found); err != nil {
		return parsed{}, err
	}
	f.objects.put(key, found, found.cost())
	return found, nil
}

// check compares what stands before an object with what the cross-reference says.
func (p parsed) check(e entry) error {
	if p.ref.Number != int(e.number) || p.ref.Generation != e.generation() {
		return fail(CodeObjectHeader, p.start)
	}
	return nil
}

// length is how many bytes were parsed: all but those of the stream.
func (p parsed) length() int64 {
	if s, ok := p.object.(*Stream); ok {
		return p.end - p.start - s.Length
	}
	return p.end - p.start
}

// cost estimates the memory of an object from its length in the file.
func (p parsed) cost() int { return 200 + 8*int(min(p.length(), math.MaxInt32)) }

// spend counts bytes that were parsed or unpacked. A small file could otherwise ask for
// the same ones without end, by objects that overlap or object streams that do not fit
// into the cache.
func (f *File) spend(bytes, at int64) error {
	if f.work -= bytes; f.work < 0 {
		return fail(CodeWork, at)
	}
	return nil
}

// nodeWork is what visiting a node of a form costs beside reading it: many revisions may
// share one large form, which is then walked in each.
const nodeWork = 512

// objectHeader reads number, generation and obj.
func (l *lexer) objectHeader() (Ref, bool) {
	number, ok := l.unsigned()
	if !ok || number == 0 || number > maxNumber || !l.skipSpace() {
		return Ref{}, false
	}
	generation, ok := l.unsigned()
	if !ok || generation > math.MaxUint16 || !l.skipSpace() {
		return Ref{}, false
	}
	return Ref{int(number), int(generation)}, l.literal("obj")
}

// parseAt reads the indirect object at an offset, none of whose bytes may lie at or
// behind end. A stream's /Length may be a reference where owner is not nil, and counts
// as of that revision.
func (f *File) parseAt(at, end int64, owner *Revision) (parsed, error) {
	l := f.lexerAt(at, end)
	l.skip()
	start := l.pos()
	if start != at {
		f.note(OddObjectOffset, at)
	}
	ref, ok := l.objectHeader()
	if !ok {
		return parsed{}, l.failAt(CodeObjectHeader, at)
	}
	o, err := f.value(l)
	if err != nil {
		return parsed{}, err
	}
	l.skip()
	if d, ok := o.(Dict); ok && l.keyword("stream") {
		if o, err = f.stream(l, d, ref, owner); err != nil {
			return parsed{}, err
		}
		l.skip()
	}
	if !l.keyword("endobj") {
		return parsed{}, l.fail(CodeNoEndObj)
	}
	return parsed{ref, o, start, l.pos()}, nil
}

// value reads an object that is no longer than it may be.
func (f *File) value(l *lexer) (Object, error) {
	end := l.end
	l.limit(l.pos() + f.limits.Object)
	o, err := f.parser(l).object()
	if cut := l.end < end && l.pos() >= l.end; cut && errors.Is(err, ErrMalformed) {
		return nil, l.fail(CodeObjectSize)
	}
	if l.end < end {
		l.start, l.buf, l.i, l.end = l.pos(), nil, 0, end
	}
	return o, err
}

// limit ends the bytes earlier.
func (l *lexer) limit(end int64) {
	if end >= l.end {
		return
	}
	l.end = end
	if over := l.start + int64(len(l.buf)) - end; over > 0 {
		l.buf = l.buf[:max(int64(l.i), int64(len(l.buf))-over)]
	}
}

// stream reads the data behind the word stream (7.3.8).
func (f *File) stream(l *lexer, d Dict, ref Ref, owner *Revision) (*Stream, error) {
	if l.peek() == '\r' {
		l.i++
	}
	if l.peek() != '\n' {
		return nil, l.fail(CodeStream)
	}
	l.i++
	if _, external := d["F"]; external {
		return nil, l.fail(CodeStream) // 7.3.8.2: the data would lie outside the file
	}
	s := &Stream{Dict: d, Offset: l.pos(), file: f, owner: owner, rev: owner, ref: ref}
	length, err := s.readLength(d["Length"])
	if err != nil {
		return nil, failBecause(CodeStreamLength, s.Offset, err)
	}
	if length < 0 || length > l.end-s.Offset {
		return nil, l.fail(CodeStreamLength)
	}
	s.Length = length
	l.seek(s.Offset + length)
	for range 2 {
		l.eol()
	}
	if !l.keyword("endstream") {
		return nil, l.failAt(CodeStreamLength, s.Offset)
	}
	return s, nil
}

// readLength gives the /Length as of the revision that defines the stream.
func (s *Stream) readLength(o Object) (int64, error) {
	if ref, ok := o.(Ref); ok {
		if s.owner == nil {
			return 0, fail(CodeStreamLength, s.Offset)
		}
		var err error
		if o, err = s.owner.Get(ref); err != nil {
			return 0, err
		}
		s.lengthRef = ref
	}
	n, ok := o.(int64)
	if !ok {
		return 0, fail(CodeStreamLength, s.Offset)
	}
	return n, nil
}
