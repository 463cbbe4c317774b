package syntax_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"congvan/signer/pdf/syntax"
)

// book is a small document with one page, a signature field without value and
// its widget, as objects by number.
func book() map[int]string {
	const text = "BT /F1 24 Tf 72 700 Td (Cong van) Tj ET"
	return map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>>>",
		2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]/Rotate 0>>",
		3: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 7 0 R>>>>/Annots[6 0 R]>>",
		4: stream("", text),
		5: "<</Producer(congvan \\(test\\))/Title<FEFF00430056>>>",
		6: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/Rect[0 0 0 0]/F 132/P 3 0 R>>",
		7: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// pen writes a file and remembers where objects lie.
type pen struct {
	bytes.Buffer
	at map[int]int
}

func newPen() *pen {
	p := &pen{at: map[int]int{}}
	p.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	return p
}

func (p *pen) object(number int, text string) {
	p.at[number] = p.Len()
	fmt.Fprintf(p, "%d 0 obj\n%s\nendobj\n", number, text)
}

func (p *pen) objects(all map[int]string) {
	for _, n := range slices.Sorted(maps.Keys(all)) {
		p.object(n, all[n])
	}
}

// table writes a cross-reference table of everything up to size, what lies nowhere
// being free, and the end of the file.
func (p *pen) table(size int, trailer string) {
	start := p.Len()
	fmt.Fprintf(p, "xref\n0 %d\n0000000000 65535 f \n", size)
	for n := 1; n < size; n++ {
		if at, ok := p.at[n]; ok {
			fmt.Fprintf(p, "%010d 00000 n \n", at)
		} else {
			fmt.Fprint(p, "0000000000 65535 f \n")
		}
	}
	fmt.Fprintf(p, "trailer\n<</Size %d/Root 1 0 R/Info 5 0 R%s>>\n", size, trailer)
	p.end(start)
}

func (p *pen) end(startxref int) { fmt.Fprintf(p, "startxref\n%d\n%%%%EOF\n", startxref) }

// tabled is a document with a cross-reference table.
func tabled(all map[int]string) []byte {
	p := newPen()
	p.objects(all)
	p.table(slices.Max(slices.Collect(maps.Keys(all)))+1, "")
	return p.Bytes()
}

// pack writes objects into an object stream.
func (p *pen) pack(number int, all map[int]string, order []int) {
	var head, body strings.Builder
	for _, n := range order {
		fmt.Fprintf(&head, "%d %d ", n, body.Len())
		body.WriteString(all[n] + "\n")
	}
	p.object(number, stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(order), head.Len()), head.String()+body.String()))
}

// rows writes a cross-reference stream; packed are the numbers in object stream pack.
func (p *pen) rows(number, pack int, packed []int, extra string) int {
	start := p.Len()
	p.at[number] = start
	var data bytes.Buffer
	for n := range number + 1 {
		switch i := slices.Index(packed, n); {
		case i >= 0:
			data.Write([]byte{2, 0, 0, byte(pack), byte(i)})
		case p.at[n] > 0:
			data.Write([]byte{1, byte(p.at[n] >> 16), byte(p.at[n] >> 8), byte(p.at[n]), 0})
		default:
			data.Write([]byte{0, 0, 0, 0, 0})
		}
	}
	p.object(number, stream(fmt.Sprintf("/Type/XRef/Size %d/W[1 3 1]/Root 1 0 R/Info 5 0 R%s", number+1, extra), data.String()))
	return start
}

// packed is a document with an object stream and a cross-reference stream.
func packed(all map[int]string) []byte {
	p := newPen()
	inside := []int{1, 2, 3, 5, 6, 7}
	p.object(4, all[4])
	p.pack(8, all, inside)
	p.end(p.rows(9, 8, inside, ""))
	return p.Bytes()
}

// hybrid hides the field, object 6, from readers that only know tables.
func hybrid(all map[int]string) []byte {
	p := newPen()
	inside := []int{6}
	for n, o := range all {
		if n != 6 {
			p.object(n, o)
		}
	}
	p.pack(8, all, inside)
	at := p.rows(9, 8, inside, "")
	delete(p.at, 9)
	delete(p.at, 8)
	p.table(10, fmt.Sprintf("/XRefStm %d", at))
	return p.Bytes()
}

// wordHybrid has two sections, the second empty but for /XRefStm, as a widespread word
// processor writes them.
func wordHybrid(all map[int]string) []byte {
	p := newPen()
	inside := []int{6}
	for n, o := range all {
		if n != 6 {
			p.object(n, o)
		}
	}
	p.pack(8, all, inside)
	stm := p.rows(9, 8, inside, "")
	first := p.Len()
	p.table(10, "")
	second := p.Len()
	fmt.Fprintf(p, "xref\n0 0\ntrailer\n<</Size 10/Root 1 0 R/Info 5 0 R/Prev %d/XRefStm %d>>\n", first, stm)
	p.end(second)
	return p.Bytes()
}

// forms are the book in each form of cross-reference.
func forms() map[string][]byte {
	return map[string][]byte{
		"table": tabled(book()), "stream": packed(book()), "hybrid": hybrid(book()), "word": wordHybrid(book()),
	}
}

func open(data []byte) (*syntax.File, error) {
	return syntax.Open(bytes.NewReader(data), int64(len(data)), syntax.Options{})
}

func mustOpen(t testing.TB, data []byte) *syntax.File {
	t.Helper()
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// appended gives the file with an update.
func appended(t testing.TB, data []byte, change func(*syntax.Update)) []byte {
	t.Helper()
	u, err := syntax.NewUpdate(mustOpen(t, data))
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	more, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(data), more...)
}

func replaced(t testing.TB, data []byte, old, with string) []byte {
	t.Helper()
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("the fixture does not hold %q", old)
	}
	return bytes.Replace(data, []byte(old), []byte(with), 1)
}

func written(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
