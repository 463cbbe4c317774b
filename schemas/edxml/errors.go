package edxml

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of failure. Every error of this package that is about the message is
// one of them; an error of the caller's own reader, writer or Sink comes out
// wrapped and is none of them.
var (
	// ErrMalformed: the message is not well-formed XML or not edXML. Sending it
	// again as it is will fail again.
	ErrMalformed = errors.New("edxml: malformed message")
	// ErrUnsafe: the message uses something that is well-formed but refused
	// because it is dangerous, such as a DOCTYPE. Refuse it and note the sender.
	ErrUnsafe = errors.New("edxml: forbidden construct")
	// ErrTooLarge: a limit was passed. The message may be sent again smaller, or
	// the limit raised.
	ErrTooLarge = errors.New("edxml: limit exceeded")
	// ErrTruncated: the message ended before its end. Sending it again may help.
	ErrTruncated = errors.New("edxml: message cut off")
	// ErrCorrupt: what is stored is not what was once split. Fetch another copy.
	ErrCorrupt = errors.New("edxml: stored message damaged")
	// ErrNotRebuildable: the message can only be had from Sink.Original.
	ErrNotRebuildable = errors.New("edxml: message was kept whole and cannot be rebuilt")
	// ErrIncomplete: an Envelope lacks something that the standard demands, so
	// that Write refuses it. Fill it in.
	ErrIncomplete = errors.New("edxml: envelope incomplete")
	// ErrNoTrace: a status message has no trace to add to.
	ErrNoTrace = errors.New("edxml: status message has no trace")
)

// SyntaxError says what is wrong with a message, and where.
type SyntaxError struct {
	Code   string // one of the Code… constants
	Line   int    // 1-based, in the original; 0 when the place is unknown
	Column int    // 1-based, in characters
	Path   string // of the innermost open element, /edXML/…
	Vi     string // for people, Vietnamese
	En     string // the same in English
	kind   error
	cause  error
}

// Error gives both languages, the Vietnamese first.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "edxml: %s", e.Code)
	if e.Line > 0 {
		fmt.Fprintf(&b, " %d:%d", e.Line, e.Column)
	}
	if e.Path != "" {
		fmt.Fprintf(&b, " %s", e.Path)
	}
	fmt.Fprintf(&b, ": %s / %s", e.Vi, e.En)
	return b.String()
}

// Unwrap gives the kind (ErrMalformed, ErrUnsafe, ErrTooLarge, ErrTruncated) and
// the cause, if there is one.
func (e *SyntaxError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

// newSyntaxError fills the texts of a code; args go into both languages alike.
func newSyntaxError(code string, args ...any) *SyntaxError {
	d := describe(code)
	return &SyntaxError{
		Code: code, kind: d.kind,
		Vi: fmt.Sprintf(d.vi, args...), En: fmt.Sprintf(d.en, args...),
	}
}

// CorruptError says which stored part is not what it was.
type CorruptError struct {
	Part   string // "payload 0", "message", "layout 2"
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("edxml: %s damaged: %s", e.Part, e.Reason)
}

// Unwrap gives ErrCorrupt.
func (e *CorruptError) Unwrap() error { return ErrCorrupt }
