package pdf

import (
	"errors"
	"io"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

var errNoDictionary = errors.New("it is no dictionary")

// read reads the signature dictionary of a candidate and checks what it covers.
func (e *examination) read(c *candidate) {
	if c.last.Index != e.file.Latest().Index {
		c.fail(signatureReplaced())
	}
	if !c.readDict() {
		return
	}
	hasContents := c.readContents(e.file.ReaderAt())
	covered, fault := byteRange(c.dict["ByteRange"], e.file.Size())
	if fault != nil {
		c.fail(*fault)
	} else if c.span = covered; hasContents {
		e.cover(c)
	}
	c.parse()
}

// readDict reads the dictionary as of the oldest revision that has it.
func (c *candidate) readDict() bool {
	if c.ref == (syntax.Ref{}) {
		c.fail(signatureNotIndirect())
		return false
	}
	o, err := c.first.Get(c.ref)
	if err != nil {
		c.stuck(err, signatureUnreadable(err))
		return false
	}
	d, ok := o.(syntax.Dict)
	if !ok {
		c.fail(signatureUnreadable(errNoDictionary))
		return false
	}
	c.dict = d
	c.subFilter, _ = c.first.Name(d["SubFilter"]) // an unknown one fails when it is parsed
	return true
}

// cover finds the revision that a signature covers: its gap is exactly its /Contents,
// it ends where that revision does, and the revision has the signature and its field.
func (e *examination) cover(c *candidate) {
	if fault := c.gapIsContents(); fault != nil {
		c.fail(*fault)
		return
	}
	if !e.gapIsAlone(c) {
		return
	}
	c.coverage = signer.CoverageBlock
	for _, r := range e.file.Revisions() {
		if e.closes(r, c.end) {
			c.revision = r
		}
	}
	switch {
	case c.revision == nil:
		c.fail(byteRangeTail(c.end))
	case !c.inForm[c.revision.Index]:
		c.fail(notInRevision())
	case c.end == e.file.Size():
		c.coverage = signer.CoverageFile
	default:
		c.coverage = signer.CoverageRevision
		e.checkTail(c)
	}
}

// gapIsAlone says whether the bytes that a signature leaves out belong to nothing else: not
// to the content of a page, say, that is laid around the signature. What is not signed
// in the signature may change, and then what stands around it would.
func (e *examination) gapIsAlone(c *candidate) bool {
	for _, r := range e.file.Revisions()[:c.last.Index+1] {
		if r.End <= c.gap {
			continue
		}
		switch number, found, err := r.Reaching(c.ref, c.gap, c.resume); {
		case err != nil:
			c.stuck(err, signatureUnreadable(err))
			return false
		case found:
			c.fail(byteRangeShared(number))
			return false
		}
		if r.End >= c.end {
			break
		}
	}
	return true
}

// checkTail refuses bytes that stand behind the last revision: another reader might
// find one more there.
func (e *examination) checkTail(c *candidate) {
	if from := max(c.end, e.file.Latest().End); !e.blank(from, e.file.Size()) {
		c.coverage = signer.CoverageBlock
		c.fail(byteRangeTail(from))
	}
}

// closes says whether a ByteRange that ends somewhere covers a revision wholly. The
// line ending of its last line need not be covered: writers append it later.
func (e *examination) closes(r *syntax.Revision, end int64) bool {
	return end <= r.End && r.End-end <= 2 && e.blank(end, r.End)
}

// maxBlank is how much white space may stand behind the last revision.
const maxBlank = 64

// blank says whether a part of the file is white space, or nothing at all.
func (e *examination) blank(from, to int64) bool {
	if to-from > maxBlank {
		return false
	}
	b := make([]byte, to-from)
	if _, err := io.ReadFull(io.NewSectionReader(e.file.ReaderAt(), from, to-from), b); err != nil {
		return false
	}
	for _, c := range b {
		if !isSpace(rune(c)) {
			return false
		}
	}
	return true
}
