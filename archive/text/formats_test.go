package text

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// readHere reads data in this process, as a child would; PDF aside.
func readHere(t testing.TB, data []byte) (result, []Page) {
	t.Helper()
	name := t.TempDir() + "/f"
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := &worker{spell: newSpeller()}
	h := newHarvest(func(Page) error { return nil })
	return w.read(f, int64(len(data)), h), h.pages
}

// text gives what was read, pages divided by |.
func pagesText(pages []Page) string {
	var texts []string
	for _, p := range pages {
		texts = append(texts, fmt.Sprintf("%d:%s", p.Number, p.Text))
	}
	return strings.Join(texts, "|")
}

func TestOfficeFormats(t *testing.T) {
	const (
		rels = `<Relationships><Relationship Id="r1" Type="http://x/header" Target="header1.xml"/><Relationship Id="r2" Type="http://x/footnotes" Target="/word/notes.xml"/><Relationship Id="r3" Type="http://x/header" Target="http://x" TargetMode="External"/></Relationships>`
		run  = `<w:r><w:t>%s</w:t></w:r>`
	)
	odf := func(kind, content string) []byte {
		return zipped(t, "mimetype", "application/vnd.oasis.opendocument."+kind, "content.xml", "<office:document-content><office:body>"+content+"</office:body></office:document-content>")
	}
	tests := map[string]struct {
		data   []byte
		format Format
		want   string
	}{
		"runs, tabs and breaks":  {docx(t, `<w:p><w:r><w:t>Quyết </w:t></w:r><w:r><w:t>định</w:t><w:tab/><w:t>số</w:t><w:br/><w:t>15</w:t></w:r></w:p><w:p/>`), DOCX, "1:Quyết định số\n15"},
		"table":                  {docx(t, `<w:tbl><w:tr><w:tc><w:p><w:r><w:t>một</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>hai</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`), DOCX, "1:một\nhai"},
		"deleted text, fields":   {docx(t, `<w:p><w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>giữ</w:t></w:r></w:p>`), DOCX, "1:giữ"},
		"text box written twice": {docx(t, `<w:p><mc:AlternateContent><mc:Choice><w:t>khung</w:t></mc:Choice><mc:Fallback><w:p><w:t>khung</w:t></w:p></mc:Fallback></mc:AlternateContent><w:t> sau</w:t></w:p>`), DOCX, "1:khung sau"},
		"pages":                  {docx(t, `<w:p><w:lastRenderedPageBreak/><w:t>đầu</w:t></w:p><w:p><w:br w:type="page"/></w:p><w:p><w:lastRenderedPageBreak/><w:t>hai</w:t><w:lastRenderedPageBreak/><w:t>ba</w:t></w:p>`), DOCX, "1:đầu|2:hai|3:ba"},
		"header and notes":       {docx(t, `<w:p><w:t>thân</w:t></w:p>`, "word/_rels/document.xml.rels", rels, "word/header1.xml", "<w:hdr><w:p><w:t>đầu trang</w:t></w:p></w:hdr>", "word/notes.xml", "<w:n><w:p><w:t>chú thích</w:t></w:p></w:n>"), DOCX, "1:thân\nđầu trang\nchú thích"},
		"other prefix, strict":   {docx(t, `<x:p><x:r><x:t>chữ</x:t></x:r></x:p>`), DOCX, "1:chữ"},
		"sheets in order": {zipped(t, "[Content_Types].xml", sheetTypes,
			"xl/workbook.xml", `<workbook><sheets><sheet name="Sổ đến" sheetId="2" r:id="b"/><sheet name="Sổ đi" sheetId="1" r:id="a"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels", `<R><Relationship Id="a" Type="x/worksheet" Target="s1.xml"/><Relationship Id="b" Type="x/worksheet" Target="s2.xml"/><Relationship Id="s" Type="x/sharedStrings" Target="ss.xml"/><Relationship Id="st" Type="x/styles" Target="st.xml"/></R>`,
			"xl/ss.xml", `<sst><si><t>không</t></si><si><r><t>Quyết </t></r><r><t>định</t></r><rPh><t>bỏ</t></rPh></si></sst>`,
			"xl/st.xml", `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[$-42A]dd\/mm\/yyyy"/><numFmt numFmtId="171" formatCode="0&quot;ngày&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>`,
			"xl/s1.xml", `<worksheet><sheetData><row><c t="s"><v>1</v></c><c><v>1.5</v></c><c s="1"><v>46027</v></c><c s="2"><v>46027.5</v></c><c s="3"><v>46027</v></c></row></sheetData></worksheet>`,
			"xl/s2.xml", `<worksheet><sheetData><row><c t="inlineStr"><is><t>tại chỗ</t></is></c><c t="str"><f>A1</f><v>công thức</v></c><c t="b"><v>1</v></c><c t="s"><v>99</v></c></row></sheetData></worksheet>`,
		), XLSX, "1:Sổ đến\ntại chỗ công thức|2:Sổ đi\nQuyết định 1.5 05/01/2026 05/01/2026 46027"},
		"slides": {zipped(t, "[Content_Types].xml", slideTypes,
			"ppt/presentation.xml", `<p:presentation><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/></p:sldIdLst></p:presentation>`,
			"ppt/_rels/presentation.xml.rels", `<R><Relationship Id="r1" Type="x/slide" Target="slides/slide1.xml"/><Relationship Id="r2" Type="x/slide" Target="slides/slide2.xml"/></R>`,
			"ppt/slides/slide1.xml", `<p:sld><a:p><a:r><a:t>sau</a:t></a:r></a:p></p:sld>`,
			"ppt/slides/slide2.xml", `<p:sld><a:p><a:r><a:t>trước</a:t></a:r></a:p></p:sld>`,
		), PPTX, "1:trước|2:sau"},
		"text document":        {odf("text", `<text:tracked-changes><text:p>bỏ</text:p></text:tracked-changes><text:h>Đầu đề</text:h><text:p>một<text:tab/>hai<text:s/>ba<text:line-break/>bốn</text:p><text:p>x<text:soft-page-break/>trang hai</text:p>`), ODT, "1:Đầu đề\nmột hai ba\nbốn\nx|2:trang hai"},
		"spreadsheet":          {odf("spreadsheet", `<table:table table:name="Bảng"><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>`), ODS, "1:Bảng\na b"},
		"presentation":         {odf("presentation", `<draw:page><draw:frame><text:p>một</text:p></draw:frame></draw:page><draw:page><text:p>hai</text:p></draw:page>`), ODP, "1:một|2:hai"},
		"locked":               {zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml", "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>", "content.xml", "x"), ODT, ""},
		"archive, no document": {zipped(t, "a.txt", "chữ"), "", ""},
	}
	for name, tt := range tests {
		r, pages := readHere(t, tt.data)
		if got := pagesText(pages); r.Format != tt.format || got != tt.want {
			t.Errorf("%s: %s %q, want %s %q", name, r.Format, got, tt.format, tt.want)
		}
	}
}

func TestTextFormats(t *testing.T) {
	const decree = "Cộng hòa xã hội chủ nghĩa Việt Nam, Độc lập - Tự do - Hạnh phúc. Ủy ban nhân dân tỉnh."
	encode := func(e unicode.Endianness, b unicode.BOMPolicy) []byte {
		data, err := unicode.UTF16(e, b).NewEncoder().Bytes([]byte(decree))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	tests := map[string]struct {
		data   []byte
		format Format
		want   string
	}{
		"UTF-8":            {[]byte(decree), Plain, "1:" + decree},
		"with mark":        {[]byte("\uFEFF" + decree), Plain, "1:" + decree},
		"decomposed":       {[]byte(norm.NFD.String(decree)), Plain, "1:" + decree},
		"UTF-16 LE":        {encode(unicode.LittleEndian, unicode.UseBOM), Plain, "1:" + decree},
		"UTF-16 BE":        {encode(unicode.BigEndian, unicode.UseBOM), Plain, "1:" + decree},
		"UTF-16 unmarked":  {encode(unicode.LittleEndian, unicode.IgnoreBOM), Plain, "1:" + decree},
		"TCVN3":            {latin1("Céng hßa x· héi chñ nghÜa ViÖt Nam, §éc lËp - Tù do - H¹nh phóc. Uû ban nh©n d©n tØnh."), Plain, "1:Cộng hòa xã hội chủ nghĩa Việt Nam, Độc lập - Tự do - Hạnh phúc. Uỷ ban nhân dân tỉnh."},
		"VNI":              {latin1("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam, Ñoäc laäp - Töï do - Haïnh phuùc. Uûy ban nhaân daân tænh, tröôùc luaät."), Plain, "1:Cộng hòa xã hội chủ nghĩa Việt Nam, Độc lập - Tự do - Hạnh phúc. Ủy ban nhân dân tỉnh, trước luật."},
		"TCVN3 in Unicode": {[]byte("Céng hßa x· héi chñ nghÜa ViÖt Nam, §éc lËp - Tù do - H¹nh phóc"), Plain, "1:Cộng hòa xã hội chủ nghĩa Việt Nam, Độc lập - Tự do - Hạnh phúc"},
		"French":           {latin1("Le Ministère a décidé: été, forêt, île, façade, naïve, où, là, très, près, élève, médecin, hôpital."), Plain, "1:Le Ministère a décidé: été, forêt, île, façade, naïve, où, là, très, près, élève, médecin, hôpital."},
		"form feeds":       {[]byte("một\fhai"), Plain, "1:một|2:hai"},
		"lines and spaces": {[]byte(" a\t b \r\n\r\n\r\n\r\nc\u00a0d\u200b "), Plain, "1:a b\n\nc d"},
		"encoded data":     {[]byte("đầu " + strings.Repeat("QUJD", 100) + " cuối"), Plain, "1:đầu cuối"},
		"XML":              {[]byte(`<?xml version="1.0" encoding="utf-8"?><a b="c"><d>Ủy ban</d><e>tỉnh &amp; xã</e><!-- bỏ --></a>`), XML, "1:Ủy ban\ntỉnh & xã"},
		"XML in UTF-16":    {utf16le(`<?xml version="1.0" encoding="utf-16"?><a>Ủy ban</a>`), XML, "1:Ủy ban"},
		"HTML":             {[]byte(`<!DOCTYPE html><html><head><style>p{}</style><title>Đề</title></head><body><p title="a>b">Ủy <b>b</b>an&nbsp;&#7879;<script>bỏ("</p>")</script><!-- <p>bỏ --><br>5 < 6</body></html>`), HTML, "1:Đề\n\nỦy ban ệ\n5 < 6"},
		"HTML in 1258":     {append([]byte(`<html><meta charset="windows-1258"><p>`), 0xD0, 0xEA, 0xCC, '<', '/', 'p', '>'), HTML, "1:Đề"},
		"bytes":            {[]byte{1, 2, 3, 0, 5, 0xFF, 0, 0, 0}, "", ""},
	}
	for name, tt := range tests {
		r, pages := readHere(t, tt.data)
		if got := pagesText(pages); r.Format != tt.format || got != tt.want {
			t.Errorf("%s: %s %q, want %s %q", name, r.Format, got, tt.format, tt.want)
		}
	}
}

func latin1(s string) []byte {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}

func utf16le(s string) []byte {
	data, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(s))
	return data
}

func TestSyllables(t *testing.T) {
	s := newSpeller()
	for word := range strings.FieldsSeq("nghiêng khuỷu quyển giếng gì giết quốc thuở ngoằn ngoèo khuya loong coong Đắc Lắc hoà hòa thuỷ thủy ý ở y yêu ưu ươn uống iểm CỘNG HÒA Nguyễn quý quynh quýt kỳ ghế nghĩ cuộc xoong chuếch choáng bâng khuâng tuyết nhuyễn huỳnh rượu khoảng nghệch rạch lịch sách bệnh ngoạm quăng quạt oẳn") {
		if !s.syllable(word) {
			t.Errorf("%s is no syllable?", word)
		}
	}
	for word := range strings.FieldsSeq("C NG ngia ki\u0323\u0301m càt sàch bềp nghoan gha cê kan zan fa wa jet straße été forêt hospital Hello xyz b ộộ tq quu") {
		if s.syllable(word) {
			t.Errorf("%s is a syllable?", word)
		}
	}
}

// Every syllable of one spelling comes back out of TCVN3 as it went in.
func TestTCVN3KeepsSyllables(t *testing.T) {
	back := map[rune]rune{}
	for i, r := range []rune(tcvn3) {
		if r != ' ' {
			back[r] = rune(0xA1 + i)
		}
	}
	all := []rune(strings.ReplaceAll(tcvn3, " ", ""))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "text"))
		old := strings.Map(func(r rune) rune { return back[r] }, text)
		if got := unTCVN3(old); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// Cleaned text is clean, and cleaning it again changes nothing.
func TestCleanIsOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := clean(rapid.String().Draw(t, "text"))
		if again := clean(text); again != text {
			t.Fatalf("%q became %q", text, again)
		}
		if !norm.NFC.IsNormalString(text) || strings.Contains(text, "\n\n\n") || strings.Contains(text, "  ") {
			t.Fatalf("%q", text)
		}
	})
}

// The harvest never holds more than it may, and keeps its pages in order.
func TestHarvestIsBounded(t *testing.T) {
	h := newHarvest(func(Page) error { return nil })
	big := strings.Repeat("đất ", MaxText/12)
	for n := 1; h.add(n, big) == nil; n++ {
	}
	if h.replace(2, strings.Repeat("x ", MaxText)) || h.text(2) == "" {
		t.Error("a page that does not fit took another's place")
	}
	if !h.replace(2, "ngắn") || h.text(2) != "ngắn" {
		t.Errorf("%q", cut(h.text(2), 20))
	}
	total := 0
	for i, p := range h.pages {
		total += len(p.Text)
		if p.Number != i+1 {
			t.Error("pages out of order")
		}
	}
	if total > MaxText || !h.full {
		t.Error(total, h.full)
	}
}

// Sound text of other kinds is not called poor.
func TestSoundTextIsGood(t *testing.T) {
	s := newSpeller()
	for name, text := range map[string]string{
		"English":       strings.Repeat("The committee has reviewed a number of proposals and I think it is a good result. ", 5),
		"French":        strings.Repeat("Le comité a examiné les propositions; l'été dernier, la forêt brûlait déjà près du hôpital où j'étais. ", 5),
		"abbreviations": strings.Repeat("UBND tỉnh ban hành QĐ số 15/QĐ-UBND, TTr, NĐ-CP, TT-BNV; V/v kế hoạch của HĐND và UBMTTQ. ", 5),
		"marks gone":    strings.Repeat("Uy ban nhan dan xa quyet dinh phe duyet ke hoach su dung dat. ", 5),
		"Russian":       strings.Repeat("Комитет рассмотрел и утвердил план в этом году. ", 5),
	} {
		if s.tally(text).poor() {
			t.Errorf("%s is called poor: %+v", name, s.tally(text))
		}
	}
	for name, text := range map[string]string{
		"torn":        strings.Repeat("C NG HÒA XÃ H I CH NGH A VI T NAM ộ ộ ủ ĩ ệ ", 5),
		"replacement": strings.Repeat("C\ufffdng hòa xã h\ufffdi ", 20),
		"wrong marks": strings.Repeat("Cọ̀ng hoõa xạ́ hôĭ chủủ nghiĩa ban dan xa quyet dinh ", 8),
	} {
		if !s.tally(text).poor() {
			t.Errorf("%s is called good: %+v", name, s.tally(text))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"decision.html", "libreoffice.docx", "libreoffice.odt", "libreoffice.xlsx", "libreoffice.ods"} {
		f.Add(testdata(f, name))
	}
	f.Add(latin1("Céng hßa x· héi chñ nghÜa ViÖt Nam, §éc lËp - Tù do"))
	f.Add([]byte("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if sniff(data) == PDF {
			return // PDFium has fuzzers of its own
		}
		r, pages := readHere(t, data)
		if _, ok := reasonFor(r.Code); !ok {
			t.Errorf("code %q", r.Code)
		}
		size := 0
		for _, p := range pages {
			size += len(p.Text)
			if !norm.NFC.IsNormalString(p.Text) || strings.ContainsAny(p.Text, "\x00\r\f") {
				t.Errorf("page %d: %q", p.Number, p.Text)
			}
		}
		if size > MaxText || (r.Quality == None) != (len(pages) == 0) {
			t.Errorf("%d bytes, %s", size, r.Quality)
		}
	})
}
