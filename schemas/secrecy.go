package schemas

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"congvan/schemas/edxml"
)

// SecrecyLevel is a degree of state secrecy (Law on Protection of State
// Secrets 2018), as it is stamped.
type SecrecyLevel string

const (
	Secret     SecrecyLevel = "MẬT"
	VerySecret SecrecyLevel = "TỐI MẬT"
	TopSecret  SecrecyLevel = "TUYỆT MẬT"
)

// SecrecyMarking is a marking found on a letter.
type SecrecyMarking struct {
	Level   SecrecyLevel
	Element string // path, as in Finding; "" for a name given besides the envelope
	Text    string // the whole field
}

// SecrecyMarkings finds the marks of state secrecy on a letter: in its header,
// in the names of its attachments, and in further names that the caller knows
// (of files within a ZIP, of the original upload). Letters that carry one must
// not go through this gateway (QĐ 28/2018/QĐ-TTg excludes them).
//
// Only a marking counts, not a word: most letters with “mật” in them are about
// bảo mật, mật khẩu or mật ong, and even “bí mật nhà nước” in a subject is what
// a letter is about, not how it is classified. A marking is
//
//   - the whole of a field, with or without a label: Mật; Độ mật: Tối mật;
//   - in brackets on its own, in any case: [TỐI MẬT] V/v …, … (Mật);
//   - at the start, set off: MẬT: …, Tối mật - …;
//   - at the end, set off and with a capital: … - Mật, … . TUYỆT MẬT;
//   - anywhere in capitals, set off on both sides: V/v A - MẬT - gửi B;
//   - after a label: Độ mật: Mật; … (độ mật: tối mật);
//   - behind the name of a type: Công văn mật, Báo cáo (Tối mật);
//   - a part of the notation: BC-UBND-MẬT;
//   - at either end of a file name: MẬT_ke-hoach.pdf, KH 05 TỐI_MẬT.pdf.
//
// Set off means by : ; . | * or a dash between spaces. Commas and quotation
// marks do not set off: they enumerate and cite (“độ MẬT, TỐI MẬT”, khắc dấu
// “MẬT”), and a field of which two different degrees are set off enumerates
// too, unless one stands in front. Marks may be decomposed (NFD), spaces may be
// anywhere (“T Ố I  M Ậ T”), invisible characters do not hide it.
func SecrecyMarkings(env *edxml.Envelope, names ...string) []SecrecyMarking {
	var found []SecrecyMarking
	note := func(level SecrecyLevel, element, text string) {
		if level != "" {
			found = append(found, SecrecyMarking{level, element, text})
		}
	}
	for _, f := range classifiedFields(env) {
		note(fieldMarking(f.value), f.path, f.value)
	}
	note(notationMarking(env.Code.Notation), pathMessage+"/Code/CodeNotation", env.Code.Notation)
	note(typeMarking(env.DocumentType.Name), pathMessage+"/DocumentType/TypeName", env.DocumentType.Name)
	for i, a := range env.Attachments {
		path := item(pathAttachments, i, len(env.Attachments))
		note(nameMarking(a.Name), path+"/AttachmentName", a.Name)
		note(fieldMarking(a.Description), path+"/Description", a.Description)
	}
	for i, r := range env.References {
		path := item(pathReferences, i, len(env.References))
		note(nameMarking(r.Name), path+"/AttachmentName", r.Name)
		note(fieldMarking(r.Description), path+"/Description", r.Description)
	}
	for _, name := range names {
		note(nameMarking(name), "", name)
	}
	return found
}

// classifiedFields lists the texts in which a marking may stand.
func classifiedFields(env *edxml.Envelope) []field {
	other := pathMessage + "/OtherInfo/"
	fields := []field{
		{path: pathMessage + "/Subject", value: env.Subject},
		{path: pathMessage + "/Content", value: env.Content},
		{path: other + "SphereOfPromulgation", value: env.Other.Sphere},
		{path: other + "TyperNotation", value: env.Other.TyperNotation},
		{path: other + "Priority", value: env.Other.PriorityText},
		{path: pathMessage + "/DocumentType/TypeDetail", value: env.DocumentType.Detail},
		{path: pathBusiness + "/BussinessDocReason", value: env.Business.Reason},
	}
	for i, a := range env.Other.Appendixes {
		fields = append(fields, field{path: item(other+"Appendixes/Appendix", i, len(env.Other.Appendixes)), value: a})
	}
	for i, p := range env.ToPlaces {
		fields = append(fields, field{path: item(pathMessage+"/ToPlaces/Place", i, len(env.ToPlaces)), value: p})
	}
	return fields
}

// secrecy refuses letters that carry a marking.
func (c *checker) secrecy() {
	for _, m := range SecrecyMarkings(c.env) {
		if c.full() {
			return
		}
		c.fault(RuleStateSecret, m.Element, say(
			"Văn bản mang dấu chỉ độ mật “%s” (ghi %s). Văn bản chứa bí mật nhà nước không được gửi qua hệ thống này: dừng gửi và chuyển theo quy định về bảo vệ bí mật nhà nước. Nếu không phải văn bản mật, sửa lại cách ghi.",
			"The letter carries the secrecy marking “%s” (it reads %s). State secrets must not go through this system: do not send it, and deliver it as the rules on protecting state secrets require. If it is not secret, reword it.",
			m.Level, quote(m.Text)))
	}
}

// level tells whether a piece of text is a degree and nothing else, whatever
// its case and spaces. Hidden characters are dropped, so they cannot hide it.
func level(s string) SecrecyLevel {
	squeezed := strings.Map(func(r rune) rune {
		if isBlank(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
	switch squeezed {
	case "MẬT":
		return Secret
	case "TỐIMẬT":
		return VerySecret
	case "TUYỆTMẬT":
		return TopSecret
	}
	return ""
}

// capitals tells that all letters are upper-case.
func capitals(s string) bool {
	return !strings.ContainsFunc(s, unicode.IsLower)
}

// capitalized tells that the first letter is upper-case.
func capitalized(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return unicode.IsUpper(r)
		}
	}
	return false
}

// mightMark is a quick look that spares nearly all texts the rest: every degree
// has the letter ậ. text must be in NFC.
func mightMark(text string) bool {
	return strings.ContainsAny(text, "Ậậ") || strings.Contains(strings.ToUpper(text), "MAT")
}

// plain composes a text's marks and drops the characters that print as nothing.
func plain(s string) string {
	if norm.NFC.QuickSpanString(s) == len(s) && !strings.ContainsFunc(s, isHidden) {
		return s
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if isHidden(r) {
			return -1
		}
		return r
	}, s))
}

func isHidden(r rune) bool { return unicode.Is(unicode.Cf, r) }

// fieldMarking finds a marking in a free text.
func fieldMarking(text string) SecrecyLevel {
	text = plain(text)
	if !mightMark(text) {
		return ""
	}
	if l := wholeMarking(text); l != "" {
		return l
	}
	if l := bracketMarking(text); l != "" {
		return l
	}
	return setOffMarking(text)
}

// wholeMarking finds a field that is a degree, or a label and a degree.
func wholeMarking(text string) SecrecyLevel {
	trimmed := strings.TrimFunc(text, func(r rune) bool { return isBlank(r) || unicode.IsPunct(r) })
	if l := level(trimmed); l != "" {
		return l
	}
	if l := bareLevel(trimmed); l != "" {
		return l
	}
	lower := exactKey(trimmed)
	for _, label := range []string{"độ mật", "mức độ mật", "mức độ", "dấu độ mật", "dấu", "độ", "văn bản", "tài liệu", "loại"} {
		if rest, ok := strings.CutPrefix(lower, label+" "); ok {
			if l := level(strings.Trim(rest, ":- ")); l != "" {
				return l
			}
		}
		if rest, ok := strings.CutPrefix(lower, label+":"); ok {
			if l := level(rest); l != "" {
				return l
			}
		}
	}
	return ""
}

// bareLevel knows a whole field written without marks. MAT alone is too much
// like other words to count.
func bareLevel(s string) SecrecyLevel {
	switch strings.ToUpper(tidy(s)) {
	case "TOI MAT":
		return VerySecret
	case "TUYET MAT":
		return TopSecret
	}
	return ""
}

// bracketMarking finds a degree, or a label and a degree, alone in brackets.
func bracketMarking(text string) SecrecyLevel {
	for _, pair := range []string{"()", "[]", "{}", "<>", "【】", "（）"} {
		runes := []rune(pair)
		open, closing := runes[0], string(runes[1])
		for rest := text; ; {
			i := strings.IndexRune(rest, open)
			if i < 0 {
				break
			}
			rest = rest[i+len(string(open)):]
			inside, _, ok := strings.Cut(rest, closing)
			if !ok {
				break
			}
			if l := wholeMarking(inside); l != "" {
				return l
			}
		}
	}
	return ""
}

// piece is a part of a text between two marks that set it off.
type piece struct {
	text  string
	after rune // the mark before it; 0 at the start
}

// pieces cuts a text at : ; . | * and at dashes that have space beside them.
func pieces(text string) []piece {
	var out []piece
	runes := []rune(text)
	start, after := 0, rune(0)
	for i, r := range runes {
		if !setsOff(runes, i) {
			continue
		}
		out = append(out, piece{strings.TrimFunc(string(runes[start:i]), isBlank), after})
		start, after = i+1, r
	}
	return append(out, piece{strings.TrimFunc(string(runes[start:]), isBlank), after})
}

func setsOff(runes []rune, i int) bool {
	switch runes[i] {
	case ':', ';', '.', '|', '*', '\n', '：':
		return true
	case '-', '–', '—', '−', '_', '/', '\\':
		before := i == 0 || unicode.IsSpace(runes[i-1])
		behind := i == len(runes)-1 || unicode.IsSpace(runes[i+1])
		return before || behind
	}
	return false
}

// setOffMarking finds a degree among the pieces of a text.
func setOffMarking(text string) SecrecyLevel {
	all := pieces(strings.TrimFunc(text, isBlank))
	var found SecrecyLevel
	degrees := map[SecrecyLevel]bool{}
	for i, p := range all {
		l := level(p.text)
		if l == "" {
			continue
		}
		degrees[l] = true
		switch {
		case firstPiece(all, i):
			return l
		case i > 0 && isLabel(all[i-1].text):
			return l
		case capitals(p.text), last(all, i) && p.after != ':' && capitalized(p.text):
			found = l
		}
	}
	if len(degrees) > 1 {
		return ""
	}
	return found
}

// firstPiece tells whether nothing but empty pieces stands before piece i.
func firstPiece(all []piece, i int) bool {
	for _, p := range all[:i] {
		if p.text != "" {
			return false
		}
	}
	return true
}

func last(all []piece, i int) bool {
	return firstPiece(all[i+1:], len(all)-i-1)
}

// isLabel tells a piece that ends in a name for the degree itself.
func isLabel(s string) bool {
	s = exactKey(s)
	return strings.HasSuffix(s, "độ mật") || strings.HasSuffix(s, "dấu mật") || strings.HasSuffix(s, "mức độ") || strings.HasSuffix(s, "mức độ bảo mật")
}

// notationMarking finds a degree as one part of a notation.
func notationMarking(notation string) SecrecyLevel {
	for _, part := range strings.FieldsFunc(plain(notation), func(r rune) bool {
		return strings.ContainsRune("-–/()[].", r)
	}) {
		if l := level(part); l != "" {
			return l
		}
	}
	return ""
}

// typeMarking finds a degree behind the name of a type: Công văn mật.
func typeMarking(name string) SecrecyLevel {
	if l := fieldMarking(name); l != "" {
		return l
	}
	name = plain(name)
	words := strings.FieldsFunc(name, isBlank)
	for n := 1; n <= 2 && n < len(words); n++ {
		head, tail := strings.Join(words[:len(words)-n], " "), strings.Join(words[len(words)-n:], " ")
		if l := level(tail); l != "" {
			if _, known := LookupDocumentType(head); known || exactKey(head) == "văn bản" {
				return l
			}
		}
	}
	return ""
}
