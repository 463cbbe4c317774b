package pdf

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"time"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
	"congvan/signer/tsa"
)

// ExtendOptions say how far the signatures of a document are to be raised.
type ExtendOptions struct {
	// To is B-T, B-LT or B-LTA. To B-LTA renews what has that level already: it adds
	// validation data that came up since, and a new document time stamp over it all,
	// to be done before the last one loses its strength.
	To      signer.Level
	Stamper Stamper     // needed where a time stamp is missing
	Judge   Judge       // needed from B-LT on
	Digest  crypto.Hash // of document time stamps; 0: SHA-256
	// Downgraded allows a lower level, as in SignOptions.
	Downgraded func(reached signer.Level, why []signer.Reason)
}

// Extend writes src to dst with what its signatures lack to be of a level: document
// time stamps and a security store, in increments of their own. They are no changes
// to the document, under whatever certification or lock (ISO 32000-2, 12.8.2.2.2).
// Where nothing is lacking, src is written as it is. Nothing is written before all is there.
//
// Errors: ErrRefused (no signatures, nothing configured), ErrEvidence, those of the
// time stamping (tsa), of the reader of documents (syntax), and of src and dst.
func Extend(ctx context.Context, src io.ReaderAt, size int64, dst io.Writer, o ExtendOptions) error {
	if o.Digest == 0 {
		o.Digest = crypto.SHA256
	}
	if err := o.check(); err != nil {
		return err
	}
	e := &extension{
		doc: &layers{src: src, size: size}, digests: newDigests(src, size),
		stamper: o.Stamper, judge: o.Judge, hash: o.Digest,
	}
	reached, why, err := e.raise(ctx, o)
	if err != nil {
		return err
	}
	sum, err := e.digests.of(ctx, crypto.SHA256)
	if err != nil {
		return err
	}
	if err := e.doc.writeTo(ctx, dst, sum); err != nil {
		return err
	}
	if reached != o.To {
		o.Downgraded(reached, why)
	}
	return nil
}

func (o *ExtendOptions) check() error {
	s := SignOptions{Level: o.To, Stamper: o.Stamper, Judge: o.Judge}
	if o.To == "" || o.To == signer.LevelBB {
		return refuse("level-unknown", "Chỉ nâng được lên mức B-T, B-LT hoặc B-LTA.", "Signatures are raised to B-T, B-LT or B-LTA.")
	}
	return s.checkLevel()
}

// raise goes up level by level, and stops where it may.
func (e *extension) raise(ctx context.Context, o ExtendOptions) (signer.Level, []signer.Reason, error) {
	p := &Pending{Level: o.To, Downgraded: o.Downgraded}
	reached, why, err := p.fall(signer.LevelBB, e.toBT(ctx), o.To)
	if err != nil || reached == signer.LevelBB || o.To == signer.LevelBT {
		return reached, why, err
	}
	reached, why, err = p.fall(signer.LevelBT, e.toBLT(ctx), o.To)
	if err != nil || reached == signer.LevelBT || o.To == signer.LevelBLT {
		return reached, why, err
	}
	return p.fall(signer.LevelBLT, e.addStamp(ctx), o.To)
}

// extension adds increments to a document.
type extension struct {
	doc     *layers
	digests *digests
	stamper Stamper
	judge   Judge
	hash    crypto.Hash
	room    int // for time stamps; 0: the usual
}

// last raises the signature that was just made.
func (e *extension) last(ctx context.Context, to signer.Level) error {
	err := e.store(ctx, func(v *value) bool { return v.end == e.doc.Size() })
	if err != nil || to != signer.LevelBLTA {
		return err
	}
	return e.addStamp(ctx)
}

// toBT adds a document time stamp where a signature has no time that is proven.
func (e *extension) toBT(ctx context.Context) error {
	d, err := openDraft(e.doc, e.doc.Size())
	if err != nil {
		return err
	}
	values, err := d.values()
	if err != nil {
		return err
	}
	signatures, bare := 0, false
	for _, v := range values {
		if !v.isStamp {
			signatures++
			bare = bare || v.proven(values).IsZero()
		}
	}
	switch {
	case signatures == 0:
		return refuse("no-signature", "Tài liệu chưa có chữ ký nào.", "The document bears no signature.")
	case bare:
		return e.addStamp(ctx)
	}
	return nil
}

// toBLT stores what proves all signatures and time stamps.
func (e *extension) toBLT(ctx context.Context) error {
	return e.store(ctx, func(*value) bool { return true })
}

// store adds what proves the chosen values to the security store.
func (e *extension) store(ctx context.Context, chosen func(*value) bool) error {
	d, err := openDraft(e.doc, e.doc.Size())
	if err != nil {
		return err
	}
	values, err := d.values()
	if err != nil {
		return err
	}
	known, err := d.storedEvidence()
	if err != nil {
		return err
	}
	c := &collector{judge: e.judge, now: time.Now(), known: known, values: values}
	found := map[syntax.Name]*evidence{}
	for _, v := range values {
		if chosen(v) {
			found[vriKey(v.contents)] = c.collect(ctx, v)
		}
	}
	if len(c.missing) > 0 {
		return &MissingEvidence{Reasons: c.missing}
	}
	grew, err := d.addDSS(found)
	if err != nil || !grew {
		return err
	}
	data, _, err := d.finish()
	if err != nil {
		return err
	}
	e.doc = e.doc.with(data)
	return nil
}

// addStamp adds a document time stamp over all that is there.
func (e *extension) addStamp(ctx context.Context) error {
	if e.stamper == nil {
		return noStamper()
	}
	if e.room == 0 {
		e.room = usualStamp
	}
	for attempt := 1; ; attempt++ {
		gap, err := e.stampGap()
		if err != nil {
			return err
		}
		token, err := e.stampOver(ctx, gap)
		if err != nil {
			return err
		}
		increment, err := gap.fill(token.DER)
		if err == nil {
			e.doc = e.doc.with(increment)
			return nil
		}
		if !errors.Is(err, ErrRoom) || attempt == attempts {
			return err
		}
		e.room = withMargin(len(token.DER))
	}
}

// stampGap lays out the field of a document time stamp.
func (e *extension) stampGap() (Gap, error) {
	d, err := openDraft(e.doc, e.doc.Size())
	if err != nil {
		return Gap{}, err
	}
	field := blankField(d.freeName("TimeStamp"))
	field["V"] = d.up.Add(stampDict(e.room))
	if err := d.hide(field); err != nil {
		return Gap{}, err
	}
	return d.lay(e.room)
}

// stampOver gets a time stamp over the document with an increment.
func (e *extension) stampOver(ctx context.Context, gap Gap) (*tsa.Token, error) {
	parts := append(e.doc.added[:len(e.doc.added):len(e.doc.added)], gap.head(), gap.tail())
	digest, err := e.digests.of(ctx, e.hash, parts...)
	if err != nil {
		return nil, err
	}
	token, err := e.stamper.Stamp(ctx, e.hash, digest)
	if err != nil {
		return nil, fmt.Errorf("document time stamp: %w", err)
	}
	return token, nil
}
