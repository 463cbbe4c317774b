package pdf

import (
	"cmp"
	"context"
	"crypto"
	"fmt"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/trust"
	"congvan/signer/tsa"
	"congvan/signer/validate"
)

func claimOfStamp(t *tsa.Token) validate.Claim {
	return validate.Claim{
		Certificate: t.Certificate, Use: trust.UseTimeStamping, Digests: []string{t.HashName}, Evidence: validate.EvidenceIn(t.Signed),
	}
}

// verifyStamp verifies a document time stamp over the digest of its bytes.
func (c *candidate) verifyStamp() {
	if c.sum == nil {
		if c.hash == 0 {
			c.judge(cms.Verdict(cms.ErrAlgorithm))
		}
		return
	}
	err := c.token.Verify(func(h crypto.Hash) ([]byte, error) {
		if h != c.hash {
			return nil, fmt.Errorf("digest %v was not computed", h)
		}
		return c.sum, nil
	})
	if err != nil {
		c.judge(tsa.Verdict(err))
		return
	}
	c.intact = true
}

// judgeStamps judges the document time stamps from the newest to the oldest: each that
// passes proves the existence of all that it covers, so also of the older ones
// (EN 319 102-1, 5.6.3).
func (e *examination) judgeStamps(ctx context.Context) {
	stamps := slices.DeleteFunc(slices.Clone(e.all), func(c *candidate) bool { return c.token == nil })
	slices.SortStableFunc(stamps, func(a, b *candidate) int { return cmp.Compare(b.end, a.end) })
	for _, c := range stamps {
		if c.intact && c.Indication == signer.TotalPassed {
			c.outcome = e.process.Stamp(ctx, validate.StampClaim{
				Token: c.token, Evidence: e.evidence(c), ProvenBy: e.provenBy(c),
			})
			c.judge(c.outcome.Verdict)
			c.proves = c.Indication == signer.TotalPassed
		}
		e.judgeChanges(c)
	}
}

// provenBy is the earliest time of the document time stamps, passed already, that
// cover a candidate wholly; zero for none.
func (e *examination) provenBy(c *candidate) (earliest time.Time) {
	for _, s := range e.all {
		if !s.proves || !s.covers(c) {
			continue
		}
		if earliest.IsZero() || s.token.Time.Before(earliest) {
			earliest = s.token.Time
		}
	}
	return earliest
}

// covers says whether a document time stamp covers another signature: whether all of
// it stands in the bytes before the stamp's own gap.
func (c *candidate) covers(o *candidate) bool { return c != o && o.end > 0 && o.end <= c.gap }

// signatureStamps verifies the time stamps in a signature, over its value, and sorts
// those that hold from those that do not.
func (c *candidate) signatureStamps() {
	for _, der := range c.signer.TimeStamps {
		t, err := tsa.ParseToken(der)
		if err != nil {
			c.claim.StampFailures = append(c.claim.StampFailures, tsa.Verdict(err))
			continue
		}
		if err := t.Verify(c.valueDigest); err != nil {
			c.claim.StampFailures = append(c.claim.StampFailures, tsa.Verdict(err))
			continue
		}
		c.claim.Stamps = append(c.claim.Stamps, t)
	}
}

// valueDigest is the digest of the signature value, which a signature time stamp covers.
func (c *candidate) valueDigest(h crypto.Hash) ([]byte, error) {
	if !h.Available() {
		return nil, fmt.Errorf("digest %v: %w", h, cms.ErrAlgorithm)
	}
	s := h.New()
	s.Write(c.signer.Signature)
	return s.Sum(nil), nil
}
