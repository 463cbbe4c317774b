package signer

import (
	"strings"
	"testing"
)

func TestAPDFIsKnownByItsHeader(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		want bool
	}{
		"at the start":           {"%PDF-1.7", true},
		"behind other bytes":     {"PK\x03\x04" + strings.Repeat("x", 100) + "%PDF-1.4", true},
		"at the last place":      {strings.Repeat("x", 1024) + "%PDF-2.0", true},
		"where nobody looks":     {strings.Repeat("x", 1025) + "%PDF-2.0", false},
		"cut off":                {"%PDF", false},
		"nothing":                {"", false},
		"a letter about a %PDF ": {"<edXML>%PDF</edXML>", false},
	} {
		if got := IsPDF([]byte(c.head)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
