package schemas

import (
	"bytes"
	"cmp"
	"errors"
	"regexp"
	"slices"
	"time"

	"congvan/schemas/edxml"
)

// Validator checks messages against the schemas and the rules. Build one with
// New when the program starts; it is safe for concurrent use.
type Validator struct {
	clock     func() time.Time
	documents engine
	statuses  engine
	notation  *regexp.Regexp
}

// New compiles the schemas. The clock says what day it is, for dates that must
// not lie ahead; time.Now will do. An error means that the binary itself is
// broken: stop.
func New(clock func() time.Time) (*Validator, error) {
	if clock == nil {
		return nil, errors.New("schemas: no clock")
	}
	documents, err := newStreamEngine(schemaFile(edxml.KindDocument))
	if err != nil {
		return nil, err
	}
	statuses, err := newStreamEngine(schemaFile(edxml.KindStatus))
	if err != nil {
		return nil, err
	}
	return &Validator{clock: clock, documents: documents, statuses: statuses, notation: regexp.MustCompile(notationForm)}, nil
}

// Validate checks one message: the envelope that edxml.Read gave for the
// skeleton, and the skeleton itself. It always returns a report and keeps
// neither argument. The findings are in the order errors, warnings, each by
// line.
func (v *Validator) Validate(env *edxml.Envelope, skeleton []byte) *Report {
	o, found := v.structure(env.Kind, skeleton)
	c := &checker{
		env:      env,
		outline:  o,
		today:    v.clock().In(edxml.VietnamZone),
		notation: v.notation,
	}
	c.run()
	return merge(found, c.found)
}

// Structure checks a skeleton against the schema of a kind of message and
// nothing else. It is for messages that edxml.Read could not make an envelope
// of, so that the sender learns more than that.
func (v *Validator) Structure(kind edxml.Kind, skeleton []byte) *Report {
	_, found := v.structure(kind, skeleton)
	return merge(found, nil)
}

// structure applies schema and outline.
func (v *Validator) structure(kind edxml.Kind, skeleton []byte) (*outline, []Finding) {
	skeleton = bytes.TrimPrefix(skeleton, []byte("\ufeff"))
	o := newOutline(skeleton)
	violations := v.engine(kind).check(skeleton)
	if !namespaceTrouble(violations) {
		return o, translate(o, o, violations)
	}
	mended, troubles := mendNamespaces(skeleton)
	if len(troubles) == 0 {
		return o, translate(o, o, violations)
	}
	checked := newOutline(mended)
	found := translate(o, checked, v.engine(kind).check(mended))
	for _, t := range troubles {
		found = append(found, o.finding("/"+rootName, SeverityWarning, RuleNamespace, t))
	}
	return o, found
}

func (v *Validator) engine(kind edxml.Kind) engine {
	if kind == edxml.KindStatus {
		return v.statuses
	}
	return v.documents
}

// merge puts the findings of schema and rules into one report.
func merge(schema, rules []Finding) *Report {
	all := slices.Clone(rules)
	for _, f := range schema {
		if !covered(f, rules) {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	all = slices.CompactFunc(all, func(a, b Finding) bool { return a.Rule == b.Rule && a.Element == b.Element && a.Vi == b.Vi })
	return &Report{Findings: cut(all)}
}

func rank(f Finding) int {
	if f.Severity == SeverityError {
		return 0
	}
	return 1
}

// covered tells whether a rule says the same as a finding of the schema, and
// says it better.
func covered(f Finding, rules []Finding) bool {
	switch f.Rule {
	case RuleValue, RuleMissing:
		return slices.ContainsFunc(rules, func(r Finding) bool { return r.Element == f.Element })
	case RuleRepeated:
		return slices.ContainsFunc(rules, func(r Finding) bool { return r.Rule == f.Rule && r.Element == f.Element })
	}
	return false
}

// cut bounds a report and says so. Errors stand first, so none gives way to a
// warning.
func cut(found []Finding) []Finding {
	if len(found) <= maxFindings {
		return append([]Finding{}, found...)
	}
	rest := len(found) - maxFindings
	t := say("Còn %d điểm khác không liệt kê. Sửa những điểm trên rồi kiểm tra lại.",
		"%d more findings are not listed. Mend those above and check again.", rest)
	last := Finding{Severity: SeverityWarning, Rule: RuleTooMany, Element: "/edXML", Vi: t.vi, En: t.en}
	return append(slices.Clone(found[:maxFindings]), last)
}
