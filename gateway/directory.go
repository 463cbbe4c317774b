package gateway

import (
	"context"
	"errors"
	"fmt"
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
	if len(faults) > 0 {
		e := Errorf(CodeInvalidRequest, faults[0].Element, "%d faults in the directory entries", len(faults))
		e.Findings = faults
		return 0, e
	}
	return g.Store.PutAgencies(ctx, agencies, string(p.System))
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
