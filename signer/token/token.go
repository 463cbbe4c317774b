// Package token opens the keys that documents are signed with, wherever they are kept:
// a PKCS#12 file, PEM files, or a PKCS#11 token.
//
// A key at a clerk's desk, on a USB token, is never opened here: its digest is signed
// over there, in two phases (see the Prepare functions of the formats).
package token

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// What can be wrong with a key. Each is for the person who configured it to mend.
var (
	ErrPassword    = errors.New("token: wrong password or PIN")
	ErrNoKey       = errors.New("token: no private key there")
	ErrNoCert      = errors.New("token: no certificate for the key there")
	ErrMismatch    = errors.New("token: the certificate belongs to another key")
	ErrMalformed   = errors.New("token: not a key container")
	ErrNotBuilt    = errors.New("token: this program was built without PKCS#11 (build tag pkcs11)")
	ErrUnavailable = errors.New("token: the token does not answer") // plugged out, or its library failed; try again
)

// Key is a private key that can sign, with its certificate.
type Key struct {
	crypto.Signer
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // issuers that were kept beside it, nearest first, as far as known

	close func() error
}

// Close gives back what the key holds open; a key in memory holds nothing.
func (k *Key) Close() error {
	if k.close == nil {
		return nil
	}
	return k.close()
}

// Source says where a key is.
type Source struct {
	// Key is a file, PKCS#12 (.p12, .pfx) or PEM, or a PKCS#11 URI (RFC 7512).
	Key string
	// Certificate is the PEM file of the certificate and its issuers; for PEM keys only.
	// Empty: they stand in the key's own file.
	Certificate string
	// Password opens a PKCS#12 file or a token; a PKCS#11 URI may name a file with
	// the PIN instead (pin-source).
	Password []byte
}

// Open opens a key.
func Open(s Source) (*Key, error) {
	switch ext := strings.ToLower(filepath.Ext(s.Key)); {
	case strings.HasPrefix(s.Key, uriScheme):
		return openURI(s.Key, s.Password)
	case ext == ".p12", ext == ".pfx":
		return OpenPKCS12(s.Key, s.Password)
	}
	return OpenPEM(s.Key, s.Certificate)
}

func openURI(uri string, pin []byte) (*Key, error) {
	u, err := ParseURI(uri)
	if err != nil {
		return nil, err
	}
	if len(pin) == 0 {
		if pin, err = u.pin(); err != nil {
			return nil, err
		}
	}
	return OpenPKCS11(u, pin)
}

// newKey joins a private key and its certificate when they belong together.
func newKey(private any, cert *x509.Certificate, chain []*x509.Certificate) (*Key, error) {
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: %T cannot sign", ErrNoKey, private)
	}
	if cert == nil {
		return nil, ErrNoCert
	}
	if !belongs(signer, cert) {
		return nil, fmt.Errorf("%w: %s", ErrMismatch, cert.Subject)
	}
	return &Key{Signer: signer, Certificate: cert, Chain: chain}, nil
}

func belongs(s crypto.Signer, cert *x509.Certificate) bool {
	public, ok := s.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}
