package signing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"congvan/gateway"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// BenchmarkDoor judges what comes without a signature, as most letters do: a PDF of 240 KiB and
// the envelope around it. Both stand beside what every letter costs anyway.
func BenchmarkDoor(b *testing.B) {
	s, err := Open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	file := plainPDF(240 << 10)
	b.Run("unsigned PDF", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r := s.PDF(b.Context(), bytes.NewReader(file), int64(len(file)), false); r.Indication != signer.NoSignature {
				b.Fatal(r)
			}
		}
	})
	split, err := edxml.SplitMessage(strings.NewReader(benchEnvelope), edxml.DefaultLimits(), nowhere{})
	if err != nil {
		b.Fatal(err)
	}
	e := gateway.SignedEnvelope{Split: split, Open: func(int) (io.ReadCloser, error) { return nil, context.Canceled }}
	b.Run("unsigned envelope", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r := s.Envelope(b.Context(), e, false); r.Indication != signer.NoSignature {
				b.Fatal(r)
			}
		}
	})
	b.Run("reading the envelope", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := split.Envelope(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

const benchEnvelope = `<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader><edXML:MessageHeader>` +
	`<edXML:From><edXML:OrganId>H26.99.1</edXML:OrganId><edXML:OrganName>UBND quận đo thử</edXML:OrganName></edXML:From>` +
	`<edXML:To><edXML:OrganId>H26.99.2</edXML:OrganId><edXML:OrganName>UBND phường đo thử</edXML:OrganName></edXML:To>` +
	`<edXML:DocumentId>H26.99.1,2026/11/02,1/UBND-VP</edXML:DocumentId><edXML:Code><edXML:CodeNumber>1</edXML:CodeNumber><edXML:CodeNotation>UBND-VP</edXML:CodeNotation></edXML:Code>` +
	`<edXML:PromulgationInfo><edXML:Place>Hà Nội</edXML:Place><edXML:PromulgationDate>2026/11/02</edXML:PromulgationDate></edXML:PromulgationInfo>` +
	`<edXML:DocumentType><edXML:Type>2</edXML:Type><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType><edXML:Subject>V/v đo tốc độ</edXML:Subject>` +
	`</edXML:MessageHeader></edXML:edXMLHeader><edXML:edXMLBody><edXML:edXMLManifest version="1.0"/></edXML:edXMLBody></edXML:edXMLEnvelope></edXML>`

// plainPDF is an unsigned document of one page around so many bytes.
func plainPDF(size int) []byte {
	var b bytes.Buffer
	var at []int
	for n, body := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", size, strings.Repeat("x", size)),
	} {
		if n == 0 {
			b.WriteString("%PDF-1.7\n")
		}
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n+1, body)
	}
	table := b.Len()
	b.WriteString("xref\n0 5\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", table)
	return b.Bytes()
}
