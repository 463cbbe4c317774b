package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"

	"congvan/gateway"
)

const agencyColumns = `id, parent, kind, name, in_charge, address, email, telephone, website, status, valid_from, valid_to,
	represented_by, reach, version, modified_at`

func scanAgency(rows *sql.Rows, a *gateway.Agency) error {
	return rows.Scan(&a.ID, &a.Parent, &a.Kind, &a.Name, &a.InCharge, &a.Address, &a.Email, &a.Telephone, &a.Website, &a.Status,
		&a.ValidFrom, &a.ValidTo, &a.RepresentedBy, &a.Reach, &a.Version, moment{&a.ModifiedAt})
}

// Agency implements gateway.Agencies.
func (s *Store) Agency(ctx context.Context, id gateway.AgencyID) (*gateway.Agency, error) {
	found, err := s.AgenciesByID(ctx, []gateway.AgencyID{id})
	if err != nil {
		return nil, err
	}
	if a := found[id]; a != nil {
		return a, nil
	}
	return nil, notFound(string(id), "agency")
}

// AgenciesByID implements gateway.Agencies.
func (s *Store) AgenciesByID(ctx context.Context, ids []gateway.AgencyID) (map[gateway.AgencyID]*gateway.Agency, error) {
	out := make(map[gateway.AgencyID]*gateway.Agency, len(ids))
	missing, change := s.directory.knownAgencies(ids, out)
	if len(missing) == 0 {
		return out, nil
	}
	found, err := s.readAgencies(ctx, missing)
	if err != nil {
		return nil, err
	}
	s.directory.learnAgencies(found, change)
	maps.Copy(out, found)
	return out, nil
}

func (s *Store) readAgencies(ctx context.Context, ids []gateway.AgencyID) (map[gateway.AgencyID]*gateway.Agency, error) {
	const operation = "read agencies"
	r := s.read(ctx)
	aliases, err := r.resolve(ids)
	if err != nil {
		return nil, wrap(operation, err)
	}
	codes := slices.Clone(ids)
	for _, alias := range aliases {
		codes = append(codes, alias.agency)
	}
	agencies, err := r.agencies(codes)
	if err != nil {
		return nil, wrap(operation, err)
	}
	out := make(map[gateway.AgencyID]*gateway.Agency, len(ids))
	for _, alias := range aliases {
		if a := agencies[alias.agency]; a != nil {
			out[alias.alias] = a
		}
	}
	for _, id := range ids {
		if a := agencies[id]; a != nil {
			out[id] = a
		}
	}
	return out, nil
}

type alias struct{ alias, agency gateway.AgencyID }

func scanAlias(rows *sql.Rows, a *alias) error { return rows.Scan(&a.alias, &a.agency) }

// resolve finds whose aliases some codes are.
func (s session) resolve(ids []gateway.AgencyID) ([]alias, error) {
	return list(s, scanAlias, `SELECT alias, agency_id FROM aliases WHERE alias IN list($1)`, texts(ids))
}

// agencies reads agencies whole, by code.
func (s session) agencies(ids []gateway.AgencyID) (map[gateway.AgencyID]*gateway.Agency, error) {
	codes := texts(unique(ids))
	rows, err := list(s, scanAgency, `SELECT `+agencyColumns+` FROM agencies WHERE id IN list($1)`, codes)
	if err != nil {
		return nil, err
	}
	out := make(map[gateway.AgencyID]*gateway.Agency, len(rows))
	for i := range rows {
		out[rows[i].ID] = &rows[i]
	}
	if len(out) == 0 {
		return out, nil
	}
	return out, s.addParts(out, codes)
}

// agencyPart is a row of one of the tables that belong to an agency.
type agencyPart struct {
	agency gateway.AgencyID
	name   gateway.AgencyName
	code   gateway.AgencyID
}

// addParts reads what an agency has several of.
func (s session) addParts(agencies map[gateway.AgencyID]*gateway.Agency, codes string) error {
	scanName := func(rows *sql.Rows, p *agencyPart) error {
		return rows.Scan(&p.agency, &p.name.Name, &p.name.From, &p.name.To)
	}
	scanCode := func(rows *sql.Rows, p *agencyPart) error { return rows.Scan(&p.agency, &p.code) }
	for _, part := range []struct {
		statement string
		scan      func(*sql.Rows, *agencyPart) error
		add       func(*gateway.Agency, agencyPart)
	}{
		{
			`SELECT agency_id, name, valid_from, valid_to FROM agency_names WHERE agency_id IN list($1) ORDER BY agency_id, position`, scanName,
			func(a *gateway.Agency, p agencyPart) { a.Names = append(a.Names, p.name) },
		},
		{
			`SELECT agency_id, successor FROM successors WHERE agency_id IN list($1) ORDER BY agency_id, position`, scanCode,
			func(a *gateway.Agency, p agencyPart) { a.Successors = append(a.Successors, p.code) },
		},
		{
			`SELECT agency_id, alias FROM aliases WHERE agency_id IN list($1) ORDER BY agency_id, position`, scanCode,
			func(a *gateway.Agency, p agencyPart) { a.Aliases = append(a.Aliases, p.code) },
		},
	} {
		rows, err := list(s, part.scan, part.statement, codes)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if a := agencies[row.agency]; a != nil {
				part.add(a, row)
			}
		}
	}
	return nil
}

// wordsAtMost bounds the words of a search; further ones are left out.
const wordsAtMost = 8

// SearchAgencies implements gateway.Agencies. Every word of the text must begin a
// word of a name, or the text as a whole begins a code or an alias.
func (s *Store) SearchAgencies(ctx context.Context, q gateway.AgencyQuery) ([]gateway.Agency, error) {
	const operation = "search agencies"
	r := s.read(ctx)
	statement, args := searchStatement(q)
	ids, err := list(r, one[gateway.AgencyID], statement, args...)
	if err != nil || len(ids) == 0 {
		return nil, wrap(operation, err)
	}
	agencies, err := r.agencies(ids)
	if err != nil {
		return nil, wrap(operation, err)
	}
	out := make([]gateway.Agency, 0, len(ids))
	for _, id := range ids {
		if a := agencies[id]; a != nil {
			out = append(out, *a)
		}
	}
	return out, nil
}

// searchStatement has one text for each number of words.
func searchStatement(q gateway.AgencyQuery) (string, []any) {
	args := []any{string(q.After), string(q.Parent), q.Kind, bounded(q.Limit)}
	statement := `SELECT id FROM agencies WHERE id > $1 AND ($2 = '' OR parent = $2) AND ($3 = '' OR kind = $3)`
	if text := strings.TrimSpace(q.Text); text != "" {
		code := strings.ToUpper(text)
		args = append(args, code, code+"\U0010FFFF")
		statement += ` AND (id >= $5 AND id < $6 OR id IN (SELECT agency_id FROM aliases WHERE alias >= $5 AND alias < $6)`
		if words := strings.Fields(gateway.Fold(text)); len(words) > 0 {
			terms := make([]string, min(len(words), wordsAtMost))
			for i := range terms {
				args = append(args, "% "+words[i]+"%")
				terms[i] = "folded LIKE $" + strconv.Itoa(len(args))
			}
			statement += ` OR ` + strings.Join(terms, " AND ")
		}
		statement += `)`
	}
	return statement + ` ORDER BY id LIMIT $4`, args
}

// Served implements gateway.Agencies.
func (s *Store) Served(ctx context.Context, ids []gateway.AgencyID) (map[gateway.AgencyID]bool, error) {
	out := make(map[gateway.AgencyID]bool, len(ids))
	now := micros(s.now())
	missing, change := s.directory.knownServed(ids, now, out)
	if len(missing) == 0 {
		return out, nil
	}
	served, err := list(s.read(ctx), scanServing, `SELECT a.agency_id, MIN(c.expires_at), MAX(c.expires_at) FROM system_agencies a
		JOIN credentials c ON c.system_id = a.system_id
		WHERE a.agency_id IN list($1) AND c.revoked_at = 0 AND (c.expires_at = 0 OR c.expires_at > $2) GROUP BY a.agency_id`, texts(missing), now)
	if err != nil {
		return nil, wrap("ask which agencies are served", err)
	}
	s.directory.learnServed(served, change)
	for _, v := range served {
		out[v.agency] = true
	}
	return out, nil
}

// serving is an agency with a system that may act for it, and until when.
type serving struct {
	agency gateway.AgencyID
	until  int64 // Unix microseconds; 0 for ever
}

// scanServing reads an agency with the earliest and the latest end of its credentials, where 0 is no end.
func scanServing(rows *sql.Rows, v *serving) error {
	var earliest, latest int64
	if err := rows.Scan(&v.agency, &earliest, &latest); err != nil {
		return err
	}
	if earliest > 0 {
		v.until = latest
	}
	return nil
}
