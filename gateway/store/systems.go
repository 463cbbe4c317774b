package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"congvan/gateway"
)

// PutSystem implements gateway.Systems. A system that is put as it stands is left alone.
func (s *Store) PutSystem(ctx context.Context, system gateway.System, actor string) error {
	system.Agencies = unique(system.Agencies)
	defer s.directory.forget()
	return s.write(ctx, "put a system", func(t *tx) error {
		standing, err := t.system(system.ID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && standing.Name == system.Name && slices.Equal(standing.Agencies, system.Agencies) {
			return nil
		}
		return t.putSystem(system, s.now(), actor)
	})
}

func (t *tx) putSystem(system gateway.System, now time.Time, actor string) error {
	if system.Created.IsZero() {
		system.Created = now
	}
	id := string(system.ID)
	// Made at stays what it was when the system is changed.
	_, err := t.exec(`INSERT INTO systems (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
		id, system.Name, micros(system.Created))
	if err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM system_agencies WHERE system_id = $1`, id); err != nil {
		return err
	}
	rows := make([][]any, len(system.Agencies))
	for i, agency := range system.Agencies {
		rows[i] = []any{id, string(agency)}
	}
	if err := t.insert("system_agencies", "system_id, agency_id", rows); err != nil {
		return err
	}
	return t.tell(gateway.Event{Kind: gateway.EventSystem, At: now, Actor: actor}, struct {
		ID       gateway.SystemID   `json:"id"`
		Name     string             `json:"name"`
		Agencies []gateway.AgencyID `json:"agencies"`
	}{system.ID, system.Name, system.Agencies})
}

func scanSystem(rows *sql.Rows, s *gateway.System) error {
	return rows.Scan(&s.ID, &s.Name, moment{&s.Created})
}

// system reads one system; sql.ErrNoRows.
func (s session) system(id gateway.SystemID) (gateway.System, error) {
	var system gateway.System
	err := s.row(`SELECT id, name, created_at FROM systems WHERE id = $1`, []any{string(id)}, &system.ID, &system.Name, moment{&system.Created})
	if err != nil {
		return system, err
	}
	system.Agencies, err = list(s, one[gateway.AgencyID], `SELECT agency_id FROM system_agencies WHERE system_id = $1 ORDER BY agency_id`, string(id))
	return system, err
}

// SystemByID implements gateway.Systems.
func (s *Store) SystemByID(ctx context.Context, id gateway.SystemID) (*gateway.System, error) {
	system, err := s.read(ctx).system(id)
	if err != nil {
		return nil, wrap("read a system", orNotFound(err, string(id), "system"))
	}
	return &system, nil
}

// Systems implements gateway.Systems, in the order of their ids.
func (s *Store) Systems(ctx context.Context) ([]gateway.System, error) {
	const operation = "list systems"
	r := s.read(ctx)
	systems, err := list(r, scanSystem, `SELECT id, name, created_at FROM systems ORDER BY id`)
	if err != nil {
		return nil, wrap(operation, err)
	}
	agencies, err := r.agenciesOfSystems()
	for i := range systems {
		systems[i].Agencies = agencies[systems[i].ID]
	}
	return systems, wrap(operation, err)
}

func (s session) agenciesOfSystems() (map[gateway.SystemID][]gateway.AgencyID, error) {
	type pair struct {
		system gateway.SystemID
		agency gateway.AgencyID
	}
	scan := func(rows *sql.Rows, p *pair) error { return rows.Scan(&p.system, &p.agency) }
	pairs, err := list(s, scan, `SELECT system_id, agency_id FROM system_agencies ORDER BY system_id, agency_id`)
	out := make(map[gateway.SystemID][]gateway.AgencyID)
	for _, p := range pairs {
		out[p.system] = append(out[p.system], p.agency)
	}
	return out, err
}

const credentialColumns = `id, system_id, kind, scopes, created_at, expires_at, revoked_at, proof`

func scanCredential(rows *sql.Rows, c *gateway.Credential) error {
	var scopes string
	err := rows.Scan(&c.ID, &c.System, &c.Kind, &scopes, moment{&c.Created}, moment{&c.Expires}, moment{&c.Revoked}, &c.Proof)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(scopes), &c.Scopes)
}

// credential reads one credential; sql.ErrNoRows.
func (s session) credential(id string) (gateway.Credential, error) {
	found, err := list(s, scanCredential, `SELECT `+credentialColumns+` FROM credentials WHERE id = $1`, id)
	if err != nil {
		return gateway.Credential{}, err
	}
	if len(found) == 0 {
		return gateway.Credential{}, sql.ErrNoRows
	}
	return found[0], nil
}

// Credential implements gateway.Systems.
func (s *Store) Credential(ctx context.Context, id string) (*gateway.Credential, error) {
	const operation = "read a credential"
	r := s.read(ctx)
	c, err := r.credential(id)
	if err != nil {
		return nil, wrap(operation, orNotFound(err, "", "credential"))
	}
	c.Agencies, err = list(r, one[gateway.AgencyID], `SELECT agency_id FROM system_agencies WHERE system_id = $1 ORDER BY agency_id`, string(c.System))
	return &c, wrap(operation, err)
}

// Credentials implements gateway.Systems, in the order of their making.
func (s *Store) Credentials(ctx context.Context) ([]gateway.Credential, error) {
	const operation = "list credentials"
	r := s.read(ctx)
	credentials, err := list(r, scanCredential, `SELECT `+credentialColumns+` FROM credentials ORDER BY created_at, id`)
	if err != nil {
		return nil, wrap(operation, err)
	}
	agencies, err := r.agenciesOfSystems()
	for i := range credentials {
		credentials[i].Proof = nil
		credentials[i].Agencies = agencies[credentials[i].System]
	}
	return credentials, wrap(operation, err)
}

// PutCredential implements gateway.Systems. The very same credential again is no error.
func (s *Store) PutCredential(ctx context.Context, c gateway.Credential, actor string) error {
	defer s.directory.forget()
	return s.write(ctx, "put a credential", func(t *tx) error {
		standing, err := t.credential(c.ID)
		if err == nil && standing.System == c.System && standing.Kind == c.Kind && bytes.Equal(standing.Proof, c.Proof) {
			return nil
		}
		if err == nil {
			return gateway.Errorf(gateway.CodeCredentialTaken, c.ID, "it is taken")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := t.system(c.System); err != nil {
			return orNotFound(err, string(c.System), "system")
		}
		return t.putCredential(c, s.now(), actor)
	})
}

// key are the particulars of key.created and key.revoked.
type key struct {
	ID     string                 `json:"id"`
	System gateway.SystemID       `json:"system"`
	Kind   gateway.CredentialKind `json:"kind"`
	Scopes []gateway.Scope        `json:"scopes"`
}

func (t *tx) putCredential(c gateway.Credential, now time.Time, actor string) error {
	if c.Created.IsZero() {
		c.Created = now
	}
	err := t.insert("credentials", credentialColumns, [][]any{{
		c.ID, string(c.System), string(c.Kind), texts(c.Scopes),
		micros(c.Created), micros(c.Expires), micros(c.Revoked), append([]byte{}, c.Proof...),
	}})
	if err != nil {
		return err
	}
	return t.tell(gateway.Event{Kind: gateway.EventKeyCreated, At: now, Actor: actor}, key{c.ID, c.System, c.Kind, c.Scopes})
}

// RevokeCredential implements gateway.Systems.
func (s *Store) RevokeCredential(ctx context.Context, id string, at time.Time, actor string) error {
	defer s.directory.forget()
	return s.write(ctx, "revoke a credential", func(t *tx) error {
		c, err := t.credential(id)
		if err != nil {
			return orNotFound(err, "", "credential")
		}
		n, err := t.exec(`UPDATE credentials SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0`, id, micros(at))
		if err != nil || n == 0 {
			return err
		}
		return t.tell(gateway.Event{Kind: gateway.EventKeyRevoked, At: at, Actor: actor}, key{c.ID, c.System, c.Kind, c.Scopes})
	})
}
