package edxml

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".edxml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// open splits, checks identity and reads.
func openMessage(t testing.TB, message string) (*Envelope, *Split, *memorySink) {
	t.Helper()
	s, sink := split(t, message, Limits{})
	e, err := s.Envelope()
	if err != nil {
		t.Fatalf("Envelope: %v", err)
	}
	if len(e.Attachments) != len(s.Payloads) {
		t.Fatalf("%d attachments for %d payloads", len(e.Attachments), len(s.Payloads))
	}
	return e, s, sink
}

func TestReadGolden(t *testing.T) {
	for _, name := range []string{"new", "recall", "update", "replace", "dotnet", "status_01", "status_02", "status_13"} {
		t.Run(name, func(t *testing.T) {
			e, _, _ := openMessage(t, fixture(t, name))
			got, err := json.MarshalIndent(e, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)+"\n"); d != "" {
				t.Error(d)
			}
		})
	}
}

// Each quirk is one change to a letter that has none.
func TestQuirks(t *testing.T) {
	base := fixture(t, "new")
	e, _, _ := openMessage(t, base)
	if len(e.Quirks) > 0 {
		t.Fatalf("the letter to start from has quirks: %v", e.Quirks)
	}
	status := fixture(t, "status_01")
	cut := func(from, to string) func(string) string {
		return func(m string) string {
			i := strings.Index(m, from)
			j := i + strings.Index(m[i:], to) + len(to)
			return m[:i] + m[j:]
		}
	}
	swap := func(old, new string) func(string) string {
		return func(m string) string { return strings.Replace(m, old, new, 1) }
	}
	swapAll := func(old, new string) func(string) string {
		return func(m string) string { return strings.ReplaceAll(m, old, new) }
	}
	check := func(ok func(e *Envelope) bool) func(*testing.T, *Envelope) {
		return func(t *testing.T, e *Envelope) {
			if !ok(e) {
				t.Errorf("not understood: %+v", e)
			}
		}
	}
	const header = "/edXML/edXMLEnvelope/edXMLHeader"
	const trace = header + "/TraceHeaderList"
	const message = header + "/MessageHeader"
	for _, tc := range []struct {
		quirk, path string
		mark        string // what first stands on the quirk's line
		from        string // message to change
		change      func(string) string
		check       func(*testing.T, *Envelope)
	}{
		{QuirkBOM, "/edXML", "<?xml", base, func(m string) string { return bom + m }, nil},
		{QuirkCRLFAfterRoot, "/edXML", "</edXML>", base, func(m string) string { return strings.TrimSpace(m) + "\r\n" }, nil},
		{QuirkOldNamespace, "/edXML", "<edXML", base, swapAll(Namespace, "http://www.e-doc.vn/Schema/"), nil},
		{QuirkOldNamespace, "/edXML", "<edXML", base, swapAll(Namespace, "http://www.go.vn/eDocSchema"), nil},
		{QuirkNoNamespace, "/edXML", "<edXML", base, swap(` xmlns="`+Namespace+`"`, ""), nil},
		{QuirkUndeclaredPrefix, "/edXML/edXMLEnvelope", "<edXML:edXMLEnvelope", base, swap(` xmlns:edXML="`+Namespace+`"`, ""), nil},
		{
			QuirkPrefixedAttachments, "/edXML/AttachmentEncoded", "<e:Att", base,
			func(m string) string {
				m = swap("<AttachmentEncoded>", `<e:AttachmentEncoded xmlns:e="`+Namespace+`">`)(m)
				return swap("</AttachmentEncoded>", "</e:AttachmentEncoded>")(m)
			}, nil,
		},
		{QuirkUnknownElement, message + "/Mood", "Mood", base, swap("<edXML:Code>", "<edXML:Mood>vui</edXML:Mood><edXML:Code>"), nil},
		{
			QuirkUnknownElement, message + "/Subject[1]", "urn:foreign", base, swap("<edXML:Subject>", `<f:Subject xmlns:f="urn:foreign">x</f:Subject><edXML:Subject>`),
			check(func(e *Envelope) bool { return strings.HasPrefix(e.Subject, "V/v") }),
		},
		{
			QuirkRepeatedElement, message + "/Subject[2]", "khác", base, swap("</edXML:Subject>", "</edXML:Subject><edXML:Subject>khác</edXML:Subject>"),
			check(func(e *Envelope) bool { return strings.HasPrefix(e.Subject, "V/v") }),
		},
		{
			QuirkDoubledCID, "/edXML/AttachmentEncoded/Attachment[2]/ContentId", "cid:cid", base, swap("<ContentId>cid:2", "<ContentId>cid:cid:2"),
			check(func(e *Envelope) bool { return e.Attachments[1].ContentID == "2" }),
		},
		{
			QuirkNoCID, "/edXML/AttachmentEncoded/Attachment[1]/ContentId", "<ContentId>1", base, swap("<ContentId>cid:1", "<ContentId>1"),
			check(func(e *Envelope) bool { return e.Attachments[0].ContentID == "1" }),
		},
		{
			QuirkOrganIDNull, trace + "/TraceHeader/OrganId", "null", base,
			func(m string) string {
				i := strings.Index(m, "<edXML:TraceHeader>")
				return m[:i] + swap("H26.99.01", "null")(m[i:])
			}, check(func(e *Envelope) bool { return e.Trace[0].OrganID == "" }),
		},
		{
			QuirkTraceWithoutOrganID, trace + "/TraceHeader", "<edXML:TraceHeader>", base,
			func(m string) string {
				i := strings.Index(m, "<edXML:TraceHeader>")
				return m[:i] + cut("<edXML:OrganId>", "</edXML:OrganId>")(m[i:])
			}, nil,
		},
		{QuirkTraceAttributes, trace, "mustUnderstand", base, swap("<edXML:TraceHeaderList>", `<edXML:TraceHeaderList id="1" mustUnderstand="1">`), nil},
		{
			QuirkNoTrace, "/edXML", "<edXML", base, cut("<edXML:TraceHeaderList>", "</edXML:TraceHeaderList>"),
			check(func(e *Envelope) bool { return !e.Business.Present && e.Business.Type == BusinessNew }),
		},
		{
			QuirkNoBusiness, "/edXML", "<edXML", base, cut("<edXML:Bussiness>", "</edXML:Bussiness>"),
			check(func(e *Envelope) bool { return !e.Business.Present && e.Business.Type == BusinessNew }),
		},
		{
			QuirkBusinessType, trace + "/Bussiness", "<edXML:Bussiness>", base, swap("DocType>0<", "DocType>7<"),
			check(func(e *Envelope) bool { return e.Business.Type == BusinessNew && e.Business.TypeText == "7" }),
		},
		{
			QuirkNoSignature, "/edXML", "<edXML", base, cut("<Signature", "</Signature>"),
			check(func(e *Envelope) bool { return e.Signature == Signature{} }),
		},
		{
			QuirkSignatureNamespace, header + "/Signature", "<Signature", base, swap(` xmlns="`+dsigNamespace+`"`, ""),
			check(func(e *Envelope) bool { return e.Signature == Signature{Present: true} }),
		},
		{
			QuirkSignatureIncomplete, header + "/Signature", "<Signature", base, swap("<X509Certificate>AAAA", "<X509Certificate>MIIFqTCCBJG"),
			check(func(e *Envelope) bool { return e.Signature == Signature{Present: true} }),
		},
		{
			QuirkEmptyResponseFor, message + "/ResponseFor[2]", "<edXML:ResponseFor/>", base, swap("<edXML:SteeringType>", "<edXML:ResponseFor/><edXML:SteeringType>"),
			check(func(e *Envelope) bool { return len(e.ResponseFor) == 1 }),
		},
		{
			QuirkPriority, message + "/OtherInfo/Priority", "Priority>5", base, swap("Priority>1<", "Priority>5<"),
			check(func(e *Envelope) bool { return e.Other.Priority == PriorityNormal && e.Other.PriorityText == "5" }),
		},
		{
			QuirkDocumentType, message + "/DocumentType", "<edXML:DocumentType>", base, swap("Type>2<", "Type>18<"),
			check(func(e *Envelope) bool { return e.DocumentType.Type == "18" }),
		},
		{QuirkDocumentIDFormat, message + "/DocumentId", "0f0e0d0c", base, swap("H26.99.01,2026/03/02,12/PGDĐT-TH", "0f0e0d0c-0000-4000-8000-000000000001"), nil},
		{
			QuirkDateFormat, message + "/PromulgationInfo/PromulgationDate", "Date>2026-03-02", base, swap("Date>2026/03/02", "Date>2026-03-02"),
			check(func(e *Envelope) bool { return e.Promulgation.Date == "2026-03-02" }),
		},
		{QuirkDateFormat, message + "/DueDate", "20/03/2026", base, swap("2026/03/20", "20/03/2026"), nil},
		{QuirkTimestampFormat, trace + "/TraceHeader/Timestamp", "2026-03-02 08", base, swap("2026/03/02 08:15:30", "2026-03-02 08:15:30"), nil},
		{
			QuirkStatusCode, message + "/StatusCode", "StatusCode>1", status, swap("Code>01<", "Code>1<"),
			check(func(e *Envelope) bool { return e.Status.Code == StatusInbox }),
		},
		{
			QuirkStatusInDocument, "/edXML", "<edXML", base, swap("<edXML:Code>", "<edXML:StatusCode>01</edXML:StatusCode><edXML:Code>"),
			check(func(e *Envelope) bool { return e.Kind == KindDocument && e.Status == nil }),
		},
		{
			QuirkReceiverInStatus, "/edXML", "<edXML", status, swap("<edXML:ResponseFor>", "<edXML:To><edXML:OrganId>H26.99.01</edXML:OrganId></edXML:To><edXML:ResponseFor>"),
			check(func(e *Envelope) bool { return e.Kind == KindStatus }),
		},
		{
			QuirkUpperCaseExtension, "/edXML/AttachmentEncoded/Attachment[1]/AttachmentName", "<AttachmentName>CONG", base, swap("<AttachmentName>cong-van-12.pdf", "<AttachmentName>CONG-VAN-12.PDF"),
			check(func(e *Envelope) bool { return e.Attachments[0].Name == "CONG-VAN-12.PDF" }),
		},
		{
			QuirkAttachmentName, "/edXML/AttachmentEncoded/Attachment[1]/AttachmentName", "C:", base, swap("<AttachmentName>cong", `<AttachmentName>..\..\C:\cong`),
			check(func(e *Envelope) bool { return e.Attachments[0].Name == "cong-van-12.pdf" }),
		},
		{
			QuirkContentTypeDiffers, "/edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference[1]", "<edXML:Reference>", base, nil,
			nil,
		},
		{QuirkReferenceUnmatched, "/edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference[1]", "<edXML:Reference>", base, cut("    <Attachment>", "</Attachment>"), nil},
		{QuirkAttachmentUnlisted, "/edXML/AttachmentEncoded/Attachment[1]", "<Attachment>", base, cut("<edXML:Reference>", "</edXML:Reference>"), nil},
		{
			QuirkAttachmentMisplaced, "/edXML/edXMLEnvelope/AttachmentEncoded", "<AttachmentEncoded>", base,
			func(m string) string {
				m = strings.Replace(m, "</edXML:edXMLEnvelope>\n", "", 1)
				return strings.Replace(m, "</AttachmentEncoded>", "</AttachmentEncoded></edXML:edXMLEnvelope>", 1)
			}, check(func(e *Envelope) bool { return len(e.Attachments) == 2 }),
		},
	} {
		t.Run(tc.quirk, func(t *testing.T) {
			if tc.change == nil {
				tc.change = swap("<edXML:ContentType>application/pdf", "<edXML:ContentType>application/zip")
			}
			changed := tc.change(tc.from)
			if changed == tc.from {
				t.Fatal("nothing was changed")
			}
			e, _, _ := openMessage(t, changed)
			i := slices.IndexFunc(e.Quirks, func(q Quirk) bool { return q.Name == tc.quirk && q.Path == tc.path })
			if i < 0 {
				t.Fatalf("no %s at %s in %+v", tc.quirk, tc.path, e.Quirks)
			}
			before, _, _ := strings.Cut(changed, tc.mark)
			if line := 1 + strings.Count(before, "\n"); e.Quirks[i].Line != line {
				t.Errorf("line %d, want %d", e.Quirks[i].Line, line)
			}
			if tc.check != nil {
				tc.check(t, e)
			}
		})
	}
}

// sample finds the official samples, above or beside the repository.
func sample(t *testing.T) string {
	dir := os.Getenv("CONGVAN_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "samples")
	}
	dir = filepath.Join(dir, "edxml")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("official samples not found in %s; set CONGVAN_SAMPLES", dir)
	}
	return dir
}

func TestOfficialSamples(t *testing.T) {
	dir := sample(t)
	for _, tc := range []struct {
		file     string
		status   StatusCode
		business BusinessType
		to       int
	}{
		{"edoc_new", "", BusinessNew, 1},
		{"edoc_replacement", "", BusinessReplace, 0},
		{"edoc_revocation", "", BusinessRecall, 0},
		{"edoc_update", "", BusinessUpdate, 3},
		{"status", StatusInbox, 0, 0},
		{"status_inbox_01", StatusInbox, 0, 0},
		{"status_rejection_02", StatusRejection, 0, 0},
		{"status_acceptance_03", StatusAcceptance, 0, 0},
		{"status_assignment_04", StatusAssignment, 0, 0},
		{"status_processing_05", StatusProcessing, 0, 0},
		{"status_finish_06", StatusFinish, 0, 0},
		{"status_cancellation_13", StatusCancellation, 0, 0},
		{"status_change-acceptance_15", StatusChangeAcceptance, 0, 0},
		{"status_change-rejection_16", StatusChangeRejection, 0, 0},
	} {
		t.Run(tc.file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, tc.file+".edxml"))
			if err != nil {
				t.Fatal(err)
			}
			e, s, sink := openMessage(t, string(b))
			if !s.Rebuildable {
				t.Error("not rebuildable")
			}
			if tc.status != "" {
				if e.Kind != KindStatus || e.Status.Code != tc.status || e.ResponseFor[0].OrganID == "" {
					t.Errorf("read as %+v", e)
				}
				return
			}
			if e.Kind != KindDocument || e.Business.Type != tc.business || tc.to > 0 && len(e.To) != tc.to {
				t.Errorf("read as %+v", e)
			}
			for _, q := range e.Quirks {
				if q.Name == QuirkUnknownElement {
					t.Errorf("an element of an official sample is unknown: %+v", q)
				}
			}
			checkSampleContent(t, e, s, sink)
		})
	}
}

func checkSampleContent(t *testing.T, e *Envelope, s *Split, sink *memorySink) {
	t.Helper()
	c, err := OpenContent(e.Attachments[0], sink.payloads[0], s.Payloads[0].Size, ZipLimits{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := readAll(t, c)
	if !c.Wrapped || len(b) != 388347 || c.Name != "1896_QD-TTg_m_294779.doc" {
		t.Errorf("content %q, %d bytes", c.Name, len(b))
	}
}

func TestOfficialMalformedSample(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sample(t), "edoc.edxml"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = SplitMessage(strings.NewReader(string(b)), Limits{}, &memorySink{})
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Code != CodeTagMismatch || syntax.Line != 74 ||
		!strings.Contains(syntax.Vi, "</edXML:MessageHeader>") || !strings.Contains(syntax.En, "<edXML:From> opened on line 7") {
		t.Errorf("got %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tc := range []struct{ name, message, code string }{
		{"other root", `<html/>`, CodeNotEdXML},
		{"other namespace", `<edXML xmlns="urn:other"/>`, CodeUnknownNamespace},
		{"no header", `<edXML xmlns="` + Namespace + `"/>`, CodeMissingElement},
		{"no content", `<edXML xmlns="` + Namespace + `"><edXMLEnvelope><edXMLHeader><MessageHeader/></edXMLHeader></edXMLEnvelope>` +
			`<AttachmentEncoded><Attachment/></AttachmentEncoded></edXML>`, CodeContentMissing},
		{"two contents", `<edXML xmlns="` + Namespace + `"><edXMLEnvelope><edXMLHeader><MessageHeader/></edXMLHeader></edXMLEnvelope>` +
			`<AttachmentEncoded><Attachment><ContentTransferEncoded/><ContentTransferEncoded/></Attachment></AttachmentEncoded></edXML>`, CodeContentTwice},
		{"doctype", `<!DOCTYPE edXML><edXML/>`, CodeDoctype},
		{"nothing", ``, CodeEmpty},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read([]byte(tc.message))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Code != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
}

// A number and notation in one text is understood, and so are hops and parts that
// nobody knows.
func TestReadUnknownParts(t *testing.T) {
	e, _, _ := openMessage(t, `<edXML xmlns="`+Namespace+`"><edXMLEnvelope><edXMLHeader><Extra/><MessageHeader><Code>12/2026/QĐ-A</Code></MessageHeader>`+
		`<MessageHeader><Subject>khác</Subject></MessageHeader><TraceHeaderList><TraceHeader/><Extra/><Bussiness><Extra/><BussinessDocumentInfo><Extra/>`+
		`<ReceiverList><Extra/></ReceiverList></BussinessDocumentInfo><ReplacementInfoList><Extra/></ReplacementInfoList></Bussiness></TraceHeaderList>`+
		`</edXMLHeader><edXMLBody><Extra/><edXMLManifest><Extra/></edXMLManifest></edXMLBody><Extra/></edXMLEnvelope><Extra/></edXML>`)
	if e.Code != (Code{Number: "12", Notation: "2026/QĐ-A"}) || e.Subject != "" || len(e.Trace) != 1 {
		t.Errorf("read as %+v", e)
	}
	unknown := 0
	for _, q := range e.Quirks {
		if q.Name == QuirkUnknownElement && strings.HasSuffix(q.Path, "/Extra") {
			unknown++
		}
	}
	if unknown != 10 {
		t.Errorf("%d unknown elements noted, want 10: %+v", unknown, e.Quirks)
	}
}

func TestSyntaxErrorText(t *testing.T) {
	_, err := SplitMessage(strings.NewReader("<a>\n<b></a>"), Limits{}, discardSink{})
	const want = "edxml: tag-mismatch 2:4 /a/b: thẻ đóng </a> không khớp với thẻ <b> mở ở dòng 2 / end tag </a> does not match <b> opened on line 2"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
