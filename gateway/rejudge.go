package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"congvan/archive/objects"
	"congvan/schemas/edxml"
	"congvan/signer"
)

const (
	examineEvery = 15 * time.Second // how often what is due is looked for
	examineHold  = 10 * time.Minute // for which a part is one node's
	examineBatch = 20
	retryFirst   = time.Minute // after a TRY_LATER, doubled each time
	retryMost    = 24 * time.Hour
	nights       = 30 // for which what nothing is known about is looked at again
	nightHour    = 2  // in Vietnam: when proofs that age are renewed
)

// RunExaminer judges again what could not be judged at the door, and renews proofs before
// they are lost, until ctx ends.
func (g *Gateway) RunExaminer(ctx context.Context) error {
	if g.Signatures == nil {
		return nil
	}
	tick := time.NewTicker(examineEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := g.ExamineDue(ctx); err != nil && ctx.Err() == nil {
				g.Log.Warn("signatures not judged again", "err", err)
			}
		}
	}
}

// ExamineDue judges again everything that is due, and says how many parts that were.
func (g *Gateway) ExamineDue(ctx context.Context) (int, error) {
	done := 0
	for ctx.Err() == nil {
		due, err := g.Store.ClaimDue(ctx, g.now(), examineHold, examineBatch)
		if err != nil || len(due) == 0 {
			return done, err
		}
		for _, d := range due {
			if err := g.rejudge(ctx, d); err != nil {
				// It stays claimed for a while and then comes again: nobody else waits for it.
				g.Log.Warn("signature not judged again", "message", d.Message, "part", d.Part, "err", err)
				continue
			}
			done++
		}
	}
	return done, ctx.Err()
}

// rejudgement is one part on its way through a second judgement.
type rejudgement struct {
	*Gateway
	due     DueJudgement
	message *Message
	sender  *Agency
	before  *Judgement // nil when there was none
	copy    *Preserved // the newest preserved copy, or nil
}

func (g *Gateway) rejudge(ctx context.Context, d DueJudgement) error {
	r := &rejudgement{Gateway: g, due: d}
	if err := r.load(ctx); err != nil {
		return err
	}
	report, err := r.report(ctx)
	if err != nil {
		return err
	}
	if r.due.Part != PartEnvelope && g.Preserver != nil && r.worthPreserving(report) {
		return r.preserve(ctx, report)
	}
	return r.settle(ctx, report, false)
}

func (r *rejudgement) load(ctx context.Context) (err error) {
	if r.message, err = r.Store.Message(ctx, r.due.Message); err != nil {
		return err
	}
	if r.sender, err = r.Store.Agency(ctx, r.message.From); err != nil {
		return err
	}
	all, err := r.Store.Judgements(ctx, r.due.Message)
	if err != nil {
		return err
	}
	for _, j := range latest(all) {
		if j.Part == r.due.Part {
			r.before = &j
		}
	}
	copies, err := r.Store.Preserved(ctx, r.due.Message)
	if err != nil {
		return err
	}
	for _, p := range copies {
		if p.Part == r.due.Part {
			r.copy = &p
		}
	}
	return nil
}

// report judges what is kept, with the network.
func (r *rejudgement) report(ctx context.Context) (*signer.Report, error) {
	if r.due.Part == PartEnvelope {
		return r.envelopeReport(ctx)
	}
	blob, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	return r.Signatures.PDF(ctx, blob, blob.Size(), true), nil
}

func (r *rejudgement) envelopeReport(ctx context.Context) (*signer.Report, error) {
	c, err := r.content(ctx, r.due.Message)
	if err != nil {
		return nil, err
	}
	original := c.WriterTo.(*rejoiner)
	e := SignedEnvelope{Split: &original.Split, Open: original.payload}
	if original.Whole != "" {
		whole, err := r.Objects.Open(ctx, objects.Digest(original.Whole))
		if err != nil {
			return nil, contentError(err)
		}
		defer whole.Close()
		e.Whole = whole
	}
	return r.Signatures.Envelope(ctx, e, true), nil
}

// open gives the newest copy of the document that can be read in any order.
func (r *rejudgement) open(ctx context.Context) (objects.Reader, error) {
	if r.copy != nil {
		blob, err := r.Objects.Open(ctx, objects.Digest(r.copy.Blob))
		return blob, contentError(err)
	}
	n := slices.IndexFunc(r.message.Attachments, func(a Attachment) bool { return a.Index == r.due.Part })
	if n < 0 {
		return nil, Errorf(CodeNotFound, string(r.due.Message), "no attachment %d", r.due.Part)
	}
	a := r.message.Attachments[n]
	if !a.Wrapped {
		blob, err := r.Objects.Open(ctx, objects.Digest(a.Payload))
		return blob, contentError(err)
	}
	return r.unwrap(ctx, a)
}

// unwrap keeps the file out of a ZIP as a blob of its own: it is judged for as long as
// the letter is kept.
func (r *rejudgement) unwrap(ctx context.Context, a Attachment) (objects.Reader, error) {
	f, err := r.openFile(ctx, a)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w, err := r.Objects.Create(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	defer w.Abort()
	if _, err := copyTo(w, f); err != nil {
		return nil, err
	}
	digest, err := w.Commit(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	blob, err := r.Objects.Open(ctx, digest)
	return blob, contentError(err)
}

// settle appends the judgement when it says something new, and sets when to look again.
func (r *rejudgement) settle(ctx context.Context, report *signer.Report, again bool) error {
	next := r.next(report, again)
	if r.before != nil && r.before.Report.Indication == report.Indication && r.before.Report.SubIndication == report.SubIndication {
		return r.Store.Postpone(ctx, r.due, next)
	}
	return r.append(ctx, report, next)
}

// next says when the part is worth another look; a zero time for never.
func (r *rejudgement) next(report *signer.Report, again bool) time.Time {
	now := r.now()
	switch {
	case again, report.SubIndication == signer.TryLater:
		return now.Add(min(retryFirst<<min(r.due.Tries, 20), retryMost))
	case report.Recheck != nil:
		return night(*report.Recheck, now)
	case report.Indication == signer.Indeterminate && r.due.Tries < nights:
		return night(now, now)
	}
	return time.Time{}
}

// night gives the first night at or after a moment, and after now.
func night(at, now time.Time) time.Time {
	if at.Before(now) {
		at = now
	}
	local := at.In(edxml.VietnamZone)
	n := time.Date(local.Year(), local.Month(), local.Day(), nightHour, 0, 0, 0, edxml.VietnamZone)
	if n.Before(at) || !n.After(now) {
		n = n.AddDate(0, 0, 1)
	}
	return n.UTC()
}

// append keeps a new judgement: in the archive first, so that no event tells of one that the
// archive lacks, then in the database; and lets deliveries go, or keeps them back, accordingly.
func (r *rejudgement) append(ctx context.Context, report *signer.Report, next time.Time) error {
	name := ""
	if r.before != nil {
		name = r.before.Name
	}
	j := r.judgement(r.message, r.sender, r.due.Part, name, report, r.now())
	j.Next = next
	line, err := json.Marshal(j)
	if err != nil {
		return Errorf(CodeInternal, string(j.Message), "judgement: %w", err)
	}
	key := fmt.Sprintf("%s/%s.%s.judgement.json", archiveDay(j.At), j.Message, j.ID)
	if err := r.Objects.Put(ctx, key, line); err != nil {
		return storageError(err)
	}
	if err := r.Store.Judge(ctx, j, r.message.From, actorSigner); err != nil {
		return err
	}
	return r.follow(ctx)
}

// follow lets held deliveries go when nothing speaks against the signatures any more, and keeps
// back those that nobody has taken when something does.
func (r *rejudgement) follow(ctx context.Context) error {
	all, err := r.Store.Judgements(ctx, r.due.Message)
	if err != nil {
		return err
	}
	doubtful := slices.ContainsFunc(latest(all), func(j Judgement) bool {
		return j.Action == signer.ActionHold || j.Action == signer.ActionReject
	})
	if doubtful {
		return r.Store.HoldDeliveries(ctx, r.due.Message, CauseSignature, actorSigner)
	}
	deliveries, err := r.Store.DeliveriesOf(ctx, r.due.Message)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		if d.State != DeliveryHeld || d.Cause != CauseSignature {
			continue
		}
		if _, err := r.reroute(ctx, examiner(), d, d.Addressed); err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil
}

// examiner is who lets deliveries go when signatures turn out well.
func examiner() Principal { return Principal{System: actorSigner, Credential: actorSigner} }

// actorSigner is who did in events what nobody asked for.
const actorSigner = "signer"
