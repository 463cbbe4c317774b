package gateway

import (
	"slices"
	"time"

	"congvan/schemas/edxml"
)

// DeliveryID names one delivery: a UUID, version 7.
type DeliveryID string

// DeliveryState is how far a delivery (lượt gửi) has come. It changes only as CanBecome allows.
type DeliveryState string

const (
	DeliveryQueued       DeliveryState = "queued"       // waits: in the receiver's inbox, or for a carrier
	DeliverySending      DeliveryState = "sending"      // a carrier is handing it over
	DeliverySent         DeliveryState = "sent"         // handed over; the receiver has not yet been seen to have it
	DeliveryFetched      DeliveryState = "fetched"      // the receiver's system has the bytes
	DeliveryAcknowledged DeliveryState = "acknowledged" // the receiver's system says that it took the letter over
	DeliveryHeld         DeliveryState = "held"         // cannot go on without a person; see Cause
	DeliveryFailed       DeliveryState = "failed"       // given up, or refused by the receiver's system; see Cause
	DeliveryExpired      DeliveryState = "expired"      // nobody took it in time
	DeliveryCancelled    DeliveryState = "cancelled"    // recalled before the receiver had it
)

// CanBecome is the delivery's state machine. Held, failed and expired
// deliveries may be queued again by a person.
func (s DeliveryState) CanBecome(to DeliveryState) bool {
	return slices.Contains(s.next(), to)
}

func (s DeliveryState) next() []DeliveryState {
	switch s {
	case DeliveryQueued:
		return []DeliveryState{DeliverySending, DeliveryFetched, DeliveryHeld, DeliveryFailed, DeliveryExpired, DeliveryCancelled}
	case DeliverySending:
		return []DeliveryState{DeliveryQueued, DeliverySent, DeliveryHeld, DeliveryFailed, DeliveryExpired}
	case DeliverySent:
		return []DeliveryState{DeliveryFetched, DeliveryAcknowledged, DeliveryFailed}
	case DeliveryFetched:
		return []DeliveryState{DeliveryAcknowledged, DeliveryFailed}
	case DeliveryHeld, DeliveryFailed, DeliveryExpired:
		return []DeliveryState{DeliveryQueued, DeliveryCancelled}
	}
	return nil
}

// RouteInbox is the route of deliveries that wait for the receiver's system to
// pull them. Every other route names a carrier, such as RouteAxis.
const (
	RouteInbox = "inbox"
	RouteAxis  = "axis"
)

// Why a delivery is held, failed or cancelled: Delivery.Cause.
const (
	CauseNoRoute         = "no-route"           // no system serves the receiver and there is no axis
	CauseLoop            = "loop"               // the trace says that it was here before
	CauseSplitSuccessors = "split-successors"   // the code was closed and has several successors
	CauseRejected        = "rejected"           // the carrier's other side refused for good
	CauseUnknownOutcome  = "unknown-outcome"    // we do not know whether the other side took it
	CauseRetriesUsedUp   = "retries-used-up"    // temporary failures until the last retry
	CauseUnreadable      = "unreadable"         // the receiver's system could not read it
	CauseRecalledUnread  = "recalled-unread"    // recalled before the receiver had it
	CauseDamaged         = "damaged"            // stored bytes do not match their hash
	CauseExpired         = "expired"            // nobody took it in time
	CauseSignature       = "doubtful-signature" // the policy wants a person to look at the signatures first
	CauseByOperator      = "cancelled-by-hand"  // a person cancelled it
)

// Why a delivery goes elsewhere than the letter says: Delivery.Redirect.
const (
	RedirectAlias          = "alias"          // another code of the same agency
	RedirectSuccessor      = "successor"      // the code is closed; its successor gets it
	RedirectRepresentative = "representative" // the agency that represents it takes it
)

// RecallState is how far a request to take a letter back has come.
type RecallState string

const (
	RecallNone      RecallState = ""
	RecallRequested RecallState = "requested"
	RecallAgreed    RecallState = "agreed"  // status 15, or never fetched
	RecallRefused   RecallState = "refused" // status 16
)

// Delivery is one message on its way to one receiver.
type Delivery struct {
	ID        DeliveryID    `json:"id"`
	Message   MessageID     `json:"message"`
	Kind      edxml.Kind    `json:"kind"`
	Addressed AgencyID      `json:"addressed"`          // the code in the letter
	Receiver  AgencyID      `json:"receiver"`           // after aliases and successors
	Holder    AgencyID      `json:"holder,omitempty"`   // whose inbox it lies in: the receiver or its representative
	Redirect  string        `json:"redirect,omitempty"` // a Redirect… constant
	Route     string        `json:"route"`              // RouteInbox or a carrier
	State     DeliveryState `json:"state"`
	Cause     string        `json:"cause,omitempty"` // a Cause… constant
	Lane      int           `json:"lane"`            // 0 normal … 4; greater goes first
	Attempts  int           `json:"attempts"`
	NextAt    time.Time     `json:"next_at"` // not before
	ExpiresAt time.Time     `json:"expires_at"`
	RemoteID  string        `json:"remote_id,omitempty"` // the other side's id, when a carrier got one

	Status edxml.StatusCode `json:"status,omitempty"` // the receiver's last business status
	Recall RecallState      `json:"recall,omitempty"`

	QueuedAt       time.Time `json:"queued_at"`
	SentAt         time.Time `json:"sent_at,omitzero"`
	FetchedAt      time.Time `json:"fetched_at,omitzero"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	UpdatedAt      time.Time `json:"updated_at"`
}

// AttemptClass is what a failed attempt means for the next one.
type AttemptClass string

const (
	AttemptOK        AttemptClass = "ok"
	AttemptTemporary AttemptClass = "temporary" // try again
	AttemptPermanent AttemptClass = "permanent" // trying again gives the same answer
	AttemptUnknown   AttemptClass = "unknown"   // we do not know whether the other side took it
)

// Attempt is one try of a carrier at a delivery. Attempts are only ever appended.
type Attempt struct {
	Delivery DeliveryID   `json:"delivery"`
	At       time.Time    `json:"at"`
	Carrier  string       `json:"carrier"`
	Class    AttemptClass `json:"class"`
	Code     string       `json:"code,omitempty"`   // the other side's code
	Answer   string       `json:"answer,omitempty"` // the other side's words, at most 1,000 bytes
}
