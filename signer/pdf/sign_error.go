package pdf

import (
	"errors"
	"strings"

	"congvan/signer"
)

// Kinds of failure to sign or to extend. Whatever the kind, dst holds nothing that
// may be used.
var (
	// ErrRefused: the document, the field or the options do not allow this signature;
	// the error is a *Refusal that says why. Asking again does not help.
	ErrRefused = errors.New("signing refused")
	// ErrSourceChanged: the document is not the one that was prepared, or changed
	// while it was read. Prepare it again.
	ErrSourceChanged = errors.New("the document is not the one that was prepared")
	// ErrSignature: the signature value handed in does not verify with the
	// certificate over what was prepared. Nothing was written.
	ErrSignature = errors.New("the signature value does not verify")
	// ErrRoom: the signature or the time stamp is larger than the place reserved for
	// it, and the place can no longer be changed. Prepare again with a larger
	// SignOptions.StampSize.
	ErrRoom = errors.New("the signature does not fit the place reserved for it")
	// ErrEvidence: certificates or revocation data that the level needs cannot be had
	// now; the error is a *MissingEvidence. Try later, or allow Downgrade.
	ErrEvidence = errors.New("validation data is missing")
)

// Refusal says in words for people why a document is not signed. It is ErrRefused.
type Refusal struct{ signer.Reason }

// Error gives the English sentence.
func (r *Refusal) Error() string { return "signing refused: " + r.En }

// Is makes every refusal ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

func refuse(code, vi, en string) error { return &Refusal{signer.Reason{Code: code, Vi: vi, En: en}} }

// MissingEvidence names the certificates for which validation data could not be had.
// It is ErrEvidence.
type MissingEvidence struct{ Reasons []signer.Reason }

// Error lists the English sentences.
func (m *MissingEvidence) Error() string {
	all := make([]string, len(m.Reasons))
	for i, r := range m.Reasons {
		all[i] = r.En
	}
	return ErrEvidence.Error() + ": " + strings.Join(all, "; ")
}

// Is makes it ErrEvidence.
func (m *MissingEvidence) Is(target error) bool { return target == ErrEvidence }
