package pdf

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/tsa"
)

// ToBeSigned is what the key signs: the signed attributes in DER. Keys that hash for
// themselves (Ed25519, most remote services) take this.
func (p *Pending) ToBeSigned() []byte { return p.CMS.ToBeSigned() }

// Digest is the hash of ToBeSigned, with the algorithm Hash, for keys that sign digests.
func (p *Pending) Digest() []byte { return p.CMS.Digest() }

// Finish completes a signature with the value that the key gave for Digest or
// ToBeSigned, and writes the signed document to dst. Nothing is written before it is
// certain that src is the document that was prepared, and that the signature verifies.
//
// Errors: ErrSourceChanged, ErrSignature, ErrRoom, ErrEvidence, those of the time
// stamping (tsa), and of src and dst.
func (p *Pending) Finish(ctx context.Context, signature []byte, src io.ReaderAt, dst io.Writer) error {
	if !p.Gap.sound() || p.CMS == nil || !p.Hash.Available() || p.SourceSize <= 0 {
		return fmt.Errorf("%w: what was prepared is not complete", ErrSourceChanged)
	}
	var beyond [1]byte
	if n, _ := src.ReadAt(beyond[:], p.SourceSize); n != 0 {
		return fmt.Errorf("%w: it is longer", ErrSourceChanged)
	}
	der, err := p.CMS.Finish(signature)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if err := p.bound(der); err != nil {
		return err
	}
	return p.finish(ctx, der, newDigests(src, p.SourceSize), dst)
}

// bound makes sure that the signature is over the digest that was kept beside it. That
// its value verifies with the certificate, cms has seen.
func (p *Pending) bound(der []byte) error {
	signed, err := cms.Parse(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if !bytes.Equal(signed.Signers[0].MessageDigest, p.Content) {
		return fmt.Errorf("%w: it is over another digest", ErrSignature)
	}
	return nil
}

func (p *Pending) finish(ctx context.Context, der []byte, d *digests, dst io.Writer) error {
	if err := p.unchanged(ctx, d); err != nil {
		return err
	}
	var err error
	reached, why := p.Level, []signer.Reason(nil)
	if stamped(p.Level) {
		der, err = p.stamp(ctx, der)
		if reached, why, err = p.fall(signer.LevelBB, err, reached); err != nil {
			return err
		}
	}
	increment, err := p.Gap.fill(der)
	if err != nil {
		return err
	}
	doc := (&layers{src: d.src, size: d.size}).with(increment)
	if longTerm(reached) {
		e := &extension{doc: doc, digests: d, stamper: p.Stamper, judge: p.Judge, hash: p.Hash}
		err := e.last(ctx, reached)
		if reached, why, err = p.fall(signer.LevelBT, err, reached); err != nil {
			return err
		}
		doc = e.doc
	}
	if err := doc.writeTo(ctx, dst, p.SourceSHA256); err != nil {
		return err
	}
	if reached != p.Level {
		p.Downgraded(reached, why)
	}
	return nil
}

// fall goes down to a level when what lies above it cannot be had now, and that is allowed.
func (p *Pending) fall(to signer.Level, err error, reached signer.Level) (signer.Level, []signer.Reason, error) {
	if err == nil {
		return reached, nil, nil
	}
	if p.Downgraded == nil {
		return reached, nil, err
	}
	var missing *MissingEvidence
	switch {
	case errors.As(err, &missing):
		return to, missing.Reasons, nil
	case errors.Is(err, tsa.ErrUnavailable), errors.Is(err, tsa.ErrRejected):
		return to, []signer.Reason{{
			Code: "no-time-stamp", Vi: "Chưa lấy được dấu thời gian.", En: "No time stamp could be had.",
		}}, nil
	}
	return reached, nil, err
}

// unchanged makes sure that the source is the one that was prepared.
func (p *Pending) unchanged(ctx context.Context, d *digests) error {
	sum, err := d.of(ctx, crypto.SHA256)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is shorter", ErrSourceChanged)
	}
	if err != nil {
		return err
	}
	content, err := d.of(ctx, p.Hash, p.Gap.head(), p.Gap.tail())
	if err != nil {
		return err
	}
	if !bytes.Equal(sum, p.SourceSHA256) || !bytes.Equal(content, p.Content) {
		return ErrSourceChanged
	}
	return nil
}

// stamp puts a time stamp over the signature value into the signature (B-T). On an
// error the signature is given as it was.
func (p *Pending) stamp(ctx context.Context, der []byte) ([]byte, error) {
	signed, err := cms.Parse(der)
	if err != nil {
		return der, fmt.Errorf("time stamp: %w", err)
	}
	h := p.Hash.New()
	h.Write(signed.Signers[0].Signature)
	token, err := p.Stamper.Stamp(ctx, p.Hash, h.Sum(nil))
	if err != nil {
		return der, fmt.Errorf("time stamp: %w", err)
	}
	stamped, err := cms.AddTimeStamp(der, token.DER)
	if err != nil {
		return der, fmt.Errorf("time stamp: %w", err)
	}
	if len(stamped) > p.Gap.Room {
		return der, &tooNarrow{token: len(token.DER)}
	}
	return stamped, nil
}

// tooNarrow says that a time stamp does not fit what was reserved. It is ErrRoom.
type tooNarrow struct{ token int }

func (t *tooNarrow) Error() string {
	return fmt.Sprintf("%v: the time stamp has %d bytes", ErrRoom, t.token)
}

func (t *tooNarrow) Is(target error) bool { return target == ErrRoom }

// writeTo writes the document. What is read of the source now must be what was signed.
func (l *layers) writeTo(ctx context.Context, dst io.Writer, sum []byte) error {
	h := crypto.SHA256.New()
	if err := copyAll(ctx, io.MultiWriter(dst, h), l.src, l.size); err != nil {
		return err
	}
	if !bytes.Equal(h.Sum(nil), sum) {
		return fmt.Errorf("%w: it changed while it was written", ErrSourceChanged)
	}
	for _, a := range l.added {
		if _, err := dst.Write(a); err != nil {
			return fmt.Errorf("write the signature: %w", err)
		}
	}
	return nil
}
