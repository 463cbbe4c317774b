// Package wormtest asks a store's locks whether they hold. Servers exist that accept every lock
// and keep none; nobody learns it until something is missing.
//
// A run plants canaries, a few bytes each under a prefix of their own, locked for some minutes, and
// tries on each one thing that a locked object must survive. What counts is not the server's
// answer but whether the canary is still there afterwards, whole and locked. Canaries whose lock has
// ended are removed by the next run, so that at most one run's are ever left.
package wormtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"congvan/archive/objects"
)

// ErrRefused is what a Vault says when the server understood and said no. Any other
// error means that the answer is not known.
var ErrRefused = errors.New("wormtest: refused")

// Vault is a store that can lock, with the means to attack its locks.
type Vault interface {
	// Plant writes a canary; with a legal hold and no retention when until is zero.
	Plant(ctx context.Context, name string, content []byte, until time.Time) (Canary, error)
	// Try makes one attempt on a canary. ErrRefused when the server says no. An attempt that
	// changes more than the canary is undone before Try returns.
	Try(ctx context.Context, a Attempt, c Canary) error
	// Look reads the very version that was planted. objects.ErrNotFound when it is gone.
	Look(ctx context.Context, c Canary) (State, error)
	// Sweep removes canaries that are not locked any more, those planted with a hold too. It does
	// a bounded amount of work.
	Sweep(ctx context.Context) error
}

// Canary is an object planted for a test.
type Canary struct {
	Key, Version string
	Content      []byte
	Until        time.Time // zero: held instead
}

// State is what a Vault shows of a canary.
type State struct {
	Content    []byte
	Until      time.Time
	Compliance bool // the mode that nobody can loosen
	Held       bool
}

// keeps says whether a canary is as it was planted, or locked for longer.
func (s State) keeps(c Canary) bool {
	if !bytes.Equal(s.Content, c.Content) {
		return false
	}
	if c.Until.IsZero() {
		return s.Held
	}
	return s.Compliance && !s.Until.Before(c.Until)
}

// Options of a run. The zero value is right for production.
type Options struct {
	Retention time.Duration // of the canaries; must outlast the run and the difference of clocks; 0: 10 minutes
	Timeout   time.Duration // of the whole run; 0: 2 minutes
	Now       func() time.Time
}

const (
	defaultRetention = 10 * time.Minute
	defaultTimeout   = 2 * time.Minute
)

// Run tests a vault. It never fails: what could not be found out is a finding.
func Run(ctx context.Context, v Vault, o Options) Report {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(o.Timeout, defaultTimeout))
	defer cancel()
	r := Report{At: now().UTC()}
	until := objects.FullSecond(r.At.Add(cmp.Or(o.Retention, defaultRetention)))
	if err := v.Sweep(ctx); err != nil {
		r.Left = err
	}
	for _, a := range Attempts() {
		f := attempt(ctx, v, a, until)
		r.Findings = append(r.Findings, f)
		if f.Err != nil && errors.Is(f.Err, errPlant) {
			break // the others would fare no better
		}
	}
	return r
}

var errPlant = errors.New("plant a canary")

// attempt plants one canary, tries one thing on it and looks what became of it.
func attempt(ctx context.Context, v Vault, a Attempt, until time.Time) Finding {
	if a == DeleteHeld {
		until = time.Time{}
	}
	canary, err := v.Plant(ctx, string(a)+"-"+rand.Text(), []byte("congvan canary "+rand.Text()), until)
	if err != nil {
		return Finding{Attempt: a, Outcome: unless(errors.Is(err, ErrRefused), Broken), Err: fmt.Errorf("%w: %w", errPlant, err)}
	}
	before, err := v.Look(ctx, canary)
	if err != nil || !before.keeps(canary) {
		return Finding{Attempt: a, Outcome: unless(err == nil || errors.Is(err, objects.ErrNotFound), Broken), Err: cmp.Or(err, errNotLocked)}
	}
	tried := v.Try(ctx, a, canary)
	after, err := v.Look(ctx, canary)
	return judge(a, canary, tried, after, err)
}

var errNotLocked = errors.New("the canary does not show the lock it was planted with")

// unless gives an outcome when it is proven, and Unknown otherwise.
func unless(proven bool, o Outcome) Outcome {
	if proven {
		return o
	}
	return Unknown
}

func judge(a Attempt, c Canary, tried error, after State, looked error) Finding {
	f := Finding{Attempt: a, Err: tried}
	switch {
	case errors.Is(looked, objects.ErrNotFound):
		f.Outcome = Broken
	case looked != nil:
		f.Outcome, f.Err = Unknown, looked
	case !after.keeps(c), a == SuspendVersions && tried == nil:
		f.Outcome = Broken
	case tried == nil:
		f.Outcome = Harmless
	case errors.Is(tried, ErrRefused):
		f.Outcome = Refused
	default:
		f.Outcome = Unknown
	}
	return f
}
