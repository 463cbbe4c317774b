package democa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

// Response says how an OCSP answer is made; the zero value makes a good one of what is
// known of the certificate.
type Response struct {
	This     time.Time   // zero: an hour before the authority's now
	Next     time.Time   // zero: a day after This
	NoNext   bool        // leave nextUpdate out
	Produced time.Time   // zero: This
	By       *Identity   // a responder, whose certificate is sent along; nil: the authority
	Hash     crypto.Hash // of the CertID, SHA-1 (also when 0) or SHA-256
	Nonce    []byte
	// Status replaces what is known: ocsp.Good, ocsp.Revoked or ocsp.Unknown, with Known.
	Status int
	Known  bool
	// Serial replaces the certificate's.
	Serial *big.Int
}

// OCSP answers whether a certificate of this authority is good (RFC 6960), in DER. It is
// not made by golang.org/x/crypto/ocsp, which always takes the present for the time it is
// produced at, and signs neither with Ed25519 nor with nonces.
func (a *Authority) OCSP(c *x509.Certificate, r Response) ([]byte, error) {
	r.complete(a, c)
	t := a.known(r)
	data, err := a.responseData(r, t)
	if err != nil {
		return nil, fmt.Errorf("demo CA: OCSP answer: %w", err)
	}
	der, err := r.sign(data, r.By != &a.Identity)
	if err != nil {
		return nil, fmt.Errorf("demo CA: OCSP answer: %w", err)
	}
	return der, nil
}

func (r *Response) complete(a *Authority, c *x509.Certificate) {
	if r.Serial == nil {
		r.Serial = c.SerialNumber
	}
	if r.This.IsZero() {
		r.This = a.now.Add(-time.Hour)
	}
	if r.Next.IsZero() {
		r.Next = r.This.AddDate(0, 0, 1)
	}
	if r.Produced.IsZero() {
		r.Produced = r.This
	}
	if r.By == nil {
		r.By = &a.Identity
	}
	if r.Hash == 0 {
		r.Hash = crypto.SHA1
	}
}

// known gives what is known of a number.
func (a *Authority) known(r Response) (v Revocation) {
	v.Reason = -1
	for _, known := range a.revocations() {
		if known.Serial.Cmp(r.Serial) == 0 {
			v = known
		}
	}
	if r.Known && r.Status != ocsp.Revoked {
		v.Reason = -1
	} else if r.Known && v.Reason < 0 {
		v = Revocation{At: r.This}
	}
	return v
}

func context(n uint8) cryptoasn1.Tag { return cryptoasn1.Tag(n).ContextSpecific() }

// responseData writes ResponseData (RFC 6960, 4.2.1).
func (a *Authority) responseData(r Response, v Revocation) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(context(1).Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(r.By.Certificate.RawSubject) })
		b.AddASN1GeneralizedTime(r.Produced.UTC())
		b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				a.certID(b, r)
				r.status(b, v)
				b.AddASN1GeneralizedTime(r.This.UTC())
				if !r.NoNext {
					b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(r.Next.UTC()) })
				}
			})
		})
		if r.Nonce != nil {
			r.nonce(b)
		}
	})
	return b.Bytes()
}

func (a *Authority) certID(b *cryptobyte.Builder, r Response) {
	id := asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	if r.Hash == crypto.SHA256 {
		id = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	}
	digest := func(of []byte) []byte {
		h := r.Hash.New()
		h.Write(of)
		return h.Sum(nil)
	}
	b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(id)
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(digest(a.Certificate.RawSubject))
		b.AddASN1OctetString(digest(keyBits(a.Certificate.PublicKey)))
		b.AddASN1BigInt(r.Serial)
	})
}

func (r *Response) status(b *cryptobyte.Builder, v Revocation) {
	switch {
	case r.Known && r.Status == ocsp.Unknown:
		b.AddASN1(context(2), func(*cryptobyte.Builder) {})
	case v.Reason < 0:
		b.AddASN1(context(0), func(*cryptobyte.Builder) {})
	default:
		b.AddASN1(context(1).Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(v.At.UTC())
			b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(v.Reason)) })
		})
	}
}

func (r *Response) nonce(b *cryptobyte.Builder) {
	b.AddASN1(context(1).Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2})
				b.AddASN1(cryptoasn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(r.Nonce) })
			})
		})
	})
}

// sign makes the BasicOCSPResponse and the OCSPResponse around it.
func (r *Response) sign(data []byte, along bool) ([]byte, error) {
	algorithm, hash := algorithmOf(r.By.Key)
	signed := data
	if hash != 0 {
		h := hash.New()
		h.Write(data)
		signed = h.Sum(nil)
	}
	signature, err := r.By.Key.Sign(rand.Reader, signed, hash)
	if err != nil {
		return nil, err
	}
	var basic, b cryptobyte.Builder
	basic.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(data)
		b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(algorithm)
			if _, isRSA := r.By.Key.Public().(*rsa.PublicKey); isRSA {
				b.AddASN1NULL()
			}
		})
		b.AddASN1BitString(signature)
		if along {
			b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(r.By.Certificate.Raw) })
			})
		}
	})
	inner, err := basic.Bytes()
	if err != nil {
		return nil, err
	}
	b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1})
				b.AddASN1OctetString(inner)
			})
		})
	})
	return b.Bytes()
}

func algorithmOf(key crypto.Signer) (asn1.ObjectIdentifier, crypto.Hash) {
	switch k := key.Public().(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P384() {
			return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, crypto.SHA384
		}
		return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, crypto.SHA256
	case ed25519.PublicKey:
		return asn1.ObjectIdentifier{1, 3, 101, 112}, 0
	}
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, crypto.SHA256
}
