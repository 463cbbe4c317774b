package trust_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
)

const day = 24 * time.Hour

func TestRevocationOverTheNetwork(t *testing.T) {
	for name, options := range map[string]func(*democa.Options){
		"both": func(*democa.Options) {}, "ocsp": noCRL, "crl": noOCSP,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options)
			c, gone := h.person(democa.Issue{}), h.person(democa.Issue{})
			h.ca.Revoke(gone, moment.Add(-10*day), ocsp.KeyCompromise)
			a := h.ask(c)
			want(t, a, passed)
			if len(a.Proofs) != 2 || a.Proofs[0].Certificate != c || a.Proofs[0].Source != trust.SourceFetched || len(a.Proofs[0].DER) == 0 {
				t.Errorf("proofs %+v", a.Proofs)
			}
			want(t, h.ask(gone), revokedNoPOE, "certificate-revoked")
			want(t, h.ask(gone, proven(moment.Add(-9*day))), revokedNoPOE, "certificate-revoked")
			want(t, h.ask(gone, proven(moment.Add(-11*day))), passed, "certificate-revoked-later")

			asked := h.web.count("/")
			h.web.serve(nil)
			h.reopen() // another process, without a network
			a = h.ask(c)
			want(t, a, passed)
			if a.Proofs[0].Source != trust.SourceCached {
				t.Errorf("source %s", a.Proofs[0].Source)
			}
			want(t, h.ask(gone), revokedNoPOE, "certificate-revoked")
			if h.web.count("/") != asked {
				t.Error("asked again for what is kept")
			}
		})
	}
}

func TestARevokedAuthority(t *testing.T) {
	h := newHouse(t)
	c := h.person(democa.Issue{})
	h.ca.Root().Revoke(h.ca.Certificate, moment.Add(-5*day), ocsp.CACompromise)
	want(t, h.ask(c), revokedCA, "certificate-revoked")
	// What the authority said after that counts for nothing, even of earlier days.
	want(t, h.ask(c, proven(moment.Add(-6*day))), tryLater, "revocation-data-after-issuer")
	before := must(h.ca.CRL(democa.List{This: moment.Add(-5*day - time.Hour)}))(t)
	want(t, h.ask(c, proven(moment.Add(-6*day)), withCRL(before)), passed, "certificate-revoked-later")
}

func TestEmbeddedOCSP(t *testing.T) {
	h := newHouse(t)
	h.web.serve(nil)
	ca := h.ca
	c := h.person(democa.Issue{})
	rootCRL := withCRL(must(ca.Root().CRL(democa.List{}))(t))

	responder := must(ca.Responder("OCSP thử nghiệm", democa.Issue{}))(t)
	lateResponder := must(ca.Responder("OCSP chưa có hiệu lực", democa.NotYetValid(moment)))(t)
	stranger := must(ca.Person(person, democa.Issue{}))(t)
	rootsResponder := must(ca.Root().Responder("OCSP của gốc", democa.Issue{}))(t)
	forger := must(democa.New(moment, democa.Options{}))(t)
	other := h.person(democa.Issue{})

	for _, test := range []struct {
		name     string
		response democa.Response
		by       *democa.Authority
		about    *x509.Certificate
		want     string
		code     string
	}{
		{"by the issuer", democa.Response{}, ca, c, passed, ""},
		{"by SHA-256", democa.Response{Hash: crypto.SHA256}, ca, c, passed, ""},
		{"by a responder", democa.Response{By: responder}, ca, c, passed, ""},
		{"without a next update", democa.Response{NoNext: true, This: moment.Add(-6 * day)}, ca, c, passed, ""},
		{"without a next update, too old", democa.Response{NoNext: true, This: moment.Add(-8 * day)}, ca, c, tryLater, "revocation-data-stale"},
		{"within grace", democa.Response{This: moment.Add(-3 * day), Next: moment.Add(-20 * time.Hour)}, ca, c, passed, ""},
		{"stale", democa.Response{This: moment.Add(-4 * day), Next: moment.Add(-2 * day)}, ca, c, tryLater, "revocation-data-stale"},
		{"from the future", democa.Response{This: moment.Add(time.Hour)}, ca, c, tryLater, "revocation-data-future"},
		{"by somebody without the purpose", democa.Response{By: stranger}, ca, c, tryLater, "ocsp-wrong-responder"},
		{"by a responder not yet valid", democa.Response{By: lateResponder}, ca, c, tryLater, "ocsp-wrong-responder"},
		{"by another issuer's responder", democa.Response{By: rootsResponder}, ca, c, tryLater, "ocsp-wrong-responder"},
		{"by a forger of the issuer's name", democa.Response{By: &forger.Identity}, ca, c, tryLater, "ocsp-wrong-responder"},
		{"by a forger", democa.Response{}, forger, c, tryLater, ""},
		{"about somebody else", democa.Response{}, ca, other, tryLater, ""},
		{"unknown", democa.Response{Known: true, Status: ocsp.Unknown}, ca, c, tryLater, "ocsp-unknown"},
		{"revoked", democa.Response{Known: true, Status: ocsp.Revoked}, ca, c, revokedNoPOE, "certificate-revoked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.ask(c, rootCRL, withOCSP(must(test.by.OCSP(test.about, test.response))(t)))
			want(t, a, test.want)
			if test.code != "" && !says(a, test.code) {
				t.Errorf("no reason %s in %v", test.code, a.Reasons)
			}
			if test.want == tryLater && !a.Recheck.After(moment) {
				t.Errorf("recheck at %s", a.Recheck)
			}
		})
	}
}

func TestABareBasicResponseIsRead(t *testing.T) {
	h := newHouse(t)
	h.web.serve(nil)
	c := h.person(democa.Issue{})
	whole := must(h.ca.OCSP(c, democa.Response{}))(t)
	var outer struct {
		Status   asn1.Enumerated
		Response struct {
			Type asn1.ObjectIdentifier
			Body []byte
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(whole, &outer); err != nil {
		t.Fatal(err)
	}
	want(t, h.ask(c, withCRL(must(h.ca.Root().CRL(democa.List{}))(t)), withOCSP(outer.Response.Body)), passed)
}

func enumerated(t *testing.T, id int, critical bool, der []byte) pkix.Extension {
	t.Helper()
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, id}, Critical: critical, Value: der}
}

func TestEmbeddedCRLs(t *testing.T) {
	h := newHouse(t, noOCSP)
	h.web.serve(nil)
	ca := h.ca
	c := h.person(democa.Issue{})
	rootCRL := withCRL(must(ca.Root().CRL(democa.List{}))(t))
	revoked := func(at time.Time, reason int, x ...pkix.Extension) []democa.Revocation {
		return []democa.Revocation{{Serial: c.SerialNumber, At: at, Reason: reason, Extensions: x}}
	}
	forger := must(democa.New(moment, democa.Options{}))(t)
	rekeyed := must(ca.Root().Cross(forger, democa.Issue{}))(t) // the issuer's name, with another key
	scope := func(tag byte) pkix.Extension {
		return enumerated(t, 28, true, []byte{0x30, 3, 0x80 | tag, 1, 0xff})
	}
	number := func(n int64) []byte { return must(asn1.Marshal(big.NewInt(n)))(t) }
	delta := func(base int64) pkix.Extension { return enumerated(t, 27, true, number(base)) }
	invalidity := enumerated(t, 24, false, must(asn1.MarshalWithParams(moment.Add(-20*day), "generalized"))(t))

	for _, test := range []struct {
		name   string
		lists  []democa.List
		by     *democa.Authority
		change []func(*trust.Question)
		want   string
		code   string
	}{
		{"good", []democa.List{{}}, ca, nil, passed, ""},
		{"stale", []democa.List{{This: moment.Add(-20 * day)}}, ca, nil, tryLater, "revocation-data-stale"},
		{"stale, yet proven then", []democa.List{{This: moment.Add(-20 * day)}}, ca, []func(*trust.Question){proven(moment.Add(-19 * day))}, passed, ""},
		{"made after the proof", []democa.List{{}}, ca, []func(*trust.Question){proven(moment.Add(-100 * day))}, passed, ""},
		{"revoked", []democa.List{{Revoked: revoked(moment.Add(-day), 1)}}, ca, nil, revokedNoPOE, "certificate-revoked"},
		{"revoked by a stale list", []democa.List{{This: moment.Add(-20 * day), Revoked: revoked(moment.Add(-30*day), 1)}}, ca, nil, revokedNoPOE, "certificate-revoked"},
		{"revoked later", []democa.List{{Revoked: revoked(moment.Add(-day), 1)}}, ca, []func(*trust.Question){proven(moment.Add(-2 * day))}, passed, "certificate-revoked-later"},
		{"invalid earlier", []democa.List{{Revoked: revoked(moment.Add(-day), 1, invalidity)}}, ca, []func(*trust.Question){proven(moment.Add(-2 * day))}, revokedNoPOE, "certificate-revoked"},
		{"on hold", []democa.List{{Revoked: revoked(moment.Add(-day), 6)}}, ca, nil, tryLater, "certificate-on-hold"},
		{"on hold later", []democa.List{{Revoked: revoked(moment.Add(-day), 6)}}, ca, []func(*trust.Question){proven(moment.Add(-2 * day))}, passed, ""},
		{"hold lifted", []democa.List{{This: moment.Add(-2 * day), Revoked: revoked(moment.Add(-3*day), 6)}, {}}, ca, nil, passed, ""},
		{"other issuer of the same name", []democa.List{{}}, forger, nil, tryLater, "crl-wrong-issuer"},
		{"another key of the issuer", []democa.List{{}}, forger, []func(*trust.Question){with(rekeyed)}, passed, ""},
		{"users only", []democa.List{{Extensions: []pkix.Extension{scope(1)}}}, ca, nil, passed, ""},
		{"authorities only", []democa.List{{Extensions: []pkix.Extension{scope(2)}}}, ca, nil, tryLater, "crl-out-of-scope"},
		{"authorities only, yet revoked", []democa.List{{Extensions: []pkix.Extension{scope(2)}, Revoked: revoked(moment.Add(-day), 1)}}, ca, nil, revokedNoPOE, ""},
		{"attribute certificates only", []democa.List{{Extensions: []pkix.Extension{scope(5)}}}, ca, nil, tryLater, "crl-out-of-scope"},
		{"some reasons", []democa.List{{Extensions: []pkix.Extension{enumerated(t, 28, true, []byte{0x30, 4, 0x83, 2, 6, 0x40})}}}, ca, nil, tryLater, "crl-out-of-scope"},
		{"another distribution point", []democa.List{{Extensions: []pkix.Extension{enumerated(t, 28, true, []byte{0x30, 10, 0xa0, 8, 0xa0, 6, 0x86, 4, 'h', ':', '/', '/'})}}}, ca, nil, tryLater, "crl-out-of-scope"},
		{"critical extension", []democa.List{{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 9}, Critical: true, Value: []byte{5, 0}}}}}, ca, nil, tryLater, "revocation-data-critical"},
		{"critical extension in an entry", []democa.List{{Revoked: []democa.Revocation{{Serial: big.NewInt(7), At: moment.Add(-day), Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 9}, Critical: true, Value: []byte{5, 0}}}}}}}, ca, nil, tryLater, "revocation-data-critical"},
		{"delta alone", []democa.List{{Number: big.NewInt(12), Extensions: []pkix.Extension{delta(10)}}}, ca, nil, tryLater, ""},
		{"delta revokes", []democa.List{{Number: big.NewInt(10)}, {Number: big.NewInt(12), Extensions: []pkix.Extension{delta(10)}, Revoked: revoked(moment.Add(-day), 1)}}, ca, nil, revokedNoPOE, ""},
		{"delta removes", []democa.List{{Number: big.NewInt(10), This: moment.Add(-day), Revoked: revoked(moment.Add(-2*day), 6)}, {Number: big.NewInt(12), Extensions: []pkix.Extension{delta(10)}, Revoked: revoked(moment.Add(-day), 8)}}, ca, nil, passed, ""},
		{"delta of a later list", []democa.List{{Number: big.NewInt(10), This: moment.Add(-day), Revoked: revoked(moment.Add(-2*day), 6)}, {Number: big.NewInt(12), Extensions: []pkix.Extension{delta(11)}, Revoked: revoked(moment.Add(-day), 8)}}, ca, nil, tryLater, "certificate-on-hold"},
		{"indirect, somebody else's entry", []democa.List{{Extensions: []pkix.Extension{scope(4)}, Revoked: revoked(moment.Add(-day), 1, certificateIssuer(t, ca.Root().Certificate))}}, ca, nil, passed, ""},
		{"indirect, own entry", []democa.List{{Extensions: []pkix.Extension{scope(4)}, Revoked: revoked(moment.Add(-day), 1, certificateIssuer(t, ca.Certificate))}}, ca, nil, revokedNoPOE, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			change := append([]func(*trust.Question){rootCRL}, test.change...)
			for _, l := range test.lists {
				change = append(change, withCRL(must(test.by.CRL(l))(t)))
			}
			a := h.ask(c, change...)
			want(t, a, test.want)
			if test.code != "" && !says(a, test.code) {
				t.Errorf("no reason %s in %v", test.code, a.Reasons)
			}
		})
	}
}

// certificateIssuer says whose certificate an entry of an indirect list is about.
func certificateIssuer(t *testing.T, c *x509.Certificate) pkix.Extension {
	t.Helper()
	name := must(asn1.Marshal(asn1.RawValue{Class: 2, Tag: 4, IsCompound: true, Bytes: c.RawSubject}))(t)
	return enumerated(t, 29, true, must(asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: name}))(t))
}

func TestAnExpiredCertificateIsKnownNotToBeRevokedOrNot(t *testing.T) {
	h := newHouse(t, noOCSP)
	h.web.serve(nil)
	c := h.person(democa.Expired(moment)) // a day ago
	rootCRL := withCRL(must(h.ca.Root().CRL(democa.List{}))(t))
	want(t, h.ask(c, rootCRL), outOfBounds, "certificate-expired")
	then := must(h.ca.CRL(democa.List{This: moment.Add(-2 * day)}))(t)
	want(t, h.ask(c, rootCRL, withCRL(then)), notRevoked, "certificate-expired")
	// Authorities drop certificates from their lists once these have expired.
	now := must(h.ca.CRL(democa.List{}))(t)
	want(t, h.ask(c, rootCRL, withCRL(now)), outOfBounds, "certificate-expired")
	want(t, h.ask(c, rootCRL, withCRL(now), proven(moment.Add(-3*day))), tryLater)
	keeps := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 60}, Value: must(asn1.MarshalWithParams(moment.Add(-100*day), "generalized"))(t)}
	archive := must(h.ca.CRL(democa.List{Extensions: []pkix.Extension{keeps}}))(t)
	want(t, h.ask(c, rootCRL, withCRL(archive)), notRevoked, "certificate-expired")
	want(t, h.ask(c, rootCRL, withCRL(archive), proven(moment.Add(-3*day))), passed)
	revoked := must(h.ca.CRL(democa.List{Revoked: []democa.Revocation{{Serial: c.SerialNumber, At: moment.Add(-5 * day)}}}))(t)
	want(t, h.ask(c, rootCRL, withCRL(revoked)), revokedNoPOE, "certificate-revoked")
}

func TestHowStrictlyRevocationIsChecked(t *testing.T) {
	h := newHouse(t, silent)
	c := h.person(democa.Issue{})
	for _, test := range []struct {
		check signer.RevocationCheck
		want  string
	}{
		{signer.RevocationRequired, tryLater}, {signer.RevocationPublished, passed}, {signer.RevocationNever, passed},
	} {
		h.policy.Revocation.Check = test.check
		want(t, h.ask(c), test.want)
	}
	h.policy.Revocation.Check = signer.RevocationRequired
	lists := []func(*trust.Question){withCRL(must(h.ca.CRL(democa.List{}))(t)), withCRL(must(h.ca.Root().CRL(democa.List{}))(t))}
	want(t, h.ask(c, lists...), passed)

	published := newHouse(t)
	published.web.serve(nil)
	published.policy.Revocation.Check = signer.RevocationNever
	want(t, published.ask(published.person(democa.Issue{})), passed)
	if published.web.count("/") > 0 {
		t.Error("asked somebody")
	}
}

func TestOfflineIsAMode(t *testing.T) {
	h := newHouse(t)
	c := h.person(democa.Issue{})
	h.policy.Revocation.Offline = true
	a := h.ask(c)
	want(t, a, tryLater, "revocation-offline")
	if h.web.count("/") > 0 {
		t.Error("asked somebody")
	}
	if !a.Recheck.After(moment) || len(a.Chain) != 3 {
		t.Errorf("recheck %s, chain of %d", a.Recheck, len(a.Chain))
	}
}

func TestNobodyWaitsTwiceForASilentResponder(t *testing.T) {
	h := newHouse(t)
	c := h.person(democa.Issue{})
	h.web.serve(nil)
	a := h.ask(c)
	want(t, a, tryLater, "revocation-unreachable")
	if !a.Recheck.After(moment) {
		t.Errorf("recheck %s", a.Recheck)
	}
	asked := h.web.count("/")
	want(t, h.ask(c), tryLater, "revocation-unreachable-recently")
	if h.web.count("/") != asked {
		t.Error("asked again at once")
	}
	h.web.serve(h.ca.Handler(func() time.Time { return h.clock }))
	h.clock = a.Recheck
	want(t, h.ask(c), passed)
}

func TestSimultaneousQuestionsFetchOnce(t *testing.T) {
	h := newHouse(t, noOCSP)
	hold := make(chan struct{})
	answer := h.ca.Handler(func() time.Time { return h.clock })
	h.web.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-hold
		answer.ServeHTTP(w, r)
	}))
	c := h.person(democa.Issue{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { want(t, h.ask(c), passed) })
	}
	time.Sleep(50 * time.Millisecond)
	close(hold)
	all.Wait()
	if n := h.web.count("/crl/"); n != 2 { // the root's and the authority's
		t.Errorf("%d requests", n)
	}
}

func TestAnswersOverTheNetworkThatAreOfNoUse(t *testing.T) {
	h := newHouse(t, noCRL)
	c := h.person(democa.Issue{})
	root := withOCSP(must(h.ca.Root().OCSP(h.ca.Certificate, democa.Response{}))(t))
	stranger := must(h.ca.Person(person, democa.Issue{}))(t)
	respond := func(der []byte) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(der) })
	}
	for _, test := range []struct {
		name string
		body []byte
		code string
	}{
		{"try later", ocsp.TryLaterErrorResponse, "ocsp-try-later"},
		{"internal error", ocsp.InternalErrorErrorResponse, "ocsp-try-later"},
		{"unauthorized", ocsp.UnauthorizedErrorResponse, "ocsp-refused"},
		{"garbage", []byte("<html>"), "revocation-answer-unusable"},
		{"empty", nil, "revocation-answer-unusable"},
		{"huge", make([]byte, 1<<20), "revocation-answer-unusable"},
		{"wrong nonce", must(h.ca.OCSP(c, democa.Response{Nonce: []byte("0123456789abcdef")}))(t), "ocsp-nonce"},
		{"wrong responder", must(h.ca.OCSP(c, democa.Response{By: stranger}))(t), "ocsp-wrong-responder"},
		{"other certificate", must(h.ca.OCSP(stranger.Certificate, democa.Response{}))(t), "ocsp-other-certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.reopen()
			h.web.serve(respond(test.body))
			want(t, h.ask(c, root), tryLater, test.code)
		})
	}
}

func TestPrivateAddressesAreNotAsked(t *testing.T) {
	h := newHouse(t)
	j := must(trust.NewJudge(trust.Options{
		Store: trust.NewStore(trust.Entry{Certificate: h.ca.Root().Certificate}, trust.Entry{Certificate: h.ca.Certificate}),
		Now:   func() time.Time { return h.clock },
	}))(t)
	a := j.Judge(t.Context(), trust.Question{Certificate: h.person(democa.Issue{})})
	want(t, a, tryLater, "revocation-address-refused")
	if h.web.count("/") > 0 {
		t.Error("asked a loopback address")
	}
}

func TestRefreshFetchesWhatIsKept(t *testing.T) {
	h := newHouse(t, noOCSP)
	c := h.person(democa.Issue{})
	all := h.judge.Refresh(t.Context()) // the authority's own, on the root's list
	if len(all) != 1 || all[0].Err != nil {
		t.Fatalf("%+v", all)
	}
	want(t, h.ask(c), passed)
	h.ca.Revoke(c, moment.Add(-time.Hour), 1)
	want(t, h.ask(c), passed) // by the list that is kept
	// At once: who asks for new lists wants them now.
	if all = h.judge.Refresh(t.Context()); len(all) != 2 || all[0].Err != nil || all[1].Err != nil {
		t.Fatalf("%+v", all)
	}
	want(t, h.ask(c), revokedNoPOE, "certificate-revoked")
}

func TestADelegatedResponderThatWasRevoked(t *testing.T) {
	h := newHouse(t)
	c := h.person(democa.Issue{})
	checked := must(h.ca.Responder("OCSP phải kiểm tra", democa.Issue{Alter: func(x *x509.Certificate) {
		x.ExtraExtensions = nil
		x.CRLDistributionPoints = c.CRLDistributionPoints
	}}))(t)
	answer := withOCSP(must(h.ca.OCSP(c, democa.Response{By: checked}))(t))
	a := h.ask(c, answer)
	want(t, a, passed)
	h.ca.Revoke(checked.Certificate, moment.Add(-2*day), ocsp.KeyCompromise)
	h.clock = moment.Add(time.Minute)
	fresh := withCRL(must(h.ca.CRL(democa.List{}))(t))
	h.web.serve(nil)
	h.cache = t.TempDir()
	h.reopen()
	rootList := withCRL(must(h.ca.Root().CRL(democa.List{}))(t))
	stripped := func(q *trust.Question) { q.Evidence.CRLs = q.Evidence.CRLs[:0] }
	want(t, h.ask(c, answer, stripped, rootList), tryLater, "ocsp-responder-revoked")
	want(t, h.ask(c, answer, fresh, rootList), passed) // the list itself clears the certificate
}
