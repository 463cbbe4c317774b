package vxp

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// Agency is one line of getAgenciesList. The ids are agency codes.
type Agency struct {
	ID   string `json:"id"`
	PID  string `json:"pid"` // of the parent; empty at the top
	Code string `json:"code"`
	Name string `json:"name"`
	Mail string `json:"mail"`
}

// AgencyQD20 is one line of getAgenciesListQD20: an agency with the codes that it
// has in both formats.
type AgencyQD20 struct {
	Agency
	Code102 string `json:"code102"` // in the format of QCVN 102:2016
	OldCode string `json:"oldCode"` // the code that Code took the place of
}

// SyncUnit is one line of getSynchronizeUnit: every agency that there is or was.
type SyncUnit struct {
	Agency
	Version    int64  `json:"version"`
	CenterCode string `json:"centerCode"` // who takes its letters when it has no system
	Deleted    bool   `json:"deleted"`
	ModifyDate string `json:"modifyDate"` // yyyy-MM-dd HH:mm:ss, Vietnam
	IsAgency   bool   `json:"isAgency"`   // false: a centre or a system (W00)
}

// Registration is the body of registerAgency.
type Registration struct {
	ID         string `json:"id"` // the client's own; not kept
	ParentCode string `json:"pcode"`
	Code       string `json:"code"`
	Name       string `json:"name"`
	Mail       string `json:"mail"`
	Mobile     string `json:"mobile"`
	Fax        string `json:"fax"` // not kept
}

// agencies is getAgenciesList: who may be written to.
func (c *call) agencies() error {
	return c.directory(func(a *gateway.Agency, today string) any {
		if a.ClosedOn(today) {
			return nil
		}
		return agencyLine(a, a.ID)
	})
}

// agenciesQD20 is getAgenciesListQD20.
func (c *call) agenciesQD20() error {
	return c.directory(func(a *gateway.Agency, today string) any {
		if a.ClosedOn(today) {
			return nil
		}
		return agencyQD20(a)
	})
}

// synchronize is getSynchronizeUnit.
func (c *call) synchronize() error {
	return c.directory(func(a *gateway.Agency, today string) any { return syncUnit(a, today) })
}

// directory streams the whole directory, page by page, as the lines made of
// it; an agency for which line gives nil is left out.
func (c *call) directory(line func(a *gateway.Agency, today string) any) error {
	list := listWriter{c: c}
	return list.finish(c.directoryPages(line, &list))
}

func (c *call) directoryPages(line func(*gateway.Agency, string) any, list *listWriter) error {
	today := c.Now().In(edxml.VietnamZone).Format(time.DateOnly)
	query := gateway.AgencyQuery{Limit: pageLimit}
	for {
		page, err := c.Gateway.SearchAgencies(c.r.Context(), query)
		if err != nil {
			return err
		}
		for i := range page {
			if l := line(&page[i], today); l != nil {
				if err := list.add(l); err != nil {
					return err
				}
			}
		}
		if len(page) < query.Limit {
			return nil
		}
		query.After = page[len(page)-1].ID
	}
}

func agencyLine(a *gateway.Agency, code gateway.AgencyID) Agency {
	return Agency{ID: string(a.ID), PID: string(a.Parent), Code: string(code), Name: a.Name, Mail: a.Email}
}

// formatQD20 is the code format of QĐ 20/2020/QĐ-TTg, read from the left: level 1
// is a letter and two digits.
var formatQD20 = regexp.MustCompile(`^[A-Z][0-9]{2}(\.|$)`)

// agencyQD20 sorts an agency's code and aliases by their format.
func agencyQD20(a *gateway.Agency) AgencyQD20 {
	var qd20, code102 []gateway.AgencyID
	for _, code := range append([]gateway.AgencyID{a.ID}, a.Aliases...) {
		if formatQD20.MatchString(string(code)) {
			qd20 = append(qd20, code)
		} else {
			code102 = append(code102, code)
		}
	}
	line := AgencyQD20{Agency: agencyLine(a, a.ID)}
	if len(qd20) > 0 {
		line.Code = string(qd20[0])
	}
	if len(code102) > 0 {
		line.Code102 = string(code102[0])
	}
	line.OldCode = line.Code102
	if len(qd20) > 1 {
		line.OldCode = string(qd20[1])
	}
	return line
}

func syncUnit(a *gateway.Agency, today string) SyncUnit {
	return SyncUnit{
		Agency:  agencyLine(a, a.ID),
		Version: a.Version, CenterCode: string(a.RepresentedBy),
		Deleted: a.ClosedOn(today), ModifyDate: itemTime(a.ModifiedAt),
		IsAgency: a.Kind != "system" && !strings.HasSuffix(string(a.ID), ".W00"),
	}
}

// register is registerAgency: it enters an agency, or changes what the
// registration says about one that is there.
func (c *call) register() error {
	var r Registration
	text, err := io.ReadAll(io.LimitReader(c.r.Body, maxSmallBody+1))
	if err != nil {
		return bodyError(err)
	}
	if len(text) > maxSmallBody {
		return gateway.Errorf(gateway.CodeTooLarge, "body", "more than %d bytes", maxSmallBody)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return &gateway.Error{Code: gateway.CodeInvalidRequest, Place: "body", Err: err}
	}
	if strings.TrimSpace(r.Code) == "" {
		return gateway.Errorf(gateway.CodeInvalidRequest, "code", "missing")
	}
	agency, err := c.registered(&r)
	if err != nil {
		return err
	}
	if _, err := c.Gateway.PutAgencies(c.r.Context(), c.principal, []gateway.Agency{agency}); err != nil {
		return err
	}
	c.answer(done())
	return nil
}

// registered is the directory's entry after a registration. What the registration does not
// say stays as it is.
func (c *call) registered(r *Registration) (gateway.Agency, error) {
	code := gateway.AgencyID(strings.TrimSpace(r.Code))
	known, err := c.Gateway.Agency(c.r.Context(), code)
	if err != nil && !errors.Is(err, gateway.ErrNotFound) {
		return gateway.Agency{}, err
	}
	a := gateway.Agency{ID: code, Status: gateway.AgencyOpen, Reach: gateway.ReachLocal}
	if err == nil {
		a = *known
	}
	setText(&a.Parent, gateway.AgencyID(r.ParentCode))
	setText(&a.Name, r.Name)
	setText(&a.Email, r.Mail)
	setText(&a.Telephone, r.Mobile)
	return a, nil
}

func setText[T ~string](field *T, value T) {
	if v := strings.TrimSpace(string(value)); v != "" {
		*field = T(v)
	}
}

// deleteAgency closes an agency. Nothing is ever removed from the directory: letters of old
// keep their senders and receivers.
func (c *call) deleteAgency() error {
	code, err := c.params.need(paramAgencyCode)
	if err != nil {
		return err
	}
	if err := c.Gateway.CloseAgency(c.r.Context(), c.principal, gateway.AgencyID(code), nil); err != nil {
		return err
	}
	c.answer(done())
	return nil
}
