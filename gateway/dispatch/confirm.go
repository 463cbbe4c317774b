package dispatch

import (
	"context"
	"errors"
	"fmt"

	"congvan/gateway"
)

// knowledge is what the other side says about a letter in doubt.
type knowledge int

const (
	unclear knowledge = iota // it cannot say
	found                    // it has the letter
	absent                   // it does not have it, and will not get it from an earlier attempt
)

// confirmation is the outcome of asking.
type confirmation struct {
	state    knowledge
	remoteID string
	err      error
}

// ask asks about an earlier attempt, also while stopping: the answer may save a repetition.
func (d *Dispatcher) ask(ctx context.Context, confirmer Confirmer, p Parcel) confirmation {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Times.Confirm)
	defer cancel()
	k, err := guard(func() (confirmation, error) {
		has, id, err := confirmer.Confirm(ctx, p)
		if has {
			return confirmation{state: found, remoteID: id}, err
		}
		return confirmation{state: absent}, err
	})
	if err != nil {
		return confirmation{state: unclear, err: fmt.Errorf("confirm: %w", err)}
	}
	if k.state == found {
		d.Count(CountConfirmed, p.Delivery.Route, 1)
	}
	return k
}

// result is the good end of an attempt whose letter was found; earlier is why it was in doubt.
func (k confirmation) result(earlier error) result {
	return result{
		class: gateway.AttemptOK, code: codeConfirmed, remoteID: k.remoteID,
		health: healthAnswered, err: earlier,
	}
}

// unclear is what becomes of r when the other side cannot say.
func (k confirmation) unclear(r result) result {
	r.err = errors.Join(r.err, k.err)
	if r.health == healthUnknown && !r.ours {
		r.health = healthEndpointFailed
	}
	if e, ok := classed(k.err); ok {
		r.retryAfter = max(r.retryAfter, e.RetryAfter)
		if e.ReceiverOnly && r.health == healthEndpointFailed {
			r.health = healthReceiverFailed
		}
	}
	return r
}
