package anchor

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"congvan/signer/pdf/appearance"
)

// needles are the texts looked for, straightened as pages are.
type needles struct {
	texts [][]rune
	exact bool
}

func newNeedles(q appearance.Query) needles {
	n := needles{exact: q.Exact}
	for _, t := range q.Texts {
		n.texts = append(n.texts, straighten([]rune(strings.TrimSpace(t)), q.Exact).runes)
	}
	return n
}

// span is a range of characters of a page: from start up to, not including, end.
type span struct{ start, end int }

// haystack is a page's text in one form: letters composed (NFC), one space for any
// number of spaces and line ends, lower case unless the search is exact. at says which
// characters of the page each rune came from.
type haystack struct {
	runes []rune
	at    []span
}

// straighten brings characters into the one form.
func straighten(chars []rune, exact bool) haystack {
	var h haystack
	for i := 0; i < len(chars); {
		end := i + 1
		for end < len(chars) && unicode.Is(unicode.Mn, chars[end]) {
			end++
		}
		h.add(chars[i:end], span{i, end}, exact)
		i = end
	}
	return h
}

// add appends one letter with its marks.
func (h *haystack) add(cluster []rune, at span, exact bool) {
	if invisible(cluster[0]) {
		return
	}
	if unicode.IsSpace(cluster[0]) {
		if n := len(h.runes); n > 0 && h.runes[n-1] == ' ' {
			return
		}
		cluster = []rune{' '}
	}
	text := norm.NFC.String(string(cluster))
	if !exact {
		text = strings.ToLower(text)
	}
	for _, r := range text {
		h.runes = append(h.runes, r)
		h.at = append(h.at, at)
	}
}

// invisible are characters that stand for nothing on the page: what PDFium could not
// decode, soft hyphens, zero-width spaces and joiners.
func invisible(r rune) bool {
	return r == 0 || r == '\u00ad' || r == '\ufffe' || unicode.Is(unicode.Cf, r)
}

// find gives the spans of all whole-word occurrences, first to last.
func (h haystack) find(needle []rune) []span {
	var found []span
	if len(needle) == 0 {
		return nil
	}
	for i := 0; i+len(needle) <= len(h.runes); i++ {
		end := i + len(needle)
		if h.runes[i] == needle[0] && slices.Equal(h.runes[i:end], needle) && h.edge(i) && h.edge(end) {
			found = append(found, span{h.at[i].start, h.at[end-1].end})
		}
	}
	return found
}

// edge tells whether no word runs across the border before rune i.
func (h haystack) edge(i int) bool {
	if i == 0 || i == len(h.runes) {
		return true
	}
	return !wordy(h.runes[i-1]) || !wordy(h.runes[i])
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
