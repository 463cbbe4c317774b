package xmlsig

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/validate"
	"congvan/signer/xml/canon"
)

// Options say what a Verifier works with.
type Options struct {
	// Process judges what the signatures claim; needed.
	Process *validate.Process
	// Policy is the one that the Process works by; nil: signer.DefaultPolicy.
	Policy *signer.Policy
	// Now gives the moment for which documents are judged; nil: time.Now.
	Now    func() time.Time
	Limits Limits
}

// Verifier judges the XML signatures of messages. It may be used concurrently.
type Verifier struct {
	process *validate.Process
	policy  *signer.Policy
	now     func() time.Time
	limits  Limits
}

// NewVerifier makes a Verifier.
func NewVerifier(o Options) *Verifier {
	v := &Verifier{process: o.Process, policy: o.Policy, now: o.Now, limits: o.Limits.orDefault()}
	if v.policy == nil {
		v.policy = signer.DefaultPolicy()
	}
	if v.now == nil {
		v.now = time.Now
	}
	return v
}

// Verify judges the signature of a message. It never fails: what cannot be read is a
// verdict. Memory does not grow with the payloads, which are read once for the document
// and once for each reference to them.
//
// A signature is reported with its path in Field. Coverage is ENTIRE_FILE for one that
// covers the whole document as it is, and UNCLEAR for any other.
func (v *Verifier) Verify(ctx context.Context, m Message) *signer.Report {
	now := v.now()
	report := &signer.Report{Policy: v.policy.Name, At: now}
	doc, err := m.parse(v.limits.Document)
	if err != nil {
		report.Verdict = signer.Failed(signer.FormatFailure, documentUnreadable(err))
		report.Conclude()
		return report
	}
	found, decorative := candidates(doc)
	for _, n := range found {
		c := &checked{where: path(n), verdict: signer.Failed(signer.FormatFailure, several())}
		if len(found) == 1 {
			c = check(ctx, doc, n, m, v.limits)
		}
		v.report(ctx, doc, c, now, report)
	}
	for _, n := range decorative {
		report.Signatures = append(report.Signatures, signer.Signature{
			Field: path(n), Coverage: signer.CoverageUnclear,
			Verdict: signer.Unsure(signer.NoSigningCertificateFound, notVerifiable(), decoration(short(n.Space))),
		})
	}
	report.Conclude()
	return report
}

// report judges what was checked and adds it to the report.
func (v *Verifier) report(ctx context.Context, doc *canon.Document, c *checked, now time.Time, r *signer.Report) {
	s := signer.Signature{Field: c.where, Verdict: c.verdict, Coverage: signer.CoverageUnclear}
	if c.certificate != nil {
		describe(&s, c)
	}
	if c.verdict.Indication == signer.TotalPassed {
		s.Coverage, s.Modification = signer.CoverageFile, signer.ModificationNone
		v.judge(ctx, doc, c, now, &s, r)
	}
	r.Signatures = append(r.Signatures, s)
}

// judge takes a signature whose cryptography holds through the validation process.
func (v *Verifier) judge(ctx context.Context, doc *canon.Document, c *checked, now time.Time, s *signer.Signature, r *signer.Report) {
	claim := c.claim()
	claim.Stamps, claim.StampFailures = c.signature.verifyStamps(doc)
	s.Level = c.level(len(claim.Stamps))
	o := v.process.At(now).Signature(ctx, claim)
	s.Verdict = s.Worse(o.Verdict)
	p := c.signature.properties
	switch {
	case p == nil:
		s.Reasons = append(s.Reasons, plainSignature())
	case !p.bound && v.policy.Signer.RequireSigningCertificate:
		s.Verdict = s.Worse(signer.Unsure(signer.SigConstraintsFailed, certificateUnbound()))
	}
	s.Stamps = o.Stamps
	if !o.ProvenTime.IsZero() {
		s.ProvenTime = &o.ProvenTime
	}
	if !o.Recheck.IsZero() && (r.Recheck == nil || o.Recheck.Before(*r.Recheck)) {
		r.Recheck = &o.Recheck
	}
}

// level tells the baseline level by what is there and holds cryptographically. Higher
// levels than B-T are not told: what they add is used as evidence.
func (c *checked) level(stamps int) signer.Level {
	p := c.signature.properties
	switch {
	case p == nil || !p.bound:
		return signer.LevelLegacy
	case stamps == 0:
		return signer.LevelBB
	}
	return signer.LevelBT
}

// claim is what the validation process judges.
func (c *checked) claim() validate.Claim {
	s := c.signature
	claim := validate.Claim{Certificate: c.certificate, Evidence: s.evidence(), Digests: c.digests(), Use: trust.UseSigning}
	if s.properties != nil {
		claim.ClaimedTime = s.properties.time
	}
	return claim
}

// digests names all digests that the signature rests on, its own first.
func (c *checked) digests() (names []string) {
	if h := c.signature.algorithm.hash; h != 0 {
		names = append(names, h.String())
	}
	for _, t := range c.targets {
		names = append(names, t.hash.String())
	}
	if p := c.signature.properties; p != nil && p.bound {
		names = append(names, p.certHash.String())
	}
	return names
}

// evidence is what came along: KeyInfo's certificates and the unsigned properties.
func (s *signature) evidence() trust.Evidence {
	e := trust.Evidence{Certificates: s.certs}
	if s.properties == nil {
		return e
	}
	e.CRLs, e.OCSPs = s.properties.crls, s.properties.ocsps
	for _, der := range s.properties.certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			e.Certificates = append(e.Certificates, c)
		}
	}
	return e
}

// describe says who signed with what. Of a signature that does not verify it is only
// what the signature says of itself.
func describe(s *signer.Signature, c *checked) {
	s.Identify(c.certificate)
	s.Algorithm = c.signature.algorithm.name(c.certificate)
	if p := c.signature.properties; p != nil {
		s.SigningTime = p.time
		s.Claimed = signer.Claimed{Name: strings.Join(p.roles, ", "), Reason: p.commitment, Location: p.place}
	}
}
