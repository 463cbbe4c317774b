package pdf

import (
	"bytes"
	"crypto/x509"
	"slices"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/crl"
	"congvan/signer/trust/ocsp"
	"congvan/signer/tsa"
)

// level tells the baseline level of a signature (EN 319 142-1, 6.3) by what is there
// and holds cryptographically; whether it is believed is the verdict's to say.
func (e *examination) level(c *candidate) signer.Level {
	switch {
	case c.isStamp() || !c.intact:
		return ""
	case c.subFilter != subFilter || c.signer == nil || !c.bindsCertificate():
		return signer.LevelLegacy
	}
	stamps := e.stampsOver(c)
	if len(c.claim.Stamps)+len(stamps) == 0 {
		return signer.LevelBB
	}
	tokens := slices.Clone(c.claim.Stamps)
	if len(tokens) == 0 {
		tokens = append(tokens, stamps[0].token)
	}
	latest := e.store(e.file.Latest())
	if !latest.present || !longTermComplete(c, tokens, latest.evidence) {
		return signer.LevelBT
	}
	for _, s := range stamps {
		if held := e.store(s.revision); held.present && longTermComplete(c, tokens, held.evidence) {
			return signer.LevelBLTA
		}
	}
	return signer.LevelBLT
}

// stampsOver are the document time stamps that hold over a signature, oldest first.
func (e *examination) stampsOver(c *candidate) (all []*candidate) {
	for _, s := range e.all {
		if s.token != nil && s.intact && s.revision != nil && s.covers(c) {
			all = append(all, s)
		}
	}
	return all
}

// longTermComplete says whether the certificates and the revocation data of a
// signature's own chain and its stamps' chains are all there.
func longTermComplete(c *candidate, stamps []*tsa.Token, store trust.Evidence) bool {
	if !chainComplete(c.claim.Certificate, c.claim.Evidence.With(store)) {
		return false
	}
	for _, t := range stamps {
		if !chainComplete(t.Certificate, claimOfStamp(t).Evidence.With(c.claim.Evidence).With(store)) {
			return false
		}
	}
	return true
}

// chainComplete follows the issuers of a certificate up to one that issued itself, and
// asks of each on the way for revocation data, unless it says nowhere where it is.
func chainComplete(c *x509.Certificate, held trust.Evidence) bool {
	for range maxChain {
		if c == nil {
			return false
		}
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			return true
		}
		issuer := issuerOf(c, held.Certificates)
		if issuer == nil || !revocationHeld(c, issuer, held) {
			return false
		}
		c = issuer
	}
	return false
}

func issuerOf(c *x509.Certificate, all []*x509.Certificate) *x509.Certificate {
	for _, i := range all {
		if bytes.Equal(i.RawSubject, c.RawIssuer) && (len(c.AuthorityKeyId) == 0 || len(i.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, i.SubjectKeyId)) {
			return i
		}
	}
	return nil
}

func revocationHeld(c, issuer *x509.Certificate, held trust.Evidence) bool {
	if len(c.CRLDistributionPoints)+len(c.OCSPServer) == 0 {
		return true
	}
	for _, der := range held.CRLs {
		if bytes.Equal(crl.IssuerOf(der), c.RawIssuer) {
			return true
		}
	}
	return slices.ContainsFunc(held.OCSPs, func(der []byte) bool { return answers(der, c, issuer) })
}

// answers says whether an OCSP answer is about a certificate, from somebody who may
// answer for its issuer.
func answers(der []byte, c, issuer *x509.Certificate) bool {
	a, err := ocsp.Parse(der)
	if err != nil {
		return false
	}
	if _, err := a.About(c, issuer); err != nil {
		return false
	}
	_, err = a.Verify(issuer)
	return err == nil
}
