package pdf

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// Bounds of what one signature may hold.
const maxContents = 16 << 20 // bytes of the hexadecimal /Contents

// byteRange reads a ByteRange (ISO 32000-2, 12.8.1): an array of exactly four direct
// integers that starts at 0, leaves one gap, and stays inside the file.
func byteRange(o syntax.Object, size int64) (span, *signer.Reason) {
	a, ok := o.(syntax.Array)
	if !ok {
		return span{}, because(byteRangeMissing())
	}
	if len(a) != 4 {
		return span{}, because(byteRangeShape())
	}
	var n [4]int64
	for i, v := range a {
		if n[i], ok = v.(int64); !ok {
			return span{}, because(byteRangeShape())
		}
	}
	return spanOf(n, size)
}

func spanOf(n [4]int64, size int64) (span, *signer.Reason) {
	start, first, resume, second := n[0], n[1], n[2], n[3]
	switch {
	case start != 0:
		return span{}, because(byteRangeStart(start))
	case first <= 0 || second <= 0 || resume <= first:
		return span{}, because(byteRangeOrder())
	case resume > size || second > size-resume:
		return span{}, because(byteRangeBeyond(size))
	}
	return span{gap: first, resume: resume, end: resume + second}, nil
}

// gapIsContents checks that what a signature leaves out is exactly its own /Contents,
// a hexadecimal string with its angle brackets: one byte more could say anything.
func (c *candidate) gapIsContents() *signer.Reason {
	if c.gap != c.contentsAt || c.resume != c.contentsEnd {
		return because(byteRangeGap(c.gap, c.resume, c.contentsAt, c.contentsEnd))
	}
	return nil
}

// readContents reads /Contents where it stands in the file, because it is never
// encrypted and because the gap must be just that. It says whether there is any.
func (c *candidate) readContents(r io.ReaderAt) bool {
	start, end, err := c.first.ValueSpan(c.ref, "Contents")
	switch {
	case err != nil || c.dict["Contents"] == nil:
		c.stuck(err, contentsMissing())
		return false
	case end-start > maxContents:
		c.fail(contentsTooLong())
		return false
	}
	raw := make([]byte, end-start)
	if n, err := r.ReadAt(raw, start); n < len(raw) {
		c.stuck(fmt.Errorf("%w: %w", syntax.ErrRead, err), contentsMissing())
		return false
	}
	if len(raw) < 2 || raw[0] != '<' || raw[1] == '<' || raw[len(raw)-1] != '>' {
		c.fail(contentsNotHex())
		return false
	}
	c.contentsAt, c.contentsEnd = start, end
	if c.contents = decodeContents(raw[1 : len(raw)-1]); c.contents == nil {
		c.fail(contentsEmpty())
	}
	return true
}

// decodeContents gives the bytes of a hexadecimal string; nil where there are none but
// zeros, or it is none.
func decodeContents(digits []byte) []byte {
	der := make([]byte, hex.DecodedLen(len(digits)))
	if n, err := hex.Decode(der, digits); err != nil || n < len(der) {
		der = decodeSpaced(digits)
	}
	if len(bytes.Trim(der, "\x00")) == 0 {
		return nil
	}
	return der
}

// decodeSpaced reads hexadecimal digits with white space between them, which ISO
// 32000-2, 7.3.4.3, allows; nil where there is anything else.
func decodeSpaced(digits []byte) []byte {
	packed := bytes.Join(bytes.FieldsFunc(digits, isSpace), nil)
	if len(packed)%2 == 1 {
		packed = append(packed, '0')
	}
	der := make([]byte, hex.DecodedLen(len(packed)))
	if _, err := hex.Decode(der, packed); err != nil {
		return nil
	}
	return der
}

func isSpace(r rune) bool {
	switch r {
	case 0, '\t', '\n', '\f', '\r', ' ':
		return true
	}
	return false
}
