package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"

	"congvan/signer/cms/ber"
)

// ToBeSigned gives what the signature is made over: the signed attributes as a SET in
// DER (RFC 5652, 5.4).
func (p *Prepared) ToBeSigned() []byte { return bytes.Clone(p.attributes) }

// Digest gives the hash of ToBeSigned, which is what a remote key signs. Ed25519 signs
// ToBeSigned itself.
func (p *Prepared) Digest() []byte { return sum(p.digest, p.attributes) }

// Hash is the digest that the signature is prepared with.
func (p *Prepared) Hash() crypto.Hash { return p.digest }

// Certificate is the signer's.
func (p *Prepared) Certificate() *x509.Certificate { return p.cert }

// Size is the most bytes that Finish gives, whatever the signature's value.
func (p *Prepared) Size() int { return p.SizeStamped(0) }

// SizeStamped is Size after AddTimeStamp with a token of so many bytes; 0 is none.
func (p *Prepared) SizeStamped(token int) int {
	der := p.assemble(make([]byte, p.valueSize()))
	if token == 0 {
		return len(der)
	}
	stamped, err := addUnsigned(der, encodeAttribute(oidTimeStampToken, make([]byte, token)))
	if err != nil { // what assemble builds can be read
		return len(der) + token
	}
	return len(stamped)
}

// valueSize is the most bytes that a signature value takes.
func (p *Prepared) valueSize() int {
	switch key := p.cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.Size()
	case *ecdsa.PublicKey:
		n := (key.Curve.Params().N.BitLen() + 7) / 8
		one := ber.Encode(ber.Integer, make([]byte, n+1))
		return len(ber.Encode(ber.Sequence, one, one))
	}
	return ed25519.SignatureSize
}

// Finish completes the signature with its value, made elsewhere over Digest (Ed25519:
// over ToBeSigned). An ECDSA value may be the DER of r and s, or both side by side as
// tokens give them. A value that does not verify with the certificate is refused with
// ErrSignature: a token with another key, or what was prepared is not what was signed.
func (p *Prepared) Finish(signature []byte) (der []byte, err error) {
	s, err := p.scheme()
	if err != nil {
		return nil, err
	}
	signature = p.plainECDSA(signature)
	if err := s.verify(p.cert.PublicKey, p.attributes, signature); err != nil {
		return nil, err
	}
	return p.assemble(signature), nil
}

// own tells that a key lives in this process and is the certificate's: its value needs
// no checking. A token's does.
func (p *Prepared) own(key crypto.Signer) bool {
	switch key.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
		return ok && public.Equal(p.cert.PublicKey)
	}
	return false
}

// scheme is how the value has to be made.
func (p *Prepared) scheme() (scheme, error) {
	value, err := p.algorithm()
	if err != nil {
		return scheme{}, err
	}
	a := readAlgorithm(ber.Open(value))
	s := a.scheme(digest{hash: p.digest, name: HashName(p.digest)})
	return s, s.err
}

// plainECDSA turns r and s side by side into DER; anything else stays as it is.
func (p *Prepared) plainECDSA(signature []byte) []byte {
	key, ok := p.cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return signature
	}
	n := (key.Curve.Params().N.BitLen() + 7) / 8
	c := ber.Open(signature)
	c.Inside(ber.Sequence)
	c.End()
	if len(signature) != 2*n || c.Err() == nil {
		return signature
	}
	return ber.Encode(ber.Sequence, positive(signature[:n]), positive(signature[n:]))
}

// positive encodes an INTEGER from its magnitude.
func positive(b []byte) []byte {
	b = bytes.TrimLeft(b, "\x00")
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return ber.Encode(ber.Integer, b)
}

// Sign makes the signature with a key that is at hand, and completes it.
func (p *Prepared) Sign(key crypto.Signer) (der []byte, err error) {
	s, err := p.scheme()
	if err != nil {
		return nil, err
	}
	var value []byte
	switch s.kind {
	case kindEd25519:
		value, err = key.Sign(rand.Reader, p.attributes, crypto.Hash(0))
	case kindPSS:
		value, err = key.Sign(rand.Reader, p.Digest(), &rsa.PSSOptions{SaltLength: s.salt, Hash: s.hash})
	default:
		value, err = key.Sign(rand.Reader, p.Digest(), s.hash)
	}
	if err != nil {
		return nil, fmt.Errorf("cms: sign: %w", err)
	}
	if p.own(key) {
		return p.assemble(value), nil
	}
	return p.Finish(value)
}

// assemble encodes the SignedData in its ContentInfo.
func (p *Prepared) assemble(signature []byte) []byte {
	version := byte(1)
	if id(p.contentType) != oidData {
		version = 3 // RFC 5652, 5.1
	}
	data := ber.Encode(ber.Sequence,
		[]byte{ber.Integer, 1, version},
		ber.EncodeSet(ber.Set, p.digestAlgorithm()),
		ber.Encode(ber.Sequence, encodeOID(p.contentType)),
		ber.EncodeSet(ber.Context(0), p.certificates()...),
		ber.EncodeSet(ber.Set, p.signerInfo(signature)))
	return ber.Encode(ber.Sequence, oidSignedData.der(), ber.Encode(ber.Context(0), data))
}

func (p *Prepared) certificates() [][]byte {
	all := [][]byte{p.cert.Raw}
	for _, c := range p.chain {
		if !slices.ContainsFunc(all, func(raw []byte) bool { return bytes.Equal(raw, c.Raw) }) {
			all = append(all, c.Raw)
		}
	}
	return all
}

func (p *Prepared) signerInfo(signature []byte) []byte {
	value, err := p.algorithm()
	if err != nil { // Prepare and UnmarshalJSON made sure of it
		return nil
	}
	implicit := append([]byte{ber.Context(0)}, p.attributes[1:]...)
	return ber.Encode(ber.Sequence,
		[]byte{ber.Integer, 1, 1},
		ber.Encode(ber.Sequence, p.cert.RawIssuer, serial(p.cert)),
		p.digestAlgorithm(), implicit, value,
		ber.Encode(ber.OctetString, signature))
}
