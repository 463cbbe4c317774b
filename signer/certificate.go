package signer

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"time"
)

// Certificate names the signer's certificate.
type Certificate struct {
	Subject   string    `json:"subject"` // RFC 4514
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"` // hexadecimal
	SHA256    string    `json:"sha256"` // of the DER, hexadecimal
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

// Identify writes who signed, by what a certificate says. Of a signature that does not
// pass it is only what the signature says of itself.
func (s *Signature) Identify(c *x509.Certificate) {
	s.Signer = CommonName(c)
	s.Agency = strings.Join(c.Subject.Organization, ", ")
	s.AgencyCode = agencyCode(c)
	sum := sha256.Sum256(c.Raw)
	s.Certificate = &Certificate{
		Subject:   DistinguishedName(c.RawSubject),
		Issuer:    DistinguishedName(c.RawIssuer),
		Serial:    hex.EncodeToString(c.SerialNumber.Bytes()),
		SHA256:    hex.EncodeToString(sum[:]),
		NotBefore: c.NotBefore.UTC(),
		NotAfter:  c.NotAfter.UTC(),
	}
}

// CommonName is what people call the holder of a certificate: the common name, or the
// whole subject where there is none.
func CommonName(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return DistinguishedName(c.RawSubject)
}

// agencyCode is the code of the agency in a certificate: organizationIdentifier of the
// subject (2.5.4.97, ITU-T X.520; ETSI EN 319 412-1, 5.1.4).
func agencyCode(c *x509.Certificate) string {
	for _, n := range c.Subject.Names {
		if n.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 97}) {
			if code, ok := n.Value.(string); ok {
				return code
			}
		}
	}
	return ""
}
