package validate

import (
	"context"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/trust"
	"congvan/signer/tsa"
)

// StampClaim is a time stamp whose imprint and cryptography were verified.
type StampClaim struct {
	Token    *tsa.Token
	Evidence trust.Evidence
	// ProvenBy is the time of a later time stamp, itself judged as passed, that covers
	// this one; zero for none.
	ProvenBy time.Time
}

// Stamp judges a time stamp (EN 319 102-1, 5.4): its authority's certificate, at the
// time for which there is proof of the stamp, and never at the time that the stamp
// itself gives, which is what is to be proven. In the Outcome, ProvenTime is that of
// the stamp's own existence, and Stamps is empty.
func (p *Process) Stamp(ctx context.Context, c StampClaim) Outcome {
	o := Outcome{Verdict: signer.Passed(), ProvenTime: c.ProvenBy}
	whole := Claim{Certificate: c.Token.Certificate, Evidence: c.Evidence.With(EvidenceIn(c.Token.Signed)), Digests: stampDigests(c.Token), Use: trust.UseTimeStamping}
	a := p.chain(ctx, whole, &o)
	p.weigh(a, whole, &o)
	p.stampOrder(c, &o)
	if o.Indication == signer.TotalPassed && o.ProvenTime.IsZero() {
		o.soonest(p.strength(o.Chain, whole.Digests))
	}
	return o
}

// EvidenceIn is what a signature carries for its own validation: beside its
// certificates, in the attributes of CAdES and of older PDF signatures. Nil carries none.
func EvidenceIn(d *cms.SignedData) trust.Evidence {
	if d == nil {
		return trust.Evidence{}
	}
	e := trust.Evidence{Certificates: d.Certificates, CRLs: d.CRLs, OCSPs: d.OCSPs}
	for _, s := range d.Signers {
		e = e.With(trust.Evidence{
			Certificates: s.CertificateValues,
			CRLs:         slices.Concat(s.AdobeRevocation.CRLs, s.RevocationValues.CRLs),
			OCSPs:        slices.Concat(s.AdobeRevocation.OCSPs, s.RevocationValues.OCSPs),
		})
	}
	return e
}

// stampDigests are the digests that a time stamp rests on: its imprint's and its signature's.
func stampDigests(t *tsa.Token) []string {
	all := []string{t.HashName}
	if t.Signed != nil {
		for _, s := range t.Signed.Signers {
			all = append(all, s.DigestName)
		}
	}
	return all
}

// stampOrder checks the time that a stamp gives: not before its authority had its
// certificate, and not after the moment at which the stamp was there.
func (p *Process) stampOrder(c StampClaim, o *Outcome) {
	t := c.Token
	switch {
	case t.Certificate != nil && t.Time.Before(t.Certificate.NotBefore.Add(-p.tolerance)):
		o.Verdict = o.Worse(signer.Unsure(signer.TimestampOrderFailure, stampBeforeAuthority(t)))
	case t.Certificate != nil && t.Time.After(t.Certificate.NotAfter.Add(p.tolerance)):
		o.Verdict = o.Worse(signer.Unsure(signer.TimestampOrderFailure, stampAfterAuthority(t)))
	case t.Time.After(p.moment(c.ProvenBy).Add(p.tolerance)):
		o.Verdict = o.Worse(signer.Unsure(signer.TimestampOrderFailure, stampAfterProof(t.Time, p.moment(c.ProvenBy))))
	}
}

// zones is how far apart two clocks on earth may be, and a little more: many writers leave the zone
// of the time that they claim away.
const zones = 15 * time.Hour

// order checks the times of a signature against each other (EN 319 102-1, 5.5.4, steps
// 4 and 5): proven to exist only after its certificate was issued, and claimed to be
// made no later than that proof.
//
// A claim that cannot be true, to have signed before the certificate was issued, is held against the
// signature without any proof: the date of a letter rests on it. One that lies after the
// moment of judgement is not: that may have been chosen early.
func (p *Process) order(c Claim, o *Outcome) {
	if at := c.ClaimedTime; at != nil && at.Before(c.Certificate.NotBefore.Add(-zones)) {
		o.Verdict = o.Worse(signer.Unsure(signer.TimestampOrderFailure, claimedBeforeCertificate(*at, c.Certificate.NotBefore)))
	}
	if o.ProvenTime.IsZero() {
		return
	}
	if from := c.Certificate.NotBefore; o.ProvenTime.Before(from) && o.SubIndication != signer.NotYetValid {
		o.Verdict = o.Worse(orderVerdict(from, o.ProvenTime, p.tolerance))
	}
	if c.ClaimedTime != nil && c.ClaimedTime.After(o.ProvenTime.Add(p.tolerance)) {
		o.Verdict = o.Worse(signer.Unsure(signer.TimestampOrderFailure, claimedAfterProof(*c.ClaimedTime, o.ProvenTime)))
	}
}

// orderVerdict tells a signature that is older than its certificate, which cannot be
// (NOT_YET_VALID), from clocks that are a little apart.
func orderVerdict(from, proven time.Time, tolerance time.Duration) signer.Verdict {
	if proven.Before(from.Add(-tolerance)) {
		return signer.Failed(signer.NotYetValid, provenBeforeCertificate(proven, from))
	}
	return signer.Unsure(signer.TimestampOrderFailure, provenBeforeCertificate(proven, from))
}
