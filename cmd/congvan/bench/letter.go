package bench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
)

// template makes envelopes of one size that differ in their DocumentId and in their
// attachment, so that nothing is stored once for two letters.
type template struct {
	head, tail string // around the base64 text; head has three places for the serial
	filling    []byte // random bytes, in whole groups of base64
	text       []byte // base64 of a paper around the filling
}

const envelopeHead = `<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader><edXML:MessageHeader>` +
	`<edXML:From><edXML:OrganId>%[1]s</edXML:OrganId><edXML:OrganizationInCharge>UBND thành phố</edXML:OrganizationInCharge><edXML:OrganName>UBND quận đo thử</edXML:OrganName></edXML:From>%[2]s` +
	`<edXML:DocumentId>%[1]s,2026/11/02,%%[1]d/UBND-VP</edXML:DocumentId>` +
	`<edXML:Code><edXML:CodeNumber>%%[1]d</edXML:CodeNumber><edXML:CodeNotation>UBND-VP</edXML:CodeNotation></edXML:Code>` +
	`<edXML:PromulgationInfo><edXML:Place>Hà Nội</edXML:Place><edXML:PromulgationDate>2026/11/02</edXML:PromulgationDate></edXML:PromulgationInfo>` +
	`<edXML:DocumentType><edXML:Type>2</edXML:Type><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType>` +
	`<edXML:Subject>V/v đo tốc độ liên thông văn bản, lần %%[1]d</edXML:Subject>` +
	`<edXML:SignerInfo><edXML:Position>Chủ tịch</edXML:Position><edXML:FullName>Nguyễn Văn Đo</edXML:FullName></edXML:SignerInfo>` +
	`<edXML:OtherInfo><edXML:Priority>0</edXML:Priority></edXML:OtherInfo></edXML:MessageHeader>` +
	`<edXML:TraceHeaderList><edXML:TraceHeader><edXML:OrganId>%[1]s</edXML:OrganId><edXML:Timestamp>2026/11/02 08:00:00</edXML:Timestamp></edXML:TraceHeader>` +
	`<edXML:Bussiness><edXML:BussinessDocType>0</edXML:BussinessDocType><edXML:BussinessDocReason>Văn bản điện tử mới</edXML:BussinessDocReason><edXML:Paper>0</edXML:Paper></edXML:Bussiness></edXML:TraceHeaderList>` +
	`</edXML:edXMLHeader><edXML:edXMLBody><edXML:edXMLManifest version="1.0"><edXML:Reference><edXML:ContentId>cid:1</edXML:ContentId><edXML:ContentType>application/zip</edXML:ContentType><edXML:Description>cong-van.pdf</edXML:Description><edXML:AttachmentName>cong-van.pdf</edXML:AttachmentName></edXML:Reference></edXML:edXMLManifest></edXML:edXMLBody></edXML:edXMLEnvelope>` +
	`<AttachmentEncoded><Attachment><ContentId>cid:1</ContentId><AttachmentName>cong-van.pdf</AttachmentName><Description>cong-van.pdf</Description><ContentType>application/pdf</ContentType><edXML:ContentTransferEncoded xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">`

const envelopeTail = `</edXML:ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>`

// newTemplate makes a template whose envelopes are of about size bytes.
func newTemplate(from string, to []Party, size int) *template {
	var places strings.Builder
	for _, p := range to {
		fmt.Fprintf(&places, `<edXML:To><edXML:OrganId>%s</edXML:OrganId><edXML:OrganName>Đơn vị %[1]s</edXML:OrganName></edXML:To>`, p.Agency)
	}
	t := &template{head: fmt.Sprintf(envelopeHead, from, places.String()), tail: envelopeTail}
	const around = 1024 // bytes of the paper itself
	t.filling = make([]byte, max(size-len(t.head)-len(t.tail)-around, 64)/4*3)
	rand.NewChaCha8([32]byte{1}).Read(t.filling)
	start, end := paper(0, int64(len(t.filling)))
	t.text = base64.StdEncoding.AppendEncode(nil, slices.Concat(start, t.filling, end))
	return t
}

// serialAt is where the base64 of a paper's serial number begins.
const serialAt = len("%PDF-1.7\n%no") / 3 * 4

// paper gives what stands before and behind the filling of a PDF of one page, the former in
// whole groups of base64. Its serial number is a comment, of 15 digits.
func paper(serial int, filling int64) (start, end []byte) {
	const padding = 3
	start = fmt.Appendf(nil, "%%PDF-1.7\n%%no%015d\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"+
		"2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n"+
		"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n"+
		"4 0 obj\n<</Length %015d>>stream\n", serial, filling+padding)
	end = append(end, "\nendstream\nendobj\n"...)
	table := int64(len(start)) + padding + filling + int64(len(end))
	end = append(end, "xref\n0 5\n0000000000 65535 f \n"...)
	for n := 1; n <= 4; n++ {
		end = fmt.Appendf(end, "%010d 00000 n \n", bytes.Index(start, fmt.Appendf(nil, "\n%d 0 obj", n))+1)
	}
	end = fmt.Appendf(end, "trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", table)
	before := padding - len(start)%padding // of the filling's own bytes
	start = append(start, bytes.Repeat([]byte{' '}, before)...)
	return start, slices.Concat(bytes.Repeat([]byte{' '}, padding-before), end)
}

// letter gives the envelope with a serial number.
func (t *template) letter(serial int) []byte {
	b := make([]byte, 0, len(t.head)+len(t.text)+len(t.tail)+64)
	b = fmt.Appendf(b, t.head, serial)
	at := len(b)
	b = append(b, t.text...)
	copy(b[at+serialAt:], base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%015d", serial)))
	return append(b, t.tail...)
}

// seed makes the sums of one process comparable.
type sums struct{ seed maphash.Seed }

func (s sums) of(b []byte) uint64 { return maphash.Bytes(s.seed, b) }

func (s sums) read(r io.Reader, buf []byte) (sum uint64, n int64, err error) {
	var h maphash.Hash
	h.SetSeed(s.seed)
	n, err = io.CopyBuffer(struct{ io.Writer }{&h}, struct{ io.Reader }{r}, buf)
	return h.Sum64(), n, err
}

// largeLetter streams an envelope of about size bytes without holding it.
func largeLetter(t *template, serial int, size int64) (io.Reader, int64) {
	block := base64.StdEncoding.AppendEncode(nil, t.filling)
	n := max(1, size/int64(len(block)))
	start, end := paper(serial, n*int64(len(t.filling)))
	parts := []io.Reader{strings.NewReader(fmt.Sprintf(t.head, serial) + base64.StdEncoding.EncodeToString(start))}
	for range n {
		parts = append(parts, bytes.NewReader(block))
	}
	tail := base64.StdEncoding.EncodeToString(end) + t.tail
	parts = append(parts, strings.NewReader(tail))
	length := n*int64(len(block)) + int64(len(tail))
	return io.MultiReader(parts...), length + parts[0].(*strings.Reader).Size()
}
