package dispatch

import (
	"context"
	"io"

	"congvan/gateway"
)

// Carrier hands letters over to another system.
type Carrier interface {
	// Carry hands one letter over and returns once the other side has taken it,
	// which means that losing it is from then on the other side's fault alone: an
	// answer from something in between is not enough. Nil means taken.
	//
	// It is called at once for different deliveries. It is called again for the same delivery
	// after a temporary failure, and after an unknown outcome if the carrier is a
	// Confirmer (after it has said "not found") or Idempotent, or if a person ordered
	// it; Parcel.Interrupted then says that an earlier attempt is in doubt. It is not called again after nil.
	//
	// Errors are made by Temporary, Permanent and Unknown. Any other error is temporary if
	// no byte of Parcel.Open was read, else unknown. It returns soon after ctx ends;
	// ctx ends before the lease does, so a carrier that overstays risks a second carrier beside it.
	// It never returns nil after Parcel.Open or its reader failed.
	Carry(ctx context.Context, p Parcel) (Answer, error)
}

// Confirmer is a Carrier that can ask the other side about an earlier attempt.
type Confirmer interface {
	// Confirm says whether the other side took the letter in an earlier attempt, and under
	// which id. It changes nothing there and may be called any number of times.
	// Not found is a promise: the earlier attempt will not take effect any more.
	// When that cannot be said (no answer, still in progress) it returns an error, of any kind,
	// and is asked again later.
	Confirm(ctx context.Context, p Parcel) (found bool, remoteID string, err error)
}

// Idempotent is a Carrier whose other side recognizes a letter that it already has.
type Idempotent interface {
	// Idempotent says that handing the same delivery over twice has the effect of
	// once, for ever. The answer does not change while the carrier is in use.
	Idempotent() bool
}

// Endpointer is a Carrier several of whose receivers are reached through one system.
type Endpointer interface {
	// Endpoint names the system through which a receiver is reached, such as
	// its host. Empty means that the receiver has one of its own. It answers from memory, at once.
	Endpoint(receiver gateway.AgencyID) string
}

// Body is the bytes to hand over, to be read once and closed. They need not be the message's
// original: on the way to the axis our hop is added to the trace.
type Body struct {
	io.ReadCloser
	Size   int64
	SHA256 string // lower-case hex
}

// Opener opens the bytes that are handed over for a message; the same message gives the same
// bytes every time, so that the other side can recognise a repetition.
// Its reader ends in an error, not io.EOF, when they do not match their hash; that
// error, like one from opening, has code gateway.CodeDamaged. Every other error is taken to pass.
type Opener func(ctx context.Context, m gateway.Message) (Body, error)

// Parcel is one delivery as a carrier gets it.
type Parcel struct {
	Delivery gateway.Delivery
	Message  gateway.Message // without attachments
	// Interrupted says that an earlier attempt may have handed it over.
	Interrupted bool
	// Open gives the bytes to hand over. It may be called several times,
	// one after the other; the caller closes what it gets. The bytes are streamed.
	Open func(ctx context.Context) (Body, error)
}

// Answer is what the other side said when it took a letter. All fields may be empty.
type Answer struct {
	RemoteID string // its id for the letter
	Code     string // at most 100 bytes are kept
	Text     string // its words, shown to people; at most 1,000 bytes are kept
}
