package democa

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"slices"
	"time"
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
