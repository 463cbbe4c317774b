package changes

import (
	"errors"
	"fmt"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// errTooComplex is a comparison that would cost more than a document can be worth.
var errTooComplex = errors.New("too complex to compare")

// malformed says whether an error is the document's fault rather than the reader's.
func malformed(err error) bool {
	var bad *syntax.Error
	return errors.Is(err, errTooComplex) || errors.As(err, &bad) && !errors.Is(err, syntax.ErrRead)
}

// The bounds of one comparison; a document that needs more counts as altered.
const (
	maxSteps    = 1 << 20 // of tracing changed objects upwards
	maxNodes    = 1 << 20 // of comparing values in depth
	maxFindings = 1000
	maxDepth    = 64
)

// diff compares one revision with the one before it.
type diff struct {
	graph    *graph
	index    int // of the later revision
	old, new *syntax.Revision
	before   *reach
	after    *reach
	changed  map[id]bool // reached objects whose content differs
	roles    map[id]role
	inside   map[id]mentions
	forms    struct{ old, new *form }
	root     syntax.Ref // the catalog, the same in both
	catalogs struct{ old, new syntax.Dict }

	frozen   map[frozenKey]bool
	annots   map[syntax.Ref]bool         // pages whose annotations are to be compared
	fields   map[id]map[syntax.Name]bool // fields to be compared, and keys whose value changed deeper down
	notes    map[id]map[syntax.Name]bool // the same for annotations
	shown    map[syntax.Ref]syntax.Ref   // new widgets, and the page on which each was met
	touched  map[syntax.Name]bool        // keys of the catalog below which something changed
	steps    int
	nodes    int
	findings []Finding
	told     map[Finding]bool
	streams  map[[2]int64]bool // by offset: whether two streams hold the same
	many     bool
}

// resolve follows references: of one value in the old revision, and of one in the new.
func (d *diff) resolve(was, is syntax.Object) (before, after syntax.Object, err error) {
	if before, err = d.old.Resolve(was); err != nil {
		return nil, nil, err
	}
	after, err = d.new.Resolve(is)
	return before, after, err
}

// dicts reads a dictionary as it was and as it is.
func (d *diff) dicts(ref syntax.Ref) (was, is syntax.Dict, err error) {
	if was, err = d.old.Dict(ref); err != nil {
		return nil, nil, err
	}
	is, err = d.new.Dict(ref)
	return was, is, err
}

// compare finds what revision i changed.
func compare(g *graph, i int) ([]Finding, error) {
	d := &diff{
		graph: g, index: i, old: g.revisions[i-1], new: g.revisions[i],
		changed: map[id]bool{}, roles: map[id]role{}, inside: map[id]mentions{},
		frozen: map[frozenKey]bool{}, annots: map[syntax.Ref]bool{},
		fields: map[id]map[syntax.Name]bool{}, notes: map[id]map[syntax.Name]bool{},
		shown: map[syntax.Ref]syntax.Ref{}, touched: map[syntax.Name]bool{},
		told: map[Finding]bool{}, streams: map[[2]int64]bool{},
	}
	if err := d.run(); err != nil {
		if !malformed(err) {
			return nil, err
		}
		d.other(trailer, unreadableReason(err))
	}
	return d.findings, nil
}

func (d *diff) run() error {
	if err := d.checkWriting(); err != nil {
		return err
	}
	ok, err := d.compareTrailer()
	if err != nil || !ok {
		return err
	}
	if err := d.find(); err != nil {
		return err
	}
	if err := d.compareCatalog(); err != nil {
		return err
	}
	for _, n := range d.after.order {
		if d.changed[n] {
			if err := d.explain(n); err != nil {
				return err
			}
		}
	}
	return d.finish()
}

// checkWriting wants an update that all readers read alike. Those that stumble over its
// cross-reference gather objects from the whole file, whether or not anything refers to them, and would
// show what no comparison has seen.
func (d *diff) checkWriting() error {
	at, err := d.new.Hidden()
	if err != nil {
		return err
	}
	if at >= 0 {
		d.other(trailer, reason(codeHidden, at))
	}
	if d.new.Odd() {
		d.other(trailer, reason(codeOddUpdate))
	}
	return nil
}

// finish compares what explaining the changed objects led to.
func (d *diff) finish() error {
	for _, step := range []func() error{d.compareForm, d.compareProofs, d.compareFields, d.compareAnnotations, d.comparePages} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// find walks both revisions and notes which objects differ.
func (d *diff) find() (err error) {
	if d.before, err = d.graph.reach(d.index - 1); err != nil {
		return err
	}
	if d.after, err = d.graph.reach(d.index); err != nil {
		return err
	}
	d.after.turn(d.graph, d.index)
	if err := d.readForms(); err != nil {
		return err
	}
	for _, n := range d.after.order {
		equal, err := d.unchanged(n)
		if err != nil && !malformed(err) {
			return err
		}
		if err != nil {
			// Another reader may understand it, and see there what was not seen here.
			d.other(n, unreadableReason(err))
		} else if !equal {
			d.changed[n] = true
		}
	}
	return nil
}

// unchanged says whether an object is what it was; one that was written again may be.
func (d *diff) unchanged(n id) (bool, error) {
	if err := d.after.bad[n]; err != nil {
		return false, err
	}
	if !d.graph.changed(n, d.index) {
		return true, nil
	}
	was, err := d.oldObject(n)
	if err != nil {
		return false, err
	}
	is, err := d.newObject(n)
	if err != nil {
		return false, err
	}
	return syntax.Equal(was, is), nil
}

func (d *diff) oldObject(n id) (syntax.Object, error) { return d.graph.object(n, d.index-1) }
func (d *diff) newObject(n id) (syntax.Object, error) { return d.graph.object(n, d.index) }

// fresh says whether an object played no part before: it was absent, or nothing that is
// reached referred to it.
func (d *diff) fresh(n id) bool { return !d.before.has(n) || d.absent(n) }

// absent says whether references to an object led nowhere before.
func (d *diff) absent(n id) bool {
	if n == trailer || !d.graph.changed(n, d.index) {
		return false
	}
	o, err := d.oldObject(n)
	return err == nil && o == nil
}

// add notes a finding once, and as many as anybody will read.
func (d *diff) add(f Finding) {
	f.Revision = d.index
	if d.told[f] {
		return
	}
	d.told[f] = true
	if len(d.findings) >= maxFindings {
		if !d.many {
			d.many = true
			d.findings = append(d.findings, Finding{Level: signer.ModificationOther, Reason: reason(codeTooMany, maxFindings), Revision: d.index})
		}
		return
	}
	d.findings = append(d.findings, f)
}

// other notes a change that no rule explains.
func (d *diff) other(n id, r signer.Reason) {
	d.add(Finding{Level: signer.ModificationOther, Reason: r, Ref: d.graph.refs[n]})
}

// at notes a change of a class to an object.
func (d *diff) at(level signer.Modification, ref syntax.Ref, r signer.Reason) {
	d.add(Finding{Level: level, Reason: r, Ref: ref})
}

// step counts work that could grow without bounds.
func (d *diff) step(count *int, limit int) error {
	if *count++; *count > limit {
		return fmt.Errorf("%w: more than %d steps", errTooComplex, limit)
	}
	return nil
}
