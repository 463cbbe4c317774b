package pdf

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
	"congvan/signer/validate"
)

// signature writes what was found of a candidate.
func (e *examination) signature(c *candidate) signer.Signature {
	c.settle()
	s := signer.Signature{
		Field:        c.field.Name,
		Verdict:      c.Verdict,
		Level:        e.level(c),
		Coverage:     c.coverage,
		Modification: c.changes,
		SigningTime:  c.claimedTime(),
		Claimed:      c.claimed(),
		Stamps:       c.outcome.Stamps,
	}
	if c.certifies {
		s.Permissions = c.permissions
	}
	if t := c.outcome.ProvenTime; !t.IsZero() {
		s.ProvenTime = &t
	}
	if cert := c.claim.Certificate; cert != nil {
		s.Identify(cert)
		s.Algorithm = algorithm(cert, c)
	}
	return s
}

// settle makes sure that nothing passes which was not verified from end to end.
func (c *candidate) settle() {
	whole := c.coverage == signer.CoverageFile || c.coverage == signer.CoverageRevision
	if c.Indication == signer.TotalPassed && (!c.intact || !whole || c.outcome.Indication != signer.TotalPassed) {
		c.fail(notVerified())
	}
}

// algorithm names key and digest: "RSA 2048 SHA-256".
func algorithm(cert *x509.Certificate, c *candidate) string {
	kind, bits := validate.Key(cert)
	if c.signer != nil && c.signer.AlgorithmName != "" {
		kind = c.signer.AlgorithmName
	}
	digest := ""
	if len(c.claim.Digests) > 0 {
		digest = c.claim.Digests[0]
	}
	if bits == 0 {
		return strings.TrimSpace(kind + " " + digest)
	}
	return fmt.Sprintf("%s %d %s", kind, bits, digest)
}

// claimed is what the signer wrote beside the signature.
func (c *candidate) claimed() signer.Claimed {
	return signer.Claimed{Name: c.text("Name"), Reason: c.text("Reason"), Location: c.text("Location")}
}

// maxText is how much of a text is reported, in bytes.
const maxText = 1000

func (c *candidate) text(key syntax.Name) string {
	s, err := c.first.String(c.dict[key])
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(s[:min(len(s), maxText)].Text(), "")
}

// claimedTime is when the signer says to have signed: /M, or in older forms the
// attribute of the CMS; of a time stamp, its own time.
func (c *candidate) claimedTime() *time.Time {
	if c.token != nil {
		t := c.token.Time.UTC()
		return &t
	}
	if s, err := c.first.String(c.dict["M"]); err == nil {
		if t, ok := parseDate(string(s)); ok {
			return &t
		}
	}
	if c.signer != nil && c.subFilter != subFilter {
		return c.signer.SigningTime
	}
	return nil
}

// parseDate reads a date (ISO 32000-2, 7.9.4). Where it names no zone, Vietnam's is taken.
func parseDate(s string) (time.Time, bool) {
	s = strings.ReplaceAll(strings.TrimPrefix(s, "D:"), "'", "")
	for _, layout := range []string{
		"20060102150405-0700", "20060102150405Z0000", "20060102150405Z", "20060102150405-07",
		"20060102150405", "200601021504", "20060102", "200601", "2006",
	} {
		if t, err := time.ParseInLocation(layout, s, signer.Vietnam()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
