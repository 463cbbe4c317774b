package wormtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/wormtest"
)

// server is a Vault that keeps its locks but for one way of losing them.
type server struct {
	weak  wormtest.Attempt // the attempt that succeeds
	says  error            // what the server answers to the weak attempt
	deaf  wormtest.Attempt // the attempt that is never answered
	plant error
	swept bool
	kept  map[string]wormtest.State
}

func (s *server) Plant(_ context.Context, name string, content []byte, until time.Time) (wormtest.Canary, error) {
	c := wormtest.Canary{Key: name, Version: fmt.Sprint(len(s.kept)), Content: content, Until: until}
	s.kept[name] = wormtest.State{Content: content, Until: until, Compliance: !until.IsZero(), Held: until.IsZero()}
	return c, s.plant
}

func (s *server) Look(_ context.Context, c wormtest.Canary) (wormtest.State, error) {
	state, ok := s.kept[c.Key]
	if !ok {
		return state, objects.ErrNotFound
	}
	return state, nil
}

func (s *server) Try(_ context.Context, a wormtest.Attempt, c wormtest.Canary) error {
	switch {
	case a == s.deaf:
		return objects.ErrUnavailable
	case a != s.weak:
		return wormtest.ErrRefused
	}
	state := s.kept[c.Key]
	switch a {
	case wormtest.Shorten:
		state.Until = state.Until.Add(-time.Second)
	case wormtest.Downgrade:
		state.Compliance = false
	case wormtest.Overwrite:
		state.Content = []byte("other")
	case wormtest.SuspendVersions:
	default:
		delete(s.kept, c.Key)
		return s.says
	}
	s.kept[c.Key] = state
	return s.says
}

func (s *server) Sweep(context.Context) error { s.swept = true; return nil }

func run(s *server) wormtest.Report {
	s.kept = map[string]wormtest.State{}
	return wormtest.Run(context.Background(), s, wormtest.Options{})
}

func TestAnHonestServerHolds(t *testing.T) {
	s := &server{}
	r := run(s)
	if r.Verdict() != wormtest.Holds || !s.swept || len(r.Findings) != len(wormtest.Attempts()) {
		t.Errorf("verdict %s, swept %v: %+v", r.Verdict(), s.swept, r.Findings)
	}
}

func TestEachWeaknessIsNamed(t *testing.T) {
	for _, weak := range wormtest.Attempts() {
		for _, says := range []error{nil, wormtest.ErrRefused, objects.ErrUnavailable} {
			if weak == wormtest.SuspendVersions && says != nil {
				continue // it leaves no trace on the canary: the answer is all there is
			}
			r := run(&server{weak: weak, says: says})
			if r.Verdict() != wormtest.Pretends {
				t.Errorf("%s, answered %v: verdict %s", weak, says, r.Verdict())
			}
			for _, f := range r.Findings {
				if (f.Outcome == wormtest.Broken) != (f.Attempt == weak) {
					t.Errorf("with a weak %s, %s is %s", weak, f.Attempt, f.Outcome)
				}
			}
		}
	}
}

func TestWhatIsNotAnsweredIsNotProven(t *testing.T) {
	for _, deaf := range wormtest.Attempts() {
		if r := run(&server{deaf: deaf}); r.Verdict() != wormtest.Unproven {
			t.Errorf("%s unanswered: verdict %s", deaf, r.Verdict())
		}
	}
	if v := (wormtest.Report{}).Verdict(); v != wormtest.Unproven {
		t.Errorf("an empty report is %s", v)
	}
}

func TestABucketThatRefusesCanaries(t *testing.T) {
	for err, want := range map[error]wormtest.Verdict{
		wormtest.ErrRefused: wormtest.Pretends, objects.ErrUnavailable: wormtest.Unproven,
	} {
		r := run(&server{plant: err})
		if r.Verdict() != want || len(r.Findings) != 1 || !errors.Is(r.Findings[0].Err, err) {
			t.Errorf("%v: verdict %s, %+v", err, r.Verdict(), r.Findings)
		}
	}
}

func TestEveryWordHasItsTexts(t *testing.T) {
	type texts interface{ Texts() (vi, en string) }
	var all []texts
	for _, a := range wormtest.Attempts() {
		all = append(all, a)
	}
	all = append(all, wormtest.Refused, wormtest.Harmless, wormtest.Broken, wormtest.Unknown, wormtest.Holds, wormtest.Pretends, wormtest.Unproven)
	seen := map[string]bool{}
	for _, word := range all {
		vi, en := word.Texts()
		if vi == en || strings.TrimSpace(vi) == "" || seen[vi] || seen[en] {
			t.Errorf("%v: %q, %q", word, vi, en)
		}
		seen[vi], seen[en] = true, true
	}
}
