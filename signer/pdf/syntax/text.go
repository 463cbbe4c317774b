package syntax

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text decodes a text string (7.9.2.2): UTF-16 or UTF-8 by its byte order mark,
// PDFDocEncoding without one. What is not well-formed becomes U+FFFD; language escapes
// are left out.
func (s String) Text() string {
	b := string(s)
	switch {
	case strings.HasPrefix(b, "\xFE\xFF"):
		return utf16Text(b[2:], 0)
	case strings.HasPrefix(b, "\xFF\xFE"): // not allowed, but written
		return utf16Text(b[2:], 1)
	case strings.HasPrefix(b, "\xEF\xBB\xBF"):
		return withoutEscapes(strings.ToValidUTF8(b[3:], "\uFFFD"))
	}
	return docText(b)
}

func utf16Text(b string, high int) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+high])<<8|uint16(b[i+1-high]))
	}
	return withoutEscapes(string(utf16.Decode(units)))
}

// withoutEscapes takes out language codes between two ESC (7.9.2.2.1).
func withoutEscapes(s string) string {
	for {
		before, rest, ok := strings.Cut(s, "\x1B")
		if !ok {
			return s
		}
		_, after, ok := strings.Cut(rest, "\x1B")
		if !ok {
			return s
		}
		s = before + after
	}
}

// Where PDFDocEncoding differs from Latin-1 (Annex D.2): from 0x18 and from 0x80.
const (
	docLow  = "\u02D8\u02C7\u02C6\u02D9\u02DD\u02DB\u02DA\u02DC"
	docHigh = "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203A\u2212\u2030\u201E\u201C\u201D\u2018" +
		"\u2019\u201A\u2122\uFB01\uFB02\u0141\u0152\u0160\u0178\u017D\u0131\u0142\u0153\u0161\u017E\uFFFD\u20AC"
)

func docText(b string) string {
	if plain(b) {
		return b
	}
	low, high := []rune(docLow), []rune(docHigh)
	var out strings.Builder
	for i := range len(b) {
		c := b[i]
		switch {
		case c >= 0x18 && c < 0x20:
			out.WriteRune(low[c-0x18])
		case c >= 0x80 && c <= 0xA0:
			out.WriteRune(high[c-0x80])
		case c == 0x7F || c == 0xAD:
			out.WriteRune(utf8.RuneError)
		default:
			out.WriteRune(rune(c))
		}
	}
	return out.String()
}

func plain(b string) bool {
	for i := range len(b) {
		if b[i] < 0x20 || b[i] >= 0x7F {
			return false
		}
	}
	return true
}

// TextString encodes text as a text string: as it is where it is ASCII, else in
// UTF-16BE with byte order mark, which every reader knows.
func TextString(s string) String {
	if plain(s) {
		return String(s)
	}
	b := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return String(b)
}
