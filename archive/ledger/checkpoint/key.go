package checkpoint

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"congvan/internal/keyfile"
)

// The kinds of key in c2sp.org/signed-note that are used here.
const (
	kindEd25519     = 1
	kindCosignature = 4
)

// ErrKey: the text is no key of the kind that is needed, or of another name.
var ErrKey = errors.New("checkpoint: not the expected key")

// LoadKey reads a log's or witness's signing key (PRIVATE+KEY+…) from a file that only
// its owner may read, and makes both at first use. The name is the one that
// stands in its signatures: a host and path, such as congvan.example.gov.vn/ledger.
func LoadKey(path, name string) (privateKey string, err error) {
	text, err := keyfile.Load(path, func() ([]byte, error) {
		private, _, err := note.GenerateKey(rand.Reader, name)
		return []byte(private + "\n"), err
	})
	if err != nil {
		return "", fmt.Errorf("checkpoint: signing key: %w", err)
	}
	private := strings.TrimSpace(string(text))
	found, _, err := parsePrivate(private)
	if err == nil && found != name {
		err = fmt.Errorf("%w: it is for %.100q, not %.100q", ErrKey, found, name)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return private, nil
}

// PublicKey is what others check the plain signatures of a signing key with.
func PublicKey(privateKey string) (string, error) {
	name, key, err := parsePrivate(privateKey)
	if err != nil {
		return "", err
	}
	public, _ := key.Public().(ed25519.PublicKey)
	return formatPublic(name, kindEd25519, public), nil
}

func parsePrivate(s string) (name string, key ed25519.PrivateKey, err error) {
	rest, ok := strings.CutPrefix(s, "PRIVATE+KEY+")
	name, data, err := splitKey(rest)
	if !ok || err != nil || len(data) != 1+ed25519.SeedSize || data[0] != kindEd25519 {
		return "", nil, fmt.Errorf("%w: not an Ed25519 signing key", ErrKey)
	}
	return name, ed25519.NewKeyFromSeed(data[1:]), nil
}

func parsePublic(s string) (name string, kind byte, key ed25519.PublicKey, err error) {
	name, data, err := splitKey(s)
	if err != nil || len(data) != 1+ed25519.PublicKeySize {
		return "", 0, nil, fmt.Errorf("%w: not an Ed25519 public key", ErrKey)
	}
	if formatPublic(name, data[0], data[1:]) != s {
		return "", 0, nil, fmt.Errorf("%w: mistyped, its hash does not fit", ErrKey)
	}
	return name, data[0], data[1:], nil
}

// splitKey reads name+hash+base64.
func splitKey(s string) (name string, data []byte, err error) {
	parts := strings.SplitN(s, "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return "", nil, ErrKey
	}
	data, err = base64.StdEncoding.DecodeString(parts[2])
	return parts[0], data, err
}

func formatPublic(name string, kind byte, key ed25519.PublicKey) string {
	data := append([]byte{kind}, key...)
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, data), base64.StdEncoding.EncodeToString(data))
}

func keyHash(name string, data []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), data...))
	return binary.BigEndian.Uint32(sum[:])
}
