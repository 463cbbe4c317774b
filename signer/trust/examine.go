package trust

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/trust/signature"
)

// examine checks a chain at the moment of use, all but revocation: the anchor's window,
// the validity of each certificate (shell model), RFC 5280's rules for paths, what the
// certificate is for, and the algorithms.
func (j *Judge) examine(list *snapshot, p *path, q Question) signer.Verdict {
	all := []signer.Verdict{signer.Passed()}
	add := func(sub signer.SubIndication, r signer.Reason) { all = append(all, signer.Unsure(sub, r)) }
	for _, c := range p.chain {
		if e := list.byRaw[string(c.Raw)]; e != nil && !e.covers(q.At) {
			add(signer.NoCertificateChainFound, outsideWindow(e, q.At))
		}
	}
	all = append(all, validity(p.chain, q)...)
	for n, c := range p.chain[1:] {
		if r := mayIssue(p.chain, n+1, p.anchor.Certificate); r.Code != "" {
			add(signer.CertificateChainFailure, r)
		}
		if q.Use == UseTimeStamping && c != p.anchor.Certificate && forbidsStamping(c) {
			add(signer.ChainConstraintsFailure, stampingForbidden(c))
		}
	}
	for _, c := range p.chain {
		if len(unhandled(c)) > 0 {
			add(signer.CertificateChainFailure, criticalExtension(c, unhandled(c)))
		}
	}
	if r := constrained(p.chain); r.Code != "" {
		add(signer.CertificateChainFailure, r)
	}
	if r := policies(p.chain); r.Code != "" {
		add(signer.CertificateChainFailure, r)
	}
	all = append(all, j.purpose(q)...)
	return worst(append(all, j.strength(p.chain, q)...)...)
}

// validity checks that all certificates of a chain were valid at the moment of use.
func validity(chain []*x509.Certificate, q Question) (all []signer.Verdict) {
	for n, c := range chain {
		early, late := q.At.Before(c.NotBefore), q.At.After(c.NotAfter)
		switch {
		case early && n == 0 && q.Proven && q.At.Before(c.NotBefore.Add(-skew)):
			all = append(all, signer.Failed(signer.NotYetValid, notYetValid(c, q.At)))
		case early:
			all = append(all, signer.Unsure(signer.OutOfBoundsNoPOE, notYetValid(c, q.At)))
		case late:
			all = append(all, signer.Unsure(signer.OutOfBoundsNoPOE, expired(c, q.At, q.Proven)))
		}
	}
	return all
}

// mayIssue checks that a certificate of a chain may have issued the one before it
// (RFC 5280, 6.1.4, k to n).
func mayIssue(chain []*x509.Certificate, n int, anchor *x509.Certificate) signer.Reason {
	c := chain[n]
	old := c == anchor && c.Version < 3 && selfIssued(c) // from before there were extensions
	if !old && !authority(c) {
		return notAuthority(c)
	}
	if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0 {
		return noCertSign(c)
	}
	if c.MaxPathLen < 0 || c.MaxPathLen == 0 && !c.MaxPathLenZero {
		return signer.Reason{}
	}
	below := 0
	for _, o := range chain[1:n] {
		if !selfIssued(o) {
			below++
		}
	}
	if below > c.MaxPathLen {
		return pathTooLong(c, below)
	}
	return signer.Reason{}
}

// unhandled gives the critical extensions of a certificate that nobody here
// understands. Those below are handled here, though crypto/x509 gives up on some of them.
func unhandled(c *x509.Certificate) (ids []asn1.ObjectIdentifier) {
	for _, id := range c.UnhandledCriticalExtensions {
		if !id.Equal(oidNameConstraints) && !id.Equal(oidSubjectAltName) && !id.Equal(oidPolicyConstraints) && !id.Equal(oidAnyInhibit) {
			ids = append(ids, id)
		}
	}
	return ids
}

// constrained checks the names of all certificates below each authority that constrains
// them, but of self-issued authorities in between (RFC 5280, 6.1.3, b and c).
func constrained(chain []*x509.Certificate) signer.Reason {
	for n, c := range chain[1:] {
		limits, ok := readConstraints(c)
		if !ok {
			return constraintsUnreadable(c)
		}
		if limits == nil {
			continue
		}
		for i, below := range chain[:n+1] {
			if i > 0 && selfIssued(below) {
				continue
			}
			if !limits.allow(below) {
				return nameForbidden(below, c)
			}
		}
	}
	return signer.Reason{}
}

// purpose checks what the certificate itself is for.
func (j *Judge) purpose(q Question) (all []signer.Verdict) {
	c := q.Certificate
	switch q.Use {
	case UseSigning:
		if !j.policy.AllowsKeyUsage(c) {
			all = append(all, signer.Unsure(signer.ChainConstraintsFailure, wrongKeyUsage(c)))
		}
		if answersOnly(c) {
			all = append(all, signer.Unsure(signer.ChainConstraintsFailure, notForDocuments(c)))
		}
	case UseTimeStamping:
		if !stampsOnly(c) {
			all = append(all, signer.Unsure(signer.ChainConstraintsFailure, notForStamping(c)))
		}
	}
	return all
}

var oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}

// stampsOnly says whether a certificate has time stamping as its sole extended key
// usage, critical (RFC 3161, 2.3), and a key usage that allows to sign.
func stampsOnly(c *x509.Certificate) bool {
	critical := false
	for _, e := range c.Extensions {
		if e.Id.Equal(oidExtendedKeyUsage) {
			critical = e.Critical
		}
	}
	return critical && len(c.UnknownExtKeyUsage) == 0 && slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) &&
		(c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0)
}

// answersOnly says whether a certificate is for time stamps and OCSP answers and nothing
// else, whatever its key usage allows (RFC 5280, 4.2.1.12; RFC 3161, 2.3).
func answersOnly(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage) > 0 && len(c.UnknownExtKeyUsage) == 0 &&
		!slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool {
			return u != x509.ExtKeyUsageTimeStamping && u != x509.ExtKeyUsageOCSPSigning
		})
}

// forbidsStamping says whether an authority is itself restricted to other purposes.
func forbidsStamping(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 &&
		!slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// sha1 never holds without a proof, whatever day is asked about.
const sha1 = "SHA-1"

// strength checks the algorithms of a chain's links: the digest of each signature but
// the anchor's own, and the keys that made them. The key of the certificate itself is
// for those to check who check its signature.
func (j *Judge) strength(chain []*x509.Certificate, q Question) (all []signer.Verdict) {
	at := q.moment()
	weaker := func(ever bool, r signer.Reason) {
		sub := signer.CryptoConstraintsFailure
		if ever {
			sub = signer.CryptoConstraintsNoPOE
		}
		all = append(all, signer.Unsure(sub, r))
	}
	for n, c := range chain {
		if n < len(chain)-1 {
			a, _ := signature.OfCertificate(c) // it was read when the chain was built
			if !j.policy.Holds(a.Digest, at) || a.Digest == sha1 && !q.Proven {
				weaker(j.policy.Holds(a.Digest, time.Time{}), weakLink(c, a, at))
			}
		}
		kind, bits := signature.KeyOf(c.PublicKey)
		if n > 0 && !j.policy.KeyHolds(kind, bits, at) {
			weaker(j.policy.KeyHolds(kind, bits, time.Time{}), weakIssuer(c, kind, bits, at))
		}
	}
	return all
}
