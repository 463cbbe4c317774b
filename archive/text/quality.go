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
	strange   int // characters that are no text: private, replacement, pictures in the place of letters
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
	for _, r := range text {
		if unicode.Is(unicode.So, r) {
			t.strange++
		}
	}
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
// An apostrophe joins, as in the French l'État.
func wordy(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || strange(r) || r == '\'' || r == '’'
}

// strange characters stand for a glyph whose meaning is not known.
func strange(r rune) bool {
	return r == unicode.ReplacementChar || unicode.Is(unicode.Co, r)
}

// add counts one word.
func (s *speller) add(t *tally, word string) {
	l := looksOf(word)
	t.letters += l.letters
	t.strange += l.strange
	switch {
	case l.foreign && l.strange == 0:
		return // only Latin letters are judged
	case l.capitals && l.letters > 1 && l.letters <= 6 && !vowelled(word), strings.EqualFold(word, "v"):
		return // QĐ, TTr, V/v and other abbreviations
	}
	t.words++
	valid := l.strange == 0 && s.syllable(word)
	if l.marked {
		t.marked++
	}
	if valid && l.marked {
		t.markedOK++
	}
	switch {
	case l.strange > 0, l.letters == 1 && !s.lone[strings.ToLower(word)], !vowelled(word):
		t.broken++
	case valid && (l.letters > 1 || l.marked):
		t.syllables++
	}
}

// looks are what a word's letters look like.
type looks struct {
	letters, strange          int
	capitals, marked, foreign bool
}

func looksOf(word string) looks {
	l := looks{capitals: true}
	for _, r := range word {
		l.letters++
		if strange(r) {
			l.strange++
		}
		l.capitals = l.capitals && unicode.IsUpper(r)
		l.marked = l.marked || r > unicode.MaxASCII && r != '’'
		l.foreign = l.foreign || unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
	}
	return l
}

// poor tells whether the words look torn or wrongly decoded.
func (t tally) poor() bool { return t.torn() || t.garbled() }

// torn tells whether words have come apart, as they do when a page is put back into lines.
func (t tally) torn() bool { return t.words >= enough && share(t.broken, t.words) > poorBroken }

// garbled tells whether letters are not what they were.
func (t tally) garbled() bool {
	if t.strange > enough && share(t.strange, t.letters+t.strange) > poorStrange {
		return true
	}
	return t.words >= enough && share(t.marked, t.words) > vietnamese && share(t.markedOK, t.marked) < poorMarked && t.latin()
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
