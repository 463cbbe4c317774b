package schemas

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity says what a finding means for the message.
type Severity string

const (
	// SeverityError: the message must be refused or mended before it goes on.
	SeverityError Severity = "error"
	// SeverityWarning: the message deviates but is understood; carry it.
	SeverityWarning Severity = "warning"
)

// maxFindings bounds a report. A message with more defects than this is not
// going to be mended line by line.
const maxFindings = 100

// Finding is one true statement about one place in a message.
type Finding struct {
	Severity Severity `json:"severity"`
	// Rule is stable kebab-case, one of the Rule… constants.
	Rule string `json:"rule"`
	// Element is the path of the element, or of where a missing one belongs:
	// /edXML/edXMLEnvelope/…/To[2]/OrganId. The index counts from 1 and stands
	// only where an element has brothers of its name. Namespaces are left out.
	Element string `json:"element"`
	// Line and Column are where the element (or its nearest ancestor that is
	// there) starts in the skeleton, from 1; 0 when unknown. Up to the first
	// attachment's payload the original has the same lines. Column counts
	// characters, not bytes.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Vi and En say what is wrong, where, and what to do.
	Vi string `json:"vi"`
	En string `json:"en"`
}

// Report is everything found in one message, errors first, then in the order
// of the lines.
type Report struct {
	Findings []Finding `json:"findings"`
}

// OK is true when the message has no errors; it may have warnings.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, isError)
}

// Errors gives the findings of SeverityError.
func (r *Report) Errors() []Finding {
	return r.only(SeverityError)
}

// Warnings gives the findings of SeverityWarning.
func (r *Report) Warnings() []Finding {
	return r.only(SeverityWarning)
}

// Has tells whether a rule found something.
func (r *Report) Has(rule string) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == rule })
}

func (r *Report) only(s Severity) []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Severity == s {
			out = append(out, f)
		}
	}
	return out
}

func isError(f Finding) bool { return f.Severity == SeverityError }

// text is one sentence in both languages.
type text struct{ vi, en string }

// say fills the same arguments into both sentences.
func say(vi, en string, args ...any) text {
	return text{fmt.Sprintf(vi, args...), fmt.Sprintf(en, args...)}
}

// say2 fills arguments that differ by language: pairs of Vietnamese, English.
func say2(vi, en string, pairs ...text) text {
	a, b := make([]any, len(pairs)), make([]any, len(pairs))
	for i, p := range pairs {
		a[i], b[i] = p.vi, p.en
	}
	return text{fmt.Sprintf(vi, a...), fmt.Sprintf(en, b...)}
}

// same is a text that reads alike in both languages, such as a code.
func same(s string) text { return text{s, s} }

// maxQuote is how many characters of a received value a sentence repeats.
const maxQuote = 60

// quote makes a received value fit to stand in a sentence: one line, no
// control characters, not too long.
func quote(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxQuote {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsPrint(r) || unicode.Is(unicode.M, r):
			b.WriteRune(r)
		default:
			b.WriteRune('\uFFFD')
		}
	}
	return "“" + b.String() + "”"
}

// capital gives a text with its first letters upper-case.
func capital(t text) text { return text{capitalize(t.vi), capitalize(t.en)} }

// capitalEn raises the first letter of the English sentence only.
func (t text) capitalEn() text { return text{t.vi, capitalize(t.en)} }

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
