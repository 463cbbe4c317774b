// Package democa is a certification authority for demonstrations and tests: a root,
// an authority below it, and certificates for people, agencies (seals), time-stamping
// authorities and OCSP responders, with their CRLs and OCSP answers.
//
// Nothing it issues is worth anything: its names say "thử nghiệm", every certificate
// bears the policy 2.999.1 (an arc set aside for examples) with a notice that it is a
// demonstration, and nobody trusts its root unless told to. New keys are made each time;
// what depends on time depends only on the moment that it is given.
//
// The code of an agency, such as H26.99, stands in the subject's
// organizationIdentifier (2.5.4.97, ITU-T X.520), beside its name in O and the unit in OU.
// Names are UTF8String, so that Nguyễn Thị Vĩnh stays what she is called.
package democa

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// Options say what an authority writes into the certificates that it issues.
type Options struct {
	Key  KeyKind // of the root and the authority; empty: P256
	Root string  // common name of the root; empty: RootName
	Name string  // common name of the issuing authority; empty: Name
	// BaseURL is where Handler will be reached, such as http://ca.test: certificates
	// then say where their CRL (/crl/N), OCSP responder (/ocsp/N) and issuer (/ca/N)
	// are. Empty: they say nothing, and need no revocation data under a policy that asks
	// for it only where it is published.
	BaseURL string
	NoCRL   bool // with BaseURL: name no CRL
	NoOCSP  bool // with BaseURL: name no OCSP responder
}

// The names of a demonstration.
const (
	RootName = "CA thử nghiệm congvan"
	Name     = "CA thử nghiệm congvan – cấp cơ quan"
	Maker    = "congvan – chỉ để thử nghiệm, không có giá trị pháp lý"
)

// Identity is a certificate with its private key.
type Identity struct {
	Key         crypto.Signer
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // issuers, nearest first, the root last
}

// Authority is one certification authority. It may be used concurrently.
type Authority struct {
	Identity
	Parent *Authority // nil for a root

	options Options
	now     time.Time
	index   int // of this authority among those under one root, for its addresses
	shared  *registry
	mu      sync.Mutex
	serial  int64
	revoked []Revocation
	crls    int64
}

// registry is what the authorities under one root have in common.
type registry struct {
	mu  sync.Mutex
	all []*Authority
}

// New makes a root, valid for ten years around now, and an authority below it, which is
// what it gives; the root is its Parent.
func New(now time.Time, o Options) (*Authority, error) {
	root, err := NewRoot(now, o)
	if err != nil {
		return nil, err
	}
	name := o.Name
	if name == "" {
		name = Name
	}
	return root.Below(name, Issue{Key: o.Key})
}

// NewRoot makes a root alone.
func NewRoot(now time.Time, o Options) (*Authority, error) {
	if o.Root == "" {
		o.Root = RootName
	}
	key, err := NewKey(o.Key)
	if err != nil {
		return nil, err
	}
	a := &Authority{options: o, now: now.UTC().Truncate(time.Second), shared: &registry{}}
	return a.certifyItself(key)
}

func (a *Authority) certifyItself(key crypto.Signer) (*Authority, error) {
	t := a.authorityTemplate(a.options.Root, Issue{})
	t.SerialNumber = big.NewInt(1)
	cert, err := create(t, t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	a.Identity = Identity{Key: key, Certificate: cert}
	return a.join(a.shared), nil
}

// join numbers an authority among those under its root.
func (a *Authority) join(r *registry) *Authority {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.shared, a.index = r, len(r.all)
	r.all = append(r.all, a)
	return a
}

// Below makes an authority below this one.
func (a *Authority) Below(name string, i Issue) (*Authority, error) {
	id, err := a.issue(a.authorityTemplate(name, i), i)
	if err != nil {
		return nil, fmt.Errorf("demo CA: %s: %w", name, err)
	}
	sub := &Authority{Identity: *id, Parent: a, options: a.options, now: a.now}
	return sub.join(a.shared), nil
}

// Cross makes this authority certify another one's name and key.
func (a *Authority) Cross(other *Authority, i Issue) (*x509.Certificate, error) {
	t := a.authorityTemplate("", i)
	t.RawSubject, t.SubjectKeyId = other.Certificate.RawSubject, other.Certificate.SubjectKeyId
	return a.sign(t, other.Key.Public(), i)
}

// Root gives the root that this authority stands under.
func (a *Authority) Root() *Authority {
	for a.Parent != nil {
		a = a.Parent
	}
	return a
}

func (a *Authority) authorityTemplate(name string, i Issue) *x509.Certificate {
	t := a.template(Subject{Name: name, Agency: Maker}, i, -5, 5)
	t.IsCA = true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	if i.KeyUsage != 0 {
		t.KeyUsage = i.KeyUsage
	}
	return t
}

// nextSerial gives the certificates of one authority the numbers from 1001 on.
func (a *Authority) nextSerial() *big.Int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serial++
	return big.NewInt(1000 + a.serial)
}

// utf8Name writes a name with all its values as UTF8String, but the country.
func utf8Name(attributes ...pkix.AttributeTypeAndValue) pkix.RDNSequence {
	var seq pkix.RDNSequence
	for _, a := range attributes {
		seq = append(seq, pkix.RelativeDistinguishedNameSET{a})
	}
	return seq
}

// Posing issues certificates with an identity that is no authority, for tests of those
// who should refuse them.
func (a *Authority) Posing(as *Identity) *Authority {
	poser := &Authority{Identity: *as, Parent: a, options: a.options, now: a.now}
	return poser.join(a.shared)
}
