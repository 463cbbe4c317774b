package edxml

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName bounds a display name in bytes of UTF-8, as file systems do.
const maxName = 255

// fallbackName stands for a name of which nothing is left.
const fallbackName = "tep-dinh-kem"

// DisplayName makes an attachment's name safe to show and to save under: the last
// part of a path, without control and direction characters and those that
// file systems refuse, NFC, at most 255 bytes with the extension kept, and
// never empty or hidden. It is still text from outside: never build a path of
// the gateway's own from it.
func DisplayName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = norm.NFC.String(strings.Map(nameRune, name))
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	name = shorten(name)
	if name == "" {
		return fallbackName
	}
	return name
}

func nameRune(r rune) rune {
	switch {
	case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
		return -1
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	}
	return r
}

// shorten cuts the stem so that the name fits.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem := name[:maxName-len(ext)]
	for len(stem) > 0 {
		if r, n := utf8.DecodeLastRuneInString(stem); r != utf8.RuneError || n > 1 {
			break
		}
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRight(stem, ". ") + ext
}

// extension gives a name's extension in lower case without the dot.
func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}
