package dispatch

import (
	"strings"
	"time"
	"unicode/utf8"

	"congvan/gateway"
)

// Bounds of what is kept of the other side's words, in bytes.
const (
	maxAnswer   = 1000
	maxCode     = 100
	maxRemoteID = 200
)

// policy is what decides how a claim ends.
type policy struct {
	backoff Backoff
	// resolvable says that a letter in doubt can go on without a person: its
	// carrier can ask the other side, or may repeat.
	resolvable bool
	draw       float64 // for the jitter, in [0, 1)
}

// decide gives the end of a claim. Owner is left for the caller.
func (p policy) decide(v gateway.Delivery, r result, now time.Time) gateway.Finish {
	f := gateway.Finish{Delivery: v.ID, RemoteID: clip(r.remoteID, maxRemoteID), Attempt: gateway.Attempt{
		Delivery: v.ID, At: now, Carrier: v.Route,
		Class: r.class, Code: clip(r.code, maxCode), Answer: clip(r.answer, maxAnswer),
	}}
	f.To, f.Cause = p.end(v, r)
	if f.To != gateway.DeliveryQueued {
		return f
	}
	f.NextAt = now
	if !r.soon {
		f.NextAt = now.Add(p.backoff.Wait(v.Attempts+1, r.retryAfter, p.draw))
	}
	if r.doubt && !v.ExpiresAt.IsZero() && !f.NextAt.Before(v.ExpiresAt) {
		f.To, f.NextAt = gateway.DeliveryHeld, time.Time{}
	}
	return f
}

// end gives the state that follows and its cause, time left aside.
func (p policy) end(v gateway.Delivery, r result) (gateway.DeliveryState, string) {
	usedUp := p.backoff.usedUp(v.Attempts+1) && !r.ours
	switch {
	case r.class == gateway.AttemptOK:
		return gateway.DeliverySent, ""
	case r.damaged:
		return gateway.DeliveryHeld, gateway.CauseDamaged
	case r.class == gateway.AttemptPermanent:
		return gateway.DeliveryFailed, gateway.CauseRejected
	case r.class == gateway.AttemptUnknown && !p.resolvable, r.doubt && usedUp:
		return gateway.DeliveryHeld, gateway.CauseUnknownOutcome
	case usedUp:
		return gateway.DeliveryFailed, gateway.CauseRetriesUsedUp
	case r.doubt:
		return gateway.DeliveryQueued, gateway.CauseUnknownOutcome
	}
	return gateway.DeliveryQueued, ""
}

// resolvable says whether a carrier's letters in doubt can go on without a person.
func resolvable(c Carrier) bool {
	if _, ok := c.(Confirmer); ok {
		return true
	}
	i, ok := c.(Idempotent)
	return ok && i.Idempotent()
}

// clip makes text of the other side valid UTF-8 without NUL, at most n bytes long.
func clip(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
