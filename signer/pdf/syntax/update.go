package syntax

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"io"
	"math"
	"slices"
)

// Update builds an incremental update (7.5.6): what is added behind a file whose bytes
// all stay as they are. Its cross-reference has the form of the last revision's; a
// hybrid's is a table. Strings and streams are encrypted where the file is.
type Update struct {
	file    *File
	last    *Revision
	next    int
	objects map[Ref]Object
	freed   map[Ref]bool
	trailer Dict
	err     error // of the first wrong call
}

// NewUpdate begins an update of a file. The file must stay open until Bytes.
func NewUpdate(f *File) (*Update, error) {
	last := f.Latest()
	return &Update{
		file: f, last: last, next: max(1, int(last.size)),
		objects: map[Ref]Object{}, freed: map[Ref]bool{}, trailer: Dict{},
	}, nil
}

// Add writes a new object and gives its reference. The object may be filled in until
// Bytes is called.
func (u *Update) Add(o Object) Ref {
	ref := Ref{Number: u.next}
	u.next++
	u.Put(ref, o)
	return ref
}

// Put replaces an object, or defines one that there is not.
func (u *Update) Put(ref Ref, o Object) {
	if ref == u.file.cryptRef && u.file.crypt != nil || ref.Number <= 0 || ref.Number > maxNumber {
		u.wrong()
	}
	delete(u.freed, ref)
	u.objects[ref] = o
	u.next = max(u.next, ref.Number+1)
}

// Free takes an object away.
func (u *Update) Free(ref Ref) {
	if ref.Number <= 0 || ref.Number > maxNumber {
		u.wrong()
	}
	delete(u.objects, ref)
	u.freed[ref] = true
	u.next = max(u.next, ref.Number+1)
}

// NewStream is the function [NewStream].
func (u *Update) NewStream(d Dict, data []byte, compress bool) Object {
	return NewStream(d, data, compress)
}

// SetTrailer sets an entry of the trailer; those of the cross-reference itself (Size,
// Prev and so on) are the update's own.
func (u *Update) SetTrailer(key Name, o Object) { u.trailer[key] = o }

func (u *Update) wrong() {
	if u.err == nil {
		u.err = invalid()
	}
}

// Bytes gives what is to be written behind the file, and for each [Hole] its offset in
// the whole. It may be called again after further changes.
func (u *Update) Bytes() (data []byte, holes map[string]int64, err error) {
	if u.err != nil {
		return nil, nil, u.err
	}
	w := &writer{start: u.file.Size(), holes: map[string]int64{}}
	if err := u.separate(w); err != nil {
		return nil, nil, err
	}
	entries, err := u.writeObjects(w)
	if err != nil {
		return nil, nil, err
	}
	entries = append(entries, u.freeEntries()...)
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	if err := u.close(w, entries); err != nil {
		return nil, nil, err
	}
	return w.Bytes(), w.holes, nil
}

// separate ends the last line of the file.
func (u *Update) separate(w *writer) error {
	var last [1]byte
	if err := u.file.peekAt(last[:], u.file.Size()-1); err != nil {
		return err
	}
	if last[0] != '\n' && last[0] != '\r' {
		w.WriteByte('\n')
	}
	return nil
}

func (u *Update) writeObjects(w *writer) ([]entry, error) {
	refs := make([]Ref, 0, len(u.objects))
	for ref := range u.objects {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, compareRefs)
	entries := make([]entry, 0, len(refs)+2)
	for i, ref := range refs {
		if i > 0 && refs[i-1].Number == ref.Number { // one number, two generations
			return nil, invalid()
		}
		entries = append(entries, entry{offset: w.pos() - u.file.base, number: int32(ref.Number), extra: int32(ref.Generation), kind: inUse})
		if err := u.writeObject(w, ref, u.objects[ref]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func compareRefs(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Generation, b.Generation))
}

// writeObject writes one indirect object, encrypted where the file is.
func (u *Update) writeObject(w *writer, ref Ref, o Object) error {
	w.integer(int64(ref.Number))
	w.WriteByte(' ')
	w.integer(int64(ref.Generation))
	w.WriteString(" obj\n")
	var err error
	if s, ok := o.(*Stream); ok {
		err = u.writeStream(w, ref, s)
	} else {
		err = w.object(u.encrypted(ref, o))
	}
	w.WriteString("\nendobj\n")
	return err
}

// encrypted gives a copy of an object with encrypted strings, the object itself where
// the file is not encrypted.
func (u *Update) encrypted(ref Ref, o Object) Object {
	c := u.file.crypt
	if c == nil || c.strings == identity {
		return o
	}
	key := c.objectKey(c.strings, ref)
	change := func(s String) String { return String(c.strings.encrypt(key, []byte(s))) }
	return transform(Clone(o), change)
}

// writeStream writes a stream that was made, or one of a file, which is decrypted and
// encrypted again: the key depends on the object's number.
func (u *Update) writeStream(w *writer, ref Ref, s *Stream) error {
	data, err := u.storedBytes(ref, s)
	if err != nil {
		return err
	}
	d, ok := u.encrypted(ref, s.Dict).(Dict)
	if !ok {
		return invalid()
	}
	d = withoutLength(d)
	d["Length"] = int64(len(data))
	if err := w.object(d); err != nil {
		return err
	}
	w.WriteString("\nstream\n")
	w.Write(data)
	w.WriteString("\nendstream")
	return nil
}

func (u *Update) storedBytes(ref Ref, s *Stream) ([]byte, error) {
	raw, err := s.Raw()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(&bounded{raw, u.file.limits.Stream, s.Offset})
	if err != nil || u.file.crypt == nil {
		return data, err
	}
	m, err := u.file.crypt.streamMethod(s)
	if err != nil {
		return nil, err
	}
	return m.encrypt(u.file.crypt.objectKey(m, ref), data), nil
}

// freeEntries links the freed objects into the list of free ones (7.5.4): object 0
// leads to the first of them, the last one to where object 0 led before.
func (u *Update) freeEntries() []entry {
	if len(u.freed) == 0 {
		return nil
	}
	refs := make([]Ref, 0, len(u.freed))
	for ref := range u.freed {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, compareRefs)
	head, _, ok := u.last.find(0)
	if !ok {
		head = entry{extra: math.MaxUint16}
	}
	entries := []entry{{offset: int64(refs[0].Number), extra: head.extra}}
	for i, ref := range refs {
		next := head.offset
		if i+1 < len(refs) {
			next = int64(refs[i+1].Number)
		}
		entries = append(entries, entry{offset: next, number: int32(ref.Number), extra: int32(min(ref.Generation+1, math.MaxUint16))})
	}
	return entries
}

// close writes the cross-reference, the trailer, startxref and %%EOF.
func (u *Update) close(w *writer, entries []entry) error {
	trailer, err := u.newTrailer(w)
	if err != nil {
		return err
	}
	at := w.pos()
	if u.last.XRefKind == XRefStream {
		err = u.closeStream(w, trailer, entries)
	} else {
		err = closeTable(w, trailer, entries)
	}
	if err != nil {
		return err
	}
	w.WriteString("startxref\n")
	w.integer(at - u.file.base)
	w.WriteString("\n%%EOF\n")
	return nil
}

// ownKeys are the trailer's entries that are about the cross-reference itself; read only.
var ownKeys = [...]Name{
	"Size", "Prev", "XRefStm", "Type", "W", "Index", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL",
}

// newTrailer is the last one with what was set, and another second half of the /ID.
func (u *Update) newTrailer(w *writer) (Dict, error) {
	d := Dict{}
	for k, v := range u.last.Trailer {
		d[k] = v
	}
	for k, v := range u.trailer {
		d[k] = v
	}
	for _, k := range ownKeys {
		delete(d, k)
	}
	id, err := u.last.Array(d["ID"])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(w.Bytes())
	second := String(sum[:16])
	first := Object(second)
	if len(id) > 0 {
		first = id[0]
	}
	d["ID"] = Array{first, second}
	d["Size"] = int64(u.next)
	d["Prev"] = u.last.StartXRef - u.file.base
	return d, nil
}

// closeTable writes a cross-reference table and its trailer.
func closeTable(w *writer, trailer Dict, entries []entry) error {
	w.WriteString("xref\n")
	if len(entries) == 0 { // a table has at least one subsection
		w.WriteString("0 0\n")
	}
	for _, run := range runs(entries) {
		w.integer(int64(run[0].number))
		w.WriteByte(' ')
		w.integer(int64(len(run)))
		w.WriteByte('\n')
		for _, e := range run {
			if err := w.entry(e); err != nil {
				return err
			}
		}
	}
	w.WriteString("trailer\n")
	if err := w.object(trailer); err != nil {
		return err
	}
	w.WriteByte('\n')
	return nil
}

// entry writes the 20 bytes of an entry.
func (w *writer) entry(e entry) error {
	if e.offset > 9_999_999_999 {
		return fail(CodeObjectSize, e.offset)
	}
	w.zeros(e.offset, 10)
	w.WriteByte(' ')
	w.zeros(int64(e.extra), 5)
	if e.kind == free {
		w.WriteString(" f \n")
	} else {
		w.WriteString(" n \n")
	}
	return nil
}

// zeros writes a number with leading zeros.
func (w *writer) zeros(n int64, width int) {
	text := bytes.Repeat([]byte{'0'}, width)
	for i := width - 1; i >= 0; i-- {
		text[i] = byte('0' + n%10)
		n /= 10
	}
	w.Write(text)
}

// runs cuts sorted entries into those of consecutive numbers.
func runs(entries []entry) [][]entry {
	var all [][]entry
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].number == entries[n-1].number+1 {
			n++
		}
		all, entries = append(all, entries[:n]), entries[n:]
	}
	return all
}

// closeStream writes a cross-reference stream, which lists itself.
func (u *Update) closeStream(w *writer, trailer Dict, entries []entry) error {
	own := entry{offset: w.pos() - u.file.base, number: int32(u.next), kind: inUse}
	entries = append(entries, own)
	width := 4
	for own.offset>>(8*width) > 0 {
		width++
	}
	index := Array{}
	for _, run := range runs(entries) {
		index = append(index, int64(run[0].number), int64(len(run)))
	}
	d := trailer
	d["Type"], d["Size"] = Name("XRef"), int64(u.next+1)
	d["W"], d["Index"] = Array{int64(1), int64(width), int64(2)}, index
	data := packRows(entries, width)
	d["Length"] = int64(len(data))
	w.integer(int64(own.number))
	w.WriteString(" 0 obj\n")
	if err := w.object(d); err != nil {
		return err
	}
	w.WriteString("\nstream\n")
	w.Write(data)
	w.WriteString("\nendstream\nendobj\n")
	return nil
}

func packRows(entries []entry, width int) []byte {
	var data []byte
	for _, e := range entries {
		data = append(data, byte(e.kind))
		for i := width - 1; i >= 0; i-- {
			data = append(data, byte(e.offset>>(8*i)))
		}
		data = append(data, byte(e.extra>>8), byte(e.extra))
	}
	return data
}
