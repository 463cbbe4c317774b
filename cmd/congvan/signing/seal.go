package signing

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/token"
	xmlsig "congvan/signer/xml"
)

// sealTime bounds one signature; a token may be slow, or gone.
const sealTime = 30 * time.Second

// ErrRandomKey: the key would sign the same message otherwise each time, and the axis would not recognise
// a letter that is sent again. Use an RSA key, or keep an ECDSA key in a file.
var ErrRandomKey = errors.New("signing: an ECDSA key on a token cannot sign envelopes")

// Sealer signs the envelopes that the gateway writes; it implements gateway.Sealer.
type Sealer struct{ key *token.Key }

// NewSealer takes the gateway's own key.
func NewSealer(k *token.Key) (*Sealer, error) {
	switch k.Public().(type) {
	case *ecdsa.PublicKey:
		inner, ok := k.Signer.(*ecdsa.PrivateKey)
		if !ok {
			return nil, ErrRandomKey
		}
		steady := *k
		steady.Signer = deterministic{inner}
		return &Sealer{&steady}, nil
	case *rsa.PublicKey:
		return &Sealer{k}, nil
	}
	return nil, fmt.Errorf("%w: %T", xmlsig.ErrAlgorithm, k.Public())
}

// deterministic signs by RFC 6979: the same digest gives the same signature.
type deterministic struct{ *ecdsa.PrivateKey }

// Sign implements crypto.Signer.
func (d deterministic) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return d.PrivateKey.Sign(nil, digest, o)
}

// Close gives the key back.
func (s *Sealer) Close() error { return s.key.Close() }

// identifier follows from the message, so that a letter that is sealed again is the same letter.
func identifier(s *edxml.Split) string {
	sum := sha256.Sum256(s.Skeleton)
	return "sig-" + hex.EncodeToString(sum[:8])
}

// Seal implements gateway.Sealer. It reads the attachments once.
func (s *Sealer) Seal(ctx context.Context, e gateway.SignedEnvelope, at time.Time) (*edxml.Split, error) {
	env, err := e.Read()
	if err != nil || env.Signature.Present {
		return e.Split, err
	}
	m := xmlsig.Message{Skeleton: e.Split.Skeleton, Payloads: payloads(e.Split, env, e.Open)}
	ctx, cancel := context.WithTimeout(ctx, sealTime)
	defer cancel()
	signed, err := xmlsig.Sign(ctx, s.key, m, xmlsig.SignOptions{
		Level: signer.LevelBB, ID: identifier(e.Split), Time: at.In(edxml.VietnamZone), Commitment: xmlsig.CommitmentOrigin,
	})
	if err != nil {
		return nil, err
	}
	sealed := &edxml.Split{
		Skeleton: signed.Skeleton, Payloads: slices.Clone(e.Split.Payloads),
		Size: e.Split.Size + int64(signed.Length), Rebuildable: true,
	}
	for i := range sealed.Payloads {
		sealed.Payloads[i].Offset = signed.Offset(sealed.Payloads[i].Offset)
	}
	return sealed, nil
}
