package pdf

import (
	"context"
	"crypto"
	"errors"
	"io"
	"time"

	"congvan/signer"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/changes"
	"congvan/signer/token"
	"congvan/signer/trust"
	"congvan/signer/tsa"
)

// Stamper gets time stamps (RFC 3161); *tsa.Client is one. It may be asked several
// times for one signature: when a token is larger than was reserved for it.
type Stamper interface {
	Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*tsa.Token, error)
}

// Judge finds the chain and the revocation data of a certificate; *trust.Judge is one.
type Judge interface {
	Judge(ctx context.Context, q trust.Question) trust.Answer
}

// SignOptions say what signature to make and how it is shown. The zero value makes an
// invisible approval signature of level B-B in a new field.
type SignOptions struct {
	// Level is B-B (also when empty), B-T, B-LT or B-LTA of EN 319 142-1, or legacy:
	// adbe.pkcs7.detached for receivers whose software knows nothing else.
	Level signer.Level
	// Field is the fully qualified name of an empty signature field to sign, whose
	// lock and seed values are honoured, or of a new field. Empty: a new field,
	// with a name of its own.
	Field string
	// Placement is where a new field shows its appearance; nil: nowhere, the signature
	// is invisible. An existing field keeps its place.
	Placement appearance.Placement
	// Appearance is what a visible field shows.
	Appearance *appearance.Drawing
	// Certify makes a certification, which must be the first signature, with DocMDP
	// permissions P from 1 (no changes) over 2 (forms and signatures) to 3
	// (annotations too). 0: an approval signature.
	Certify int
	// Lock of a new field: what may not change once it is signed. An existing field
	// brings its own.
	Lock *Lock

	Name     string // of the signer as shown by readers; empty: the certificate's common name
	Reason   string
	Location string
	Contact  string

	// Time is when the signer claims to sign; zero: now. It is written at +07:00.
	Time time.Time
	// Digest is SHA-256, SHA-384 or SHA-512; 0: what the field's seed values list and
	// suits the key.
	Digest crypto.Hash
	PSS    bool // sign with RSA-PSS where the key is RSA

	Stamper   Stamper // needed from B-T on
	Judge     Judge   // needed from B-LT on
	StampSize int     // bytes to reserve for a time stamp token; 0: measured
	// Downgraded allows to fall back to a lower level when a time stamp or revocation
	// data cannot be had now, and is told the level that was reached and why. Nil:
	// that is an error.
	Downgraded func(reached signer.Level, why []signer.Reason)
}

// Lock says which form fields may not change once a signature is there, and what else
// may not; it is read back by the same rules.
type Lock = changes.Lock

// attempts at a signature whose time stamp does not fit: the first one measures it.
const attempts = 3

// Sign writes src with a further signature to dst. The bytes of src come first,
// untouched; memory does not grow with them. Nothing is written before the signature
// is there and verifies; when an error comes after that (the document changed
// meanwhile, dst failed) what was written is to be thrown away.
//
// Errors: ErrRefused, ErrEvidence, those of the time stamping (tsa), of the key, of
// the reader of documents (syntax), and of src and dst.
func Sign(ctx context.Context, key *token.Key, src io.ReaderAt, size int64, dst io.Writer, o SignOptions) error {
	if o.Level == signer.LevelLegacy {
		return signLegacy(ctx, key, src, size, dst, o)
	}
	d := newDigests(src, size)
	for attempt := 1; ; attempt++ {
		err := signOnce(ctx, key, d, dst, o)
		var narrow *tooNarrow
		if !errors.As(err, &narrow) || attempt == attempts {
			return err
		}
		o.StampSize = withMargin(narrow.token)
	}
}

func signOnce(ctx context.Context, key *token.Key, d *digests, dst io.Writer, o SignOptions) error {
	p, err := prepare(ctx, key.Certificate, key.Chain, d, o)
	if err != nil {
		return err
	}
	der, err := p.CMS.Sign(key)
	if err != nil {
		return err
	}
	return p.finish(ctx, der, d, dst)
}
