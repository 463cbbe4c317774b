package democa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
)

// KeyKind is a kind of key that the demonstration authority can make.
type KeyKind string

// The kinds.
const (
	P256    KeyKind = "P-256"
	P384    KeyKind = "P-384"
	RSA1024 KeyKind = "RSA-1024" // too weak: for tests of policies
	RSA2048 KeyKind = "RSA-2048"
	RSA3072 KeyKind = "RSA-3072"
	Ed25519 KeyKind = "Ed25519"
)

// NewKey makes a key; the empty kind is P256.
func NewKey(kind KeyKind) (crypto.Signer, error) {
	switch kind {
	case "", P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA1024:
		return rsa.GenerateKey(rand.Reader, 1024)
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("demo CA: unknown kind of key %q", kind)
}
