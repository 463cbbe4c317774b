package signing

import (
	"context"
	"errors"
	"io"

	"congvan/signer"
	"congvan/signer/pdf"
	xmlsig "congvan/signer/xml"
)

// ErrLevel: signatures of the format are not raised to this level.
var ErrLevel = errors.New("no such level for this format")

// Raise writes a signed file with what its signatures lack to be of a level, and renews
// what is B-LTA already. Time-stamping authorities are needed. Errors: ErrFormat,
// ErrLevel, and those of pdf.Extend and xmlsig.Extend.
func (s *Signing) Raise(ctx context.Context, r io.ReaderAt, size int64, w io.Writer, to signer.Level) error {
	format, err := FormatOf(r, size)
	if err != nil {
		return err
	}
	if format == FormatPDF {
		return pdf.Extend(ctx, r, size, w, pdf.ExtendOptions{To: to, Stamper: s.stamper, Judge: s.judge})
	}
	if to != signer.LevelBT {
		return ErrLevel
	}
	m, err := ReadXML(r, size)
	if err != nil {
		return err
	}
	raised, err := xmlsig.Extend(ctx, m, s.stamper, xmlsig.Limits{})
	if err != nil {
		return err
	}
	return WriteXML(w, raised.Message(m.Payloads))
}
