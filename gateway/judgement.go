package gateway

import (
	"context"
	"io"
	"time"

	"congvan/schemas/edxml"
	"congvan/signer"
)

// PartEnvelope is the part of a message that its own XML signature stands for; other
// parts are attachments, by their index.
const PartEnvelope = -1

// Signatures judges what is signed, and signs; cmd makes it of the signer's rooms. Both
// judging methods always give a report: what cannot be read is a verdict. Online says
// whether revocation data may be asked for over the network; the door never does, so that
// a responder that is away delays nobody.
type Signatures interface {
	// PDF judges the signatures of a document.
	PDF(ctx context.Context, r io.ReaderAt, size int64, online bool) *signer.Report
	// Envelope judges the XML signature of a message.
	Envelope(ctx context.Context, e SignedEnvelope, online bool) *signer.Report
	// Policy says what the door does with each verdict.
	Policy() *signer.Policy
}

// SignedEnvelope is a message as its signature covers it.
type SignedEnvelope struct {
	Split *edxml.Split
	// Envelope is the message's envelope where it was read already; else nil. See Read.
	Envelope *edxml.Envelope
	// Open gives one attachment's decoded bytes; it may be called more than once.
	Open func(index int) (io.ReadCloser, error)
	// Whole is the original, of a message that cannot be joined from its parts; else nil.
	Whole io.ReaderAt
}

// Read gives the envelope, and reads it from the skeleton only when nobody has.
func (e SignedEnvelope) Read() (*edxml.Envelope, error) {
	if e.Envelope != nil {
		return e.Envelope, nil
	}
	return e.Split.Envelope()
}

// Sealer signs the envelopes that this gateway writes.
type Sealer interface {
	// Seal gives a copy of a message with a signature in its header, or the message itself when it
	// has one; e stays as it is. The same message and moment give the same bytes. The
	// copy's SHA256 is zero, for it is not known until it is joined.
	Seal(ctx context.Context, e SignedEnvelope, at time.Time) (*edxml.Split, error)
}

// Preserver makes a document's signatures outlive the certificates they were made with.
type Preserver interface {
	// Preserve writes the document with what its last proof lacks: a time stamp, certificates and
	// revocation data, a further time stamp over all of these. The document's own bytes
	// stay as they are, in front. ErrUnavailable when an authority is away: ask again later.
	Preserve(ctx context.Context, r io.ReaderAt, size int64, w io.Writer) (signer.Level, error)
}

// JudgementID names one judgement: a UUID, version 7.
type JudgementID string

// Judgement is what was found, at one moment, about the signatures of one part of a
// message. Judgements are only ever appended; the newest of a part counts.
type Judgement struct {
	ID      JudgementID   `json:"id"`
	Message MessageID     `json:"message"`
	Part    int           `json:"part"` // attachment index, or PartEnvelope
	Name    string        `json:"name"` // of the attachment
	At      time.Time     `json:"at"`
	Action  signer.Action `json:"action"` // what the door did, or would do now
	Report  signer.Report `json:"report"`
	Next    time.Time     `json:"next,omitzero"` // when it is worth judging again
}

// Preserved is a copy of an attachment with renewed proofs, kept beside the original.
type Preserved struct {
	Message MessageID    `json:"message"`
	Part    int          `json:"part"`
	At      time.Time    `json:"at"`
	Blob    string       `json:"sha256"`
	Size    int64        `json:"size"`
	Level   signer.Level `json:"level"`
}

// DueJudgement is a part of a message that is to be judged again.
type DueJudgement struct {
	Message MessageID
	Part    int
	Tries   int // judged again so often without a final answer
}

// Judgements keeps what was found about signatures.
type Judgements interface {
	// Judge appends a judgement with its event, and sets when its part is due again.
	Judge(ctx context.Context, j Judgement, sender AgencyID, actor string) error
	// Judgements lists a message's judgements, oldest first.
	Judgements(ctx context.Context, id MessageID) ([]Judgement, error)
	// ClaimDue hands out parts that are due, each to one caller until hold has passed.
	ClaimDue(ctx context.Context, now time.Time, hold time.Duration, limit int) ([]DueJudgement, error)
	// Postpone sets when a part is due again (a zero time: never) after a look that changed nothing.
	Postpone(ctx context.Context, d DueJudgement, next time.Time) error
	// HoldDeliveries holds the deliveries of a message that still wait.
	HoldDeliveries(ctx context.Context, id MessageID, cause, actor string) error
	// Preserve notes a preserved copy, with its event.
	Preserve(ctx context.Context, p Preserved, sender AgencyID, actor string) error
	// Preserved lists a message's preserved copies, oldest first.
	Preserved(ctx context.Context, id MessageID) ([]Preserved, error)
}

// latest gives the newest judgement of each part, in the order of the parts' first.
func latest(all []Judgement) []Judgement {
	var out []Judgement
	place := map[int]int{}
	for _, j := range all {
		if at, ok := place[j.Part]; ok {
			out[at] = j
			continue
		}
		place[j.Part] = len(out)
		out = append(out, j)
	}
	return out
}

// JudgementSummary is what an event tells of a judgement.
type JudgementSummary struct {
	Judgement     JudgementID          `json:"judgement"`
	Part          int                  `json:"part"`
	Name          string               `json:"name,omitempty"`
	Action        signer.Action        `json:"action"`
	Indication    signer.Indication    `json:"indication"`
	SubIndication signer.SubIndication `json:"sub_indication,omitempty"`
	Signatures    []SignatureSummary   `json:"signatures,omitempty"`
	Reasons       []signer.Reason      `json:"reasons,omitempty"`
}

// SignatureSummary names one signature in an event.
type SignatureSummary struct {
	Signer        string               `json:"signer"`
	Agency        string               `json:"agency,omitempty"`
	Indication    signer.Indication    `json:"indication"`
	SubIndication signer.SubIndication `json:"sub_indication,omitempty"`
	Level         signer.Level         `json:"level,omitempty"`
	SigningTime   *time.Time           `json:"signing_time,omitempty"`
}

// An event is read by many and kept for ever: it tells so much of a report, not all of it.
const (
	summarySignatures = 10
	summaryReasons    = 5
)

// Summary gives what the event tells.
func (j *Judgement) Summary() JudgementSummary {
	r := &j.Report
	s := JudgementSummary{
		Judgement: j.ID, Part: j.Part, Name: j.Name, Action: j.Action,
		Indication: r.Indication, SubIndication: r.SubIndication, Reasons: j.reasons(),
	}
	for _, one := range r.Signatures[:min(len(r.Signatures), summarySignatures)] {
		s.Signatures = append(s.Signatures, SignatureSummary{
			one.Signer, one.Agency, one.Indication, one.SubIndication, one.Level, one.SigningTime,
		})
	}
	return s
}

// reasons gives the first reasons of the report, its own before its signatures'.
func (j *Judgement) reasons() []signer.Reason {
	all := append([]signer.Reason(nil), j.Report.Reasons...)
	for _, s := range j.Report.Signatures {
		if s.Indication != signer.TotalPassed {
			all = append(all, s.Reasons...)
		}
	}
	return all[:min(len(all), summaryReasons)]
}
