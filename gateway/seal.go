package gateway

import (
	"context"
	"crypto/sha256"

	"congvan/schemas/edxml"
)

// seal signs an envelope that the gateway itself has just written; what others wrote is theirs
// to sign.
func (a *arrival) seal(ctx context.Context) error {
	if a.Sealer == nil || a.submission.contentKey == "" || a.env.Signature.Present || !a.split.Rebuildable {
		return nil
	}
	sealed, err := a.Sealer.Seal(ctx, SignedEnvelope{Split: a.split, Envelope: a.env, Open: a.staged.open}, a.at)
	if err != nil {
		return Errorf(CodeInternal, "", "sign envelope: %w", err)
	}
	if sealed.Size, err = sealed.JoinedSize(); err != nil {
		return Errorf(CodeInternal, "", "sign envelope: %w", err)
	}
	sum := sha256.New()
	if err := sealed.Join(sum, a.staged.open); err != nil {
		return splitError(err)
	}
	sum.Sum(sealed.SHA256[:0])
	if a.env, err = edxml.Read(sealed.Skeleton); err != nil {
		return splitError(err)
	}
	a.split = sealed
	return nil
}
