package xmlsig

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"

	"congvan/signer"
	"congvan/signer/token"
)

// Sign signs a message with a key that is at hand. For the errors see Prepare; of
// LevelBT also those of the Stamper, and then there is no signature: sign at LevelBB and
// raise it later with Extend.
func Sign(ctx context.Context, key *token.Key, m Message, o SignOptions) (*Signed, error) {
	p, err := Prepare(ctx, key.Certificate, key.Chain, m, o)
	if err != nil {
		return nil, err
	}
	s, err := p.sign(key)
	if err != nil || o.Level != signer.LevelBT {
		return s, err
	}
	return s.stamped(ctx, m.Payloads, o)
}

// sign has the value made by a key.
func (p *Pending) sign(key crypto.Signer) (*Signed, error) {
	a := algorithms()[p.Algorithm]
	var opts crypto.SignerOpts = a.hash
	if a.kind == "RSA-PSS" {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	}
	value, err := key.Sign(rand.Reader, p.Digest(), opts)
	if err != nil {
		return nil, fmt.Errorf("xmlsig: sign: %w", err)
	}
	return p.Finish(value)
}

// rawSignature turns an ECDSA signature in ASN.1 into the form of XML Signature: r and s,
// each as long as the order of the curve. Anything else is left as it is.
func rawSignature(public crypto.PublicKey, signature []byte) []byte {
	k, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return signature
	}
	n := scalarSize(k)
	if len(signature) == 2*n {
		return signature
	}
	var v struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &v)
	if err != nil || len(rest) > 0 || v.R.Sign() < 0 || v.S.Sign() < 0 || v.R.BitLen() > 8*n || v.S.BitLen() > 8*n {
		return signature
	}
	return append(v.R.FillBytes(make([]byte, n)), v.S.FillBytes(make([]byte, n))...)
}
