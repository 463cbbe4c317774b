package cms

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // key identifiers are made with it (RFC 5280, 4.2.1.2)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"congvan/signer/cms/ber"
)

// Certificate finds a signer's certificate among those that came with the signature.
// Errors: ErrNoCertificate when it did not come; ErrCertificate when one came that
// answers to the signer's name, yet is not the one that the signature binds;
// ErrAlgorithm when it came, but with a key that cannot be used; ErrUnreadable when it
// came, but cannot be read.
func (d *SignedData) Certificate(s *Signer) (*x509.Certificate, error) {
	return d.CertificateAmong(s, nil)
}

// CertificateAmong is Certificate with further candidates, such as those that a
// document keeps elsewhere. Those that came with the signature are looked at first.
func (d *SignedData) CertificateAmong(s *Signer, others []*x509.Certificate) (*x509.Certificate, error) {
	var mismatch error
	for _, cert := range slices.Concat(d.Certificates, s.CertificateValues, others) {
		if !s.names(cert) {
			continue
		}
		err := s.Binds(cert)
		if err == nil {
			return cert, nil
		}
		mismatch = err
	}
	for _, u := range d.Unreadable {
		if s.identifies(u.id) {
			return nil, u.Err
		}
	}
	if mismatch != nil {
		return nil, mismatch
	}
	return nil, fmt.Errorf("cms: %w", ErrNoCertificate)
}

// names tells whether a certificate answers to the signer's identifier.
func (s *Signer) names(c *x509.Certificate) bool {
	return s.identifies(identity{
		issuer: c.RawIssuer, serial: c.SerialNumber, keyID: keyID(c),
	})
}

// identity is what a SignerInfo calls a certificate by.
type identity struct {
	issuer []byte
	serial *big.Int
	keyID  []byte
}

func (s *Signer) identifies(who identity) bool {
	if s.SubjectKeyID != nil {
		return bytes.Equal(s.SubjectKeyID, who.keyID)
	}
	return who.serial != nil && s.Serial.Cmp(who.serial) == 0 && sameName(s.Issuer, who.issuer)
}

// keyID gives a certificate's key identifier, computed where it does not state one.
func keyID(c *x509.Certificate) []byte {
	if len(c.SubjectKeyId) > 0 {
		return c.SubjectKeyId
	}
	in := ber.Open(c.RawSubjectPublicKeyInfo).Inside(ber.Sequence)
	in.Take(ber.Sequence)
	h := sha1.Sum(in.Bits())
	return h[:]
}

// Binds checks that a certificate is the one which the signed attributes refer to.
// Without such a reference any certificate is bound. Errors: ErrCertificate,
// ErrAlgorithm for a reference by an unknown digest.
func (s *Signer) Binds(c *x509.Certificate) error {
	for _, b := range s.bindings {
		if err := b.Matches(c); err != nil {
			return err
		}
	}
	return nil
}

// Matches checks that the reference is to this certificate: its hash, and where stated
// its issuer and serial number.
func (r *SigningCertificate) Matches(c *x509.Certificate) error {
	if r.Digest == 0 {
		return unsupported("reference to the certificate by digest %s", r.DigestName)
	}
	if !bytes.Equal(sum(r.Digest, c.Raw), r.Hash) {
		return fmt.Errorf("cms: %w: its %s is not in the signing-certificate attribute", ErrCertificate, r.DigestName)
	}
	if r.Serial != nil && r.Serial.Cmp(c.SerialNumber) != 0 {
		return fmt.Errorf("cms: %w: another serial number in the signing-certificate attribute", ErrCertificate)
	}
	if r.Issuer != nil && !sameName(r.Issuer, c.RawIssuer) {
		return fmt.Errorf("cms: %w: another issuer in the signing-certificate attribute", ErrCertificate)
	}
	return nil
}

// sameName compares names as RFC 5280, 7.1 does: the kind of string, letter case and
// repeated spaces do not matter.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, okX := foldName(a)
	y, okY := foldName(b)
	return okX && okY && x == y
}

func foldName(der []byte) (string, bool) {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 {
		return "", false
	}
	var all strings.Builder
	for _, set := range name {
		parts := make([]string, 0, len(set))
		for _, a := range set {
			text, ok := a.Value.(string)
			if !ok {
				return "", false
			}
			text = strings.ToLower(strings.Join(strings.Fields(text), " "))
			parts = append(parts, fmt.Sprintf("%s=%q", a.Type, text))
		}
		slices.Sort(parts)
		fmt.Fprintf(&all, "%q,", parts)
	}
	return all.String(), true
}
