package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"congvan/signer"
)

// worthPreserving says whether a document that holds now lacks a proof that it should have, or
// has one that ages.
func (r *rejudgement) worthPreserving(report *signer.Report) bool {
	if report.Indication != signer.TotalPassed {
		return false
	}
	aging := report.Recheck != nil && !report.Recheck.After(r.now())
	return r.wantsPreserving(report) || aging && r.Preserve != ""
}

// wantsPreserving says whether a document has less proof than it is to be kept with.
func (g *Gateway) wantsPreserving(report *signer.Report) bool {
	return g.Preserver != nil && g.Preserve != "" && report.Indication == signer.TotalPassed &&
		slices.ContainsFunc(report.Signatures, func(s signer.Signature) bool { return s.Level.Rank() < g.Preserve.Rank() })
}

// preserve keeps a copy with renewed proofs, and the judgement on it.
func (r *rejudgement) preserve(ctx context.Context, report *signer.Report) error {
	copied, err := r.renew(ctx, lowest(report))
	if errors.Is(err, ErrUnavailable) {
		r.Log.Info("proof not renewed now", "message", r.due.Message, "part", r.due.Part, "err", err)
		return r.settle(ctx, report, true)
	}
	if err != nil {
		return err
	}
	if err := r.Store.Preserve(ctx, *copied, r.message.From, actorSigner); err != nil {
		return err
	}
	r.copy = copied
	if report, err = r.report(ctx); err != nil {
		return err
	}
	return r.append(ctx, report, r.next(report, r.wantsPreserving(report)))
}

// lowest gives the level that all signatures of a document have.
func lowest(report *signer.Report) signer.Level {
	low := signer.LevelBLTA
	for _, s := range report.Signatures {
		if s.Level.Rank() < low.Rank() {
			low = s.Level
		}
	}
	return low
}

// renew makes a copy with more proof than the document has. A copy that is less than was asked for and
// no more than there is would only grow the archive: its time has not come, ErrUnavailable.
func (r *rejudgement) renew(ctx context.Context, has signer.Level) (*Preserved, error) {
	from, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	to, err := r.Objects.Create(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	defer to.Abort()
	counted := &counter{Writer: to}
	level, err := r.Preserver.Preserve(ctx, from, from.Size(), counted)
	if err != nil {
		return nil, err
	}
	if level.Rank() < r.Preserve.Rank() && level.Rank() <= has.Rank() {
		return nil, fmt.Errorf("reached %s, has %s, wants %s: %w", level, has, r.Preserve, ErrUnavailable)
	}
	digest, err := to.Commit(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	return &Preserved{Message: r.due.Message, Part: r.due.Part, At: r.now(), Blob: string(digest), Size: counted.n, Level: level}, nil
}

// counter counts what is written.
type counter struct {
	io.Writer
	n int64
}

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n += int64(n)
	return n, err
}
