package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/gateway/config"
)

func options(t *testing.T) Options {
	t.Helper()
	l := config.Default().Listen
	l.Address = "127.0.0.1:0"
	return Options{
		Listen:  l,
		Handler: http.NotFoundHandler(),
		Ready:   func(context.Context) error { return nil },
		Metrics: http.NotFoundHandler(),
		Log:     slog.New(slog.DiscardHandler),
	}
}

// start runs a server; stop ends it and gives what Run returned.
func start(t *testing.T, o Options) (s *Server, stop func() error) {
	t.Helper()
	s, err := Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return s, stop
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(text))
}

func TestHealth(t *testing.T) {
	o := options(t)
	var broken error
	asked := 0
	o.Ready = func(context.Context) error { asked++; return broken }
	s, _ := start(t, o)
	if code, _ := get(t, http.DefaultClient, s.URL()+"/livez"); code != http.StatusOK {
		t.Errorf("livez: %d", code)
	}
	if code, _ := get(t, http.DefaultClient, s.URL()+"/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d", code)
	}
	if get(t, http.DefaultClient, s.URL()+"/readyz"); asked != 1 {
		t.Errorf("asked %d times in a moment", asked)
	}
	broken = errors.New("password=hunter2")
	s.health.at = time.Now().Add(-readyAge)
	code, text := get(t, http.DefaultClient, s.URL()+"/readyz")
	if code != http.StatusServiceUnavailable || text != "not ready" {
		t.Errorf("readyz of a broken gateway: %d %q", code, text)
	}
}

func TestStopLetsRequestsFinish(t *testing.T) {
	o := options(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	o.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "whole answer")
	})
	s, stop := start(t, o)
	answer := make(chan string, 1)
	go func() {
		_, text := get(t, http.DefaultClient, s.URL()+"/slow")
		answer <- text
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case <-stopped:
		t.Fatal("the server stopped in the middle of a request")
	case <-time.After(100 * time.Millisecond):
	}
	close(finish)
	if text := <-answer; text != "whole answer" {
		t.Errorf("got %q", text)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	o := options(t)
	o.Listen.StopTimeout = config.Duration(50 * time.Millisecond)
	begun := make(chan struct{})
	o.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	s, stop := start(t, o)
	go func() {
		if res, err := http.Get(s.URL()); err == nil {
			res.Body.Close()
		}
	}()
	<-begun
	began := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
}

func TestAddressTaken(t *testing.T) {
	s, _ := start(t, options(t))
	o := options(t)
	o.Listen.Address = strings.TrimPrefix(s.URL(), "http://")
	if _, err := Listen(t.Context(), o); err == nil || !strings.Contains(err.Error(), "không mở được cổng") {
		t.Errorf("got %v", err)
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	o := options(t)
	dir := t.TempDir()
	o.Listen.CertFile, o.Listen.KeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := newAuthority(t)
	first.issue(t, o.Listen)
	s, _ := start(t, o)
	if code, _ := get(t, first.client(), s.URL()+"/livez"); code != http.StatusOK {
		t.Fatalf("with the first certificate: %d", code)
	}

	// A broken file changes nothing.
	if err := os.WriteFile(o.Listen.CertFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(lookEvery + 100*time.Millisecond)
	if code, _ := get(t, first.client(), s.URL()+"/livez"); code != http.StatusOK {
		t.Fatalf("with a broken file: %d", code)
	}

	second := newAuthority(t)
	second.issue(t, o.Listen)
	time.Sleep(lookEvery + 100*time.Millisecond)
	if code, _ := get(t, second.client(), s.URL()+"/livez"); code != http.StatusOK {
		t.Fatalf("with the second certificate: %d", code)
	}
	if _, err := first.client().Get(s.URL() + "/livez"); err == nil {
		t.Error("the first certificate is still shown")
	}
}

func TestClientCertificateRequired(t *testing.T) {
	o := options(t)
	dir := t.TempDir()
	o.Listen.CertFile, o.Listen.KeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	o.Listen.ClientCerts, o.Listen.ClientCAFile = "require", filepath.Join(dir, "ca.pem")
	a := newAuthority(t)
	a.issue(t, o.Listen)
	if err := os.WriteFile(o.Listen.ClientCAFile, a.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := start(t, o)
	if res, err := a.client().Get(s.URL() + "/livez"); err == nil {
		res.Body.Close()
		t.Error("a client without a certificate was let in")
	}
	pair, err := tls.LoadX509KeyPair(o.Listen.CertFile, o.Listen.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := get(t, a.client(pair), s.URL()+"/livez"); code != http.StatusOK {
		t.Errorf("with a certificate: %d", code)
	}
}

// authority is a CA of a test's own.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a := &authority{key: newKey(t)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes a certificate for this machine, and its key.
func (a *authority) issue(t *testing.T, l config.Listen) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		l.KeyFile:  {Type: "PRIVATE KEY", Bytes: private},
		l.CertFile: {Type: "CERTIFICATE", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// client trusts the authority and opens a new connection for each request.
func (a *authority) client(pairs ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: pairs},
	}}
}
