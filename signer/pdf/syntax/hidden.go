package syntax

import (
	"bytes"
	"errors"
	"io"
)

// Odd says whether the cross-reference of the revision is written in a way that some readers refuse,
// as far as is known: [Revision.Hidden] finds out more. Those rebuild it from what looks like objects, wherever that stands in the file, and may
// so show another document.
func (r *Revision) Odd() bool { return r.odd }

// Hidden looks through the bytes of a revision, but for those of earlier ones, for
// something that begins like an object and is none of the revision's own: readers that do not
// trust the cross-reference would take it for one. It gives its offset, -1 for none.
func (r *Revision) Hidden() (int64, error) {
	start := int64(0)
	if r.Index > 0 {
		start = r.file.revisions[r.Index-1].End
	}
	own, err := r.keywords()
	if err != nil {
		return -1, err
	}
	buf := make([]byte, hiddenPiece)
	for at := start; at < r.End; at += hiddenPiece - hiddenOverlap {
		n := min(hiddenPiece, r.End-at)
		if m, err := r.file.src.r.ReadAt(buf[:n], at); int64(m) < n && err != nil && err != io.EOF {
			return -1, failBecause(CodeRead, at, err)
		}
		if found := hidden(buf[:n], at, own); found >= 0 {
			return found, nil
		}
	}
	return -1, nil
}

// hiddenPiece is how much is looked at in one go, and hiddenOverlap how much of it again with the
// next piece.
const (
	hiddenPiece   = 256 << 10
	hiddenOverlap = 256
)

// hidden gives the offset of the first word obj that may end the header of an object and is not
// among those given. What stands before it is not looked at in full: comments and space of any
// length may lie between it and the numbers.
func hidden(b []byte, offset int64, own map[int64]bool) int64 {
	const word = "obj"
	for at := 0; ; at += len(word) {
		i := bytes.Index(b[at:], []byte(word))
		if i < 0 {
			return -1
		}
		at += i
		ends := at+len(word) < len(b) && !isRegular(int(b[at+len(word)]))
		if ends && !own[offset+int64(at)] && followsNumber(b[:at]) {
			return offset + int64(at)
		}
	}
}

// followsNumber says whether a word behind b may stand behind a number: behind space, or behind
// digits that stand behind space.
func followsNumber(b []byte) bool {
	if n := len(b); n > 0 && isSpace(int(b[n-1])) {
		return true
	}
	digits := 0
	for len(b) > 0 && isDigit(int(b[len(b)-1])) {
		b = b[:len(b)-1]
		digits++
	}
	return digits > 0 && (len(b) == 0 || isSpace(int(b[len(b)-1])))
}

// keywords gives the offsets of the word obj of the revision's own objects. An entry that leads to
// no such object, whether or not anything refers to it, makes the revision odd.
func (r *Revision) keywords() (map[int64]bool, error) {
	own := map[int64]bool{}
	for _, e := range r.entries {
		found, err := r.leads(e, own)
		if err != nil {
			return nil, err
		}
		r.odd = r.odd || !found
	}
	for _, e := range r.extents {
		if _, _, err := r.header(e.start, own); err != nil {
			return nil, err
		}
	}
	return own, nil
}

// leads says whether an entry leads to the object that it speaks of.
func (r *Revision) leads(e entry, own map[int64]bool) (bool, error) {
	switch e.kind {
	case inUse:
		ref, found, err := r.header(e.offset, own)
		return found && ref == Ref{int(e.number), e.generation()}, err
	case packed:
		_, err := r.file.read(e, r)
		if errors.Is(err, ErrMalformed) {
			return false, nil
		}
		return true, err
	}
	return true, nil
}

// header reads the beginning of an object and notes where its word obj stands.
func (r *Revision) header(offset int64, own map[int64]bool) (Ref, bool, error) {
	l := r.file.lexerAt(offset, r.End)
	l.skip()
	ref, ok := l.objectHeader()
	if ok {
		own[l.pos()-int64(len("obj"))] = true
	}
	return ref, ok, l.err
}
