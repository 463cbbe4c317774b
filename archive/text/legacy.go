package text

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// tcvn3 are the letters of TCVN 5712:1993 (VN3, "ABC") at the bytes from A1 to FE; a blank
// is a byte without a letter. Fonts named .Vn… show them so.
const tcvn3 = "ĂÂÊÔƠƯĐăâêôơưđ" + // A1–AE
	"      àảãáạ ằẳẵắ       ặầẩẫấậè ẻẽéẹềểễếệìỉ   ĩíịò ỏõóọồổỗốộờởỡớợù ủũúụừửữứựỳỷỹýỵ" // AF–FE

// unTCVN3 reads text whose letters are the bytes of TCVN3 taken for Latin-1.
func unTCVN3(text string) string {
	table := []rune(tcvn3)
	return strings.Map(func(r rune) rune {
		if r >= 0xA1 && r <= 0xFE && table[r-0xA1] != ' ' {
			return table[r-0xA1]
		}
		return r
	}, text)
}

// unVNI reads text whose letters are the bytes of VNI taken for Latin-1.
func unVNI(text string) string {
	var b strings.Builder
	previous := rune(0)
	for _, r := range text {
		b.WriteString(vniLetter(previous, r))
		previous = r
	}
	return norm.NFC.String(b.String())
}

// vniLetter gives a letter of its own, or the marks that r adds to the vowel before it.
func vniLetter(previous, r rune) string {
	if r <= unicode.MaxASCII {
		return string(r)
	}
	lower := unicode.ToLower(r)
	if strings.ContainsRune("aeouyôö", unicode.ToLower(previous)) {
		if marks := vniMarks(lower); marks != "" {
			return marks
		}
	}
	alone := vniAlone(lower)
	switch {
	case alone == "":
		return string(r)
	case lower != r:
		return strings.ToUpper(alone)
	default:
		return alone
	}
}

func vniAlone(r rune) string {
	from, to := []rune("ñôöíìæóòî"), []rune("đơưíìỉĩịỵ")
	if i := slices.Index(from, r); i >= 0 {
		return string(to[i])
	}
	return ""
}

// vniMarks gives the marks that a character adds to the vowel it is written behind.
func vniMarks(r rune) string {
	const tones, circumflexed, breved = "ùøûõï", "âáàåãä", "êéèúüë"
	toned := []string{"", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"}
	if i := slices.Index([]rune(tones), r); i >= 0 {
		return toned[i+1]
	}
	if i := slices.Index([]rune(circumflexed), r); i >= 0 {
		return "\u0302" + toned[i]
	}
	if i := slices.Index([]rune(breved), r); i >= 0 {
		return "\u0306" + toned[i]
	}
	return ""
}

// Shares by which an old encoding must show itself, for text is never changed on a guess.
const (
	sureOld   = 0.90     // of the marked words are syllables when read in the encoding
	doubtful  = 0.60     // of them at most are when they are read as they stand
	sureWords = 8        // marked words at least
	sampled   = 64 << 10 // bytes of a text by which it is judged
)

// modern gives the text in Unicode when it is surely Vietnamese in an old encoding
// whose bytes were taken for Latin-1, as files without a font do.
func (s *speller) modern(text string) (string, bool) {
	sample := cut(text, sampled)
	now := s.tally(sample)
	if now.marked < sureWords || share(now.markedOK, now.marked) > doubtful {
		return text, false
	}
	for _, read := range []func(string) string{unTCVN3, unVNI} {
		if t := s.tally(read(sample)); t.marked >= sureWords && share(t.markedOK, t.marked) >= sureOld {
			return read(text), true
		}
	}
	return text, false
}

// eightBit reads bytes that are no UTF-8: in the old Vietnamese encoding that
// makes sense of them, else as Windows-1252.
func (s *speller) eightBit(data []byte) string {
	latin1, err := charmap.ISO8859_1.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	if text, ok := s.modern(string(latin1)); ok {
		return text
	}
	if text, err := charmap.Windows1258.NewDecoder().Bytes(data); err == nil {
		if t := s.tally(norm.NFC.String(cut(string(text), sampled))); t.marked >= sureWords && share(t.markedOK, t.marked) >= sureOld {
			return string(text)
		}
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return string(latin1)
	}
	return string(text)
}
