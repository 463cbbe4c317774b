package gateway

import (
	"context"
	"time"

	"congvan/schemas/edxml"
)

// InboxView asks for what waits for the agencies a principal acts for.
type InboxView struct {
	Agency AgencyID   // one of them; empty for all
	Kind   edxml.Kind // empty: both
	From   time.Time
	To     time.Time
	Offset int
	Limit  int           // 1…1000; 0 means 100
	Lease  time.Duration // when positive, what is listed is hidden from other callers for so long (at most 1 hour)
}

// Inbox lists what waits for the principal's agencies, urgent letters first, then
// oldest first: deliveries that its systems have not acknowledged.
func (g *Gateway) Inbox(ctx context.Context, p Principal, v InboxView) ([]InboxItem, error) {
	panic("TODO")
}

// CountInbox counts what Inbox would list without a limit.
func (g *Gateway) CountInbox(ctx context.Context, p Principal, v InboxView) (int, error) {
	panic("TODO")
}

// Item names something in an inbox: one delivery, or a message, which means every
// delivery of it that the principal's agencies hold.
type Item struct {
	Delivery DeliveryID
	Message  MessageID
}

// Fetch gives a message's original bytes to a receiver and notes that its system has
// them. Fetching again gives the same bytes. Writing the content fails with code
// CodeDamaged before its end if a stored byte has changed.
func (g *Gateway) Fetch(ctx context.Context, p Principal, i Item) (*Content, error) {
	panic("TODO")
}

// Ack is a receiver's word on an item that its system has fetched.
type Ack struct {
	Item
	// SHA256 of the bytes that the receiver has, lower-case hex; when given and
	// different from ours the acknowledgement is refused with CodeHashMismatch.
	SHA256      string
	Unreadable  bool // the receiver's system could not read it
	Description string
}

// Acknowledge notes that the receiver's system took items over, or could not
// read them. Acknowledging twice is the same as once. One outcome per ack, in order.
func (g *Gateway) Acknowledge(ctx context.Context, p Principal, acks []Ack) ([]AckOutcome, error) {
	panic("TODO")
}

// NoteProgress records that the receiver's system is still working on an item
// (the exchange protocol's "processing"). The item stays in the inbox.
func (g *Gateway) NoteProgress(ctx context.Context, p Principal, i Item, note string) error {
	panic("TODO")
}

// SentView asks for what the principal's agencies sent.
type SentView struct {
	Agency  AgencyID // one of them; empty for all
	Kind    edxml.Kind
	Message MessageID
	From    time.Time
	To      time.Time
	Limit   int // 1…1000; 0 means 100
}

// Sent lists what the principal's agencies sent, newest first, one item per delivery.
func (g *Gateway) Sent(ctx context.Context, p Principal, v SentView) ([]InboxItem, error) {
	panic("TODO")
}

// OpenFile opens one attachment of a message that the principal's agencies sent or
// hold (and have fetched), or any for an operator; unwrapped from its ZIP if it came in one.
func (g *Gateway) OpenFile(ctx context.Context, p Principal, id MessageID, index int) (*File, error) {
	panic("TODO")
}
