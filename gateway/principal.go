package gateway

import (
	"slices"
	"time"
)

// Scope is one thing that a credential allows.
type Scope string

const (
	ScopeSubmit    Scope = "submit"    // send letters, recall them, report statuses
	ScopeReceive   Scope = "receive"   // inbox, fetch, acknowledge
	ScopeDirectory Scope = "directory" // change the directory
	ScopeOperate   Scope = "operate"   // see every letter's state, re-send, hold
	ScopeRelay     Scope = "relay"     // bring letters from agencies beyond the axis
)

// DefaultScopes are those that an office system gets: it sends and receives.
func DefaultScopes() []Scope { return []Scope{ScopeSubmit, ScopeReceive} }

// Principal is who asks: one authenticated system and what it may do.
type Principal struct {
	System     SystemID
	Credential string // its id, for the events
	Scopes     []Scope
	Agencies   []AgencyID // it may act for; sorted
}

// May says whether the principal has a scope.
func (p Principal) May(s Scope) bool { return slices.Contains(p.Scopes, s) }

// ActsFor says whether the principal may act for an agency.
func (p Principal) ActsFor(a AgencyID) bool { return slices.Contains(p.Agencies, a) }

// System is one connected system: an office's document software, the axis, a person's tools.
type System struct {
	ID       SystemID   `json:"id"`
	Name     string     `json:"name"`
	Agencies []AgencyID `json:"agencies"` // it may act for
	Created  time.Time  `json:"created"`
}

// CredentialKind is how a system proves who it is.
type CredentialKind string

const (
	CredentialAPIKey CredentialKind = "api-key" // Authorization: Bearer
	CredentialVXP    CredentialKind = "vxp"     // the exchange protocol's systemid and secret
)

// Credential is one way in for one system.
type Credential struct {
	ID      string         `json:"id"` // public; of kind vxp, the systemid
	System  SystemID       `json:"system"`
	Kind    CredentialKind `json:"kind"`
	Scopes  []Scope        `json:"scopes"`
	Created time.Time      `json:"created"`
	Expires time.Time      `json:"expires,omitzero"`
	Revoked time.Time      `json:"revoked,omitzero"`
	// Proof is what the store keeps to check a secret: of an API key its SHA-256,
	// of an exchange secret its sealed text. Never shown, never logged.
	Proof []byte `json:"-"`
	// Agencies of the system, filled when read.
	Agencies []AgencyID `json:"agencies"`
}

// Live says whether the credential is valid at a moment.
func (c *Credential) Live(at time.Time) bool {
	return c.Revoked.IsZero() && (c.Expires.IsZero() || at.Before(c.Expires))
}
