package schemas

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestDocumentTypesOfTheDecree(t *testing.T) {
	types := DocumentTypes()
	if len(types) != 29 {
		t.Fatalf("%d types, the decree has 29", len(types))
	}
	names, abbrs := map[string]bool{}, map[string]bool{}
	for _, d := range append(types, CopyTypes()...) {
		if names[d.Name] || d.Abbr != "" && abbrs[d.Abbr] {
			t.Errorf("%+v is there twice", d)
		}
		names[d.Name], abbrs[d.Abbr] = true, true
		if !norm.NFC.IsNormalString(d.Name) || d.En == "" {
			t.Errorf("%+v is not composed or lacks English", d)
		}
	}
}

// Every name and abbreviation is found however it is composed and cased.
func TestLookupDocumentTypeFindsAll(t *testing.T) {
	for _, d := range append(DocumentTypes(), CopyTypes()...) {
		for _, s := range []string{d.Name, d.Abbr} {
			if s == "" {
				continue
			}
			for _, v := range []string{s, norm.NFD.String(s), strings.ToUpper(s), strings.ToLower(s), "  " + s + "\u00a0", strings.ReplaceAll(s, "Đ", "Ð")} {
				if got, ok := LookupDocumentType(v); !ok || got != d {
					t.Errorf("LookupDocumentType(%q) = %+v, %v, want %s", v, got, ok, d.Name)
				}
			}
		}
	}
}

func TestLookupDocumentType(t *testing.T) {
	for s, want := range map[string]string{
		"Quyết định (cá biệt)": "Quyết định",
		"QD":                   "Quyết định",
		"QYD":                  "Quy định",
		"cong van":             "Công văn",
		"Giấy uỷ quyền":        "Giấy ủy quyền",
		"Bản thoả thuận":       "Bản thỏa thuận",
		"DA":                   "Dự án",
		"ĐA":                   "Đề án",
		"HD":                   "Hướng dẫn",
		"HĐ":                   "Hợp đồng",
		"SY":                   "Bản sao y",
		"de an":                "Đề án",
		"":                     "",
		" ":                    "",
		"Thông tư":             "",
		"Công văn hỏa tốc":     "",
		"Kế hoặch":             "Kế hoạch",
	} {
		got, ok := LookupDocumentType(s)
		if got.Name != want || ok != (want != "") {
			t.Errorf("LookupDocumentType(%q) = %q, %v, want %q", s, got.Name, ok, want)
		}
	}
}
