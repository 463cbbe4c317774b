package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"congvan/archive/objects"
	"congvan/schemas"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// judgeTime bounds what judging one message at the door may take.
const judgeTime = time.Minute

// judge judges each PDF and the envelope at the door, by the policy: what is to be
// rejected is an error, what is to be held holds the deliveries.
func (a *arrival) judge(ctx context.Context, m *Message, deliveries []Delivery) ([]Judgement, error) {
	if a.Signatures == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, judgeTime)
	defer cancel()
	all, err := a.judgements(ctx, m)
	if err != nil {
		return nil, err
	}
	held := false
	for _, j := range all {
		if j.Action == signer.ActionReject {
			return nil, j.refusal()
		}
		held = held || j.Action == signer.ActionHold
	}
	if held {
		hold(deliveries)
		a.warnings = append(a.warnings, heldWarning())
	}
	return all, nil
}

// heldWarning tells the sender at once what he would otherwise look for in the timeline.
func heldWarning() schemas.Finding {
	return schemas.Finding{
		Severity: schemas.SeverityWarning, Rule: CauseSignature, Element: "Signature",
		Vi: "Văn bản đã được nhận nhưng tạm giữ, chưa chuyển đi, vì chữ ký số cần người có trách nhiệm xem xét.",
		En: "The letter was accepted and is held back: somebody has to look at its digital signatures first.",
	}
}

// hold keeps deliveries back until a person has looked at the signatures.
func hold(deliveries []Delivery) {
	for i := range deliveries {
		if d := &deliveries[i]; d.State == DeliveryQueued {
			d.State, d.Cause = DeliveryHeld, CauseSignature
		}
	}
}

func (a *arrival) judgements(ctx context.Context, m *Message) ([]Judgement, error) {
	var all []Judgement
	for _, f := range m.Attachments {
		report, err := a.judgeFile(ctx, f)
		if err != nil {
			return nil, err
		}
		if report != nil {
			all = append(all, a.judgement(m, a.sender, f.Index, f.Name, report, a.at))
		}
	}
	envelope := SignedEnvelope{Split: a.split, Envelope: a.env, Open: a.staged.open}
	if a.staged.original != nil {
		envelope.Whole = a.staged.original
	}
	report := a.Signatures.Envelope(ctx, envelope, false)
	if report.Indication == signer.NoSignature && !a.rejectsUnsigned(m) {
		return all, nil // most envelopes are not signed, and nobody expects them to be
	}
	return append(all, a.judgement(m, a.sender, PartEnvelope, "", report, a.at)), nil
}

func (a *arrival) rejectsUnsigned(m *Message) bool {
	return a.Signatures.Policy().At(m.signerCase(PartEnvelope), signer.Verdict{Indication: signer.NoSignature}) != signer.ActionAccept
}

// judgement joins a report and what the policy does with it.
func (g *Gateway) judgement(m *Message, sender *Agency, part int, name string, r *signer.Report, at time.Time) Judgement {
	c := m.signerCase(part)
	j := Judgement{ID: JudgementID(newID()), Message: m.ID, Part: part, Name: name, At: at, Report: *r}
	if part != PartEnvelope && r.Indication == signer.TotalPassed && !isSignedBy(sender, r) {
		c.Foreign = true
		j.Report.Reasons = append(j.Report.Reasons[:len(r.Reasons):len(r.Reasons)], foreignSigner())
	}
	j.Action = g.Signatures.Policy().At(c, r.Verdict)
	switch {
	case g.wantsPreserving(r), r.SubIndication == signer.TryLater:
		j.Next = at // the door asks nobody: the first who may is the examiner, at once
	case r.Recheck != nil:
		j.Next = r.Recheck.UTC().Truncate(time.Microsecond)
	case r.Indication == signer.Indeterminate:
		j.Next = night(at, at) // an administrator may add the root that is missing
	}
	return j
}

func foreignSigner() signer.Reason {
	return signer.Reason{
		Code: "foreign-signer", Vi: "Chữ ký hợp lệ nhưng không có chữ ký nào của cơ quan gửi.",
		En: "The signatures are valid, but none is the sending agency's.",
	}
}

func (m *Message) signerCase(part int) signer.Case {
	return signer.Case{Agency: string(m.From), DocumentType: m.Type, Envelope: part == PartEnvelope}
}

// refusal is the error for a part that the policy rejects.
func (j *Judgement) refusal() error {
	place := j.Name
	if j.Part == PartEnvelope {
		place = "Signature"
	}
	e := Errorf(CodeSignatureRejected, place, "%s %s", j.Report.Indication, j.Report.SubIndication)
	for _, r := range j.reasons() {
		e.Findings = append(e.Findings, schemas.Finding{
			Severity: schemas.SeverityError, Rule: r.Code, Element: place, Vi: r.Vi, En: r.En,
		})
	}
	return e
}

// judgeFile judges one attachment as it waits at the door; nil for what is no PDF.
func (a *arrival) judgeFile(ctx context.Context, f Attachment) (*signer.Report, error) {
	staged := a.staged.payloads[f.Index]
	if !f.Wrapped {
		return a.judgePDF(ctx, staged, f.PayloadSize)
	}
	inner, err := edxml.OpenContent(edxml.Attachment{Name: f.Name, ContentType: f.ContentType}, staged, f.PayloadSize, a.Limits.Unzip)
	if err != nil {
		return nil, &Error{Code: CodeBadAttachment, Place: f.Name, Err: err}
	}
	defer inner.Close()
	return a.judgeUnwrapped(ctx, inner, f)
}

// judgeUnwrapped puts the file out of a ZIP where it can be read in any order.
func (g *Gateway) judgeUnwrapped(ctx context.Context, r io.Reader, f Attachment) (*signer.Report, error) {
	scratch, err := g.Objects.Create(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	defer scratch.Abort()
	if _, err := copyTo(scratch, r); err != nil {
		if isStorage(err) {
			return nil, storageError(err)
		}
		return nil, &Error{Code: CodeBadAttachment, Place: f.Name, Err: err}
	}
	return g.judgePDF(ctx, scratch, f.Size)
}

func (g *Gateway) judgePDF(ctx context.Context, r io.ReaderAt, size int64) (*signer.Report, error) {
	pdf, err := isPDF(r, size)
	if err != nil || !pdf {
		return nil, err
	}
	return g.Signatures.PDF(ctx, r, size, false), nil
}

func isPDF(r io.ReaderAt, size int64) (bool, error) {
	start := make([]byte, min(size, int64(signer.PDFHead)))
	n, err := r.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, storageError(fmt.Errorf("read attachment: %w", err))
	}
	return signer.IsPDF(start[:n]), nil
}

// open gives a staged attachment's decoded bytes.
func (s *staging) open(index int) (io.ReadCloser, error) {
	if index < 0 || index >= len(s.payloads) {
		return nil, fmt.Errorf("no attachment %d: %w", index, objects.ErrNotFound)
	}
	return io.NopCloser(io.NewSectionReader(s.payloads[index], 0, 1<<62)), nil
}
