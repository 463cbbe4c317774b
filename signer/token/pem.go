package token

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"congvan/internal/keyfile"
)

const maxCertificates = 1 << 20 // bytes of one file of certificates

// OpenPEM opens an unencrypted private key (PKCS#8, PKCS#1 or SEC 1) that nobody else
// may read, and its certificate with its issuers; certFile is empty when they stand in
// the key's file.
func OpenPEM(keyFile, certFile string) (*Key, error) {
	text, err := keyfile.Read(keyFile)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	private, certs, err := readPEM(text)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, keyFile)
	}
	if private == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, keyFile)
	}
	if certFile != "" {
		if certs, err = readCertificates(certFile); err != nil {
			return nil, err
		}
	}
	cert, chain := sortOut(private, certs)
	return newKey(private, cert, chain)
}

func readCertificates(file string) ([]*x509.Certificate, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	if info.Size() > maxCertificates {
		return nil, fmt.Errorf("%w: %s has %d bytes", ErrMalformed, file, info.Size())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	_, certs, err := readPEM(text)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, file)
	}
	return certs, nil
}

// readPEM takes the first private key and all certificates out of a text.
func readPEM(text []byte) (private crypto.Signer, certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
			}
			certs = append(certs, cert)
		case "ENCRYPTED PRIVATE KEY":
			return nil, nil, fmt.Errorf("%w: encrypted PEM; convert it to PKCS#12", ErrMalformed)
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			if private != nil {
				continue
			}
			if private, err = parsePrivate(block); err != nil {
				return nil, nil, err
			}
		}
	}
	return private, certs, nil
}

func parsePrivate(b *pem.Block) (crypto.Signer, error) {
	if b.Headers["DEK-Info"] != "" {
		return nil, fmt.Errorf("%w: encrypted PEM; convert it to PKCS#12", ErrMalformed)
	}
	key, err := parseDER(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: %T cannot sign", ErrNoKey, key)
	}
	return signer, nil
}

func parseDER(b *pem.Block) (any, error) {
	switch b.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(b.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(b.Bytes)
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(b.Bytes)
	}
	return nil, errors.New("unknown kind of key " + b.Type)
}

// sortOut finds the key's own certificate and puts its issuers in order; nil when
// it is not there, or the first one, for newKey to complain of.
func sortOut(private crypto.Signer, certs []*x509.Certificate) (*x509.Certificate, []*x509.Certificate) {
	var own *x509.Certificate
	for _, c := range certs {
		if belongs(private, c) {
			own = c
			break
		}
	}
	if own == nil {
		if len(certs) > 0 {
			own = certs[0]
		}
		return own, nil
	}
	return own, issuers(own, certs)
}

// issuers follows the names from a certificate upwards as far as they are known.
func issuers(cert *x509.Certificate, among []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for len(chain) < len(among) {
		next := issuer(cert, among)
		if next == nil || next.Equal(cert) {
			break
		}
		chain = append(chain, next)
		cert = next
	}
	return chain
}

func issuer(cert *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, c := range among {
		if string(c.RawSubject) == string(cert.RawIssuer) && c.IsCA {
			return c
		}
	}
	return nil
}
