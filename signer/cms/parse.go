package cms

import (
	"crypto/x509"
	"fmt"

	"congvan/signer/cms/ber"
)

// Parse reads a SignedData within its ContentInfo. The input may be BER, and may be
// padded with zeros, as the /Contents of a PDF signature is. What is wrong with one
// signer's attributes alone is told by that signer's Verify; everything else that
// cannot be read is ErrMalformed.
func Parse(b []byte) (*SignedData, error) {
	if len(b) > MaxSize {
		return nil, malformed("%d bytes, more than %d", len(b), MaxSize)
	}
	c := ber.Open(b)
	whole := c.Take(ber.Sequence)
	d := &SignedData{Raw: whole.Full}
	info := c.Enter(whole)
	if kind := info.OID(); c.Err() == nil && id(kind) != oidSignedData {
		return nil, malformed("content type %s, not SignedData", kind)
	}
	wrapped := info.Inside(ber.Context(0))
	d.read(wrapped.Inside(ber.Sequence))
	wrapped.End()
	info.End()
	if len(trimPadding(c.Rest())) > 0 {
		c.Fail("something follows the signature")
	}
	if err := c.Err(); err != nil {
		return nil, fmt.Errorf("cms: %w: %w", ErrMalformed, err)
	}
	return d, nil
}

// trimPadding cuts off zeros at the end. It may cut into a value that ends in zeros
// of its own; Parse is exact and needs no trimming.
func trimPadding(b []byte) []byte {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return b[:n]
}

// read fills in a SignedData (RFC 5652, 5.1).
func (d *SignedData) read(c *ber.Cursor) {
	c.Int(ber.Integer, 5) // the version follows from what is there
	c.Take(ber.Set)       // digest algorithms: only a hint for readers in one pass
	d.readContent(c.Inside(ber.Sequence))
	if c.Is(ber.Context(0)) {
		d.readCertificates(c.Inside(ber.Context(0)))
	}
	if c.Is(ber.Context(1)) {
		d.readRevocation(c.Inside(ber.Context(1)))
	}
	signers := c.Inside(ber.Set)
	for !signers.Empty() {
		if len(d.Signers) == MaxSigners {
			c.Fail("more than %d signers", MaxSigners)
			return
		}
		d.Signers = append(d.Signers, d.readSigner(signers.Inside(ber.Sequence)))
	}
	c.End()
}

// readContent reads EncapsulatedContentInfo. The content of PKCS#7 may be of any type
// (RFC 5652, 5.2.1); then what is signed is its contents octets.
func (d *SignedData) readContent(c *ber.Cursor) {
	d.ContentType = c.OID()
	if c.Empty() {
		return
	}
	d.HasContent = true
	in := c.Inside(ber.Context(0))
	if in.IsString(ber.OctetString) {
		d.Content = in.Octets()
	} else {
		d.Content = in.Next().Body
	}
	in.End()
	c.End()
}

// readCertificates reads CertificateSet. Attribute certificates and other formats are
// passed over.
func (d *SignedData) readCertificates(c *ber.Cursor) {
	for n := 0; !c.Empty(); n++ {
		if n == MaxCertificates {
			c.Fail("more than %d certificates", MaxCertificates)
			return
		}
		if e := c.Next(); e.Tag == ber.Sequence {
			d.addCertificate(e.Full)
		}
	}
}

func (d *SignedData) addCertificate(der []byte) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		d.Unreadable = append(d.Unreadable, unreadable(der, err))
		return
	}
	d.Certificates = append(d.Certificates, cert)
}

// readRevocation reads RevocationInfoChoices: CRLs, and OCSP answers (RFC 5940).
func (d *SignedData) readRevocation(c *ber.Cursor) {
	for n := 0; !c.Empty(); n++ {
		if n == MaxCertificates {
			c.Fail("more than %d CRLs", MaxCertificates)
			return
		}
		switch e := c.Next(); e.Tag {
		case ber.Sequence:
			d.CRLs = append(d.CRLs, e.Full)
		case ber.Context(1):
			other := c.Enter(e)
			if id(other.OID()) == oidOCSPResponse && !other.Empty() {
				d.OCSPs = append(d.OCSPs, other.Next().Full)
			}
		}
	}
}

// readSigner reads a SignerInfo (RFC 5652, 5.3).
func (d *SignedData) readSigner(c *ber.Cursor) *Signer {
	s := &Signer{contentType: d.ContentType}
	c.Int(ber.Integer, 5)
	s.readID(c)
	hash := readAlgorithm(c)
	s.setDigest(hash)
	if c.Is(ber.Context(0)) {
		s.readSigned(c, c.Take(ber.Context(0)))
	}
	value := readAlgorithm(c)
	s.setScheme(value)
	s.Signature = c.Octets()
	if c.Is(ber.Context(1)) {
		s.unsigned = readAttributes(c.Inside(ber.Context(1)))
	}
	c.End()
	if c.Err() == nil {
		s.interpret(hash, value)
	}
	return s
}

func (s *Signer) readID(c *ber.Cursor) {
	if c.IsString(ber.Primitive(0)) {
		s.SubjectKeyID = c.OctetsAs(ber.Primitive(0))
		return
	}
	in := c.Inside(ber.Sequence)
	s.Issuer = in.Take(ber.Sequence).Full
	s.Serial = in.Integer()
	in.End()
}

func (s *Signer) setDigest(a algorithm) {
	d := a.digestOfSigner()
	s.Digest, s.DigestName, s.digestID = d.hash, d.name, a.raw
}

func (s *Signer) setScheme(a algorithm) {
	s.scheme = a.scheme(digest{hash: s.Digest, name: s.DigestName})
	s.signatureID = a.raw
	s.Algorithm, s.AlgorithmName = s.scheme.kind, s.scheme.name
	s.SignatureDigest = s.DigestName
	if h := s.scheme.hash; h != 0 {
		s.SignatureDigest = HashName(h)
	}
}

// readSigned keeps the signed attributes as the SET OF that is signed (RFC 5652, 5.4).
func (s *Signer) readSigned(c *ber.Cursor, e ber.Element) {
	s.SignedAttributes = true
	s.signed = readAttributes(c.Enter(e))
	if c.Err() != nil {
		return
	}
	if e.Indefinite {
		s.RawAttributes = ber.Encode(ber.Set, e.Body)
		s.NotDER = true
		return
	}
	s.RawAttributes = append([]byte{ber.Set}, e.Full[1:]...)
	der, err := ber.DER(s.RawAttributes)
	s.NotDER = err != nil || string(der) != string(s.RawAttributes)
}
