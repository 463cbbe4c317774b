package vxp

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ascii writes a text without anything beyond ASCII: Vietnamese letters lose
// their marks, line breaks and other controls become spaces, what is left over
// becomes a question mark. Deployed clients decode answers with whatever charset
// their machine has, and mangle headers that are not ASCII.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsControl(r) || unicode.IsSpace(r):
			b.WriteByte(' ')
		case r < unicode.MaxASCII:
			b.WriteRune(r)
		default:
			b.WriteString(asciiOf(r))
		}
	}
	return b.String()
}

func asciiOf(r rune) string {
	switch r {
	case 'đ':
		return "d"
	case 'Đ':
		return "D"
	case '…':
		return "..."
	case '–', '—':
		return "-"
	case '“', '”', '«', '»':
		return `"`
	case '‘', '’':
		return "'"
	}
	return "?"
}

// cut shortens an ASCII text to at most n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n]
}
