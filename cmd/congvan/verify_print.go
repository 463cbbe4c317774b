package main

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"congvan/cmd/congvan/wording"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// verifiedLine is a report as verify prints it: what a program looks for is always
// there, empty or null where it is not known.
type verifiedLine struct {
	File          string               `json:"file"`
	Indication    signer.Indication    `json:"indication"`
	SubIndication signer.SubIndication `json:"sub_indication"`
	Signatures    []signatureLine      `json:"signatures"`
	TimeStamps    []signatureLine      `json:"document_time_stamps"`
	*signer.Report
}

type signatureLine struct {
	Field         string               `json:"field"`
	Indication    signer.Indication    `json:"indication"`
	SubIndication signer.SubIndication `json:"sub_indication"`
	Level         signer.Level         `json:"level"`
	Coverage      signer.Coverage      `json:"coverage"`
	Modification  signer.Modification  `json:"modification"`
	Signer        string               `json:"signer"`
	Agency        string               `json:"agency"`
	AgencyCode    string               `json:"agency_code"`
	SigningTime   *time.Time           `json:"signing_time"`
	ProvenTime    *time.Time           `json:"proven_time"`
	*signer.Signature
}

func (v *verified) line() verifiedLine {
	r := v.report
	return verifiedLine{r.File, r.Indication, r.SubIndication, signatureLines(r.Signatures), signatureLines(r.TimeStamps), r}
}

func signatureLines(all []signer.Signature) []signatureLine {
	lines := make([]signatureLine, len(all))
	for i := range all {
		s := &all[i]
		lines[i] = signatureLine{
			s.Field, s.Indication, s.SubIndication, s.Level, s.Coverage, s.Modification,
			s.Signer, s.Agency, s.AgencyCode, s.SigningTime, s.ProvenTime, s,
		}
	}
	return lines
}

// verified prints a report for people.
func (t *terminal) verified(v *verified) {
	r := v.report
	t.say("%s: %s", plain(r.File), heading(r))
	if slices.ContainsFunc(r.Signatures, func(s signer.Signature) bool { return wording.Altered(&s) }) {
		t.say("  !!! VĂN BẢN ĐÃ BỊ SỬA SAU KHI KÝ; KHÔNG ĐƯỢC TIN NỘI DUNG NÀY !!!")
		t.say("  !!! THE DOCUMENT WAS ALTERED AFTER SIGNING; DO NOT BELIEVE IT  !!!")
	}
	t.reasons("  ", r.Reasons)
	if len(r.Signatures)+len(r.TimeStamps) > 0 {
		t.say("  xét lúc (judged as of) %s, theo chính sách (by the policy) “%s”", clock(&r.At), plain(r.Policy))
	}
	for i := range r.Signatures {
		t.say("  Chữ ký (signature) %d/%d, trường (field) %s", i+1, len(r.Signatures), plain(r.Signatures[i].Field))
		t.signature(&r.Signatures[i], "người ký (signer):", "khai ký lúc (claimed):")
	}
	for i := range r.TimeStamps {
		t.say("  Dấu thời gian của văn bản (document time stamp) %d/%d, trường (field) %s", i+1, len(r.TimeStamps), plain(r.TimeStamps[i].Field))
		t.signature(&r.TimeStamps[i], "nơi cấp (authority):", "đóng dấu lúc (stamped):")
	}
}

func heading(r *signer.Report) string {
	text := wording.Verdict(r.Verdict)
	if slices.ContainsFunc(r.Signatures, func(s signer.Signature) bool { return wording.Altered(&s) }) {
		text += "; văn bản đã bị sửa sau khi ký (altered after signing)"
	}
	return text + " " + code(r.Verdict)
}

// code gives a verdict in the words of EN 319 102-1.
func code(v signer.Verdict) string {
	return "[" + strings.Join(words(string(v.Indication), string(v.SubIndication)), " ") + "]"
}

// signature prints one signature, or one time stamp: whose it is and when it says it was made
// are called differently.
func (t *terminal) signature(s *signer.Signature, who, when string) {
	t.say("    %-28s %s %s", "kết luận (verdict):", wording.Verdict(s.Verdict), code(s.Verdict))
	t.fact(who, plain(s.Signer))
	t.fact("cơ quan (agency):", plain(strings.Join(words(s.Agency, s.AgencyCode), ", ")))
	t.fact(when, clock(s.SigningTime))
	t.fact("chứng minh (proven by):", clock(s.ProvenTime))
	t.fact("lý do ký (purpose):", plain(wording.Commitment(s.Claimed.Reason)))
	t.fact("mức (level):", string(s.Level))
	t.fact("bao phủ (coverage):", wording.Coverage(s.Coverage))
	t.fact("sửa sau khi ký (changes):", wording.Modification(s.Modification))
	t.fact("thuật toán (algorithm):", s.Algorithm)
	if c := s.Certificate; c != nil {
		t.fact("chứng thư (certificate):", "số (serial) "+c.Serial+", do (issued by) "+plain(c.Issuer))
	}
	t.reasons("    ", s.Reasons)
	for _, stamp := range s.Stamps {
		t.fact("dấu thời gian (stamp):", clock(&stamp.Time)+", "+plain(stamp.Authority)+": "+wording.Verdict(stamp.Verdict))
		t.reasons("      ", stamp.Reasons)
	}
}

// fact prints one line about a signature, and none where it is not known.
func (t *terminal) fact(name, value string) {
	if value != "" {
		t.say("    %-28s %s", name, value)
	}
}

func (t *terminal) reasons(indent string, all []signer.Reason) {
	for _, r := range all {
		t.say("%s- %s (%s) [%s]", indent, plain(r.Vi), plain(r.En), r.Code)
	}
}

// clock gives a moment as people in Vietnam write it; "" for none.
func clock(at *time.Time) string {
	if at == nil || at.IsZero() {
		return ""
	}
	return at.In(edxml.VietnamZone).Format("02/01/2006 15:04:05 -07:00")
}

// plain keeps what a document says of itself from steering the terminal or turning the
// direction of the text.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
