//go:build pkcs11

package token

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/ThalesGroup/crypto11"
)

// OpenPKCS11 opens a key on a token through the token's own library. A token that
// was pulled out and put back is found again at the next signature.
func OpenPKCS11(u *URI, pin []byte) (*Key, error) {
	t := &hardware{uri: u, pin: string(pin)}
	if err := t.connect(); err != nil {
		return nil, err
	}
	k, err := newKey(t, t.certificate, nil)
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	k.close = t.Close
	return k, nil
}

// hardware is a key on a token; its session is opened anew when it has died.
type hardware struct {
	uri *URI
	pin string

	mu          sync.Mutex
	context     *crypto11.Context
	key         crypto11.Signer
	certificate *x509.Certificate
}

// Public gives the key's public half.
func (h *hardware) Public() crypto.PublicKey { return h.certificate.PublicKey }

// Sign signs on the token; once more after a new login when the session has died.
func (h *hardware) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.key != nil {
		signature, err := h.key.Sign(random, digest, o)
		if err == nil {
			return signature, nil
		}
	}
	if err := h.reconnect(); err != nil {
		return nil, err
	}
	signature, err := h.key.Sign(random, digest, o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return signature, nil
}

// Close ends the session.
func (h *hardware) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.disconnect()
}

func (h *hardware) disconnect() error {
	c := h.context
	h.context, h.key = nil, nil
	if c == nil {
		return nil
	}
	return c.Close()
}

// reconnect logs in again; what the dead session says at its end is of no use.
func (h *hardware) reconnect() error {
	_ = h.disconnect()
	before := h.certificate
	if err := h.connect(); err != nil {
		return err
	}
	if !h.certificate.Equal(before) {
		return errors.Join(fmt.Errorf("%w: another token was put in", ErrMismatch), h.disconnect())
	}
	return nil
}

func (h *hardware) connect() (err error) {
	c := &crypto11.Config{Path: h.uri.Module, Pin: h.pin}
	switch {
	case h.uri.Slot != nil:
		c.SlotNumber = h.uri.Slot
	case h.uri.Serial != "":
		c.TokenSerial = h.uri.Serial
	default:
		c.TokenLabel = h.uri.Token
	}
	if h.context, err = crypto11.Configure(c); err != nil {
		return configureError(err)
	}
	if err := h.find(); err != nil {
		return errors.Join(err, h.disconnect())
	}
	return nil
}

func configureError(err error) error {
	if strings.Contains(err.Error(), "CKR_PIN") {
		return fmt.Errorf("%w: %w", ErrPassword, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func (h *hardware) find() (err error) {
	var label []byte
	if h.uri.Object != "" {
		label = []byte(h.uri.Object)
	}
	pairs, err := h.context.FindKeyPairs(h.uri.ID, label)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(pairs) != 1 {
		return fmt.Errorf("%w: %d keys answer to %s", ErrNoKey, len(pairs), h.uri)
	}
	h.key = pairs[0]
	if h.certificate, err = h.context.FindCertificate(h.uri.ID, label, nil); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if h.certificate == nil {
		return fmt.Errorf("%w: %s", ErrNoCert, h.uri)
	}
	return nil
}
