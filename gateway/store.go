package gateway

import (
	"context"
	"time"

	"congvan/schemas/edxml"
)

// Store is the database. Every writing method is one transaction that holds
// the change and its events; it is idempotent, so that a caller who got no
// answer may ask again. Every method returns ErrUnavailable (wrapped) when the
// database is away: nothing happened that is not there when asked again.
type Store interface {
	Messages
	Judgements
	Signings
	Deliveries
	Queue
	Agencies
	Systems
	Events
}

// Messages keeps what was accepted.
type Messages interface {
	// Admit writes an accepted message with all that follows from it: deliveries,
	// attachments, skeleton, relations, receipt, the effects of a
	// status or a recall on earlier deliveries, and the events.
	//
	// The same Fingerprint again writes nothing and returns the first message's id
	// and receipt with Replayed set. ErrConflict with code "idempotency-key-reused" or
	// "duplicate-document" when the key or the DocumentId of a new letter was used for other content.
	Admit(ctx context.Context, a *Admission) (Admitted, error)
	// Submission finds an earlier admission by its fingerprint. ErrNotFound.
	Submission(ctx context.Context, fingerprint string) (Admitted, error)
	// DuplicateOf names an earlier new letter of the same sender and DocumentId with
	// another content key; empty when there is none.
	DuplicateOf(ctx context.Context, from AgencyID, documentID, contentKey string) (MessageID, error)
	// Message reads one message with its attachments. ErrNotFound.
	Message(ctx context.Context, id MessageID) (*Message, error)
	// MessagesByDocument lists messages of kind document that carry a DocumentId, oldest first.
	MessagesByDocument(ctx context.Context, from AgencyID, documentID string) ([]Message, error)
	// Original reads what gives the original bytes back. ErrNotFound.
	Original(ctx context.Context, id MessageID) (*Original, error)
	// Relations lists the earlier letters that a message relates to.
	Relations(ctx context.Context, id MessageID) ([]Relation, error)
	// Receipts lists a message's receipts, oldest first.
	Receipts(ctx context.Context, id MessageID) ([]Receipt, error)
	// IssueReceipt keeps a receipt, or returns the earlier one of the same kind and delivery.
	IssueReceipt(ctx context.Context, r Receipt, actor string) (Receipt, error)
	// Unarchived lists accepted messages whose archive record is not yet stored, oldest
	// first: those of the named node, and those of any node accepted before a moment.
	Unarchived(ctx context.Context, node string, before time.Time, limit int) ([]MessageID, error)
	// MarkArchived notes that records are stored.
	MarkArchived(ctx context.Context, archived []Archived) error
	// Sent lists letters and statuses sent by agencies, newest first, one item per delivery.
	Sent(ctx context.Context, q SentQuery) ([]InboxItem, error)
}

// Admission is everything that one accepted message writes.
type Admission struct {
	Message  Message
	Original Original
	// ContentKey is the identity of the content: the original's SHA-256 or, for a composed
	// letter, that of the request it was composed from.
	ContentKey string
	// Fingerprint is the identity of the submission: content, sender and receivers.
	Fingerprint string
	// IdempotencyKey was given by the client; empty for none. Unique within a system.
	IdempotencyKey string
	Deliveries     []Delivery
	Relations      []Relation
	Receipt        Receipt
	Status         *StatusChange // of a status message
	Judgements     []Judgement   // of its signatures
	Node           string        // the gateway process that accepted it
	Actor          string
}

// StatusChange is what a status message says about one delivery of an earlier
// letter. Code 13 asks the receiver to give the letter back; 15 and 16 answer.
type StatusChange struct {
	Sender      AgencyID // of the earlier letter
	Receiver    AgencyID // of the earlier letter
	DocumentID  string
	Code        edxml.StatusCode
	Description string
	At          time.Time
}

// Admitted is the outcome of an admission.
type Admitted struct {
	Message    MessageID
	DocumentID string
	Receipt    Receipt
	Replayed   bool // it had been admitted before
}

// Archived says where a message's record lies in the object store.
type Archived struct {
	Message MessageID
	Key     string
	At      time.Time
}

// InboxItem is a delivery with what the receiver needs to know of its message.
type InboxItem struct {
	Delivery Delivery `json:"delivery"`
	Message  Message  `json:"message"` // without attachments
}

// SentQuery selects what agencies sent.
type SentQuery struct {
	Senders []AgencyID
	Kind    edxml.Kind // empty: both
	Message MessageID  // empty: all
	From    time.Time  // accepted at or after; zero: no bound
	To      time.Time  // accepted before; zero: no bound
	Offset  int        // 0…10,000
	Limit   int        // 1…1000
}

// Deliveries keeps what is on its way and in the inboxes.
type Deliveries interface {
	// Inbox lists deliveries waiting in the inboxes of agencies (state queued or fetched),
	// urgent ones first, then oldest first.
	Inbox(ctx context.Context, q InboxQuery) ([]InboxItem, error)
	// CountInbox counts what Inbox would list without a limit.
	CountInbox(ctx context.Context, q InboxQuery) (int, error)
	// LeaseInbox lists like Inbox, leaves out what another lease holds, and
	// holds what it lists for the given time. A lease is no change of state.
	LeaseInbox(ctx context.Context, q InboxQuery, owner string, d time.Duration) ([]InboxItem, error)
	// Fetched moves the named deliveries from queued or sent to fetched;
	// those already fetched or acknowledged stay. It returns them all. ErrNotFound when none
	// is held by the holders; ErrConflict with code "recalled" when all were cancelled.
	Fetched(ctx context.Context, f FetchMark) ([]Delivery, error)
	// Acknowledge moves deliveries to acknowledged, or to failed when the receiver could
	// not read them. One outcome per delivery, in the order asked.
	Acknowledge(ctx context.Context, a []Acknowledgement, holders []AgencyID, actor string) ([]AckOutcome, error)
	// Delivery reads one delivery. ErrNotFound.
	Delivery(ctx context.Context, id DeliveryID) (*Delivery, error)
	// DeliveriesOf lists a message's deliveries in the order they were made.
	DeliveriesOf(ctx context.Context, id MessageID) ([]Delivery, error)
	// Attempts lists a delivery's attempts, oldest first.
	Attempts(ctx context.Context, id DeliveryID) ([]Attempt, error)
	// Stuck lists held, failed and expired deliveries, oldest first.
	Stuck(ctx context.Context, q StuckQuery) ([]InboxItem, error)
	// CountStuck counts them by state and cause.
	CountStuck(ctx context.Context) ([]StuckCount, error)
	// Requeue queues stuck deliveries again, each with a fresh expiry and no attempts used up,
	// and says how many. CauseUnknownOutcome stays; every other cause is cleared.
	Requeue(ctx context.Context, q StuckQuery, expires time.Time, actor string) (int, error)
	// Reroute gives a held, failed or expired delivery another receiver, holder, redirect and
	// route, and queues it again or leaves it held with another cause. ErrNotFound, ErrConflict when it is not stuck.
	Reroute(ctx context.Context, d Delivery, actor string) error
	// Cancel ends a stuck delivery for good. ErrNotFound, ErrConflict when it is not stuck.
	Cancel(ctx context.Context, id DeliveryID, actor string) error
}

// InboxQuery selects deliveries in inboxes.
type InboxQuery struct {
	Holders []AgencyID
	Kind    edxml.Kind // empty: both
	From    time.Time  // queued at or after; zero: no bound
	To      time.Time  // queued before; zero: no bound
	Offset  int
	Limit   int // 1…1000
}

// FetchMark names deliveries that a receiver's system has fetched: one
// delivery, or all of a message that the holders hold.
type FetchMark struct {
	Delivery DeliveryID // or
	Message  MessageID
	Holders  []AgencyID
	At       time.Time
	Actor    string
}

// Acknowledgement is a receiver's word on one delivery.
type Acknowledgement struct {
	Delivery    DeliveryID
	Message     MessageID // instead of Delivery: all of a message that the holders hold
	Unreadable  bool      // the receiver could not read it
	Description string    // at most 1,000 bytes
	At          time.Time
}

// AckOutcome says what became of one acknowledgement. Acknowledging twice is
// the same as once.
type AckOutcome struct {
	Delivery DeliveryID
	State    DeliveryState
	Err      error // ErrNotFound, ErrConflict (not fetched before, cancelled)
}

// StuckQuery selects held, failed and expired deliveries. Empty fields select all.
type StuckQuery struct {
	State    DeliveryState
	Cause    string
	Receiver AgencyID
	Delivery DeliveryID
	Senders  []AgencyID // nil: all
	After    DeliveryID // page
	Limit    int        // 1…1000; Requeue: 0 for no limit
}

// StuckCount is one line of the overview of stuck deliveries.
type StuckCount struct {
	State    DeliveryState `json:"state"`
	Cause    string        `json:"cause"`
	Receiver AgencyID      `json:"receiver"`
	Count    int           `json:"count"`
	Oldest   time.Time     `json:"oldest"`
}

// Queue hands deliveries to carriers. The delivery rows are the queue.
type Queue interface {
	// DueReceivers lists the receivers that have something due for the named routes
	// (state queued and due, or sending with a lease that ran out), with their most
	// urgent lane, urgent first; at most limit of them.
	DueReceivers(ctx context.Context, routes []string, now time.Time, limit int) ([]Due, error)
	// Claim leases up to limit due deliveries of one receiver and route, urgent first, and moves
	// them to sending. A delivery is never claimed twice within its lease. One whose lease had run out
	// comes with Interrupted set: an earlier attempt began and nobody knows how it ended.
	Claim(ctx context.Context, c ClaimRequest) ([]Claimed, error)
	// Finish ends a claim: appends the attempt and moves the delivery on. ErrConflict when the
	// lease is no longer the owner's: somebody else has the delivery now.
	Finish(ctx context.Context, f Finish) error
	// Expire moves queued deliveries whose time has run out to expired, and says how many.
	// Those with CauseUnknownOutcome move to held instead: nobody may say that they were not taken.
	Expire(ctx context.Context, now time.Time, limit int) (int, error)
}

// Due is a receiver with something to send.
type Due struct {
	Route    string
	Receiver AgencyID
	Lane     int
}

// ClaimRequest asks for work.
type ClaimRequest struct {
	Owner    string
	Route    string
	Receiver AgencyID
	Now      time.Time
	Lease    time.Duration
	Limit    int
}

// Claimed is a delivery on lease.
type Claimed struct {
	Delivery    Delivery
	Message     Message // without attachments
	Interrupted bool
}

// Finish is the end of a claim. It adds one to the delivery's Attempts and sets its
// Cause to the given one, also in state queued: the next Claim gives it back, so that
// CauseUnknownOutcome on a queued delivery says that an earlier attempt is in doubt.
type Finish struct {
	Delivery DeliveryID
	Owner    string
	To       DeliveryState // sent, queued (try again at NextAt), held or failed
	Cause    string
	NextAt   time.Time
	RemoteID string
	Attempt  Attempt
}

// Agencies is the directory (danh bạ). What it says may be a second old when another process
// has changed it; changes made through the same store are seen at once.
type Agencies interface {
	// Agency reads an agency by its code or one of its aliases. ErrNotFound.
	Agency(ctx context.Context, id AgencyID) (*Agency, error)
	// AgenciesByID reads several at once, by code or alias; the key is the code asked for. Missing ones are left out.
	AgenciesByID(ctx context.Context, ids []AgencyID) (map[AgencyID]*Agency, error)
	// SearchAgencies lists agencies in the order of their codes.
	SearchAgencies(ctx context.Context, q AgencyQuery) ([]Agency, error)
	// PutAgencies writes agencies whole, in batches, and says how many changed. ErrConflict when an
	// alias belongs to another agency.
	PutAgencies(ctx context.Context, agencies []Agency, actor string) (int, error)
	// Served says which of the agencies have a system with a live credential that may act for them.
	Served(ctx context.Context, ids []AgencyID) (map[AgencyID]bool, error)
}

// Systems keeps the connected systems and their credentials.
type Systems interface {
	// Credential reads a credential by its public id, with the agencies of its system. ErrNotFound.
	Credential(ctx context.Context, id string) (*Credential, error)
	// PutSystem makes or changes a system.
	PutSystem(ctx context.Context, s System, actor string) error
	// SystemByID reads one system. ErrNotFound.
	SystemByID(ctx context.Context, id SystemID) (*System, error)
	// Systems lists them all.
	Systems(ctx context.Context) ([]System, error)
	// PutCredential keeps a new credential of an existing system. ErrConflict when its id is taken.
	PutCredential(ctx context.Context, c Credential, actor string) error
	// RevokeCredential ends a credential at a moment. ErrNotFound. Revoking twice keeps the first moment.
	RevokeCredential(ctx context.Context, id string, at time.Time, actor string) error
	// Credentials lists them all, without Proof.
	Credentials(ctx context.Context) ([]Credential, error)
}

// Events is the spine: the one history.
type Events interface {
	// Feed reads events after a cursor. ErrInvalid for a cursor that was never given out.
	Feed(ctx context.Context, q FeedQuery) (Feed, error)
	// Timeline reads a message's events in order.
	Timeline(ctx context.Context, id MessageID) ([]Event, error)
	// Changed gives a channel that is closed at or soon after the next event that
	// any node commits, and possibly before: a hint to read the feed again.
	Changed() <-chan struct{}
	// Append writes an event that belongs to no other change (a node that starts or stops).
	Append(ctx context.Context, e Event) error
}
