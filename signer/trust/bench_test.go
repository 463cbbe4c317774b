package trust_test

import (
	"testing"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
)

// BenchmarkJudge asks about a person's certificate whose status is kept.
func BenchmarkJudge(b *testing.B) {
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256, democa.Ed25519} {
		for name, options := range map[string]func(*democa.Options){"ocsp": noCRL, "crl": noOCSP} {
			b.Run(string(kind)+"/"+name, func(b *testing.B) {
				h := newHouse(b, options, func(o *democa.Options) { o.Key = kind })
				c := h.person(democa.Issue{})
				want(b, h.ask(c), passed)
				b.ReportAllocs()
				for b.Loop() {
					if a := h.judge.Judge(b.Context(), trust.Question{Certificate: c, Brief: true}); a.Indication != signer.TotalPassed {
						b.Fatal(a.Reasons)
					}
				}
			})
		}
	}
}
