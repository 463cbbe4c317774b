package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

const (
	lockedAgency  = selfAgency + ".L"
	closedAgency  = selfAgency + ".C"
	splitAgency   = selfAgency + ".S"
	withoutSystem = selfAgency + ".N"
)

// besieged is a gateway with small limits and a directory that holds every kind of agency.
func besieged(t *testing.T) *ordeal {
	t.Helper()
	o := endure(t, gates+"\n[limits]\nmessage = \"16MiB\"\nunzipped = \"64MiB\"\nreceivers = 50\n")
	agency := func(id, status string, successors ...string) map[string]any {
		return map[string]any{"id": id, "name": "Đơn vị thử " + id, "status": status, "reach": "local", "successors": successors}
	}
	o.directory(
		agency(lockedAgency, "locked"), agency(closedAgency, "closed"),
		agency(splitAgency, "closed", o.wards[0].agency, o.wards[1].agency),
		map[string]any{"id": withoutSystem, "name": "Trường thử chưa có phần mềm", "status": "open", "reach": "local"},
	)
	return o
}

// spoil changes one piece of a good letter.
func (o *ordeal) spoil(old, new string) []byte {
	o.t.Helper()
	good := o.letter(o.wards[0].agency)
	bad := bytes.Replace(good, []byte(old), []byte(new), 1)
	if bytes.Equal(good, bad) {
		o.t.Fatalf("a letter has no %q", old)
	}
	return bad
}

// TestOrdealOfBadLetters: whatever is wrong with a letter, both faces say so with its code and place, and
// keep nothing.
func TestOrdealOfBadLetters(t *testing.T) {
	o := besieged(t)
	const subject = "<edXML:Subject>"
	deep := strings.Repeat("<edXML:a>", 256) + strings.Repeat("</edXML:a>", 256)
	laughs := `<!DOCTYPE edXML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>` + "\n<edXML xmlns="
	for _, tc := range []struct {
		name string
		body []byte
		want refusal
	}{
		{"doctype", o.spoil("<edXML xmlns=", `<!DOCTYPE edXML SYSTEM "file:///etc/passwd">`+"\n<edXML xmlns="), malformed("2:1", edxml.CodeDoctype)},
		{"billion laughs", o.spoil("<edXML xmlns=", laughs), malformed("2:1", edxml.CodeDoctype)},
		{"entity", o.spoil(subject, subject+"&xxe;"), malformed(inHeader("Subject"), edxml.CodeEntity)},
		{"256 deep", o.spoil(subject, deep+subject), tooLarge("/edXML/", edxml.CodeTooDeep)},
		{"invalid UTF-8", o.spoil(subject, subject+"\xff\xfe"), malformed(inHeader("Subject"), edxml.CodeUTF8)},
		{"control character", o.spoil(subject, subject+"\x01"), malformed(inHeader("Subject"), edxml.CodeChar)},
		{"UTF-16", o.spoil(`encoding="UTF-8"`, `encoding="UTF-16"`), malformed("", edxml.CodeEncoding)},
		{"mismatched tags", o.spoil("</edXML:Subject>", "</edXML:Sub>"), malformed(inHeader("Subject"), edxml.CodeTagMismatch)},
		{"text after the root", append(o.letter(o.wards[0].agency), "rác"...), malformed("", edxml.CodeOutsideRoot)},
		{"second root", append(o.letter(o.wards[0].agency), "<edXML/>"...), malformed("", edxml.CodeOutsideRoot)},
		{"cut in the middle", cut(o.letter(o.wards[0].agency), 2), refusal{gateway.CodeTruncated, 400, "10", "", edxml.CodeTruncated}},
		{"empty", nil, refusal{gateway.CodeTruncated, 400, "10", "", edxml.CodeEmpty}},
		{"another root", []byte("<html><body>Văn bản</body></html>"), malformed("/html", edxml.CodeNotEdXML)},
		{"not XML", bytes.Repeat([]byte("%PDF-1.7 "), 1000), malformed("", "")},
		{"base64 broken", o.spoil(">VsSD", ">V?SD"), refusal{gateway.CodeBadAttachment, 422, "21", "/edXML/AttachmentEncoded/Attachment", edxml.CodeBase64Char}},
		{"markup in base64", o.spoil(">VsSD", "><b/>VsSD"), refusal{gateway.CodeBadAttachment, 422, "21", "/edXML/AttachmentEncoded/Attachment", edxml.CodePayloadMarkup}},
		{"mismatched like the public sample", o.spoil("<edXML:From>", "<edXML:From><edXML:From>"), malformed("/edXML/edXMLEnvelope", edxml.CodeTagMismatch)},
		{"no notation", o.spoil(">UBND-VP</edXML:CodeNotation>", "></edXML:CodeNotation>"), refusal{gateway.CodeInvalidStructure, 422, "22", "/edXML", schemas.RuleRequired}},
		{"dated tomorrow", o.spoil(">2026/11/02</edXML:PromulgationDate>", ">2199/11/02</edXML:PromulgationDate>"), refusal{gateway.CodeInvalidStructure, 422, "22", "/edXML", schemas.RuleDateFuture}},
		{"state secret", o.spoil("V/v thử khi", "[TUYỆT MẬT] V/v thử khi"), refusal{gateway.CodeStateSecret, 422, "10", "", schemas.RuleStateSecret}},
		{"receiver unknown", o.letter(selfAgency + ".404"), refusal{gateway.CodeReceiverUnknown, 422, "18", selfAgency + ".404", ""}},
		{"receiver locked", o.letter(lockedAgency), refusal{gateway.CodeReceiverLocked, 422, "23", lockedAgency, ""}},
		{"receiver closed", o.letter(closedAgency), refusal{gateway.CodeReceiverClosed, 422, "23", closedAgency, ""}},
		{"one of two receivers unknown", o.letter(o.wards[0].agency, selfAgency+".404"), refusal{gateway.CodeReceiverUnknown, 422, "18", selfAgency + ".404", ""}},
		{"too many receivers", o.letter(codes(51)...), refusal{gateway.CodeTooManyReceivers, 422, "10", "To", ""}},
		{"no receiver", o.letter(), refusal{gateway.CodeNoReceiver, 422, "18", "To", ""}},
		{"sender unknown", o.sentBy("H26.99.77"), refusal{gateway.CodeSenderUnknown, 422, "19", "H26.99.77", ""}},
		{"sent as somebody else", o.sentBy(o.wards[1].agency), refusal{gateway.CodeSenderNotAllowed, 403, "19", o.wards[1].agency, ""}},
	} {
		for _, f := range []face{rest, exchange} {
			t.Run(tc.name+" "+string(f), func(t *testing.T) { o.refused(t, f, o.sender, parcelOf(tc.body), tc.want) })
		}
	}
	o.carries(t)
	o.slim(t)
}

func malformed(place, rule string) refusal {
	return refusal{gateway.CodeMalformed, 422, "22", place, rule}
}

func tooLarge(place, rule string) refusal {
	return refusal{gateway.CodeTooLarge, 413, "10", place, rule}
}

func inHeader(element string) string {
	return "/edXML/edXMLEnvelope/edXMLHeader/MessageHeader/" + element
}

func cut(b []byte, parts int) []byte { return b[:len(b)/parts] }

// codes invents agencies.
func codes(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s.9%d", selfAgency, i)
	}
	return all
}

// sentBy makes a good letter of another sender.
func (o *ordeal) sentBy(agency string) []byte {
	return envelopeOf(o.t, agency, "6001", [][]byte{[]byte("tệp")}, o.wards[0].agency)
}

// TestOrdealOfQuirks: every deviation that deployed software is known to make is taken, and comes out again byte
// for byte.
func TestOrdealOfQuirks(t *testing.T) {
	o := endure(t, "")
	school := o.school()
	for _, f := range []face{rest, exchange} {
		for _, name := range []string{"new", "update", "replace", "recall", "dotnet", "status_01", "status_02", "status_13"} {
			t.Run(name+" "+string(f), func(t *testing.T) {
				from, to := o.sender, school
				if name == "dotnet" || strings.HasPrefix(name, "status") {
					from, to = to, from
				}
				body := parcelOf(fixture(t, name, f))
				if strings.HasPrefix(name, "status") {
					body.kind = edxml.KindStatus
				}
				o.taken(t, f, o.accepted(t, f, from, body), body, to)
			})
		}
		for name, letter := range o.odd() {
			t.Run(name+" "+string(f), func(t *testing.T) { o.travels(t, f, parcelOf(letter), o.wards[0]) })
		}
	}
	o.carries(t)
	o.slim(t)
}

// fixture reads a fixture of the codec; those for the second face are letters of their own.
func fixture(t *testing.T, name string, f face) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "schemas", "edxml", "testdata", name+".edxml"))
	if err != nil {
		t.Fatal(err)
	}
	if f == exchange {
		b = []byte(strings.NewReplacer("12/PGD", "13/PGD", ">12<", ">13<", "000000000003<", "000000000004<").Replace(string(b)))
	}
	return b
}

// school enters the receivers of the fixtures: a school, and one that is known by its old code.
func (o *ordeal) school() party {
	o.t.Helper()
	const code = selfAgency + ".001"
	o.directory(
		map[string]any{"id": code, "name": "Trường Tiểu học Hoa Phượng", "status": "open", "reach": "local"},
		map[string]any{
			"id": selfAgency + ".002", "name": "Trường Tiểu học Bằng Lăng", "status": "open", "reach": "local",
			"aliases": []string{"000.02.99.H26"}, "represented_by": code,
		},
	)
	p := o.key(code)
	o.vxp[code] = o.exchangeKey(code)
	return p
}

// odd gives letters with one quirk each.
func (o *ordeal) odd() map[string][]byte {
	const number = "<edXML:DocumentId>"
	trace := "<edXML:TraceHeader><edXML:OrganId>"
	envelope, files, _ := bytes.Cut(o.letter(o.wards[0].agency), []byte("<AttachmentEncoded>"))
	prefix := regexp.MustCompile(`<(/?)((?:Attachment|Content)\w+)`)
	prefixed := slices.Concat(envelope, []byte(`<edXML:AttachmentEncoded xmlns:edXML="`+edxml.Namespace+`">`), prefix.ReplaceAll(files, []byte("<${1}edXML:$2")))
	n := o.serial.Add(1)
	return map[string][]byte{
		"doubled cid":           o.spoil("<edXML:ContentId>cid:0", "<edXML:ContentId>cid:cid:0"),
		"organ id null":         o.spoil(trace+selfAgency, trace+"null"),
		"no business":           o.spoil("<edXML:Bussiness><edXML:BussinessDocType>0</edXML:BussinessDocType></edXML:Bussiness>", ""),
		"empty response for":    o.spoil(number, "<edXML:ResponseFor/>"+number),
		"upper case extension":  o.spoil("tep-0.pdf</AttachmentName>", "TEP-0.PDF</AttachmentName>"),
		"trace with attributes": o.spoil("<edXML:TraceHeaderList>", `<edXML:TraceHeaderList version="1.0" mustUnderstand="1" actor="http://schemas.xmlsoap.org/soap/actor/next">`),
		"type 18":               o.spoil("<edXML:Type>2<", "<edXML:Type>18<"),
		"document id a UUID":    o.spoil(number+selfAgency+",2026/11/02,", fmt.Sprintf("%s5f0c6f0e-0000-4000-8000-%012d", number, n)),
		"line end after root":   append(o.letter(o.wards[0].agency), "\r\n"...),
		"byte order mark":       append([]byte("\ufeff"), o.letter(o.wards[0].agency)...),
		"prefixed attachments":  prefixed,
		"several receivers":     o.letter(o.wards[0].agency, o.wards[1].agency, o.wards[2].agency),
		"zip labelled as pdf":   o.zipped(zipOf(o.t, "tep-0.pdf", []byte("%PDF-1.7"))),
		"zip with alien entry":  o.zipped(zipOf(o.t, "tep-0.doc", []byte("%PDF-1.7"))),
	}
}

// zipped makes a good letter with one file.
func (o *ordeal) zipped(file []byte) []byte {
	return envelopeOf(o.t, o.sender.agency, fmt.Sprint(8000+o.serial.Add(1)), [][]byte{file}, o.wards[0].agency)
}

func zipOf(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOrdealOfZips: what is packed into a ZIP is unpacked once, within limits, and its own names are not followed.
func TestOrdealOfZips(t *testing.T) {
	o := besieged(t)
	bomb := refusal{gateway.CodeBadAttachment, 422, "21", "tep-0.pdf", ""}
	for _, f := range []face{rest, exchange} {
		t.Run("too large unpacked "+string(f), func(t *testing.T) {
			o.refused(t, f, o.sender, parcelOf(o.zipped(zipOf(t, "a.pdf", make([]byte, 80<<20)))), bomb)
		})
		t.Run("a thousand to one "+string(f), func(t *testing.T) {
			o.refused(t, f, o.sender, parcelOf(o.zipped(zipOf(t, "a.pdf", make([]byte, 48<<20)))), bomb)
		})
		t.Run("lying about its size "+string(f), func(t *testing.T) {
			o.refused(t, f, o.sender, parcelOf(o.zipped(understated(t))), bomb)
		})
		t.Run("nested "+string(f), func(t *testing.T) {
			inner := zipOf(t, "b.pdf", make([]byte, 48<<20))
			m := o.travels(t, f, parcelOf(o.zipped(zipOf(t, "a.pdf", append(inner, fmt.Sprint(f)...)))), o.wards[0])
			o.opens(t, m, append(inner, fmt.Sprint(f)...))
		})
		t.Run("path in the entry "+string(f), func(t *testing.T) {
			m := o.travels(t, f, parcelOf(o.zipped(zipOf(t, "../../../../tmp/congvan-escaped.pdf", []byte("%PDF ra ngoài "+f)))), o.wards[0])
			o.opens(t, m, []byte("%PDF ra ngoài "+f))
		})
	}
	if _, err := os.Stat("/tmp/congvan-escaped.pdf"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a ZIP wrote where its entry says: %v", err)
	}
	o.carries(t)
	o.slim(t)
}

// opens checks what a person gets who opens the first file of a letter.
func (o *ordeal) opens(t *testing.T, m gateway.MessageID, want []byte) {
	t.Helper()
	resp, err := o.get(t.Context(), o.wards[0], "/v1/letters/"+string(m)+"/files/0")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes, want %d: %v", len(got), len(want), err)
	}
	if name := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(name, `attachment; filename="tep-0.pdf"`) {
		t.Errorf("the file is called %q", name)
	}
}

// understated makes a ZIP whose directory says that its entry has ten bytes.
func understated(t *testing.T) []byte {
	t.Helper()
	b := zipOf(t, "a.pdf", make([]byte, 48<<20))
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	copy(b[at+24:], []byte{10, 0, 0, 0})
	return b
}

// TestOrdealOfStrangers: who may not do what, and hears so.
func TestOrdealOfStrangers(t *testing.T) {
	o := besieged(t)
	letter := func() parcel { return parcelOf(o.letter(o.wards[0].agency)) }
	tampered := func(change func(http.Header)) *vxp.Client {
		c := *o.vxp[o.sender.agency]
		c.HTTP = &http.Client{Transport: tamper{o.http.Transport, change}}
		return &c
	}
	wrong := *o.vxp[o.sender.agency]
	wrong.Secret = []byte("không phải khóa này")
	nobody := wrong
	nobody.SystemID = "sys.khong.co"
	misnamed := letter()
	misnamed.from = gateway.AgencyID(o.wards[2].agency)
	status := letter()
	status.kind = edxml.KindStatus
	for _, tc := range []struct {
		name   string
		client *vxp.Client
		body   parcel
		want   refusal
	}{
		{"wrong HMAC", &wrong, letter(), refusal{code: gateway.CodeSignatureMismatch, number: "15", place: "XroadVnpt-hash-header"}},
		{"unknown system", &nobody, letter(), refusal{code: gateway.CodeUnauthenticated, number: "15", place: "XroadVnpt-systemid"}},
		{"no signature", tampered(func(h http.Header) { delete(h, "XroadVnpt-hash-header") }), letter(), refusal{code: gateway.CodeUnauthenticated, number: "15", place: "XroadVnpt-hash-header"}},
		{"signed text changed", tampered(func(h http.Header) {
			h["XroadVnpt-sign-header"] = []string{strings.Replace(h["XroadVnpt-sign-header"][0], selfAgency, selfAgency+".2", 1)}
		}), letter(), refusal{code: gateway.CodeSignatureMismatch, number: "15", place: "XroadVnpt-hash-header"}},
		{
			"loose sender differs", tampered(func(h http.Header) { h["XroadVnpt-from"] = []string{o.wards[0].agency} }), letter(),
			refusal{code: gateway.CodeUnsignedParameter, number: "15", place: "XroadVnpt-from"},
		},
		{
			"receivers not signed", tampered(func(h http.Header) { h["XroadVnpt-to"] = []string{`["` + o.wards[0].agency + `"]`} }), letter(),
			refusal{code: gateway.CodeUnsignedParameter, number: "15", place: "XroadVnpt-to"},
		},
		{
			"other system than signed", tampered(func(h http.Header) { h["XroadVnpt-systemid"] = []string{"sys." + o.wards[0].agency} }), letter(),
			refusal{code: gateway.CodeSignatureMismatch, number: "15", place: "XroadVnpt-hash-header"},
		},
		{"other body than signed", o.vxp[o.sender.agency], o.unlike(), refusal{code: gateway.CodeHashMismatch, number: "10", place: "XroadVnpt-hash-file"}},
		{"sender of the connection differs", o.vxp[o.sender.agency], misnamed, refusal{code: gateway.CodeSenderMismatch, number: "19", place: o.wards[2].agency}},
		{"letter called a status", o.vxp[o.sender.agency], status, refusal{code: gateway.CodeInvalidStructure, number: "22", place: "messagetype"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := o.stock()
			_, err := o.exchange(tc.client, o.sender, tc.body)
			checkAnswer(t, err, tc.want)
			o.unchanged(t, before)
		})
	}
	for name, key := range map[string]string{"no key": "", "no such key": "cv_khong.co", "another's key with a letter changed": o.sender.key[:len(o.sender.key)-1] + "~"} {
		t.Run(name, func(t *testing.T) {
			o.refused(t, rest, party{o.sender.agency, key}, letter(), refusal{code: gateway.CodeUnauthenticated, status: 401})
		})
	}
	t.Run("another's letter", o.pries)
	o.carries(t)
}

// tamper changes headers after they were signed.
type tamper struct {
	http.RoundTripper
	change func(http.Header)
}

// RoundTrip implements http.RoundTripper.
func (t tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	t.change(r.Header)
	return t.RoundTripper.RoundTrip(r)
}

// unlike is a letter whose second reading gives other bytes: the hash is signed over the first.
func (o *ordeal) unlike() parcel {
	first := o.letter(o.wards[0].agency)
	readings := [][]byte{first, bytes.Replace(first, []byte("Nguyễn Văn Thử"), []byte("Nguyễn Văn Thủ"), 1)}
	return parcel{size: int64(len(first)), open: func() io.Reader {
		r := bytes.NewReader(readings[0])
		readings = readings[1:]
		return r
	}}
}

// pries lets a third system ask for a letter between two others, in every way there is.
func (o *ordeal) pries(t *testing.T) {
	body := parcelOf(o.letter(o.wards[0].agency))
	m := string(o.accepted(t, rest, o.sender, body))
	var page struct {
		Items []gateway.InboxItem `json:"items"`
	}
	o.answered(o.wards[0], "/v1/inbox", &page)
	n := slices.IndexFunc(page.Items, func(i gateway.InboxItem) bool { return string(i.Message.ID) == m })
	if n < 0 {
		t.Fatalf("the letter is not in its receiver's inbox: %+v", page.Items)
	}
	delivery := string(page.Items[n].Delivery.ID)
	missing := refusal{code: gateway.CodeNotFound, status: 404, number: "10"}
	third := o.wards[2]
	for _, path := range []string{"", "/envelope", "/files/0", "/timeline", "/receipts"} {
		status, answer := o.ask(third, http.MethodGet, "/v1/letters/"+m+path, nil)
		checkProblem(t, status, answer, missing)
	}
	status, answer := o.ask(third, http.MethodGet, "/v1/deliveries/"+delivery+"/envelope", nil)
	checkProblem(t, status, answer, missing)
	status, answer = o.ask(third, http.MethodPost, "/v1/letters/"+m+"/recall", []byte(`{"reason":"thử"}`))
	checkProblem(t, status, answer, missing)
	for _, id := range []string{m, delivery} {
		_, err := o.vxp[third.agency].Get(t.Context(), id)
		checkAnswer(t, err, missing)
		checkAnswer(t, o.vxp[third.agency].UpdateStatus(t.Context(), id, vxp.WordDone, ""), missing)
	}
	o.deniesAcks(t, third, gateway.MessageID(m), gateway.DeliveryID(delivery), sum(t, body.open()))
	o.taken(t, rest, gateway.MessageID(m), body, o.wards[0])
}

// deniesAcks: an acknowledgement by a stranger tells him nothing, not even whether a hash is right.
func (o *ordeal) deniesAcks(t *testing.T, third party, m gateway.MessageID, d gateway.DeliveryID, hash string) {
	t.Helper()
	for _, sha := range []string{"", hash, strings.Repeat("0", 64)} {
		for _, ack := range []wire.Ack{{Message: m, SHA256: sha}, {Delivery: d, SHA256: sha}} {
			out := o.acknowledge(t, third, ack)
			if out.Problem == nil || out.Problem.Code != gateway.CodeNotFound {
				t.Errorf("a stranger's acknowledgement %+v is answered %s %+v", ack, out.State, out.Problem)
			}
		}
	}
}

// TestOrdealOfDuplicates: the same again gives the first receipt at either door; the same DocumentId with other
// content is refused.
func TestOrdealOfDuplicates(t *testing.T) {
	o := besieged(t)
	letter := o.letter(o.wards[0].agency)
	first := o.travels(t, rest, parcelOf(letter), o.wards[0])
	for _, f := range []face{rest, exchange, rest} {
		if again := o.accepted(t, f, o.sender, parcelOf(letter)); again != first {
			t.Errorf("the same letter again is %s, was %s", again, first)
		}
	}
	other := parcelOf(bytes.Replace(letter, []byte("Nguyễn Văn Thử"), []byte("Trần Văn Thử"), 1))
	for _, f := range []face{rest, exchange} {
		o.refused(t, f, o.sender, other, refusal{gateway.CodeDuplicateDocument, 409, "10", selfAgency + ",2026/11/02,", ""})
	}
	o.carries(t)
}

// TestOrdealOfHeldLetters: what nobody can decide but a person is kept, marked held with its cause, and in no inbox.
func TestOrdealOfHeldLetters(t *testing.T) {
	o := besieged(t)
	for receiver, cause := range map[string]string{splitAgency: gateway.CauseSplitSuccessors, withoutSystem: gateway.CauseNoRoute} {
		for _, f := range []face{rest, exchange} {
			before := o.stock()
			m := o.accepted(t, f, o.sender, parcelOf(o.letter(receiver)))
			var h gateway.History
			o.answered(o.sender, "/v1/letters/"+string(m)+"/timeline", &h)
			if len(h.Deliveries) != 1 || h.Deliveries[0].State != gateway.DeliveryHeld || h.Deliveries[0].Cause != cause {
				t.Errorf("to %s: %+v, want one delivery held for %s", receiver, h.Deliveries, cause)
			}
			if now := o.stock(); now.inboxes != before.inboxes || now.sent != before.sent+1 {
				t.Errorf("to %s: %+v, before %+v", receiver, now, before)
			}
		}
	}
	o.carries(t)
}

// TestOrdealOfALockedReceiver: a receiver is locked, at the command line, while letters go to it. What was accepted before can
// be taken; soon after, nothing more is accepted, and once it is open again all goes on.
func TestOrdealOfALockedReceiver(t *testing.T) {
	o := besieged(t)
	ward := o.wards[0]
	entry := map[string]any{"id": ward.agency, "name": "UBND phường thử 1", "parent": selfAgency, "status": "locked", "reach": "local"}
	body := parcelOf(o.letter(ward.agency))
	m := o.accepted(t, rest, o.sender, body)
	o.directory(entry)
	time.Sleep(1500 * time.Millisecond) // what a process remembers of the directory
	for _, f := range []face{rest, exchange} {
		o.refused(t, f, o.sender, parcelOf(o.letter(ward.agency)), refusal{gateway.CodeReceiverLocked, 422, "23", ward.agency, ""})
	}
	o.taken(t, rest, m, body, ward)
	entry["status"] = "open"
	o.directory(entry)
	time.Sleep(1500 * time.Millisecond)
	o.carries(t)
}
