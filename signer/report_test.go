package signer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"congvan/signer"
)

func of(verdicts ...signer.Verdict) *signer.Report {
	r := &signer.Report{}
	for _, v := range verdicts {
		r.Signatures = append(r.Signatures, signer.Signature{Verdict: v})
	}
	return r
}

func TestADocumentIsAsGoodAsItsWorstSignature(t *testing.T) {
	good, unsure, bad := signer.Passed(), signer.Unsure(signer.TryLater), signer.Failed(signer.HashFailure)
	for name, c := range map[string]struct {
		report *signer.Report
		want   signer.Indication
		sub    signer.SubIndication
	}{
		"none":             {of(), signer.NoSignature, ""},
		"one good":         {of(good), signer.TotalPassed, ""},
		"good and unsure":  {of(good, unsure), signer.Indeterminate, signer.TryLater},
		"unsure and bad":   {of(unsure, bad, good), signer.TotalFailed, signer.HashFailure},
		"already decided":  {&signer.Report{Verdict: signer.Failed(signer.FormatFailure), Signatures: of(good).Signatures}, signer.TotalFailed, signer.FormatFailure},
		"passed is no end": {&signer.Report{Verdict: signer.Passed(), Signatures: of(bad).Signatures}, signer.TotalFailed, signer.HashFailure},
	} {
		c.report.Conclude()
		if c.report.Indication != c.want || c.report.SubIndication != c.sub {
			t.Errorf("%s: %s %s", name, c.report.Indication, c.report.SubIndication)
		}
		text, err := json.Marshal(c.report)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "null") {
			t.Errorf("%s: a list is null: %s", name, text)
		}
	}
}

func TestWorse(t *testing.T) {
	a, b := signer.Reason{Code: "a"}, signer.Reason{Code: "b"}
	for name, c := range map[string]struct{ one, other, want signer.Verdict }{
		"graver":  {signer.Passed(a), signer.Failed(signer.Expired, b), signer.Failed(signer.Expired, b, a)},
		"lighter": {signer.Failed(signer.Expired, b), signer.Unsure(signer.NoPOE, a), signer.Failed(signer.Expired, b, a)},
		"equal":   {signer.Unsure(signer.NoPOE, a), signer.Unsure(signer.TryLater, b), signer.Unsure(signer.NoPOE, a, b)},
	} {
		if diff := cmp.Diff(c.want, c.one.Worse(c.other)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRanks(t *testing.T) {
	levels := []signer.Level{"", signer.LevelLegacy, signer.LevelBB, signer.LevelBT, signer.LevelBLT, signer.LevelBLTA}
	for i := 1; i < len(levels); i++ {
		if levels[i-1].Rank() >= levels[i].Rank() {
			t.Errorf("%q is not below %q", levels[i-1], levels[i])
		}
	}
	if signer.Modification("unheard of").Rank() != signer.ModificationOther.Rank() {
		t.Error("a class that is not known is taken for harmless")
	}
}
