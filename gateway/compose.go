package gateway

import (
	"context"
	"io"

	"congvan/schemas/edxml"
)

// Letter is what a client without edXML says of a letter; the gateway builds
// the envelope from it. Particulars of agencies come from the directory.
type Letter struct {
	From         AgencyID           `json:"from"`
	To           []AgencyID         `json:"to"`
	DocumentID   string             `json:"document_id,omitempty"` // default: from,yyyy/MM/dd,number/notation
	Number       string             `json:"number"`
	Notation     string             `json:"notation"`
	Place        string             `json:"place"`
	Date         string             `json:"date"` // yyyy-MM-dd
	Type         string             `json:"type"` // one of the 29 names of NĐ 30/2020, Article 7
	Subject      string             `json:"subject"`
	Content      string             `json:"content,omitempty"`
	Signer       LetterSigner       `json:"signer"`
	DueDate      string             `json:"due_date,omitempty"` // yyyy-MM-dd
	Priority     int                `json:"priority,omitempty"` // 0…4
	Sphere       string             `json:"sphere,omitempty"`
	Pages        int                `json:"pages,omitempty"`
	Appendixes   []string           `json:"appendixes,omitempty"`
	ToPlaces     []string           `json:"to_places,omitempty"`
	Answers      []LetterReference  `json:"answers,omitempty"` // the letters answered (phúc đáp)
	Business     edxml.BusinessType `json:"business,omitempty"`
	Reason       string             `json:"reason,omitempty"`
	Paper        bool               `json:"paper,omitempty"`        // a paper copy follows
	Targets      []LetterReference  `json:"targets,omitempty"`      // recalled, updated or replaced letters
	Staff        LetterStaff        `json:"staff,omitzero"`         // who handled it
	Descriptions []string           `json:"descriptions,omitempty"` // of the files, in their order
}

// LetterSigner is who signed.
type LetterSigner struct {
	Competence string `json:"competence,omitempty"` // TM., KT., TL. …
	Position   string `json:"position,omitempty"`
	Name       string `json:"name"`
}

// LetterReference names another letter.
type LetterReference struct {
	From       AgencyID `json:"from,omitempty"` // its issuer; default: the letter's own
	DocumentID string   `json:"document_id"`
	Code       string   `json:"code,omitempty"` // number/notation
	Date       string   `json:"date,omitempty"` // yyyy-MM-dd
}

// LetterStaff is the person who handled a message.
type LetterStaff struct {
	Department string `json:"department,omitempty"`
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	Mobile     string `json:"mobile,omitempty"`
}

// LetterFile is one file of a letter. Open may be called more than once.
type LetterFile struct {
	Name        string
	ContentType string
	Open        func() (io.ReadCloser, error)
}

// StatusNote is a receiver's word on a letter that it got; the gateway builds
// the status message from it.
type StatusNote struct {
	From        AgencyID         `json:"from"`                  // who reports
	Message     MessageID        `json:"message,omitempty"`     // the letter, or
	Sender      AgencyID         `json:"sender,omitempty"`      // its sender and
	DocumentID  string           `json:"document_id,omitempty"` // its DocumentId
	Receiver    AgencyID         `json:"receiver,omitempty"`    // code 13 only: from whom the letter is taken back
	Code        edxml.StatusCode `json:"code"`
	Description string           `json:"description"`
	Staff       LetterStaff      `json:"staff,omitzero"`
}

// Recall asks for a letter to be given back.
type Recall struct {
	Message MessageID   `json:"message"`
	To      []AgencyID  `json:"to,omitempty"` // default: every receiver of the letter
	Reason  string      `json:"reason"`
	Staff   LetterStaff `json:"staff,omitzero"`
}

// Compose builds the envelope of a letter and accepts it through the same door
// as any other. The same request again gives the first receipt, whether or not an
// idempotency key is given.
func (g *Gateway) Compose(ctx context.Context, p Principal, l Letter, files []LetterFile, idempotencyKey string) (*Acceptance, error) {
	panic("TODO")
}

// ReportStatus builds a status message and accepts it.
func (g *Gateway) ReportStatus(ctx context.Context, p Principal, n StatusNote, idempotencyKey string) (*Acceptance, error) {
	panic("TODO")
}

// RecallLetter builds a recall of an accepted letter and accepts it. Receivers who have
// not fetched the letter will never see it; the others are asked to give it back.
func (g *Gateway) RecallLetter(ctx context.Context, p Principal, r Recall, idempotencyKey string) (*Acceptance, error) {
	panic("TODO")
}
