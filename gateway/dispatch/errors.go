package dispatch

import (
	"errors"
	"fmt"
	"time"

	"congvan/gateway"
)

// CarrierError is a failure whose meaning the carrier knows.
type CarrierError struct {
	Class  gateway.AttemptClass // temporary, permanent or unknown
	Code   string               // the other side's code; at most 100 bytes are kept
	Answer string               // the other side's words, shown to people; at most 1,000 bytes are kept
	// RetryAfter is how long the other side asks to be left alone; zero when it does not say.
	RetryAfter time.Duration
	// ReceiverOnly says that the endpoint works and only this receiver has trouble.
	ReceiverOnly bool
	Err          error // what lies beneath; for the log only, and free of secrets all the same
}

// Temporary says that the other side does not have the letter, and that trying again may help.
func Temporary(code, answer string, err error) *CarrierError {
	return &CarrierError{Class: gateway.AttemptTemporary, Code: code, Answer: answer, Err: err}
}

// Permanent says that the other side refused, and would refuse again.
func Permanent(code, answer string, err error) *CarrierError {
	return &CarrierError{Class: gateway.AttemptPermanent, Code: code, Answer: answer, Err: err}
}

// Unknown says that the other side may or may not have taken the letter.
func Unknown(code, answer string, err error) *CarrierError {
	return &CarrierError{Class: gateway.AttemptUnknown, Code: code, Answer: answer, Err: err}
}

// After sets how long the other side asks to be left alone, and returns e.
func (e *CarrierError) After(d time.Duration) *CarrierError {
	e.RetryAfter = d
	return e
}

// OfReceiver marks the trouble as this receiver's alone, and returns e.
func (e *CarrierError) OfReceiver() *CarrierError {
	e.ReceiverOnly = true
	return e
}

// Error is for the log. Like Unwrap it bears a nil pointer, which a carrier can return
// as an error by mistake; that says nothing, and is judged like an error of any other type.
func (e *CarrierError) Error() string {
	if e == nil {
		return "a nil carrier error"
	}
	s := fmt.Sprintf("%s failure", e.Class)
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives what lies beneath.
func (e *CarrierError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// classed finds an error whose class is one that a carrier may give.
func classed(err error) (*CarrierError, bool) {
	var e *CarrierError
	if !errors.As(err, &e) || e == nil {
		return nil, false
	}
	switch e.Class {
	case gateway.AttemptTemporary, gateway.AttemptPermanent, gateway.AttemptUnknown:
		return e, true
	}
	return nil, false
}
