// Package signing makes of the signer's rooms what the gateway and the commands need: documents
// and envelopes judged under one policy and one list of roots, envelopes sealed, proofs preserved.
package signing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"congvan/gateway"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/trust"
	"congvan/signer/tsa"
	"congvan/signer/validate"
	xmlsig "congvan/signer/xml"
)

// Options say how signatures are judged.
type Options struct {
	PolicyFile string // empty: the policy that ships
	TrustDir   string // a signed list, a folder or a file of certificates; empty: nobody is believed
	CacheDir   string // of revocation data; empty: in memory only
	Offline    bool   // ask no responder
	Now        func() time.Time
	HTTP       *http.Client
	Private    bool // responders may have private addresses

	TSA            []string // time-stamping authorities, in the order in which they are asked
	TSACredentials string   // file with user:password for all of them
}

// Signing judges signatures: at the door with what is at hand, or online.
type Signing struct {
	policy  *signer.Policy
	store   *trust.Store
	now     func() time.Time
	door    verifiers // asks nobody
	online  verifiers
	judge   *trust.Judge // online
	stamper *tsa.Client  // nil without authorities
}

// verifiers judge the two formats.
type verifiers struct {
	pdf *pdf.Verifier
	xml *xmlsig.Verifier
}

// Open opens policy and roots.
func Open(o Options) (*Signing, error) {
	s := &Signing{policy: signer.DefaultPolicy(), store: trust.NewStore(), now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if o.PolicyFile != "" {
		if s.policy, err = signer.LoadPolicy(o.PolicyFile); err != nil {
			return nil, err
		}
	}
	s.policy.Revocation.Offline = s.policy.Revocation.Offline || o.Offline
	if o.TrustDir != "" {
		if s.store, err = trust.OpenStore(o.TrustDir); err != nil {
			return nil, fmt.Errorf("trust: %w", err)
		}
	}
	if err := s.verifiers(o); err != nil {
		return nil, err
	}
	if len(o.TSA) > 0 {
		s.stamper, err = NewStamper(o)
	}
	return s, err
}

// NewStamper makes the client of the time-stamping authorities.
func NewStamper(o Options) (*tsa.Client, error) {
	t := tsa.Options{HTTP: o.HTTP}
	for _, url := range o.TSA {
		t.Authorities = append(t.Authorities, tsa.Authority{URL: url, CredentialsFile: o.TSACredentials})
	}
	return tsa.NewClient(t)
}

func (s *Signing) verifiers(o Options) error {
	asksNobody := *s.policy
	asksNobody.Revocation.Offline = true
	var err error
	if s.door, _, err = newVerifiers(s.store, &asksNobody, o); err != nil {
		return err
	}
	s.online, s.judge, err = newVerifiers(s.store, s.policy, o)
	return err
}

func newVerifiers(store *trust.Store, policy *signer.Policy, o Options) (verifiers, *trust.Judge, error) {
	judge, err := trust.NewJudge(trust.Options{
		Store: store, Policy: policy, CacheDir: o.CacheDir, HTTP: o.HTTP, Now: o.Now, AllowPrivate: o.Private,
	})
	if err != nil {
		return verifiers{}, nil, fmt.Errorf("trust: %w", err)
	}
	process := validate.New(validate.Options{Trust: judge, Policy: policy, Now: o.Now})
	return verifiers{
		pdf: pdf.NewVerifier(pdf.Options{Process: process, Policy: policy, Now: o.Now}),
		xml: xmlsig.NewVerifier(xmlsig.Options{Process: process, Policy: policy, Now: o.Now}),
	}, judge, nil
}

// Judge is the judge of certificates that may ask responders.
func (s *Signing) Judge() *trust.Judge { return s.judge }

// Store is the list of those who are believed.
func (s *Signing) Store() *trust.Store { return s.store }

// Stamper is the client of the time-stamping authorities; nil without any.
func (s *Signing) Stamper() *tsa.Client { return s.stamper }

// Policy implements gateway.Signatures.
func (s *Signing) Policy() *signer.Policy { return s.policy }

func (s *Signing) pick(online bool) verifiers {
	if online {
		return s.online
	}
	return s.door
}

// PDF implements gateway.Signatures.
func (s *Signing) PDF(ctx context.Context, r io.ReaderAt, size int64, online bool) *signer.Report {
	return s.pick(online).pdf.Verify(ctx, r, size)
}

// Envelope implements gateway.Signatures.
func (s *Signing) Envelope(ctx context.Context, e gateway.SignedEnvelope, online bool) *signer.Report {
	m, err := message(e)
	if err != nil {
		return unreadable(err)
	}
	return s.pick(online).xml.Verify(ctx, m)
}

// Returned implements gateway.Countersigner.
func (s *Signing) Returned(ctx context.Context, sent, returned gateway.Stored) (*signer.Report, *signer.Reason, error) {
	r, err := pdf.CheckReturned(ctx, s.online.pdf, pdf.Document(sent), pdf.Document(returned))
	var refusal *pdf.Refusal
	if errors.As(err, &refusal) {
		return nil, &refusal.Reason, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return r.Report, nil, nil
}

// unreadable is the report on a message whose signature cannot be looked at.
func unreadable(err error) *signer.Report {
	r := &signer.Report{Verdict: signer.Unsure(signer.SignedDataNotFound, signer.Reason{
		Code: "unreadable-message", Vi: "Không đọc lại được gói tin để kiểm tra chữ ký.",
		En: "The message cannot be read again to check its signature: " + err.Error() + ".",
	})}
	r.Conclude()
	return r
}
