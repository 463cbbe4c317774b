package schemas

import (
	"slices"
	"strings"
)

// nameMarking finds a marking in a file name. There _ and - often stand for
// spaces, so besides what counts in a text, a degree in capitals counts at
// either end of the name, unless it is half of a common word there
// (BẢO_MẬT, MẬT_KHẨU).
func nameMarking(name string) SecrecyLevel {
	name = plain(name)
	if !mightMark(name) {
		return ""
	}
	stem := withoutExtensions(name)
	if l := fieldMarking(stem); l != "" {
		return l
	}
	words := strings.FieldsFunc(stem, func(r rune) bool { return isBlank(r) || strings.ContainsRune("_-–.+", r) })
	if plainSpaces(stem) {
		return ""
	}
	return edgeMarking(words)
}

// plainSpaces tells a name in which only spaces part the words: there a degree
// is part of a sentence unless it is set off, which fieldMarking has looked at.
func plainSpaces(stem string) bool { return !strings.ContainsAny(stem, "_-–+.") }

// withoutExtensions drops up to three extensions: x.signed.pdf.zip.
func withoutExtensions(name string) string {
	for range 3 {
		dot := strings.LastIndexByte(name, '.')
		if dot <= 0 || len(name)-dot > 8 || strings.ContainsAny(name[dot:], " ậẬ") {
			break
		}
		name = name[:dot]
	}
	return name
}

// edgeMarking finds a degree in capitals as the first or last words.
func edgeMarking(words []string) SecrecyLevel {
	for n := min(2, len(words)); n >= 1; n-- {
		head, tail := words[:n], words[len(words)-n:]
		if l := wordsLevel(head); l != "" && !commonAfter(l, words[n:]) {
			return l
		}
		if l := wordsLevel(tail); l != "" && !commonBefore(l, words[:len(words)-n]) {
			return l
		}
	}
	return ""
}

// wordsLevel is level for words in capitals, with marks or, for the degrees of
// two words, without.
func wordsLevel(words []string) SecrecyLevel {
	joined := strings.Join(words, " ")
	if !capitals(joined) {
		return ""
	}
	if l := level(joined); l != "" {
		return l
	}
	return bareLevel(joined)
}

// commonAfter tells that MẬT and the word behind it are one ordinary word.
func commonAfter(l SecrecyLevel, rest []string) bool {
	return l == Secret && len(rest) > 0 && slices.Contains(strings.Fields(
		"khẩu độ mã thư vụ danh ong thiết nghị hiệu lệnh ước tông ngữ mía nhân đàm hoa ngọt thám phái báo điện gấu sơn"),
		strings.ToLower(rest[0]))
}

// commonBefore tells that the word before MẬT and it are one ordinary word.
func commonBefore(l SecrecyLevel, rest []string) bool {
	return l == Secret && len(rest) > 0 && slices.Contains(strings.Fields(
		"bảo bí cơ thân túi sỏi ống đường lấy giải độ ngọt trọng hoa ong rỉ nuôi viêm kín chu"),
		strings.ToLower(rest[len(rest)-1]))
}
