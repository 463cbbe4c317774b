package ocsp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"congvan/signer/trust/signature"
)

// readData reads ResponseData (RFC 6960, 4.2.1).
func (a *Answer) readData(tbs cryptobyte.String) error {
	var body, responses, extensions cryptobyte.String
	var has bool
	version := 0
	if !tbs.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadOptionalASN1Integer(&version, explicit(0), 0) || version != 0 {
		return fmt.Errorf("%w: version", ErrMalformed)
	}
	if !a.readResponder(&body) || !body.ReadASN1GeneralizedTime(&a.ProducedAt) {
		return fmt.Errorf("%w: responder or producedAt", ErrMalformed)
	}
	if !body.ReadASN1(&responses, cryptoasn1.SEQUENCE) || !body.ReadOptionalASN1(&extensions, &has, explicit(1)) || !body.Empty() {
		return fmt.Errorf("%w: responses", ErrMalformed)
	}
	for !responses.Empty() {
		s, err := readSingle(&responses)
		if err != nil {
			return err
		}
		if len(a.Singles) == maxSingles {
			return ErrTooLarge
		}
		a.Singles = append(a.Singles, s)
	}
	if !has {
		return nil
	}
	return eachExtension(extensions, func(id asn1.ObjectIdentifier, critical bool, value cryptobyte.String) error {
		if id.Equal(oidNonce) {
			a.Nonce = readNonce(value)
			return nil
		}
		return forbid(id, critical)
	})
}

// readNonce takes the nonce out of its OCTET STRING; some responders leave that out.
func readNonce(value cryptobyte.String) []byte {
	whole := slices.Clone([]byte(value))
	var inner cryptobyte.String
	if value.ReadASN1(&inner, cryptoasn1.OCTET_STRING) && value.Empty() {
		return append([]byte{}, inner...)
	}
	return whole
}

func forbid(id asn1.ObjectIdentifier, critical bool) error {
	if critical {
		return fmt.Errorf("%w: %s", ErrCritical, id)
	}
	return nil
}

func (a *Answer) readResponder(body *cryptobyte.String) bool {
	var field, inner cryptobyte.String
	if body.PeekASN1Tag(explicit(1)) {
		if !body.ReadASN1(&field, explicit(1)) || !field.ReadASN1Element(&inner, cryptoasn1.SEQUENCE) {
			return false
		}
		a.Responder = inner
		return field.Empty()
	}
	if !body.ReadASN1(&field, explicit(2)) || !field.ReadASN1(&inner, cryptoasn1.OCTET_STRING) {
		return false
	}
	a.ResponderKey = inner
	return field.Empty()
}

func readSingle(s *cryptobyte.String) (r Single, err error) {
	var body, next, extensions cryptobyte.String
	var hasNext, hasExtensions bool
	if !s.ReadASN1(&body, cryptoasn1.SEQUENCE) || !r.readID(&body) {
		return r, fmt.Errorf("%w: certificate's identifier", ErrMalformed)
	}
	if !r.readStatus(&body) || !body.ReadASN1GeneralizedTime(&r.This) ||
		!body.ReadOptionalASN1(&next, &hasNext, explicit(0)) || hasNext && !next.ReadASN1GeneralizedTime(&r.Next) ||
		!body.ReadOptionalASN1(&extensions, &hasExtensions, explicit(1)) || !body.Empty() {
		return r, fmt.Errorf("%w: status", ErrMalformed)
	}
	if !hasExtensions {
		return r, nil
	}
	return r, eachExtension(extensions, func(id asn1.ObjectIdentifier, critical bool, value cryptobyte.String) error {
		if !id.Equal(oidArchiveCutoff) {
			return forbid(id, critical)
		}
		if !value.ReadASN1GeneralizedTime(&r.ArchiveCutoff) {
			return fmt.Errorf("%w: archive cutoff", ErrMalformed)
		}
		return nil
	})
}

func (r *Single) readID(s *cryptobyte.String) bool {
	var body, algorithm, name, key cryptobyte.String
	var oid asn1.ObjectIdentifier
	r.Serial = new(big.Int)
	if !s.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadASN1(&algorithm, cryptoasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !body.ReadASN1(&name, cryptoasn1.OCTET_STRING) ||
		!body.ReadASN1(&key, cryptoasn1.OCTET_STRING) || !body.ReadASN1Integer(r.Serial) || !body.Empty() {
		return false
	}
	r.Hash, r.IssuerName, r.IssuerKey = signature.HashOf(oid), name, key
	return true
}

func (r *Single) readStatus(s *cryptobyte.String) bool {
	var info, reason cryptobyte.String
	var has bool
	switch {
	case s.PeekASN1Tag(cryptoasn1.Tag(0).ContextSpecific()):
		r.Status = Good
		return s.ReadASN1(&info, cryptoasn1.Tag(0).ContextSpecific()) && info.Empty()
	case s.PeekASN1Tag(cryptoasn1.Tag(2).ContextSpecific()):
		r.Status = Unknown
		return s.ReadASN1(&info, cryptoasn1.Tag(2).ContextSpecific()) && info.Empty()
	}
	r.Status = Revoked
	if !s.ReadASN1(&info, explicit(1)) || !info.ReadASN1GeneralizedTime(&r.Revoked) ||
		!info.ReadOptionalASN1(&reason, &has, explicit(0)) || !info.Empty() {
		return false
	}
	return !has || reason.ReadASN1Enum(&r.Reason)
}

func eachExtension(der cryptobyte.String, use func(id asn1.ObjectIdentifier, critical bool, value cryptobyte.String) error) error {
	var all cryptobyte.String
	if !der.ReadASN1(&all, cryptoasn1.SEQUENCE) || !der.Empty() {
		return fmt.Errorf("%w: extensions", ErrMalformed)
	}
	for !all.Empty() {
		var body, value cryptobyte.String
		var id asn1.ObjectIdentifier
		var critical bool
		if !all.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&id) ||
			body.PeekASN1Tag(cryptoasn1.BOOLEAN) && !body.ReadASN1Boolean(&critical) ||
			!body.ReadASN1(&value, cryptoasn1.OCTET_STRING) || !body.Empty() {
			return fmt.Errorf("%w: extension", ErrMalformed)
		}
		if err := use(id, critical, value); err != nil {
			return err
		}
	}
	return nil
}

// About gives what the answer says of a certificate, matched by its number and by the
// digests of its issuer's name and key; ErrOther when it says nothing.
func (a *Answer) About(c, issuer *x509.Certificate) (*Single, error) {
	for i := range a.Singles {
		if s := &a.Singles[i]; s.Serial.Cmp(c.SerialNumber) == 0 && s.from(c, issuer) {
			return s, nil
		}
	}
	return nil, ErrOther
}

func (r *Single) from(c, issuer *x509.Certificate) bool {
	name, key, err := digests(c.RawIssuer, issuer, r.Hash)
	return err == nil && bytes.Equal(name, r.IssuerName) && bytes.Equal(key, r.IssuerKey)
}

// Verify checks the answer's signature, and that whoever signed it may answer for an
// issuer: the issuer itself, or somebody whom the issuer certified for that with
// id-kp-OCSPSigning, at the time the answer was produced (4.2.2.2). It gives that
// certificate. Further certificates may be offered in which to find it.
func (a *Answer) Verify(issuer *x509.Certificate, others ...*x509.Certificate) (*x509.Certificate, error) {
	if a.names(issuer) && a.Signed.Check(issuer.PublicKey) == nil {
		return issuer, nil
	}
	for _, c := range append(slices.Clip(a.Certificates), others...) {
		if a.names(c) && a.delegated(c, issuer) && a.Signed.Check(c.PublicKey) == nil {
			return c, nil
		}
	}
	return nil, ErrResponder
}

// names says whether a certificate is the one that the answer says it is signed by.
func (a *Answer) names(c *x509.Certificate) bool {
	if a.Responder != nil {
		return bytes.Equal(a.Responder, c.RawSubject)
	}
	bits, err := keyBits(c)
	if err != nil {
		return false
	}
	h := crypto.SHA1.New()
	h.Write(bits)
	return bytes.Equal(a.ResponderKey, h.Sum(nil))
}

// delegated says whether an issuer certified somebody to answer for it.
func (a *Answer) delegated(c, issuer *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, issuer.RawSubject) &&
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) &&
		(c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0) &&
		len(c.UnhandledCriticalExtensions) == 0 &&
		!a.ProducedAt.Before(c.NotBefore.Add(-skew)) && !a.ProducedAt.After(c.NotAfter) &&
		signature.CheckCertificate(c, issuer.PublicKey) == nil
}

// skew is how far clocks may be apart.
const skew = 10 * time.Minute

// NoCheck says whether an issuer vouches for a responder's certificate all its life
// (id-pkix-ocsp-nocheck, 4.2.2.2.1).
func NoCheck(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidNoCheck) {
			return true
		}
	}
	return false
}
