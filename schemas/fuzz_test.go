package schemas

import (
	"slices"
	"strings"
	"testing"

	"congvan/schemas/edxml"
)

// Whatever is read as an envelope is validated without fail, every finding is
// complete, and the order is errors first.
func FuzzValidate(f *testing.F) {
	for _, pattern := range []string{"letter_new.xml", "letter_wrong.xml", "letter_quirks.xml", "status_03.xml", "status_wrong.xml"} {
		f.Add(readFixture(f, pattern))
	}
	v := newValidator(f)
	f.Fuzz(func(t *testing.T, skeleton []byte) {
		check(t, v.Structure(edxml.KindDocument, skeleton))
		env, err := edxml.Read(skeleton)
		if err != nil {
			return
		}
		check(t, v.Validate(env, skeleton))
	})
}

func check(t *testing.T, r *Report) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Rule == "" || f.Element == "" || f.Vi == "" || f.En == "" || strings.Contains(f.Vi+f.En, "%!") || f.Line < 0 {
			t.Fatalf("incomplete finding %+v", f)
		}
	}
	if !slices.IsSortedFunc(r.Findings, func(a, b Finding) int { return rank(a) - rank(b) }) {
		t.Fatalf("errors do not stand first: %+v", r.Findings)
	}
}

// What the splitter lets through, the schema's limits let through too.
func TestLimitsCoverTheSplitters(t *testing.T) {
	l := edxml.DefaultLimits()
	if maxSkeleton < l.Skeleton || maxText < l.Skeleton || maxDepth < l.Depth || maxAttributes < l.Attributes {
		t.Errorf("the engine's limits (%d, %d, %d, %d) are below the splitter's %+v", maxSkeleton, maxText, maxDepth, maxAttributes, l)
	}
}
