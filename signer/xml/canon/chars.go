package canon

import (
	"strings"
	"unicode/utf8"
)

// badChar finds the first place that is not UTF-8 or not a Char of XML 1.0; -1 for none.
func badChar(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 || !isChar(r) {
			return i
		}
		i += n
	}
	return -1
}

// isChar is the production Char.
func isChar(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return true
	case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
		return false
	}
	return r <= 0xD7FF || r >= 0xE000 && r <= utf8.MaxRune
}

// isNameStart is the production NameStartChar without the colon.
func isNameStart(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r|0x20 >= 'a' && r|0x20 <= 'z' || r == '_'
	case r == 0xD7 || r == 0xF7 || r == 0x37E:
		return false
	}
	for _, b := range [...][2]rune{
		{0xC0, 0x2FF},
		{0x370, 0x1FFF},
		{0x200C, 0x200D},
		{0x2070, 0x218F},
		{0x2C00, 0x2FEF},
		{0x3001, 0xD7FF},
		{0xF900, 0xFDCF},
		{0xFDF0, 0xFFFD},
		{0x10000, 0xEFFFF},
	} {
		if r >= b[0] && r <= b[1] {
			return true
		}
	}
	return false
}

// isNameInner is the production NameChar without the colon.
func isNameInner(r rune) bool {
	switch {
	case r >= '0' && r <= '9', r == '-', r == '.', r == 0xB7:
		return true
	case r >= 0x300 && r <= 0x36F, r == 0x203F, r == 0x2040:
		return true
	}
	return isNameStart(r)
}

// nameLen measures the NCName at the start of s; 0 when there is none.
func nameLen(s string) int {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNameInner(r) {
			return i
		}
	}
	return len(s)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isBlank(s string) bool {
	for i := range len(s) {
		if !isSpace(s[i]) {
			return false
		}
	}
	return true
}

// lineEnds normalises line ends (XML 1.0, 2.11).
func lineEnds(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// maxReference bounds a reference, & and ; included.
const maxReference = 16

// reference reads the reference at the start of s, which begins with &: the character
// and the length; 0 when it is not a reference that is allowed.
func reference(s string) (r rune, n int, kind error) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], ';')
	if end < 0 {
		return 0, 0, ErrMalformed
	}
	name := s[1:end]
	switch name {
	case "amp":
		return '&', end + 1, nil
	case "lt":
		return '<', end + 1, nil
	case "gt":
		return '>', end + 1, nil
	case "quot":
		return '"', end + 1, nil
	case "apos":
		return '\'', end + 1, nil
	}
	if !strings.HasPrefix(name, "#") {
		return 0, 0, ErrUnsafe
	}
	if r, ok := number(name[1:]); ok {
		return r, end + 1, nil
	}
	return 0, 0, ErrMalformed
}

// number reads the number of a character: 10 or xA.
func number(digits string) (rune, bool) {
	base := rune(10)
	if rest, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = rest, 16
	}
	var r rune
	for _, c := range digits {
		v := digit(c)
		if v >= base {
			return 0, false
		}
		if r = r*base + v; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, digits != "" && isChar(r)
}

func digit(c rune) rune {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 99
}
