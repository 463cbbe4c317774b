package trust_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
)

// keyPEM writes a private key for openssl.
func keyPEM(t testing.TB, id democa.Identity) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(id.Key))(t)})
}

// responder runs openssl's OCSP responder for an authority, and gives its address.
func responder(t *testing.T, ca *democa.Authority, index, rsigner string, key string) string {
	t.Helper()
	dir := filepath.Dir(index)
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.CommandContext(t.Context(), peers.Tool(t, "openssl"), "ocsp", "-index", index, "-port", fmt.Sprint(port),
		"-rsigner", rsigner, "-rkey", key, "-CA", write(t, filepath.Join(dir, "ca.pem"), pemOf(ca.Certificate)), "-ndays", "1")
	out := must(cmd.StdoutPipe())(t)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	// It is not asked whether it is there: it ends at a request that it cannot read.
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ACCEPT") {
			go io.Copy(io.Discard, out)
			return fmt.Sprintf("http://127.0.0.1:%d", port)
		}
	}
	t.Fatalf("openssl ocsp does not listen: %v", lines.Err())
	return ""
}

func TestOpenSSLAnswersForAnAuthority(t *testing.T) {
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		for _, delegated := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s delegated %t", kind, delegated), func(t *testing.T) {
				now := time.Now().Truncate(time.Second)
				ca := must(democa.New(now, democa.Options{Key: kind}))(t)
				dir := t.TempDir()
				by := ca.Identity
				if delegated {
					by = *must(ca.Responder("OCSP thử nghiệm", democa.Issue{Key: kind}))(t)
				}
				var index strings.Builder
				address := "" // known once it runs; the certificates only need it when they are asked about
				alter := func(c *x509.Certificate) { c.OCSPServer = []string{address} }
				signerFile := write(t, filepath.Join(dir, "by.pem"), pemOf(by.Certificate))
				keyFile := write(t, filepath.Join(dir, "by.key"), keyPEM(t, by))
				indexFile := filepath.Join(dir, "index.txt")
				// Numbers are given out one after another, so the index can be written before.
				first := must(ca.Person(person, democa.Issue{}))(t).Certificate.SerialNumber.Int64()
				fmt.Fprintf(&index, "V\t%s\t\t%04X\tunknown\t/CN=good\n", now.AddDate(1, 0, 0).UTC().Format("060102150405Z"), first+1)
				fmt.Fprintf(&index, "R\t%s\t%s,keyCompromise\t%04X\tunknown\t/CN=gone\n", now.AddDate(1, 0, 0).UTC().Format("060102150405Z"), now.Add(-48*time.Hour).UTC().Format("060102150405Z"), first+2)
				write(t, indexFile, []byte(index.String()))
				address = responder(t, ca, indexFile, signerFile, keyFile)
				good := must(ca.Person(person, democa.Issue{Alter: alter}))(t).Certificate
				gone := must(ca.Person(person, democa.Issue{Alter: alter}))(t).Certificate
				strange := must(ca.Person(person, democa.Issue{Alter: alter}))(t).Certificate

				j := must(trust.NewJudge(trust.Options{
					Store:        trust.NewStore(trust.Entry{Certificate: ca.Root().Certificate}, trust.Entry{Certificate: ca.Certificate}),
					AllowPrivate: true,
				}))(t)
				ask := func(c *x509.Certificate, at time.Time) trust.Answer {
					return j.Judge(t.Context(), trust.Question{Certificate: c, At: at, Proven: !at.IsZero()})
				}
				want(t, ask(good, time.Time{}), passed)
				want(t, ask(gone, time.Time{}), revokedNoPOE, "certificate-revoked")
				want(t, ask(gone, now.Add(-72*time.Hour)), passed, "certificate-revoked-later")
				want(t, ask(strange, time.Time{}), tryLater, "ocsp-unknown")
			})
		}
	}
}

func TestOpenSSLAgreesOnCRLs(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	h := newHouse(t, noOCSP)
	dir := t.TempDir()
	good, gone := h.person(democa.Issue{}), h.person(democa.Issue{})
	h.ca.Revoke(gone, moment.Add(-day), 1)
	lists := func(ca *democa.Authority) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: must(ca.CRL(democa.List{}))(t)})
	}
	crls := write(t, filepath.Join(dir, "crls.pem"), append(lists(h.ca), lists(h.ca.Root())...))
	root := write(t, filepath.Join(dir, "root.pem"), pemOf(h.ca.Root().Certificate))
	sub := write(t, filepath.Join(dir, "ca.pem"), pemOf(h.ca.Certificate))
	for _, test := range []struct {
		cert *x509.Certificate
		ok   bool
	}{{good, true}, {gone, false}} {
		leaf := write(t, filepath.Join(dir, "leaf.pem"), pemOf(test.cert))
		out, err := exec.Command(openssl, "verify", "-attime", fmt.Sprint(moment.Unix()), "-crl_check_all", "-CRLfile", crls, "-CAfile", root, "-untrusted", sub, leaf).CombinedOutput()
		if (err == nil) != test.ok {
			t.Errorf("openssl: %s", out)
		}
		if got := h.ask(test.cert).Indication == signer.TotalPassed; got != test.ok {
			t.Errorf("we say %t, openssl %t", got, test.ok)
		}
	}
}

func TestRandomPKIsAgreeWithTheStandardLibraryAndOpenSSL(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	dir := t.TempDir()
	keys := make([]democa.Issue, 4)
	for i := range keys {
		keys[i].With = must(democa.NewKey(democa.P256))(t)
	}
	passes := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := randomPKI(rt, t, keys)
		judge := must(trust.NewJudge(trust.Options{Store: trust.NewStore(trust.Entry{Certificate: p.root}), Now: func() time.Time { return moment }}))(t)
		a := judge.Judge(t.Context(), trust.Question{Certificate: p.leaf, Evidence: trust.Evidence{Certificates: p.between}})
		ours := a.Indication == signer.TotalPassed
		if ours {
			passes++
		}
		out, err := exec.Command(openssl, "verify", "-x509_strict", "-attime", fmt.Sprint(moment.Unix()),
			"-CAfile", write(t, filepath.Join(dir, "root.pem"), pemOf(p.root)),
			"-untrusted", write(t, filepath.Join(dir, "between.pem"), pemOf(p.between...)),
			write(t, filepath.Join(dir, "leaf.pem"), pemOf(p.leaf))).CombinedOutput()
		// crypto/x509 counts self-issued certificates towards a path's length, which RFC 5280, 4.2.1.9, does not.
		if std := p.standardLibrary(); std != ours && !(ours && renewsItself(a.Chain)) {
			rt.Errorf("we say %t, crypto/x509 says %t: %v", ours, std, a.Reasons)
		}
		// openssl tries one chain only: where it finds one, so must we.
		if err == nil && !ours {
			rt.Errorf("openssl passes what we do not: %s %v", out, a.Reasons)
		}
		if err != nil && ours && !p.several {
			rt.Errorf("we pass what openssl does not: %s", out)
		}
	})
	if passes == 0 {
		t.Error("no chain passed, so nothing was compared")
	}
}

// renewsItself says whether an authority below the root certified its own name.
func renewsItself(chain []*x509.Certificate) bool {
	return slices.ContainsFunc(chain[:max(0, len(chain)-1)], func(c *x509.Certificate) bool {
		return string(c.RawSubject) == string(c.RawIssuer)
	})
}

// pki is a random tree of authorities with faults, and a certificate below it.
type pki struct {
	root, leaf *x509.Certificate
	between    []*x509.Certificate
	several    bool // there is more than one way up
}

func randomPKI(rt *rapid.T, t testing.TB, keys []democa.Issue) pki {
	root := must(democa.NewRoot(moment, democa.Options{}))(t)
	p := pki{root: root.Certificate, between: []*x509.Certificate{root.Certificate}}
	all := []*democa.Authority{root}
	for n := range rapid.IntRange(1, 5).Draw(rt, "authorities") {
		parent := all[rapid.IntRange(max(0, len(all)-2), len(all)-1).Draw(rt, "parent")]
		issue := randomFault(rt, keys)
		sub := must(parent.Below(fmt.Sprintf("CA %d", n%4), issue))(t)
		all = append(all, sub)
		p.between = append(p.between, sub.Certificate)
		if rapid.IntRange(0, 3).Draw(rt, "cross") == 0 {
			p.several = true
			other := all[rapid.IntRange(0, len(all)-1).Draw(rt, "other")]
			p.between = append(p.between, must(other.Cross(sub, randomFault(rt, keys)))(t))
		}
	}
	p.several = p.several || len(p.between) > 4 // names come twice
	leaf := must(all[len(all)-1].Person(person, democa.Issue{}))(t)
	p.leaf = leaf.Certificate
	p.between = rapid.Permutation(p.between).Draw(rt, "order")
	return p
}

func randomFault(rt *rapid.T, keys []democa.Issue) (i democa.Issue) {
	i.With = keys[rapid.IntRange(0, len(keys)-1).Draw(rt, "key")].With
	switch rapid.IntRange(0, 11).Draw(rt, "fault") {
	case 0:
		e := democa.Expired(moment)
		i.From, i.Until = e.From, e.Until
	case 1:
		e := democa.NotYetValid(moment)
		i.From, i.Until = e.From, e.Until
	case 2:
		i.Alter = func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true }
	case 3:
		i.Alter = func(c *x509.Certificate) { c.MaxPathLen = 1 }
	}
	return i
}

func (p *pki) standardLibrary() bool {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(p.root)
	for _, c := range p.between {
		between.AddCert(c)
	}
	_, err := p.leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: moment, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

// A list of 200,000 entries is looked up without reading it.
func BenchmarkLookUpIn200000(b *testing.B) {
	h := newHouse(b, noOCSP)
	var revoked []democa.Revocation
	for n := range 200_000 {
		revoked = append(revoked, democa.Revocation{Serial: big.NewInt(int64(n) + 1_000_000), At: moment.Add(-day), Reason: 1})
	}
	der := must(h.ca.CRL(democa.List{Revoked: revoked}))(b)
	answer := h.ca.Handler(func() time.Time { return h.clock })
	h.web.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/crl/1" {
			io.Copy(w, bytes.NewReader(der))
			return
		}
		answer.ServeHTTP(w, r)
	}))
	c := h.person(democa.Issue{})
	start := time.Now()
	want(b, h.ask(c), passed)
	fetched := time.Since(start)
	h.reopen()
	start = time.Now()
	want(b, h.ask(c, func(q *trust.Question) { q.Brief = true }), passed)
	opened := time.Since(start)
	q := trust.Question{Certificate: c, Brief: true}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if a := h.judge.Judge(b.Context(), q); a.Indication != signer.TotalPassed {
			b.Fatal(a.Reasons)
		}
	}
	b.ReportMetric(float64(fetched.Milliseconds()), "ms/fetch")
	b.ReportMetric(float64(opened.Milliseconds()), "ms/open")
	b.ReportMetric(float64(len(der)), "bytes/list")
}
