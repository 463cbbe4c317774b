// Package tsa gets time stamps from time-stamping authorities and reads them (RFC 3161,
// RFC 5816).
//
// A [Token] proves that a digest existed at a time, if its authority is believed. The
// package checks all that the token itself can show: what it is over, its signature,
// and that its certificate is one for time stamping and nothing else. Whether the
// authority is believed is judged with its chain, elsewhere.
//
// A [Client] asks several authorities in order, leaves one that does not answer alone
// for a while, and believes no answer that is not to its own question.
package tsa

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"congvan/signer/cms"
	"congvan/signer/cms/ber"
)

// Kinds of errors about tokens, beside those of package cms.
var (
	// ErrImprint: the token is over something else (HASH_FAILURE).
	ErrImprint = errors.New("the time stamp is for something else")
	// ErrPurpose: the certificate is not one for time stamping alone, marked critical
	// (RFC 3161, 2.3).
	ErrPurpose = errors.New("the certificate is not for time stamping alone")
)

// Token is a time stamp (TimeStampToken, RFC 3161, 2.4.2).
type Token struct {
	Time     time.Time     // of the stamp, UTC
	Accuracy time.Duration // how far Time may be off, either way; 0 where not stated
	Ordering bool          // whether any two tokens of this authority are ordered by Time alone
	Policy   asn1.ObjectIdentifier
	Serial   *big.Int
	Nonce    *big.Int // nil where the request had none

	Hash     crypto.Hash // of the imprint; 0 when unsupported
	HashName string      // as in policies, "SHA-256"; an unknown one's object identifier
	Imprint  []byte

	Signed      *cms.SignedData
	Certificate *x509.Certificate // the authority's; nil where the token does not carry it
	DER         []byte            // of the token, without padding

	certificate error // why Certificate is nil
}

// ParseToken reads a time-stamp token, which may be padded with zeros. A token whose
// certificate is missing, or is not the one that it binds, can be read; Verify refuses
// it. Errors: cms.ErrMalformed.
func ParseToken(der []byte) (*Token, error) {
	d, err := cms.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("tsa: token: %w", err)
	}
	if !d.ContentType.Equal(cms.TSTInfo()) || !d.HasContent {
		return nil, malformed("content of type %s", d.ContentType)
	}
	if len(d.Signers) != 1 { // RFC 3161, 2.4.2
		return nil, malformed("%d signers", len(d.Signers))
	}
	t := &Token{Signed: d, DER: d.Raw}
	c := ber.Open(d.Content)
	t.read(c.Inside(ber.Sequence))
	c.End()
	if err := c.Err(); err != nil {
		return nil, malformed("TSTInfo: %v", err)
	}
	t.Certificate, t.certificate = d.Certificate(d.Signers[0])
	return t, nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("tsa: token: %w: %s", cms.ErrMalformed, fmt.Sprintf(format, args...))
}

// read reads TSTInfo (RFC 3161, 2.4.2).
func (t *Token) read(c *ber.Cursor) {
	if c.Int(ber.Integer, 9) != 1 {
		c.Fail("a version other than 1")
	}
	t.Policy = c.OID()
	t.readImprint(c.Inside(ber.Sequence))
	t.Serial = c.Integer()
	if !c.Is(ber.GeneralizedTime) {
		c.Fail("no time")
	}
	t.Time = c.Time()
	if c.Is(ber.Sequence) {
		t.Accuracy = readAccuracy(c.Inside(ber.Sequence))
	}
	if c.Is(ber.Boolean) {
		t.Ordering = c.Bool()
	}
	if c.Is(ber.Integer) {
		t.Nonce = c.Integer()
	}
	if c.Is(ber.Context(0)) {
		c.Next() // the authority's name, a hint: the certificate says it
	}
	if c.Is(ber.Context(1)) {
		readExtensions(c.Inside(ber.Context(1)))
	}
	c.End()
}

func (t *Token) readImprint(c *ber.Cursor) {
	algorithm := c.Inside(ber.Sequence)
	oid := algorithm.OID()
	if algorithm.Is(ber.Null) {
		algorithm.Next()
	}
	algorithm.End()
	t.Hash, _ = cms.HashOf(oid)
	if t.HashName = cms.HashName(t.Hash); t.Hash == 0 {
		t.HashName = oid.String()
	}
	t.Imprint = c.Octets()
	c.End()
}

// readAccuracy reads Accuracy: seconds, milliseconds and microseconds.
func readAccuracy(c *ber.Cursor) (d time.Duration) {
	const week = 7 * 24 * 60 * 60 // an authority that is further off has no clock
	if c.Is(ber.Integer) {
		d = time.Duration(c.Int(ber.Integer, week)) * time.Second
	}
	if c.Is(ber.Primitive(0)) {
		d += time.Duration(c.Int(ber.Primitive(0), 999)) * time.Millisecond
	}
	if c.Is(ber.Primitive(1)) {
		d += time.Duration(c.Int(ber.Primitive(1), 999)) * time.Microsecond
	}
	c.End()
	return d
}

// readExtensions refuses critical extensions, none of which is known here (RFC 5280, 4.2).
func readExtensions(c *ber.Cursor) {
	for !c.Empty() {
		in := c.Inside(ber.Sequence)
		oid := in.OID()
		if in.Is(ber.Boolean) && in.Bool() {
			c.Fail("critical extension %s", oid)
		}
		in.Octets()
		in.End()
	}
}

// Complete looks for the authority's certificate elsewhere, where the token does not
// carry it: among those that the document keeps.
func (t *Token) Complete(others []*x509.Certificate) {
	if t.Certificate == nil {
		t.Certificate, t.certificate = t.Signed.CertificateAmong(t.Signed.Signers[0], others)
	}
}
