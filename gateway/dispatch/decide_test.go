package dispatch

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
)

func TestDecide(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const (
		temporary = gateway.AttemptTemporary
		unknown   = gateway.AttemptUnknown
	)
	type want struct {
		To    gateway.DeliveryState
		Cause string
		Wait  time.Duration
	}
	tests := []struct {
		name       string
		r          result
		attempts   int
		resolvable bool
		expires    time.Duration
		want       want
	}{
		{"taken", result{class: gateway.AttemptOK}, 0, false, time.Hour, want{To: gateway.DeliverySent}},
		{"taken after all", result{class: gateway.AttemptOK, doubt: true}, 9, false, time.Hour, want{To: gateway.DeliverySent}},
		{"temporary", result{class: temporary}, 0, false, time.Hour, want{gateway.DeliveryQueued, "", time.Minute}},
		{"temporary, soon", result{class: temporary, soon: true}, 0, false, time.Hour, want{gateway.DeliveryQueued, "", 0}},
		{"temporary, asked to wait", result{class: temporary, retryAfter: 9 * time.Minute}, 0, false, time.Hour, want{gateway.DeliveryQueued, "", 9 * time.Minute}},
		{"last temporary", result{class: temporary}, 2, false, time.Hour, want{To: gateway.DeliveryFailed, Cause: gateway.CauseRetriesUsedUp}},
		{"last temporary, ours", result{class: temporary, ours: true}, 2, false, time.Hour, want{gateway.DeliveryQueued, "", time.Minute}},
		{"last temporary, in doubt", result{class: temporary, doubt: true}, 2, true, time.Hour, want{To: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome}},
		{"temporary, in doubt", result{class: temporary, doubt: true}, 0, true, time.Hour, want{gateway.DeliveryQueued, gateway.CauseUnknownOutcome, time.Minute}},
		{"permanent", result{class: gateway.AttemptPermanent}, 0, false, time.Hour, want{To: gateway.DeliveryFailed, Cause: gateway.CauseRejected}},
		{"unknown", result{class: unknown, doubt: true}, 0, false, time.Hour, want{To: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome}},
		{"unknown, resolvable", result{class: unknown, doubt: true}, 0, true, time.Hour, want{gateway.DeliveryQueued, gateway.CauseUnknownOutcome, time.Minute}},
		{"unknown, would expire first", result{class: unknown, doubt: true}, 0, true, time.Minute, want{To: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome}},
		{"temporary, would expire first", result{class: temporary}, 0, true, time.Minute, want{gateway.DeliveryQueued, "", time.Minute}},
		{"damaged", result{class: temporary, damaged: true, ours: true}, 0, true, time.Hour, want{To: gateway.DeliveryHeld, Cause: gateway.CauseDamaged}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policy{backoff: Backoff{Base: time.Minute, MaxAttempts: 3}.withDefaults(), resolvable: tt.resolvable}
			f := p.decide(gateway.Delivery{ID: "d", Route: "axis", Attempts: tt.attempts, ExpiresAt: now.Add(tt.expires)}, tt.r, now)
			got := want{To: f.To, Cause: f.Cause}
			if !f.NextAt.IsZero() {
				got.Wait = f.NextAt.Sub(now)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("decide (-want +got):\n%s", diff)
			}
			if f.Attempt.Class != tt.r.class || f.Attempt.Delivery != "d" || f.Attempt.Carrier != "axis" || !f.Attempt.At.Equal(now) {
				t.Errorf("attempt = %+v", f.Attempt)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for _, s := range []string{"", "ngắn", strings.Repeat("ế", 1000), strings.Repeat("\xff", 5000), "a\x00b", strings.Repeat("a", 999) + "ế"} {
		got := clip(s, maxAnswer)
		if len(got) > maxAnswer || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("clip(%.20q…) gives %d bytes, valid %v", s, len(got), utf8.ValidString(got))
		}
		if len(s) <= maxAnswer && utf8.ValidString(s) && !strings.Contains(s, "\x00") && got != s {
			t.Errorf("clip(%q) = %q", s, got)
		}
	}
}
