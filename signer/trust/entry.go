package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Role is what an entry of the list is in a chain.
type Role string

// The roles.
const (
	RoleAnchor       Role = "anchor"       // believed by itself: chains end there
	RoleIntermediate Role = "intermediate" // known, believed only as far as an anchor vouches for it
)

// Entry is one certificate of the list, and how far it is believed.
type Entry struct {
	Certificate *x509.Certificate
	Role        Role
	Uses        []Use // of an anchor: what it vouches for
	// It is good for moments of use from TrustedFrom until before TrustedUntil, within
	// its own validity; zero: as that says.
	TrustedFrom, TrustedUntil time.Time
	NoteVi, NoteEn            string // for people
	Added                     time.Time
}

// ID is what an entry is called: the SHA-256 of its certificate, hexadecimal.
func (e *Entry) ID() string { return fingerprint(e.Certificate) }

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// covers says whether a moment of use lies within the entry's window.
func (e *Entry) covers(at time.Time) bool {
	return !at.Before(e.TrustedFrom) && (e.TrustedUntil.IsZero() || at.Before(e.TrustedUntil))
}

// Terms say how certificates are added to the list.
type Terms struct {
	Role                      Role  // empty: anchor when self-issued, else intermediate
	Uses                      []Use // empty: both
	TrustedFrom, TrustedUntil time.Time
	NoteVi, NoteEn            string
}

// ErrInvalid: what was to be added makes no sense; the text says why.
var ErrInvalid = errors.New("trust: invalid")

func (t Terms) check() error {
	if t.Role != "" && t.Role != RoleAnchor && t.Role != RoleIntermediate {
		return fmt.Errorf("%w: role %q is neither anchor nor intermediate", ErrInvalid, t.Role)
	}
	for _, u := range t.Uses {
		if u != UseSigning && u != UseTimeStamping {
			return fmt.Errorf("%w: use %q is neither signing nor time-stamping", ErrInvalid, u)
		}
	}
	if !t.TrustedUntil.IsZero() && !t.TrustedFrom.Before(t.TrustedUntil) {
		return fmt.Errorf("%w: trusted until %s, not after trusted from %s", ErrInvalid, t.TrustedUntil, t.TrustedFrom)
	}
	return nil
}

// entry makes an entry of a certificate on these terms.
func (t Terms) entry(c *x509.Certificate, now time.Time) Entry {
	e := Entry{
		Certificate: c, Role: t.Role, Uses: slices.Clone(t.Uses),
		TrustedFrom: t.TrustedFrom, TrustedUntil: t.TrustedUntil, NoteVi: t.NoteVi, NoteEn: t.NoteEn,
		Added: now.UTC().Truncate(time.Second),
	}
	if e.Role == "" {
		e.Role = RoleIntermediate
		if selfIssued(c) {
			e.Role = RoleAnchor
		}
	}
	if len(e.Uses) == 0 {
		e.Uses = []Use{UseSigning, UseTimeStamping}
	}
	return e
}
