// Package changes says what was done to a PDF after it was signed: it classes every
// revision that follows a signed one, and holds the class against what the signature
// allows (ISO 32000-2, 12.8.2.2 DocMDP, 12.8.2.4 FieldMDP, table 233 lock dictionaries).
//
// A signature proves the bytes of its own revision. What a reader sees is the last
// revision, so every object that a later revision defines, redefines or frees must be
// explained by a rule, or the document counts as altered. The rules know objects by the way
// on which they are reached from the trailer, never by what they say of themselves.
//
// Each revision is compared with the one before it. First, all objects that can be
// reached are walked once, noting who refers to whom ([graph]; no stream is opened). Of the
// objects that differ, those that stand for something – the catalog, pages, form fields,
// annotations – are compared key by key; the others are traced upwards along every way that
// leads to them until such a one is met, and the rule for the key on which it was met
// decides. An object used in two places is thus judged in both, and the stricter rule holds. A key
// for which no rule speaks must have the same value, however deep.
package changes

import (
	"cmp"
	"fmt"
	"slices"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// Finding is one change that was found, or one remark about it.
type Finding struct {
	Level signer.Modification // the least class that allows it; NONE for a remark
	signer.Reason
	Ref      syntax.Ref // the object that changed; zero for the trailer
	Revision int        // the revision that changed it
	Field    string     // fully qualified name of the form field concerned, if any
	Page     int        // page on which something is drawn, from 1; 0 where that is not known
	Rect     Rect       // where it is drawn, in the page's own units (1/72 inch unless UserUnit)

	newField bool // a field that the document did not have
	visible  bool // draws something on the page
}

// Result is what happened after a signature.
type Result struct {
	Level    signer.Modification
	Findings []Finding // the gravest first, then by revision and object
	// Violations are the findings that the signature itself forbids by DocMDP, FieldMDP
	// or a lock; a signature with any of them does not hold for the document.
	Violations []Finding
}

// Rules are what the signature forbids.
type Rules struct {
	// Permissions is P of DocMDP or of the lock dictionary: 1, 2 or 3; 0: none.
	Permissions int
	// Locked says whether the field of a fully qualified name is locked; nil: none is.
	Locked func(field string) bool
	// SignedFields are fields to be held as signed from the signed revision on,
	// beside those that visibly carry a signature then, which always are.
	SignedFields []string
}

// Since classes all revisions after the one with the index signed. An error means that the
// file could not be read, or that there is no such revision; what is malformed is a finding.
// Those who ask for several signatures of one file use a [History].
func Since(f *syntax.File, signed int, r Rules) (Result, error) {
	return NewHistory(f).Since(signed, r)
}

// History compares the revisions of one file, each pair once however many signatures ask.
// It is not for concurrent use.
type History struct {
	file  *syntax.File
	graph *graph            // nil until two revisions are compared
	pairs map[int][]Finding // by index of the later revision
}

// NewHistory prepares to compare the revisions of f. Nothing is read yet.
func NewHistory(f *syntax.File) *History {
	return &History{file: f, pairs: map[int][]Finding{}}
}

// Since classes all revisions after the one with the index signed; see [Since].
func (h *History) Since(signed int, r Rules) (Result, error) {
	last := len(h.file.Revisions()) - 1
	if signed < 0 || signed > last {
		return Result{}, fmt.Errorf("changes since revision %d: the file has %d revisions", signed, last+1)
	}
	var all []Finding
	for i := signed + 1; i <= last; i++ {
		found, err := h.pair(i)
		if err != nil {
			return Result{}, fmt.Errorf("compare revision %d with the one before: %w", i, err)
		}
		all = append(all, found...)
	}
	return r.conclude(all), nil
}

func (h *History) pair(i int) ([]Finding, error) {
	if found, ok := h.pairs[i]; ok {
		return found, nil
	}
	if h.graph == nil {
		h.graph = newGraph(h.file.Revisions())
	}
	found, err := compare(h.graph, i)
	if err == nil {
		h.pairs[i] = found
	}
	return found, err
}

// conclude holds what was found against the rules.
func (r Rules) conclude(found []Finding) Result {
	result := Result{Level: signer.ModificationNone, Findings: []Finding{}}
	for _, f := range found {
		f = r.hold(f)
		result.Findings = append(result.Findings, f)
		if f.Level.Rank() > result.Level.Rank() {
			result.Level = f.Level
		}
		if v, bad := r.violation(f); bad {
			result.Violations = append(result.Violations, v)
		}
	}
	if r.Permissions == 1 && result.Level == signer.ModificationLTA {
		result.Findings = append(result.Findings, Finding{Level: signer.ModificationNone, Reason: reason(codeAcrobat)})
	}
	sortFindings(result.Findings)
	sortFindings(result.Violations)
	return result
}

// hold raises a change to a field that the caller knows to be signed.
func (r Rules) hold(f Finding) Finding {
	if f.Level != signer.ModificationNone && !f.newField && f.Field != "" && slices.Contains(r.SignedFields, f.Field) {
		f.Level, f.Reason = signer.ModificationOther, reason(codeSignedWidget, f.Field)
	}
	return f
}

// violation says whether a finding is forbidden by the signature, and in which words.
func (r Rules) violation(f Finding) (Finding, bool) {
	if f.Level == signer.ModificationNone {
		return f, false
	}
	if allowed := allowedBy(r.Permissions); f.Level.Rank() > allowed.Rank() {
		return f, true
	}
	// A visible field that the certifier did not provide for can be laid over the certified
	// text by anybody who can sign: filling in forms (P 1 or 2) is not making them.
	if (r.Permissions == 1 || r.Permissions == 2) && f.newField && f.visible {
		f.Reason = reason(codeNewVisible, f.Field)
		return f, true
	}
	// FieldMDP protects values of fields that were there; signing in a new field, which
	// takes no value away, is for DocMDP to forbid.
	if r.Locked != nil && f.Field != "" && !f.newField && r.Locked(f.Field) {
		f.Reason = reason(codeLocked, f.Field)
		return f, true
	}
	return f, false
}

// allowedBy is the class that a DocMDP permission allows (ISO 32000-2, table 257).
func allowedBy(permissions int) signer.Modification {
	switch permissions {
	case 0:
		return signer.ModificationOther
	case 2:
		return signer.ModificationForm
	case 3:
		return signer.ModificationAnnotations
	}
	return signer.ModificationLTA
}

func sortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Level.Rank(), a.Level.Rank()),
			cmp.Compare(a.Revision, b.Revision),
			cmp.Compare(a.Ref.Number, b.Ref.Number),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.En, b.En),
		)
	})
}
