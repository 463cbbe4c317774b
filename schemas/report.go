// Package schemas says whether an edXML envelope is what the standard and the
// office's rules demand.
package schemas

// Severity says whether a finding refuses a message.
type Severity string

const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Finding is one thing that is wrong, and where.
type Finding struct {
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`    // stable, kebab-case
	Element  string   `json:"element"` // path, /edXML/…
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Vi       string   `json:"vi"`
	En       string   `json:"en"`
}

// Report is the outcome of a validation.
type Report struct {
	Findings []Finding `json:"findings"`
}

// OK says that nothing refuses the message.
func (r *Report) OK() bool { return len(r.Errors()) == 0 }

// Errors are the findings that refuse the message.
func (r *Report) Errors() []Finding { return r.of(SeverityError) }

// Warnings are the findings that do not.
func (r *Report) Warnings() []Finding { return r.of(SeverityWarning) }

func (r *Report) of(s Severity) []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Severity == s {
			out = append(out, f)
		}
	}
	return out
}
