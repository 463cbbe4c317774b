package pdf

import (
	"bytes"
	"encoding/hex"
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
// encrypted and because the gap must be just that.
func (c *candidate) readContents(r io.ReaderAt) *signer.Reason {
	start, end, err := c.first.ValueSpan(c.ref, "Contents")
	if err != nil || c.dict["Contents"] == nil {
		return because(contentsMissing())
	}
	if end-start > maxContents {
		return because(contentsTooLong())
	}
	raw := make([]byte, end-start)
	if n, err := r.ReadAt(raw, start); n < len(raw) {
		return because(unreadable(err))
	}
	if len(raw) < 2 || raw[0] != '<' || raw[1] == '<' || raw[len(raw)-1] != '>' {
		return because(contentsNotHex())
	}
	c.contentsAt, c.contentsEnd = start, end
	return c.decodeContents(raw[1 : len(raw)-1])
}

func (c *candidate) decodeContents(digits []byte) *signer.Reason {
	der := make([]byte, hex.DecodedLen(len(digits)))
	if n, err := hex.Decode(der, digits); err != nil || n < len(der) {
		der = decodeSpaced(digits)
	}
	if len(bytes.Trim(der, "\x00")) == 0 {
		return because(contentsEmpty())
	}
	c.contents = der
	return nil
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
