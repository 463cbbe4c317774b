package pdf

import (
	"context"
	"crypto"
	"crypto/subtle"
	"errors"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/tsa"
	"congvan/signer/validate"
)

// parse reads what /Contents holds, by the form of the signature, and so learns by
// which digest the file is to be hashed.
func (c *candidate) parse() {
	if c.contents == nil {
		return
	}
	switch {
	case c.subFilter == subFilterStamp:
		c.parseStamp()
	case c.subFilter == subFilterRSA:
		c.parseBareRSA()
	case c.subFilter == subFilter, c.subFilter == subFilterOld, c.subFilter == subFilterSHA1:
		c.parseCMS()
	default:
		c.fail(subFilterUnknown(string(c.subFilter)))
	}
}

func (c *candidate) parseStamp() {
	t, err := tsa.ParseToken(c.contents)
	if err != nil {
		c.judge(tsa.Verdict(err))
		return
	}
	c.token, c.hash = t, t.Hash
	c.claim = claimOfStamp(t)
}

func (c *candidate) parseCMS() {
	d, err := cms.Parse(c.contents)
	if err != nil {
		c.judge(cms.Verdict(err))
		return
	}
	if len(d.Signers) != 1 { // ISO 32000-2, 12.8.3.3.1
		c.fail(signerCount(len(d.Signers)))
		return
	}
	c.signed, c.signer = d, d.Signers[0]
	c.hash = c.signer.Digest
	if c.subFilter == subFilterSHA1 {
		c.hash = crypto.SHA1
	} else if d.HasContent {
		c.fail(ownContent())
	}
	c.claim.Evidence = validate.EvidenceIn(d)
}

// findCertificate finds the signer's certificate, which the signing-certificate
// attribute binds where it is present: among those that came with the signature, or in
// the security store.
func (e *examination) findCertificate(c *candidate) {
	switch {
	case c.token != nil && c.token.Certificate == nil:
		c.token.Complete(e.evidence(c).Certificates)
		c.claim.Certificate = c.token.Certificate
		return
	case c.signer == nil:
		return
	}
	cert, err := c.signed.Certificate(c.signer)
	if errors.Is(err, cms.ErrNoCertificate) {
		cert, err = c.signed.CertificateAmong(c.signer, e.evidence(c).Certificates)
	}
	if err != nil {
		c.judge(cms.Verdict(err))
		return
	}
	c.claim.Certificate = cert
	c.claim.Digests = []string{c.signer.DigestName, c.signer.SignatureDigest}
}

// hash hashes what all signatures cover, in one pass over the file.
func (e *examination) hash(ctx context.Context) {
	var spans []*span
	for _, c := range e.all {
		if c.end > 0 && c.hash != 0 {
			spans = append(spans, &c.span)
		}
	}
	err := hashSpans(ctx, e.file.ReaderAt(), e.file.Size(), spans)
	if err == nil {
		return
	}
	for _, c := range e.all {
		if c.end > 0 {
			c.judge(signer.Unsure(signer.SignedDataNotFound, signer.FileUnreadable(err)))
		}
	}
}

// verify verifies the cryptography of a signature over the digest of its bytes.
func (c *candidate) verify() {
	switch {
	case errors.Is(c.err, errTooMuchHashing):
		c.fail(tooMuchToHash())
	case c.err != nil:
		c.judge(cms.Verdict(cms.ErrAlgorithm))
	case c.token != nil:
		c.verifyStamp()
	case c.bare != nil:
		c.verifyBareRSA()
	case c.signer != nil && c.hash == 0:
		c.judge(cms.Verdict(cms.ErrAlgorithm))
	case c.signer != nil && c.sum != nil:
		c.verifyCMS()
	}
}

func (c *candidate) verifyCMS() {
	digest, ok := c.contentDigest()
	if !ok {
		c.judge(cms.Verdict(cms.ErrDigest))
		return
	}
	if c.claim.Certificate == nil {
		return
	}
	if err := c.signer.Verify(c.claim.Certificate, digest); err != nil {
		c.judge(cms.Verdict(err))
		return
	}
	c.intact = true
}

// contentDigest is the digest of what the CMS signature signs: of the file, or, with
// adbe.pkcs7.sha1, of the file's SHA-1, which the CMS encapsulates.
func (c *candidate) contentDigest() ([]byte, bool) {
	if c.subFilter != subFilterSHA1 {
		return c.sum, true
	}
	if subtle.ConstantTimeCompare(c.signed.Content, c.sum) != 1 || !c.signer.Digest.Available() {
		return nil, false
	}
	c.claim.Digests = append(c.claim.Digests, "SHA-1")
	h := c.signer.Digest.New()
	h.Write(c.signed.Content)
	return h.Sum(nil), true
}
