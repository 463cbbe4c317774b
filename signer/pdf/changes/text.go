package changes

import (
	"strings"
	"unicode/utf16"

	"congvan/signer/pdf/syntax"
)

// text decodes a text string (7.9.2.2) well enough to tell names apart: what is neither
// UTF-16 nor UTF-8 is taken byte by byte.
func text(s syntax.String) string {
	b := string(s)
	switch {
	case strings.HasPrefix(b, "\xfe\xff"):
		return utf16Text(b[2:])
	case strings.HasPrefix(b, "\xef\xbb\xbf"):
		return strings.ToValidUTF8(b[3:], "\ufffd")
	}
	runes := make([]rune, len(b))
	for i := range len(b) {
		runes[i] = rune(b[i])
	}
	return string(runes)
}

func utf16Text(b string) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(units))
}
