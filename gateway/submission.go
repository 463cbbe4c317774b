package gateway

import (
	"io"

	"congvan/schemas"
	"congvan/schemas/edxml"
)

// Submission is one envelope offered to the gateway.
type Submission struct {
	// Body is the envelope. It is read once, to its end; an error from it other than io.EOF
	// refuses the submission and comes out of Accept wrapped.
	Body io.Reader
	// From is the sender as the transport named it; empty when it named none.
	From AgencyID
	// To restricts the receivers to some of the envelope's; empty for all of them. In a status
	// message it may name the receiver when the envelope does not.
	To []AgencyID
	// Kind is what the transport said the body is; empty when it said nothing.
	Kind edxml.Kind
	// IdempotencyKey was given by the client, at most 255 bytes; empty for none.
	IdempotencyKey string

	contentKey string // of a composed letter: identity of the request
}

// Acceptance is the gateway's word that it has a message and will see to it.
type Acceptance struct {
	Message    MessageID         `json:"message"`
	DocumentID string            `json:"document_id"`
	Receipt    Receipt           `json:"receipt"`
	Replayed   bool              `json:"replayed"` // it was accepted before; this is the first receipt
	Warnings   []schemas.Finding `json:"warnings,omitempty"`
}

// Content is a message's original bytes, ready to be read once.
type Content struct {
	Message  *Message
	Delivery []Delivery // those that the fetch moved, of an inbox fetch
	Size     int64
	SHA256   string
	io.WriterTo
}

// File is one attachment's bytes, as a person opens them, to be read once and closed.
type File struct {
	Attachment
	io.ReadCloser
}
