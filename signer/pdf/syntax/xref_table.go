package syntax

import (
	"math"
	"slices"
)

// entryWidth is the length of a table's entry with its end of line (7.5.4).
const entryWidth = 20

// xrefSpace is how much white space may stand between the lines of a table: an end of line, and a
// space before it.
const xrefSpace = 3

// table reads the subsections behind the word xref, and the trailer.
func (l *loader) table(s *section, lx *lexer) error {
	for {
		if at := lx.pos(); lx.skipSpace() && lx.pos()-at > xrefSpace || lx.peek() == '%' {
			l.odd(s, OddXRefSpace)
			lx.skip()
		}
		if lx.keyword("trailer") {
			break
		}
		if err := l.subsection(s, lx); err != nil {
			return err
		}
	}
	lx.skip()
	if !lx.literal("<<") {
		return lx.fail(CodeTrailer)
	}
	p := l.parser(lx)
	d, err := p.dict(nil)
	if err != nil {
		return err
	}
	s.trailer, s.end = d, lx.pos()
	return l.settle(s)
}

// subsection reads a line with first number and count, and the entries.
func (l *loader) subsection(s *section, lx *lexer) error {
	first, ok := lx.unsigned()
	if !ok {
		return lx.fail(CodeXRef)
	}
	lx.skipSpace()
	count, ok := lx.unsigned()
	if !ok {
		return lx.fail(CodeXRef)
	}
	if first > maxNumber || count > maxNumber || first+count > maxNumber {
		return lx.fail(CodeXRefSize)
	}
	if count > int64(l.left) {
		return lx.fail(CodeObjects)
	}
	if at := lx.pos(); lx.skipSpace() && lx.pos()-at > xrefSpace {
		l.odd(s, OddXRefSpace)
	}
	s.entries = slices.Grow(s.entries, int(min(count, (lx.end-lx.pos())/(entryWidth-1))))
	for number := first; number < first+count; number++ {
		if err := l.tableEntry(s, lx, int32(number)); err != nil {
			return err
		}
	}
	return nil
}

// tableEntry reads nnnnnnnnnn ggggg n and its end of line.
func (l *loader) tableEntry(s *section, lx *lexer, number int32) error {
	at := lx.pos()
	offset, ok := lx.digits(10)
	if !ok || lx.next() != ' ' {
		return lx.failAt(CodeXRef, at)
	}
	generation, ok := lx.digits(5)
	if !ok || lx.next() != ' ' {
		return lx.failAt(CodeXRef, at)
	}
	// MuPDF frees object 0 with 65536.
	e := entry{offset: offset, number: number, extra: int32(min(generation, math.MaxUint16))}
	switch lx.next() {
	case 'n':
		e.kind = inUse
		if generation > math.MaxUint16 {
			return lx.failAt(CodeXRef, at)
		}
	case 'f':
	default:
		return lx.failAt(CodeXRef, at)
	}
	if err := l.entryEnd(s, lx, at); err != nil {
		return err
	}
	return l.add(s, e)
}

// entryEnd reads the two characters that end an entry: SP CR, SP LF or CR LF. One less,
// as some writers have it, or one more is borne, for every reader finds the next entry.
func (l *loader) entryEnd(s *section, lx *lexer, at int64) error {
	spaces := 0
	for lx.peek() == ' ' && spaces < 2 {
		lx.i++
		spaces++
	}
	if !lx.eol() {
		return lx.failAt(CodeXRef, at)
	}
	if lx.pos()-at != entryWidth {
		l.odd(s, OddEntryWidth)
	}
	return nil
}

// digits reads exactly n decimal digits.
func (l *lexer) digits(n int) (value int64, ok bool) {
	for range n {
		c := l.next()
		if !isDigit(c) {
			return 0, false
		}
		value = value*10 + int64(c-'0')
	}
	return value, true
}
