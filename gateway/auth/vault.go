package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"congvan/internal/keyfile"
)

// vault seals secrets that must come out again.
type vault struct {
	aead  cipher.AEAD
	bait  []byte // a sealed secret of nobody
	empty []byte // what it holds
}

func newVault(master [32]byte) *vault {
	block, err := aes.NewCipher(master[:])
	if err != nil {
		panic(err) // only for a wrong key length, which the type excludes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a wrong block size
	}
	v := &vault{aead: aead, empty: []byte(randomText(secretLength))}
	v.bait = v.seal("decoy", v.empty)
	return v
}

// seal encrypts a secret so that it opens only under the same id.
func (v *vault) seal(id string, secret []byte) []byte {
	return v.aead.Seal(nil, nil, secret, []byte(id))
}

func (v *vault) open(id string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 { // the decoy credential
		id, sealed = "decoy", v.bait
	}
	secret, err := v.aead.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("unseal (is it another gateway's master key?): %w", err)
	}
	return secret, nil
}

// decoy is a secret that nobody has.
func (v *vault) decoy() []byte { return v.empty }

// LoadMaster reads the master key, 32 bytes in base64, from a file that only its owner
// may read; it makes the file when there is none. Keep a copy of it apart from
// the database's: without it every exchange secret must be issued anew.
func LoadMaster(path string) ([32]byte, error) {
	text, err := keyfile.Load(path, func() ([]byte, error) {
		var key [32]byte
		_, err := rand.Read(key[:])
		return []byte(base64.StdEncoding.EncodeToString(key[:]) + "\n"), err
	})
	if err != nil {
		return [32]byte{}, fmt.Errorf("auth: master key: %w", err)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return [32]byte{}, errors.New("auth: master key file does not hold 32 bytes in base64")
	}
	return [32]byte(key), nil
}
