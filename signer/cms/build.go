package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"congvan/signer/cms/ber"
)

// Attributes are what a signature states beside the content's digest.
type Attributes struct {
	// ContentType is what is signed; id-data when nil.
	ContentType asn1.ObjectIdentifier
	// SigningTime is the claimed time. Zero leaves it out, as PAdES demands
	// (EN 319 142-1, 5.2: the signature dictionary states it).
	SigningTime time.Time
	// Certificate is bound by a signing-certificate-v2 attribute. It is the signer's;
	// nil leaves the attribute out, for signatures of the older kind.
	Certificate *x509.Certificate
	// Commitment is the commitment-type-indication, such as ProofOfApproval; nil for none.
	Commitment asn1.ObjectIdentifier
	// AlgorithmProtection adds the attribute of RFC 6211.
	AlgorithmProtection bool
	// PSS signs with RSA-PSS (salt as long as the digest) where the key is RSA.
	PSS bool
}

// Prepared is a signature that lacks nothing but its value. It holds no secret, and
// survives a restart as JSON.
type Prepared struct {
	contentType asn1.ObjectIdentifier
	digest      crypto.Hash
	pss         bool
	attributes  []byte // SET OF, DER
	cert        *x509.Certificate
	chain       []*x509.Certificate
}

// DefaultDigest is the digest that suits a certificate's key: SHA-512 for Ed25519, to
// which nothing else is allowed (RFC 8419, 3), that of the curve's own strength for
// ECDSA, and SHA-256 for RSA.
func DefaultDigest(cert *x509.Certificate) crypto.Hash {
	switch k := cert.PublicKey.(type) {
	case ed25519.PublicKey:
		return crypto.SHA512
	case *ecdsa.PublicKey:
		switch n := k.Curve.Params().BitSize; {
		case n > 384:
			return crypto.SHA512
		case n > 256:
			return crypto.SHA384
		}
	}
	return crypto.SHA256
}

// Prepare builds a detached signature up to its value. contentDigest is the digest of
// the content; chain are the issuers that travel along, the signer's own certificate
// always does. Errors: ErrAlgorithm for a key or digest that signatures are not made
// with (SHA-1 among them), ErrDigest for a digest of another length, ErrCertificate
// when the attributes are to bind another certificate.
func Prepare(cert *x509.Certificate, chain []*x509.Certificate, digest crypto.Hash, contentDigest []byte, a Attributes) (*Prepared, error) {
	p := &Prepared{contentType: a.ContentType, digest: digest, pss: a.PSS, cert: cert, chain: chain}
	if p.contentType == nil {
		p.contentType = Data()
	}
	if _, err := p.algorithm(); err != nil {
		return nil, err
	}
	if len(contentDigest) != digest.Size() {
		return nil, fmt.Errorf("cms: %w: %d bytes are no %s", ErrDigest, len(contentDigest), HashName(digest))
	}
	if a.Certificate != nil && !a.Certificate.Equal(cert) {
		return nil, fmt.Errorf("cms: %w: the attributes bind another", ErrCertificate)
	}
	return p, p.setAttributes(contentDigest, a)
}

// setAttributes encodes the signed attributes.
func (p *Prepared) setAttributes(contentDigest []byte, a Attributes) error {
	kind := encodeOID(p.contentType)
	if kind == nil {
		return malformed("content type %v", p.contentType)
	}
	all := [][]byte{
		encodeAttribute(oidContentType, kind),
		encodeAttribute(oidMessageDigest, ber.Encode(ber.OctetString, contentDigest)),
	}
	if !a.SigningTime.IsZero() {
		at, err := encodeTime(a.SigningTime)
		if err != nil {
			return err
		}
		all = append(all, encodeAttribute(oidSigningTime, at))
	}
	if a.Certificate != nil {
		all = append(all, encodeAttribute(oidSigningCertV2, p.encodeReference()))
	}
	if a.Commitment != nil {
		commitment := encodeOID(a.Commitment)
		if commitment == nil {
			return malformed("commitment %v", a.Commitment)
		}
		all = append(all, encodeAttribute(oidCommitment, ber.Encode(ber.Sequence, commitment)))
	}
	if a.AlgorithmProtection {
		value, err := p.encodeProtection()
		if err != nil {
			return err
		}
		all = append(all, encodeAttribute(oidAlgorithmProtection, value))
	}
	p.attributes = ber.EncodeSet(ber.Set, all...)
	return nil
}

func encodeAttribute(kind oid, value []byte) []byte {
	return ber.Encode(ber.Sequence, kind.der(), ber.Encode(ber.Set, value))
}

// encodeTime writes UTCTime until 2049 and GeneralizedTime after (RFC 5652, 11.3).
func encodeTime(t time.Time) ([]byte, error) {
	switch t = t.UTC(); {
	case t.Year() < 1950 || t.Year() > 9999:
		return nil, malformed("signing time in the year %d", t.Year())
	case t.Year() < 2050:
		return ber.Encode(ber.UTCTime, []byte(t.Format("060102150405Z"))), nil
	}
	return ber.Encode(ber.GeneralizedTime, []byte(t.Format("20060102150405Z"))), nil
}

// encodeReference writes SigningCertificateV2 with one ESSCertIDv2 (RFC 5035, 4).
func (p *Prepared) encodeReference() []byte {
	var hash []byte // SHA-256 is the default, which DER leaves out
	if p.digest != crypto.SHA256 {
		hash = ber.Encode(ber.Sequence, encodeOID(OIDOf(p.digest)))
	}
	names := ber.Encode(ber.Sequence, ber.Encode(ber.Context(4), p.cert.RawIssuer))
	issuer := ber.Encode(ber.Sequence, names, serial(p.cert))
	value := ber.Encode(ber.OctetString, sum(p.digest, p.cert.Raw))
	ref := ber.Encode(ber.Sequence, hash, value, issuer)
	return ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, ref))
}

// serial gives a certificate's serial number as it is encoded there.
func serial(cert *x509.Certificate) []byte {
	t := ber.Open(cert.RawTBSCertificate).Inside(ber.Sequence)
	if t.Is(ber.Context(0)) {
		t.Next()
	}
	return t.Take(ber.Integer).Full
}

func (p *Prepared) encodeProtection() ([]byte, error) {
	value, err := p.algorithm()
	if err != nil {
		return nil, err
	}
	implicit := append([]byte{ber.Context(1)}, value[1:]...)
	return ber.Encode(ber.Sequence, p.digestAlgorithm(), implicit), nil
}

// digestAlgorithm leaves the parameters out (RFC 5754, 2).
func (p *Prepared) digestAlgorithm() []byte {
	return ber.Encode(ber.Sequence, encodeOID(OIDOf(p.digest)))
}

// algorithm encodes the signature's algorithm: the key's kind joined with the digest.
func (p *Prepared) algorithm() ([]byte, error) {
	name := HashName(p.digest)
	if name == "" || p.digest == crypto.SHA1 {
		return nil, unsupported("signing with digest %v", p.digest)
	}
	switch key := p.cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n < minRSABits || n > maxRSABits {
			return nil, unsupported("RSA key of %d bits", n)
		}
		if p.pss {
			return p.encodePSS(), nil
		}
		return encodeAlgorithm(kindRSA, name, []byte{ber.Null, 0})
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 256 {
			return nil, unsupported("curve %s", key.Curve.Params().Name)
		}
		return encodeAlgorithm(kindECDSA, name, nil)
	case ed25519.PublicKey:
		if p.digest != crypto.SHA512 {
			return nil, unsupported("Ed25519 with %s, not SHA-512", name)
		}
		return ber.Encode(ber.Sequence, oidEd25519.der()), nil
	}
	return nil, unsupported("key %T", p.cert.PublicKey)
}

func encodeAlgorithm(kind, digest string, params []byte) ([]byte, error) {
	k, ok := knownBy(func(k known) bool { return k.kind == kind && k.digest == digest })
	if !ok {
		return nil, unsupported("%s with %s", kind, digest)
	}
	return ber.Encode(ber.Sequence, k.oid.der(), params), nil
}

// encodePSS writes RSASSA-PSS-params with a salt as long as the digest (RFC 4055, 3.1).
func (p *Prepared) encodePSS() []byte {
	hash := p.digestAlgorithm()
	mgf := ber.Encode(ber.Sequence, oidMGF1.der(), hash)
	params := ber.Encode(ber.Sequence,
		ber.Encode(ber.Context(0), hash),
		ber.Encode(ber.Context(1), mgf),
		ber.Encode(ber.Context(2), []byte{ber.Integer, 1, byte(p.digest.Size())}))
	return ber.Encode(ber.Sequence, oidPSS.der(), params)
}
