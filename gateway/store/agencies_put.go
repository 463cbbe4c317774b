package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"congvan/gateway"
)

// agenciesAtOnce bounds a transaction of PutAgencies.
const agenciesAtOnce = 500

// PutAgencies implements gateway.Agencies. Each batch is one transaction with one
// event that names all agencies it changed: an import of the whole directory is
// then some hundreds of events, none of which hides anything. An agency that is
// put as it stands is left alone.
func (s *Store) PutAgencies(ctx context.Context, agencies []gateway.Agency, actor string) (int, error) {
	defer s.directory.forget()
	done := 0
	for batch := range slices.Chunk(agencies, agenciesAtOnce) {
		n := 0
		err := s.write(ctx, "put agencies", func(t *tx) (err error) {
			n, err = t.putAgencies(batch, s.now(), actor)
			return err
		})
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (t *tx) putAgencies(batch []gateway.Agency, now time.Time, actor string) (int, error) {
	changed, err := t.changedAgencies(batch, now)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	codes := make([]gateway.AgencyID, len(changed))
	for i := range changed {
		codes[i] = changed[i].ID
	}
	if err := t.clearParts(codes); err != nil {
		return 0, err
	}
	if err := t.checkAliases(changed); err != nil {
		return 0, err
	}
	if err := t.writeAgencies(changed); err != nil {
		return 0, err
	}
	e := gateway.Event{Kind: gateway.EventAgency, At: now, Actor: actor}
	return len(changed), t.tell(e, struct {
		Count    int                `json:"count"`
		Agencies []gateway.AgencyID `json:"agencies"`
	}{len(codes), codes})
}

// changedAgencies leaves out what stands already, gives the others their version
// and, of one that is named twice, keeps the last.
func (t *tx) changedAgencies(batch []gateway.Agency, now time.Time) ([]gateway.Agency, error) {
	last := make(map[gateway.AgencyID]gateway.Agency, len(batch))
	ids := make([]gateway.AgencyID, len(batch))
	for i, a := range batch {
		last[a.ID], ids[i] = a, a.ID
	}
	ids = unique(ids)
	standing, err := t.agencies(ids)
	if err != nil {
		return nil, err
	}
	var changed []gateway.Agency
	for _, id := range ids {
		a := last[id]
		a.Version, a.ModifiedAt = 1, now
		if old := standing[id]; old != nil {
			if sameAgency(old, &a) {
				continue
			}
			a.Version = old.Version + 1
		}
		changed = append(changed, a)
	}
	return changed, nil
}

// sameAgency compares all but version and time.
func sameAgency(a, b *gateway.Agency) bool {
	return contentOf(*a) == contentOf(*b)
}

func contentOf(a gateway.Agency) string {
	a.Version, a.ModifiedAt = 0, time.Time{}
	out, _ := json.Marshal(a) // texts and numbers only: it always marshals
	return string(out)
}

// clearParts removes what is about to be written anew.
func (t *tx) clearParts(codes []gateway.AgencyID) error {
	list := texts(codes)
	for _, statement := range []string{
		`DELETE FROM agency_names WHERE agency_id IN list($1)`,
		`DELETE FROM successors WHERE agency_id IN list($1)`,
		`DELETE FROM aliases WHERE agency_id IN list($1)`,
	} {
		if _, err := t.exec(statement, list); err != nil {
			return err
		}
	}
	return nil
}

// checkAliases makes sure that every code leads to one agency: no alias is
// another agency's alias or code, no code is another's alias.
func (t *tx) checkAliases(changed []gateway.Agency) error {
	owner := make(map[gateway.AgencyID]gateway.AgencyID)
	var codes []gateway.AgencyID
	for _, a := range changed {
		for _, code := range append([]gateway.AgencyID{a.ID}, a.Aliases...) {
			if other, taken := owner[code]; taken && other != a.ID {
				return aliasTaken(code, other)
			}
			owner[code] = a.ID
			codes = append(codes, code)
		}
	}
	others, err := list(t.session, scanAlias, `SELECT alias, agency_id FROM aliases WHERE alias IN list($1)
		UNION ALL SELECT id, id FROM agencies WHERE id IN list($1)`, texts(codes))
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.agency != owner[other.alias] {
			return aliasTaken(other.alias, other.agency)
		}
	}
	return nil
}

func aliasTaken(code, owner gateway.AgencyID) error {
	return gateway.Errorf(gateway.CodeAliasTaken, string(code), "it belongs to %s", owner)
}

func (t *tx) writeAgencies(changed []gateway.Agency) error {
	var rows, names, successors, aliases [][]any
	for i := range changed {
		a := &changed[i]
		id := string(a.ID)
		rows = append(rows, []any{
			id, string(a.Parent), a.Kind, a.Name, foldedNames(a), a.InCharge, a.Address, a.Email, a.Telephone, a.Website,
			string(a.Status), a.ValidFrom, a.ValidTo, string(a.RepresentedBy), string(a.Reach), a.Version, micros(a.ModifiedAt),
		})
		for n, name := range a.Names {
			names = append(names, []any{id, int64(n), name.Name, name.From, name.To})
		}
		for n, code := range a.Successors {
			successors = append(successors, []any{id, int64(n), string(code)})
		}
		for n, code := range unique(a.Aliases) {
			aliases = append(aliases, []any{string(code), id, int64(n)})
		}
	}
	if err := t.replaceAgencies(rows); err != nil {
		return err
	}
	return cmp.Or(
		t.insert("agency_names", "agency_id, position, name, valid_from, valid_to", names),
		t.insert("successors", "agency_id, position, successor", successors),
		t.insert("aliases", "alias, agency_id, position", aliases),
	)
}

func (t *tx) replaceAgencies(rows [][]any) error {
	codes := make([]string, len(rows))
	for i, row := range rows {
		codes[i] = row[0].(string)
	}
	// Nothing refers to these rows by a foreign key, so putting them anew is the same as changing them.
	if _, err := t.exec(`DELETE FROM agencies WHERE id IN list($1)`, texts(codes)); err != nil {
		return err
	}
	return t.insert("agencies", `id, parent, kind, name, folded, in_charge, address, email, telephone, website,
		status, valid_from, valid_to, represented_by, reach, version, modified_at`, rows)
}
