package signing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"congvan/gateway"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/tsa"
)

// Preserver raises documents to a level; it implements gateway.Preserver.
type Preserver struct {
	*Signing
	Level signer.Level
	Log   *slog.Logger
}

// Preserve implements gateway.Preserver.
func (p Preserver) Preserve(ctx context.Context, r io.ReaderAt, size int64, w io.Writer) (signer.Level, error) {
	reached := p.Level
	err := pdf.Extend(ctx, r, size, w, pdf.ExtendOptions{
		To: p.Level, Stamper: p.stamper, Judge: p.judge,
		Downgraded: func(l signer.Level, why []signer.Reason) {
			reached = l
			p.tell(l, why)
		},
	})
	if errors.Is(err, tsa.ErrUnavailable) || errors.Is(err, pdf.ErrEvidence) {
		return "", fmt.Errorf("%w: %w", gateway.ErrUnavailable, err)
	}
	return reached, err
}

// tell says why a proof is less than was asked for.
func (p Preserver) tell(reached signer.Level, why []signer.Reason) {
	for _, r := range why {
		p.Log.Info("proof not complete", "reached", reached, "wanted", p.Level, "code", r.Code, "reason", r.En)
	}
}
