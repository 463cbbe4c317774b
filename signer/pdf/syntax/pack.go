package syntax

import (
	"bytes"
	"cmp"
	"slices"
)

// pack is an object stream (7.5.7), decoded.
type pack struct {
	data    []byte
	numbers []int32
	starts  []int32 // in data; one more than numbers, the last is the end
	entry   entry   // where it lies
	at      parsed
}

// readPacked gives an object that lies in an object stream.
func (f *File) readPacked(e entry, owner *Revision) (parsed, error) {
	p, err := f.pack(int(e.offset), owner)
	if err != nil {
		return parsed{}, err
	}
	if int(e.extra) >= len(p.numbers) || p.numbers[e.extra] != e.number {
		return parsed{}, fail(CodeObjectHeader, p.at.start)
	}
	key := place{p.at.start, e.extra}
	if found, ok := f.objects.get(key); ok {
		return found, nil
	}
	found, err := f.unpack(p, int(e.extra))
	if err != nil {
		return parsed{}, err
	}
	f.objects.put(key, found, 200+8*int(p.starts[e.extra+1]-p.starts[e.extra]))
	return found, nil
}

// unpack parses one object. It may not be a stream, and a reference alone neither
// (7.5.7); it ends where the next one starts.
func (f *File) unpack(p *pack, index int) (parsed, error) {
	l := memoryLexer(p.data[p.starts[index]:p.starts[index+1]], p.at.start)
	if int64(len(l.buf)) > f.limits.Object {
		return parsed{}, l.fail(CodeObjectSize)
	}
	o, err := f.parser(l).object()
	if err != nil {
		return parsed{}, err
	}
	l.skip()
	if _, ref := o.(Ref); ref || l.peek() != notAnyByte {
		return parsed{}, l.fail(CodeObjectStream)
	}
	return parsed{Ref{Number: int(p.numbers[index])}, o, p.at.start, p.at.end}, nil
}

// pack gives an object stream as of a revision.
func (f *File) pack(number int, owner *Revision) (*pack, error) {
	e, holder, ok := owner.find(number)
	if !ok || e.kind != inUse || e.extra != 0 {
		return nil, fail(CodeObjectStream, owner.section)
	}
	if p, ok := f.packs.get(e.offset); ok {
		return p, nil
	}
	found, err := f.read(e, holder)
	if err != nil {
		return nil, err
	}
	s, ok := found.object.(*Stream)
	if !ok || s.Dict["Type"] != Name("ObjStm") {
		return nil, fail(CodeObjectStream, found.start)
	}
	if err := holder.checkExtends(s); err != nil {
		return nil, err
	}
	p := &pack{entry: e, at: found}
	if err := p.load(s, f); err != nil {
		return nil, failBecause(CodeObjectStream, found.start, err)
	}
	if err := f.spend(int64(len(p.data)), found.start); err != nil {
		return nil, err
	}
	f.packs.put(e.offset, p, len(p.data)+8*len(p.numbers))
	return p, nil
}

// maxExtends bounds a chain of /Extends.
const maxExtends = 1000

// checkExtends refuses a chain of /Extends that goes in a circle. Objects are looked
// up by the cross-reference alone, so it has no other meaning here.
func (r *Revision) checkExtends(s *Stream) error {
	seen := map[Ref]bool{s.ref: true}
	for o := s.Dict["Extends"]; o != nil; {
		ref, ok := o.(Ref)
		if !ok || seen[ref] || len(seen) > maxExtends {
			return fail(CodeObjectStream, s.Offset)
		}
		seen[ref] = true
		e, owner, ok := r.find(ref.Number)
		if !ok || e.kind != inUse {
			return nil
		}
		found, err := r.file.read(e, owner)
		if err != nil {
			return err
		}
		next, ok := found.object.(*Stream)
		if !ok {
			return fail(CodeObjectStream, s.Offset)
		}
		o = next.Dict["Extends"]
	}
	return nil
}

// load decodes an object stream and reads the pairs of numbers at its beginning.
func (p *pack) load(s *Stream, f *File) error {
	n, err := s.owner.Int(s.Dict["N"])
	if err != nil {
		return err
	}
	first, err := s.owner.Int(s.Dict["First"])
	if err != nil {
		return err
	}
	if p.data, err = s.bytes(f.limits.Packed); err != nil {
		return err
	}
	// A pair takes four bytes: two digits and two spaces.
	if n < 0 || first < 0 || first > int64(len(p.data)) || n > first/2 {
		return fail(CodeObjectStream, p.at.start)
	}
	l := memoryLexer(p.data[:first], p.at.start)
	if n > int64(f.limits.Objects) {
		return fail(CodeObjects, p.at.start)
	}
	p.numbers, p.starts = make([]int32, 0, n), make([]int32, 0, n+1)
	for range n {
		if err := p.pair(l, int(first)); err != nil {
			return err
		}
	}
	p.starts = append(p.starts, int32(len(p.data)))
	return p.unique()
}

// pair reads the number and the offset of one object. Offsets rise.
func (p *pack) pair(l *lexer, first int) error {
	l.skipSpace()
	number, ok := l.unsigned()
	if !ok || number == 0 || number > maxNumber {
		return l.fail(CodeObjectStream)
	}
	l.skipSpace()
	offset, ok := l.unsigned()
	if !ok || offset > int64(len(p.data)-first) {
		return l.fail(CodeObjectStream)
	}
	start := int32(first) + int32(offset)
	if n := len(p.starts); n > 0 && start < p.starts[n-1] {
		return l.fail(CodeObjectStream)
	}
	p.numbers, p.starts = append(p.numbers, int32(number)), append(p.starts, start)
	return nil
}

// unique refuses two objects of the same number, for some readers go by the index and
// some by the number, unless their text is the same: there are writers that repeat objects.
func (p *pack) unique() error {
	order := make([]int32, len(p.numbers))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(p.numbers[a], p.numbers[b]) })
	for i := 1; i < len(order); i++ {
		a, b := order[i-1], order[i]
		if p.numbers[a] == p.numbers[b] && !bytes.Equal(p.text(a), p.text(b)) {
			return fail(CodeObjectStream, p.at.start)
		}
	}
	return nil
}

// text gives the bytes of an object, without white space around it.
func (p *pack) text(index int32) []byte {
	return bytes.TrimSpace(p.data[p.starts[index]:p.starts[index+1]])
}
