package trust

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"net/url"
	"time"

	"congvan/signer"
	"congvan/signer/trust/crl"
	"congvan/signer/trust/fetch"
	"congvan/signer/trust/ocsp"
)

// Bounds on where a certificate may send us.
const (
	maxResponders = 3
	maxPoints     = 4
)

// embedded gives what came with the document.
func (i *inquiry) embedded(ctx context.Context, s subject) (all []fact) {
	e := &i.question.Evidence
	if !s.noOCSP {
		for _, der := range e.OCSPs {
			a, err := ocsp.Parse(der)
			if err != nil {
				continue // it may be about anything; what is missing is said in the end
			}
			all = append(all, i.fromOCSP(ctx, s, a, SourceEmbedded)...)
		}
	}
	var lists []listFact
	for _, der := range e.CRLs {
		if !bytes.Equal(crl.IssuerOf(der), s.issuer.RawSubject) {
			continue
		}
		l, err := crl.Parse(der)
		if err != nil {
			i.note(refused(KindCRL, SourceEmbedded, err))
			continue
		}
		if f, ok := i.fromList(s, l, SourceEmbedded); ok {
			lists = append(lists, f)
		}
	}
	return append(all, i.facts(s, lists)...)
}

// fromOCSP gives what an answer says, when it may be believed.
func (i *inquiry) fromOCSP(ctx context.Context, s subject, a *ocsp.Answer, source string) []fact {
	one, err := a.About(s.cert, s.issuer)
	if err != nil {
		return nil // about another certificate of the document
	}
	by, err := a.Verify(s.issuer, i.question.Evidence.Certificates...)
	if err == nil {
		err = i.acceptable(s, a.Signed.Algorithm, one.This)
	}
	var more []Proof
	if err == nil && by != s.issuer {
		more, err = i.responder(ctx, s, by, a.ProducedAt)
	}
	if err != nil {
		i.note(refused(KindOCSP, source, err))
		return nil
	}
	proof := Proof{
		Certificate: s.cert, Kind: KindOCSP, DER: a.DER, Source: source,
		ProducedAt: one.This, NextUpdate: one.Next, Signer: by,
	}
	return []fact{answerFact(one, append([]Proof{proof}, more...))}
}

func answerFact(one *ocsp.Single, proofs []Proof) fact {
	f := fact{this: one.This, next: one.Next, expiredFrom: one.ArchiveCutoff, covers: true, proofs: proofs}
	switch one.Status {
	case ocsp.Good:
		f.state = good
	case ocsp.Revoked:
		f.state, f.since, f.reason = revoked, one.Revoked, one.Reason
		// Held since 1970: a number that was never given out (RFC 6960, 2.2).
		if one.Reason == crl.ReasonHold && one.Revoked.Unix() != 0 {
			f.state = held
		}
	}
	return f
}

// responder checks that a delegated responder was not revoked itself, by a CRL, unless
// its issuer vouches for it or says nowhere where that would be published.
func (i *inquiry) responder(ctx context.Context, s subject, by *x509.Certificate, produced time.Time) ([]Proof, error) {
	if !i.needed(by) || len(by.CRLDistributionPoints) == 0 {
		return nil, nil
	}
	own := s
	own.cert, own.noOCSP, own.at = by, true, produced
	switch found := i.standing(ctx, own); {
	case found.state == good:
		return found.proofs, nil
	case found.state == revoked && found.since.After(produced) && found.reason != reasonKeyCompromise:
		return found.proofs, nil
	}
	return nil, errResponderRevoked
}

const reasonKeyCompromise = 1

// fromList gives what a list says, when it may be believed.
func (i *inquiry) fromList(s subject, l *crl.List, source string) (listFact, bool) {
	by := listSigner(l, s.signers)
	err := i.acceptable(s, l.Algorithm, l.This)
	if by == nil {
		err = errListSigner
	}
	var f listFact
	if err == nil {
		f, err = newListFact(s, &l.Head, by, source, l.Find)
	}
	if err != nil {
		i.note(refused(KindCRL, source, err))
		return listFact{}, false
	}
	f.proof.DER = l.DER
	return f, true
}

// listSigner gives who signed a list.
func listSigner(l *crl.List, signers []*x509.Certificate) *x509.Certificate {
	for _, c := range signers {
		if bytes.Equal(l.Issuer, c.RawSubject) && (c.KeyUsage == 0 || c.KeyUsage&x509.KeyUsageCRLSign != 0) && l.Signed.Check(c.PublicKey) == nil {
			return c
		}
	}
	return nil
}

func newListFact(s subject, head *crl.Head, by *x509.Certificate, source string, find func(crl.ID) (crl.Entry, bool, error)) (f listFact, err error) {
	f.head = *head
	if f.entry, f.found, err = find(crl.IDOf(s.cert)); err != nil {
		return f, err
	}
	_, f.why = head.Scope.Covers(s.cert)
	f.proof = Proof{
		Certificate: s.cert, Kind: KindCRL, Source: source,
		ProducedAt: head.This, NextUpdate: head.Next, Signer: by,
	}
	return f, nil
}

// cached gives what is kept.
func (i *inquiry) cached(ctx context.Context, s subject) (all []fact) {
	if !s.noOCSP && len(s.cert.OCSPServer) > 0 {
		if der := i.judge.cache.answer(answerKey(s.cert, s.issuer)); der != nil {
			if a, err := ocsp.Parse(der); err == nil {
				all = append(all, i.fromOCSP(ctx, s, a, SourceCached)...)
			}
		}
	}
	var lists []listFact
	for _, point := range i.places(s) {
		lists = append(lists, i.kept(s, point, SourceCached)...)
	}
	return append(all, i.facts(s, lists)...)
}

// kept looks a certificate up in a list that is kept, and in the delta lists to it.
func (i *inquiry) kept(s subject, address, source string) (all []listFact) {
	f, ok := i.lookUp(s, address, source)
	if !ok {
		return nil
	}
	all = append(all, f)
	for _, delta := range freshest(s.cert, &f.head) {
		if d, ok := i.lookUp(s, delta, source); ok {
			all = append(all, d)
		}
	}
	return all
}

func (i *inquiry) lookUp(s subject, address, source string) (f listFact, ok bool) {
	err := i.judge.cache.list(listKey(s.issuer, address), func(file *crl.File) error {
		by, err := keptBy(file, s.signers)
		if err == nil {
			err = i.acceptable(s, file.Head.Algorithm, file.Head.This)
		}
		if err != nil {
			return err
		}
		if f, err = newListFact(s, &file.Head, by, source, file.Find); err != nil || i.question.Brief {
			return err
		}
		f.proof.DER, err = file.DER()
		return err
	})
	switch {
	case err == nil:
		return f, true
	case err != errNotKept:
		i.note(refused(KindCRL, source, err))
	}
	return f, false
}

// freshest are the addresses of delta lists.
func freshest(c *x509.Certificate, head *crl.Head) []string {
	all := head.Freshest
	points, err := crl.FreshestPoints(c)
	if err != nil {
		return all
	}
	for _, p := range points {
		all = append(all, p.URLs()...)
	}
	return all[:min(len(all), maxPoints)]
}

// places are the addresses of a certificate's CRLs. A point whose lists somebody else
// issues is not asked: who that is could not be judged.
func (i *inquiry) places(s subject) (all []string) {
	points, err := crl.Points(s.cert)
	if err != nil {
		i.note(refused(KindCRL, SourceEmbedded, err))
		return nil
	}
	for _, p := range points {
		if p.Issuer == nil || bytes.Equal(p.Issuer, s.issuer.RawSubject) {
			all = append(all, p.URLs()...)
		}
	}
	return all[:min(len(all), maxPoints)]
}

// askCRL fetches the lists of a certificate, up to the first that can clear it.
func (i *inquiry) askCRL(ctx context.Context, s subject) (all []fact) {
	for _, address := range i.places(s) {
		if !i.refresh(ctx, s, address) {
			continue
		}
		lists := i.kept(s, address, SourceFetched)
		if len(lists) > 0 {
			for _, delta := range freshest(s.cert, &lists[0].head) {
				i.refresh(ctx, s, delta)
			}
			lists = i.kept(s, address, SourceFetched)
		}
		facts := i.facts(s, lists)
		all = append(all, facts...)
		if _, sure := i.conclude(s, facts); sure {
			return all
		}
	}
	return all
}

// refresh fetches a list into the cache, and says whether there is something new.
func (i *inquiry) refresh(ctx context.Context, s subject, address string) bool {
	j := i.judge
	err := j.shared(ctx, "crl "+listKey(s.issuer, address), func(ctx context.Context) error {
		return j.fetchList(ctx, s.signers, address)
	})
	if err != nil {
		i.note(unreachable(hostOf(address), err))
	}
	return err == nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "?"
	}
	return u.Host
}

// askOCSP asks the responders of a certificate, up to the first that answers.
func (i *inquiry) askOCSP(ctx context.Context, s subject) (all []fact) {
	if s.noOCSP {
		return nil
	}
	for _, address := range s.cert.OCSPServer[:min(len(s.cert.OCSPServer), maxResponders)] {
		key := answerKey(s.cert, s.issuer)
		err := i.judge.shared(ctx, "ocsp "+key+address, func(ctx context.Context) error {
			return i.judge.fetchAnswer(ctx, s.cert, s.issuer, address)
		})
		if err != nil {
			i.note(unreachableOr(address, err))
			continue
		}
		a, err := ocsp.Parse(i.judge.cache.answer(key))
		if err != nil {
			continue
		}
		if all = append(all, i.fromOCSP(ctx, s, a, SourceFetched)...); len(all) > 0 {
			return all
		}
	}
	return all
}

// unreachableOr tells an answer that may not be believed from none.
func unreachableOr(address string, err error) signer.Reason {
	if r := refused(KindOCSP, SourceFetched, err); r.Code != "revocation-data-malformed" {
		return r
	}
	return unreachable(hostOf(address), err)
}

// shared lets all who ask for the same at once wait for one answer, each as long as its
// own context allows.
func (j *Judge) shared(ctx context.Context, key string, do func(context.Context) error) error {
	done := j.flights.DoChan(key, func() (any, error) {
		// Others wait for this too, so it does not end with whoever came first; each
		// request has its own bounds of time.
		return nil, do(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", fetch.ErrUnavailable, ctx.Err())
	case got := <-done:
		return got.Err
	}
}

// fetchList fetches a list and keeps it when one of the given authorities signed it.
func (j *Judge) fetchList(ctx context.Context, signers []*x509.Certificate, address string) error {
	key := listKey(signers[0], address)
	if at := j.cache.fetched(key); !at.IsZero() && j.now().Sub(at) < refetchAfter && !j.now().Before(at) {
		return nil // it was no use a moment ago, and will not be now
	}
	return j.renewList(ctx, signers, address)
}

// renewList fetches a list however new the kept one is.
func (j *Judge) renewList(ctx context.Context, signers []*x509.Certificate, address string) error {
	der, err := j.fetch.Get(ctx, fetch.Request{URL: address, Limit: crl.MaxSize})
	if err != nil {
		return err
	}
	l, err := crl.Parse(unarmour(der))
	if err != nil {
		j.fetch.Distrust(address)
		return err
	}
	by := listSigner(l, signers)
	if by == nil {
		j.fetch.Distrust(address)
		return errListSigner
	}
	return j.cache.keepList(listKey(signers[0], address), l, crl.About{Issuer: by.Raw, Under: signers[0].Raw, URL: address, Fetched: j.now().UTC()})
}

// fetchAnswer asks a responder and keeps the answer when it may be believed.
func (j *Judge) fetchAnswer(ctx context.Context, c, issuer *x509.Certificate, address string) error {
	key := answerKey(c, issuer)
	if at := j.cache.answered(key); !at.IsZero() && j.now().Sub(at) < refetchAfter && !j.now().Before(at) {
		return nil
	}
	a, err := j.ask(ctx, c, issuer, address)
	if err != nil {
		j.fetch.Distrust(address)
		return err
	}
	return j.cache.keepAnswer(key, a.DER, j.now())
}

func (j *Judge) ask(ctx context.Context, c, issuer *x509.Certificate, address string) (*ocsp.Answer, error) {
	nonce := ocsp.Nonce()
	// SHA-1 names the issuer here and protects nothing; not all responders know others.
	body, err := ocsp.Request(c, issuer, crypto.SHA1, nonce)
	if err != nil {
		return nil, err
	}
	der, err := j.fetch.Get(ctx, fetch.Request{URL: address, Body: body, Media: "application/ocsp-request", Limit: ocsp.MaxSize})
	if err != nil {
		return nil, err
	}
	a, err := ocsp.Parse(der)
	if err != nil {
		return nil, err
	}
	if a.Nonce != nil && !bytes.Equal(a.Nonce, nonce) {
		return nil, ocsp.ErrNonce
	}
	if _, err := a.About(c, issuer); err != nil {
		return nil, err
	}
	if _, err := a.Verify(issuer); err != nil {
		return nil, err
	}
	return a, nil
}
