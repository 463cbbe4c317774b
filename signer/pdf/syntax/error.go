package syntax

import (
	"errors"
	"fmt"
)

// Kinds of errors; every *[Error] is one of them by errors.Is.
var (
	// ErrMalformed is a file that is not built as ISO 32000-2 says. It will not get better.
	ErrMalformed = errors.New("malformed PDF")
	// ErrEncrypted is a file that opens only with a password, or a security handler, that
	// was not given.
	ErrEncrypted = errors.New("encrypted PDF")
	// ErrTooLarge is a file that passes one of the [Limits].
	ErrTooLarge = errors.New("PDF passes a limit")
	// ErrUnsupported is stream data in a form that this package does not decode (images).
	ErrUnsupported = errors.New("unsupported PDF feature")
	// ErrRead is a failure of the io.ReaderAt; it may be worth another try.
	ErrRead = errors.New("read PDF")
)

// Code names what is wrong or odd: stable, lower-case words joined by hyphens.
type Code string

// Error says what is wrong with a file, and where.
type Error struct {
	Code   Code
	Offset int64 // in the file, of the place where it was noticed; -1 where there is none
	Vi, En string
	Err    error // what it came from, nil for none
}

// Error gives the English sentence with its place.
func (e *Error) Error() string {
	s := fmt.Sprintf("pdf: %s (%s)", e.En, e.Code)
	if e.Offset >= 0 {
		s = fmt.Sprintf("pdf: offset %d: %s (%s)", e.Offset, e.En, e.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	kind := meanings[e.Code].kind
	if e.Err == nil {
		return []error{kind}
	}
	return []error{kind, e.Err}
}

// Anomaly is something odd that does not keep the file from being read in one way
// only, yet is worth telling.
type Anomaly struct {
	Code   Code
	Offset int64
	Vi, En string
}

// fail makes the error for a code.
func fail(code Code, offset int64) *Error {
	m := meanings[code]
	return &Error{Code: code, Offset: offset, Vi: m.vi, En: m.en}
}

// failBecause makes the error for a code with its cause, none for none. A cause that is
// itself an *Error is given as it is: it knows the place better.
func failBecause(code Code, offset int64, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := fail(code, offset)
	e.Err = err
	return e
}

// failIn makes an error at the place of an object, of a packed one that of its stream.
func (f *File) failIn(code Code, r *Revision, ref Ref) error {
	e, owner, ok := r.find(ref.Number)
	if ok && e.kind == packed {
		e, _, ok = owner.find(int(e.offset))
	}
	if ok && e.kind == inUse {
		return fail(code, e.offset)
	}
	return fail(code, -1)
}

// maxAnomalies bounds what is remembered of a file that is odd all over.
const maxAnomalies = 100

// note remembers an oddity, once for each place.
func (f *File) note(code Code, offset int64) {
	if len(f.anomalies) >= maxAnomalies {
		return
	}
	for _, a := range f.anomalies {
		if a.Code == code && a.Offset == offset {
			return
		}
	}
	m := meanings[code]
	f.anomalies = append(f.anomalies, Anomaly{code, offset, m.vi, m.en})
}
