package signing

import (
	"context"
	"errors"
	"fmt"
	"io"

	"congvan/gateway"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/tsa"
)

// Preserver raises documents to a level; it implements gateway.Preserver.
type Preserver struct {
	*Signing
	Level signer.Level
}

// Preserve implements gateway.Preserver.
func (p Preserver) Preserve(ctx context.Context, r io.ReaderAt, size int64, w io.Writer) (signer.Level, error) {
	reached := p.Level
	err := pdf.Extend(ctx, r, size, w, pdf.ExtendOptions{
		To: p.Level, Stamper: p.stamper, Judge: p.judge,
		Downgraded: func(l signer.Level, _ []signer.Reason) { reached = l },
	})
	if errors.Is(err, tsa.ErrUnavailable) || errors.Is(err, pdf.ErrEvidence) {
		return "", fmt.Errorf("%w: %w", gateway.ErrUnavailable, err)
	}
	return reached, err
}
