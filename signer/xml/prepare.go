package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/xml/canon"
)

// SignOptions say how a message is signed.
type SignOptions struct {
	// Level is LevelBB, also when empty, LevelBT, or LevelLegacy for plain XMLDSig.
	Level  signer.Level
	Digest crypto.Hash // of content and signature; zero: SHA-256
	PSS    bool        // RSA-PSS rather than PKCS#1 v1.5, for RSA keys
	Time   time.Time   // claimed time of signing; zero: now. Its zone is kept
	Role   string      // claimed role of the signer; empty: none
	// Commitment is the URI of what the signer commits to, CommitmentOrigin for one;
	// empty: none.
	Commitment string
	// ID begins the identifiers of the signature's parts, an XML name; empty: a random one. Who must give
	// the same bytes for the same message each time gives one that follows from the message.
	ID string
	// Stamper gives the time stamp of LevelBT.
	Stamper Stamper
	Limits  Limits
}

// Commitments (EN 319 132-1, 5.2.3; the values of ETSI TS 101 733).
const (
	CommitmentOrigin   = "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"
	CommitmentReceipt  = "http://uri.etsi.org/01903/v1.2.2#ProofOfReceipt"
	CommitmentDelivery = "http://uri.etsi.org/01903/v1.2.2#ProofOfDelivery"
	CommitmentSender   = "http://uri.etsi.org/01903/v1.2.2#ProofOfSender"
	CommitmentApproval = "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval"
)

// Signed is a message after a signature, or a part of one, was inserted into its skeleton.
// Nothing else was changed: with the same payloads, moved by Offset, it is the message.
type Signed struct {
	Skeleton []byte
	At       int // where the bytes were inserted
	Length   int // how many
}

// Offset gives where a place of the former skeleton lies in the new one.
func (s *Signed) Offset(old int64) int64 {
	if old < int64(s.At) {
		return old
	}
	return old + int64(s.Length)
}

// Message gives the message with its payloads moved.
func (s *Signed) Message(payloads []Payload) Message {
	payloads = slices.Clone(payloads)
	for i := range payloads {
		payloads[i].Offset = s.Offset(payloads[i].Offset)
	}
	return Message{Skeleton: s.Skeleton, Payloads: payloads}
}

func insert(skeleton []byte, at int, text []byte) *Signed {
	return &Signed{Skeleton: slices.Concat(skeleton[:at], text, skeleton[at:]), At: at, Length: len(text)}
}

// Pending is a signature that wants nothing but its value. It holds no secret and can be
// kept as JSON, so that signing survives a restart while the key is asked elsewhere.
type Pending struct {
	Skeleton    []byte `json:"skeleton"` // with the signature, its value still empty
	At          int    `json:"at"`       // where the signature was inserted
	Length      int    `json:"length"`
	ValueAt     int    `json:"value_at"` // where the value goes
	SignedInfo  []byte `json:"signed_info"`
	Algorithm   string `json:"algorithm"`
	Certificate []byte `json:"certificate"` // DER, of the signer
}

// Prepare lays out a signature at the end of the header and digests what it covers: each
// payload is read as often as Message says. The chain, nearest issuer first, goes along.
//
// ErrSigned when there is a signature already, whatever it is worth; ErrMessage when the
// message cannot be signed; ErrAlgorithm when the key or digest cannot be used.
func Prepare(ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate, m Message, o SignOptions) (*Pending, error) {
	if o.Digest == 0 {
		o.Digest = crypto.SHA256
	}
	a, err := algorithmFor(cert.PublicKey, o.Digest, o.PSS)
	if err != nil {
		return nil, err
	}
	doc, err := m.parse(o.Limits.Document)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	at, err := spot(doc)
	if err != nil {
		return nil, err
	}
	d := draft{ctx: ctx, cert: cert, chain: chain, message: m, options: o, algorithm: a, doc: doc, id: o.id()}
	text, err := d.signature()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return d.pending(insert(m.Skeleton, at, text))
}

// spot finds where a signature goes.
func spot(doc *canon.Document) (int, error) {
	if signatures, decorative := candidates(doc); len(signatures)+len(decorative) > 0 {
		return 0, ErrSigned
	}
	h := header(doc)
	switch {
	case doc.Defect() != "":
		return 0, fmt.Errorf("%w: %s", ErrMessage, doc.Defect())
	case h == nil || h.EndTag == h.End:
		return 0, fmt.Errorf("%w: it has no header to sign in", ErrMessage)
	}
	return h.EndTag, nil
}

// pending reads the signature back from where it was inserted: what is signed is what a
// verifier will see.
func (d *draft) pending(s *Signed) (*Pending, error) {
	doc, err := s.Message(d.message.Payloads).parse(d.options.Limits.Document)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	p := &Pending{Skeleton: s.Skeleton, At: s.At, Length: s.Length, Algorithm: d.algorithm.uri(), Certificate: d.cert.Raw}
	found, _ := candidates(doc)
	for n := range found[0].All() {
		switch {
		case n.Is(dsig, "SignedInfo"):
			var info bytes.Buffer
			if err := doc.Write(&info, canon.Method{Exclusive: true}, canon.View{Apex: n}); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrMessage, err)
			}
			p.SignedInfo = info.Bytes()
		case n.Is(dsig, "SignatureValue"):
			p.ValueAt = n.EndTag
		}
	}
	return p, nil
}

// ToBeSigned gives the bytes whose signature Finish wants: the canonical SignedInfo.
func (p *Pending) ToBeSigned() []byte { return p.SignedInfo }

// Hash is the digest that the signature is made with; zero for Ed25519, which signs
// ToBeSigned itself.
func (p *Pending) Hash() crypto.Hash { return algorithms()[p.Algorithm].hash }

// Digest gives the hash of ToBeSigned, which a remote token signs.
func (p *Pending) Digest() []byte {
	if p.Hash() == 0 {
		return p.SignedInfo
	}
	return sum(p.Hash(), p.SignedInfo)
}

// Finish puts the signature value in its place: as the algorithm gives it, of ECDSA
// either ASN.1 or the two numbers one after the other. ErrSignature when it does not verify.
func (p *Pending) Finish(signature []byte) (*Signed, error) {
	cert, err := x509.ParseCertificate(p.Certificate)
	if err != nil {
		return nil, fmt.Errorf("xmlsig: pending signature: %w", err)
	}
	a, ok := algorithms()[p.Algorithm]
	if !ok || p.At < 0 || p.ValueAt < p.At || p.ValueAt > len(p.Skeleton) {
		return nil, errors.New("xmlsig: pending signature is damaged")
	}
	value := rawSignature(cert.PublicKey, signature)
	if err := a.verify(cert, p.SignedInfo, value); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	text := base64.StdEncoding.AppendEncode(nil, value)
	s := insert(p.Skeleton, p.ValueAt, text)
	return &Signed{Skeleton: s.Skeleton, At: p.At, Length: p.Length + len(text)}, nil
}

func (o SignOptions) id() string {
	if o.ID != "" {
		return o.ID
	}
	return "sig-" + rand.Text()
}
