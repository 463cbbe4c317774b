package gateway

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold takes text to the form in which names are searched and compared: words of lower-case
// letters and digits without diacritics, one space before each. "Ủy ban Đống Đa"
// becomes " uy ban dong da". Both engines get text and query folded here: their
// own rules leave đ alone.
func Fold(text string) string {
	var b strings.Builder
	apart := true
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			apart = true
			continue
		}
		if apart {
			b.WriteByte(' ')
			apart = false
		}
		b.WriteRune(plain(r))
	}
	return b.String()
}

func plain(r rune) rune {
	if r = unicode.ToLower(r); r == 'đ' {
		return 'd'
	}
	return r
}
