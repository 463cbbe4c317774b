package token

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"

	"software.sslmate.com/src/go-pkcs12"

	"congvan/internal/keyfile"
)

// OpenPKCS12 opens a PKCS#12 file (RFC 7292), in its modern form or the one of old
// Windows. The file must be readable by its owner alone.
func OpenPKCS12(path string, password []byte) (*Key, error) {
	data, err := keyfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	private, cert, chain, err := pkcs12.DecodeChain(data, string(password))
	if err != nil {
		return nil, pkcs12Error(path, err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, path)
	}
	return newKey(signer, cert, issuers(cert, chain))
}

func pkcs12Error(path string, err error) error {
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return fmt.Errorf("%w: %s", ErrPassword, path)
	}
	return fmt.Errorf("%w: %s: %w", ErrMalformed, path, err)
}

// WritePKCS12 writes a key with its certificates to a new file that only its owner
// may read, in the modern form.
func WritePKCS12(path string, k *Key, password []byte) error {
	data, err := pkcs12.Modern.Encode(k.Signer, k.Certificate, k.Chain, string(password))
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	made := false
	if _, err = keyfile.Load(path, func() ([]byte, error) { made = true; return data, nil }); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if !made {
		return fmt.Errorf("token: %s: %w", path, fs.ErrExist)
	}
	return nil
}
