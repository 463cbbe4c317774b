package schemas

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseAgencyCode(t *testing.T) {
	for _, c := range []struct {
		code   string
		format AgencyFormat // empty: no code
		levels string
		hint   string // in the other format; empty: none
	}{
		{"000.00.00.G22", FormatOld, "G22", "G22"},
		{"000.00.13.H53", FormatOld, "H53 13", "H53.13"},
		{"000.20.31.H53", FormatOld, "H53 31 20", "H53.31.20"},
		{"001.20.31.H53", FormatOld, "H53 31 20 001", "H53.31.20.001"},
		{"001.00.20.W00", FormatOld, "W00 20 001", "W00.20.001"},
		{"H26", FormatNew, "H26", "000.00.00.H26"},
		{"H26.99.01", FormatNew, "H26 99 01", "000.01.99.H26"},
		{"H37.DN.001", FormatNew, "H37 DN 001", ""},
		{"H26.12.34.G22", FormatNew, "H26 12 34 G22", "G22.34.12.H26"},
		{"H26.99.01.002.003", FormatNew, "H26 99 01 002 003", ""},
		{
			"H26." + strings.Repeat("A", 10) + "." + strings.Repeat("B", 10) + "." + strings.Repeat("C", 9), FormatNew,
			"H26 " + strings.Repeat("A", 10) + " " + strings.Repeat("B", 10) + " " + strings.Repeat("C", 9), "",
		},
		{"28.22.H17", FormatLenient, "H17 22 28", "H17.22.28"},
		{"00.22.W00", FormatLenient, "W00 22", "W00.22"},
		{"001.00.20.TT2", FormatLenient, "TT2 20 001", ""},
		{"", "", "", ""},
		{"null", "", "", ""},
		{"h26.99", "", "", ""},
		{"H26.", "", "", ""},
		{"H26..01", "", "", ""},
		{"H26.99 ", "", "", ""},
		{"H26/99", "", "", ""},
		{"H26.Đ1", "", "", ""},
		{"000", "", "", ""},
		{"1.2.3", "", "", ""},
		{"H26." + strings.Repeat("A", 11), "", "", ""},
		{"H26" + strings.Repeat(".9999", 7), "", "", ""},
	} {
		got, ok := ParseAgencyCode(c.code)
		if ok != (c.format != "") || got.Format != c.format {
			t.Errorf("%q is %q (%v), want %q", c.code, got.Format, ok, c.format)
			continue
		}
		if diff := cmp.Diff(c.levels, strings.Join(got.Levels, " ")); diff != "" {
			t.Errorf("levels of %q: %s", c.code, diff)
		}
		hint, _ := got.NewHint()
		if got.Format == FormatNew {
			hint, _ = got.OldHint()
		}
		if hint != c.hint {
			t.Errorf("hint for %q = %q, want %q", c.code, hint, c.hint)
		}
	}
}

// An old code comes back from its new form unless it has gaps between levels.
func TestAgencyCodeHintsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := rapid.StringMatching(`(00[1-9]\.0[1-9]\.[1-9]0|000\.0[1-9]\.[1-9]0|000\.00\.[1-9]0|000\.00\.00)\.[A-Z][0-9]{2}`).Draw(t, "old")
		code, ok := ParseAgencyCode(old)
		if !ok || code.Format != FormatOld {
			t.Fatalf("%q is not old: %+v", old, code)
		}
		hint, ok := code.NewHint()
		if !ok {
			t.Fatalf("no hint for %q", old)
		}
		renewed, ok := ParseAgencyCode(hint)
		if !ok || renewed.Format != FormatNew {
			t.Fatalf("the hint %q for %q is not a new code", hint, old)
		}
		if back, ok := renewed.OldHint(); !ok || back != old {
			t.Fatalf("%q became %q and came back as %q", old, hint, back)
		}
	})
}

func FuzzParseAgencyCode(f *testing.F) {
	f.Add("000.00.00.H26")
	f.Add("H26.99")
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseAgencyCode(s)
		if ok && (code.Text != s || len(s) > maxAgencyCode || strings.ToUpper(s) != s) {
			t.Fatalf("%q parsed as %+v", s, code)
		}
		code.NewHint()
		code.OldHint()
	})
}
