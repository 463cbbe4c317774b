package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"congvan/schemas"
)

// Agency looks an agency up by its code or an alias.
func (g *Gateway) Agency(ctx context.Context, id AgencyID) (*Agency, error) {
	return g.Store.Agency(ctx, id)
}

// SearchAgencies lists agencies in the order of their codes.
func (g *Gateway) SearchAgencies(ctx context.Context, q AgencyQuery) ([]Agency, error) {
	limit, err := pageSize(q.Limit)
	if err != nil {
		return nil, err
	}
	q.Limit = limit
	return g.Store.SearchAgencies(ctx, q)
}

// PutAgencies writes directory entries after checking them (codes, names, successors and dates
// make sense) and says how many changed; needs ScopeDirectory. One bad entry refuses
// them all; each fault is a finding. An alias that is taken refuses its batch; those before it stand.
func (g *Gateway) PutAgencies(ctx context.Context, p Principal, agencies []Agency) (int, error) {
	if err := require(p, ScopeDirectory); err != nil {
		return 0, err
	}
	now := g.now()
	var faults []schemas.Finding
	for i := range agencies {
		a := &agencies[i]
		a.complete(now)
		faults = append(faults, a.faults()...)
	}
	strangers, err := g.strangers(ctx, agencies)
	if err != nil {
		return 0, err
	}
	faults = append(faults, strangers...)
	if len(faults) > 0 {
		e := Errorf(CodeInvalidRequest, faults[0].Element, "%d faults in the directory entries", len(faults))
		e.Findings = faults
		return 0, e
	}
	return g.Store.PutAgencies(ctx, agencies, string(p.System))
}

// mention is one entry's word about another agency.
type mention struct {
	by    AgencyID
	field string
	code  AgencyID
}

func (a *Agency) mentions() []mention {
	out := []mention{{a.ID, "parent", a.Parent}, {a.ID, "represented_by", a.RepresentedBy}}
	for _, s := range a.Successors {
		out = append(out, mention{a.ID, "successors", s})
	}
	return out
}

// strangers lists the parents, successors and representatives that are neither among the entries nor
// in the directory: nobody could be reached through them.
func (g *Gateway) strangers(ctx context.Context, agencies []Agency) ([]schemas.Finding, error) {
	known := map[AgencyID]bool{"": true}
	for _, a := range agencies {
		known[a.ID] = true
	}
	var open []mention
	var codes []AgencyID
	for _, a := range agencies {
		for _, m := range a.mentions() {
			if !known[m.code] {
				open, codes = append(open, m), append(codes, m.code)
			}
		}
	}
	var out []schemas.Finding
	for batch := range slices.Chunk(codes, 500) {
		found, err := g.Store.AgenciesByID(ctx, batch)
		if err != nil {
			return nil, err
		}
		for code := range found {
			known[code] = true
		}
	}
	for _, m := range open {
		if !known[m.code] {
			out = append(out, schemas.Finding{
				Severity: schemas.SeverityError, Rule: "agency-unknown", Element: fmt.Sprintf("%s/%s", m.by, m.field),
				Vi: fmt.Sprintf("Mã %q không có trong danh bạ.", m.code), En: fmt.Sprintf("Code %q is not in the directory.", m.code),
			})
		}
	}
	return out, nil
}

// complete fills what an entry may leave out.
func (a *Agency) complete(now time.Time) {
	if a.Status == "" {
		a.Status = AgencyOpen
	}
	if a.Reach == "" {
		a.Reach = ReachLocal
	}
	a.Name = strings.TrimSpace(a.Name)
	a.ModifiedAt = now
}

// faults lists what is wrong with an entry.
func (a *Agency) faults() []schemas.Finding {
	var out []schemas.Finding
	add := func(field, vi, en string) {
		out = append(out, schemas.Finding{
			Severity: schemas.SeverityError, Rule: "agency-" + field, Element: fmt.Sprintf("%s/%s", a.ID, field), Vi: vi, En: en,
		})
	}
	for _, code := range append([]AgencyID{a.ID}, a.Aliases...) {
		if _, ok := schemas.ParseAgencyCode(string(code)); !ok {
			add("id", fmt.Sprintf("Mã định danh %q không hợp lệ.", code), fmt.Sprintf("Code %q is not valid.", code))
		}
	}
	if a.Name == "" || len([]rune(a.Name)) > 500 {
		add("name", "Tên cơ quan phải có từ 1 đến 500 ký tự.", "The name must have 1 to 500 characters.")
	}
	switch a.Status {
	case AgencyOpen, AgencyLocked, AgencyClosed:
	default:
		add("status", "Trạng thái phải là open, locked hoặc closed.", "The status must be open, locked or closed.")
	}
	if a.Reach != ReachLocal && a.Reach != ReachAxis {
		add("reach", "Kênh phải là local hoặc axis.", "The reach must be local or axis.")
	}
	for _, day := range []string{a.ValidFrom, a.ValidTo} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			add("valid", "Ngày hiệu lực phải có dạng yyyy-MM-dd.", "Dates of validity are written yyyy-MM-dd.")
		}
	}
	if a.ValidFrom != "" && a.ValidTo != "" && a.ValidTo < a.ValidFrom {
		add("valid", "Ngày hết hiệu lực đứng trước ngày có hiệu lực.", "The last day of validity is before the first.")
	}
	for _, s := range append([]AgencyID{a.RepresentedBy}, a.Successors...) {
		if s == a.ID {
			add("successors", "Cơ quan không thể kế thừa hoặc đại diện cho chính mình.", "An agency cannot succeed or represent itself.")
		}
	}
	return out
}

// CloseAgency closes an agency today, with its successors; needs ScopeDirectory. One that is closed
// stays closed since its day, and keeps its successors when none are named. An alias does not
// name the agency here: ErrConflict, for whoever puts away an old code does not mean the agency.
func (g *Gateway) CloseAgency(ctx context.Context, p Principal, id AgencyID, successors []AgencyID) error {
	if err := require(p, ScopeDirectory); err != nil {
		return err
	}
	a, err := g.Store.Agency(ctx, id)
	if err != nil {
		return err
	}
	for _, s := range successors {
		if _, err := g.Store.Agency(ctx, s); errors.Is(err, ErrNotFound) {
			return Errorf(CodeReceiverUnknown, string(s), "successor not in the directory")
		} else if err != nil {
			return err
		}
	}
	if a.ID != id {
		return Errorf(CodeAliasTaken, string(id), "an alias of %s", a.ID)
	}
	if len(successors) > 0 {
		a.Successors = successors
	}
	if day := today(g.now()); !a.ClosedOn(day) {
		a.ValidTo = day
	}
	a.Status = AgencyClosed
	_, err = g.PutAgencies(ctx, p, []Agency{*a})
	return err
}
