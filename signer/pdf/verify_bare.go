package pdf

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"

	"congvan/signer/cms"
	"congvan/signer/pdf/syntax"
)

// bareRSA is a signature of the form adbe.x509.rsa_sha1 (ISO 32000-1, 12.8.3.2): a
// PKCS#1 value in an OCTET STRING, beside the certificates in /Cert.
type bareRSA struct{ value []byte }

const maxChain = 32 // certificates in /Cert

func (c *candidate) parseBareRSA() {
	var value []byte
	if _, err := asn1.Unmarshal(c.contents, &value); err != nil {
		c.judge(cms.Verdict(cms.ErrMalformed))
		return
	}
	chain := c.bareChain()
	if len(chain) == 0 {
		c.judge(cms.Verdict(cms.ErrNoCertificate))
		return
	}
	c.bare, c.hash = &bareRSA{value}, crypto.SHA1
	c.claim.Certificate = chain[0]
	c.claim.Evidence.Certificates = chain
	c.claim.Digests = []string{"SHA-1"}
}

// bareChain reads /Cert: one certificate, or an array of them, the signer's first.
func (c *candidate) bareChain() (chain []*x509.Certificate) {
	o, err := c.first.Resolve(c.dict["Cert"])
	if err != nil {
		return nil
	}
	all, ok := o.(syntax.Array)
	if !ok {
		all = syntax.Array{o}
	}
	for _, o := range all[:min(len(all), maxChain)] {
		der, err := c.first.String(o)
		if err != nil {
			return chain
		}
		cert, err := x509.ParseCertificate([]byte(der))
		if err != nil {
			return chain
		}
		chain = append(chain, cert)
	}
	return chain
}

func (c *candidate) verifyBareRSA() {
	if c.sum == nil {
		return
	}
	key, ok := c.claim.Certificate.PublicKey.(*rsa.PublicKey)
	if !ok || rsa.VerifyPKCS1v15(key, crypto.SHA1, c.sum, c.bare.value) != nil {
		c.judge(cms.Verdict(cms.ErrSignature))
		return
	}
	c.intact = true
}
