package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"fmt"

	"congvan/signer/cms/ber"
)

// Bounds of RSA keys: below, crypto/rsa refuses them; above, they cost too much.
const (
	minRSABits = 1024
	maxRSABits = 16384
)

// Verify checks the signature with the key of a certificate: that the attributes are
// sound and bind this certificate, that the message-digest attribute is contentDigest
// (the digest of the content under s.Digest), and that the signature verifies over the
// signed attributes, or over contentDigest itself where there are none. Nothing is said
// about the certificate but that it is the one.
//
// Errors: ErrMalformed, ErrAlgorithm, ErrCertificate, ErrDigest, ErrSignature.
func (s *Signer) Verify(cert *x509.Certificate, contentDigest []byte) error {
	if cert == nil {
		return fmt.Errorf("cms: %w", ErrNoCertificate)
	}
	if err := s.Supported(); err != nil {
		return err
	}
	if s.fault != nil {
		return s.fault
	}
	if err := s.Binds(cert); err != nil {
		return err
	}
	key, err := publicKey(cert, s.scheme)
	if err != nil {
		return err
	}
	if len(contentDigest) != s.Digest.Size() {
		return fmt.Errorf("cms: %w: %d bytes are no %s", ErrDigest, len(contentDigest), s.DigestName)
	}
	if !s.SignedAttributes {
		return s.scheme.verifyDigest(key, contentDigest, s.Signature)
	}
	if subtle.ConstantTimeCompare(s.MessageDigest, contentDigest) == 0 {
		return fmt.Errorf("cms: %w", ErrDigest)
	}
	return s.verifyAttributes(key)
}

// Supported tells in advance whether Verify knows the algorithms, and whether they may
// be used together. The error is an ErrAlgorithm.
func (s *Signer) Supported() error {
	switch {
	case s.scheme.err != nil:
		return s.scheme.err
	case s.Digest == 0:
		return unsupported("digest %s", s.DigestName)
	case s.Algorithm == kindEd25519 && !s.SignedAttributes:
		// Ed25519 signs the content itself, which nobody wants to hold in memory.
		return unsupported("Ed25519 without signed attributes")
	case s.Algorithm == kindEd25519 && s.Digest != crypto.SHA512: // RFC 8419, 3
		return unsupported("Ed25519 with %s, not SHA-512", s.DigestName)
	case !s.SignedAttributes && s.scheme.hash != s.Digest:
		return unsupported("a %s of the content signed as %s", s.DigestName, s.SignatureDigest)
	}
	return nil
}

// verifyAttributes tries the signed attributes as they stand, and where these are not
// DER also in the DER that should have been signed. Both say the same thing.
func (s *Signer) verifyAttributes(key crypto.PublicKey) error {
	err := s.scheme.verify(key, s.RawAttributes, s.Signature)
	if err == nil || !s.NotDER {
		return err
	}
	for _, form := range s.otherForms() {
		if s.scheme.verify(key, form, s.Signature) == nil {
			return nil
		}
	}
	return err
}

// otherForms gives the attributes with lengths as in DER, in their order and in DER's.
func (s *Signer) otherForms() (forms [][]byte) {
	c := ber.Open(s.RawAttributes)
	body := c.Take(ber.Set).Body
	if c.Err() == nil {
		forms = append(forms, ber.Encode(ber.Set, body))
	}
	if der, err := ber.DER(s.RawAttributes); err == nil {
		forms = append(forms, der)
	}
	return forms
}

// publicKey gives a certificate's key if the scheme can use it.
func publicKey(cert *x509.Certificate, s scheme) (crypto.PublicKey, error) {
	key, err := anyKey(cert, s)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.kind != kindRSA && s.kind != kindPSS {
			return nil, misuse(s, "RSA")
		}
		if n := k.N.BitLen(); n < minRSABits || n > maxRSABits {
			return nil, unsupported("RSA key of %d bits", n)
		}
	case *ecdsa.PublicKey:
		if s.kind != kindECDSA {
			return nil, misuse(s, "ECDSA")
		}
		if n := k.Curve.Params().BitSize; n < 256 {
			return nil, unsupported("curve %s", k.Curve.Params().Name)
		}
	case ed25519.PublicKey:
		if s.kind != kindEd25519 {
			return nil, misuse(s, "Ed25519")
		}
	default:
		return nil, unsupported("key %T", key)
	}
	return key, nil
}

func misuse(s scheme, key string) error {
	return unsupported("a signature of kind %s by a key of kind %s", s.name, key)
}

// anyKey gives a certificate's key. crypto/x509 leaves out the keys of certificates
// that allow RSA-PSS alone.
func anyKey(cert *x509.Certificate, s scheme) (crypto.PublicKey, error) {
	if cert.PublicKey != nil {
		return cert.PublicKey, nil
	}
	c := ber.Open(cert.RawSubjectPublicKeyInfo)
	in := c.Inside(ber.Sequence)
	a := readAlgorithm(in)
	bits := in.Bits()
	if c.Err() != nil {
		return nil, malformed("public key: %v", c.Err())
	}
	if a.id != oidPSS {
		return nil, unsupported("public key of type %s", a.id)
	}
	key, err := x509.ParsePKCS1PublicKey(bits)
	if err != nil {
		return nil, malformed("public key: %v", err)
	}
	if !allowsPSS(a, s) {
		return nil, unsupported("a key for RSA-PSS with other parameters")
	}
	return key, nil
}

// allowsPSS checks what a key for RSA-PSS alone restricts (RFC 4055, 1.2).
func allowsPSS(key algorithm, s scheme) bool {
	if s.kind != kindPSS {
		return false
	}
	if key.params == nil {
		return true
	}
	only := readPSS(key.params)
	return only.err == nil && only.hash == s.hash && only.mgf == s.mgf && s.salt >= only.salt
}

func (s scheme) verify(key crypto.PublicKey, message, signature []byte) error {
	if s.kind == kindEd25519 {
		k, ok := key.(ed25519.PublicKey)
		return outcome(ok && ed25519.Verify(k, message, signature))
	}
	return s.verifyDigest(key, sum(s.hash, message), signature)
}

func (s scheme) verifyDigest(key crypto.PublicKey, digest, signature []byte) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.kind == kindPSS {
			return outcome(s.verifyPSS(k, digest, signature))
		}
		return outcome(rsa.VerifyPKCS1v15(k, s.hash, digest, signature) == nil)
	case *ecdsa.PublicKey:
		return outcome(ecdsa.VerifyASN1(k, digest, signature))
	}
	return unsupported("key %T", key)
}

func outcome(verified bool) error {
	if verified {
		return nil
	}
	return fmt.Errorf("cms: %w", ErrSignature)
}

// ContentDigest hashes the content that a SignedData carries inside, as Verify wants it.
// It is an ErrAlgorithm when the digest cannot be computed, an ErrMalformed when there is
// no content inside.
func (d *SignedData) ContentDigest(s *Signer) ([]byte, error) {
	if !d.HasContent {
		return nil, malformed("no content inside")
	}
	if s.Digest == 0 {
		return nil, unsupported("digest %s", s.DigestName)
	}
	return sum(s.Digest, d.Content), nil
}

// errSubstituted is the finding that the algorithms in use are not the signed ones.
func errSubstituted() error {
	return fmt.Errorf("cms: %w: its algorithms are not those that were signed (RFC 6211)", ErrSignature)
}
