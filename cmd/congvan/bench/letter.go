package bench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"strings"
)

// template makes envelopes of one size that differ in their DocumentId and in their
// attachment, so that nothing is stored once for two letters.
type template struct {
	head, tail string // around the base64 text; head has three places for the serial
	text       []byte // base64 of random bytes
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
	n := max(size-len(t.head)-len(t.tail), 64) / 4 * 3
	raw := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(raw)
	copy(raw, "%PDF-1.7\n")
	t.text = base64.StdEncoding.AppendEncode(nil, raw)
	return t
}

// letter gives the envelope with a serial number.
func (t *template) letter(serial int) []byte {
	b := make([]byte, 0, len(t.head)+len(t.text)+len(t.tail)+64)
	b = fmt.Appendf(b, t.head, serial)
	at := len(b)
	b = append(b, t.text...)
	copy(b[at+12:], base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%015d", serial)))
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
	first := t.letter(serial)
	body := first[:len(first)-len(t.tail)]
	// whole groups of base64 in the middle, so that the text stays canonical
	block := bytes.TrimRight(t.text, "=")
	block = block[:len(block)/4*4]
	body = bytes.TrimRight(body, "=")
	body = body[:len(body)-(len(body)-len(fmt.Sprintf(t.head, serial)))%4]
	n := max(0, (size-int64(len(body)))/int64(len(block)))
	parts := []io.Reader{bytes.NewReader(body)}
	for range n {
		parts = append(parts, bytes.NewReader(block))
	}
	parts = append(parts, strings.NewReader(t.tail))
	return io.MultiReader(parts...), int64(len(body)) + n*int64(len(block)) + int64(len(t.tail))
}
