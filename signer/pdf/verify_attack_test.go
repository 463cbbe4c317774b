package pdf

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
	"congvan/signer/validate"
)

// credulous believes every certificate, so that only what the file itself is stands
// between a signature and TOTAL_PASSED.
type credulous struct{}

func (credulous) Judge(_ context.Context, q trust.Question) trust.Answer {
	return trust.Answer{Verdict: signer.Passed(), Chain: []*x509.Certificate{q.Certificate}}
}

func credulousVerifier(at time.Time) *Verifier {
	now := func() time.Time { return at }
	return NewVerifier(Options{Process: validate.New(validate.Options{Trust: credulous{}, Now: now}), Now: now})
}

func examine(t testing.TB, file []byte) *signer.Report {
	t.Helper()
	r := credulousVerifier(noon).Verify(t.Context(), bytes.NewReader(file), int64(len(file)))
	sound(t, r)
	return r
}

// sound checks what holds of every report.
func sound(t testing.TB, r *signer.Report) {
	t.Helper()
	all := append(slices.Clone(r.Signatures), r.TimeStamps...)
	for _, s := range all {
		if s.Indication == signer.TotalPassed && s.Coverage != signer.CoverageFile && s.Coverage != signer.CoverageRevision {
			t.Errorf("%s passes with coverage %s", s.Field, s.Coverage)
		}
		if s.Indication != signer.TotalPassed && (s.SubIndication == "" || len(s.Reasons) == 0) {
			t.Errorf("%s is %s without saying why", s.Field, s.Indication)
		}
		for _, reason := range s.Reasons {
			if reason.Code == "" || reason.Vi == "" || reason.En == "" {
				t.Errorf("%s: half a reason: %+v", s.Field, reason)
			}
		}
	}
}

func person(t testing.TB) *democa.Identity {
	t.Helper()
	ca, err := democa.New(noon, democa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Person(democa.Subject{Name: "Nguyễn Thị Vĩnh", Agency: "Ủy ban nhân dân xã Thử Nghiệm", Code: "H26.99.1"}, democa.Issue{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func reasonCodes(v signer.Verdict) (all []string) {
	for _, r := range v.Reasons {
		all = append(all, r.Code)
	}
	return all
}

func TestHonestSignature(t *testing.T) {
	r := examine(t, sketchStart("Kinh gui").sign(t, person(t), fault{}).Bytes())
	if r.Indication != signer.TotalPassed || len(r.Signatures) != 1 {
		t.Fatalf("%s with %d signatures: %+v", r.Indication, len(r.Signatures), r.Signatures)
	}
	s := r.Signatures[0]
	if s.Level != signer.LevelBB || s.Coverage != signer.CoverageFile || s.Modification != signer.ModificationNone {
		t.Errorf("level %s, coverage %s, modification %s", s.Level, s.Coverage, s.Modification)
	}
	if s.Signer != "Nguyễn Thị Vĩnh" || s.Agency != "Ủy ban nhân dân xã Thử Nghiệm" || s.AgencyCode != "H26.99.1" {
		t.Errorf("signed by %q of %q %q", s.Signer, s.Agency, s.AgencyCode)
	}
	if s.SigningTime == nil || !s.SigningTime.Equal(noon) || s.ProvenTime != nil {
		t.Errorf("claimed %v, proven %v", s.SigningTime, s.ProvenTime)
	}
	if s.Algorithm != "ECDSA 256 SHA-256" {
		t.Errorf("algorithm %q", s.Algorithm)
	}
}

func TestTwoHonestSignatures(t *testing.T) {
	id := person(t)
	r := examine(t, sketchStart("Kinh gui").sign(t, id, fault{}).sign(t, id, fault{}).Bytes())
	if r.Indication != signer.TotalPassed || len(r.Signatures) != 2 {
		t.Fatalf("%s with %d signatures: %+v", r.Indication, len(r.Signatures), r.Signatures)
	}
	first, second := r.Signatures[0], r.Signatures[1]
	if first.Coverage != signer.CoverageRevision || first.Modification != signer.ModificationForm {
		t.Errorf("the first: coverage %s, modification %s", first.Coverage, first.Modification)
	}
	if second.Coverage != signer.CoverageFile || second.Modification != signer.ModificationNone {
		t.Errorf("the second: coverage %s, modification %s", second.Coverage, second.Modification)
	}
}

// TestAttacks signs with one fault each. The cryptography holds wherever it can, and
// everybody is believed: the faults alone must keep the signatures from passing.
func TestAttacks(t *testing.T) {
	fixed := func(s string) func([4]int) string { return func([4]int) string { return s } }
	contents := func(s string) func([]byte) string { return func([]byte) string { return s } }
	tests := []struct {
		name  string
		fault fault
		sub   signer.SubIndication // empty: FORMAT_FAILURE
		code  string
	}{
		{name: "ByteRange null", fault: fault{ranges: fixed("null")}, code: "byte-range-missing"},
		{name: "ByteRange a name", fault: fault{ranges: fixed("/All")}, code: "byte-range-missing"},
		{name: "ByteRange empty", fault: fault{ranges: fixed("[]")}, code: "byte-range-malformed"},
		{name: "ByteRange of one range", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d]", n[1]) }}, code: "byte-range-malformed"},
		{name: "ByteRange of three ranges", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 10 20 %d %d %d]", n[1]-20, n[2], n[3]) }}, code: "byte-range-malformed"},
		{name: "ByteRange of reals", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0.0 %d.0 %d %d]", n[1], n[2], n[3]) }}, code: "byte-range-malformed"},
		{name: "ByteRange with a reference", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d 9 0 R %d]", n[1], n[3]) }}, code: "byte-range-malformed"},
		{name: "ByteRange by reference", fault: fault{ranges: fixed("9 0 R")}, code: "byte-range-missing"},
		{name: "ByteRange not from the start", fault: fault{
			ranges:  func(n [4]int) string { return fmt.Sprintf("[9 %d %d %d]", n[1]-9, n[2], n[3]) },
			covered: func(b []byte, n [4]int) []byte { return slices.Concat(b[9:n[1]], b[n[2]:]) },
		}, code: "byte-range-start"},
		{name: "ByteRange from before the start", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[-1 %d %d %d]", n[1], n[2], n[3]) }}, code: "byte-range-start"},
		{name: "ByteRange with a negative length", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d %d -1]", n[1], n[2]) }}, code: "byte-range-order"},
		{name: "ByteRange overlapping", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d 5 %d]", n[1], n[3]) }}, code: "byte-range-order"},
		{name: "ByteRange without a gap", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1], n[1], n[3]) }}, code: "byte-range-order"},
		{name: "ByteRange beyond the file", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1], n[2], n[3]+1) }}, code: "byte-range-beyond-file"},
		{name: "ByteRange of 2^63-1", fault: fault{ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d %d 9223372036854775807]", n[1], n[2]) }}, code: "byte-range-beyond-file"},
		{name: "gap begins early", fault: fault{
			ranges:  func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1]-1, n[2], n[3]) },
			covered: func(b []byte, n [4]int) []byte { return slices.Concat(b[:n[1]-1], b[n[2]:]) },
		}, code: "byte-range-gap"},
		{name: "gap ends late", fault: fault{
			ranges:  func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1], n[2]+1, n[3]-1) },
			covered: func(b []byte, n [4]int) []byte { return slices.Concat(b[:n[1]], b[n[2]+1:]) },
		}, code: "byte-range-gap"},
		{name: "gap without the brackets", fault: fault{
			ranges: func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1]+1, n[2]-1, n[3]+1) },
			covered: func(b []byte, n [4]int) []byte {
				return slices.Concat(b[:n[1]+1], b[n[2]-1:])
			},
		}, code: "byte-range-gap"},
		{name: "gap over the end of the dictionary", fault: fault{
			ranges:  func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1], n[2]+20, n[3]-20) },
			covered: func(b []byte, n [4]int) []byte { return slices.Concat(b[:n[1]], b[n[2]+20:]) },
		}, code: "byte-range-gap"},
		{name: "end uncovered", fault: fault{
			ranges:  func(n [4]int) string { return fmt.Sprintf("[0 %d %d %d]", n[1], n[2], n[3]-20) },
			covered: func(b []byte, n [4]int) []byte { return slices.Concat(b[:n[1]], b[n[2]:len(b)-20]) },
		}, code: "byte-range-tail"},
		{name: "covers bytes behind its revision", fault: fault{tail: "%" + strings.Repeat("x", 80) + "\n"}, code: "byte-range-tail"},
		{name: "Contents empty", fault: fault{contents: contents("<>")}, code: "contents-empty"},
		{name: "Contents zero", fault: fault{contents: contents("<00>")}, code: "contents-empty"},
		{name: "Contents null", fault: fault{contents: contents("null")}, code: "contents-missing"},
		{name: "Contents by reference", fault: fault{contents: contents("99 0 R")}, code: "contents-not-hex"},
		{name: "Contents a literal string", fault: fault{contents: contents("(abc)")}, code: "contents-not-hex"},
		{name: "Contents a number", fault: fault{contents: contents("1")}, code: "contents-not-hex"},
		{name: "Contents no signature", fault: fault{contents: contents("<DEADBEEF>")}, code: "signature-malformed"},
		{name: "Contents twice", fault: fault{before: "/Contents<30030201>"}, code: "signature-unreadable"},
		{name: "ByteRange twice", fault: fault{after: "/ByteRange[0 1 2 3]"}, code: "signature-unreadable"},
		{name: "signature inside the field", fault: fault{value: func(int) string { return "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>" }}, code: "signature-not-indirect"},
		{name: "value a number", fault: fault{value: func(int) string { return "7" }}, code: "signature-not-indirect"},
		{name: "value dangling", fault: fault{value: func(int) string { return "77 0 R" }}, code: "signature-unreadable"},
		{name: "value another dictionary", fault: fault{value: func(int) string { return "1 0 R" }}, code: "contents-missing"},
		{name: "field outside the form", fault: fault{form: func(string) string { return "<</Fields[]/SigFlags 3>>" }}, code: "field-outside-form"},
		{name: "certification outside the form", fault: fault{
			form: func(string) string { return "<</Fields[]/SigFlags 3>>" }, value: func(int) string { return "null" }, certify: "/Perms<</DocMDP %d 0 R>>",
		}, code: "field-outside-form"},
		{name: "unknown form of signature", fault: fault{subFilter: "adbe.pkcs7.future"}, code: "sub-filter-unknown"},
		{name: "digest of something else", fault: fault{covered: func(b []byte, _ [4]int) []byte { return b }}, sub: signer.HashFailure, code: "digest-mismatch"},
		{name: "signature value altered", fault: fault{der: func(der []byte) []byte { der[len(der)-1] ^= 1; return der }}, sub: signer.SigCryptoFailure, code: "signature-invalid"},
		{name: "time stamp that is none", fault: fault{subFilter: subFilterStamp}, code: "time-stamp-signature-malformed"},
	}
	id := person(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := examine(t, sketchStart("Kinh gui").sign(t, id, test.fault).Bytes())
			all := append(slices.Clone(r.Signatures), r.TimeStamps...)
			if len(all) != 1 {
				t.Fatalf("%d signatures: %v %+v", len(all), r.Verdict, r.Signatures)
			}
			want := test.sub
			if want == "" {
				want = signer.FormatFailure
			}
			s := all[0]
			if s.Indication != signer.TotalFailed || s.SubIndication != want || !slices.Contains(reasonCodes(s.Verdict), test.code) {
				t.Errorf("%s %s for %v; want TOTAL_FAILED %s for %s", s.Indication, s.SubIndication, s.Reasons, want, test.code)
			}
			if len(r.Signatures) > 0 && r.Indication == signer.TotalPassed {
				t.Error("the document passes")
			}
		})
	}
}
