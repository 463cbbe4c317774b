// Package receipts signs and checks the gateway's receipts (biên nhận). A
// receipt is a JSON Web Signature in compact form (RFC 7515) with ES256; its payload is
// a [gateway.Statement]. Whoever has the gateway's public key, which it publishes
// as a JSON Web Key Set, can check a receipt without the gateway, for ever.
package receipts

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"congvan/gateway"
	"congvan/internal/keyfile"
)

// Type is the typ header of a receipt. It keeps receipts apart from every other
// JWS that the same key might ever sign (RFC 8725, section 3.11).
const Type = "congvan-receipt+jwt"

// MaxSize bounds a receipt in bytes: 10,000 receivers and as many files fit.
const MaxSize = 16 << 20

var (
	// ErrForm: it is not a receipt in our one form; nothing was checked.
	ErrForm = errors.New("receipts: not a receipt")
	// ErrUnknownKey: none of the given keys made it; get the key set of the gateway that it names.
	ErrUnknownKey = errors.New("receipts: signed with a key that is not in the key set")
	// ErrSignature: the key is known but did not sign this; do not rely on it.
	ErrSignature = errors.New("receipts: the signature does not fit the receipt")
)

// Signer signs statements with one EC P-256 key. It is safe for concurrent use.
type Signer struct {
	signer jose.Signer
	jwks   []byte
}

// Open reads the private key (PKCS#8 in PEM) from a file that only its owner may
// read, and makes both when there is no such file.
func Open(keyFile string) (*Signer, error) {
	text, err := keyfile.Load(keyFile, newKey)
	if err != nil {
		return nil, fmt.Errorf("receipts: signing key: %w", err)
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("receipts: signing key %s: %w", keyFile, err)
	}
	return newSigner(key)
}

func newSigner(key *ecdsa.PrivateKey) (*Signer, error) {
	public := jose.JSONWebKey{Key: &key.PublicKey, Algorithm: string(jose.ES256), Use: "sig"}
	var err error
	if public.KeyID, err = thumbprint(&public); err != nil {
		return nil, err
	}
	options := (&jose.SignerOptions{}).WithType(Type)
	private := jose.JSONWebKey{Key: key, KeyID: public.KeyID}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, options)
	if err != nil {
		return nil, fmt.Errorf("receipts: signer: %w", err)
	}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	if err != nil {
		return nil, fmt.Errorf("receipts: key set: %w", err)
	}
	return &Signer{signer: signer, jwks: jwks}, nil
}

// Sign gives a statement as a JWS in compact form. Its kid is the key's
// thumbprint (RFC 7638).
func (s *Signer) Sign(statement gateway.Statement) (string, error) {
	payload, err := json.Marshal(statement)
	if err != nil {
		return "", fmt.Errorf("receipts: statement: %w", err)
	}
	signed, err := s.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("receipts: sign: %w", err)
	}
	return signed.CompactSerialize()
}

// PublicJWKS is the key set that checks this signer's receipts.
func (s *Signer) PublicJWKS() []byte { return bytes.Clone(s.jwks) }

// Verify checks a receipt against a key set and gives what it states. The form is
// strict: compact, ES256, our typ, no other header, a kid that is the thumbprint of the key,
// no second spelling of the same bytes. ErrForm, ErrUnknownKey, ErrSignature.
func Verify(receipt string, jwks []byte) (gateway.Statement, error) {
	kid, err := readHeader(receipt)
	if err != nil {
		return gateway.Statement{}, err
	}
	key, err := findKey(jwks, kid)
	if err != nil {
		return gateway.Statement{}, err
	}
	signed, err := jose.ParseSignedCompact(receipt, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return gateway.Statement{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return gateway.Statement{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return readStatement(payload)
}

// header is all that a receipt's protected header may hold.
type header struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

// readHeader checks the form of a receipt and gives its kid. Only the one spelling that
// Sign produces is taken, so that one receipt cannot be passed around as many.
func readHeader(receipt string) (kid string, err error) {
	if len(receipt) > MaxSize {
		return "", fmt.Errorf("%w: over %d bytes", ErrForm, MaxSize)
	}
	parts := strings.Split(receipt, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("%w: %d parts instead of 3", ErrForm, len(parts))
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return "", fmt.Errorf("%w: part %d is not base64url", ErrForm, i+1)
		}
	}
	var h header
	if err := json.Unmarshal(decoded[0], &h); err != nil {
		return "", fmt.Errorf("%w: header: %w", ErrForm, err)
	}
	if h.Alg != string(jose.ES256) || h.Typ != Type || h.Kid == "" {
		return "", fmt.Errorf("%w: header alg %.20q typ %.40q", ErrForm, h.Alg, h.Typ)
	}
	if again, err := json.Marshal(h); err != nil || !bytes.Equal(again, decoded[0]) {
		return "", fmt.Errorf("%w: header with more than alg, kid and typ", ErrForm)
	}
	return h.Kid, nil
}

// findKey gives the one key of a set with a thumbprint.
func findKey(jwks []byte, kid string) (*ecdsa.PublicKey, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		return nil, fmt.Errorf("receipts: key set: %w", err)
	}
	for i := range set.Keys {
		key, ok := set.Keys[i].Key.(*ecdsa.PublicKey)
		if !ok || key.Curve != elliptic.P256() {
			continue
		}
		if print, err := thumbprint(&set.Keys[i]); err == nil && print == kid {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%w: kid %.64q", ErrUnknownKey, kid)
}

func readStatement(payload []byte) (gateway.Statement, error) {
	var s gateway.Statement
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return gateway.Statement{}, fmt.Errorf("%w: statement: %w", ErrForm, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return gateway.Statement{}, fmt.Errorf("%w: something after the statement", ErrForm)
	}
	return s, nil
}

// thumbprint is RFC 7638's, with SHA-256, in base64url.
func thumbprint(key *jose.JSONWebKey) (string, error) {
	print, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("receipts: thumbprint: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(print), nil
}

func newKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("want one PEM block PRIVATE KEY")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("want an EC key on P-256")
	}
	return key, nil
}
