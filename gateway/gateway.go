package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"congvan/archive/objects"
	"congvan/schemas"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// Validator checks the structure of an envelope; *schemas.Validator does.
type Validator interface {
	Validate(env *edxml.Envelope, skeleton []byte) *schemas.Report
}

// ReceiptSigner signs statements and gives them in JWS compact form.
type ReceiptSigner interface {
	Sign(s Statement) (string, error)
}

// Options are what a Gateway is made of. Store, Objects, Validator, Signer and Self are required.
type Options struct {
	Store     Store
	Objects   objects.Store
	Validator Validator
	Signer    ReceiptSigner
	Log       *slog.Logger

	Signatures    Signatures    // nil: signatures are not judged
	Countersigner Countersigner // nil: documents are not signed elsewhere
	Sealer        Sealer        // nil: the envelopes that the gateway writes are not signed
	Preserver     Preserver     // nil: proofs are not renewed
	Preserve      signer.Level  // to which documents are raised, with a Preserver; empty: as they came

	Self AgencyID // the code of the office that runs this gateway, for traces and receipts
	Node string   // name of this process among its peers; unique

	Limits Limits
	Expiry time.Duration // how long a delivery may wait to be taken; default 30 days
	Axis   bool          // a carrier to the axis is configured
	Now    func() time.Time
}

// Limits bound what one submission may hold. Zero fields take the defaults.
type Limits struct {
	Envelope  edxml.Limits    // structure; Size is the bytes of one message, default 4 GiB
	Unzip     edxml.ZipLimits // of ZIP-wrapped attachments
	Receivers int             // of one message, default 10,000
}

// Gateway accepts, keeps, routes and hands out messages. It is safe for
// concurrent use.
type Gateway struct {
	Options
	archiver archiver
	recent   recent
}

// New makes a Gateway.
func New(o Options) (*Gateway, error) {
	if o.Store == nil || o.Objects == nil || o.Validator == nil || o.Signer == nil || o.Self == "" {
		return nil, errors.New("gateway: Store, Objects, Validator, Signer and Self are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Expiry == 0 {
		o.Expiry = 30 * 24 * time.Hour
	}
	if o.Limits.Envelope.Size == 0 {
		o.Limits.Envelope.Size = 4 << 30
	}
	if o.Limits.Receivers == 0 {
		o.Limits.Receivers = 10_000
	}
	return &Gateway{Options: o, archiver: archiver{fresh: make(chan filed, 4*archiveBatch)}}, nil
}

// now is the moment, in the precision that the store keeps.
func (g *Gateway) now() time.Time { return g.Now().UTC().Truncate(time.Microsecond) }

// today is the day in Vietnam, yyyy-MM-dd.
func today(t time.Time) string { return t.In(edxml.VietnamZone).Format(time.DateOnly) }

// require fails unless the principal has a scope.
func require(p Principal, s Scope) error {
	if p.System == "" {
		return Errorf(CodeUnauthenticated, "", "no principal")
	}
	if !p.May(s) {
		return Errorf(CodeScopeMissing, string(s), "credential %s lacks scope %s", p.Credential, s)
	}
	return nil
}

// Ready says whether the gateway can accept a letter now: the database and the
// object store answer.
func (g *Gateway) Ready(ctx context.Context) error {
	if _, err := g.Store.Feed(ctx, FeedQuery{Limit: 1}); err != nil {
		return err
	}
	return g.Objects.Check(ctx)
}
