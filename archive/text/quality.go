package text

import (
	"strings"
	"unicode"
)

// tally counts what kinds of words a text is made of.
type tally struct {
	words     int // runs of letters that are judged; abbreviations in capitals are not
	syllables int // of them Vietnamese syllables
	marked    int // of them with a letter that only Vietnamese has, or Latin letters with marks
	markedOK  int // marked ones that are syllables
	broken    int // single letters and words without a vowel
	strange   int // characters that are no text: unassigned, private, replacement
	letters   int
}

// Shares beyond which a text is poor. They are far from what sound text has: of 100
// words of a letter 2 or 3 are broken, of one with lost accents 20 and more.
const (
	enough       = 20   // words below which the shares say nothing
	poorBroken   = 0.12 // of the words
	poorMarked   = 0.70 // of the marked words that must be syllables
	poorStrange  = 0.05 // of the letters
	vietnamese   = 0.10 // share of marked words from which a text is Vietnamese
	bareSyllable = 0.30
)

func (s *speller) tally(text string) tally {
	var t tally
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !wordy(r) }) {
		s.add(&t, word)
	}
	return t
}

// plus adds the counts of another text.
func (t *tally) plus(o tally) {
	t.words += o.words
	t.syllables += o.syllables
	t.marked += o.marked
	t.markedOK += o.markedOK
	t.broken += o.broken
	t.strange += o.strange
	t.letters += o.letters
}

// wordy are the characters words are made of, and those that stand where a letter was lost.
func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || strange(r) }

// strange characters stand for a glyph whose meaning is not known.
func strange(r rune) bool {
	return r == unicode.ReplacementChar || unicode.Is(unicode.Co, r)
}

func (s *speller) add(t *tally, word string) {
	n, odd, caps, marked := 0, 0, true, false
	for _, r := range word {
		n++
		if strange(r) {
			odd++
		}
		caps = caps && unicode.IsUpper(r)
		marked = marked || r > unicode.MaxASCII
	}
	t.letters += n
	t.strange += odd
	if caps && n > 1 && n <= 6 && !vowelled(word) || strings.EqualFold(word, "v") {
		return // QĐ, TTr, V/v and other abbreviations
	}
	t.words++
	valid := odd == 0 && s.syllable(word)
	if marked {
		t.marked++
	}
	switch {
	case valid && (n > 1 || marked):
		t.syllables++
		if marked {
			t.markedOK++
		}
	case n == 1 && odd == 0, odd == 0 && !vowelled(word), odd > 0:
		t.broken++
	}
}

// poor tells whether the words look torn or wrongly decoded.
func (t tally) poor() bool {
	if t.letters > 0 && share(t.strange, t.letters) > poorStrange {
		return true
	}
	if t.words < enough {
		return false
	}
	if share(t.broken, t.words) > poorBroken {
		return true
	}
	return share(t.marked, t.words) > vietnamese && share(t.markedOK, t.marked) < poorMarked && t.latin()
}

// latin tells whether the text could be Vietnamese at all: many of its words, marks or
// none, are syllables.
func (t tally) latin() bool { return share(t.syllables, t.words) > bareSyllable }

// score compares readings of the same page: whole words for it, torn ones against.
func (t tally) score() int {
	return 2*t.syllables + (t.words - t.syllables - t.broken) - 2*t.broken - t.strange
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
