package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longRun is the length of an unbroken run of ASCII that is no word: encoded data.
const longRun = 256

// clean brings text into the one form that pages have: NFC, \n at line ends, single spaces,
// at most one empty line, nothing invisible, and no encoded data.
func clean(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	empty := 0
	for line := range strings.Lines(straight(text)) {
		line = oneSpaced(line)
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:1+min(empty, 1)])
		}
		b.WriteString(line)
		empty = 0
	}
	return norm.NFC.String(b.String())
}

func oneSpaced(line string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(line) {
		if len(word) > longRun && ascii(word) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// straight joins words that were hyphenated at a line's end, turns every line end into
// \n and drops what cannot be seen.
func straight(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.NewReplacer(
		"\uFFFE\r\n", "", "\uFFFE\n", "", "\u0002\r\n", "", "\u0002\n", "", // PDFium's marks of a hyphenated word
		"\u00AD\r\n", "", "\u00AD\n", "", "\r\n", "\n", "\r", "\n", "\f", "\n", "\v", "\n", "\u2028", "\n", "\u2029", "\n",
	).Replace(text)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == 0xFFFE || r == 0xFFFF || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, text)
}
