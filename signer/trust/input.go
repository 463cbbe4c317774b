package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"congvan/signer/cms"
)

// Bounds of a file of certificates.
const (
	maxInput        = 4 << 20
	maxCertificates = 1000
)

// ErrNoCertificates: a file holds no certificate.
var ErrNoCertificates = errors.New("trust: no certificate there")

// ErrUnreadable: a file in none of the forms in which certificates come.
var ErrUnreadable = fmt.Errorf("%w: neither PEM nor DER certificates nor PKCS#7", ErrInvalid)

// ReadCertificates reads certificates from PEM (one or several, and PKCS#7 in PEM), DER
// (one or several, one after another) or PKCS#7 (.p7b). Each is given once. Keys in a
// PEM file are passed over.
func ReadCertificates(data []byte) ([]*x509.Certificate, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("%w: %d bytes of certificates, more than %d", ErrInvalid, len(data), maxInput)
	}
	var all []*x509.Certificate
	var err error
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		all, err = readPEM(data)
	} else {
		all, err = readDER(bytes.TrimSpace(data), data)
	}
	if err != nil {
		return nil, err
	}
	if all = once(all); len(all) == 0 {
		return nil, ErrNoCertificates
	}
	if len(all) > maxCertificates {
		return nil, fmt.Errorf("%w: %d certificates, more than %d", ErrInvalid, len(all), maxCertificates)
	}
	return all, nil
}

func readPEM(data []byte) (all []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return all, nil
		}
		var some []*x509.Certificate
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			some, err = x509.ParseCertificates(certificateOnly(block.Bytes))
		case "PKCS7", "CMS":
			some, err = readPKCS7(block.Bytes)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: certificate %d in PEM: %w", ErrInvalid, len(all)+1, err)
		}
		all = append(all, some...)
	}
}

// certificateOnly cuts off what a TRUSTED CERTIFICATE says beside the certificate.
func certificateOnly(der []byte) []byte {
	in := cryptobyte.String(der)
	var first cryptobyte.String
	if !in.ReadASN1Element(&first, cryptoasn1.SEQUENCE) {
		return der
	}
	return first
}

// readDER tries certificates, as they are and without white space around, then PKCS#7.
func readDER(trimmed, data []byte) ([]*x509.Certificate, error) {
	all, err := x509.ParseCertificates(data)
	if err == nil {
		return all, nil
	}
	if some, err := x509.ParseCertificates(trimmed); err == nil {
		return some, nil
	}
	if some, err := readPKCS7(data); err == nil {
		return some, nil
	}
	return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
}

func readPKCS7(data []byte) ([]*x509.Certificate, error) {
	d, err := cms.Parse(data)
	if err != nil {
		return nil, err
	}
	if len(d.Unreadable) > 0 {
		return nil, fmt.Errorf("%s: %w", d.Unreadable[0].Subject, d.Unreadable[0].Err)
	}
	return d.Certificates, nil
}

func once(all []*x509.Certificate) (each []*x509.Certificate) {
	seen := map[string]bool{}
	for _, c := range all {
		if !seen[string(c.Raw)] {
			seen[string(c.Raw)] = true
			each = append(each, c)
		}
	}
	return each
}

// selfIssued says whether a certificate names its own subject as its issuer.
func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }
