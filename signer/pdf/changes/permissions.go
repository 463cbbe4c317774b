package changes

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"congvan/signer/pdf/syntax"
)

// ErrPermissions is what malformed rules are reported as: the signature says that
// something is forbidden, and not in a way that can be understood. Treat it as FORMAT_FAILURE.
var ErrPermissions = errors.New("permissions of the signature cannot be understood")

// The actions of a lock.
const (
	LockAll     = "All"
	LockInclude = "Include"
	LockExclude = "Exclude"
)

// Lock says which form fields may no longer change (ISO 32000-2, tables 236 and 259).
type Lock struct {
	Action string   // LockAll, LockInclude (those of Fields alone) or LockExclude (all but those)
	Fields []string // fully qualified names that LockInclude and LockExclude speak of
	// Permissions is the P entry of a lock dictionary, 1 to 3: what the signature in this
	// field allows for the whole document from then on; 0 where absent.
	Permissions int
}

// Covers says whether the field of a fully qualified name is locked. A name that is listed
// stands for the fields below it, too.
func (l Lock) Covers(field string) bool {
	listed := slices.ContainsFunc(l.Fields, func(name string) bool {
		return field == name || strings.HasPrefix(field, name+".")
	})
	switch l.Action {
	case LockInclude:
		return listed
	case LockExclude:
		return !listed
	}
	return true
}

// Permissions are what a signature says may happen after it.
type Permissions struct {
	DocMDP int    // P, 1 to 3, of a certification; 0 for an approval signature
	Locks  []Lock // of FieldMDP
}

// Rules joins what the signature says with the lock dictionary of its field, nil where
// that has none: the stricter holds.
func (p Permissions) Rules(lock *Lock) Rules {
	r := Rules{Permissions: p.DocMDP}
	for _, l := range p.Locks {
		r = r.And(Rules{Locked: l.Covers})
	}
	if lock != nil {
		r = r.And(Rules{Permissions: lock.Permissions, Locked: lock.Covers})
	}
	return r
}

// And joins what two signatures lay down: what either forbids is forbidden.
func (r Rules) And(o Rules) Rules {
	joint := Rules{
		Permissions:  stricter(r.Permissions, o.Permissions),
		Locked:       r.Locked,
		SignedFields: slices.Concat(r.SignedFields, o.SignedFields),
	}
	switch {
	case r.Locked == nil:
		joint.Locked = o.Locked
	case o.Locked != nil:
		joint.Locked = func(field string) bool { return r.Locked(field) || o.Locked(field) }
	}
	return joint
}

func stricter(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// maxReferences bounds the signature reference dictionaries of one signature.
const maxReferences = 64

// ParsePermissions reads the transforms in the /Reference array of a signature
// dictionary (ISO 32000-2, 12.8.2) as it stands in revision r. Of several DocMDP transforms the
// strictest holds. Its error is [ErrPermissions], or one of reading.
func ParsePermissions(r *syntax.Revision, signature syntax.Dict) (Permissions, error) {
	var p Permissions
	references, err := r.Array(signature["Reference"])
	if err != nil {
		return p, fmt.Errorf("%w: Reference: %w", ErrPermissions, err)
	}
	if len(references) > maxReferences {
		return p, fmt.Errorf("%w: %d references", ErrPermissions, len(references))
	}
	for _, o := range references {
		if err := p.add(r, o); err != nil {
			return p, fmt.Errorf("%w: %w", ErrPermissions, err)
		}
	}
	return p, nil
}

func (p *Permissions) add(r *syntax.Revision, reference syntax.Object) error {
	dict, err := r.Dict(reference)
	if err != nil {
		return err
	}
	method, err := r.Name(dict["TransformMethod"])
	if err != nil {
		return err
	}
	params, err := r.Dict(dict["TransformParams"])
	if err != nil {
		return err
	}
	switch method {
	case "DocMDP":
		n, err := permission(r, params, 2)
		p.DocMDP = stricter(p.DocMDP, n)
		return err
	case "FieldMDP":
		l, err := parseLock(r, params)
		p.Locks = append(p.Locks, l)
		return err
	}
	return nil // UR and Identity grant or say nothing
}

// permission reads P of a dictionary.
func permission(r *syntax.Revision, d syntax.Dict, absent int) (int, error) {
	o, err := r.Resolve(d["P"])
	if err != nil || o == nil {
		return absent, err
	}
	n, ok := o.(int64)
	if !ok || n < 1 || n > 3 {
		return 1, fmt.Errorf("P is %v", o)
	}
	return int(n), nil
}

// ParseLock reads the /Lock entry of a signature field as it stands in revision r; nil where
// there is none. Its error is [ErrPermissions], or one of reading.
func ParseLock(r *syntax.Revision, field syntax.Dict) (*Lock, error) {
	o, err := r.Resolve(field["Lock"])
	if err != nil {
		return nil, fmt.Errorf("%w: Lock: %w", ErrPermissions, err)
	}
	if o == nil {
		return nil, nil
	}
	dict, ok := o.(syntax.Dict)
	if !ok {
		return nil, fmt.Errorf("%w: Lock is no dictionary", ErrPermissions)
	}
	l, err := parseLock(r, dict)
	if err == nil {
		l.Permissions, err = permission(r, dict, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: Lock: %w", ErrPermissions, err)
	}
	return &l, nil
}

func parseLock(r *syntax.Revision, d syntax.Dict) (Lock, error) {
	action, err := r.Name(d["Action"])
	if err != nil {
		return Lock{}, err
	}
	l := Lock{Action: string(action)}
	switch l.Action {
	case LockAll:
		return l, nil
	case LockInclude, LockExclude:
	default:
		return l, fmt.Errorf("action %q", action)
	}
	names, err := r.Array(d["Fields"])
	if err != nil {
		return l, err
	}
	for _, o := range names {
		name, err := r.String(o)
		if err != nil {
			return l, err
		}
		l.Fields = append(l.Fields, name.Text())
	}
	return l, nil
}
