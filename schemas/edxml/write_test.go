package edxml

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// contents gives attachments from memory.
func contents(files []string) func(int) (io.ReadCloser, error) {
	return func(i int) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(files[i])), nil }
}

func write(t interface{ Fatalf(string, ...any) }, e *Envelope, files []string) string {
	var b bytes.Buffer
	if err := Write(&b, e, contents(files)); err != nil {
		t.Fatalf("Write: %v", err)
	}
	return b.String()
}

// sampleLetter is a letter with everything in it.
func sampleLetter() *Envelope {
	return &Envelope{
		Kind: KindDocument,
		From: Organization{
			ID: "H26.99.01", InCharge: "UBND quận Sao Mai", Name: "Phòng Giáo dục & Đào tạo", Address: "Số 1",
			Email: "pgd@saomai.example", Telephone: "024", Fax: "025", Website: "saomai.example",
		},
		To:           []Organization{{ID: "H26.99.01.001", Name: "Trường <Hoa Phượng>"}, {ID: "000.02.99.H26"}},
		DocumentID:   "H26.99.01,2026/03/02,12/PGDĐT-TH",
		Code:         Code{Number: "12", Notation: "PGDĐT-TH"},
		Promulgation: Promulgation{Place: "Hà Nội", Date: "2026/03/02"},
		DocumentType: DocumentType{Type: "2", Detail: "0", Name: "Công văn"},
		Subject:      "V/v ngày hội đọc sách", Content: "Nội dung",
		Signer:  SignerInfo{Competence: "KT.", Position: "Phó Trưởng phòng", FullName: "Lê Thử Nghiệm"},
		DueDate: "2026/03/20",
		Other: OtherInfo{
			Priority: PriorityExpress, PriorityText: "3", Sphere: "Nội bộ", TyperNotation: "LTN", PromulgationAmount: "2",
			PageAmount: "3", Direction: "false", Appendixes: []string{"Phụ lục"}, ReplyFors: []string{"a"}, ReferenceCodes: []string{"b"},
		},
		ResponseFor:  []ResponseFor{{OrganID: "H26.99.01.001", Code: "7/TH-HP", PromulgationDate: "2026/02/20", DocumentID: "x"}},
		SteeringType: "1", ToPlaces: []string{"Như trên", "Lưu: VT"}, TaskCodes: []string{"NV-1"},
		Trace: []TraceHeader{{OrganID: "H26.99.01", Timestamp: "2026/03/02 08:15:30"}},
		Business: Business{
			Present: true, TypeText: "0", Reason: "Văn bản điện tử mới", Paper: "0",
			Staff: StaffInfo{Department: "Văn thư", DepartmentID: "1", Staff: "Trần", StaffID: "2", Email: "e", Mobile: "m"},
		},
		Attachments: []Attachment{
			{Index: 0, ContentID: "1", Name: "cong-van.pdf", Description: "Công văn"},
			{Index: 1, ContentID: "2", Name: "bang.xlsx", Description: "Bảng"},
			{Index: 2, ContentID: "3", Name: "goc.ZIP", Description: "Gốc"},
			{Index: 3, ContentID: "4", Name: "khong-duoi", Description: "Không đuôi"},
		},
	}
}

// expected is what reading back gives beyond what was written.
func expected(e *Envelope) *Envelope {
	want := *e
	want.References, want.Attachments = nil, nil
	for _, a := range e.Attachments {
		a.ContentType, _ = wireType(a.Name)
		a.Description = describeAttachment(a)
		want.Attachments = append(want.Attachments, a)
		want.References = append(want.References, Reference{ContentID: a.ContentID, ContentType: "application/zip", Name: a.Name, Description: a.Description})
	}
	if e.Kind == KindDocument {
		want.Business.Present = true
		want.Business.TypeText = strconv.Itoa(int(e.Business.Type))
		want.Other.PriorityText = strconv.Itoa(int(e.Other.Priority))
	}
	return &want
}

func checkWritten(t testing.TB, e *Envelope, message string, files []string) {
	t.Helper()
	got, s, sink := openMessage(t, message)
	ignore := cmpopts.IgnoreFields(Envelope{}, "Quirks")
	if d := cmp.Diff(expected(e), got, ignore, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("read back differs (-written +read):\n%s", d)
	}
	for i, a := range got.Attachments {
		c, err := OpenContent(a, sink.payloads[i], s.Payloads[i].Size, ZipLimits{})
		if err != nil {
			t.Fatal(err)
		}
		if b := readAll(t, c); b != files[i] {
			t.Errorf("attachment %d came back as %d bytes instead of %d", i, len(b), len(files[i]))
		}
	}
	for _, q := range got.Quirks {
		switch q.Name {
		case QuirkNoSignature, QuirkContentTypeDiffers, QuirkUpperCaseExtension, QuirkDocumentIDFormat, QuirkDocumentType:
		default:
			t.Errorf("what was written has the quirk %+v", q)
		}
	}
}

func TestWriteGolden(t *testing.T) {
	recall := sampleLetter()
	recall.Business.Type, recall.Attachments = BusinessRecall, recall.Attachments[:1]
	change := sampleLetter()
	change.Attachments = change.Attachments[:1]
	change.Business = Business{
		Type: BusinessUpdate, DocumentID: "x", DocumentInfo: "1", DocumentReceiver: "1",
		Receivers: []BusinessReceiver{{OrganID: "H26.99.01.001", Type: "0"}, {OrganID: "000.02.99.H26", Type: "1"}},
	}
	replace := sampleLetter()
	replace.Attachments = nil
	replace.Business = Business{Type: BusinessReplace, Replacements: []Replacement{{DocumentID: "x", OrganIDs: []string{"H26.99.01.001"}}}}
	status := &Envelope{
		Kind: KindStatus, From: Organization{ID: "H26.99.01.001"},
		ResponseFor: []ResponseFor{{OrganID: "H26.99.01", Code: "12/PGDĐT-TH", PromulgationDate: "2026/03/02", DocumentID: "x"}},
		Status: &StatusReport{
			Code: StatusRejection, Description: "Sai nơi nhận", Timestamp: "2026/03/02 09:00:00",
			Staff: StaffInfo{Department: "Văn phòng", Staff: "Vũ", Mobile: "m", Email: "e"},
		},
	}
	files := []string{"%PDF-1.4 thử", "bảng tính", zipOf(t, "a", "b"), "chữ"}
	for name, e := range map[string]*Envelope{
		"new": sampleLetter(), "recall": recall, "update": change, "replace": replace, "status": status,
	} {
		t.Run(name, func(t *testing.T) {
			message := write(t, e, files)
			if again := write(t, e, files); again != message {
				t.Error("equal input gave different bytes")
			}
			checkWritten(t, e, message, files)
			golden := filepath.Join("testdata", "written_"+name+".edxml")
			if *update {
				if err := os.WriteFile(golden, []byte(message), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), message); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, spoil := range map[string]func(e *Envelope){
		"no kind":              func(e *Envelope) { e.Kind = "" },
		"no sender":            func(e *Envelope) { e.From.ID = "" },
		"no receiver":          func(e *Envelope) { e.To = nil },
		"nameless receiver":    func(e *Envelope) { e.To[1].ID = "" },
		"no DocumentId":        func(e *Envelope) { e.DocumentID = "" },
		"no trace":             func(e *Envelope) { e.Trace = nil },
		"unknown business":     func(e *Envelope) { e.Business.Type = 4 },
		"unknown priority":     func(e *Envelope) { e.Other.Priority = 5 },
		"nameless attachment":  func(e *Envelope) { e.Attachments[0].Name = "" },
		"twice the same id":    func(e *Envelope) { e.Attachments[1].ContentID = "1" },
		"status without code":  func(e *Envelope) { e.Kind = KindStatus },
		"control character":    func(e *Envelope) { e.Subject = "a\x00b" },
		"invalid UTF-8":        func(e *Envelope) { e.To[0].Name = "\xff" },
		"control in a name":    func(e *Envelope) { e.Attachments[0].Name = "a\x1b.pdf" },
		"status and documents": func(e *Envelope) { e.Kind, e.Status = KindStatus, &StatusReport{Code: "01", Timestamp: "x"} },
	} {
		e := sampleLetter()
		spoil(e)
		var b bytes.Buffer
		if err := Write(&b, e, contents(nil)); !errors.Is(err, ErrIncomplete) || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, b.Len())
		}
	}
	bad := func(int) (io.ReadCloser, error) { return nil, errDisk }
	if err := Write(io.Discard, sampleLetter(), bad); !errors.Is(err, errDisk) {
		t.Errorf("content: %v", err)
	}
	files := contents([]string{strings.Repeat("x", 1<<20), "", "", ""})
	if err := Write(failingWriter{}, sampleLetter(), files); !errors.Is(err, errDisk) {
		t.Errorf("writer: %v", err)
	}
}

// word draws text as it stands in an Envelope: trimmed, NFC, allowed in XML.
func word() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "a", "Trích yếu", "<&>\"'", "]]>", "a\nb", "đường 3/2", "&amp;", "𝄞", "a  b", "null x"})
}

func TestWriteReadProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := func(name string) string { return word().Draw(r, name) }
		e := sampleLetter()
		e.Subject, e.Content, e.From.Name, e.To[0].Address = w("subject"), w("content"), w("from"), w("to")
		e.Code.Notation, e.Signer.Position, e.Business.Reason = w("notation"), w("position"), w("reason")
		e.Other.Appendixes = nil
		for i := range rapid.IntRange(0, 3).Draw(r, "appendixes") {
			e.Other.Appendixes = append(e.Other.Appendixes, "Phụ lục "+strconv.Itoa(i)+w("appendix")+".")
		}
		e.Other.Priority = Priority(rapid.IntRange(0, 4).Draw(r, "priority"))
		var files []string
		e.Attachments = nil
		for i := range rapid.IntRange(0, 4).Draw(r, "attachments") {
			ext := rapid.SampledFrom([]string{"pdf", "PDF", "doc", "docx", "zip", "xls", "txt", "edxml"}).Draw(r, "ext")
			e.Attachments = append(e.Attachments, Attachment{Index: i, ContentID: strconv.Itoa(i), Name: "tệp." + ext, Description: w("description")})
			files = append(files, string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(r, "file")))
		}
		message := write(r, e, files)
		checkWritten(t, e, message, files)
		if t.Failed() {
			r.FailNow()
		}
	})
}

func TestDates(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, VietnamZone)
	moment := time.Date(2026, 3, 2, 8, 15, 30, 0, VietnamZone)
	for text, want := range map[Date]time.Time{
		"2026/03/02": day, "2026-03-02": day, "02/03/2026": day, "2/3/2026": day, "2026/3/2": day,
	} {
		if got, err := text.Time(); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, want := range map[Timestamp]time.Time{
		"2026/03/02 08:15:30": moment, "2026-03-02 08:15:30": moment, "02/03/2026 08:15:30": moment,
		"2026-03-02T08:15:30": moment, "2026-03-02T01:15:30Z": moment, "2026/03/02 08:15": moment.Add(-30 * time.Second), "2026/03/02": day,
	} {
		if got, err := text.Time(); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, bad := range []Timestamp{"", "2014/02/30 00:00:00", "hôm qua"} {
		if _, err := bad.Time(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := Date(bad).Time(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	late := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	if FormatDate(late) != "2026/03/02" || FormatTimestamp(late) != "2026/03/02 03:00:00" {
		t.Error("dates are not written in Vietnam's time")
	}
}

func TestParseDocumentID(t *testing.T) {
	for id, want := range map[string]DocumentID{
		"H26.99.01,2026/03/02,12/PGDĐT-TH":     {"H26.99.01", "2026/03/02", Code{"12", "PGDĐT-TH"}},
		"000.00.00.H99,2026-03-02,5/2026/QĐ-A": {"000.00.00.H99", "2026-03-02", Code{"5", "2026/QĐ-A"}},
		"H26.99,2026/03/02,7":                  {"H26.99", "2026/03/02", Code{"7", ""}},
	} {
		got, ok := ParseDocumentID(id)
		if !ok || got != want || got.String() != id {
			t.Errorf("%s: %+v, %v", id, got, ok)
		}
	}
	for _, id := range []string{"", "0f0e0d0c-0000-4000-8000-000000000001", "a,b,c", ",2026/03/02,1/A", "H26.99,2026/03/02,", "H26.99,2014/02/30,1/A"} {
		if d, ok := ParseDocumentID(id); ok {
			t.Errorf("%q is opaque, read as %+v", id, d)
		}
	}
}
