package democa_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"congvan/internal/peers"
	"congvan/signer/trust/democa"
)

var vinh = democa.Subject{
	Name: "Nguyễn Thị Vĩnh", Agency: "Sở Chủ nghĩa Thử nghiệm", Unit: "Văn phòng", Code: "H26.99.1", Title: "Chánh Văn phòng",
}

func write(t *testing.T, name string, certs ...*x509.Certificate) string {
	t.Helper()
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLBelievesEveryKindOfCertificate(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	for _, kind := range []democa.KeyKind{democa.P256, democa.P384, democa.RSA2048, democa.RSA3072, democa.Ed25519} {
		t.Run(string(kind), func(t *testing.T) {
			now := time.Now()
			ca, err := democa.New(now, democa.Options{Key: kind})
			if err != nil {
				t.Fatal(err)
			}
			person, err := ca.Person(vinh, democa.Issue{Key: kind})
			if err != nil {
				t.Fatal(err)
			}
			stamper, err := ca.TimeStamper("TSA thử nghiệm", democa.Issue{Key: kind})
			if err != nil {
				t.Fatal(err)
			}
			root := write(t, "root.pem", ca.Root().Certificate)
			for purpose, c := range map[string]*x509.Certificate{"smimesign": person.Certificate, "timestampsign": stamper.Certificate} {
				out, err := exec.Command(openssl, "verify", "-x509_strict", "-purpose", purpose, "-CAfile", root,
					"-untrusted", write(t, "ca.pem", ca.Certificate), write(t, "leaf.pem", c)).CombinedOutput()
				if err != nil {
					t.Errorf("%s: %s", purpose, out)
				}
			}
		})
	}
}

func TestCertificatesSayThatTheyAreADemonstration(t *testing.T) {
	ca, err := democa.New(time.Now(), democa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	person, err := ca.Person(vinh, democa.Issue{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(peers.Tool(t, "openssl"), "x509", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,-esc_msb",
		"-in", write(t, "leaf.pem", person.Certificate)).CombinedOutput()
	if err != nil {
		t.Fatalf("%s", out)
	}
	for _, want := range []string{
		"CN=Nguyễn Thị Vĩnh", "O=Sở Chủ nghĩa Thử nghiệm", "H26.99.1", "CA thử nghiệm congvan",
		"Demonstration only, of no legal value", "2.999.1",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestSHA1AndWindowsAreAsAsked(t *testing.T) {
	now := time.Now()
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		ca, err := democa.New(now, democa.Options{Key: kind})
		if err != nil {
			t.Fatal(err)
		}
		old, err := ca.Person(vinh, democa.Issue{SHA1: true})
		if err != nil {
			t.Fatal(err)
		}
		if a := old.Certificate.SignatureAlgorithm; a != x509.SHA1WithRSA && a != x509.ECDSAWithSHA1 {
			t.Errorf("signed with %s", a)
		}
		expired, err := ca.Person(vinh, democa.Expired(now))
		if err != nil {
			t.Fatal(err)
		}
		if !expired.Certificate.NotAfter.Before(now) {
			t.Errorf("ends at %s", expired.Certificate.NotAfter)
		}
	}
}

func TestTheHandlerSaysWhatWasRevoked(t *testing.T) {
	now := time.Now()
	ca, err := democa.New(now, democa.Options{BaseURL: "http://ca.test"})
	if err != nil {
		t.Fatal(err)
	}
	person, err := ca.Person(vinh, democa.Issue{})
	if err != nil {
		t.Fatal(err)
	}
	handler := ca.Handler(time.Now)
	path := strings.TrimPrefix(person.Certificate.OCSPServer[0], "http://ca.test")
	ask := func() *ocsp.Response {
		t.Helper()
		request, err := ocsp.CreateRequest(person.Certificate, ca.Certificate, &ocsp.RequestOptions{Hash: crypto.SHA256})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(string(request))))
		r, err := ocsp.ParseResponseForCert(w.Body.Bytes(), person.Certificate, ca.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := ask(); r.Status != ocsp.Good {
		t.Errorf("status %d before it was revoked", r.Status)
	}
	ca.Revoke(person.Certificate, now.Add(-time.Hour), ocsp.KeyCompromise)
	if r := ask(); r.Status != ocsp.Revoked || r.RevocationReason != ocsp.KeyCompromise {
		t.Errorf("status %d, reason %d", r.Status, r.RevocationReason)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", strings.TrimPrefix(person.Certificate.CRLDistributionPoints[0], "http://ca.test"), nil))
	list, err := x509.ParseRevocationList(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := list.CheckSignatureFrom(ca.Certificate); err != nil || len(list.RevokedCertificateEntries) != 1 {
		t.Errorf("%d entries, %v", len(list.RevokedCertificateEntries), err)
	}
}
