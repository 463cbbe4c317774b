// Package signature checks the signatures of certificates, CRLs and OCSP answers.
//
// It does by hand what crypto/x509 no longer does, because documents of former years
// are judged too: SHA-1 over RSA and ECDSA, and RSA-PSS with any salt. It only says
// whether a signature holds and by which algorithms; whether these are strong enough
// is the policy's to say.
package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha1" // links the digest in
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// What can be wrong with a signature.
var (
	ErrAlgorithm = errors.New("signature: unknown or unsupported algorithm")
	ErrBroken    = errors.New("signature: does not verify")
	ErrMalformed = errors.New("signature: not a signed structure")
)

// Kinds of keys, in the words of signer.Policy.
const (
	RSA     = "RSA"
	ECDSA   = "ECDSA"
	Ed25519 = "Ed25519"
)

// Algorithm is how something is signed.
type Algorithm struct {
	Key    string      // RSA, ECDSA or Ed25519
	Hash   crypto.Hash // 0 for Ed25519
	Digest string      // its name in policies, such as SHA-256; of Ed25519 SHA-512, which is part of it
	PSS    bool
	Salt   int // of PSS, in bytes
}

// String names the algorithm for people, such as SHA-256 (RSA).
func (a Algorithm) String() string {
	switch {
	case a.Key == "":
		return "?"
	case a.Key == Ed25519:
		return Ed25519
	case a.PSS:
		return a.Digest + " (RSA-PSS)"
	}
	return a.Digest + " (" + a.Key + ")"
}

// Signed is the outer form that certificates, CRLs and OCSP answers share: what is
// signed, how, and the signature.
type Signed struct {
	TBS        []byte // the element that is signed, in DER
	Algorithm  Algorithm
	Identifier []byte // the AlgorithmIdentifier in DER
	Signature  []byte
	Rest       cryptobyte.String // what follows in the sequence; only OCSP answers have any
}

// Read reads the outer form. An algorithm that is not known is left empty, and then
// fails in Check.
func Read(der []byte) (*Signed, error) {
	in := cryptobyte.String(der)
	var outer, tbs, identifier cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&outer, cryptoasn1.SEQUENCE) || !in.Empty() ||
		!outer.ReadASN1Element(&tbs, cryptoasn1.SEQUENCE) ||
		!outer.ReadASN1Element(&identifier, cryptoasn1.SEQUENCE) ||
		!outer.ReadASN1BitString(&bits) || bits.BitLength%8 != 0 {
		return nil, ErrMalformed
	}
	return &Signed{TBS: tbs, Algorithm: ReadAlgorithm(identifier), Identifier: identifier, Signature: bits.Bytes, Rest: outer}, nil
}

// Check verifies the signature with a public key.
func (s *Signed) Check(key crypto.PublicKey) error {
	return Check(key, s.Algorithm, s.TBS, s.Signature)
}

// OfCertificate gives how a certificate is signed.
func OfCertificate(c *x509.Certificate) (Algorithm, error) {
	s, err := Read(c.Raw)
	if err != nil {
		return Algorithm{}, err
	}
	return s.Algorithm, nil
}

// CheckCertificate says whether a certificate is signed with a key.
func CheckCertificate(c *x509.Certificate, key crypto.PublicKey) error {
	s, err := Read(c.Raw)
	if err != nil {
		return err
	}
	return s.Check(key)
}

// maxRSA bounds RSA keys, in bits: the time that a check takes grows with the cube.
const maxRSA = 16384

// Check verifies a signature over some bytes.
func Check(key crypto.PublicKey, a Algorithm, signed, signature []byte) error {
	digest := signed
	if a.Hash != 0 {
		if !a.Hash.Available() {
			return ErrAlgorithm
		}
		h := a.Hash.New()
		h.Write(signed)
		digest = h.Sum(nil)
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return checkRSA(key, a, digest, signature)
	case *ecdsa.PublicKey:
		return hold(a.Key == ECDSA && a.Hash != 0, func() bool { return ecdsa.VerifyASN1(key, digest, signature) })
	case ed25519.PublicKey:
		return hold(a.Key == Ed25519, func() bool { return ed25519.Verify(key, signed, signature) })
	}
	return fmt.Errorf("%w: key of type %T", ErrAlgorithm, key)
}

func checkRSA(key *rsa.PublicKey, a Algorithm, digest, signature []byte) error {
	if a.Key != RSA || a.Hash == 0 || key.N.BitLen() > maxRSA {
		return ErrAlgorithm
	}
	var err error
	if a.PSS {
		err = rsa.VerifyPSS(key, a.Hash, digest, signature, &rsa.PSSOptions{SaltLength: a.Salt})
	} else {
		err = rsa.VerifyPKCS1v15(key, a.Hash, digest, signature)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return nil
}

func hold(fits bool, verify func() bool) error {
	if !fits {
		return ErrAlgorithm
	}
	if !verify() {
		return ErrBroken
	}
	return nil
}

// KeyOf names the kind of a public key as policies do, with its size in bits; the kind
// is empty for one that is not supported.
func KeyOf(key crypto.PublicKey) (kind string, bits int) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return RSA, k.N.BitLen()
	case *ecdsa.PublicKey:
		return ECDSA, k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return Ed25519, 256
	}
	return "", 0
}
