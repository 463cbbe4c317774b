// Package auth says who asks. A connected system proves itself with an API key
// (our REST API) or with the exchange protocol's systemid and secret; either
// gives a [gateway.Principal] with its scopes and the agencies it may act for.
//
// An API key is compared with its SHA-256. A slow password hash would add nothing:
// a key holds 256 random bits, which nobody guesses however fast the hash is, and a
// slow one would let anybody burn our processors with wrong keys. The exchange
// protocol signs with HMAC, so the gateway must know the secret itself: it is sealed
// with AES-256-GCM under the master key, bound to its systemid.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"congvan/gateway"
)

// keyPrefix lets scanners for leaked secrets recognise our keys.
const keyPrefix = "cvk_"

const (
	idLength     = 16 // characters of base32: 80 bits
	secretLength = 52 // characters of base32: at least 256 bits
)

// systemIDForm is what an exchange systemid may look like: dots are common, blanks and
// control characters would not survive its headers. Nothing else is looked up, so what
// the cache holds of strangers' words is bounded too.
var systemIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$`)

// Keys makes, checks and revokes credentials. It is safe for concurrent use.
type Keys struct {
	store gateway.Systems
	vault *vault
	cache *cache
	now   func() time.Time
	decoy gateway.Credential // compared with when there is no such credential
}

// New makes Keys over a store. The master key seals exchange secrets; every
// node of one gateway has the same.
func New(store gateway.Systems, master [32]byte, now func() time.Time) *Keys {
	k := &Keys{store: store, vault: newVault(master), cache: newCache(now), now: now}
	k.decoy = gateway.Credential{ID: "decoy", Revoked: time.Unix(0, 0)}
	return k
}

// CreateAPIKey makes a key for an existing system; no scopes means the default
// ones, a zero expires means never. The key is shown once: only its hash is kept.
func (k *Keys) CreateAPIKey(ctx context.Context, system gateway.SystemID, scopes []gateway.Scope, expires time.Time, actor string) (gateway.Credential, string, error) {
	id := randomText(idLength)
	key := keyPrefix + id + "_" + randomText(secretLength)
	proof := sha256.Sum256([]byte(key))
	c := gateway.Credential{ID: id, System: system, Kind: gateway.CredentialAPIKey, Scopes: scopes, Expires: expires, Proof: proof[:]}
	c, err := k.create(ctx, c, actor)
	if err != nil {
		return gateway.Credential{}, "", err
	}
	return c, key, nil
}

// CreateVXP makes a systemid and secret of the exchange protocol for an existing system. An
// empty systemID is generated; CodeCredentialTaken when it is in use.
func (k *Keys) CreateVXP(ctx context.Context, system gateway.SystemID, systemID string, scopes []gateway.Scope, actor string) (gateway.Credential, string, error) {
	if systemID == "" {
		systemID = "sys." + randomText(idLength)
	}
	if !systemIDForm.MatchString(systemID) {
		return gateway.Credential{}, "", gateway.Errorf(gateway.CodeInvalidRequest, "systemid", "systemid %q", systemID)
	}
	secret := randomText(secretLength)
	c := gateway.Credential{ID: systemID, System: system, Kind: gateway.CredentialVXP, Scopes: scopes}
	c.Proof = k.vault.seal(systemID, []byte(secret))
	c, err := k.create(ctx, c, actor)
	if err != nil {
		return gateway.Credential{}, "", err
	}
	return c, secret, nil
}

func (k *Keys) create(ctx context.Context, c gateway.Credential, actor string) (gateway.Credential, error) {
	var err error
	if c.Scopes, err = checkScopes(c.Scopes); err != nil {
		return c, err
	}
	c.Created = k.now().UTC().Truncate(time.Microsecond)
	if !c.Expires.IsZero() && !c.Expires.After(c.Created) {
		return c, gateway.Errorf(gateway.CodeInvalidRequest, "expires", "expires before it begins")
	}
	system, err := k.store.SystemByID(ctx, c.System)
	if err != nil {
		return c, fmt.Errorf("auth: system of a new credential: %w", err)
	}
	c.Agencies = system.Agencies
	err = k.store.PutCredential(ctx, c, actor)
	if errors.Is(err, gateway.ErrConflict) {
		return c, gateway.Errorf(gateway.CodeCredentialTaken, c.ID, "auth: keep credential: %w", err)
	}
	if err != nil {
		return c, fmt.Errorf("auth: keep credential: %w", err)
	}
	k.cache.forget(c.ID) // it may have been looked for in vain
	return c, nil
}

// Revoke ends a credential now: at once on this node, within the cache's two
// seconds on others. ErrNotFound.
func (k *Keys) Revoke(ctx context.Context, id, actor string) error {
	defer k.cache.forget(id)
	if err := k.store.RevokeCredential(ctx, id, k.now().UTC(), actor); err != nil {
		return fmt.Errorf("auth: revoke: %w", err)
	}
	return nil
}

// APIKey says whose key it is. Whatever is wrong with a key, the answer is the same
// CodeUnauthenticated after the same work.
func (k *Keys) APIKey(ctx context.Context, key string) (gateway.Principal, error) {
	id, ok := idOf(key)
	if !ok {
		return gateway.Principal{}, gateway.Errorf(gateway.CodeUnauthenticated, "", "auth: not an API key")
	}
	c, err := k.credential(ctx, id, gateway.CredentialAPIKey)
	if err != nil {
		return gateway.Principal{}, err
	}
	proof := sha256.Sum256([]byte(key))
	if !sameProof(c.Proof, proof) || !c.Live(k.now()) {
		return gateway.Principal{}, gateway.Errorf(gateway.CodeUnauthenticated, "", "auth: API key %s refused", id)
	}
	return principal(c), nil
}

// VXP gives the principal and the secret of a systemid, for the caller to check
// the request's HMAC with. With CodeUnauthenticated comes a decoy secret, so that the
// caller can do the same arithmetic for a systemid that does not exist.
func (k *Keys) VXP(ctx context.Context, systemID string) (gateway.Principal, []byte, error) {
	c, err := k.credential(ctx, systemID, gateway.CredentialVXP)
	if err != nil {
		return gateway.Principal{}, k.vault.decoy(), err
	}
	secret, err := k.vault.open(c.ID, c.Proof)
	if !c.Live(k.now()) {
		return gateway.Principal{}, k.vault.decoy(), gateway.Errorf(gateway.CodeUnauthenticated, "", "auth: systemid %.64q refused", systemID)
	}
	if err != nil {
		return gateway.Principal{}, k.vault.decoy(), gateway.Errorf(gateway.CodeInternal, "", "auth: secret of systemid %q: %w", systemID, err)
	}
	return principal(c), secret, nil
}

// credential finds a credential of one kind; when there is none it gives one that is
// never live.
func (k *Keys) credential(ctx context.Context, id string, kind gateway.CredentialKind) (*gateway.Credential, error) {
	if !systemIDForm.MatchString(id) { // also of every API key's id
		return &k.decoy, nil
	}
	c, err := k.cache.get(ctx, id, k.store.Credential)
	if errors.Is(err, gateway.ErrNotFound) || (err == nil && c.Kind != kind) {
		return &k.decoy, nil
	}
	if err != nil {
		return nil, fmt.Errorf("auth: look up credential: %w", err)
	}
	return c, nil
}

func principal(c *gateway.Credential) gateway.Principal {
	return gateway.Principal{System: c.System, Credential: c.ID, Scopes: c.Scopes, Agencies: c.Agencies}
}

func sameProof(kept []byte, offered [sha256.Size]byte) bool {
	var want [sha256.Size]byte
	copy(want[:], kept)
	return subtle.ConstantTimeCompare(want[:], offered[:]) == 1 && len(kept) == sha256.Size
}

// idOf takes the public id out of a key of our form.
func idOf(key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, keyPrefix)
	if !ok || len(rest) != idLength+1+secretLength || rest[idLength] != '_' {
		return "", false
	}
	return rest[:idLength], true
}

func checkScopes(scopes []gateway.Scope) ([]gateway.Scope, error) {
	if len(scopes) == 0 {
		return gateway.DefaultScopes(), nil
	}
	known := []gateway.Scope{gateway.ScopeSubmit, gateway.ScopeReceive, gateway.ScopeDirectory, gateway.ScopeOperate, gateway.ScopeRelay}
	for _, s := range scopes {
		if !slices.Contains(known, s) {
			return nil, gateway.Errorf(gateway.CodeInvalidRequest, "scopes", "auth: unknown scope %q", s)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(scopes))), nil
}

// randomText gives n characters of base32 in lower case, 5 random bits each.
func randomText(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(strings.ToLower(rand.Text()))
	}
	return b.String()[:n]
}
