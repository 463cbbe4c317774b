package gateway

import (
	"testing"

	"congvan/signer"
)

func TestIsSignedBy(t *testing.T) {
	a := &Agency{
		ID: "H26.99.01", Name: "Ủy ban nhân dân quận Thử Nghiệm", Aliases: []AgencyID{"000.01.01.H99"},
		Names: []AgencyName{{Name: "UBND huyện Thử Nghiệm", To: "2025-06-30"}},
	}
	for name, c := range map[string]struct {
		signature signer.Signature
		want      bool
	}{
		"its code":               {signer.Signature{AgencyCode: "H26.99.01"}, true},
		"another code of its":    {signer.Signature{AgencyCode: "000.01.01.H99"}, true},
		"its name":               {signer.Signature{Agency: "Ủy ban nhân dân quận Thử Nghiệm"}, true},
		"its seal":               {signer.Signature{Signer: "UBND QUẬN THỬ NGHIỆM"}, true},
		"the tone set elsewhere": {signer.Signature{Agency: "Uỷ ban nhân dân quận Thử Nghiệm"}, true},
		"a name that it had":     {signer.Signature{Agency: "Ủy ban nhân dân huyện Thử Nghiệm"}, true},
		"another agency":         {signer.Signature{Signer: "Nguyễn Văn Thử", Agency: "Sở Thử Nghiệm", AgencyCode: "H26.99.02"}, false},
		"nobody":                 {signer.Signature{}, false},
	} {
		c.signature.Verdict = signer.Passed()
		if got := isSignedBy(a, &signer.Report{Signatures: []signer.Signature{c.signature}}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		c.signature.Verdict = signer.Failed(signer.HashFailure)
		if isSignedBy(a, &signer.Report{Signatures: []signer.Signature{c.signature}}) {
			t.Errorf("%s: a signature that failed counts", name)
		}
	}
}
