package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// onsets and rhymes are the parts of a Vietnamese syllable without its tone. A
// syllable is one of each; rhymes that end in a stop (c, ch, p, t) bear two tones only.
const (
	onsets = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
	rhymes = "a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây " +
		"e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu " +
		"o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oem oen oeo oet oi om on ong ooc oong op ot " +
		"ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt uyn uynh uyt uyu " +
		"ư ưa ưc ưi ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu"
	afterQu = "a ac ach ai an ang anh ao at au ay ăc ăm ăn ăng ăp ăt ân ât ây e en eo et ê êch ên ênh êt ôc ơ y ych yên yêt ynh yt yu it"
	afterGi = "ên êng êt êm êu êc"
	// lone are the letters that are words by themselves, in Vietnamese or in languages beside it.
	lone = "a à á ả ạ e ê ế i ì o ò ô ồ ổ ơ ờ ớ ở u ù ủ ư ừ y ý"
)

// tone is a tone mark of a syllable as the combining character writes it; 0 is the level tone.
type tone = rune

const (
	huyen tone = 0x0300
	sac   tone = 0x0301
	nga   tone = 0x0303
	hoi   tone = 0x0309
	nang  tone = 0x0323
)

// speller knows which letters make a Vietnamese syllable.
type speller struct {
	onsets  map[string]bool
	rhymes  map[string]bool
	lone    map[string]bool
	special map[string]map[string]bool // rhymes after qu and gi
}

func newSpeller() *speller {
	return &speller{
		onsets: set(onsets), rhymes: set(rhymes), lone: set(lone),
		special: map[string]map[string]bool{"qu": set(afterQu), "gi": set(afterGi)},
	}
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// longest is more letters than the longest syllable has (nghiêng).
const longest = 8

// syllable tells whether a word, in NFC and of any case, may be a Vietnamese syllable.
// Where the tone mark stands (hoà, hòa) makes no difference.
func (s *speller) syllable(word string) bool {
	letters, t, ok := bare(word)
	if !ok {
		return false
	}
	for cut := 0; cut <= 3 && cut < len(letters); cut++ {
		onset, rhyme := string(letters[:cut]), string(letters[cut:])
		if (cut == 0 || s.onsets[onset]) && s.fits(onset, rhyme) && bears(rhyme, t) {
			return true
		}
	}
	return false
}

// bare takes the tone off a word; not ok when it has two, or is too long.
func bare(word string) (letters []rune, t tone, ok bool) {
	if len(word) > 4*longest {
		return nil, 0, false
	}
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		switch r {
		case huyen, sac, nga, hoi, nang:
			if t != 0 {
				return nil, 0, false
			}
			t = r
		default:
			letters = append(letters, r)
		}
	}
	letters = []rune(norm.NFC.String(string(letters)))
	return letters, t, len(letters) > 0 && len(letters) <= longest
}

// fits tells whether the rhyme may follow the onset.
func (s *speller) fits(onset, rhyme string) bool {
	if onset == "qu" {
		return s.special[onset][rhyme]
	}
	if onset == "gi" && s.special[onset][rhyme] {
		return true
	}
	if !s.rhymes[rhyme] {
		return false
	}
	front := strings.ContainsAny(rhyme[:1], "iey") || strings.HasPrefix(rhyme, "ê")
	switch onset {
	case "gh", "ngh":
		return front
	case "k":
		return front || rhyme == "a" // Đắk and the like are names
	case "c", "ng":
		return !front
	case "g":
		return !front || rhyme == "i"
	default:
		return true
	}
}

// bears tells whether the rhyme takes the tone.
func bears(rhyme string, t tone) bool {
	switch rhyme[len(rhyme)-1] {
	case 'c', 'p', 't':
		return t == sac || t == nang
	case 'h':
		return !strings.HasSuffix(rhyme, "ch") || t == sac || t == nang
	default:
		return true
	}
}

// vowelled tells whether a word has a vowel, of any script that marks them.
func vowelled(word string) bool {
	for _, r := range norm.NFD.String(word) {
		switch unicode.ToLower(r) {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			return true
		}
		if r > unicode.MaxLatin1 && unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return true // other scripts are not judged
		}
	}
	return false
}
