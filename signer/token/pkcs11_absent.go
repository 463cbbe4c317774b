//go:build !pkcs11

package token

// OpenPKCS11 says that this program was built without cgo and PKCS#11.
func OpenPKCS11(*URI, []byte) (*Key, error) { return nil, ErrNotBuilt }
