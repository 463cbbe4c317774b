package edxml

import (
	"bytes"
	"unicode/utf8"
)

// checkChars finds the first place in b that is not UTF-8 or not a character
// that XML 1.0 allows. It gives -1 when all is well.
func checkChars(b []byte) (at int, code string, char rune) {
	for i := 0; i < len(b); {
		c := b[i]
		if c >= 0x20 && c < utf8.RuneSelf || c == '\n' || c == '\r' || c == '\t' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i, CodeUTF8, 0
		}
		if !isXMLChar(r) {
			return i, CodeChar, r
		}
		i += n
	}
	return -1, "", 0
}

// isXMLChar is the production Char of XML 1.0.
func isXMLChar(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return true
	case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
		return false
	}
	return r <= 0xD7FF || r >= 0xE000 && r <= utf8.MaxRune
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func allSpace(b []byte) bool {
	for _, c := range b {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

// nameLen measures the XML name at the start of b. Characters beyond ASCII are
// taken on trust here; the tree reader knows them.
func nameLen(b []byte) int {
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
		inner := c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':'
		if !letter && (!inner || i == 0) {
			return i
		}
	}
	return len(b)
}

// isQName says whether a name is prefix:local or local.
func isQName(name []byte) bool {
	if len(name) == 0 || nameLen(name) != len(name) {
		return false
	}
	i := bytes.IndexByte(name, ':')
	if i < 0 {
		return true
	}
	local := name[i+1:]
	return i > 0 && nameLen(local) == len(local) && len(local) > 0 && bytes.IndexByte(local, ':') < 0
}

func localName(name []byte) []byte {
	return name[bytes.IndexByte(name, ':')+1:]
}

// badRef finds the first reference in b that is not one of the five predefined
// entities or a number of an allowed character. It gives -1 when there is none.
func badRef(b []byte) (at int, code, name string) {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '&')
		if i < 0 {
			return -1, "", ""
		}
		at = from + i
		end := bytes.IndexByte(b[at:min(len(b), at+maxRef)], ';')
		if end < 0 {
			return at, CodeMarkup, ""
		}
		name := b[at+1 : at+end]
		if len(name) > 0 && name[0] == '#' {
			if _, ok := charRef(name); !ok {
				return at, CodeCharRef, ""
			}
		} else if !isPredefined(string(name)) {
			return at, CodeEntity, string(name)
		}
		from = at + end + 1
	}
}

// maxRef bounds a reference, & and ; included. Names of foreign entities are
// refused anyway, so the bound only decides how the refusal is worded.
const maxRef = 64

func isPredefined(name string) bool {
	switch name {
	case "amp", "lt", "gt", "quot", "apos":
		return true
	}
	return false
}

// charRef reads #10 or #xA.
func charRef(ref []byte) (rune, bool) {
	if len(ref) < 2 || len(ref) > 12 {
		return 0, false
	}
	digits, base := ref[1:], rune(10)
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	if len(digits) == 0 {
		return 0, false
	}
	var r rune
	for _, c := range digits {
		d, ok := digit(c)
		if !ok || d >= base {
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, isXMLChar(r)
}

func digit(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10, true
	}
	return 0, false
}
