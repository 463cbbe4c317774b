package gateway

import (
	"encoding/json"
	"time"
)

// EventKind names what happened.
type EventKind string

const (
	EventAccepted     EventKind = "message.accepted"
	EventArchived     EventKind = "message.archived"
	EventQueued       EventKind = "delivery.queued"
	EventSending      EventKind = "delivery.sending"
	EventSent         EventKind = "delivery.sent"
	EventFetched      EventKind = "delivery.fetched"
	EventAcknowledged EventKind = "delivery.acknowledged"
	EventHeld         EventKind = "delivery.held"
	EventFailed       EventKind = "delivery.failed"
	EventExpired      EventKind = "delivery.expired"
	EventCancelled    EventKind = "delivery.cancelled"
	EventProgress     EventKind = "delivery.progress"   // the receiver's system is working on it
	EventRerouted     EventKind = "delivery.rerouted"   // a person or the directory gave it another way
	EventRecall       EventKind = "delivery.recall"     // a recall was requested, agreed or refused
	EventStatus       EventKind = "status.reported"     // the receiver's business status
	EventReceipt      EventKind = "receipt.issued"      // a receipt other than that of submission
	EventJudged       EventKind = "signature.judged"    // what was found about the signatures of a part
	EventPreserved    EventKind = "signature.preserved" // a copy with renewed proofs was kept
	EventSigning      EventKind = "signing.changed"     // a document that is signed elsewhere was sent, signed or given up
	EventAgency       EventKind = "agency.changed"      // the directory
	EventSystem       EventKind = "system.changed"      // a connected system or what it may act for
	EventKeyCreated   EventKind = "key.created"         // a credential
	EventKeyRevoked   EventKind = "key.revoked"         // a credential
	EventNodeStarted  EventKind = "node.started"        // a gateway process
	EventNodeStopped  EventKind = "node.stopped"        // a gateway process, gracefully
)

// DeliveryEvent is the event that tells of a delivery entering a state.
func DeliveryEvent(s DeliveryState) EventKind { return EventKind("delivery." + string(s)) }

// Event is one change of state. Events are only ever appended, in the
// transaction that makes the change, and are never changed or removed.
type Event struct {
	Cursor   Cursor          `json:"cursor"` // position in the feed
	At       time.Time       `json:"at"`
	Kind     EventKind       `json:"kind"`
	Message  MessageID       `json:"message,omitempty"`
	Delivery DeliveryID      `json:"delivery,omitempty"`
	Sender   AgencyID        `json:"sender,omitempty"`   // of the message
	Receiver AgencyID        `json:"receiver,omitempty"` // of the delivery
	Holder   AgencyID        `json:"holder,omitempty"`   // of the delivery
	Actor    string          `json:"actor,omitempty"`    // the system, person or part of the gateway that did it
	Data     json.RawMessage `json:"data,omitempty"`     // particulars, by kind
}

// Cursor is an opaque position in the feed of events. The empty cursor stands
// before the first event. Events appear in an order that never changes, and
// nothing ever appears before a cursor that was given out.
type Cursor string

// FeedQuery selects events.
type FeedQuery struct {
	After Cursor
	// Agencies whose events are wanted: those they send, receive or hold. Nil
	// means every event (for operators and the gateway's own readers).
	Agencies []AgencyID
	Limit    int // 1…1000
}

// Feed is a page of events. Next is the cursor to ask with next; it moves on
// even when no event was for the asker.
type Feed struct {
	Events []Event `json:"events"`
	Next   Cursor  `json:"next"`
}
