package dispatch

import "time"

// Backoff says how long a delivery waits between attempts.
type Backoff struct {
	Base time.Duration // the shortest wait; default 30 s
	Cap  time.Duration // the longest wait of our own choice; default 1 h
	// MaxAttempts is how many attempts a delivery gets; 0 means as many as fit before it expires.
	MaxAttempts int
	// MaxRetryAfter bounds the wait that the other side may ask for; default 24 h.
	MaxRetryAfter time.Duration
}

func (b Backoff) withDefaults() Backoff {
	b.Base = orDefault(b.Base, 30*time.Second)
	b.Cap = max(orDefault(b.Cap, time.Hour), b.Base)
	b.MaxRetryAfter = orDefault(b.MaxRetryAfter, 24*time.Hour)
	return b
}

// Wait is the time until the next attempt after n failed ones; draw is a
// random number in [0, 1).
func (b Backoff) Wait(n int, retryAfter time.Duration, draw float64) time.Duration {
	top := b.ceiling(n)
	wait := b.Base + time.Duration(draw*float64(top-b.Base))
	return max(wait, min(retryAfter, b.MaxRetryAfter))
}

// ceiling is Base·2ⁿ, at most Cap.
func (b Backoff) ceiling(n int) time.Duration {
	top := b.Base
	for range n {
		if top >= b.Cap/2 {
			return b.Cap
		}
		top *= 2
	}
	return top
}

// usedUp says whether a delivery has had its last attempt after n of them.
func (b Backoff) usedUp(n int) bool { return b.MaxAttempts > 0 && n >= b.MaxAttempts }

func orDefault[T int | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}
