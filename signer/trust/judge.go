package trust

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"congvan/signer"
	"congvan/signer/trust/fetch"
)

// Options say what a Judge works with.
type Options struct {
	Store  *Store         // nil: nothing is believed
	Policy *signer.Policy // nil: signer.DefaultPolicy
	// CacheDir keeps revocation data between runs. Its files are believed as the program's
	// own are: nobody else may write there. Empty: kept in memory, some of it.
	CacheDir string
	// HTTP replaces the client that revocation data is fetched with, for a proxy for
	// example; see fetch.Options.
	HTTP         *http.Client
	AllowPrivate bool             // fetch from loopback and private addresses too
	Timeout      time.Duration    // of one request; zero: fetch.DefaultTimeout
	CoolDown     time.Duration    // of a place that does not answer; zero: fetch.DefaultCoolDown
	Patience     time.Duration    // for all requests of one question; zero: DefaultPatience
	Now          func() time.Time // nil: time.Now
}

// Defaults of a Judge.
const (
	DefaultPatience = 20 * time.Second
	recheckAfter    = 15 * time.Minute // a TRY_LATER, at the earliest
	refetchAfter    = 10 * time.Minute // data that was of no use
	skew            = 10 * time.Minute // between clocks
)

// Judge says which certificates may be believed. It may be used concurrently.
type Judge struct {
	store    *Store
	policy   *signer.Policy
	now      func() time.Time
	patience time.Duration
	fetch    *fetch.Client
	cache    *cache
	links    links
	flights  singleflight.Group
}

// NewJudge makes a Judge, and its cache's folder.
func NewJudge(o Options) (*Judge, error) {
	j := &Judge{store: o.Store, policy: o.Policy, now: o.Now, patience: cmp.Or(o.Patience, DefaultPatience)}
	if j.store == nil {
		j.store = NewStore()
	}
	if j.policy == nil {
		j.policy = signer.DefaultPolicy()
	}
	if j.now == nil {
		j.now = time.Now
	}
	if o.CacheDir != "" {
		for _, dir := range []string{listsDir, answersDir} {
			if err := os.MkdirAll(filepath.Join(o.CacheDir, dir), 0o700); err != nil {
				return nil, fmt.Errorf("trust: cache: %w", err)
			}
		}
	}
	j.cache = newCache(o.CacheDir)
	j.fetch = fetch.New(fetch.Options{
		HTTP: o.HTTP, AllowPrivate: o.AllowPrivate, Timeout: o.Timeout, CoolDown: o.CoolDown, Now: j.now,
	})
	return j, nil
}

// maxJudged is how many chains of one certificate are checked for revocation.
const maxJudged = 4

// Judge says whether a certificate may be believed for a use at a moment: whether there
// is a chain to an anchor that holds then, and nothing in it was revoked by then. Of
// several chains the best one counts. It never fails otherwise than by its verdict.
func (j *Judge) Judge(ctx context.Context, q Question) Answer {
	if q.Now.IsZero() {
		q.Now = j.now()
	}
	if q.At.IsZero() {
		q.At, q.Proven = q.Now, false
	}
	if q.Use == "" {
		q.Use = UseSigning
	}
	if q.Certificate == nil {
		return Answer{Verdict: signer.Unsure(signer.NoSigningCertificateFound, signer.SigningCertificateAbsent())}
	}
	list, err := j.store.current()
	if err != nil {
		return Answer{Verdict: signer.Unsure(signer.CertificateChainFailure, listUnreadable(err)), Recheck: q.Now.Add(recheckAfter)}
	}
	ctx, cancel := context.WithTimeout(ctx, j.patience)
	defer cancel()
	return j.judge(ctx, list, q)
}

func (j *Judge) judge(ctx context.Context, list *snapshot, q Question) Answer {
	s := newSearch(list, &j.links, q.Use, j.policy.Revocation.Historic, q.Evidence.Certificates)
	paths := s.find(q.Certificate)
	if len(paths) == 0 {
		return Answer{Verdict: signer.Unsure(signer.NoCertificateChainFound, s.trouble.reasons(q.Certificate)...)}
	}
	answers := make([]Answer, 0, len(paths))
	for i := range paths {
		answers = append(answers, Answer{Verdict: j.examine(list, &paths[i], q), Chain: paths[i].chain, Weak: paths[i].weak})
	}
	slices.SortStableFunc(answers, better)
	i := &inquiry{judge: j, list: list, question: q}
	for n := range answers[:min(len(answers), maxJudged)] {
		i.revocation(ctx, &answers[n])
		if answers[n].Indication == signer.TotalPassed {
			return answers[n]
		}
	}
	return slices.MinFunc(answers[:min(len(answers), maxJudged)], better)
}

func better(a, b Answer) int { return cmp.Compare(gravity(a.Verdict), gravity(b.Verdict)) }

// gravity orders verdicts: by how far they are from passing.
func gravity(v signer.Verdict) int {
	switch v.Indication {
	case signer.TotalPassed:
		return 0
	case signer.TotalFailed:
		return 100
	}
	order := []signer.SubIndication{
		signer.TryLater, signer.CryptoConstraintsNoPOE, signer.OutOfBoundsNotRevoked, signer.OutOfBoundsNoPOE,
		signer.RevocationOutOfBoundsNoPOE, signer.CryptoConstraintsFailure, signer.ChainConstraintsFailure,
		signer.CertificateChainFailure, signer.NoCertificateChainFound, signer.RevokedCANoPOE, signer.RevokedNoPOE,
	}
	if at := slices.Index(order, v.SubIndication); at >= 0 {
		return 1 + at
	}
	return 50
}

// worst joins verdicts: the gravest counts, the reasons of all are kept, its own first.
func worst(all ...signer.Verdict) signer.Verdict {
	slices.SortStableFunc(all, func(a, b signer.Verdict) int { return cmp.Compare(gravity(b), gravity(a)) })
	v := signer.Verdict{Indication: all[0].Indication, SubIndication: all[0].SubIndication}
	for _, o := range all {
		v.Reasons = append(v.Reasons, o.Reasons...)
	}
	return v
}

// moment is when algorithms are judged: at a proven moment of use, or else now.
func (q *Question) moment() time.Time {
	if q.Proven {
		return q.At
	}
	return q.Now
}

// authority says whether a certificate is one of a certification authority.
func authority(c *x509.Certificate) bool { return c.BasicConstraintsValid && c.IsCA }
