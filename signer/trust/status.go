package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/trust/crl"
	"congvan/signer/trust/ocsp"
	"congvan/signer/trust/signature"
)

// state is what revocation data says of a certificate.
type state int

const (
	unknown state = iota
	good
	held
	revoked
)

// fact is what one piece of revocation data, whose signature holds, says of one
// certificate.
type fact struct {
	state       state
	since       time.Time // from when it counts as revoked: revocation or, if earlier, invalidity date
	reason      int
	this, next  time.Time
	expiredFrom time.Time // it still speaks of certificates that expired since then; zero: it does not say
	covers      bool      // it can clear the certificate
	proofs      []Proof
}

// standing is what all data together says of a certificate at a moment.
type standing struct {
	state  state
	since  time.Time
	reason int
	proofs []Proof
}

// subject is a certificate whose standing is asked for.
type subject struct {
	cert, issuer *x509.Certificate
	signers      []*x509.Certificate // who may sign the issuer's CRLs: the issuer, and other keys of it
	at           time.Time           // the moment in question
	limit        time.Time           // data that was made later is not believed; zero: none
	network      bool                // ask over the network
	noOCSP       bool                // of an OCSP responder itself
}

// inquiry is one question being answered.
type inquiry struct {
	judge    *Judge
	list     *snapshot
	question Question

	notes   []signer.Reason // why data was not used
	recheck time.Time
	known   map[string]standing // of certificates asked before, for other chains
}

// revocation adds to an answer what is known of revocations in its chain, from the top
// down: data that an authority signed after its own revocation is not believed.
func (i *inquiry) revocation(ctx context.Context, a *Answer) {
	if i.judge.policy.Revocation.Check == signer.RevocationNever {
		return
	}
	i.recheck = time.Time{}
	all := []signer.Verdict{a.Verdict}
	var limit time.Time
	for n := len(a.Chain) - 2; n >= 0; n-- {
		s := i.remembered(ctx, i.subject(a.Chain, n, limit, a.Verdict))
		a.Proofs = append(a.Proofs, s.proofs...)
		all = append(all, i.judgeStanding(a.Chain[n], n > 0, s, a.Verdict))
		if s.state == revoked && n > 0 && (limit.IsZero() || s.since.Before(limit)) {
			limit = s.since
		}
	}
	slices.Reverse(a.Proofs)
	a.Verdict = worst(all...)
	if a.SubIndication == signer.TryLater {
		a.Recheck = i.recheck
	}
	a.Verdict = settleBounds(a.Verdict, a.Chain[0], a.Proofs, i.question)
}

// subject sets the question for one certificate of a chain. Nobody is asked about a
// certificate that fails for other reasons anyway; of one that expired it is asked how
// it stood at its end.
func (i *inquiry) subject(chain []*x509.Certificate, n int, limit time.Time, v signer.Verdict) subject {
	s := subject{cert: chain[n], issuer: chain[n+1], at: i.question.At, limit: limit}
	if s.at.After(s.cert.NotAfter) {
		s.at = s.cert.NotAfter
	}
	s.network = !i.judge.policy.Revocation.Offline && worthAsking(v)
	s.signers = append([]*x509.Certificate{s.issuer}, i.otherKeys(chain, n+1)...)
	return s
}

// worthAsking says whether revocation still decides something about a chain.
func worthAsking(v signer.Verdict) bool {
	return v.Indication == signer.TotalPassed || v.SubIndication == signer.CryptoConstraintsNoPOE
}

// otherKeys are further certificates of an authority, for other keys, that its own
// issuer or it itself certified: authorities that change their key sign the CRLs for
// all their certificates with the new one.
func (i *inquiry) otherKeys(chain []*x509.Certificate, n int) (all []*x509.Certificate) {
	c := chain[n]
	known := i.list.bySubject[string(c.RawSubject)]
	var candidates []*x509.Certificate
	for _, e := range known {
		candidates = append(candidates, e.Certificate)
	}
	for _, o := range i.question.Evidence.Certificates {
		if o != nil && bytes.Equal(o.RawSubject, c.RawSubject) {
			candidates = append(candidates, o)
		}
	}
	for _, o := range candidates {
		if len(all) == maxOtherKeys {
			return all
		}
		if !bytes.Equal(o.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo) && authority(o) && i.vouched(o, chain[n:]) {
			all = append(all, o)
		}
	}
	return all
}

const maxOtherKeys = 4

// vouched says whether an authority's other certificate is an anchor too, or signed by
// the authority's key or by its issuer.
func (i *inquiry) vouched(o *x509.Certificate, above []*x509.Certificate) bool {
	if e := i.list.byRaw[string(o.Raw)]; e != nil && e.Role == RoleAnchor && e.covers(i.question.At) {
		return true
	}
	for _, parent := range above[:min(len(above), 2)] {
		if bytes.Equal(o.RawIssuer, parent.RawSubject) && signature.CheckCertificate(o, parent.PublicKey) == nil {
			return true
		}
	}
	return false
}

// judgeStanding turns what is known of one certificate into a verdict; see the table in
// the package comment.
func (i *inquiry) judgeStanding(c *x509.Certificate, isAuthority bool, s standing, before signer.Verdict) signer.Verdict {
	q := i.question
	switch s.state {
	case revoked:
		if q.Proven && s.since.After(q.At) {
			return signer.Passed(revokedLater(c, s, q))
		}
		sub := signer.RevokedNoPOE
		if isAuthority {
			sub = signer.RevokedCANoPOE
		}
		return signer.Unsure(sub, revokedBefore(c, s, q))
	case held:
		return signer.Unsure(signer.TryLater, onHold(c, s))
	case good:
		return signer.Passed()
	}
	if !i.needed(c) || !worthAsking(before) {
		return signer.Passed()
	}
	if i.judge.policy.Revocation.Check == signer.RevocationRequired && !publishes(c) {
		i.notes = append(i.notes, notPublished(c))
	}
	why := append([]signer.Reason{statusUnknown(c)}, i.notes...)
	return signer.Unsure(signer.TryLater, why...)
}

// needed says whether the policy asks for revocation data on a certificate.
func (i *inquiry) needed(c *x509.Certificate) bool {
	if ocsp.NoCheck(c) {
		return false
	}
	return i.judge.policy.Revocation.Check == signer.RevocationRequired || publishes(c)
}

// publishes says whether a certificate tells where its revocation would be published.
func publishes(c *x509.Certificate) bool { return len(c.OCSPServer)+len(c.CRLDistributionPoints) > 0 }

// settleBounds tells an expired certificate that is known not to have been revoked
// from one of which that is not known.
func settleBounds(v signer.Verdict, c *x509.Certificate, proofs []Proof, q Question) signer.Verdict {
	if v.SubIndication != signer.OutOfBoundsNoPOE || !q.At.After(c.NotAfter) {
		return v
	}
	for _, p := range proofs {
		if p.Certificate == c {
			v.SubIndication = signer.OutOfBoundsNotRevoked
		}
	}
	return v
}

// remembered is standing, found out once for a certificate that is in several chains.
func (i *inquiry) remembered(ctx context.Context, s subject) standing {
	key := digest(s.cert.Raw, s.issuer.RawSubjectPublicKeyInfo, []byte(s.limit.String()))
	if known, ok := i.known[key]; ok && known.state != unknown {
		return known
	}
	i.notes = nil
	found := i.standing(ctx, s)
	if i.known == nil {
		i.known = map[string]standing{}
	}
	i.known[key] = found
	return found
}

// standing finds out how a certificate stood: from what came with the document, then
// from what is kept, and last over the network.
func (i *inquiry) standing(ctx context.Context, s subject) standing {
	facts := i.embedded(ctx, s)
	_, sure := i.conclude(s, facts)
	facts = append(facts, i.cached(ctx, s)...)
	now, sureNow := i.conclude(s, facts)
	if !sure && !sureNow && s.network {
		for _, ask := range []func(context.Context, subject) []fact{i.askOCSP, i.askCRL} {
			facts = append(facts, ask(ctx, s)...)
			if now, sureNow = i.conclude(s, facts); sureNow {
				break
			}
		}
	}
	if now.state == unknown && !s.noOCSP {
		i.explain(s, facts)
	}
	return now
}

// conclude joins facts. It is sure where no later data is needed: the certificate was
// revoked, or was good according to data that holds for the moment in question.
func (i *inquiry) conclude(s subject, facts []fact) (_ standing, sure bool) {
	var gone, latest *fact
	for n := range facts {
		f := &facts[n]
		switch {
		case f.state == revoked && (gone == nil || f.since.Before(gone.since)):
			gone = f
		case f.state == held && (latest == nil || !f.this.Before(latest.this)):
			latest = f
		case f.state == good && i.timely(s, f) && (latest == nil || f.this.After(latest.this)):
			latest = f
		}
	}
	switch {
	case gone != nil:
		return standing{revoked, gone.since, gone.reason, gone.proofs}, true
	case latest == nil:
		return standing{}, false
	case latest.state == held && i.question.Proven && latest.since.After(s.at):
		return standing{good, latest.since, latest.reason, latest.proofs}, true
	case latest.state == held:
		i.again(latest.next)
		return standing{held, latest.since, latest.reason, latest.proofs}, false
	}
	return standing{state: good, proofs: latest.proofs}, true
}

// timely says whether data that calls a certificate good holds for the moment in
// question: it was made afterwards, while the certificate was still listed if revoked;
// or before, and newer data was not yet due.
func (i *inquiry) timely(s subject, f *fact) bool {
	if !f.covers {
		return false
	}
	if !f.this.Before(s.at) {
		stillListed := !f.this.After(s.cert.NotAfter) || !f.expiredFrom.IsZero() && !f.expiredFrom.After(s.cert.NotAfter)
		return stillListed
	}
	return !s.at.After(i.until(f))
}

// until is the end of the time for which data may be used.
func (i *inquiry) until(f *fact) time.Time {
	r := &i.judge.policy.Revocation
	if f.next.IsZero() {
		return f.this.Add(r.MaxAge.Std())
	}
	return f.next.Add(r.Grace.Std())
}

// explain notes why facts did not suffice, and when to ask again.
func (i *inquiry) explain(s subject, facts []fact) {
	for n := range facts {
		f := &facts[n]
		kind := KindCRL
		if len(f.proofs) > 0 {
			kind = f.proofs[0].Kind
		}
		switch {
		case f.state == unknown:
			i.note(statusOther(s.cert))
		case f.covers && f.state == good:
			i.note(stale(s.cert, kind, f.this, i.until(f)))
		}
	}
	if i.judge.policy.Revocation.Offline && publishes(s.cert) {
		i.note(offline())
	}
	if publishes(s.cert) {
		i.again(i.question.Now.Add(recheckAfter))
	}
}

func (i *inquiry) note(r signer.Reason) {
	if !slices.Contains(i.notes, r) {
		i.notes = append(i.notes, r)
	}
}

// again brings the time to ask again forward; what lies in the past is not waited for.
func (i *inquiry) again(t time.Time) {
	if soonest := i.question.Now.Add(recheckAfter); t.Before(soonest) {
		t = soonest
	}
	if i.recheck.IsZero() || t.Before(i.recheck) {
		i.recheck = t
	}
}

// Why data whose signature may hold is not believed.
var (
	errListSigner       = errors.New("trust: a CRL that its issuer did not sign")
	errWeakData         = errors.New("trust: signed with an algorithm that does not hold")
	errFuture           = errors.New("trust: made in the future")
	errAfterIssuer      = errors.New("trust: made after its authority was revoked")
	errResponderRevoked = errors.New("trust: the responder was revoked")
)

// acceptable checks what all revocation data has in common.
func (i *inquiry) acceptable(s subject, a signature.Algorithm, this time.Time) error {
	switch {
	case this.After(i.question.Now.Add(skew)):
		return errFuture
	case !s.limit.IsZero() && this.After(s.limit):
		return errAfterIssuer
	case !i.judge.policy.Holds(a.Digest, this):
		return errWeakData
	}
	return nil
}

// listFact is what one list says, before delta lists are joined to the lists they amend.
type listFact struct {
	head  crl.Head
	entry crl.Entry
	found bool
	why   string // why it cannot clear the certificate; empty: it can
	proof Proof
}

// facts joins delta lists to their bases (RFC 5280, 5.2.4).
func (i *inquiry) facts(s subject, lists []listFact) (all []fact) {
	for _, l := range lists {
		if l.head.Base != nil {
			if l.found && l.entry.Reason != crl.ReasonRemove {
				all = append(all, l.fact())
			}
			continue
		}
		all = append(all, l.fact())
		if l.why != "" {
			i.note(notCovered(s.cert, l.why))
		}
		for _, d := range lists {
			if d.amends(&l) {
				all = append(all, l.amended(d))
			}
		}
	}
	return all
}

// amends says whether this delta list applies to a whole one.
func (l *listFact) amends(base *listFact) bool {
	return l.head.Base != nil && base.head.Number != nil && l.head.Number != nil &&
		l.head.Base.Cmp(base.head.Number) <= 0 && l.head.Number.Cmp(base.head.Number) > 0 &&
		bytes.Equal(l.head.Issuer, base.head.Issuer) && sameScope(&l.head.Scope, &base.head.Scope)
}

func sameScope(a, b *crl.Scope) bool {
	return slices.EqualFunc(a.Names, b.Names, bytes.Equal) && a.UsersOnly == b.UsersOnly &&
		a.AuthoritiesOnly == b.AuthoritiesOnly && a.AttributesOnly == b.AttributesOnly &&
		a.SomeReasons == b.SomeReasons && a.Indirect == b.Indirect
}

// amended is what a list and a delta list to it say together.
func (l *listFact) amended(d listFact) fact {
	f := l.fact()
	if d.found {
		f = d.fact()
	}
	f.this, f.next = d.head.This, d.head.Next
	f.covers = l.why == ""
	f.proofs = []Proof{d.proof, l.proof}
	return f
}

func (l *listFact) fact() fact {
	f := fact{
		state: good, this: l.head.This, next: l.head.Next, expiredFrom: l.head.ExpiredFrom,
		covers: l.why == "", proofs: []Proof{l.proof},
	}
	if !l.found || l.entry.Reason == crl.ReasonRemove {
		return f
	}
	f.state, f.since, f.reason = revoked, l.entry.Revoked, l.entry.Reason
	if f.reason == crl.ReasonHold {
		f.state = held
	}
	if at := l.entry.Invalid; !at.IsZero() && at.Before(f.since) {
		f.since = at
	}
	return f
}
