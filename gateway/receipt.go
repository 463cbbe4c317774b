package gateway

import "time"

// ReceiptKind says what a receipt (biên nhận) proves.
type ReceiptKind string

const (
	ReceiptSubmission ReceiptKind = "submission" // the gateway took the letter
	ReceiptDelivery   ReceiptKind = "delivery"   // the receiver's system acknowledged it
	ReceiptOpening    ReceiptKind = "opening"    // the receiver's system fetched the bytes
	ReceiptRefusal    ReceiptKind = "refusal"    // the receiver refused it (status 02)
)

// Receipt is a proof signed by the gateway. JWS is its ES256 signature in
// compact form; its payload is a Statement.
type Receipt struct {
	ID       string      `json:"id"`
	Kind     ReceiptKind `json:"kind"`
	Message  MessageID   `json:"message"`
	Delivery DeliveryID  `json:"delivery,omitempty"`
	IssuedAt time.Time   `json:"issued_at"`
	JWS      string      `json:"jws"`
}

// Statement is what a receipt says, in JSON.
type Statement struct {
	Issuer      string             `json:"iss"` // the gateway's own agency code
	ID          string             `json:"jti"`
	IssuedAt    int64              `json:"iat"` // Unix seconds
	Kind        ReceiptKind        `json:"kind"`
	Message     MessageID          `json:"message"`
	Delivery    DeliveryID         `json:"delivery,omitempty"`
	From        AgencyID           `json:"from"`
	To          []StatementAddress `json:"to"`
	DocumentID  string             `json:"document_id"`
	AcceptedAt  time.Time          `json:"accepted_at"`
	At          time.Time          `json:"at"` // when what is proven happened
	Size        int64              `json:"size"`
	SHA256      string             `json:"sha256"` // of the original envelope
	Attachments []StatementFile    `json:"attachments,omitempty"`
	Reason      string             `json:"reason,omitempty"` // of a refusal
}

// StatementAddress is one receiver in a statement.
type StatementAddress struct {
	Addressed AgencyID `json:"addressed"`
	Receiver  AgencyID `json:"receiver"`
	Redirect  string   `json:"redirect,omitempty"`
}

// StatementFile is one attachment in a statement.
type StatementFile struct {
	Name          string `json:"name"`
	Size          int64  `json:"size"`
	SHA256        string `json:"sha256"`
	PayloadSHA256 string `json:"payload_sha256"`
}
