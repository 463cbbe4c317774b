package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a file, and where.
type Problem struct {
	Key    string `json:"key,omitempty"`    // dotted
	Line   int    `json:"line,omitempty"`   // 1-based; 0 when the key is not in the file
	Column int    `json:"column,omitempty"` // 1-based, in bytes
	Vi     string `json:"vi"`
	En     string `json:"en"`
}

// Problems is everything that is wrong with a file; it is an error.
type Problems struct {
	File string    `json:"file"`
	List []Problem `json:"problems"`
}

// Error lists them, one a line.
func (p *Problems) Error() string {
	var b strings.Builder
	for i, one := range p.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.File)
		if one.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", one.Line, one.Column)
		}
		b.WriteString(": ")
		if one.Key != "" {
			b.WriteString(one.Key + ": ")
		}
		b.WriteString(one.Vi + " (" + one.En + ")")
	}
	return b.String()
}

// sort puts the list in the order of the file; keys that it lacks come last.
func (p *Problems) sort() {
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
