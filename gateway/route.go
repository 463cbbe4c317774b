package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"congvan/schemas"
	"congvan/schemas/edxml"
)

// maxHops bounds chains of successors and of representatives.
const maxHops = 10

// route makes one delivery for each receiver that the addressed codes lead to. Two
// codes that lead to the same receiver (its alias, a predecessor) give one delivery:
// nobody gets a letter twice. Every code that leads nowhere is named in the error.
func (a *arrival) route(ctx context.Context, m *Message) ([]Delivery, error) {
	r := router{Gateway: a.Gateway, day: today(a.at), looped: a.passedHere(), known: map[AgencyID]*Agency{}}
	if err := r.load(ctx, a.addressees); err != nil {
		return nil, err
	}
	var out []Delivery
	var faults []*Error
	for _, code := range a.addressees {
		w, err := r.find(ctx, code)
		if errors.Is(err, ErrInvalid) {
			faults = append(faults, AsError(err))
			continue
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(d Delivery) bool { return d.Receiver == w.receiver }) {
			continue
		}
		out = append(out, a.delivery(m, code, w))
	}
	if len(faults) > 0 {
		return nil, allReceivers(faults)
	}
	return out, nil
}

// allReceivers makes one error of several receivers' faults; each is a finding.
func allReceivers(faults []*Error) error {
	e := *faults[0]
	for _, f := range faults {
		d := Describe(f.Code)
		e.Findings = append(e.Findings, schemas.Finding{
			Severity: schemas.SeverityError, Rule: string(f.Code), Element: "To/OrganId",
			Vi: fmt.Sprintf("%s: %s", f.Place, d.Vi), En: fmt.Sprintf("%s: %s", f.Place, d.En),
		})
	}
	return &e
}

func (a *arrival) delivery(m *Message, code AgencyID, w way) Delivery {
	d := Delivery{
		ID: DeliveryID(newID()), Message: m.ID, Kind: m.Kind,
		Addressed: code, Receiver: w.receiver, Holder: w.holder, Redirect: w.redirect, Route: w.route,
		State: DeliveryQueued, Lane: lane(m.Priority),
		NextAt: a.at, ExpiresAt: a.at.Add(a.Expiry), QueuedAt: a.at, UpdatedAt: a.at,
	}
	if w.held != "" {
		d.State, d.Cause = DeliveryHeld, w.held
	}
	return d
}

// lane orders deliveries: greater goes first. "Hỏa tốc hẹn giờ" (4) names a time of
// arrival and must not wait behind "hỏa tốc" (3).
func lane(p edxml.Priority) int { return min(max(int(p), 0), 4) }

// passedHere is the loop guard: the trace says that this gateway has
// forwarded the message before.
func (a *arrival) passedHere() bool {
	return slices.ContainsFunc(a.env.Trace, func(t edxml.TraceHeader) bool {
		return t.OrganID == string(a.Self)
	}) && a.principal.May(ScopeRelay)
}

// way is where a code leads.
type way struct {
	receiver AgencyID
	holder   AgencyID
	redirect string
	route    string
	held     string // a Cause, when it leads nowhere for now
}

// router follows codes through the directory as it is on one day.
type router struct {
	*Gateway
	day    string
	looped bool
	known  map[AgencyID]*Agency
	served map[AgencyID]bool
}

// load reads all addressed agencies at once; find reads further ones singly.
func (r *router) load(ctx context.Context, codes []AgencyID) error {
	found, err := r.Store.AgenciesByID(ctx, codes)
	if err != nil {
		return err
	}
	r.known = found
	ids := make([]AgencyID, 0, len(found))
	for _, a := range found {
		ids = append(ids, a.ID)
	}
	r.served, err = r.Store.Served(ctx, ids)
	return err
}

// agency gives nil for a code that is not in the directory.
func (r *router) agency(ctx context.Context, id AgencyID) (*Agency, error) {
	if a, ok := r.known[id]; ok {
		return a, nil
	}
	found, err := r.Store.AgenciesByID(ctx, []AgencyID{id})
	if err != nil {
		return nil, err
	}
	r.known[id] = found[id]
	return found[id], nil
}

func (r *router) isServed(ctx context.Context, id AgencyID) (bool, error) {
	if s, ok := r.served[id]; ok {
		return s, nil
	}
	found, err := r.Store.Served(ctx, []AgencyID{id})
	return found[id], err
}

func (r *router) find(ctx context.Context, code AgencyID) (way, error) {
	a, err := r.agency(ctx, code)
	if err != nil {
		return way{}, err
	}
	if a == nil {
		return way{}, Errorf(CodeReceiverUnknown, string(code), "not in the directory")
	}
	w := way{receiver: a.ID}
	if a.ID != code {
		w.redirect = RedirectAlias
	}
	if a.ClosedOn(r.day) {
		if a, err = r.successor(ctx, a, code); err != nil {
			return way{}, err
		}
		w.redirect = RedirectSuccessor
		if a == nil {
			w.route, w.held = RouteInbox, CauseSplitSuccessors
			return w, nil
		}
		w.receiver = a.ID
	}
	if !a.OpenOn(r.day) {
		return way{}, Errorf(CodeReceiverLocked, string(code), "%s is %s", a.ID, a.Status)
	}
	return r.reach(ctx, a, w)
}

// successor follows a closed code to the open agency that took its place. It
// gives nil when there are several: only a person can choose.
func (r *router) successor(ctx context.Context, a *Agency, code AgencyID) (*Agency, error) {
	for range maxHops {
		switch len(a.Successors) {
		case 0:
			return nil, Errorf(CodeReceiverClosed, string(code), "%s is closed and has no successor", a.ID)
		case 1:
		default:
			return nil, nil
		}
		next, err := r.agency(ctx, a.Successors[0])
		if err != nil {
			return nil, err
		}
		if next == nil {
			return nil, Errorf(CodeReceiverClosed, string(code), "successor %s is not in the directory", a.Successors[0])
		}
		if !next.ClosedOn(r.day) {
			return next, nil
		}
		a = next
	}
	return nil, Errorf(CodeReceiverClosed, string(code), "chain of successors does not end")
}

// reach decides by which route an open agency gets the message.
func (r *router) reach(ctx context.Context, a *Agency, w way) (way, error) {
	if a.Reach == ReachAxis {
		w.route = RouteAxis
		switch {
		case r.looped:
			w.held = CauseLoop
		case !r.Axis:
			w.held = CauseNoRoute
		}
		return w, nil
	}
	w.route = RouteInbox
	holder := a
	for range maxHops {
		served, err := r.isServed(ctx, holder.ID)
		if err != nil {
			return way{}, err
		}
		if served {
			w.holder = holder.ID
			if holder != a && w.redirect == "" {
				w.redirect = RedirectRepresentative
			}
			return w, nil
		}
		if holder.RepresentedBy == "" {
			break
		}
		next, err := r.agency(ctx, holder.RepresentedBy)
		if err != nil {
			return way{}, err
		}
		if next == nil || !next.OpenOn(r.day) {
			break
		}
		holder = next
	}
	w.held = CauseNoRoute
	return w, nil
}
