package dispatch

import "time"

// Breaker says when a party is left alone.
type Breaker struct {
	Failures int           // how many in a row open it; default 5
	CoolDown time.Duration // how long it stays open the first time; default 30 s
	MaxCool  time.Duration // how long at most; default 10 min
}

func (b Breaker) withDefaults() Breaker {
	b.Failures = orDefault(b.Failures, 5)
	b.CoolDown = orDefault(b.CoolDown, 30*time.Second)
	b.MaxCool = max(orDefault(b.MaxCool, 10*time.Minute), b.CoolDown)
	return b
}

// coolDown is the time that the breaker stays open the n-th time in a row, n from 1.
func (b Breaker) coolDown(n int) time.Duration {
	return Backoff{Base: b.CoolDown, Cap: b.MaxCool}.ceiling(n - 1)
}

// CircuitState is the state of one breaker.
type CircuitState string

const (
	CircuitClosed   CircuitState = "closed"    // calls go through
	CircuitOpen     CircuitState = "open"      // no calls until its time is up
	CircuitHalfOpen CircuitState = "half-open" // one call goes through as a probe
)

// circuit is the breaker of one party. Its zero value is closed.
type circuit struct {
	failures int       // in a row
	opened   int       // how often in a row; 0 means closed
	until    time.Time // when open
	probing  bool
}

func (c *circuit) state(now time.Time) CircuitState {
	switch {
	case c.opened == 0:
		return CircuitClosed
	case now.Before(c.until):
		return CircuitOpen
	}
	return CircuitHalfOpen
}

// admits says whether a call may begin.
func (c *circuit) admits(now time.Time) bool {
	switch c.state(now) {
	case CircuitClosed:
		return true
	case CircuitHalfOpen:
		return !c.probing
	}
	return false
}

// begin notes that an admitted call begins, and says whether it is the probe.
func (c *circuit) begin(now time.Time) (probe bool) {
	if c.state(now) == CircuitHalfOpen {
		c.probing = true
		return true
	}
	return false
}

// abandon notes that a call ended without telling anything about the party.
func (c *circuit) abandon(probe bool) {
	if probe {
		c.probing = false
	}
}

// succeed notes that the party answered.
func (c *circuit) succeed() { *c = circuit{} }

// fail notes a failure and says whether it opened the breaker. A party that
// asked to be left alone for some time is, up to the longest cool-down.
func (c *circuit) fail(b Breaker, now time.Time, probe bool, pause time.Duration) (opened bool) {
	c.failures++
	c.abandon(probe)
	switch {
	case probe, c.opened == 0 && (pause > 0 || c.failures >= b.Failures):
		c.opened++
		c.until = now.Add(max(b.coolDown(c.opened), min(pause, b.MaxCool)))
		return true
	}
	return false
}
