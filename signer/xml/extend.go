package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"fmt"

	"congvan/signer"
	"congvan/signer/tsa"
	"congvan/signer/xml/canon"
)

// Stamper gives time stamps; a tsa.Client does.
type Stamper interface {
	// Stamp has a digest stamped. Asking again costs another stamp and does no harm.
	Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*tsa.Token, error)
}

// Extend raises a signature to B-T: it has the signature value stamped and puts the time
// stamp into the unsigned properties. Everything else stays as it was, byte for byte, and a
// signature that has a stamp gets another. The payloads are not read.
//
// ErrUnsigned when there is no XAdES signature whose value verifies; the errors of the
// Stamper come wrapped.
func Extend(ctx context.Context, m Message, s Stamper, l Limits) (*Signed, error) {
	l = l.orDefault()
	doc, err := m.parse(l.Document)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	found, _ := candidates(doc)
	if len(found) != 1 {
		return nil, ErrUnsigned
	}
	c := &checked{}
	if c.signature, err = readSignature(found[0], len(m.Payloads), l); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if c.signature.properties == nil {
		return nil, ErrUnsigned
	}
	if err := c.identify(doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	return c.signature.stamp(ctx, doc, m.Skeleton, s)
}

// stamped raises what was just signed to B-T.
func (s *Signed) stamped(ctx context.Context, payloads []Payload, o SignOptions) (*Signed, error) {
	t, err := Extend(ctx, s.Message(payloads), o.Stamper, o.Limits)
	if err != nil {
		return nil, err
	}
	return &Signed{Skeleton: t.Skeleton, At: s.At, Length: s.Length + t.Length}, nil
}

// stamp has the signature value stamped and inserts the token.
func (s *signature) stamp(ctx context.Context, doc *canon.Document, skeleton []byte, by Stamper) (*Signed, error) {
	at, before, after := s.properties.stampSpot()
	if at < 0 || by == nil {
		return nil, fmt.Errorf("%w: no place for a time stamp, or nobody to make one", ErrUnsigned)
	}
	digest, err := canonicalDigest(doc, crypto.SHA256, canon.Method{Exclusive: true}, canon.View{Apex: s.valueNode})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	token, err := by.Stamp(ctx, crypto.SHA256, digest)
	if err != nil {
		return nil, fmt.Errorf("xmlsig: time stamp: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(before)
	fmt.Fprintf(&b, `<xades:SignatureTimeStamp xmlns:xades="%s"><CanonicalizationMethod xmlns="%s" Algorithm="%s"></CanonicalizationMethod>`, xades, dsig, excC14N)
	fmt.Fprintf(&b, `<xades:EncapsulatedTimeStamp>%s</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>`, base64.StdEncoding.EncodeToString(token.DER))
	b.WriteString(after)
	return insert(skeleton, at, b.Bytes()), nil
}

// stampSpot finds where a time stamp goes, and what must be written around it; -1 where
// the properties are written so that nothing can be inserted.
func (p *properties) stampSpot() (at int, before, after string) {
	for c := range p.node.Elements() {
		if !c.Is(xades, "UnsignedProperties") {
			continue
		}
		for u := range c.Elements() {
			if u.Is(xades, "UnsignedSignatureProperties") && u.EndTag < u.End {
				return u.EndTag, "", ""
			}
		}
		return -1, "", ""
	}
	before = `<xades:UnsignedProperties xmlns:xades="` + xades + `"><xades:UnsignedSignatureProperties>`
	return p.node.EndTag, before, `</xades:UnsignedSignatureProperties></xades:UnsignedProperties>`
}

// verifyStamps verifies the time stamps over the signature value: tokens that hold, and
// the verdicts on those that do not.
func (s *signature) verifyStamps(doc *canon.Document) (tokens []*tsa.Token, failures []signer.Verdict) {
	if s.properties == nil {
		return nil, nil
	}
	for _, t := range s.properties.stamps {
		token, verdict := s.verifyStamp(doc, t)
		if token == nil {
			failures = append(failures, verdict)
		} else {
			tokens = append(tokens, token)
		}
	}
	return tokens, failures
}

func (s *signature) verifyStamp(doc *canon.Document, t stamp) (*tsa.Token, signer.Verdict) {
	if t.err != nil {
		return nil, verdictOf(t.err)
	}
	token, err := tsa.ParseToken(t.tokens[0])
	if err != nil {
		return nil, tsa.Verdict(err)
	}
	token.Complete(s.evidence().Certificates)
	err = token.Verify(func(h crypto.Hash) ([]byte, error) {
		return canonicalDigest(doc, h, t.method, canon.View{Apex: s.valueNode})
	})
	if err != nil {
		return nil, tsa.Verdict(err)
	}
	return token, signer.Verdict{}
}
