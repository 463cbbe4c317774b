package pdf

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"congvan/signer"
	"congvan/signer/cms"
)

// Pending is a signature that waits for its value, which is made elsewhere: by a token
// at a clerk's desk, or a remote service. As JSON it survives a restart; it holds the
// increment and digests, never the document itself and nothing secret.
type Pending struct {
	Level        signer.Level  `json:"level"`
	SourceSize   int64         `json:"source_size"`
	SourceSHA256 []byte        `json:"source_sha256"`
	Hash         crypto.Hash   `json:"hash"`
	Content      []byte        `json:"content_digest"` // digest of what the ByteRange covers
	Gap          Gap           `json:"gap"`
	CMS          *cms.Prepared `json:"cms"`

	// To be set again after a restart, as in SignOptions.
	Stamper    Stamper                             `json:"-"`
	Judge      Judge                               `json:"-"`
	Downgraded func(signer.Level, []signer.Reason) `json:"-"`
}

// Gap is an increment in which the place of one signature value is still empty.
type Gap struct {
	Increment []byte `json:"increment"`
	At        int    `json:"at"`   // offset of the hexadecimal string, its "<", in the increment
	Room      int    `json:"room"` // bytes that it can hold
}

func (g *Gap) head() []byte { return g.Increment[:g.At] }
func (g *Gap) tail() []byte { return g.Increment[g.At+2*g.Room+2:] }

// fill gives the increment with a value in its place, the rest of which stays zero.
func (g *Gap) fill(value []byte) ([]byte, error) {
	if len(value) > g.Room {
		return nil, fmt.Errorf("%w: %d bytes in a place for %d", ErrRoom, len(value), g.Room)
	}
	const digits = "0123456789abcdef"
	full := bytes.Clone(g.Increment)
	for i, b := range value {
		full[g.At+1+2*i], full[g.At+2+2*i] = digits[b>>4], digits[b&15]
	}
	return full, nil
}

// sound checks a Gap that came from outside.
func (g *Gap) sound() bool {
	end := g.At + 2*g.Room + 1
	return g.At > 0 && g.At < len(g.Increment) && g.Room > 0 && g.Room < len(g.Increment) && end < len(g.Increment) &&
		g.Increment[g.At] == '<' && g.Increment[end] == '>'
}

// Prepare lays out a signature and stops where the key is needed. chain are the
// certificate's issuers, nearest first, to be put into the signature. The document
// stays where it is; Finish wants it again.
func Prepare(ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate, src io.ReaderAt, size int64, o SignOptions) (*Pending, error) {
	if o.Level == signer.LevelLegacy {
		return nil, refuse("legacy-two-phase", "Chữ ký kiểu cũ không ký được theo hai bước.",
			"A signature in the old form cannot be made in two phases.")
	}
	d := newDigests(src, size)
	if o.StampSize == 0 && stamped(o.Level) && o.Stamper != nil {
		o.StampSize = measure(ctx, d, o)
	}
	return prepare(ctx, cert, chain, d, o)
}

// measure asks for a time stamp to learn how large they are. Where it cannot be had
// now, Finish may still get one, of the usual size.
func measure(ctx context.Context, d *digests, o SignOptions) int {
	h := crypto.SHA256
	digest, err := d.of(ctx, h)
	if err != nil {
		return 0
	}
	t, err := o.Stamper.Stamp(ctx, h, digest)
	if err != nil {
		return 0
	}
	return withMargin(len(t.DER))
}

// usualStamp is reserved where nobody measured: tokens with their authority's chain
// have three to seven kilobytes.
const usualStamp = 8 << 10

// withMargin leaves room for what varies between tokens: serial numbers, fractions of
// seconds, signatures in DER.
func withMargin(token int) int { return token + 512 }

func stamped(l signer.Level) bool {
	return l == signer.LevelBT || l == signer.LevelBLT || l == signer.LevelBLTA
}

func prepare(ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate, d *digests, o SignOptions) (*Pending, error) {
	if err := o.settle(cert); err != nil {
		return nil, err
	}
	dr, err := openDraft(d.src, d.size)
	if err != nil {
		return nil, err
	}
	target, err := dr.target(&o, cert, chain)
	if err != nil {
		return nil, err
	}
	room, err := roomFor(cert, chain, o)
	if err != nil {
		return nil, err
	}
	if err := dr.placeSignature(ctx, target, o, room); err != nil {
		return nil, err
	}
	gap, err := dr.lay(room)
	if err != nil {
		return nil, err
	}
	return newPending(ctx, cert, chain, d, gap, o)
}

func newPending(ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate, d *digests, gap Gap, o SignOptions) (*Pending, error) {
	sum, err := d.of(ctx, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	content, err := d.of(ctx, o.Digest, gap.head(), gap.tail())
	if err != nil {
		return nil, err
	}
	prepared, err := cms.Prepare(cert, chain, o.Digest, content, o.attributes(cert))
	if err != nil {
		return nil, err
	}
	return &Pending{
		Level: o.Level, SourceSize: d.size, SourceSHA256: sum, Hash: o.Digest, Content: content, Gap: gap,
		CMS: prepared, Stamper: o.Stamper, Judge: o.Judge, Downgraded: o.Downgraded,
	}, nil
}

// roomFor is how many bytes the signature can have at most.
func roomFor(cert *x509.Certificate, chain []*x509.Certificate, o SignOptions) (int, error) {
	trial, err := cms.Prepare(cert, chain, o.Digest, make([]byte, o.Digest.Size()), o.attributes(cert))
	if err != nil {
		return 0, err
	}
	switch {
	case !stamped(o.Level):
		return trial.Size(), nil
	case o.StampSize == 0:
		return trial.SizeStamped(usualStamp), nil
	}
	return trial.SizeStamped(o.StampSize), nil
}

// attributes are what the signature states (EN 319 142-1, 6.3): not the time, which
// stands in the dictionary.
func (o *SignOptions) attributes(cert *x509.Certificate) cms.Attributes {
	return cms.Attributes{Certificate: cert, PSS: o.PSS}
}

// settle fills in defaults and refuses options that contradict each other.
func (o *SignOptions) settle(cert *x509.Certificate) error {
	if o.Level == "" {
		o.Level = signer.LevelBB
	}
	if o.Name == "" {
		o.Name = cert.Subject.CommonName
	}
	if o.Time.IsZero() {
		o.Time = time.Now()
	}
	return cmp.Or(o.checkLevel(), o.checkShape())
}
