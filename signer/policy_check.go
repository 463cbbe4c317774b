package signer

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Date is a day, yyyy-MM-dd; the zero Date is one that never comes.
type Date struct{ time.Time }

// UnmarshalText reads yyyy-MM-dd.
func (d *Date) UnmarshalText(b []byte) (err error) {
	d.Time, err = time.Parse(time.DateOnly, string(b))
	return err
}

// After says whether the day lies after a moment; the zero Date always does.
func (d Date) After(t time.Time) bool { return d.IsZero() || d.Time.After(t) }

// Duration is a length of time as Go writes it, "72h".
type Duration time.Duration

// UnmarshalText reads a length of time.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// Std gives the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// check says everything that is wrong with a policy.
func (p *Policy) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if p.Name == "" {
		fault("name is missing")
	}
	if !slices.Contains([]RevocationCheck{RevocationRequired, RevocationPublished, RevocationNever}, p.Revocation.Check) {
		fault("revocation.check: %q is none of required, published, never", p.Revocation.Check)
	}
	for _, u := range p.Signer.KeyUsage {
		if keyUsages()[u] == 0 {
			fault("signer.key_usage: %q is none of digital_signature, content_commitment", u)
		}
	}
	if !slices.Contains([]Modification{ModificationNone, ModificationLTA, ModificationForm, ModificationAnnotations}, p.Changes.Allowed) {
		fault("changes.allowed: %q is none of NONE, LTA_UPDATES, FORM_FILLING, ANNOTATIONS", p.Changes.Allowed)
	}
	for i, r := range p.Door {
		for _, a := range []Action{r.Passed, r.Unsure, r.TryLater, r.Revoked, r.Constraints, r.Failed, r.Foreign, r.Unsigned} {
			if !slices.Contains([]Action{"", ActionAccept, ActionMark, ActionHold, ActionReject}, a) {
				fault("door %d: %q is none of accept, mark, hold, reject", i+1, a)
			}
		}
	}
	return errors.Join(faults...)
}
