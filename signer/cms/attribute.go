package cms

import (
	"crypto"
	"encoding/asn1"
	"math/big"
	"time"

	"congvan/signer/cms/ber"
)

// attribute is one attribute with its encoded values.
type attribute struct {
	oid    asn1.ObjectIdentifier
	id     oid
	values [][]byte
}

func readAttributes(c *ber.Cursor) (all []attribute) {
	for !c.Empty() {
		if len(all) == MaxAttributes {
			c.Fail("more than %d attributes", MaxAttributes)
			return nil
		}
		in := c.Inside(ber.Sequence)
		a := attribute{oid: in.OID()}
		a.id = id(a.oid)
		a.values = readValues(in.Inside(ber.Set))
		in.End()
		all = append(all, a)
	}
	return all
}

func readValues(c *ber.Cursor) (values [][]byte) {
	for !c.Empty() {
		if len(values) == MaxAttributes {
			c.Fail("more than %d values of an attribute", MaxAttributes)
			return nil
		}
		values = append(values, c.Next().Full)
	}
	return values
}

// interpret reads the attributes that this package knows. The first thing wrong with
// them is kept as the signer's fault.
func (s *Signer) interpret(hash, value algorithm) {
	seen := map[oid]bool{}
	for _, a := range s.signed {
		if seen[a.id] && a.oid != nil {
			s.blame(malformed("two signed attributes %s", a.id)) // RFC 5652, 11
		}
		seen[a.id] = true
		s.interpretSigned(a, hash, value)
	}
	for _, a := range s.unsigned {
		s.interpretUnsigned(a)
	}
	s.demand()
	s.preferSecond()
}

// blame keeps the first fault.
func (s *Signer) blame(err error) {
	if s.fault == nil && err != nil {
		s.fault = err
	}
}

// demand checks what has to be there (RFC 5652, 5.3): a content type and a message
// digest among the attributes, and attributes where the content is no plain data.
func (s *Signer) demand() {
	if !s.SignedAttributes {
		if id(s.contentType) != oidData {
			s.blame(malformed("a signature over %s without signed attributes", s.contentType))
		}
		return
	}
	if s.ContentTypeAttr == nil {
		s.blame(malformed("no content-type attribute"))
	} else if !s.ContentTypeAttr.Equal(s.contentType) {
		s.blame(malformed("content-type attribute %s over %s", s.ContentTypeAttr, s.contentType))
	}
	if s.MessageDigest == nil {
		s.blame(malformed("no message-digest attribute"))
	}
}

// preferSecond shows the newer of two references to the certificate; both are checked.
func (s *Signer) preferSecond() {
	for _, b := range s.bindings {
		if s.SigningCertificate == nil || b.Version == 2 {
			s.SigningCertificate = b
		}
	}
}

func (s *Signer) interpretSigned(a attribute, hash, value algorithm) {
	switch a.id {
	case oidContentType:
		single(s, a, func(c *ber.Cursor) { s.ContentTypeAttr = c.OID() })
	case oidMessageDigest:
		single(s, a, func(c *ber.Cursor) { s.MessageDigest = append([]byte{}, c.Octets()...) })
	case oidSigningTime:
		single(s, a, func(c *ber.Cursor) { s.SigningTime = new(time.Time); *s.SigningTime = c.Time() })
	case oidSigningCertV1:
		single(s, a, func(c *ber.Cursor) { s.bind(c, 1) })
	case oidSigningCertV2:
		single(s, a, func(c *ber.Cursor) { s.bind(c, 2) })
	case oidAlgorithmProtection:
		single(s, a, func(c *ber.Cursor) { s.protect(c, hash, value) })
	case oidAdobeRevocation:
		single(s, a, func(c *ber.Cursor) { s.AdobeRevocation = readAdobe(c) })
	case oidCommitment:
		single(s, a, func(c *ber.Cursor) { s.Commitments = append(s.Commitments, readCommitment(c)) })
	case oidSignaturePolicy:
		single(s, a, func(c *ber.Cursor) { s.PolicyID = readPolicy(c) })
	}
}

// single reads an attribute that has exactly one value.
func single(s *Signer, a attribute, read func(*ber.Cursor)) {
	if len(a.values) != 1 {
		s.blame(malformed("%d values of attribute %s", len(a.values), a.id))
		return
	}
	c := ber.Open(a.values[0])
	read(c)
	c.End()
	if err := c.Err(); err != nil {
		s.blame(malformed("attribute %s: %v", a.id, err))
	}
}

// interpretUnsigned reads what was added after signing. Nobody vouches for it, so what
// cannot be read is passed over; a time stamp is judged by whoever reads it.
func (s *Signer) interpretUnsigned(a attribute) {
	switch a.id {
	case oidTimeStampToken:
		s.TimeStamps = append(s.TimeStamps, a.values...)
	case oidRevocationValues:
		for _, v := range a.values {
			s.RevocationValues.add(readRevocationValues(ber.Open(v)))
		}
	case oidCertificateValues:
		for _, v := range a.values {
			s.CertificateValues = append(s.CertificateValues, readCertificateValues(ber.Open(v))...)
		}
	}
}

// protect compares the signed algorithms with those in use (RFC 6211, 2).
func (s *Signer) protect(c *ber.Cursor, hash, value algorithm) {
	in := c.Inside(ber.Sequence)
	signedHash := readAlgorithm(in)
	signedValue := enterAlgorithm(in, in.Take(ber.Context(1)))
	in.End()
	if c.Err() != nil || signedHash.equal(hash) && signedValue.equal(value) {
		return
	}
	s.blame(errSubstituted())
}

// bind keeps a reference to the certificate; one that cannot be read is a fault instead.
func (s *Signer) bind(c *ber.Cursor, version int) {
	if ref := readESS(c, version); c.Err() == nil {
		s.bindings = append(s.bindings, ref)
	}
}

// readESS reads SigningCertificate or SigningCertificateV2: its first reference is the
// signer's (RFC 5035, 3); the others only narrow down the chain.
func readESS(c *ber.Cursor, version int) *SigningCertificate {
	in := c.Inside(ber.Sequence)
	ref := in.Inside(ber.Sequence).Inside(ber.Sequence)
	s := &SigningCertificate{Version: version, Digest: crypto.SHA1}
	if version == 2 {
		s.Digest = crypto.SHA256
	}
	s.DigestName = HashName(s.Digest)
	if version == 2 && ref.Is(ber.Sequence) {
		d := readAlgorithm(ref).digest()
		s.Digest, s.DigestName = d.hash, d.name
	}
	s.Hash = ref.Octets()
	if !ref.Empty() {
		s.Issuer, s.Serial = readIssuerSerial(ref.Inside(ber.Sequence))
	}
	ref.End()
	return s
}

// readIssuerSerial reads IssuerSerial; the name is nil when it is no directory name.
func readIssuerSerial(c *ber.Cursor) (issuer []byte, serial *big.Int) {
	names := c.Inside(ber.Sequence)
	if names.Is(ber.Context(4)) {
		issuer = names.Inside(ber.Context(4)).Take(ber.Sequence).Full
	}
	serial = c.Integer()
	return issuer, serial
}

func readCommitment(c *ber.Cursor) asn1.ObjectIdentifier { return c.Inside(ber.Sequence).OID() }

// readPolicy reads SignaturePolicy; an implied one, written NULL, has no identifier.
func readPolicy(c *ber.Cursor) asn1.ObjectIdentifier {
	if c.Is(ber.Null) {
		c.Next()
		return nil
	}
	return c.Inside(ber.Sequence).OID()
}
