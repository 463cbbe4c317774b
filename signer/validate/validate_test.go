package validate

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/tsa"
)

// registrar believes every certificate within its validity, as long as it is not told
// otherwise, and remembers what it was asked.
type registrar struct {
	asked   []trust.Question
	answers map[*x509.Certificate]trust.Answer
}

func (r *registrar) Judge(_ context.Context, q trust.Question) trust.Answer {
	r.asked = append(r.asked, q)
	if a, told := r.answers[q.Certificate]; told {
		return a
	}
	a := trust.Answer{Verdict: signer.Passed(), Chain: []*x509.Certificate{q.Certificate}}
	if q.At.Before(q.Certificate.NotBefore) || q.At.After(q.Certificate.NotAfter) {
		a.Verdict = signer.Unsure(signer.OutOfBoundsNoPOE)
	}
	return a
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// certificate makes one that is valid from one day to another.
func certificate(t testing.TB, from, to string, change ...func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certificateFor(t, key, from, to, change...)
}

func certificateFor(t testing.TB, key crypto.Signer, from, to string, change ...func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Nguyễn Văn Ví Dụ"},
		NotBefore: day(from), NotAfter: day(to), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	for _, f := range change {
		f(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return c
}

func stamp(at string, authority *x509.Certificate) *tsa.Token {
	return &tsa.Token{Time: day(at), Hash: crypto.SHA256, HashName: "SHA-256", Certificate: authority}
}

func codes(v signer.Verdict) (all []string) {
	for _, r := range v.Reasons {
		all = append(all, r.Code)
	}
	return all
}

func TestSignature(t *testing.T) {
	const now = "2026-06-01"
	var (
		valid   = certificate(t, "2025-01-01", "2027-01-01")
		expired = certificate(t, "2020-01-01", "2022-01-01")
		old     = certificate(t, "2012-01-01", "2016-06-01")
		tsaNow  = certificate(t, "2010-01-01", "2030-01-01")
		tsaOld  = certificate(t, "2010-01-01", "2023-01-01")
		unknown = certificate(t, "2010-01-01", "2030-01-01")
		revoked = certificate(t, "2025-01-01", "2027-01-01")
		weak    = certificate(t, "2012-01-01", "2016-06-01")
		small   = certificateFor(t, rsaKey(t, 1024), "2025-01-01", "2027-01-01")
	)
	at := func(s string) *time.Time { d := day(s); return &d }
	trusted := map[*x509.Certificate]trust.Answer{
		unknown: {Verdict: signer.Unsure(signer.NoCertificateChainFound, signer.Reason{Code: "no-chain"})},
		revoked: {Verdict: signer.Unsure(signer.RevokedNoPOE, signer.Reason{Code: "revoked"})},
		weak:    {Verdict: signer.Passed(), Weak: []string{"CA: SHA-1"}},
	}
	sha256 := []string{"SHA-256"}
	tests := []struct {
		name       string
		claim      Claim
		indication signer.Indication
		sub        signer.SubIndication
		proven     string
		code       string // one of the reasons
	}{
		{name: "valid now", claim: Claim{Certificate: valid, Digests: sha256}, indication: signer.TotalPassed},
		{name: "expired, nothing proven", claim: Claim{Certificate: expired, Digests: sha256}, indication: signer.Indeterminate, sub: signer.OutOfBoundsNoPOE},
		{name: "expired, stamped before", claim: Claim{Certificate: expired, Digests: sha256, Stamps: []*tsa.Token{stamp("2021-01-01", tsaNow)}}, indication: signer.TotalPassed, proven: "2021-01-01"},
		{name: "expired, stamped afterwards", claim: Claim{Certificate: expired, Digests: sha256, Stamps: []*tsa.Token{stamp("2024-01-01", tsaNow)}}, indication: signer.Indeterminate, sub: signer.OutOfBoundsNoPOE, proven: "2024-01-01"},
		{name: "the stamp's authority is not believed", claim: Claim{Certificate: expired, Digests: sha256, Stamps: []*tsa.Token{stamp("2021-01-01", unknown)}}, indication: signer.Indeterminate, sub: signer.OutOfBoundsNoPOE, code: "time-stamp-unproven"},
		{name: "the stamp's authority has expired", claim: Claim{Certificate: expired, Digests: sha256, Stamps: []*tsa.Token{stamp("2021-01-01", tsaOld)}}, indication: signer.Indeterminate, sub: signer.OutOfBoundsNoPOE, code: "time-stamp-unproven"},
		{name: "the stamp's authority has expired, but a later stamp proves it", claim: Claim{Certificate: expired, Digests: sha256, Stamps: []*tsa.Token{stamp("2021-01-01", tsaOld)}, ProvenBy: day("2022-12-01")}, indication: signer.TotalPassed, proven: "2021-01-01"},
		{name: "the earliest of several proofs", claim: Claim{Certificate: expired, Digests: sha256, Stamps: []*tsa.Token{stamp("2021-03-01", tsaNow), stamp("2021-02-01", tsaNow)}, ProvenBy: day("2025-01-01")}, indication: signer.TotalPassed, proven: "2021-02-01"},
		{name: "a broken stamp leaves a valid signature valid", claim: Claim{Certificate: valid, Digests: sha256, StampFailures: []signer.Verdict{signer.Failed(signer.HashFailure)}}, indication: signer.TotalPassed, code: "time-stamp-broken"},
		{name: "revoked", claim: Claim{Certificate: revoked, Digests: sha256}, indication: signer.Indeterminate, sub: signer.RevokedNoPOE, code: "revoked"},
		{name: "proven before it could be", claim: Claim{Certificate: valid, Digests: sha256, Stamps: []*tsa.Token{stamp("2024-01-01", tsaNow)}}, indication: signer.TotalFailed, sub: signer.NotYetValid, proven: "2024-01-01", code: "signed-before-certificate"},
		{name: "claims to be older than its certificate", claim: Claim{Certificate: valid, Digests: sha256, ClaimedTime: at("2001-01-01")}, indication: signer.Indeterminate, sub: signer.TimestampOrderFailure, code: "claimed-before-certificate"},
		{name: "claims to be older than its certificate, and is stamped", claim: Claim{Certificate: valid, Digests: sha256, Stamps: []*tsa.Token{stamp("2026-01-01", tsaNow)}, ClaimedTime: at("2001-01-01")}, indication: signer.Indeterminate, sub: signer.TimestampOrderFailure, proven: "2026-01-01", code: "claimed-before-certificate"},
		{name: "claims a time of the other side of the earth", claim: Claim{Certificate: valid, Digests: sha256, ClaimedTime: new(valid.NotBefore.Add(-14 * time.Hour))}, indication: signer.TotalPassed},
		{name: "claims to be younger than its stamp", claim: Claim{Certificate: valid, Digests: sha256, Stamps: []*tsa.Token{stamp("2026-01-01", tsaNow)}, ClaimedTime: at("2026-01-02")}, indication: signer.Indeterminate, sub: signer.TimestampOrderFailure, proven: "2026-01-01", code: "claimed-after-time-stamp"},
		{name: "claims a time that nothing speaks against", claim: Claim{Certificate: valid, Digests: sha256, ClaimedTime: at("2027-01-02")}, indication: signer.TotalPassed},
		{name: "stamp of the future", claim: Claim{Certificate: valid, Digests: sha256, Stamps: []*tsa.Token{stamp("2026-07-01", tsaNow)}}, indication: signer.TotalPassed, code: "time-stamp-unproven"},
		{name: "stamp younger than what covers it", claim: Claim{Certificate: valid, Digests: sha256, Stamps: []*tsa.Token{stamp("2026-03-01", tsaNow)}, ProvenBy: day("2026-02-01")}, indication: signer.TotalPassed, proven: "2026-02-01", code: "time-stamp-unproven"},
		{name: "SHA-1 without proof", claim: Claim{Certificate: valid, Digests: []string{"SHA-1"}}, indication: signer.Indeterminate, sub: signer.CryptoConstraintsNoPOE, code: "weak-digest"},
		{name: "SHA-1 proven in its days", claim: Claim{Certificate: old, Digests: []string{"SHA-1"}, Stamps: []*tsa.Token{stamp("2015-12-31", tsaNow)}}, indication: signer.TotalPassed, proven: "2015-12-31"},
		{name: "SHA-1 proven after its days", claim: Claim{Certificate: old, Digests: []string{"SHA-1"}, Stamps: []*tsa.Token{stamp("2016-01-01", tsaNow)}}, indication: signer.Indeterminate, sub: signer.CryptoConstraintsNoPOE, proven: "2016-01-01", code: "weak-digest"},
		{name: "a digest that never held", claim: Claim{Certificate: valid, Digests: []string{"MD5"}}, indication: signer.Indeterminate, sub: signer.CryptoConstraintsFailure, code: "weak-digest"},
		{name: "one of two digests is weak", claim: Claim{Certificate: valid, Digests: []string{"SHA-256", "SHA-1"}}, indication: signer.Indeterminate, sub: signer.CryptoConstraintsNoPOE, code: "weak-digest"},
		{name: "small key", claim: Claim{Certificate: small, Digests: sha256}, indication: signer.Indeterminate, sub: signer.CryptoConstraintsNoPOE, code: "weak-key"},
		{name: "weak chain, proven in its days", claim: Claim{Certificate: weak, Digests: sha256, ProvenBy: day("2015-01-01")}, indication: signer.TotalPassed, proven: "2015-01-01"},
		{name: "weak chain, proven later", claim: Claim{Certificate: weak, Digests: sha256, ProvenBy: day("2016-02-01")}, indication: signer.Indeterminate, sub: signer.CryptoConstraintsNoPOE, proven: "2016-02-01", code: "weak-chain"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &registrar{answers: trusted}
			o := New(Options{Trust: r, Now: func() time.Time { return day(now) }}).Signature(t.Context(), test.claim)
			if o.Indication != test.indication || o.SubIndication != test.sub {
				t.Errorf("judged %s %s, want %s %s: %v", o.Indication, o.SubIndication, test.indication, test.sub, codes(o.Verdict))
			}
			proven := ""
			if !o.ProvenTime.IsZero() {
				proven = o.ProvenTime.Format(time.DateOnly)
			}
			if proven != test.proven {
				t.Errorf("proven %q, want %q", proven, test.proven)
			}
			if test.code != "" && !slices.Contains(codes(o.Verdict), test.code) {
				t.Errorf("no reason %s among %v", test.code, codes(o.Verdict))
			}
			if len(o.Stamps) != len(test.claim.Stamps)+len(test.claim.StampFailures) {
				t.Errorf("%d verdicts on %d stamps", len(o.Stamps), len(test.claim.Stamps)+len(test.claim.StampFailures))
			}
		})
	}
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestQuestions sees at which times trust is asked about whom.
func TestQuestions(t *testing.T) {
	cert, authority := certificate(t, "2020-01-01", "2022-01-01"), certificate(t, "2010-01-01", "2024-01-01")
	r, now := &registrar{}, day("2026-06-01")
	p := New(Options{Trust: r}).At(now)
	p.Signature(t.Context(), Claim{
		Certificate: cert, Digests: []string{"SHA-256"}, Stamps: []*tsa.Token{stamp("2021-05-05", authority)}, ProvenBy: day("2023-01-01"),
	})
	if len(r.asked) != 2 {
		t.Fatalf("asked %d times", len(r.asked))
	}
	of, sign := r.asked[0], r.asked[1]
	if of.Certificate != authority || of.Use != trust.UseTimeStamping || !of.Proven || !of.At.Equal(day("2023-01-01")) || !of.Now.Equal(now) {
		t.Errorf("asked of the authority: %+v", of)
	}
	if sign.Certificate != cert || sign.Use != trust.UseSigning || !sign.Proven || !sign.At.Equal(day("2021-05-05")) || !sign.Now.Equal(now) {
		t.Errorf("asked of the signer: %+v", sign)
	}
}

func TestRecheck(t *testing.T) {
	now := day("2026-06-01")
	valid, authority := certificate(t, "2025-01-01", "2027-01-01"), certificate(t, "2025-01-01", "2028-01-01")
	ending := certificate(t, "2025-01-01", "2026-06-10")
	later := certificate(t, "2025-01-01", "2027-01-01")
	r := &registrar{answers: map[*x509.Certificate]trust.Answer{
		later: {Verdict: signer.Unsure(signer.TryLater), Recheck: now.Add(time.Hour)},
	}}
	p := New(Options{Trust: r}).At(now)
	sha256 := []string{"SHA-256"}
	tests := []struct {
		name  string
		claim Claim
		want  time.Time
	}{
		{"unproven: before the certificate ends", Claim{Certificate: valid, Digests: sha256}, day("2027-01-01").Add(-Lead)},
		{"unproven and ending soon: tomorrow", Claim{Certificate: ending, Digests: sha256}, now.Add(24 * time.Hour)},
		{"stamped: before the stamp's authority ends", Claim{Certificate: valid, Digests: sha256, Stamps: []*tsa.Token{stamp("2026-01-01", authority)}}, day("2028-01-01").Add(-Lead)},
		{"proven by a later stamp, whose matter it is", Claim{Certificate: valid, Digests: sha256, ProvenBy: day("2026-02-02")}, time.Time{}},
		{"revocation data to come", Claim{Certificate: later, Digests: sha256}, now.Add(time.Hour)},
	}
	for _, test := range tests {
		if got := p.Signature(t.Context(), test.claim).Recheck; !got.Equal(test.want) {
			t.Errorf("%s: recheck at %v, want %v", test.name, got, test.want)
		}
	}
}

func TestExtendedKeyUsage(t *testing.T) {
	policy := signer.DefaultPolicy()
	policy.Signer.ExtendedKeyUsage = []string{"1.3.6.1.5.5.7.3.36"}
	p := New(Options{Trust: &registrar{}, Policy: policy}).At(day("2026-06-01"))
	with := func(oids ...asn1.ObjectIdentifier) *x509.Certificate {
		return certificate(t, "2025-01-01", "2027-01-01", func(c *x509.Certificate) { c.UnknownExtKeyUsage = oids })
	}
	documents, mail, anything := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}, asn1.ObjectIdentifier{2, 5, 29, 37, 0}
	for _, test := range []struct {
		name string
		cert *x509.Certificate
		want signer.Indication
	}{
		{"absent", with(), signer.TotalPassed},
		{"documents", with(mail, documents), signer.TotalPassed},
		{"any", with(anything), signer.TotalPassed},
		{"mail only", with(mail), signer.Indeterminate},
	} {
		if o := p.Signature(t.Context(), Claim{Certificate: test.cert, Digests: []string{"SHA-256"}}); o.Indication != test.want {
			t.Errorf("%s: %s %v", test.name, o.Indication, codes(o.Verdict))
		}
	}
}

// TestNeverBetter holds the whole process against what may never be: a verdict better
// than trust's, SHA-1 passed without a proof from its days, a proof later than any of its
// parts, a verdict without a reason.
func TestNeverBetter(t *testing.T) {
	cert, authority := certificate(t, "2012-01-01", "2027-01-01"), certificate(t, "2010-01-01", "2035-01-01")
	rapid.Check(t, func(t *rapid.T) {
		date := func(name string) time.Time {
			return day("2009-01-01").AddDate(0, 0, rapid.IntRange(0, 9000).Draw(t, name))
		}
		now := date("now")
		r := &registrar{answers: map[*x509.Certificate]trust.Answer{}}
		if rapid.Bool().Draw(t, "doubted") {
			r.answers[cert] = trust.Answer{Verdict: signer.Unsure(signer.TryLater, signer.Reason{Code: "later"})}
		}
		c := Claim{Certificate: cert, Digests: []string{rapid.SampledFrom([]string{"SHA-1", "SHA-256"}).Draw(t, "digest")}}
		for range rapid.IntRange(0, 3).Draw(t, "stamps") {
			s := stamp("2020-01-01", authority)
			s.Time = date("stamp")
			c.Stamps = append(c.Stamps, s)
		}
		if rapid.Bool().Draw(t, "covered") {
			c.ProvenBy = date("proof")
		}
		o := New(Options{Trust: r}).At(now).Signature(t.Context(), c)
		if o.Indication != signer.TotalPassed {
			if o.SubIndication == "" {
				t.Fatalf("%s without a sub-indication", o.Indication)
			}
			return
		}
		if _, doubted := r.answers[cert]; doubted {
			t.Fatal("passed what trust did not")
		}
		if c.Digests[0] == "SHA-1" && (o.ProvenTime.IsZero() || !o.ProvenTime.Before(day("2016-01-01"))) {
			t.Fatalf("SHA-1 passed with proof at %v", o.ProvenTime)
		}
		if !c.ProvenBy.IsZero() && o.ProvenTime.After(c.ProvenBy) {
			t.Fatalf("proven at %v, later than %v", o.ProvenTime, c.ProvenBy)
		}
	})
}
