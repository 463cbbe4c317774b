package gateway

import "time"

// AgencyID is an agency's code (mã định danh), in the old or the new format.
type AgencyID string

// AgencyStatus says whether letters may be addressed to an agency.
type AgencyStatus string

const (
	AgencyOpen   AgencyStatus = "open"
	AgencyLocked AgencyStatus = "locked" // exists, but takes nothing for now
	AgencyClosed AgencyStatus = "closed" // merged, split or dissolved; see Successors
)

// Reach says whose systems serve an agency.
type Reach string

const (
	ReachLocal Reach = "local" // ours: an inbox in this gateway
	ReachAxis  Reach = "axis"  // known to us, served beyond the axis (trục liên thông)
)

// Agency is one entry of the directory (danh bạ). Nothing about it is tied to
// an administrative level.
type Agency struct {
	ID            AgencyID     `json:"id"`
	Parent        AgencyID     `json:"parent,omitempty"`
	Kind          string       `json:"kind,omitempty"` // free: office, ward, school, system …
	Name          string       `json:"name"`           // valid today
	Names         []AgencyName `json:"names,omitempty"`
	InCharge      string       `json:"in_charge,omitempty"` // cơ quan chủ quản
	Address       string       `json:"address,omitempty"`
	Email         string       `json:"email,omitempty"`
	Telephone     string       `json:"telephone,omitempty"`
	Website       string       `json:"website,omitempty"`
	Status        AgencyStatus `json:"status"`
	ValidFrom     string       `json:"valid_from,omitempty"` // yyyy-MM-dd, Vietnam
	ValidTo       string       `json:"valid_to,omitempty"`   // last day, yyyy-MM-dd
	Successors    []AgencyID   `json:"successors,omitempty"`
	Aliases       []AgencyID   `json:"aliases,omitempty"`        // other codes for the same agency, such as its old-format code
	RepresentedBy AgencyID     `json:"represented_by,omitempty"` // takes its letters when it has no system
	Reach         Reach        `json:"reach"`
	Version       int64        `json:"version"`
	ModifiedAt    time.Time    `json:"modified_at"`
}

// AgencyName is a name with the days on which it was valid.
type AgencyName struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"` // yyyy-MM-dd
	To   string `json:"to,omitempty"`   // last day, yyyy-MM-dd
}

// OpenOn says whether letters may be addressed to the agency on a day (yyyy-MM-dd).
func (a *Agency) OpenOn(day string) bool {
	return a.Status == AgencyOpen &&
		(a.ValidFrom == "" || a.ValidFrom <= day) &&
		(a.ValidTo == "" || day <= a.ValidTo)
}

// ClosedOn says whether the agency had ceased to exist on a day (yyyy-MM-dd).
func (a *Agency) ClosedOn(day string) bool {
	return a.Status == AgencyClosed || (a.ValidTo != "" && a.ValidTo < day)
}

// AgencyQuery selects agencies. Text matches codes by prefix and names without
// regard to diacritics.
type AgencyQuery struct {
	Text   string
	Parent AgencyID
	Kind   string
	After  AgencyID // page: codes greater than this one
	Limit  int      // 1…1000
}
