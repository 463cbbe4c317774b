package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"time"

	"congvan/archive/objects"
	"congvan/schemas"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// SigningID names one signing: a UUID, version 7.
type SigningID string

// SigningState is how far a signing has come.
type SigningState string

// The states. A signing that is not signed in time is expired; that is not stored but read off the clock.
const (
	SigningWaiting   SigningState = "waiting"
	SigningSigned    SigningState = "signed"
	SigningCancelled SigningState = "cancelled"
	SigningExpired   SigningState = "expired"
)

// Signing is a PDF that is signed elsewhere, with a key that never comes here: at a clerk's desk, by a
// desktop signing service. The service fetches it, and brings it back with exactly one more signature;
// it shows a secret of its own for both, which is good for nothing else.
type Signing struct {
	ID        SigningID      `json:"id"`
	System    SystemID       `json:"system"`
	Name      string         `json:"name"`
	Number    string         `json:"number,omitempty"` // số và ký hiệu
	Date      string         `json:"date,omitempty"`   // yyyy-MM-dd
	State     SigningState   `json:"state"`
	Sent      string         `json:"sent_sha256"`
	SentSize  int64          `json:"sent_size"`
	Signed    string         `json:"signed_sha256,omitempty"`
	Size      int64          `json:"signed_size,omitempty"`
	Report    *signer.Report `json:"report,omitempty"` // on the signed document
	CreatedAt time.Time      `json:"created_at"`
	ExpiresAt time.Time      `json:"expires_at"`
	SignedAt  time.Time      `json:"signed_at,omitzero"`

	Proof []byte `json:"-"` // SHA-256 of the secret
}

// Signings keeps documents that are signed elsewhere.
type Signings interface {
	// PutSigning keeps a new signing, with its event.
	PutSigning(ctx context.Context, s Signing) error
	// Signing reads one. ErrNotFound.
	Signing(ctx context.Context, id SigningID) (*Signing, error)
	// FinishSigning moves a signing that waits to the state in s, with its event. ErrConflict
	// when it waits no more.
	FinishSigning(ctx context.Context, s Signing) error
}

// Countersigner proves what came back from a desktop signing service.
type Countersigner interface {
	// Returned reports on a document that must be the sent one plus exactly one signature; why it is
	// not is the refusal. An error is a failure to read.
	Returned(ctx context.Context, sent, returned Stored) (report *signer.Report, refusal *signer.Reason, err error)
}

// Stored is a document that can be read in any order.
type Stored struct {
	io.ReaderAt
	Size int64
}

const (
	signingTime = 30 * time.Minute // from sending a document to signing until it must be back
	maxSigning  = 256 << 20        // bytes of a document that is sent to signing
)

// StartSigning keeps a PDF for a desktop signing service; the secret goes into the addresses
// that the service is given, and is not kept here.
func (g *Gateway) StartSigning(ctx context.Context, p Principal, s Signing, body io.Reader) (*Signing, string, error) {
	if err := require(p, ScopeSubmit); err != nil {
		return nil, "", err
	}
	if g.Countersigner == nil {
		return nil, "", invalidSigning("signings", signer.Reason{
			Code: "signatures-not-judged",
			Vi:   "Cổng này không kiểm tra chữ ký số (signatures.check) nên không mở được phiên ký.",
			En:   "This gateway does not judge signatures (signatures.check), so nothing can be signed at a desk.",
		})
	}
	digest, size, err := g.keepPDF(ctx, body, maxSigning)
	if err != nil {
		return nil, "", err
	}
	secret := rand.Text()
	proof := sha256.Sum256([]byte(secret))
	s.ID, s.System, s.State, s.Sent, s.SentSize = SigningID(newID()), p.System, SigningWaiting, string(digest), size
	s.Name, s.Proof = edxml.DisplayName(s.Name), proof[:]
	s.CreatedAt = g.now()
	s.ExpiresAt = s.CreatedAt.Add(signingTime)
	return &s, secret, g.Store.PutSigning(ctx, s)
}

// keepPDF keeps a PDF of a bounded size as a blob.
func (g *Gateway) keepPDF(ctx context.Context, body io.Reader, most int64) (objects.Digest, int64, error) {
	w, err := g.Objects.Create(ctx)
	if err != nil {
		return "", 0, storageError(err)
	}
	defer w.Abort()
	size, err := copyTo(w, io.LimitReader(body, most+1))
	switch {
	case isStorage(err):
		return "", 0, storageError(err)
	case err != nil:
		return "", 0, err
	case size > most:
		return "", 0, Errorf(CodeTooLarge, "file", "over %d bytes", most)
	}
	if pdf, err := isPDF(w, size); err != nil || !pdf {
		return "", 0, errors.Join(err, invalidSigning("file", signer.Reason{
			Code: "no-header", Vi: "Tệp gửi lên không phải PDF.", En: "The file that was sent is no PDF.",
		}))
	}
	digest, err := w.Commit(ctx)
	if err != nil {
		return "", 0, storageError(err)
	}
	return digest, size, nil
}

// SigningOf gives a signing to the system that started it.
func (g *Gateway) SigningOf(ctx context.Context, p Principal, id SigningID) (*Signing, error) {
	s, err := g.Store.Signing(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.System != s.System {
		return nil, Errorf(CodeNotFound, string(id), "signing of system %s", s.System)
	}
	return g.aged(s), nil
}

func (g *Gateway) aged(s *Signing) *Signing {
	if s.State == SigningWaiting && g.now().After(s.ExpiresAt) {
		s.State = SigningExpired
	}
	return s
}

// CancelSigning ends a signing that waits.
func (g *Gateway) CancelSigning(ctx context.Context, p Principal, id SigningID) error {
	s, err := g.SigningOf(ctx, p, id)
	if err != nil || s.State == SigningCancelled {
		return err
	}
	s.State = SigningCancelled
	return g.Store.FinishSigning(ctx, *s)
}

// OpenSigned opens the signed document for the system that started the signing.
func (g *Gateway) OpenSigned(ctx context.Context, p Principal, id SigningID) (*Signing, objects.Reader, error) {
	s, err := g.SigningOf(ctx, p, id)
	if err != nil {
		return nil, nil, err
	}
	if s.State != SigningSigned {
		return nil, nil, Errorf(CodeNotFound, string(id), "signing is %s", s.State)
	}
	blob, err := g.Objects.Open(ctx, objects.Digest(s.Signed))
	return s, blob, contentError(err)
}

// atDesk gives a signing that waits to whoever shows its secret. Whatever is wrong is ErrNotFound: a
// stranger learns nothing.
func (g *Gateway) atDesk(ctx context.Context, id SigningID, secret string) (*Signing, error) {
	s, err := g.Store.Signing(ctx, id)
	if err != nil {
		return nil, err
	}
	proof := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(proof[:], s.Proof) != 1 || g.aged(s).State != SigningWaiting {
		return nil, Errorf(CodeNotFound, string(id), "signing is %s, or the secret is wrong", s.State)
	}
	return s, nil
}

// OpenForSigning opens the document for the desktop signing service.
func (g *Gateway) OpenForSigning(ctx context.Context, id SigningID, secret string) (*Signing, objects.Reader, error) {
	s, err := g.atDesk(ctx, id, secret)
	if err != nil {
		return nil, nil, err
	}
	blob, err := g.Objects.Open(ctx, objects.Digest(s.Sent))
	return s, blob, contentError(err)
}

// maxGrowth is what one signature may add: its appearance and its proofs.
const maxGrowth = 16 << 20

// TakeSigned takes the document back from the desktop signing service. What is not the document that
// was sent plus exactly one signature is refused, and the signing goes on waiting.
func (g *Gateway) TakeSigned(ctx context.Context, id SigningID, secret string, body io.Reader) (*Signing, error) {
	s, err := g.atDesk(ctx, id, secret)
	if err != nil {
		return nil, err
	}
	digest, size, err := g.keepPDF(ctx, body, s.SentSize+maxGrowth)
	if err != nil {
		return nil, err
	}
	if s.Report, err = g.returned(ctx, s, digest); err != nil {
		return nil, err
	}
	s.State, s.Signed, s.Size, s.SignedAt = SigningSigned, string(digest), size, g.now()
	return s, g.Store.FinishSigning(ctx, *s)
}

func (g *Gateway) returned(ctx context.Context, s *Signing, digest objects.Digest) (*signer.Report, error) {
	sent, err := g.Objects.Open(ctx, objects.Digest(s.Sent))
	if err != nil {
		return nil, contentError(err)
	}
	defer sent.Close()
	back, err := g.Objects.Open(ctx, digest)
	if err != nil {
		return nil, contentError(err)
	}
	defer back.Close()
	report, refusal, err := g.Countersigner.Returned(ctx, Stored{sent, sent.Size()}, Stored{back, back.Size()})
	if err != nil {
		return nil, fmt.Errorf("returned document: %w", contentError(err))
	}
	if refusal != nil {
		return nil, refusedReturn(*refusal)
	}
	return report, nil
}

func refusedReturn(r signer.Reason) error { return because(CodeSignatureRejected, "file", r) }

func invalidSigning(place string, r signer.Reason) error {
	return because(CodeInvalidRequest, place, r)
}

// because is an error with one reason for people.
func because(code Code, place string, r signer.Reason) error {
	e := Errorf(code, place, "%s", r.Code)
	e.Findings = []schemas.Finding{{Severity: schemas.SeverityError, Rule: r.Code, Element: place, Vi: r.Vi, En: r.En}}
	return e
}

// fingerprint names a signing's document in an event.
func (s *Signing) fingerprint() string {
	if s.Signed != "" {
		return s.Signed
	}
	return s.Sent
}

// SigningSummary is what an event tells of a signing.
type SigningSummary struct {
	Signing SigningID    `json:"signing"`
	State   SigningState `json:"state"`
	Name    string       `json:"name"`
	SHA256  string       `json:"sha256"`
}

// Summary gives what the event tells.
func (s *Signing) Summary() SigningSummary {
	return SigningSummary{s.ID, s.State, s.Name, s.fingerprint()}
}
