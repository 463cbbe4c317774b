package canon

import (
	"errors"
	"fmt"
)

// Kinds of failure.
var (
	// ErrMalformed is for what is not well-formed XML in the subset that is read.
	ErrMalformed = errors.New("canon: not well-formed")
	// ErrUnsafe is for a document type declaration and entities, which are never read.
	ErrUnsafe = errors.New("canon: document type declarations and entities are refused")
	// ErrTooLarge is for a document beyond the limits.
	ErrTooLarge = errors.New("canon: beyond the limits")
	// ErrNoForm is for a well-formed document of which there is no canonical form, or one
	// that this package does not write: undeclared prefixes, relative namespace names, an
	// inherited xml:base under version 1.1.
	ErrNoForm = errors.New("canon: no canonical form")
)

// SyntaxError says where in the skeleton something is wrong.
type SyntaxError struct {
	Kind   error // one of ErrMalformed, ErrUnsafe, ErrTooLarge
	Offset int   // in the skeleton, from 0
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%v: %s at byte %d", e.Kind, e.Reason, e.Offset)
}

func (e *SyntaxError) Unwrap() error { return e.Kind }
