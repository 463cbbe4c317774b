// Package validate is the validation process of ETSI EN 319 102-1 that signatures in
// PDF and in XML share, once their format has been read and their cryptography has
// been verified: from what a signature claims and the proofs that came with it to a
// verdict.
//
// A signature goes through it in this order. Its time stamps are judged first, each at
// the time for which there is proof of the stamp itself (5.4). Those that hold, and a
// later document time stamp, prove when the signature existed: the earliest of these is
// the best signature time (5.5.4). At that time, or now where nothing is proven, its
// certificate is judged with its chain (5.2.6, 5.6.2), then the algorithms (5.2.8.4.4,
// 5.6.2.4), and the order of the times. So a certificate that expired or was revoked
// afterwards still passes, and SHA-1 only ever passes with a proof from its own days.
//
// Each step can make the verdict graver, none can mend it.
package validate

import (
	"context"
	"crypto/x509"
	"time"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/tsa"
)

// DefaultTolerance is how far clocks of signers and of time-stamping authorities may
// be apart before the order of their times is held against a signature.
const DefaultTolerance = 10 * time.Minute

// Trust judges certificates; a trust.Judge does.
type Trust interface {
	// Judge says whether a certificate may be believed for a use at a time. It never
	// fails otherwise than by its verdict, and may be asked concurrently.
	Judge(ctx context.Context, q trust.Question) trust.Answer
}

// Options say what a Process works with.
type Options struct {
	Trust     Trust
	Policy    *signer.Policy   // nil: signer.DefaultPolicy
	Now       func() time.Time // moment of judgement; nil: time.Now
	Tolerance time.Duration    // between clocks; zero: DefaultTolerance
}

// Process carries out the validation process. It may be used concurrently.
type Process struct {
	trust     Trust
	policy    *signer.Policy
	now       func() time.Time
	tolerance time.Duration
}

// New makes a Process.
func New(o Options) *Process {
	p := &Process{trust: o.Trust, policy: o.Policy, now: o.Now, tolerance: o.Tolerance}
	if p.policy == nil {
		p.policy = signer.DefaultPolicy()
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.tolerance == 0 {
		p.tolerance = DefaultTolerance
	}
	return p
}

// At gives the same process, judging as it would have at another moment.
func (p *Process) At(now time.Time) *Process {
	q := *p
	q.now = func() time.Time { return now }
	return &q
}

// Claim is a signature whose format is sound and whose cryptography was verified:
// what remains is whether it is to be believed.
type Claim struct {
	Certificate *x509.Certificate // the signer's
	Evidence    trust.Evidence    // what came with the document
	Digests     []string          // names of all digests that the signature rests on, e.g. "SHA-256"
	// Stamps are time stamps over the signature whose imprint and cryptography hold.
	Stamps []*tsa.Token
	// StampFailures are the verdicts on those whose do not.
	StampFailures []signer.Verdict
	// ProvenBy is the time of a later time stamp, itself judged as passed, that covers
	// the signature and its Stamps (a document or archive time stamp); zero for none.
	ProvenBy time.Time
	// ClaimedTime is when the signer says that it was signed.
	ClaimedTime *time.Time
	Use         trust.Use // empty: trust.UseSigning
}

// Outcome is what came of a Claim.
type Outcome struct {
	signer.Verdict
	// ProvenTime is the best signature time: the earliest for which its existence is
	// proven; zero where nothing proves any.
	ProvenTime time.Time
	Stamps     []signer.Stamp      // the verdicts on its stamps, failures last
	Chain      []*x509.Certificate // leaf first
	Proofs     []trust.Proof       // revocation data relied on, for the stamps' chains too; of kept CRLs without their DER
	// StampChains are the chains of the stamps that passed, in the order of the stamps.
	StampChains [][]*x509.Certificate
	// Recheck is when to judge again; zero for never.
	Recheck time.Time
}

// Signature judges a signature.
func (p *Process) Signature(ctx context.Context, c Claim) Outcome {
	o := Outcome{Verdict: signer.Passed(), ProvenTime: c.ProvenBy}
	if c.Use == "" {
		c.Use = trust.UseSigning
	}
	p.stamps(ctx, c, &o)
	a := p.chain(ctx, c, &o)
	p.constrain(c, &o)
	p.weigh(a, c, &o)
	p.order(c, &o)
	if o.Indication == signer.TotalPassed && o.ProvenTime.IsZero() {
		o.soonest(p.strength(o.Chain, c.Digests))
	}
	return o
}

// stamps judges the time stamps of a signature and takes the earliest that passes as
// its best signature time (EN 319 102-1, 5.5.4, steps 2 and 3).
func (p *Process) stamps(ctx context.Context, c Claim, o *Outcome) {
	for _, t := range c.Stamps {
		s := p.Stamp(ctx, StampClaim{Token: t, Evidence: c.Evidence, ProvenBy: c.ProvenBy})
		o.Stamps = append(o.Stamps, signer.Stamp{Verdict: s.Verdict, Time: t.Time, Authority: authority(t)})
		o.Proofs = append(o.Proofs, s.Proofs...)
		o.soonest(s.Recheck)
		if s.Indication != signer.TotalPassed {
			o.Reasons = append(o.Reasons, stampUnused(t))
			continue
		}
		o.StampChains = append(o.StampChains, s.Chain)
		if o.ProvenTime.IsZero() || t.Time.Before(o.ProvenTime) {
			o.ProvenTime = t.Time
		}
	}
	for _, v := range c.StampFailures {
		o.Stamps = append(o.Stamps, signer.Stamp{Verdict: v})
		o.Reasons = append(o.Reasons, stampBroken())
	}
}

// chain judges the certificate at the best signature time, or now.
func (p *Process) chain(ctx context.Context, c Claim, o *Outcome) trust.Answer {
	a := p.ask(ctx, c.Certificate, c.Use, c.Evidence, o.ProvenTime)
	o.Chain = a.Chain
	o.Proofs = append(o.Proofs, a.Proofs...)
	o.soonest(a.Recheck)
	o.Verdict = o.Worse(a.Verdict)
	return a
}

// ask puts a question to trust: about a proven moment, or about now.
func (p *Process) ask(ctx context.Context, cert *x509.Certificate, use trust.Use, e trust.Evidence, proven time.Time) trust.Answer {
	now := p.now()
	q := trust.Question{Certificate: cert, Use: use, At: now, Now: now, Evidence: e, Brief: true}
	if !proven.IsZero() {
		q.At, q.Proven = proven, true
	}
	return p.trust.Judge(ctx, q)
}

// moment is the time at which something is judged for which a time is, or is not, proven.
func (p *Process) moment(proven time.Time) time.Time {
	if proven.IsZero() {
		return p.now()
	}
	return proven
}

// soonest brings the time of the next judgement forward.
func (o *Outcome) soonest(t time.Time) {
	if !t.IsZero() && (o.Recheck.IsZero() || t.Before(o.Recheck)) {
		o.Recheck = t
	}
}
