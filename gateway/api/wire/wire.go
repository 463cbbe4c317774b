// Package wire holds the bodies of our REST API that are not types of the domain.
// The server and its Go client share it.
package wire

import (
	"congvan/gateway"
	"congvan/schemas"
)

// ProblemType is the media type of a problem (RFC 9457).
const ProblemType = "application/problem+json"

// TypePrefix goes before a code to make the type of a problem, a stable URI.
const TypePrefix = "urn:congvan:error:"

// Codes of problems that only HTTP knows, beside those of the domain.
const (
	CodeNoSuchRoute      gateway.Code = "no-such-route"
	CodeMethodNotAllowed gateway.Code = "method-not-allowed"
	CodeUnsupportedMedia gateway.Code = "unsupported-media-type"
)

// Problem is the body of every answer that is not a success.
type Problem struct {
	Type      string            `json:"type"`
	Title     string            `json:"title"` // English, the same for every problem of the type
	Status    int               `json:"status"`
	Detail    string            `json:"detail"` // what happened and what to do next: Vietnamese, then English
	Code      gateway.Code      `json:"code"`
	Place     string            `json:"place,omitempty"` // element, parameter or agency that it is about
	Vi        string            `json:"vi"`
	En        string            `json:"en"`
	Findings  []schemas.Finding `json:"findings,omitempty"`
	RequestID string            `json:"request_id,omitempty"` // to be told to the operator
}

// Items is a page of an inbox, of what was sent, or of what is stuck.
type Items struct {
	Items []gateway.InboxItem `json:"items"`
	// Next asks for the next page of what is stuck; empty at the end.
	Next gateway.DeliveryID `json:"next,omitempty"`
}

// SigningStarted is a document that waits for a desktop signing service, with what the page hands
// to the service. Launch holds the secret and is not given out a second time.
type SigningStarted struct {
	gateway.Signing
	Launch Launch `json:"launch"`
}

// Launch is the request to a desktop signing service (VGCA Sign Service: vgca_sign_approved and others).
type Launch struct {
	FileUploadHandler string       `json:"FileUploadHandler"` // where it posts the signed file
	SessionID         string       `json:"SessionId"`
	JWTToken          string       `json:"JWTToken"`
	FileName          string       `json:"FileName"` // where it gets the file
	DocNumber         string       `json:"DocNumber"`
	IssuedDate        string       `json:"IssuedDate"`
	MetaData          []LaunchPair `json:"MetaData"`
}

// LaunchPair is one entry of a Launch's metadata.
type LaunchPair struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// SigningReturned answers a desktop signing service.
type SigningReturned struct {
	Status     bool   `json:"Status"`
	Message    string `json:"Message"` // why not, in Vietnamese
	FileName   string `json:"FileName"`
	FileServer string `json:"FileServer"` // where the signed file is, for those with a key
}

// Count is a number of deliveries.
type Count struct {
	Count int `json:"count"`
}

// Recall is the body of a recall.
type Recall struct {
	To     []gateway.AgencyID  `json:"to,omitempty"` // default: every receiver of the letter
	Reason string              `json:"reason"`
	Staff  gateway.LetterStaff `json:"staff,omitzero"`
}

// Acks is a batch of acknowledgements, 1…1000.
type Acks struct {
	Items []Ack `json:"items"`
}

// Ack is a receiver's word on one delivery, or on all of a message's that it holds.
type Ack struct {
	Delivery    gateway.DeliveryID `json:"delivery,omitempty"` // or
	Message     gateway.MessageID  `json:"message,omitempty"`
	SHA256      string             `json:"sha256,omitempty"` // of the bytes the receiver has, lower-case hex
	Unreadable  bool               `json:"unreadable,omitempty"`
	Description string             `json:"description,omitempty"`
}

// Outcomes says what became of each acknowledgement, in order.
type Outcomes struct {
	Items []Outcome `json:"items"`
}

// Outcome is what became of one acknowledgement: a state, or a problem.
type Outcome struct {
	Delivery gateway.DeliveryID    `json:"delivery,omitempty"`
	State    gateway.DeliveryState `json:"state,omitempty"`
	Problem  *Problem              `json:"problem,omitempty"`
}

// Receipts lists the receipts of one message.
type Receipts struct {
	Items []gateway.Receipt `json:"items"`
}

// Agencies is a page of the directory.
type Agencies struct {
	Items []gateway.Agency `json:"items"`
	Next  gateway.AgencyID `json:"next,omitempty"` // asks for the next page; empty at the end
}

// Changed says how many directory entries a request changed.
type Changed struct {
	Changed int `json:"changed"`
}

// Closing is the body of closing an agency.
type Closing struct {
	Successors []gateway.AgencyID `json:"successors,omitempty"`
}

// Requeue selects stuck deliveries to be sent again. All must be set when
// nothing else is.
type Requeue struct {
	All      bool                  `json:"all,omitempty"`
	State    gateway.DeliveryState `json:"state,omitempty"`
	Cause    string                `json:"cause,omitempty"`
	Receiver gateway.AgencyID      `json:"receiver,omitempty"`
	Delivery gateway.DeliveryID    `json:"delivery,omitempty"`
}

// Requeued says how many deliveries are on their way again.
type Requeued struct {
	Requeued int `json:"requeued"`
}

// Redirect names another receiver for a stuck delivery.
type Redirect struct {
	Receiver gateway.AgencyID `json:"receiver"`
}

// StuckCounts is the overview of what is stuck.
type StuckCounts struct {
	Items []gateway.StuckCount `json:"items"`
}
