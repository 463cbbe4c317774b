// Package ocsp asks whether a certificate was revoked, and reads the answer (RFC 6960).
//
// golang.org/x/crypto/ocsp is not used for that: it matches an answer by serial number
// alone, looks at the first certificate only, knows neither nonces nor RSA-PSS nor
// Ed25519, and does not check what the responder's certificate is for. It is a peer in
// the tests.
package ocsp

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"congvan/signer/trust/signature"
)

// Bounds of an answer.
const (
	MaxSize         = 256 << 10
	maxCertificates = 16
	maxSingles      = 256
)

// What can be wrong with an answer.
var (
	ErrMalformed = errors.New("ocsp: malformed")
	ErrTooLarge  = errors.New("ocsp: too large")
	ErrCritical  = errors.New("ocsp: unknown critical extension")
	// ErrTryLater: the responder cannot answer now.
	ErrTryLater = errors.New("ocsp: the responder says to try later")
	// ErrRefused: the responder will not answer this question (unauthorized,
	// sigRequired, malformedRequest).
	ErrRefused = errors.New("ocsp: the responder refuses to answer")
	// ErrOther: the answer is about another certificate.
	ErrOther = errors.New("ocsp: an answer about another certificate")
	// ErrResponder: who signed the answer may not speak for the issuer.
	ErrResponder = errors.New("ocsp: signed by somebody who may not answer for the issuer")
	// ErrNonce: it answers an earlier question.
	ErrNonce = errors.New("ocsp: the nonce is not the one that was sent")
)

// Status is what is said of a certificate.
type Status int

// The states.
const (
	Good Status = iota
	Revoked
	Unknown
)

// Single is what an answer says of one certificate.
type Single struct {
	Hash       crypto.Hash // of the two that follow; 0 for one not supported
	IssuerName []byte      // digest
	IssuerKey  []byte      // digest
	Serial     *big.Int

	Status  Status
	Revoked time.Time
	Reason  int       // CRLReason; 0 when unspecified
	This    time.Time // thisUpdate
	Next    time.Time // nextUpdate; zero: it does not say
	// ArchiveCutoff: certificates that expired since are still answered for; zero: it does not say.
	ArchiveCutoff time.Time
}

// Answer is an answer that was parsed.
type Answer struct {
	DER          []byte // OCSPResponse
	Signed       *signature.Signed
	ResponderKey []byte // SHA-1 of the responder's key, or
	Responder    []byte // DER of the responder's name
	ProducedAt   time.Time
	Singles      []Single
	Nonce        []byte // nil: none
	Certificates []*x509.Certificate
}

// Parse reads an OCSPResponse, or a BasicOCSPResponse alone as signatures carry it.
// What the responder says instead of an answer is ErrTryLater or ErrRefused.
func Parse(der []byte) (*Answer, error) {
	if len(der) > MaxSize {
		return nil, ErrTooLarge
	}
	in := cryptobyte.String(der)
	var body cryptobyte.String
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !in.Empty() {
		return nil, ErrMalformed
	}
	if body.PeekASN1Tag(cryptoasn1.SEQUENCE) {
		return parseBasic(wrap(der), der)
	}
	basic, err := unwrap(body)
	if err != nil {
		return nil, err
	}
	return parseBasic(der, basic)
}

// unwrap takes the BasicOCSPResponse out of an OCSPResponse (4.2.1).
func unwrap(body cryptobyte.String) ([]byte, error) {
	var status int
	var bytes, response, basic cryptobyte.String
	var has bool
	var kind asn1.ObjectIdentifier
	if !body.ReadASN1Enum(&status) || !body.ReadOptionalASN1(&bytes, &has, explicit(0)) || !body.Empty() {
		return nil, ErrMalformed
	}
	if err := refusal(status); err != nil {
		return nil, err
	}
	if !has || !bytes.ReadASN1(&response, cryptoasn1.SEQUENCE) || !response.ReadASN1ObjectIdentifier(&kind) ||
		!kind.Equal(oidBasic) || !response.ReadASN1(&basic, cryptoasn1.OCTET_STRING) || !response.Empty() {
		return nil, fmt.Errorf("%w: not a basic response", ErrMalformed)
	}
	return basic, nil
}

// refusal maps OCSPResponseStatus.
func refusal(status int) error {
	switch status {
	case 0:
		return nil
	case 2, 3: // internalError, tryLater
		return fmt.Errorf("%w (status %d)", ErrTryLater, status)
	case 1, 5, 6: // malformedRequest, sigRequired, unauthorized
		return fmt.Errorf("%w (status %d)", ErrRefused, status)
	}
	return fmt.Errorf("%w: status %d", ErrMalformed, status)
}

// wrap makes an OCSPResponse of a BasicOCSPResponse.
func wrap(basic []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidBasic)
				b.AddASN1OctetString(basic)
			})
		})
	})
	return b.BytesOrPanic()
}

func explicit(n uint8) cryptoasn1.Tag { return cryptoasn1.Tag(n).Constructed().ContextSpecific() }

var (
	oidBasic         = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNonce         = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	oidNoCheck       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidArchiveCutoff = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}
)

func parseBasic(whole, basic []byte) (*Answer, error) {
	s, err := signature.Read(basic)
	if err != nil {
		return nil, ErrMalformed
	}
	a := &Answer{DER: whole, Signed: s}
	if err := a.readData(s.TBS); err != nil {
		return nil, err
	}
	return a, a.readCertificates(s.Rest)
}

// readCertificates reads those that came along; one that cannot be read helps nobody
// and harms nobody.
func (a *Answer) readCertificates(rest cryptobyte.String) error {
	var field, all cryptobyte.String
	var has bool
	if !rest.ReadOptionalASN1(&field, &has, explicit(0)) || !rest.Empty() {
		return ErrMalformed
	}
	if !has {
		return nil
	}
	if !field.ReadASN1(&all, cryptoasn1.SEQUENCE) {
		return ErrMalformed
	}
	for n := 0; !all.Empty(); n++ {
		var der cryptobyte.String
		if !all.ReadASN1Element(&der, cryptoasn1.SEQUENCE) || n == maxCertificates {
			return fmt.Errorf("%w: certificates", ErrMalformed)
		}
		if c, err := x509.ParseCertificate(der); err == nil {
			a.Certificates = append(a.Certificates, c)
		}
	}
	return nil
}

// Nonce makes a nonce (RFC 9654: 32 octets).
func Nonce() []byte {
	n := make([]byte, 32)
	rand.Read(n) // never fails
	return n
}

// Request asks for the status of a certificate, with a nonce if one is given.
func Request(c, issuer *x509.Certificate, hash crypto.Hash, nonce []byte) ([]byte, error) {
	name, key, err := digests(issuer.RawSubject, issuer, hash)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	sequence := func(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) { b.AddASN1(cryptoasn1.SEQUENCE, f) }
	sequence(&b, func(b *cryptobyte.Builder) { // OCSPRequest
		sequence(b, func(b *cryptobyte.Builder) { // TBSRequest
			sequence(b, func(b *cryptobyte.Builder) { // requestList
				sequence(b, func(b *cryptobyte.Builder) { // Request
					sequence(b, func(b *cryptobyte.Builder) { // CertID
						sequence(b, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(hashOID(hash))
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(name)
						b.AddASN1OctetString(key)
						b.AddASN1BigInt(c.SerialNumber)
					})
				})
			})
			addNonce(b, nonce)
		})
	})
	return b.Bytes()
}

func addNonce(b *cryptobyte.Builder, nonce []byte) {
	if nonce == nil {
		return
	}
	b.AddASN1(explicit(2), func(b *cryptobyte.Builder) {
		b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidNonce)
				b.AddASN1(cryptoasn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
			})
		})
	})
}

func hashOID(h crypto.Hash) asn1.ObjectIdentifier {
	if h == crypto.SHA256 {
		return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	}
	return asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
}

// digests are how a CertID names an issuer.
func digests(issuerName []byte, issuer *x509.Certificate, h crypto.Hash) (name, key []byte, err error) {
	if !h.Available() {
		return nil, nil, fmt.Errorf("ocsp: digest %d: %w", h, signature.ErrAlgorithm)
	}
	bits, err := keyBits(issuer)
	if err != nil {
		return nil, nil, err
	}
	n, k := h.New(), h.New()
	n.Write(issuerName)
	k.Write(bits)
	return n.Sum(nil), k.Sum(nil), nil
}

// keyBits is the subjectPublicKey without tag, length and unused bits.
func keyBits(c *x509.Certificate) ([]byte, error) {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var body, algorithm cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadASN1(&algorithm, cryptoasn1.SEQUENCE) || !body.ReadASN1BitString(&bits) {
		return nil, fmt.Errorf("ocsp: public key of the issuer: %w", signature.ErrMalformed)
	}
	return bits.RightAlign(), nil
}
