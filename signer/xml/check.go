package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"congvan/signer"
	"congvan/signer/xml/canon"
)

// checked is what came of a signature's format and cryptography.
type checked struct {
	where       string // path of the element
	signature   *signature
	targets     []target
	certificate *x509.Certificate // of the signer
	verdict     signer.Verdict    // TOTAL_PASSED: the format is sound and the cryptography holds
}

// check reads and verifies a signature, except for whom and when to believe.
func check(ctx context.Context, doc *canon.Document, n *canon.Node, m Message, l Limits) *checked {
	c := &checked{where: path(n), verdict: signer.Passed()}
	if err := c.run(ctx, doc, n, m, l); err != nil {
		c.verdict = verdictOf(err)
	}
	return c
}

func (c *checked) run(ctx context.Context, doc *canon.Document, n *canon.Node, m Message, l Limits) error {
	if !isPlace(doc, n) {
		return broken(misplaced())
	}
	var err error
	c.signature, err = readSignature(n, len(m.Payloads), l)
	if err != nil {
		return err
	}
	s := c.signature
	if c.targets, err = s.cover(doc, m); err != nil {
		return err
	}
	if err := c.identify(doc); err != nil {
		return err
	}
	for _, t := range c.targets {
		if err := s.digest(ctx, doc, m, t); err != nil {
			c.verdict = c.verdict.Worse(verdictOf(err))
		}
	}
	return nil
}

// verdictOf gives the verdict that an error decides.
func verdictOf(err error) signer.Verdict {
	var f *fault
	switch {
	case errors.As(err, &f):
		return f.verdict
	case errors.Is(err, canon.ErrNoForm):
		return signer.Unsure(signer.SigConstraintsFailed, notVerifiable(), noForm(err.Error()))
	}
	return signer.Unsure(signer.SignedDataNotFound, unreadableData(""))
}

// identify finds the certificate whose key made the signature value: the one that is bound
// where one is, else the first that fits.
func (c *checked) identify(doc *canon.Document) error {
	s := c.signature
	candidates := s.certs
	if s.properties != nil && s.properties.bound {
		candidates = slices.DeleteFunc(slices.Clone(s.certs), func(o *x509.Certificate) bool { return !s.properties.names(o) })
		if len(candidates) == 0 {
			return unsure(signer.NoSigningCertificateFound, signer.SigningCertificateMismatch())
		}
	}
	var info bytes.Buffer
	if err := doc.Write(&info, s.method, canon.View{Apex: s.info}); err != nil {
		return err
	}
	for _, o := range candidates {
		if s.algorithm.verify(o, info.Bytes(), s.value) == nil {
			c.certificate = o
			return nil
		}
	}
	c.certificate = candidates[0]
	return &fault{signer.Failed(signer.SigCryptoFailure, signer.SignatureInvalid())}
}

// digest holds a reference's digest against what it refers to.
func (s *signature) digest(ctx context.Context, doc *canon.Document, m Message, t target) error {
	if t.absent {
		return unsure(signer.SignedDataNotFound, attachmentAbsent(t.uri))
	}
	got, err := s.digestOf(ctx, doc, m, t)
	switch {
	case errors.Is(err, canon.ErrNoForm):
		return err
	case err != nil:
		return unsure(signer.SignedDataNotFound, unreadableData(t.uri))
	case !bytes.Equal(got, t.reference.digest):
		return &fault{signer.Failed(signer.HashFailure, signer.DigestMismatch(place(t.uri)))}
	}
	return nil
}

func (s *signature) digestOf(ctx context.Context, doc *canon.Document, m Message, t target) ([]byte, error) {
	switch {
	case t.payload >= 0:
		return m.contentDigest(ctx, t.payload, t.hash)
	case t.node != nil:
		return canonicalDigest(doc, t.hash, t.method, canon.View{Apex: t.node})
	}
	return canonicalDigest(doc, t.hash, t.method, canon.View{Without: s.node, Text: m.text(ctx)})
}

func canonicalDigest(doc *canon.Document, h crypto.Hash, m canon.Method, v canon.View) ([]byte, error) {
	w := h.New()
	if err := doc.Write(w, m, v); err != nil {
		return nil, err
	}
	return w.Sum(nil), nil
}

// contentDigest gives the digest of an attachment's decoded octets.
func (m Message) contentDigest(ctx context.Context, i int, h crypto.Hash) ([]byte, error) {
	if known := m.Payloads[i].SHA256; h == crypto.SHA256 && len(known) == h.Size() {
		return known, nil
	}
	w := h.New()
	if err := m.content(ctx, i, w); err != nil {
		return nil, fmt.Errorf("attachment %d: %w", i, err)
	}
	return w.Sum(nil), nil
}
