package schemas

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// DocumentType is a type of administrative document (NĐ 30/2020/NĐ-CP, Article
// 7 and Annex III), or a form of copy.
type DocumentType struct {
	Name string // as in Article 7, without “(cá biệt)”
	Abbr string // as it stands in a notation: QĐ, QyĐ, TTr; empty for Công văn and Thư công
	En   string
}

// DocumentTypes gives the 29 types in the decree's order.
func DocumentTypes() []DocumentType {
	return []DocumentType{
		{"Nghị quyết", "NQ", "resolution"},
		{"Quyết định", "QĐ", "decision"},
		{"Chỉ thị", "CT", "directive"},
		{"Quy chế", "QC", "regulation"},
		{"Quy định", "QyĐ", "rules"},
		{"Thông cáo", "TC", "communiqué"},
		{"Thông báo", "TB", "notice"},
		{"Hướng dẫn", "HD", "guidance"},
		{"Chương trình", "CTr", "programme"},
		{"Kế hoạch", "KH", "plan"},
		{"Phương án", "PA", "scheme"},
		{"Đề án", "ĐA", "proposal"},
		{"Dự án", "DA", "project"},
		{"Báo cáo", "BC", "report"},
		{"Biên bản", "BB", "minutes"},
		{"Tờ trình", "TTr", "submission"},
		{"Hợp đồng", "HĐ", "contract"},
		{"Công văn", "", "official letter"},
		{"Công điện", "CĐ", "official telegram"},
		{"Bản ghi nhớ", "BGN", "memorandum"},
		{"Bản thỏa thuận", "BTT", "agreement"},
		{"Giấy ủy quyền", "GUQ", "authorisation"},
		{"Giấy mời", "GM", "invitation"},
		{"Giấy giới thiệu", "GGT", "letter of introduction"},
		{"Giấy nghỉ phép", "GNP", "leave permit"},
		{"Phiếu gửi", "PG", "dispatch slip"},
		{"Phiếu chuyển", "PC", "transfer slip"},
		{"Phiếu báo", "PB", "notification slip"},
		{"Thư công", "", "public letter"},
	}
}

// CopyTypes gives the three forms of copy of Articles 25 to 27.
func CopyTypes() []DocumentType {
	return []DocumentType{
		{"Bản sao y", "SY", "true copy"},
		{"Bản sao lục", "SL", "copy of a copy"},
		{"Bản trích sao", "TrS", "extract"},
	}
}

// LookupDocumentType finds a type or form of copy by its name or abbreviation.
// Case, composed or decomposed marks, where the tone stands (thỏa, thoả) and
// spaces do not matter, nor “(cá biệt)”. Missing marks and d for đ are forgiven
// where only one type can be meant: "QD" is Quyết định, but "DA" is Dự án and
// never Đề án.
func LookupDocumentType(s string) (DocumentType, bool) {
	want := tidy(s)
	if want == "" {
		return DocumentType{}, false
	}
	all := append(DocumentTypes(), CopyTypes()...)
	if t, ok := lookup(all, func(key string) bool { return strings.EqualFold(key, want) }); ok {
		return t, true
	}
	loose := looseKey(want)
	return lookup(all, func(key string) bool { return looseKey(key) == loose })
}

// lookup finds the one type whose name or abbreviation matches.
func lookup(all []DocumentType, matches func(key string) bool) (DocumentType, bool) {
	var found DocumentType
	hits := 0
	for _, t := range all {
		if matches(t.Name) || t.Abbr != "" && matches(t.Abbr) {
			found = t
			hits++
		}
	}
	return found, hits == 1
}

// abbreviated finds a type by its abbreviation in a notation, where marks and
// đ count.
func abbreviated(s string) (DocumentType, bool) {
	want := tidy(s)
	for _, t := range append(DocumentTypes(), CopyTypes()...) {
		if t.Abbr != "" && strings.EqualFold(t.Abbr, want) {
			return t, true
		}
	}
	return DocumentType{}, false
}

// tidy composes marks, joins runs of spaces, drops “(cá biệt)” and puts the
// right Đ for its doubles, which look the same and are often typed.
func tidy(s string) string {
	s = strings.Map(rightDe, norm.NFC.String(s))
	s = strings.ReplaceAll(s, "(cá biệt)", "")
	return strings.Join(strings.FieldsFunc(s, isBlank), " ")
}

// rightDe replaces eth (Ð) and African d (Ɖ).
func rightDe(r rune) rune {
	switch r {
	case 'Ð', 'Ɖ':
		return 'Đ'
	case 'ð', 'ɖ':
		return 'đ'
	}
	return r
}

// isBlank tells white space and the characters that print as nothing.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || isHidden(r)
}

func exactKey(s string) string { return strings.ToLower(tidy(s)) }

// looseKey drops all marks and makes đ a d.
func looseKey(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(exactKey(s)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case !unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
		}
	}
	return b.String()
}
