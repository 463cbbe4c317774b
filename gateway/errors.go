package gateway

import (
	"errors"
	"fmt"

	"congvan/schemas"
)

// The kinds of error. The comment says what the caller can do.
var (
	ErrInvalid         = errors.New("invalid")         // the request is wrong; mend it
	ErrNotFound        = errors.New("not found")       // there is no such thing, or it is none of the asker's business
	ErrConflict        = errors.New("conflict")        // it contradicts what is there; look before asking again
	ErrForbidden       = errors.New("forbidden")       // known, but not allowed
	ErrUnauthenticated = errors.New("unauthenticated") // say who you are
	ErrTooLarge        = errors.New("too large")       // over a limit; send less
	ErrUnavailable     = errors.New("unavailable")     // the gateway cannot do it now; try again later
	ErrFull            = errors.New("storage full")    // no space left; an operator must make room; try again later
	ErrInternal        = errors.New("internal error")  // a defect of the gateway; report it
)

// Code is the stable name of one thing that can go wrong, in kebab-case. The
// texts and numbers that go with it stand in one table, errors_table.go.
type Code string

// Error is what the gateway answers when it does not do what it was asked.
type Error struct {
	Code     Code
	Place    string            // element, parameter or agency that it is about
	Findings []schemas.Finding // of a letter that was refused for its structure
	Err      error             // what lies beneath; for the log, never for the client
}

// Errorf makes an Error with a place and, for the log, what lies beneath.
func Errorf(c Code, place string, format string, args ...any) *Error {
	return &Error{Code: c, Place: place, Err: fmt.Errorf(format, args...)}
}

// Kind is one of the sentinel errors above.
func (e *Error) Kind() error { return Describe(e.Code).Kind }

// Error is for the log.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Place != "" {
		s += " at " + e.Place
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap lets errors.Is find the kind and what lies beneath.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind()}
	}
	return []error{e.Kind(), e.Err}
}
