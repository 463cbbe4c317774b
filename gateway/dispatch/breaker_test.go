package dispatch

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestBreaker plays scripts: one word an event, checked by the state and whether
// a call is admitted after each. A word is fail, fail:SECONDS (asked to be left alone),
// ok, none (a call that tells nothing), begin, or +SECONDS of time.
func TestBreaker(t *testing.T) {
	b := Breaker{Failures: 3, CoolDown: 10 * time.Second, MaxCool: 30 * time.Second}
	tests := []struct{ name, script, want string }{
		{"a few failures do not open", "fail fail", "closed yes"},
		{"K in a row open", "fail fail fail", "open no"},
		{"a success in between starts anew", "fail fail ok fail fail", "closed yes"},
		{"open until the cool-down ends", "fail fail fail +9", "open no"},
		{"then half-open", "fail fail fail +10", "half-open yes"},
		{"one probe", "fail fail fail +10 begin", "half-open no"},
		{"probe succeeds", "fail fail fail +10 begin ok", "closed yes"},
		{"probe fails: twice as long", "fail fail fail +10 begin fail +19", "open no"},
		{"probe fails: over", "fail fail fail +10 begin fail +20", "half-open yes"},
		{"never above the longest", "fail fail fail +10 begin fail +20 begin fail +30 begin fail +30", "half-open yes"},
		{"success resets the cool-down", "fail fail fail +10 begin fail +20 begin ok fail fail fail +10", "half-open yes"},
		{"probe that tells nothing frees its place", "fail fail fail +10 begin none", "half-open yes"},
		{"late failures do not prolong", "fail fail fail +9 late +1", "half-open yes"},
		{"asked to be left alone", "fail:20 +19", "open no"},
		{"asked, and over", "fail:20 +20", "half-open yes"},
		{"asked for very long", "fail:3600 +30", "half-open yes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := play(t, b, tt.script); got != tt.want {
				t.Errorf("after %q: %s, want %s", tt.script, got, tt.want)
			}
		})
	}
}

func play(t *testing.T, b Breaker, script string) string {
	t.Helper()
	var c circuit
	now, probe := time.Unix(0, 0), false
	for word := range strings.FieldsSeq(script) {
		name, arg, _ := strings.Cut(word, ":")
		seconds, _ := strconv.Atoi(arg)
		switch name {
		case "begin":
			probe = c.begin(now)
		case "fail":
			c.fail(b, now, probe, time.Duration(seconds)*time.Second)
			probe = false
		case "late":
			c.fail(b, now, false, 0)
		case "ok":
			c.succeed()
			probe = false
		case "none":
			c.abandon(probe)
			probe = false
		default:
			d, err := strconv.Atoi(name)
			if err != nil {
				t.Fatalf("word %q: %v", word, err)
			}
			now = now.Add(time.Duration(d) * time.Second)
		}
	}
	admits := map[bool]string{true: "yes", false: "no"}[c.admits(now)]
	return string(c.state(now)) + " " + admits
}
