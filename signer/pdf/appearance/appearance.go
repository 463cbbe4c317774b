// Package appearance draws what people see of a signature, as Annex I of
// NĐ 30/2020/NĐ-CP wants it, and says where on the document it stands.
//
// A [Template] is a picture, a text, or both. [Template.Draw] makes a [Drawing] of it:
// the blue image of a person's hand, the agency's red seal in its real size, or the
// black 10 pt lines of an annex, of a copy (SAO Y, SAO LỤC, TRÍCH SAO) and of digitised
// paper. A [Placement] finds the [Spot] for a drawing on a page, and [Drawing.Import]
// puts it into the update that signs the document.
//
// Text is set in an embedded subset of a font with all Vietnamese letters and can be
// selected and searched. The same input always gives the same bytes.
//
// The decree's figures are defaults, not constants: [Decree] gives them, and an office
// overrides them in a file read by [ReadTemplates].
package appearance

import (
	"errors"
	"fmt"

	"congvan/signer"
)

// Error is why a signature cannot be drawn or placed, in words for people.
type Error struct {
	signer.Reason
	Err error // the cause; nil where the reason says it all
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "appearance: " + e.En
	}
	return fmt.Sprintf("appearance: %s (%v)", e.En, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Code gives the code of an *Error within err, and "" where there is none.
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason.Code
	}
	return ""
}

func fail(cause error, code, vi, en string) *Error {
	return &Error{signer.Reason{Code: code, Vi: vi, En: en}, cause}
}
