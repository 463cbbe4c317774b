package checkpoint

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Cosigner signs checkpoints of other logs together with the time.
type Cosigner struct {
	cosigning
	key ed25519.PrivateKey
	now func() time.Time
}

// cosigning is the public half: a note.Verifier for cosignature/v1.
type cosigning struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
}

// NewCosigner makes a cosigner of a note signing key (PRIVATE+KEY+…). Its signatures
// have another key hash than plain ones of the same key, and sign another text, so
// that neither can be taken for the other.
func NewCosigner(privateKey string, now func() time.Time) (*Cosigner, error) {
	name, key, err := parsePrivate(privateKey)
	if err != nil {
		return nil, err
	}
	public, _ := key.Public().(ed25519.PublicKey)
	return &Cosigner{cosigning: newCosigning(name, public), key: key, now: now}, nil
}

// NewCosignatureVerifier makes a verifier of a public key, given as a cosigner's
// own (kind 4) or as the plain key it was made of (kind 1).
func NewCosignatureVerifier(publicKey string) (note.Verifier, error) {
	name, kind, key, err := parsePublic(publicKey)
	if err == nil && kind != kindEd25519 && kind != kindCosignature {
		err = fmt.Errorf("%w: not a witness's", ErrKey)
	}
	if err != nil {
		return nil, err
	}
	return newCosigning(name, key), nil
}

func newCosigning(name string, public ed25519.PublicKey) cosigning {
	return cosigning{name, keyHash(name, append([]byte{kindCosignature}, public...)), public}
}

// Name is the witness's name.
func (c cosigning) Name() string { return c.name }

// KeyHash is the first four bytes of the key's hash.
func (c cosigning) KeyHash() uint32 { return c.hash }

// PublicKey is what those configure who rely on this witness.
func (c cosigning) PublicKey() string { return formatPublic(c.name, kindCosignature, c.public) }

// Verify says whether sig is a cosignature of the text.
func (c cosigning) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at < 1<<63 && ed25519.Verify(c.public, cosigned(at, text), sig[8:])
}

// Sign cosigns a text with the time of now.
func (c *Cosigner) Sign(text []byte) ([]byte, error) {
	if _, err := Parse(string(text)); err != nil {
		return nil, err
	}
	at := uint64(c.now().Unix())
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(c.key, cosigned(at, text))...), nil
}

func cosigned(at uint64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), text...)
}

// CosignedAt is the time within a cosignature; zero when it is none.
func CosignedAt(s note.Signature) time.Time {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) != 4+8+ed25519.SignatureSize {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()
}
