package signer

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Policy is what a signature is judged by: which algorithms hold until when, what a
// certificate must allow, how fresh revocation data must be, and what the door of the
// gateway does with each verdict. It is a file; DefaultPolicy is the one that ships.
type Policy struct {
	Name       string           `toml:"name"`
	Algorithms Algorithms       `toml:"algorithms"`
	Signer     CertificateRules `toml:"signer"`
	Revocation RevocationRules  `toml:"revocation"`
	Changes    ChangeRules      `toml:"changes"`
	Door       []DoorRule       `toml:"door"` // the first that matches holds
}

// Algorithms are the digests and keys that are strong enough, each until a date.
type Algorithms struct {
	Digests []DigestRule `toml:"digest"`
	Keys    []KeyRule    `toml:"key"`
}

// DigestRule says until when a digest holds.
type DigestRule struct {
	Name  string `toml:"name"`  // SHA-256, SHA3-512, SHA-1 …
	Until Date   `toml:"until"` // the first day on which it no longer holds; absent: no end known
}

// KeyRule says from how many bits, and until when, a kind of key holds.
type KeyRule struct {
	Kind  string `toml:"kind"` // RSA, ECDSA or Ed25519
	Bits  int    `toml:"bits"` // at least
	Until Date   `toml:"until"`
}

// CertificateRules bind the signer's certificate.
type CertificateRules struct {
	// KeyUsage lists bits of which one must be set where the extension is present:
	// digital_signature, content_commitment.
	KeyUsage []string `toml:"key_usage"`
	// ExtendedKeyUsage lists object identifiers of which one must be there where the
	// extension is present; empty: any. RFC 5280 allows the extension to be absent.
	ExtendedKeyUsage []string `toml:"extended_key_usage"`
	// RequireSigningCertificate refuses PAdES signatures that do not bind their
	// certificate; legacy ones are marked as such.
	RequireSigningCertificate bool `toml:"require_signing_certificate"`
}

// RevocationRules say which revocation data is needed.
type RevocationRules struct {
	Check    RevocationCheck `toml:"check"`
	MaxAge   Duration        `toml:"max_age"`  // of data without a next update
	Grace    Duration        `toml:"grace"`    // after a next update that was missed
	Offline  bool            `toml:"offline"`  // ask nobody; use what is embedded and cached
	Historic bool            `toml:"historic"` // build SHA-1 chains, which alone never pass
}

// RevocationCheck is how strictly revocation is checked.
type RevocationCheck string

// How strictly.
const (
	RevocationRequired  RevocationCheck = "required"  // of every certificate
	RevocationPublished RevocationCheck = "published" // of those that say where it is published
	RevocationNever     RevocationCheck = "never"
)

// ChangeRules say how much may change after an approval signature; certifications
// and locks say for themselves.
type ChangeRules struct {
	Allowed Modification `toml:"allowed"`
}

// Action is what the door does with a document.
type Action string

// The actions.
const (
	ActionAccept Action = "accept"
	ActionMark   Action = "mark"   // accept, and say on the timeline what was found
	ActionHold   Action = "hold"   // accept, and deliver only when an operator releases it
	ActionReject Action = "reject" // refuse at the door
)

// DoorRule is what the door does for senders and document types that match.
type DoorRule struct {
	Agency       string `toml:"agency"`        // code, or prefix ending in ".*"; empty: any
	DocumentType string `toml:"document_type"` // name of the type; empty: any
	Envelope     bool   `toml:"envelope"`      // for the envelope's XML signature instead of attached PDFs
	Passed       Action `toml:"TOTAL_PASSED"`
	Unsure       Action `toml:"INDETERMINATE"`
	TryLater     Action `toml:"TRY_LATER"` // empty: as INDETERMINATE
	Revoked      Action `toml:"REVOKED"`   // the signer's or an issuer's certificate is revoked; empty: as INDETERMINATE
	// Constraints is for signatures that hold, in a document that was annotated or drawn over
	// afterwards beyond what changes.allowed allows, or that do not bind their certificate; empty: as
	// INDETERMINATE.
	Constraints Action `toml:"SIG_CONSTRAINTS_FAILURE"`
	Failed      Action `toml:"TOTAL_FAILED"`
	// Foreign is for a document that passed, but that nobody of the sending agency has
	// signed; empty: as TOTAL_PASSED.
	Foreign  Action `toml:"FOREIGN_SIGNER"`
	Unsigned Action `toml:"NO_SIGNATURE_FOUND"`
}

//go:embed policy.toml
var defaultPolicy []byte

// DefaultPolicy is the policy that ships with the gateway.
func DefaultPolicy() *Policy {
	p, err := ReadPolicy(bytes.NewReader(defaultPolicy))
	if err != nil {
		panic(fmt.Sprintf("the built-in policy: %v", err)) // a test reads it
	}
	return p
}

// LoadPolicy reads a policy file.
func LoadPolicy(file string) (*Policy, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	defer f.Close()
	return ReadPolicy(f)
}

const maxPolicy = 1 << 20

// ReadPolicy reads a policy strictly: an unknown key is an error.
func ReadPolicy(r io.Reader) (*Policy, error) {
	var p Policy
	d := toml.NewDecoder(io.LimitReader(r, maxPolicy)).DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, policyError(err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrPolicy, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return &p, nil
}

// ErrPolicy: a file that is no policy. The text says where and why.
var ErrPolicy = errors.New("policy")

// policyError names the lines at which a file is no policy.
func policyError(err error) error {
	var strict *toml.StrictMissingError
	var one *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		var all []string
		for _, e := range strict.Errors {
			line, column := e.Position()
			all = append(all, fmt.Sprintf("%d:%d: %s: unknown key", line, column, strings.Join(e.Key(), ".")))
		}
		return fmt.Errorf("%w: %s", ErrPolicy, strings.Join(all, "; "))
	case errors.As(err, &one):
		line, column := one.Position()
		return fmt.Errorf("%w: %d:%d: %w", ErrPolicy, line, column, err)
	}
	return fmt.Errorf("%w: %w", ErrPolicy, err)
}

// Holds says whether a digest holds on a day.
func (p *Policy) Holds(digest string, on time.Time) bool {
	for _, d := range p.Algorithms.Digests {
		if d.Name == digest {
			return d.Until.After(on)
		}
	}
	return false
}

// KeyHolds says whether a key of a kind and size holds on a day.
func (p *Policy) KeyHolds(kind string, bits int, on time.Time) bool {
	for _, k := range p.Algorithms.Keys {
		if k.Kind == kind && bits >= k.Bits && k.Until.After(on) {
			return true
		}
	}
	return false
}

// AllowsKeyUsage says whether a certificate may sign documents by its key usage.
func (p *Policy) AllowsKeyUsage(c *x509.Certificate) bool {
	if c.KeyUsage == 0 { // absent: RFC 5280, 4.2.1.3, restricts nothing
		return true
	}
	for _, name := range p.Signer.KeyUsage {
		if c.KeyUsage&keyUsages()[name] != 0 {
			return true
		}
	}
	return len(p.Signer.KeyUsage) == 0
}

func keyUsages() map[string]x509.KeyUsage {
	return map[string]x509.KeyUsage{
		"digital_signature":  x509.KeyUsageDigitalSignature,
		"content_commitment": x509.KeyUsageContentCommitment,
	}
}
