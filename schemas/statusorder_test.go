package schemas

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"congvan/schemas/edxml"
)

func history(s string) []edxml.StatusCode {
	var codes []edxml.StatusCode
	for f := range strings.FieldsSeq(s) {
		codes = append(codes, edxml.StatusCode(f))
	}
	return codes
}

func TestCanFollow(t *testing.T) {
	for _, c := range []struct {
		history string
		in, out string // what may and what may not follow
	}{
		{"", "01 13", "02 03 04 05 06 15 16 07 14 00 99 1"},
		{"01", "02 03 13", "01 04 05 06 15 16"},
		{"01 02", "13", "01 02 03 04 05 06 15 16"},
		{"01 03", "04 05 06 13", "01 02 03 15 16"},
		{"01 03 04", "04 05 06 13", "01 02 03 15 16"},
		{"01 03 05 04 05", "04 05 06 13", "01 02 03 15 16"},
		{"01 03 06", "", "01 02 03 04 05 06 13 15 16"},
		{"01 13", "15 16", "01 02 03 04 05 06 13"},
		{"13", "15 16", "01 03 13"},
		{"01 03 04 13 15", "", "01 02 03 04 05 06 13 15 16"},
		{"01 03 04 13 16", "04 05 06 13", "01 02 03 15 16"},
		{"01 03 13 16 13", "15 16", "04 13"},
		{"01 03 06 13", "15 16", "04 06"},
		{"01 07 14", "02 03 13", "01"},
	} {
		for _, next := range history(c.in) {
			if ok, why := CanFollow(history(c.history), next); !ok {
				t.Errorf("after %q %s is refused: %s", c.history, next, why.Vi)
			}
		}
		for _, next := range history(c.out) {
			ok, why := CanFollow(history(c.history), next)
			if ok {
				t.Errorf("after %q %s is in order, want not", c.history, next)
			}
			if !ok && (why.Vi == "" || why.En == "" || strings.Contains(why.Vi+why.En, "%")) {
				t.Errorf("after %q %s is refused without a reason: %+v", c.history, next, why)
			}
		}
	}
}

// However a letter's way goes when every step is in order: it is done once,
// each request is answered once, and after an agreement there is nothing.
func TestCanFollowWays(t *testing.T) {
	codes := history("01 02 03 04 05 06 13 15 16")
	rapid.Check(t, func(t *rapid.T) {
		var way []edxml.StatusCode
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			next := rapid.SampledFrom(codes).Draw(t, "next")
			if ok, _ := CanFollow(way, next); ok {
				way = append(way, next)
			}
		}
		count := func(c edxml.StatusCode) (n int) {
			for _, s := range way {
				if s == c {
					n++
				}
			}
			return n
		}
		asked, answered := count("13"), count("15")+count("16")
		if count("01") > 1 || count("03") > 1 || count("06") > 1 || count("15") > 1 || answered > asked || asked > answered+1 {
			t.Fatalf("the way %v is in order", way)
		}
		if i := slices.Index(way, edxml.StatusChangeAcceptance); i >= 0 && i != len(way)-1 {
			t.Fatalf("the way %v goes on after 15", way)
		}
		if count("02") > 0 && count("03") > 0 {
			t.Fatalf("the way %v is refused and accepted", way)
		}
	})
}
