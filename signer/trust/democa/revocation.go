package democa

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Revocation says that a certificate was revoked.
type Revocation struct {
	Serial *big.Int
	At     time.Time
	Reason int // CRLReason of RFC 5280, 5.3.1
	// Extensions of the CRL's entry, such as an invalidityDate.
	Extensions []pkix.Extension
}

// Revoke makes the authority's CRLs and OCSP answers say that it revoked a certificate.
func (a *Authority) Revoke(c *x509.Certificate, at time.Time, reason int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = append(a.revoked, Revocation{Serial: c.SerialNumber, At: at.UTC(), Reason: reason})
}

func (a *Authority) revocations() []Revocation {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.revoked)
}

func (a *Authority) nextCRL() *big.Int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.crls++
	return big.NewInt(a.crls)
}

// List says how a CRL is made; the zero value makes a good one of all that was revoked.
type List struct {
	This    time.Time    // zero: an hour before the authority's now
	Next    time.Time    // zero: a week after This
	Revoked []Revocation // nil: what Revoke was told
	By      *Identity    // who signs it; nil: the authority
	Number  *big.Int     // nil: the next one
	SHA1    bool
	// Extensions further ones, such as an issuing distribution point or a delta indicator.
	Extensions []pkix.Extension
}

// CRL makes a certificate revocation list (RFC 5280, 5) in DER.
func (a *Authority) CRL(l List) ([]byte, error) {
	if l.This.IsZero() {
		l.This = a.now.Add(-time.Hour)
	}
	if l.Next.IsZero() {
		l.Next = l.This.AddDate(0, 0, 7)
	}
	if l.Revoked == nil {
		l.Revoked = a.revocations()
	}
	if l.By == nil {
		l.By = &a.Identity
	}
	if l.Number == nil {
		l.Number = a.nextCRL()
	}
	t := &x509.RevocationList{Number: l.Number, ThisUpdate: l.This, NextUpdate: l.Next, ExtraExtensions: l.Extensions}
	if l.SHA1 {
		t.SignatureAlgorithm = sha1Algorithm(l.By.Key)
	}
	for _, r := range l.Revoked {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: r.Serial, RevocationTime: r.At, ReasonCode: r.Reason, ExtraExtensions: r.Extensions,
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, l.By.Certificate, l.By.Key)
	if err != nil {
		return nil, fmt.Errorf("demo CA: CRL: %w", err)
	}
	return der, nil
}

// Response says how an OCSP answer is made; the zero value makes a good one of what is
// known of the certificate.
type Response struct {
	This   time.Time   // zero: an hour before the authority's now
	Next   time.Time   // zero: a day after This
	NoNext bool        // leave nextUpdate out
	By     *Identity   // a responder, whose certificate is sent along; nil: the authority
	Hash   crypto.Hash // of the CertID; 0: SHA-1
	// Status replaces what is known: ocsp.Good, ocsp.Revoked or ocsp.Unknown, with Known.
	Status int
	Known  bool
	// Serial replaces the certificate's.
	Serial *big.Int
	// Extensions of the response, such as a nonce, are put into the single response:
	// the library that makes it has no other place.
	Extensions []pkix.Extension
}

// OCSP answers whether a certificate of this authority is good (RFC 6960), in DER.
func (a *Authority) OCSP(c *x509.Certificate, r Response) ([]byte, error) {
	t := ocsp.Response{
		Status: ocsp.Good, SerialNumber: c.SerialNumber, ThisUpdate: r.This, NextUpdate: r.Next,
		IssuerHash: r.Hash, ExtraExtensions: r.Extensions,
	}
	if r.Serial != nil {
		t.SerialNumber = r.Serial
	}
	if t.ThisUpdate.IsZero() {
		t.ThisUpdate = a.now.Add(-time.Hour)
	}
	if t.NextUpdate.IsZero() && !r.NoNext {
		t.NextUpdate = t.ThisUpdate.AddDate(0, 0, 1)
	}
	a.status(&t)
	if r.Known {
		t.Status = r.Status
	}
	by := &a.Identity
	if r.By != nil {
		by = r.By
		t.Certificate = by.Certificate
	}
	der, err := ocsp.CreateResponse(a.Certificate, by.Certificate, t, by.Key)
	if err != nil {
		return nil, fmt.Errorf("demo CA: OCSP answer: %w", err)
	}
	return der, nil
}

func (a *Authority) status(t *ocsp.Response) {
	for _, r := range a.revocations() {
		if r.Serial.Cmp(t.SerialNumber) == 0 {
			t.Status, t.RevokedAt, t.RevocationReason = ocsp.Revoked, r.At, r.Reason
		}
	}
}
