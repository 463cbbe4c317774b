package cms

import (
	"crypto/x509"

	"congvan/signer/cms/ber"
)

func (r *Revocation) add(o Revocation) {
	r.CRLs = append(r.CRLs, o.CRLs...)
	r.OCSPs = append(r.OCSPs, o.OCSPs...)
}

// readAdobe reads RevocationInfoArchival (ISO 32000-1, 12.8.3.3.2).
func readAdobe(c *ber.Cursor) (r Revocation) {
	in := c.Inside(ber.Sequence)
	if in.Is(ber.Context(0)) {
		r.CRLs = sequences(in.Inside(ber.Context(0)))
	}
	if in.Is(ber.Context(1)) {
		r.OCSPs = sequences(in.Inside(ber.Context(1)))
	}
	return r
}

// readRevocationValues reads RevocationValues (RFC 5126, 6.3.4), whose OCSP answers
// come without their outer wrapping.
func readRevocationValues(c *ber.Cursor) (r Revocation) {
	in := c.Inside(ber.Sequence)
	if in.Is(ber.Context(0)) {
		r.CRLs = sequences(in.Inside(ber.Context(0)))
	}
	if in.Is(ber.Context(1)) {
		for _, basic := range sequences(in.Inside(ber.Context(1))) {
			r.OCSPs = append(r.OCSPs, wrapOCSP(basic))
		}
	}
	return r
}

// sequences gives the elements of an explicitly tagged SEQUENCE OF.
func sequences(c *ber.Cursor) (all [][]byte) {
	for in := c.Inside(ber.Sequence); !in.Empty(); {
		if len(all) == MaxCertificates {
			c.Fail("more than %d values", MaxCertificates)
			return nil
		}
		if e := in.Next(); e.Tag == ber.Sequence {
			all = append(all, e.Full)
		}
	}
	if c.Err() != nil {
		return nil
	}
	return all
}

// wrapOCSP makes an OCSPResponse of a BasicOCSPResponse (RFC 6960, 4.2.1).
func wrapOCSP(basic []byte) []byte {
	const oidBasic oid = "1.3.6.1.5.5.7.48.1.1"
	answer := ber.Encode(ber.Sequence, oidBasic.der(), ber.Encode(ber.OctetString, basic))
	return ber.Encode(ber.Sequence, []byte{ber.Enumerated, 1, 0}, ber.Encode(ber.Context(0), answer))
}

// readCertificateValues reads CertificateValues (RFC 5126, 6.3.3), without those that
// cannot be read.
func readCertificateValues(c *ber.Cursor) (all []*x509.Certificate) {
	for in := c.Inside(ber.Sequence); !in.Empty() && len(all) < MaxCertificates; {
		if cert, err := x509.ParseCertificate(in.Next().Full); err == nil {
			all = append(all, cert)
		}
	}
	return all
}
