// Package gateway is the domain of congvan: official letters that travel
// between agencies as edXML envelopes.
//
// # Life of a message
//
// A system (an office's document software) authenticates at a connector and
// submits an envelope. [Gateway.Accept] bounds it, takes it apart while it
// streams in, checks its structure, checks that the system may send for the
// agency in the envelope, resolves the receivers in the directory, and stores
// the attachments. Then one database transaction writes the message, one
// delivery per receiver, the signed receipt and the events, and owes the archive a record.
// The receipt is the answer; the same submission gets the same receipt for ever.
//
// A delivery lies in its receiver's inbox until the receiver's system fetches
// and acknowledges it, or waits for a carrier that takes it to the axis.
//
// Every change of state is one append-only [Event], written in the transaction
// that makes the change. Feeds, timelines and everything else that tells a
// history read events; there is no second history.
package gateway

import (
	"time"

	"congvan/schemas/edxml"
)

// MessageID names one accepted message: a UUID, version 7. Clients of the
// exchange protocol see it as docId.
type MessageID string

// SystemID names one connected system.
type SystemID string

// Message is one accepted edXML message (gói tin).
type Message struct {
	ID         MessageID          `json:"id"`
	Kind       edxml.Kind         `json:"kind"`
	Business   edxml.BusinessType `json:"business"`
	From       AgencyID           `json:"from"`
	DocumentID string             `json:"document_id"` // of a status message: the letter's it is about
	Number     string             `json:"number,omitempty"`
	Notation   string             `json:"notation,omitempty"`
	Type       string             `json:"type,omitempty"` // tên loại văn bản
	Subject    string             `json:"subject,omitempty"`
	Date       string             `json:"date,omitempty"` // as it stood, normally yyyy/MM/dd
	Signer     string             `json:"signer,omitempty"`
	Priority   edxml.Priority     `json:"priority"`
	DueDate    string             `json:"due_date,omitempty"`
	StatusCode edxml.StatusCode   `json:"status_code,omitempty"` // of a status message

	Size        int64        `json:"size"`   // bytes of the original envelope
	SHA256      string       `json:"sha256"` // of the original envelope, lower-case hex
	Attachments []Attachment `json:"attachments,omitempty"`

	System     SystemID  `json:"system"` // that submitted it
	AcceptedAt time.Time `json:"accepted_at"`

	Record     string    `json:"record,omitempty"` // key of the file that holds the archive's record, once stored
	ArchivedAt time.Time `json:"archived_at,omitzero"`
}

// Attachment is a file within a message (tệp đính kèm).
type Attachment struct {
	Index       int    `json:"index"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`           // of the file a person opens
	SHA256      string `json:"sha256"`         // of the file a person opens
	PayloadSize int64  `json:"payload_size"`   // of what stands in the envelope: the file or a ZIP around it
	Payload     string `json:"payload_sha256"` // its digest: the key of the stored blob
	Wrapped     bool   `json:"wrapped"`        // the payload is a ZIP around the file
}

// Relation ties a message to an earlier letter.
type Relation struct {
	Kind       RelationKind `json:"kind"`
	From       AgencyID     `json:"from"` // issuer of the earlier letter
	DocumentID string       `json:"document_id"`
}

// RelationKind says what a message does to an earlier letter.
type RelationKind string

const (
	RelationAnswers  RelationKind = "answers"
	RelationRecalls  RelationKind = "recalls"
	RelationUpdates  RelationKind = "updates"
	RelationReplaces RelationKind = "replaces"
	RelationReports  RelationKind = "reports" // a status message
)

// Original is what gives a message's original bytes back.
type Original struct {
	Split edxml.Split
	// Whole is the digest of the original kept as it came, when the split
	// cannot be joined exactly; else empty.
	Whole string
	// Payloads are the digests of the stored blobs, by attachment index.
	Payloads []string
}
