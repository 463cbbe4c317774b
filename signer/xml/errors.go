package xmlsig

import (
	"errors"

	"congvan/signer"
)

// What can keep a message from being signed or a signature from being extended.
var (
	// ErrAlgorithm: the key, or the digest asked for, has no algorithm here.
	ErrAlgorithm = errors.New("xmlsig: no such algorithm")
	// ErrMessage: the message cannot be signed: it cannot be read, has no place for a
	// signature, or an attachment of it cannot be referred to.
	ErrMessage = errors.New("xmlsig: message cannot be signed")
	// ErrSigned: the message bears a signature already; edXML knows one.
	ErrSigned = errors.New("xmlsig: message bears a signature already")
	// ErrUnsigned: there is no signature that could be extended.
	ErrUnsigned = errors.New("xmlsig: no XAdES signature to extend")
	// ErrSignature: a signature value made elsewhere does not fit what was prepared.
	ErrSignature = errors.New("xmlsig: signature value does not fit")
)

var errAbsent = errors.New("not to be had")

// fault is an error that decides the verdict on a signature.
type fault struct{ verdict signer.Verdict }

func (f *fault) Error() string {
	return string(f.verdict.Indication) + ": " + f.verdict.Reasons[0].En
}

// broken is the fault of what is not built as it must be, or was tampered with.
func broken(r signer.Reason) error { return &fault{signer.Failed(signer.FormatFailure, r)} }

// unsure is the fault of what cannot be verified.
func unsure(sub signer.SubIndication, reasons ...signer.Reason) error {
	return &fault{signer.Unsure(sub, reasons...)}
}
