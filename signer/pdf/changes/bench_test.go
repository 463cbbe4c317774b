package changes_test

import (
	"fmt"
	"strings"
	"testing"

	"congvan/signer"
	"congvan/signer/pdf/changes"
)

// book is a document of many pages, each with content and resources of its own.
func book(pages int) *pdf {
	o := objects{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]/SigFlags 3>>>>",
		3: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Mot)/Rect[0 0 0 0]/V 4 0 R/P 10 0 R>>",
		4: "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>",
	}
	var kids strings.Builder
	for i := range pages {
		n := 10 + 5*i
		fmt.Fprintf(&kids, "%d 0 R ", n)
		o[n] = fmt.Sprintf("<</Type/Page/Parent 2 0 R/Contents %d 0 R/Resources %d 0 R/Annots[%s]>>", n+1, n+2, map[bool]string{true: "3 0 R"}[i == 0])
		o[n+1] = stream("", strings.Repeat("BT /F1 12 Tf (van ban) Tj ET\n", 100))
		o[n+2] = fmt.Sprintf("<</Font<</F1 %d 0 R>>>>", n+3)
		o[n+3] = fmt.Sprintf("<</Type/Font/FontDescriptor %d 0 R>>", n+4)
		o[n+4] = "<</Type/FontDescriptor>>"
	}
	o[2] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 595 842]>>", kids.String(), pages)
	return newPDF(o)
}

// sign adds the i-th signature, visible on the last page, with its proofs.
func (p *pdf) sign(i, pages int) *pdf {
	n, last := 10+5*pages+10*i, 10+5*(pages-1)
	var annots, certs, fields strings.Builder
	if pages == 1 {
		annots.WriteString("3 0 R ")
	}
	for j := range i + 1 {
		fmt.Fprintf(&annots, "%d 0 R ", 10+5*pages+10*j)
		fmt.Fprintf(&certs, "%d 0 R ", 10+5*pages+10*j+2)
	}
	fields.WriteString("3 0 R " + strings.TrimPrefix(annots.String(), "3 0 R "))
	return p.add(objects{
		1:     fmt.Sprintf("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%s]/SigFlags 3>>/DSS<</Certs[%s]>>>>", fields.String(), certs.String()),
		last:  fmt.Sprintf("<</Type/Page/Parent 2 0 R/Contents %d 0 R/Resources %d 0 R/Annots[%s]>>", last+1, last+2, annots.String()),
		n:     fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Chu ky %d)/Rect[%d 0 %d 40]/V %d 0 R/P %d 0 R/AP<</N %d 0 R>>>>", i, 50*i, 50*i+45, n+1, last, n+3),
		n + 1: "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>",
		n + 2: stream("", fmt.Sprint("certificate ", i)),
		n + 3: stream("/Subtype/Form/BBox[0 0 45 40]", fmt.Sprint(i)),
	}, "/Root 1 0 R")
}

func BenchmarkSince(b *testing.B) {
	for _, tc := range []struct{ pages, signatures int }{{1, 1}, {1, 8}, {1, 100}, {1, 200}, {2000, 1}, {2000, 8}} {
		p := book(tc.pages)
		for i := range tc.signatures {
			p.sign(i, tc.pages)
		}
		b.Run(fmt.Sprintf("pages=%d/signatures=%d", tc.pages, tc.signatures), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h := changes.NewHistory(p.open(b))
				for i := range tc.signatures + 1 {
					result, err := h.Since(i, changes.Rules{})
					if err != nil || i < tc.signatures && result.Level != signer.ModificationForm {
						b.Fatalf("%s %v %v", result.Level, err, codes(result.Findings))
					}
				}
			}
		})
	}
}
