package pdf

import (
	"context"
	"errors"
	"io"
	"time"

	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
	"congvan/signer/validate"
)

// maxSignatures is how many signatures one file may have.
const maxSignatures = 500

// Options say what a Verifier works with.
type Options struct {
	// Process judges what the signatures claim; needed.
	Process *validate.Process
	// Policy is the one that the Process works by; nil: signer.DefaultPolicy.
	Policy *signer.Policy
	// Now gives the moment for which files are judged; nil: time.Now. To judge as of
	// another day, let it give that day.
	Now func() time.Time
	// Syntax bounds the reading of files; the zero value has bounds of its own. Its
	// password opens encrypted files; the empty one is always tried.
	Syntax syntax.Options
}

// Verifier judges the signatures of PDF files (ISO 32000-2, 12.8; EN 319 142-1). It may
// be used concurrently.
//
// A file goes through it like this. Its revisions are opened, and every signature
// field of every revision is gathered, whether or not it can be read. Each signature's
// ByteRange is held against the place of its own /Contents and against the ends of the
// revisions; all signed bytes are hashed in one pass over the file; the CMS signatures
// are verified; what was changed since is classed. Document time stamps are then judged
// from the newest to the oldest, each proving the existence of all that it covers, and
// last the signatures, with the proofs gathered.
type Verifier struct {
	process *validate.Process
	policy  *signer.Policy
	now     func() time.Time
	syntax  syntax.Options
}

// NewVerifier makes a Verifier.
func NewVerifier(o Options) *Verifier {
	v := &Verifier{process: o.Process, policy: o.Policy, now: o.Now, syntax: o.Syntax}
	if v.policy == nil {
		v.policy = signer.DefaultPolicy()
	}
	if v.now == nil {
		v.now = time.Now
	}
	return v
}

// Verify judges all signatures of a file. It never fails: what cannot be read is a
// verdict, and a field that cannot be verified a signature that failed. Memory does
// not grow with the file.
func (v *Verifier) Verify(ctx context.Context, r io.ReaderAt, size int64) *signer.Report {
	now := v.now()
	report := &signer.Report{Policy: v.policy.Name, At: now}
	f, err := syntax.Open(r, size, v.syntax)
	if err != nil {
		closed(ctx, r, size, err, report)
	} else {
		e := &examination{Verifier: v, process: v.process.At(now), file: f, history: changes.NewHistory(f)}
		e.run(ctx, report)
	}
	report.Conclude()
	return report
}

// closed reports on a file that cannot be opened, or not be read to the end: signatures
// that can be seen in its bytes nevertheless count, and none of them can pass. A file that is
// malformed and shows no trace of a signature is an unsigned file with a remark: it claims nothing.
func closed(ctx context.Context, r io.ReaderAt, size int64, cause error, report *signer.Report) {
	names, err := syntax.Scan(ctx, r, size)
	known := len(report.Signatures) + len(report.TimeStamps)
	verdict := closedVerdict(cause)
	if verdict.Indication == signer.TotalFailed && err == nil && known+len(names) == 0 {
		report.Reasons = append(report.Reasons, verdict.Reasons...)
		return
	}
	worsen(report, verdict)
	if err != nil {
		report.Reasons = append(report.Reasons, signer.FileUnreadable(err))
	}
	for _, name := range names[min(known, len(names)):min(len(names), maxSignatures)] {
		v := closedVerdict(cause)
		v.Reasons = append([]signer.Reason{signatureRaw()}, v.Reasons...)
		report.Signatures = append(report.Signatures, signer.Signature{Field: name, Verdict: v, Coverage: signer.CoverageUnclear})
	}
}

// worsen gives a report, which has no verdict of its own at first, one that is graver.
func worsen(report *signer.Report, v signer.Verdict) {
	if report.Indication == "" {
		report.Indication = signer.TotalPassed
	}
	report.Verdict = report.Worse(v)
}

func closedVerdict(err error) signer.Verdict {
	var fault *syntax.Error
	switch {
	case errors.Is(err, syntax.ErrEncrypted):
		return signer.Unsure(signer.SignedDataNotFound, passwordNeeded())
	case errors.Is(err, syntax.ErrTooLarge):
		return signer.Unsure(signer.SignedDataNotFound, tooLarge())
	case ours(err):
		return signer.Unsure(signer.SignedDataNotFound, signer.FileUnreadable(err))
	case errors.As(err, &fault):
		return signer.Failed(signer.FormatFailure, fileUnreadable(fault.Vi, fault.En))
	}
	return signer.Unsure(signer.SignedDataNotFound, signer.FileUnreadable(err))
}

// examination is the judging of one file.
type examination struct {
	*Verifier
	process *validate.Process
	file    *syntax.File
	all     []*candidate
	dss     map[int]*securityStore // by revision
	history *changes.History
}

func (e *examination) run(ctx context.Context, report *signer.Report) {
	defer e.remarkAnomalies(report) // the last of all: some are found on the way
	broken := e.gather(ctx)
	for _, c := range e.all {
		e.read(c)
	}
	e.hash(ctx)
	for _, c := range e.all {
		e.findCertificate(c)
		c.verify()
	}
	e.judgeStamps(ctx)
	e.judgeSignatures(ctx)
	e.fill(report)
	if broken != nil {
		closed(ctx, e.file.ReaderAt(), e.file.Size(), broken, report)
	}
}

// remarkAnomalies tells what is odd about the file, each kind once.
func (e *examination) remarkAnomalies(report *signer.Report) {
	told := map[syntax.Code]bool{}
	for _, a := range e.file.Anomalies() {
		if !told[a.Code] {
			report.Reasons = append(report.Reasons, reason(string(a.Code), a.Vi, a.En))
		}
		told[a.Code] = true
	}
}

// fill writes the report, signatures in the order in which they were made.
func (e *examination) fill(report *signer.Report) {
	for _, c := range e.all {
		s := e.signature(c)
		if c.isStamp() {
			report.TimeStamps = append(report.TimeStamps, s)
		} else {
			report.Signatures = append(report.Signatures, s)
		}
		if at := c.outcome.Recheck; !at.IsZero() && (report.Recheck == nil || at.Before(*report.Recheck)) {
			report.Recheck = &at
		}
	}
}
