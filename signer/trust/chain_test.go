package trust_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"
	"testing"
	"time"

	"congvan/signer/trust"
	"congvan/signer/trust/democa"
)

func TestChains(t *testing.T) {
	h := newHouse(t, silent)
	root, ca := h.ca.Root(), h.ca
	good := h.person(democa.Issue{})
	stamper := must(ca.TimeStamper("TSA thử nghiệm", democa.Issue{}))(t).Certificate

	// An authority of the same names as the real one, and a person that it made.
	forger := must(democa.New(moment, democa.Options{}))(t)
	forged := must(forger.Person(person, democa.Issue{}))(t)

	short := must(root.Below("CA không có cấp dưới", democa.Issue{Alter: func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true }}))(t)
	below := must(short.Below("CA cấp dưới", democa.Issue{}))(t)
	tooDeep := must(below.Person(person, democa.Issue{}))(t)

	noSign := must(root.Below("CA không được ký", democa.Issue{KeyUsage: x509.KeyUsageDigitalSignature}))(t)
	byNoSign := must(noSign.Person(person, democa.Issue{}))(t)

	critical := h.person(democa.Issue{Alter: func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 999, 7}, Critical: true, Value: []byte{5, 0}})
	}})
	oldCA := must(root.Below("CA hết hạn", democa.Expired(moment)))(t)
	byOld := must(oldCA.Person(person, democa.Issue{}))(t)

	// A person who plays authority.
	player := must(ca.Person(person, democa.Issue{}))(t)
	byPlayer := must(ca.Posing(player).Person(person, democa.Issue{}))(t)

	for _, test := range []struct {
		name   string
		cert   *x509.Certificate
		change []func(*trust.Question)
		want   string
		codes  []string
	}{
		{"good", good, nil, passed, nil},
		{"time stamper", stamper, []func(*trust.Question){stamping}, passed, nil},
		{"time stamper signs a letter", stamper, nil, constraint, []string{"certificate-not-for-documents"}},
		{"person stamps", good, []func(*trust.Question){stamping}, constraint, []string{"certificate-not-for-time-stamping"}},
		{"key usage", h.person(democa.Issue{KeyUsage: 0, Alter: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }}), nil, constraint, []string{"certificate-key-usage"}},
		{"no key usage, no purposes", h.person(democa.Issue{Alter: func(c *x509.Certificate) { c.KeyUsage, c.ExtKeyUsage = 0, nil }}), nil, passed, nil},
		{"expired", h.person(democa.Expired(moment)), nil, outOfBounds, []string{"certificate-expired"}},
		{"expired since, proven before", h.person(democa.Expired(moment)), []func(*trust.Question){proven(moment.AddDate(-1, 0, 0))}, passed, nil},
		{"expired, proven too late", h.person(democa.Expired(moment)), []func(*trust.Question){proven(moment.Add(-time.Hour))}, outOfBounds, []string{"certificate-expired"}},
		{"not yet valid", h.person(democa.NotYetValid(moment)), nil, outOfBounds, []string{"certificate-not-yet-valid"}},
		{"not yet valid, yet proven", h.person(democa.NotYetValid(moment)), []func(*trust.Question){proven(moment)}, notYetFailure, []string{"certificate-not-yet-valid"}},
		{"authority expired", byOld.Certificate, []func(*trust.Question){with(oldCA.Certificate)}, outOfBounds, []string{"certificate-expired"}},
		{"issuer missing", byOld.Certificate, nil, noChain, []string{"issuer-missing"}},
		{"unknown root", forged.Certificate, []func(*trust.Question){with(forged.Chain...)}, noChain, []string{"issuer-signature"}},
		{"self-made", forger.Root().Certificate, nil, noChain, nil},
		{"path length", tooDeep.Certificate, []func(*trust.Question){with(tooDeep.Chain...)}, chainFailure, []string{"path-length"}},
		{"may not sign certificates", byNoSign.Certificate, []func(*trust.Question){with(byNoSign.Chain...)}, chainFailure, []string{"issuer-key-usage"}},
		{"issued by a person", byPlayer.Certificate, []func(*trust.Question){with(player.Certificate)}, chainFailure, []string{"issuer-not-authority"}},
		{"critical extension", critical, nil, chainFailure, []string{"critical-extension"}},
		{"no certificate", nil, nil, "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND", []string{"signing-certificate-absent"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want(t, h.ask(test.cert, test.change...), test.want, test.codes...)
		})
	}
}

func TestAnchorsAreGoodForTheirUsesAndWithinTheirWindow(t *testing.T) {
	h := newHouse(t, silent)
	c := h.person(democa.Issue{})
	stamper := must(h.ca.TimeStamper("TSA thử nghiệm", democa.Issue{}))(t).Certificate
	h.reopen(trust.Entry{
		Certificate: h.ca.Root().Certificate, Uses: []trust.Use{trust.UseSigning}, Role: trust.RoleAnchor,
		TrustedFrom: moment.AddDate(0, -2, 0), TrustedUntil: moment.AddDate(0, -1, 0),
	}, trust.Entry{Certificate: h.ca.Certificate})
	want(t, h.ask(c), noChain, "trusted-no-longer")
	want(t, h.ask(c, proven(moment.AddDate(0, -1, -1))), passed)
	want(t, h.ask(c, proven(moment.AddDate(0, -3, 0))), noChain, "trusted-only-later")
	want(t, h.ask(stamper, stamping), noChain, "anchor-not-for-use")
}

func TestAnIntermediateMayBeAnAnchor(t *testing.T) {
	h := newHouse(t, silent)
	h.reopen(trust.Entry{Certificate: h.ca.Certificate, Role: trust.RoleAnchor})
	a := h.ask(h.person(democa.Issue{}))
	want(t, a, passed)
	if len(a.Chain) != 2 {
		t.Errorf("chain of %d", len(a.Chain))
	}
}

func TestAnUnknownIssuerIsNamed(t *testing.T) {
	h := newHouse(t, silent)
	c := h.person(democa.Issue{})
	h.reopen(trust.Entry{Certificate: h.ca.Root().Certificate})
	a := h.ask(c)
	want(t, a, noChain, "issuer-missing")
	if vi := a.Reasons[0].Vi; !strings.Contains(vi, democa.Name) {
		t.Errorf("%q does not name %q", vi, democa.Name)
	}
}

func TestSHA1ChainsHoldOnlyWithAProofFromTheirDays(t *testing.T) {
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		t.Run(string(kind), func(t *testing.T) {
			h := newHouse(t, silent, func(o *democa.Options) { o.Key = kind })
			from, until := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), moment.AddDate(1, 0, 0)
			root := must(democa.NewRoot(time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC), democa.Options{Key: kind, Root: "CA cũ"}))(t)
			old := must(root.Person(person, democa.Issue{SHA1: true, From: from, Until: until}))(t).Certificate
			h.reopen(trust.Entry{Certificate: root.Certificate})

			a := h.ask(old, proven(time.Date(2014, 6, 1, 0, 0, 0, 0, time.UTC)))
			want(t, a, passed)
			if len(a.Weak) != 1 {
				t.Errorf("weak links %v", a.Weak)
			}
			want(t, h.ask(old, proven(time.Date(2017, 6, 1, 0, 0, 0, 0, time.UTC))), weakNoPOE, "chain-digest-weak")
			then := func(q *trust.Question) { q.At = time.Date(2014, 6, 1, 0, 0, 0, 0, time.UTC); q.Now = q.At }
			want(t, h.ask(old, then), weakNoPOE, "chain-digest-weak")
			now := func(q *trust.Question) { q.At = time.Date(2017, 6, 1, 0, 0, 0, 0, time.UTC); q.Now = q.At }
			want(t, h.ask(old, now), weakNoPOE, "chain-digest-weak")

			h.policy.Revocation.Historic = false
			want(t, h.ask(old, proven(time.Date(2014, 6, 1, 0, 0, 0, 0, time.UTC))), noChain, "chain-sha1")
		})
	}
}

func TestWeakKeysOfAuthorities(t *testing.T) {
	h := newHouse(t, silent)
	weak := must(h.ca.Root().Below("CA khóa ngắn", democa.Issue{Key: democa.RSA1024}))(t)
	c := must(weak.Person(person, democa.Issue{}))(t)
	want(t, h.ask(c.Certificate, with(weak.Certificate)), weakNoPOE, "chain-key-weak")
}

func TestNameConstraints(t *testing.T) {
	h := newHouse(t, silent)
	limited := func(change func(*x509.Certificate)) func(democa.Issue) trust.Answer {
		sub := must(h.ca.Root().Below("CA bị giới hạn", democa.Issue{Alter: change}))(t)
		return func(i democa.Issue) trust.Answer {
			s := person
			s.Email = "vinh@ubnd.test"
			c := must(sub.Person(s, i))(t)
			return h.ask(c.Certificate, with(sub.Certificate))
		}
	}
	email := func(domain string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.PermittedEmailAddresses, c.PermittedDNSDomainsCritical = []string{domain}, true
		}
	}
	want(t, limited(email("ubnd.test"))(democa.Issue{}), passed)
	want(t, limited(email("khac.test"))(democa.Issue{}), chainFailure, "name-constraints")
	want(t, limited(func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{"ubnd.test"} })(democa.Issue{}), chainFailure, "name-constraints")

	agency := func(tag int, name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, directoryConstraint(t, tag, name))
		}
	}
	want(t, limited(agency(0, person.Agency))(democa.Issue{}), passed)
	want(t, limited(agency(0, "SỞ CHỦ NGHĨA THỬ NGHIỆM"))(democa.Issue{}), passed)
	want(t, limited(agency(0, "Sở khác"))(democa.Issue{}), chainFailure, "name-constraints")
	want(t, limited(agency(1, person.Agency))(democa.Issue{}), chainFailure, "name-constraints")
	want(t, limited(agency(1, "Sở khác"))(democa.Issue{}), passed)
}

// directoryConstraint permits (0) or excludes (1) names C=VN, O=agency.
func directoryConstraint(t *testing.T, tag int, agency string) pkix.Extension {
	t.Helper()
	name := must(asn1.Marshal(pkix.RDNSequence{
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "VN"}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: agency}},
	}))(t)
	wrap := func(class, tag int, inner []byte) []byte {
		return must(asn1.Marshal(asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: inner}))(t)
	}
	tree := wrap(0, asn1.TagSequence, wrap(2, 4, name))
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Critical: true, Value: wrap(0, asn1.TagSequence, wrap(2, tag, tree))}
}

func TestExplicitPolicyIsDemanded(t *testing.T) {
	h := newHouse(t, silent)
	demand := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 36}, Critical: true, Value: []byte{0x30, 3, 0x80, 1, 0}}
	sub := must(h.ca.Root().Below("CA theo chính sách", democa.Issue{Alter: func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, demand) }}))(t)
	follows := must(sub.Person(person, democa.Issue{}))(t)
	want(t, h.ask(follows.Certificate, with(sub.Certificate)), passed)
	ignores := must(sub.Person(person, democa.Issue{Alter: func(c *x509.Certificate) { c.ExtraExtensions = nil }}))(t)
	want(t, h.ask(ignores.Certificate, with(sub.Certificate)), chainFailure, "certificate-policy")
}

func TestLoopsAndCrossCertificates(t *testing.T) {
	h := newHouse(t, silent)
	// Two authorities that certify each other, one of which the root certifies too.
	a := must(h.ca.Root().Below("CA một", democa.Issue{}))(t)
	b := must(democa.NewRoot(moment, democa.Options{Root: "CA hai"}))(t)
	aByB := must(b.Cross(a, democa.Issue{}))(t)
	bByA := must(a.Cross(b, democa.Issue{}))(t)
	c := must(b.Person(person, democa.Issue{}))(t)
	answer := h.ask(c.Certificate, with(aByB, bByA, b.Certificate, a.Certificate))
	want(t, answer, passed)
	if len(answer.Chain) != 4 {
		t.Errorf("chain of %d", len(answer.Chain))
	}
	want(t, h.ask(c.Certificate, with(aByB, bByA, b.Certificate)), noChain)
}

func TestOfSeveralChainsOneIsEnough(t *testing.T) {
	h := newHouse(t, silent)
	// The same authority, certified twice: one certificate has expired.
	now := must(h.ca.Root().Below("CA hai chứng thư", democa.Issue{}))(t)
	old := must(h.ca.Root().Cross(now, democa.Expired(moment)))(t)
	c := must(now.Person(person, democa.Issue{}))(t)
	want(t, h.ask(c.Certificate, with(old)), outOfBounds)
	want(t, h.ask(c.Certificate, with(old, now.Certificate)), passed)
	want(t, h.ask(c.Certificate, with(now.Certificate, old)), passed)
}

func TestHundredsOfCandidatesAreBounded(t *testing.T) {
	h := newHouse(t, silent)
	var crowd []*x509.Certificate
	for range 400 {
		other := must(democa.NewRoot(moment, democa.Options{Root: democa.Name}))(t)
		crowd = append(crowd, other.Certificate)
	}
	want(t, h.ask(h.person(democa.Issue{}), with(crowd...)), passed)

	// All with one name and key, certifying each other through hundreds of certificates.
	key := must(democa.NewKey(democa.P256))(t)
	var maze []*x509.Certificate
	for range 100 {
		other := must(democa.NewRoot(moment, democa.Options{Root: "CA mê cung"}))(t)
		for n := range 4 {
			maze = append(maze, must(other.Below(fmt.Sprintf("CA mê cung %d", n), democa.Issue{With: key}))(t).Certificate)
		}
	}
	end := must(democa.NewRoot(moment, democa.Options{Root: "CA mê cung 0"}))(t)
	lost := must(end.Person(person, democa.Issue{}))(t)
	start := time.Now()
	want(t, h.ask(lost.Certificate, with(maze...)), noChain)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestAMazeOfAuthoritiesThatAllCertifyEachOtherIsBounded(t *testing.T) {
	h := newHouse(t, silent)
	var all []*democa.Authority
	var maze []*x509.Certificate
	for n := range 12 {
		all = append(all, must(democa.NewRoot(moment, democa.Options{Root: fmt.Sprintf("CA mê cung %d", n)}))(t))
	}
	for _, a := range all {
		for _, b := range all {
			if a != b {
				maze = append(maze, must(a.Cross(b, democa.Issue{}))(t))
			}
		}
	}
	lost := must(all[0].Person(person, democa.Issue{}))(t)
	for range 2 { // the second time all links are known
		start := time.Now()
		want(t, h.ask(lost.Certificate, with(maze...)), noChain, "chain-search-bounded")
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %s", took)
		}
	}
}
