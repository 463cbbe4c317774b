package syntax_test

import (
	"fmt"
	"strings"
	"testing"

	"congvan/signer/pdf/syntax"
)

// manyPages is a document of n pages in a tree of two levels, a hundred a node. Every
// third node turns its pages.
func manyPages(n int) []byte {
	all := map[int]string{1: "<</Type/Catalog/Pages 2 0 R>>"}
	var nodes strings.Builder
	for node := 0; node*100 < n; node++ {
		id := 10 + node
		var kids strings.Builder
		count := min(100, n-node*100)
		for i := range count {
			page := 1000 + node*100 + i
			fmt.Fprintf(&kids, "%d 0 R ", page)
			all[page] = fmt.Sprintf("<</Type/Page/Parent %d 0 R>>", id)
		}
		rotate := ""
		if node%3 == 0 {
			rotate = "/Rotate 90"
		}
		all[id] = fmt.Sprintf("<</Type/Pages/Parent 2 0 R/Count %d/Kids[%s]%s>>", count, &kids, rotate)
		fmt.Fprintf(&nodes, "%d 0 R ", id)
	}
	all[2] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]/MediaBox[0 0 1 1]>>", n, &nodes)
	return tabled(all)
}

func TestPages(t *testing.T) {
	const n = 2000
	r := mustOpen(t, manyPages(n)).Latest()
	if count, err := r.PageCount(); err != nil || count != n {
		t.Fatalf("%d pages, %v", count, err)
	}
	i := 0
	for p, err := range r.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if i/100%3 == 0 {
			want = 90
		}
		rotate, _ := r.Int(p.Dict["Rotate"])
		if p.Index != i || p.Ref.Number != 1000+i || rotate != want || p.Dict["MediaBox"] == nil {
			t.Fatalf("page %d is %+v", i, p)
		}
		i++
	}
	if i != n {
		t.Fatalf("%d pages", i)
	}
	for _, i := range []int{0, 99, 100, 1234, n - 1} {
		if p, err := r.Page(i); err != nil || p.Ref.Number != 1000+i || p.Index != i {
			t.Errorf("page %d is %+v, %v", i, p, err)
		}
	}
	for _, i := range []int{-1, n} {
		if _, err := r.Page(i); code(err) != syntax.CodePageTree {
			t.Errorf("page %d: %v", i, err)
		}
	}
	for range r.Pages() {
		break // a walk may be left
	}
}

func TestPagesOnlyReadWhatTheyShow(t *testing.T) {
	data := manyPages(2000)
	counted := &counting{data: data}
	f, err := syntax.Open(counted, int64(len(data)), syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	counted.bytes = 0
	if _, err := f.Latest().Page(1999); err != nil {
		t.Fatal(err)
	}
	if counted.bytes > int64(len(data))/2 {
		t.Errorf("%d of %d bytes read for one page", counted.bytes, len(data))
	}
}

func TestFields(t *testing.T) {
	all := book()
	all[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 10 0 R 14 0 R null]>>>>"
	all[3] = "<</Type/Page/Parent 2 0 R/Annots[6 0 R 12 0 R 13 0 R 15 0 R 16 0 R]>>"
	all[10] = "<</T<FEFF01110069>/FT/Tx/Ff 2/V(inherited)/Kids[11 0 R]>>"
	all[11] = "<</T(b)/Parent 10 0 R/Kids[12 0 R 13 0 R]>>"
	all[12] = "<</Type/Annot/Subtype/Widget/Parent 11 0 R>>"
	all[13] = "<</Type/Annot/Subtype/Widget/Parent 11 0 R>>"
	all[14] = "<</T(c)/FT/Btn/V/On>>"
	all[15] = "<</Type/Annot/Subtype/Widget/FT/Sig/T(hidden)/V 5 0 R>>"
	all[16] = "<</Type/Annot/Subtype/Link>>"
	r := mustOpen(t, tabled(all)).Latest()
	fields, err := r.AllFields()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fields {
		got = append(got, fmt.Sprintf("%s %s %v %v %d %v", f.Name, f.Type, f.Value, f.Widgets, f.Flags, f.Stray))
	}
	want := []string{
		"Signature1 Sig <nil> [{6 0}] 0 false",
		"đi.b Tx inherited [{12 0} {13 0}] 2 false",
		"c Btn On [] 0 false",
		"hidden Sig {5 0} [{15 0}] 0 true",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("fields\n%s", strings.Join(got, "\n"))
	}
	if form, err := r.Fields(); err != nil || len(form) != 3 {
		t.Errorf("%d fields in the form, %v", len(form), err)
	}
}

func TestTextStrings(t *testing.T) {
	for _, tc := range []struct{ raw, want string }{
		{"plain", "plain"},
		{"\xFE\xFF\x00C\x01\x29", "Cĩ"},
		{"\xFF\xFEC\x00\x29\x01", "Cĩ"},
		{"\xEF\xBB\xBFVĩnh", "Vĩnh"},
		{"\xFE\xFF\x00\x1B\x00v\x00i\x00\x1B\x00A", "A"},
		{"\xE0 \x80 \xA0 \x18", "à • € ˘"},
		{"\x7F", "\uFFFD"},
	} {
		if got := syntax.String(tc.raw).Text(); got != tc.want {
			t.Errorf("%q reads %q, want %q", tc.raw, got, tc.want)
		}
	}
	for _, s := range []string{"", "ABC", "Nguyễn Thị Vĩnh", "CHỦ NGHĨA", "😀"} {
		if got := syntax.TextString(s).Text(); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
}
