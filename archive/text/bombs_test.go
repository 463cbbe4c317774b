package text

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifregular"
)

// archive zips parts: names and contents in turn.
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	wordTypes  = `<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	sheetTypes = `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
	slideTypes = `<Types><Override PartName="/ppt/presentation.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/></Types>`
)

func docx(t testing.TB, body string, more ...string) []byte {
	t.Helper()
	return zipped(t, append([]string{"[Content_Types].xml", wordTypes, "word/document.xml", `<w:document xmlns:w="w"><w:body>` + body + `</w:body></w:document>`}, more...)...)
}

// letters makes a PDF of pages of Vietnamese text.
func letters(t testing.TB, pages int) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.AddUTF8FontFromBytes("f", "", liberationserifregular.TTF)
	p.SetFont("f", "", 13)
	for i := range pages {
		p.AddPage()
		p.MultiCell(0, 6, fmt.Sprintf("Trang %d. ", i+1)+strings.Repeat("Ủy ban nhân dân xã quyết định phê duyệt kế hoạch sử dụng đất. ", 25), "", "L", false)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawPDF makes a PDF of objects, the first being the catalog.
func rawPDF(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

const (
	catalog   = "<</Type/Catalog/Pages 2 0 R>>"
	helvetica = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
)

func stream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(data), data)
}

// deflated packs n times text, and that again as often as asked.
func deflated(t testing.TB, text string, n, times int) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	for range n {
		_, _ = io.WriteString(z, text)
	}
	_ = z.Close()
	packed := b.String()
	for range times - 1 {
		packed = deflated(t, packed, 1, 1)
	}
	return packed
}

// onePage is a PDF with one page of a content stream.
func onePage(entries, content string) []byte {
	return rawPDF(catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"+helvetica+">>", stream(entries, content))
}

func manyPages(n int) []byte {
	objects := []string{catalog, "", stream("", "BT /F 12 Tf 9 9 Td (Trang) Tj ET")}
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", i+4)
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 3 0 R"+helvetica+">>")
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), n)
	return rawPDF(objects...)
}

// What is made to do harm costs its own bounds and nothing else.
func TestBombs(t *testing.T) {
	const paragraph = `<w:p><w:r><w:t>văn bản </w:t></w:r></w:p>`
	laughs := `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]><r>đầu &c; &f; cuối</r>`
	var many []string
	for i := range maxParts + 10 {
		many = append(many, fmt.Sprint("x", i), "")
	}
	e := extractor(t, Options{Time: 20 * time.Second, OCR: OCR{Pages: 2, Time: 3 * time.Second}})
	tests := map[string]struct {
		data []byte
		code string // "" = sound; several are separated by |
		text string // that must be found
	}{
		"zip bomb":                 {docx(t, paragraph+"<!--"+strings.Repeat(" ", 200<<20)+"-->"), codeBomb, "văn bản"},
		"endless text":             {docx(t, strings.Repeat(paragraph, 1<<20)), codeTruncated, "văn bản"},
		"too deep":                 {docx(t, paragraph+strings.Repeat("<w:a>", 1<<20)), codeBomb, "văn bản"},
		"too many parts":           {zipped(t, many...), codeBomb, ""},
		"nested zip":               {zipped(t, "inner.zip", string(docx(t, paragraph))), codeUnsupported, ""},
		"million attributes":       {docx(t, paragraph+"<w:a "+strings.Repeat(`b="c" `, 1<<20)+"/>"), "", "văn bản"},
		"archive cut off":          {docx(t, paragraph)[:200], codeMalformed, ""},
		"document cut off":         {docx(t, paragraph+"<w:p"), codeMalformed, "văn bản"},
		"entities":                 {[]byte(laughs), "", "cuối"},
		"XML too deep":             {[]byte("<?xml version='1.0'?>" + strings.Repeat("<a>", 1<<20)), codeBomb, ""},
		"shared string used often": {shared(t), codeTruncated, "chung"},
		"HTML of open tags":        {[]byte("<html>" + strings.Repeat("<a ='", 1<<20)), codeEmpty, ""},
		"HTML of open scripts":     {[]byte("<html>" + strings.Repeat("<script>", 1<<20)), codeEmpty, ""},
		"10,000 pages":             {manyPages(10_000), codeTruncated, "Trang"},
		"circular pages":           {rawPDF(catalog, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99>>"), codeScan + "|" + codeMalformed, ""},
		"circular form":            {circularForm(), codeScan + "|" + codeMemory + "|" + codeMalformed, ""},
		"content bomb":             {onePage("/Filter/FlateDecode", deflated(t, strings.Repeat("q Q ", 1<<18), 400, 1)), codeScan + "|" + codeMalformed + "|" + codeTime + "|" + codeMemory, ""},
		"filters upon filters":     {onePage("/Filter["+strings.Repeat("/FlateDecode", 3)+"]", deflated(t, strings.Repeat("q Q ", 1<<18), 400, 3)), codeScan + "|" + codeMalformed + "|" + codeTime + "|" + codeMemory, ""},
		"text beyond measure":      {onePage("/Filter/FlateDecode", deflated(t, "BT /F 9 Tf 9 9 Td (abc def) Tj ET ", 1<<20, 1)), codeTruncated + "|" + codeTime + "|" + codeMemory + "|" + codeMalformed + "|", ""},
		"picture beyond measure":   {hugePicture(), codeScan, ""},
		"page beyond measure":      {rawPDF(catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 1e9 1e9]>>"), codeScan, ""},
		"half a PDF":               {testdata(t, "weasyprint.pdf")[:9000], codeMalformed, ""},
		"name of a PDF":            {[]byte("%PDF-1.7"), codeMalformed, ""},
		"other bytes":              {[]byte{0, 1, 2, 3, 200, 0, 0, 9}, codeUnsupported, ""},
		"old Office":               {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...), codeOldOffice, ""},
		"picture":                  {[]byte("\x89PNG\r\n\x1a\n"), codeScan, ""},
		"nothing":                  {nil, codeEmpty, ""},
	}
	for name, tt := range tests {
		start := time.Now()
		d, err := e.Extract(t.Context(), bytes.NewReader(tt.data), int64(len(tt.data)))
		if err != nil && !errors.Is(err, ErrKilled) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%-26s %8d bytes %5d ms: %s %s %q", name, len(tt.data), time.Since(start).Milliseconds(), d.Format, d.Quality, d.Reason.Code)
		if !strings.Contains("|"+tt.code+"|", "|"+d.Reason.Code+"|") {
			t.Errorf("%s: %q, want %q", name, d.Reason.Code, tt.code)
		}
		if !strings.Contains(all(d), tt.text) || strings.Contains(all(d), "root:") || len(all(d)) > MaxText+len(d.Pages) || len(d.Pages) > MaxPages {
			t.Errorf("%s: %d bytes on %d pages: %.60q", name, len(all(d)), len(d.Pages), all(d))
		}
		if tt.code == "" != (d.Quality == Good && d.Reason.Code == "") && !strings.Contains(tt.code, "|") {
			t.Errorf("%s: %s", name, d.Quality)
		}
		if took := time.Since(start); took > 45*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	if d := extract(t, e, testdata(t, "weasyprint.pdf")); d.Quality != Good {
		t.Error("the next file is not read")
	}
}

// shared is a workbook in which a long string is used by very many cells.
func shared(t testing.TB) []byte {
	t.Helper()
	return zipped(
		t, "[Content_Types].xml", sheetTypes,
		"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="một" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<R><Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="/xl/ss.xml"/></R>`,
		"xl/ss.xml", `<sst><si><t>`+strings.Repeat("chuỗi chung ", 1<<16)+`</t></si></sst>`,
		"xl/worksheets/s.xml", `<worksheet><sheetData><row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 1<<16)+`</row></sheetData></worksheet>`,
	)
}

func circularForm() []byte {
	form := stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>", "/X Do /X Do")
	return rawPDF(catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>", stream("", "/X Do"), form)
}

func hugePicture() []byte {
	picture := stream("/Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceGray/BitsPerComponent 8", "x")
	return rawPDF(catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>", stream("", "600 0 0 800 0 0 cm /X Do"), picture)
}
