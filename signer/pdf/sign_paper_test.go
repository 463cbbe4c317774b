package pdf

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/pdf/syntax"
)

// paper writes small documents for tests, object by object, with a classic
// cross-reference table.
type paper struct{ objects []string }

// add gives the number of a new object.
func (p *paper) add(format string, args ...any) int {
	p.objects = append(p.objects, fmt.Sprintf(format, args...))
	return len(p.objects)
}

func (p *paper) set(number int, format string, args ...any) {
	p.objects[number-1] = fmt.Sprintf(format, args...)
}

// file writes the document out.
func (p *paper) file(root int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	at := make([]int, len(p.objects))
	for i, o := range p.objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, off := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R /ID [<%032x> <%032x>] >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, root, 7, 7, start)
	return b.Bytes()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

const pageText = "BT /F1 12 Tf 72 700 Td (Cong van so 1) Tj ET"

// letter is a document of n pages. What stands in pageExtra is put into each page, and
// catalogExtra into the catalog; resources and media box are inherited.
func letter(n int, pageExtra, catalogExtra string) []byte {
	p := &paper{}
	root := p.add("")
	pages := p.add("")
	font := p.add("<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>")
	content := p.add("%s", stream("", pageText))
	kids := make([]string, n)
	for i := range kids {
		kids[i] = fmt.Sprintf("%d 0 R", p.add("<< /Type /Page /Parent %d 0 R /Contents %d 0 R %s >>", pages, content, pageExtra))
	}
	p.set(pages, "<< /Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 595 842] /Resources << /Font << /F1 %d 0 R >> >> >>", strings.Join(kids, " "), n, font)
	p.set(root, "<< /Type /Catalog /Pages %d 0 R %s >>", pages, catalogExtra)
	return p.file(root)
}

// form is a document with a form: a text field, an empty signature field "Ký duyệt"
// with what is given, another "Đóng dấu" with a widget of its own, and everything that
// careless software drops. The first page's annotations are an object of their own.
func form(fieldExtra string) []byte {
	p := &paper{}
	root, pages, page, annots := p.add(""), p.add(""), p.add(""), p.add("")
	font := p.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	text := p.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (Subject) /V (Ve viec) /DA (/Helv 10 Tf 0 g) /Rect [72 600 300 620] /F 4 /P %d 0 R >>", page)
	approve := p.add("<< /Type /Annot /Subtype /Widget /FT /Sig /T %s /Rect [300 100 450 160] /F 4 /P %d 0 R %s >>", utf16Hex("Ký duyệt"), page, fieldExtra)
	seal, widget := p.add(""), p.add("")
	p.set(seal, "<< /FT /Sig /T %s /Kids [%d 0 R] >>", utf16Hex("Đóng dấu"), widget)
	p.set(widget, "<< /Type /Annot /Subtype /Widget /Parent %d 0 R /Rect [200 100 302 202] /F 4 /P %d 0 R >>", seal, page)
	xfa := p.add("%s", stream("", "<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>"))
	content := p.add("%s", stream("", pageText))
	fields := p.add("[%d 0 R %d 0 R %d 0 R]", text, approve, seal)
	acro := p.add("<< /Fields %d 0 R /DR << /Font << /Helv %d 0 R >> >> /DA (/Helv 0 Tf 0 g) /XFA %d 0 R /Q 1 >>", fields, font, xfa)
	p.set(annots, "[%d 0 R %d 0 R %d 0 R]", text, approve, widget)
	p.set(page, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 %d 0 R >> >> /Contents %d 0 R /Annots %d 0 R >>", pages, font, content, annots)
	p.set(pages, "<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", page)
	p.set(root, "<< /Type /Catalog /Pages %d 0 R /AcroForm %d 0 R /Lang (vi-VN) >>", pages, acro)
	return p.file(root)
}

func utf16Hex(s string) string { return fmt.Sprintf("<%X>", string(syntax.TextString(s))) }

// hybrid is a document whose table hides an object stream from old readers.
func hybrid() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	at := map[int]int{}
	object := func(n int, body string) {
		at[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, body)
	}
	object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>")
	object(3, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> >>")
	object(4, stream("", "q Q"))
	inner := "<< /Hidden true >>"
	object(5, stream("/Type /ObjStm /N 1 /First 4", "6 0 "+inner))
	var x bytes.Buffer // one entry: object 6 is the first in stream 5
	x.Write([]byte{2, 0, 5, 0})
	object(7, stream("/Type /XRef /Size 8 /W [1 2 1] /Index [6 1] /Root 1 0 R", x.String()))
	start := b.Len()
	b.WriteString("xref\n0 8\n0000000006 65535 f \n")
	for n := 1; n <= 5; n++ {
		fmt.Fprintf(&b, "%010d 00000 n \n", at[n])
	}
	fmt.Fprintf(&b, "0000000000 00000 f \n%010d 00000 n \n", at[7])
	fmt.Fprintf(&b, "trailer\n<< /Size 8 /Root 1 0 R /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", at[7], start)
	return b.Bytes()
}

// viaQPDF has a document rewritten by qpdf: as object streams, linearized, encrypted.
func viaQPDF(t testing.TB, in []byte, options ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(from, in, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, peers.Tool(t, "qpdf"), append(options, "--", from, to)...)
	out, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// run gives the output of a program that must succeed.
func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, out)
	}
	return string(out)
}
