package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"congvan/cmd/congvan/paper"
	"congvan/gateway"
	"congvan/schemas/edxml"
)

// draft is a letter before it goes out, on whichever line.
type draft struct {
	from     gateway.AgencyID
	to       []gateway.AgencyID
	number   int
	kind     string // tên loại văn bản
	subject  string
	body     []string
	priority edxml.Priority
	business edxml.BusinessType
	reason   string
	answers  []reference
	targets  []reference // of an update or a replacement
	date     time.Time

	unsigned bool // its sender has no key to sign it with
	pdf      []byte
}

// reference names an earlier letter.
type reference struct {
	from       gateway.AgencyID
	documentID string
	code       string
	date       time.Time
}

// notation of every agency of the demonstration.
func (d *draft) notation() string {
	if short, ok := map[string]string{"Báo cáo": "BC", "Quyết định": "QĐ", "Thông báo": "TB", "Kế hoạch": "KH", "Công điện": "CĐ"}[d.kind]; ok {
		return short + "-UBND"
	}
	return "UBND-VP"
}

func (d *draft) code() string { return edxml.Code{Number: d.num(), Notation: d.notation()}.String() }

func (d *draft) num() string { return fmt.Sprintf("%02d", d.number) }

func (d *draft) documentID() string {
	return fmt.Sprintf("%s,%s,%s", d.from, d.date.Format("2006/01/02"), d.code())
}

func (d *draft) reference() reference {
	return reference{from: d.from, documentID: d.documentID(), code: d.code(), date: d.date}
}

func (d *draft) fileName() string {
	return fmt.Sprintf("%s_%s.pdf", d.num(), d.notation())
}

// sum is the hash of the letter's PDF: what sender and receivers compare.
func (d *draft) sum() string {
	h := sha256.Sum256(d.pdf)
	return hex.EncodeToString(h[:])
}

// print sets the letter on paper and has it signed.
func (d *draft) print(ctx context.Context, names map[gateway.AgencyID]string, desk *desk) error {
	var b bytes.Buffer
	places, err := paper.Compose(&b, d.paper(names))
	if err != nil || d.unsigned {
		d.pdf = b.Bytes()
		return err
	}
	d.pdf, err = desk.sign(ctx, d.from, b.Bytes(), places)
	return err
}

// paper is what stands on the letter.
func (d *draft) paper(names map[gateway.AgencyID]string) paper.Letter {
	addressees := make([]string, len(d.to))
	for i, to := range d.to {
		addressees[i] = names[to]
	}
	if len(addressees) > 6 {
		addressees = []string{"Ủy ban nhân dân các phường", "Các trường học trên địa bàn quận"}
	}
	l := paper.Letter{
		Issuer:     names[d.from],
		Code:       d.code(),
		Place:      "Hà Nội",
		Date:       d.date,
		Type:       d.kind,
		Subject:    d.subject,
		Urgency:    stamp(d.priority),
		Addressees: addressees,
		Body:       d.body,
		Places:     []string{"Như trên", "Lưu: VT"},
		Competence: "TM. Ủy ban nhân dân",
		Position:   position,
		Signer:     person(d.from),
		Footnote:   "Bản minh họa, mã định danh và người ký là hư cấu, không có giá trị pháp lý",
	}
	if d.from != Quarter && d.from != City {
		l.InCharge = names[Quarter]
	}
	return l
}

func stamp(p edxml.Priority) string {
	switch p {
	case edxml.PriorityUrgent:
		return "KHẨN"
	case edxml.PriorityVeryUrgent:
		return "THƯỢNG KHẨN"
	case edxml.PriorityExpress, edxml.PriorityTimedExpress:
		return "HỎA TỐC"
	}
	return ""
}

// letter is the draft as a client of the REST API says it.
func (d *draft) letter() gateway.Letter {
	l := gateway.Letter{
		From: d.from, To: d.to, Number: d.num(), Notation: d.notation(), Place: "Hà Nội",
		Date: d.date.Format(time.DateOnly), Type: d.kind, Subject: d.subject,
		Signer:   gateway.LetterSigner{Position: position, Name: person(d.from)},
		Priority: int(d.priority), Pages: 1, ToPlaces: []string{"Như trên", "Lưu: VT"},
		Business: d.business, Reason: d.reason,
	}
	for _, a := range d.answers {
		l.Answers = append(l.Answers, a.letter())
	}
	for _, t := range d.targets {
		l.Targets = append(l.Targets, t.letter())
	}
	return l
}

func (r reference) letter() gateway.LetterReference {
	return gateway.LetterReference{From: r.from, DocumentID: r.documentID, Code: r.code, Date: r.date.Format(time.DateOnly)}
}

// envelope is the draft as software with edXML of its own says it.
func (d *draft) envelope(names map[gateway.AgencyID]string) *edxml.Envelope {
	e := &edxml.Envelope{
		Kind:         edxml.KindDocument,
		From:         edxml.Organization{ID: string(d.from), Name: names[d.from], Address: "Hà Nội"},
		DocumentID:   d.documentID(),
		Code:         edxml.Code{Number: d.num(), Notation: d.notation()},
		Promulgation: edxml.Promulgation{Place: "Hà Nội", Date: edxml.Date(d.date.Format("2006/01/02"))},
		DocumentType: edxml.DocumentType{Type: "2", Name: d.kind},
		Subject:      d.subject,
		Signer:       edxml.SignerInfo{Position: position, FullName: person(d.from)},
		Other:        edxml.OtherInfo{Priority: d.priority, PageAmount: "1"},
		ToPlaces:     []string{"Như trên", "Lưu: VT"},
		Trace:        []edxml.TraceHeader{{OrganID: string(d.from), Timestamp: edxml.FormatTimestamp(time.Now())}},
		Business:     edxml.Business{Present: true, Type: d.business, Reason: d.reason, Paper: "0"},
		References:   []edxml.Reference{{ContentID: "1", ContentType: "application/pdf", Name: d.fileName(), Description: d.subject}},
		Attachments:  []edxml.Attachment{{ContentID: "1", Name: d.fileName(), Description: d.subject, ContentType: "application/pdf"}},
	}
	for _, to := range d.to {
		e.To = append(e.To, edxml.Organization{ID: string(to), Name: names[to]})
	}
	for _, a := range d.answers {
		e.ResponseFor = append(e.ResponseFor, a.response())
	}
	return e
}

func (r reference) response() edxml.ResponseFor {
	return edxml.ResponseFor{
		OrganID: string(r.from), Code: r.code, DocumentID: r.documentID,
		PromulgationDate: edxml.Date(r.date.Format("2006/01/02")),
	}
}

// note is a status message about an earlier letter.
type note struct {
	from        gateway.AgencyID
	to          gateway.AgencyID // who is told: the letter's sender or, of code 13, its receiver
	about       reference
	code        edxml.StatusCode
	description string
}

// sum identifies what a status message says, whoever wrote its envelope.
func (n note) sum() string {
	h := sha256.Sum256([]byte(string(n.from) + "\n" + n.about.documentID + "\n" + string(n.code) + "\n" + n.description))
	return hex.EncodeToString(h[:])
}

func (n note) envelope(names map[gateway.AgencyID]string) *edxml.Envelope {
	about := n.about.response()
	about.OrganID = string(n.to) // a status message has no To
	return &edxml.Envelope{
		Kind:        edxml.KindStatus,
		From:        edxml.Organization{ID: string(n.from), Name: names[n.from]},
		ResponseFor: []edxml.ResponseFor{about},
		Status: &edxml.StatusReport{
			Staff: edxml.StaffInfo{Department: "Văn thư", Staff: "Trần Thị B"},
			Code:  n.code, Description: n.description, Timestamp: edxml.FormatTimestamp(time.Now()),
		},
	}
}

// pack writes an envelope with its one file, if it has one.
func pack(e *edxml.Envelope, pdf []byte) ([]byte, error) {
	var b bytes.Buffer
	err := edxml.Write(&b, e, func(int) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(pdf)), nil })
	return b.Bytes(), err
}
