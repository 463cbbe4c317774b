package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"congvan/schemas/edxml"
)

var update = flag.Bool("update", false, "write the golden reports anew")

// today is the day on which the fixtures are checked: 6 March 2026, early
// morning in Vietnam, when it is still the 5th in UTC.
func today() time.Time { return time.Date(2026, 3, 5, 22, 30, 0, 0, time.UTC) }

func newValidator(t testing.TB) *Validator {
	t.Helper()
	v, err := New(today)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// memory keeps payloads, as small as the fixtures' are.
type memory struct{}

type memoryFile struct{ b []byte }

func (memory) Payload(int) (edxml.PayloadFile, error) { return &memoryFile{}, nil }
func (memory) Original() (io.Writer, error)           { return io.Discard, nil }

func (f *memoryFile) Write(p []byte) (int, error) {
	f.b = append(f.b, p...)
	return len(p), nil
}

func (f *memoryFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(f.b)) {
		return 0, io.EOF
	}
	n := copy(p, f.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// take splits and reads a message as the gateway does.
func take(t testing.TB, message []byte) (*edxml.Envelope, []byte) {
	t.Helper()
	split, err := edxml.SplitMessage(bytes.NewReader(message), edxml.DefaultLimits(), memory{})
	if err != nil {
		t.Fatal(err)
	}
	env, err := edxml.Read(split.Skeleton)
	if err != nil {
		t.Fatal(err)
	}
	return env, split.Skeleton
}

// lines writes a report for a golden file.
func lines(r *Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %d:%d %s\n  %s\n  %s\n", f.Severity, f.Rule, f.Line, f.Column, f.Element, f.Vi, f.En)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); if it is meant, run with -update:\n%s", name, diff)
	}
}

func TestValidateFixtures(t *testing.T) {
	v := newValidator(t)
	for _, name := range slices.Concat(fixtures(t, "letter_*.xml"), fixtures(t, "status_*.xml")) {
		t.Run(name, func(t *testing.T) {
			report := v.Validate(take(t, readFixture(t, name)))
			golden(t, name+".txt", lines(report))
			wrong := strings.Contains(name, "_wrong") || strings.Contains(name, "_secret")
			if report.OK() == wrong {
				t.Errorf("OK is %v", report.OK())
			}
		})
	}
}

// What the gateway writes itself must give no findings; the plain fixtures
// stand for it.
func TestValidateCleanFixtures(t *testing.T) {
	v := newValidator(t)
	for _, name := range []string{"letter_new.xml", "letter_recall.xml", "letter_update.xml", "letter_replace.xml", "status_03.xml"} {
		if report := v.Validate(take(t, readFixture(t, name))); len(report.Findings) > 0 {
			t.Errorf("%s:\n%s", name, lines(report))
		}
	}
}

// The official samples are accepted everywhere, so they give no errors.
func TestValidateOfficialSamples(t *testing.T) {
	dir := samples(t)
	v := newValidator(t)
	paths, err := filepath.Glob(filepath.Join(dir, "*.edxml"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var all strings.Builder
	for _, path := range paths {
		name := filepath.Base(path)
		if name == "edoc.edxml" { // not well-formed
			continue
		}
		message, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		report := v.Validate(take(t, message))
		if !report.OK() {
			t.Errorf("%s has errors:\n%s", name, lines(report))
		}
		fmt.Fprintf(&all, "# %s\n%s", name, lines(report))
		n++
	}
	if n != 14 {
		t.Errorf("%d samples checked, want 14", n)
	}
	golden(t, "official_samples.txt", all.String())
}

// samples finds the folder of official samples, or skips.
func samples(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CONGVAN_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "samples")
	}
	dir = filepath.Join(dir, "edxml")
	if _, err := os.Stat(dir); err != nil {
		fmt.Println("no official samples here (CONGVAN_SAMPLES); only the project's own fixtures are checked")
		t.Skip("no official samples")
	}
	return dir
}

// change is one thing altered in letter_new.xml (or status_03.xml) and the
// findings it must give: "severity rule element", in order, elements without
// the common /edXML/edXMLEnvelope/edXMLHeader.
type change struct {
	name     string
	old, new string
	want     []string
}

func TestValidateLetterChanges(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ộ", n) }
	checkChanges(t, "letter_new.xml", []change{
		{"subject of 500 characters", "Kế hoạch tuyển sinh đầu cấp năm học 2026–2027", long(500), nil},
		{"subject of 500 characters, decomposed", "Kế hoạch tuyển sinh đầu cấp năm học 2026–2027", norm.NFD.String(long(500)), nil},
		{"subject of 501 characters", "Kế hoạch tuyển sinh đầu cấp năm học 2026–2027", long(501), []string{"error too-long /MessageHeader/Subject"}},
		{"empty subject", "Kế hoạch tuyển sinh đầu cấp năm học 2026–2027", " ", []string{"error required /MessageHeader/Subject"}},
		{"fax of 21", "024 0000 0002", "024 0000 0002 (VT 02)", []string{"warning too-long /MessageHeader/From/Fax"}},
		{"number of 12", ">12<", ">123456789012<", []string{"error too-long /MessageHeader/Code/CodeNumber", "warning notation /MessageHeader/Code"}},
		{"number without zero", ">12<", ">5<", []string{"warning notation /MessageHeader/Code"}},
		{"number with year", ">12<", ">12/2026<", nil},
		{"notation of another type", ">KH-UBND<", ">QĐ-UBND<", []string{"warning notation-type /MessageHeader/Code/CodeNotation"}},
		{"notation of no type", ">KH-UBND<", ">UBND-VP<", []string{"warning notation-type /MessageHeader/Code/CodeNotation"}},
		{"notation of a copy", ">KH-UBND<", ">SY-UBND<", nil},
		{"notation in NFD", ">KH-UBND<", norm.NFD.String(">KH-UBNDĐP<"), nil},
		{"no such day", "2026/03/05</edXML:PromulgationDate", "2026/02/29</edXML:PromulgationDate", []string{"error date /MessageHeader/PromulgationInfo/PromulgationDate"}},
		{"month 13", "2026/03/05</edXML:PromulgationDate", "2026/13/05</edXML:PromulgationDate", []string{"error date /MessageHeader/PromulgationInfo/PromulgationDate"}},
		{"date in other form", "2026/03/05</edXML:PromulgationDate", "2026-03-05</edXML:PromulgationDate", []string{"warning date /MessageHeader/PromulgationInfo/PromulgationDate"}},
		{"no date", "2026/03/05</edXML:PromulgationDate", "</edXML:PromulgationDate", []string{"error required /MessageHeader/PromulgationInfo/PromulgationDate"}},
		{"issued today in Vietnam", "2026/03/05</edXML:PromulgationDate", "2026/03/06</edXML:PromulgationDate", nil},
		{"issued tomorrow", "2026/03/05</edXML:PromulgationDate", "2026/03/07</edXML:PromulgationDate", []string{"error date-future /MessageHeader/PromulgationInfo/PromulgationDate"}},
		{"the year 1", "2026/03/05</edXML:PromulgationDate", "0001/01/01</edXML:PromulgationDate", []string{"warning date-implausible /MessageHeader/PromulgationInfo/PromulgationDate"}},
		{"due before issue", "2026/03/20", "2026/03/01", []string{"warning due-before-issue /MessageHeader/DueDate"}},
		{"due on no day", "2026/03/20", "2026/02/30", []string{"warning date /MessageHeader/DueDate"}},
		{"type 18", "<edXML:Type>2", "<edXML:Type>18", []string{"warning document-type-code /MessageHeader/DocumentType/Type"}},
		{"unknown type", ">Kế hoạch</edXML:TypeName", ">Sổ tay</edXML:TypeName", []string{"warning document-type-name /MessageHeader/DocumentType/TypeName"}},
		{"code without form", "H26.99.02</edXML:OrganId>\n          <edXML:OrganName", "truong.mau.hai</edXML:OrganId>\n          <edXML:OrganName", []string{"warning agency-code /MessageHeader/To[1]/OrganId"}},
		{"code of 36", "H26.99.02</edXML:OrganId>\n          <edXML:OrganName", "H26" + strings.Repeat(".99", 11) + "</edXML:OrganId>\n          <edXML:OrganName", []string{"error too-long /MessageHeader/To[1]/OrganId"}},
		{"code null", "H26.99.01</edXML:OrganId>\n          <edXML:OrganizationInCharge", "null</edXML:OrganId>\n          <edXML:OrganizationInCharge", []string{"error required /MessageHeader/From/OrganId"}},
		{"receiver twice", "000.99.03.H26", "H26.99.02", []string{"error duplicate-receiver /MessageHeader/To[2]/OrganId"}},
		{"receiver without code", "          <edXML:OrganId>000.99.03.H26</edXML:OrganId>\n", "", []string{"error required /MessageHeader/To[2]/OrganId"}},
		{"priority 5", "<edXML:Priority>1", "<edXML:Priority>5", nil},
		{"priority 6", "<edXML:Priority>1", "<edXML:Priority>6", []string{"warning priority /MessageHeader/OtherInfo/Priority"}},
		{"priority in words", "<edXML:Priority>1", "<edXML:Priority>khẩn", []string{"warning priority /MessageHeader/OtherInfo/Priority"}},
		{"business 4", "<edXML:BussinessDocType>0", "<edXML:BussinessDocType>4", []string{"error business-type /TraceHeaderList/Bussiness/BussinessDocType"}},
		{"no kind of business", "          <edXML:BussinessDocType>0</edXML:BussinessDocType>\n", "", []string{"warning business-type /TraceHeaderList/Bussiness/BussinessDocType"}},
		{"update of nothing", "<edXML:BussinessDocType>0", "<edXML:BussinessDocType>2", []string{"error update-target /TraceHeaderList/Bussiness/DocumentId", "warning update-info /TraceHeaderList/Bussiness/BussinessDocumentInfo"}},
		{"replacement of nothing", "<edXML:BussinessDocType>0", "<edXML:BussinessDocType>3", []string{"error replace-target /TraceHeaderList/Bussiness/ReplacementInfoList"}},
		{"recall with files", "<edXML:BussinessDocType>0", "<edXML:BussinessDocType>1", nil},
		{"file not there", "<ContentId>cid:1", "<ContentId>cid:2", []string{
			"error attachment-missing /edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference", "warning attachment-unlisted /edXML/AttachmentEncoded/Attachment",
		}},
		{"unknown element", "<edXML:Content>", "<edXML:Ghichu>x</edXML:Ghichu><edXML:Content>", []string{"warning misplaced-element /MessageHeader/Ghichu"}},
		{"unknown element twice", "<edXML:Priority>", "<edXML:La/><edXML:La/><edXML:Priority>", []string{
			"warning misplaced-element /MessageHeader/OtherInfo/La[1]", "warning misplaced-element /MessageHeader/OtherInfo/La[2]",
		}},
		{"subject twice", "<edXML:Content>", "<edXML:Subject>khác</edXML:Subject><edXML:Content>", []string{"error repeated-element /MessageHeader/Subject[2]"}},
		{"number twice", "<edXML:CodeNotation>", "<edXML:CodeNumber>13</edXML:CodeNumber><edXML:CodeNotation>", []string{"error repeated-element /MessageHeader/Code/CodeNumber[2]"}},
		{"markup in the subject", "2026–2027</edXML:Subject>", "<b>2026</b></edXML:Subject>", []string{"error markup-in-text /MessageHeader/Subject"}},
		{"a leaf's attribute", "<edXML:Subject>", "<edXML:Subject xml:lang='vi' la='1'>", []string{"warning unknown-attribute /MessageHeader/Subject"}},
		{"page count in words", "<edXML:PageAmount>3", "<edXML:PageAmount>ba", []string{"warning value-form /MessageHeader/OtherInfo/PageAmount"}},
		{"old namespace", "http://www.mic.gov.vn/TBT/QCVN_102_2016", "http://www.e-doc.vn/Schema/", []string{"warning old-namespace /edXML"}},
		{"no namespace", ` xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"`, "", []string{"warning old-namespace /edXML"}},
		{"undeclared prefix", ` xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">` + "\n", ">\n", []string{"warning old-namespace /edXML"}},
		{"mark of secrecy", "Trên địa bàn phường", "Tối mật", []string{"error state-secret /MessageHeader/OtherInfo/SphereOfPromulgation"}},
	})
}

func TestValidateRecallChanges(t *testing.T) {
	checkChanges(t, "letter_recall.xml", []change{
		{"of nothing", `        <edXML:ResponseFor>
          <edXML:OrganId>H26.99.02</edXML:OrganId>
          <edXML:Code>07/TTr-THM</edXML:Code>
          <edXML:PromulgationDate>2026/02/26</edXML:PromulgationDate>
          <edXML:DocumentId>H26.99.02,2026/02/26,07/TTr-THM</edXML:DocumentId>
        </edXML:ResponseFor>
`, "", []string{"error recall-target /MessageHeader/ResponseFor"}},
		{"of a code without an agency", `          <edXML:OrganId>H26.99.02</edXML:OrganId>
          <edXML:Code>07/TTr-THM</edXML:Code>
          <edXML:PromulgationDate>2026/02/26</edXML:PromulgationDate>
          <edXML:DocumentId>H26.99.02,2026/02/26,07/TTr-THM</edXML:DocumentId>
`, "          <edXML:Code>07/TTr-THM</edXML:Code>\n", []string{"error recall-target /MessageHeader/ResponseFor"}},
		{"turned into a new letter", "<edXML:BussinessDocType>1", "<edXML:BussinessDocType>0", []string{"error no-attachment /edXML/AttachmentEncoded/Attachment"}},
	})
}

func TestValidateUpdateChanges(t *testing.T) {
	checkChanges(t, "letter_update.xml", []change{
		{"without target", "          <edXML:DocumentId>H26.99.01,2026/03/05,12/KH-UBND</edXML:DocumentId>\n", "", []string{"error update-target /TraceHeaderList/Bussiness/DocumentId"}},
		{"receivers not listed", `            <edXML:ReceiverList>
              <edXML:Receiver>
                <edXML:OrganId>H26.99.02</edXML:OrganId>
                <edXML:ReceiverType>0</edXML:ReceiverType>
              </edXML:Receiver>
            </edXML:ReceiverList>
`, "", []string{"warning update-info /TraceHeaderList/Bussiness/BussinessDocumentInfo/ReceiverList"}},
	})
	checkChanges(t, "letter_replace.xml", []change{
		{"without identifier", "              <edXML:DocumentId>H26.99.01,2026/02/28,10/KH-UBND</edXML:DocumentId>\n", "", []string{"error replace-target /TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo/DocumentId"}},
		{"for nobody", `                <edXML:OrganId>H26.99.02</edXML:OrganId>
                <edXML:OrganId>000.99.03.H26</edXML:OrganId>
`, "", []string{"warning replace-receivers /TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo/OrganIdList"}},
	})
}

func TestValidateStatusChanges(t *testing.T) {
	checkChanges(t, "status_03.xml", []change{
		{"undefined", ">03<", ">09<", []string{"warning status-code /MessageHeader/StatusCode"}},
		{"unknown", ">03<", ">17<", []string{"error status-code /MessageHeader/StatusCode"}},
		{"not a code", ">03<", ">999<", []string{"error status-code /MessageHeader/StatusCode"}},
		{"no target", "          <edXML:Code>12/KH-UBND</edXML:Code>\n          <edXML:PromulgationDate>2026/03/05</edXML:PromulgationDate>\n          <edXML:DocumentId>H26.99.01,2026/03/05,12/KH-UBND</edXML:DocumentId>\n", "", []string{"error status-target /MessageHeader/ResponseFor"}},
		{"no sender of the letter", "          <edXML:OrganId>H26.99.01</edXML:OrganId>\n", "", []string{"warning status-target /MessageHeader/ResponseFor/OrganId"}},
		{"receiver", "<edXML:StaffInfo>", "<edXML:To><edXML:OrganId>H26.99.01</edXML:OrganId></edXML:To><edXML:StaffInfo>", []string{"warning misplaced-element /MessageHeader/To"}},
		{"time in other form", "2026/03/05 09:20:00", "2026-03-05T09:20:00", []string{"warning timestamp /MessageHeader/Timestamp"}},
		{"time in words", "2026/03/05 09:20:00", "hôm qua", []string{"warning timestamp /MessageHeader/Timestamp"}},
		{"refusal without reason", ">03</edXML:StatusCode>\n        <edXML:Description>Văn thư đã vào sổ văn bản đến, số đến 45<", ">02</edXML:StatusCode>\n        <edXML:Description><", []string{"warning status-reason /MessageHeader/Description"}},
	})
}

func checkChanges(t *testing.T, base string, changes []change) {
	t.Helper()
	v := newValidator(t)
	original := string(readFixture(t, base))
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(original, c.old) {
				t.Fatalf("%s has no %q", base, c.old)
			}
			report := v.Validate(take(t, []byte(strings.ReplaceAll(original, c.old, c.new))))
			var got []string
			for _, f := range report.Findings {
				if f.Line == 0 || f.Column == 0 || f.Vi == "" || f.En == "" || strings.Contains(f.Vi+f.En, "%!") {
					t.Errorf("incomplete finding %+v", f)
				}
				got = append(got, fmt.Sprintf("%s %s %s", f.Severity, f.Rule, strings.TrimPrefix(f.Element, pathHeader)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s%s", diff, lines(report))
			}
		})
	}
}

func TestStructureOfUnreadableMessages(t *testing.T) {
	v := newValidator(t)
	for name, c := range map[string]struct{ document, rule string }{
		"cut":         {string(readFixture(t, "letter_new.xml")[:2000]), RuleNotWellFormed},
		"not XML":     {"số 12/KH-UBND", RuleRoot},
		"empty":       {"", RuleRoot},
		"other root":  {"<html/>", RuleRoot},
		"doctype":     {`<!DOCTYPE a SYSTEM "a"><edXML/>`, RuleNotWellFormed},
		"no envelope": {`<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>`, RuleMissing},
	} {
		report := v.Structure(edxml.KindDocument, []byte(c.document))
		if report.OK() || !report.Has(c.rule) {
			t.Errorf("%s: want %s, got\n%s", name, c.rule, lines(report))
		}
	}
}

// A message with thousands of defects gives a bounded report, soon.
func TestReportIsBounded(t *testing.T) {
	v := newValidator(t)
	to := "        <edXML:To><edXML:OrganId>x</edXML:OrganId></edXML:To>\n"
	message := strings.Replace(string(readFixture(t, "letter_new.xml")), "        <edXML:DocumentId>", strings.Repeat(to, 5000)+"        <edXML:DocumentId>", 1)
	env, skeleton := take(t, []byte(message))
	start := time.Now()
	report := v.Validate(env, skeleton)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(report.Findings) != maxFindings+1 || !report.Has(RuleTooMany) {
		t.Errorf("%d findings", len(report.Findings))
	}
}

func TestReportJSON(t *testing.T) {
	got, err := json.Marshal(&Report{Findings: []Finding{{SeverityError, RuleStateSecret, "/edXML", 1, 2, "vi", "en"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"findings":[{"severity":"error","rule":"state-secret","element":"/edXML","line":1,"column":2,"vi":"vi","en":"en"}]}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// One Validator serves many at a time and gives each the same.
func TestValidateConcurrently(t *testing.T) {
	v := newValidator(t)
	env, skeleton := take(t, readFixture(t, "letter_wrong.xml"))
	want := lines(v.Validate(env, skeleton))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := lines(v.Validate(env, skeleton)); got != want {
					t.Errorf("got %s", got)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkValidate(b *testing.B) {
	for _, name := range []string{"letter_new.xml", "letter_wrong.xml", "status_03.xml"} {
		b.Run(name, func(b *testing.B) {
			v := newValidator(b)
			env, skeleton := take(b, readFixture(b, name))
			b.SetBytes(int64(len(skeleton)))
			b.ReportAllocs()
			for b.Loop() {
				v.Validate(env, skeleton)
			}
		})
	}
}
