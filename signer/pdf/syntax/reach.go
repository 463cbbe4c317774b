package syntax

import "errors"

// extent is a part of the file.
type extent struct{ start, end int64 }

func (e extent) meets(o extent) bool { return e.start < o.end && o.start < e.end }

// Reaching looks in a revision for something else than one object, whose place from start
// to end is given, that has bytes of its own there: another object, which then also holds
// what the first one does, or the cross-reference. It gives the number of that object, 0
// for the cross-reference. One that begins before and cannot be read counts, too:
// another reader may find its end there or behind.
func (r *Revision) Reaching(but Ref, start, end int64) (number int, found bool, err error) {
	place := extent{start, end}
	for _, e := range r.extents {
		if e.meets(place) {
			return 0, true, nil
		}
	}
	for _, e := range r.entries {
		if e.kind != inUse || e.offset >= end || int(e.number) == but.Number {
			continue
		}
		meets, err := r.meets(e, place)
		if meets || err != nil {
			return int(e.number), meets, err
		}
	}
	return 0, false, nil
}

// meets says whether an object of the revision has bytes in a place. Where no object begins
// there is none.
func (r *Revision) meets(e entry, place extent) (bool, error) {
	p, err := r.file.parseAt(e.offset, r.End, r)
	var fault *Error
	switch {
	case err == nil:
		return extent{p.start, p.end}.meets(place), r.file.spend(p.length(), p.start)
	case errors.As(err, &fault) && errors.Is(err, ErrMalformed):
		return fault.Code != CodeObjectHeader && e.offset < place.start, nil
	}
	return false, err
}
