package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"congvan/gateway"
)

// Codes of our own, where the other side gave none: Attempt.Code.
const (
	codeNoAnswer    = "no-answer"   // the carrier failed without saying more
	codeTimeout     = "timeout"     // it did not end in time
	codeStopped     = "stopped"     // this process was stopping
	codeStorage     = "storage"     // the bytes could not be read
	codeDamaged     = "damaged"     // the bytes do not match their hash
	codePartly      = "partly-read" // the carrier says taken, but had not read all bytes
	codePanic       = "panic"       // a defect of the carrier
	codeInterrupted = "interrupted" // an earlier attempt began and never ended
	codeUnconfirmed = "unconfirmed" // the other side cannot say whether it has it
	codeConfirmed   = "confirmed"   // the other side has it from an earlier attempt
	codeNotThere    = "not-there"   // the other side does not have it
)

// errPanic is what a carrier's panic becomes.
var errPanic = errors.New("carrier panicked")

// result is how an attempt ended.
type result struct {
	class        gateway.AttemptClass
	code, answer string
	remoteID     string
	retryAfter   time.Duration
	health       health
	doubt        bool // an earlier attempt, or this one, may have handed it over
	damaged      bool // our bytes do not match their hash
	ours         bool // a fault of ours; it uses up no last attempt
	soon         bool // may be tried again at once
	err          error
}

// attempt makes one attempt at a claimed delivery.
func (d *Dispatcher) attempt(ctx context.Context, c gateway.Claimed) result {
	x := &content{open: d.Open, msg: c.Message}
	p := Parcel{Delivery: c.Delivery, Message: c.Message, Open: x.Open}
	carrier := d.Carriers[c.Delivery.Route]
	switch {
	case c.Interrupted:
		p.Interrupted = true
		return d.settle(ctx, carrier, p)
	case c.Delivery.Cause != gateway.CauseUnknownOutcome:
		return d.carry(ctx, carrier, p, x)
	}
	p.Interrupted = true
	return d.again(ctx, carrier, p, x)
}

// settle finds out what became of an attempt that nobody wrote down. It never
// hands over: that is for the next claim, when this one has been counted.
func (d *Dispatcher) settle(ctx context.Context, carrier Carrier, p Parcel) result {
	r := result{class: gateway.AttemptUnknown, code: codeInterrupted, doubt: true, soon: p.Delivery.Attempts == 0}
	return d.resolve(ctx, carrier, p, r)
}

// again tries a delivery that an earlier attempt may have handed over.
func (d *Dispatcher) again(ctx context.Context, carrier Carrier, p Parcel, x *content) result {
	confirmer, ok := carrier.(Confirmer)
	if !ok {
		r := d.carry(ctx, carrier, p, x)
		r.doubt = true
		return r
	}
	switch k := d.ask(ctx, confirmer, p); k.state {
	case found:
		return k.result(nil)
	case unclear:
		return k.unclear(result{class: gateway.AttemptUnknown, code: codeUnconfirmed, doubt: true})
	}
	return d.carry(ctx, carrier, p, x)
}

// carry lets the carrier hand over, and asks the other side when the outcome is unknown.
func (d *Dispatcher) carry(ctx context.Context, carrier Carrier, p Parcel, x *content) result {
	timed, cancel := context.WithTimeout(ctx, d.Times.Attempt)
	defer cancel()
	answer, err := guard(func() (Answer, error) { return carrier.Carry(timed, p) })
	r := judge(answer, err, x)
	switch {
	case r.code != codeNoAnswer:
	case ctx.Err() != nil:
		r.code, r.health, r.ours, r.soon = codeStopped, healthUnknown, true, true
	case timed.Err() != nil:
		r.code = codeTimeout
	}
	if r.class != gateway.AttemptUnknown {
		return r
	}
	p.Interrupted = true
	return d.resolve(ctx, carrier, p, r)
}

// resolve asks the other side about the doubt that r tells of, if it can be asked. The
// doubt stays when it has no such letter yet: the next attempt asks once more before it hands over.
func (d *Dispatcher) resolve(ctx context.Context, carrier Carrier, p Parcel, r result) result {
	confirmer, ok := carrier.(Confirmer)
	if !ok || r.damaged {
		return r
	}
	switch k := d.ask(ctx, confirmer, p); k.state {
	case found:
		return k.result(r.err)
	case unclear:
		return k.unclear(r)
	}
	return r
}

// judge says what the carrier's answer means.
func judge(answer Answer, err error, x *content) result {
	fault := x.broken()
	switch {
	case err == nil && fault == nil && !x.partly():
		return result{
			class: gateway.AttemptOK, remoteID: answer.RemoteID, code: answer.Code, answer: answer.Text,
			health: healthAnswered,
		}
	case err == nil:
		return result{
			class: gateway.AttemptUnknown, code: codePartly, doubt: true, ours: fault != nil, damaged: damaged(fault),
			remoteID: answer.RemoteID, answer: answer.Text, err: errors.Join(errors.New("carrier took part of the bytes for all"), fault),
		}
	}
	if e, ok := classed(err); ok {
		return judgeClassed(e, fault)
	}
	return judgePlain(err, fault, x.touched())
}

func judgeClassed(e *CarrierError, fault error) result {
	r := result{
		class: e.Class, code: e.Code, answer: e.Answer, retryAfter: e.RetryAfter,
		health: healthEndpointFailed, doubt: e.Class == gateway.AttemptUnknown,
		damaged: damaged(fault), ours: fault != nil, err: errors.Join(e, fault),
	}
	switch {
	case fault != nil:
		r.health = healthUnknown
		if r.class == gateway.AttemptPermanent { // refused what we cut short
			r.class = gateway.AttemptTemporary
		}
	case e.Class == gateway.AttemptPermanent:
		r.health = healthAnswered
	case e.ReceiverOnly:
		r.health = healthReceiverFailed
	}
	return r
}

// judgePlain judges an error that the carrier does not explain: what counts is
// whether anything of the letter can have reached the other side.
func judgePlain(err, fault error, touched bool) result {
	r := result{
		class: gateway.AttemptTemporary, code: codeNoAnswer, health: healthEndpointFailed,
		damaged: damaged(fault), ours: fault != nil, err: errors.Join(err, fault),
	}
	if touched {
		r.class, r.doubt = gateway.AttemptUnknown, true
	}
	if errors.Is(err, errPanic) {
		r.code = codePanic
	}
	if fault != nil {
		r.code, r.health = codeStorage, healthUnknown
	}
	return r
}

// guard turns a carrier's panic into an error.
func guard[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return f()
}
