package changes_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// objects are the bodies of indirect objects by number. "free" frees one, a body that
// begins with "@g " is written under the generation g.
type objects map[int]string

// stream writes a stream with the length it has.
func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data)
}

// letter is a signed letter of two pages: a person's signature, an empty field for the
// agency's, form fields, annotations, and what an attacker may have hidden in it.
func letter() objects {
	return objects{
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/Outlines 8 0 R/Metadata 9 0 R>>",
		2:  "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 595 842]>>",
		3:  "<</Type/Page/Parent 2 0 R/Contents 10 0 R/Resources 11 0 R/Annots[20 0 R 21 0 R 22 0 R 30 0 R 26 0 R]>>",
		4:  "<</Type/Page/Parent 2 0 R/Contents[14 0 R]/Resources<</Font<</F1 12 0 R>>>>/Annots 15 0 R>>",
		6:  "<</Fields[20 0 R 21 0 R 22 0 R 23 0 R 26 0 R]/SigFlags 3/DR 7 0 R/DA(/F1 10 Tf)>>",
		7:  "<</Font<</F1 12 0 R/F9 97 0 R>>/XObject 18 0 R>>",
		8:  "<</Type/Outlines/First 16 0 R/Last 16 0 R/Count 1>>",
		9:  stream("/Type/Metadata/Subtype/XML", "<x:xmpmeta/>"),
		10: stream("", "BT /F1 12 Tf (Kinh gui: Van phong) Tj ET /Fm Do"),
		11: "<</Font<</F1 12 0 R>>/XObject<</Fm 13 0 R/Hid 99 0 R>>>>",
		12: "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/FontDescriptor 17 0 R>>",
		13: stream("/Type/XObject/Subtype/Form/BBox[0 0 10 10]", "0 0 10 10 re f"),
		14: stream("", "BT /F1 12 Tf (Trang hai) Tj ET"),
		15: "[31 0 R 24 0 R 98 0 R]",
		16: "<</Title(Muc)/Parent 8 0 R/Dest[3 0 R/Fit]>>",
		17: "<</Type/FontDescriptor/FontName/Times-Roman/Flags 34>>",
		18: "<<>>",
		20: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Nguoi ky)/F 132/P 3 0 R/Rect[100 100 250 160]/AP<</N 41 0 R>>/V 40 0 R>>",
		21: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Co quan)/F 4/P 3 0 R/Rect[50 80 150 180]/Lock<</Type/SigFieldLock/Action/All>>>>",
		22: "<</Type/Annot/Subtype/Widget/FT/Tx/T(So)/F 4/P 3 0 R/Rect[300 700 400 720]/V(12)/AP<</N 42 0 R>>>>",
		23: "<</FT/Tx/T(Nhom)/Kids[25 0 R]>>",
		24: "<</Type/Annot/Subtype/Widget/Parent 25 0 R/F 4/Rect[10 10 60 30]/AP<</N 44 0 R>>>>",
		25: "<</T(Ngay)/Parent 23 0 R/V(1)/Kids[24 0 R]>>",
		26: "<</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(Nut)/F 4/P 3 0 R/Rect[10 700 60 720]/AP<</N 45 0 R>>>>",
		30: "<</Type/Annot/Subtype/Link/Rect[10 10 20 20]/A<</S/URI/URI(https://vd.example/)>>>>",
		31: "<</Type/Annot/Subtype/Text/Rect[20 20 40 40]/Contents(ghi chu)/AP<</N 43 0 R>>>>",
		40: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>",
		41: stream("/Type/XObject/Subtype/Form/BBox[0 0 150 60]/Resources<</Font<</F1 12 0 R>>/XObject<</Im 46 0 R>>>>", "(Nguyen Van Vinh) Tj /Im Do"),
		42: stream("/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F1 12 0 R>>>>", "(12) Tj"),
		43: stream("/Type/XObject/Subtype/Form/BBox[0 0 20 20]", "0 0 20 20 re S"),
		44: stream("/Type/XObject/Subtype/Form/BBox[0 0 50 20]", "(1) Tj"),
		45: stream("/Type/XObject/Subtype/Form/BBox[0 0 50 20]", "0 0 50 20 re f"),
		46: stream("/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", "\xff"),
		// Unused, as an attacker prepares it.
		60: stream("", "BT /F1 12 Tf (Noi dung khac) Tj ET"),
		61: "<</Type/Page/Parent 2 0 R/Contents 60 0 R/Resources 11 0 R>>",
		62: "<</Type/Catalog/Pages 63 0 R>>",
		63: "<</Type/Pages/Kids[61 0 R]/Count 1/MediaBox[0 0 595 842]>>",
		64: "<</Type/Annot/Subtype/Stamp/Rect[90 90 260 170]/AP<</N 45 0 R>>>>",
		65: "<</FT/Tx/T(An)/Type/Annot/Subtype/Widget/P 3 0 R/Rect[90 90 260 170]/AP<</N 45 0 R>>>>",
	}
}

// with gives a copy with objects put in.
func (o objects) with(more objects) objects {
	c := maps.Clone(o)
	maps.Copy(c, more)
	return c
}

// pdf is a file that grows by revisions.
type pdf struct {
	data []byte
	xref int
	size int
}

func newPDF(o objects) *pdf {
	p := &pdf{data: []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), xref: -1}
	p.add(o, "/Root 1 0 R")
	return p
}

// add appends a revision with a cross-reference table.
func (p *pdf) add(o objects, entries string) *pdf {
	var table bytes.Buffer
	table.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for _, n := range slices.Sorted(maps.Keys(o)) {
		body, generation := o[n], 0
		if strings.HasPrefix(body, "@") {
			fmt.Sscanf(body, "@%d", &generation)
			_, body, _ = strings.Cut(body, " ")
		}
		if body == "free" {
			fmt.Fprintf(&table, "%d 1\n0000000000 %05d f \n", n, generation+1)
			continue
		}
		fmt.Fprintf(&table, "%d 1\n%010d %05d n \n", n, len(p.data), generation)
		p.data = fmt.Appendf(p.data, "%d %d obj\n%s\nendobj\n", n, generation, body)
		p.size = max(p.size, n+1)
	}
	xref := len(p.data)
	p.data = append(p.data, table.Bytes()...)
	p.data = fmt.Appendf(p.data, "trailer\n<</Size %d%s", max(p.size, 100), entries)
	if p.xref >= 0 {
		p.data = fmt.Appendf(p.data, "/Prev %d", p.xref)
	}
	p.data = fmt.Appendf(p.data, ">>\nstartxref\n%d\n%%%%EOF\n", xref)
	p.xref = xref
	return p
}

func (p *pdf) open(t interface {
	Helper()
	Fatalf(string, ...any)
},
) *syntax.File {
	t.Helper()
	f, err := openBytes(p.data)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return f
}

func openBytes(data []byte) (*syntax.File, error) {
	return syntax.Open(bytes.NewReader(data), int64(len(data)), syntax.Options{})
}

// update classes one revision with these objects after the letter.
func update(t *testing.T, o objects, r changes.Rules) changes.Result {
	t.Helper()
	return since(t, newPDF(letter()).add(o, "/Root 1 0 R"), 0, r)
}

func since(t *testing.T, p *pdf, signed int, r changes.Rules) changes.Result {
	t.Helper()
	result, err := changes.Since(p.open(t), signed, r)
	if err != nil {
		t.Fatalf("since: %v", err)
	}
	return result
}

func codes(all []changes.Finding) []string {
	var out []string
	for _, f := range all {
		out = append(out, f.Code)
	}
	return out
}
