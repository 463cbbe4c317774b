package dispatch

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBackoffWait(t *testing.T) {
	b := Backoff{Base: 10 * time.Second, Cap: time.Minute, MaxRetryAfter: time.Hour}
	tests := []struct {
		name       string
		n          int
		retryAfter time.Duration
		draw       float64
		want       time.Duration
	}{
		{"first, least", 1, 0, 0, 10 * time.Second},
		{"first, half", 1, 0, 0.5, 15 * time.Second},
		{"second, half", 2, 0, 0.5, 25 * time.Second},
		{"capped, half", 3, 0, 0.5, 35 * time.Second},
		{"far beyond the cap", 1000, 0, 0.5, 35 * time.Second},
		{"asked for more", 1, 2 * time.Minute, 0, 2 * time.Minute},
		{"asked for less", 2, time.Second, 0, 10 * time.Second},
		{"asked for too much", 1, 48 * time.Hour, 0, time.Hour},
		{"asked for a past moment", 1, -time.Hour, 0, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.Wait(tt.n, tt.retryAfter, tt.draw); got != tt.want {
				t.Errorf("Wait(%d, %v, %v) = %v, want %v", tt.n, tt.retryAfter, tt.draw, got, tt.want)
			}
		})
	}
}

func TestBackoffStaysWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Backoff{
			Base: time.Duration(rapid.Int64Range(1, int64(24*time.Hour)).Draw(t, "base")),
			Cap:  time.Duration(rapid.Int64Range(1, int64(1000*24*time.Hour)).Draw(t, "cap")),
		}.withDefaults()
		n := rapid.IntRange(0, 1<<30).Draw(t, "n")
		got := b.Wait(n, 0, rapid.Float64Range(0, 0.999999).Draw(t, "draw"))
		if got < b.Base || got > b.Cap {
			t.Fatalf("waits %v, outside %v…%v", got, b.Base, b.Cap)
		}
	})
}

func TestBackoffUsedUp(t *testing.T) {
	for _, tt := range []struct {
		max, n int
		want   bool
	}{{0, 1 << 30, false}, {3, 2, false}, {3, 3, true}, {3, 4, true}} {
		if got := (Backoff{MaxAttempts: tt.max}).usedUp(tt.n); got != tt.want {
			t.Errorf("usedUp(%d of %d) = %v", tt.n, tt.max, got)
		}
	}
}
