package dispatch

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"congvan/gateway"
)

var resultOptions = cmp.Options{cmp.AllowUnexported(result{}), cmpopts.IgnoreFields(result{}, "err")}

// TestJudge has errors that meet a fault of ours, or name a scope.
func TestJudge(t *testing.T) {
	away := errors.New("disk away")
	tests := []struct {
		name  string
		err   error
		fault error
		want  result
	}{
		{
			"refused what we cut short", Permanent("10", "đứt giữa chừng", nil), away,
			result{class: gateway.AttemptTemporary, code: "10", answer: "đứt giữa chừng", ours: true},
		},
		{
			"lost its answer when we cut it short", Unknown("", "", nil), away,
			result{class: gateway.AttemptUnknown, doubt: true, ours: true},
		},
		{
			"the receiver's own trouble", Temporary("23", "", nil).OfReceiver().After(time.Minute), nil,
			result{class: gateway.AttemptTemporary, code: "23", retryAfter: time.Minute, health: healthReceiverFailed},
		},
		{
			"refused", Permanent("18", "", nil), nil,
			result{class: gateway.AttemptPermanent, code: "18", health: healthAnswered},
		},
		{
			"a nil error of our type", error((*CarrierError)(nil)), nil,
			result{class: gateway.AttemptTemporary, code: codeNoAnswer, health: healthEndpointFailed},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := judge(Answer{}, tt.err, &content{fault: tt.fault})
			if diff := cmp.Diff(tt.want, got, resultOptions); diff != "" {
				t.Errorf("judge (-want +got):\n%s", diff)
			}
			if tt.fault != nil && !errors.Is(got.err, tt.fault) {
				t.Errorf("the log does not hear of the fault: %v", got.err)
			}
		})
	}
}

func TestUnclear(t *testing.T) {
	doubt := result{class: gateway.AttemptUnknown, code: codeInterrupted, doubt: true}
	with := func(change func(r *result)) result {
		r := doubt
		change(&r)
		return r
	}
	tests := []struct {
		name    string
		r       result
		confirm error
		want    result
	}{
		{"no answer", doubt, errors.New("no route"), with(func(r *result) { r.health = healthEndpointFailed })},
		{"asked to wait", doubt, Temporary("429", "", nil).After(time.Hour), with(func(r *result) {
			r.health, r.retryAfter = healthEndpointFailed, time.Hour
		})},
		{"the receiver's own trouble", doubt, Temporary("23", "", nil).OfReceiver(), with(func(r *result) { r.health = healthReceiverFailed })},
		{"while we stop", with(func(r *result) { r.ours = true }), errors.New("no route"), with(func(r *result) { r.ours = true })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := confirmation{err: tt.confirm}.unclear(tt.r)
			if diff := cmp.Diff(tt.want, got, resultOptions); diff != "" {
				t.Errorf("unclear (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorText keeps the other side's words out of the log line, and what lies beneath in it.
func TestErrorText(t *testing.T) {
	beneath := errors.New("connection reset")
	err := Temporary("503", "bận", beneath)
	if got, want := err.Error(), "temporary failure 503: connection reset"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(err, beneath) {
		t.Error("what lies beneath is lost")
	}
}
