package peers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TSAOptions change what a time-stamping authority is and says. The zero value is an
// honest authority with a root of its own.
type TSAOptions struct {
	// Clock is the authority's; nil is the machine's.
	Clock func() time.Time
	// Template changes the authority's certificate before it is issued: its lifetime,
	// its distribution points, its extended key usage (in ExtraExtensions).
	Template func(*x509.Certificate)
	// Key and Certificate, with Issuers nearest first, are an authority of the caller's
	// own making. Template is not used then.
	Key         crypto.Signer
	Certificate *x509.Certificate
	Issuers     []*x509.Certificate
	// Alter changes what is stamped before it is signed.
	Alter func(*TSTInfo)
}

// TSAServer is a time-stamping authority on this machine. OpenSSL makes its tokens.
type TSAServer struct {
	URL         string
	Certificate *x509.Certificate
	Root        *x509.Certificate // the last of its issuers
	RootKey     crypto.Signer     // nil when the caller brought the authority
	Requests    atomic.Int64      // how many were answered

	openssl string
	dir     string
	issuers []*x509.Certificate
	options TSAOptions
	lock    sync.Mutex // OpenSSL keeps the serial number in a file
}

// TSTInfo is what a time stamp says (RFC 3161, 2.4.2).
type TSTInfo struct {
	Version  int
	Policy   asn1.ObjectIdentifier
	Imprint  TSTImprint
	Serial   *big.Int
	Time     time.Time `asn1:"generalized"`
	Accuracy TSTAccuracy
	Ordering bool     `asn1:"optional,default:false"`
	Nonce    *big.Int `asn1:"optional"`
}

// TSTImprint is the digest that is stamped.
type TSTImprint struct {
	Algorithm pkix.AlgorithmIdentifier
	Digest    []byte
}

// TSTAccuracy is how far the time may be off.
type TSTAccuracy struct {
	Seconds int `asn1:"optional"`
}

// timeStampRequest is TimeStampReq (RFC 3161, 2.4.1).
type timeStampRequest struct {
	Version  int
	Imprint  TSTImprint
	Policy   asn1.ObjectIdentifier `asn1:"optional"`
	Nonce    *big.Int              `asn1:"optional"`
	WantCert bool                  `asn1:"optional,default:false"`
}

// TSAPolicy is the policy under which a TSA stamps.
func TSAPolicy() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 26, 1} }

// TSA starts an honest time-stamping authority, which ends with the test.
func TSA(t testing.TB) *TSAServer {
	t.Helper()
	return OwnTSA(t, TSAOptions{})
}

// OwnTSA starts a time-stamping authority of the caller's wishes.
func OwnTSA(t testing.TB, o TSAOptions) *TSAServer {
	t.Helper()
	s := &TSAServer{openssl: Tool(t, "openssl"), dir: t.TempDir(), options: o}
	if err := s.setUp(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// ServeHTTP answers a request over HTTP (RFC 3161, 3.4).
func (s *TSAServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "not a time-stamp query", http.StatusBadRequest)
		return
	}
	answer, err := s.Answer(query)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	w.Write(answer)
}

// Answer gives the DER of a TimeStampResp for that of a TimeStampReq.
func (s *TSAServer) Answer(query []byte) ([]byte, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.Requests.Add(1)
	if s.options.Clock == nil && s.options.Alter == nil && s.options.Template == nil && s.options.Certificate == nil {
		return s.reply(query)
	}
	return s.token(query)
}

// reply leaves everything to "openssl ts".
func (s *TSAServer) reply(query []byte) ([]byte, error) {
	return s.run(query, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "in", "-out", "out")
}

// token says what the options demand and has "openssl cms" sign it: "openssl ts" knows
// no time but the machine's and refuses to stamp with an unfit certificate.
func (s *TSAServer) token(query []byte) ([]byte, error) {
	var q timeStampRequest
	if _, err := asn1.Unmarshal(query, &q); err != nil {
		return nil, fmt.Errorf("time-stamp query: %w", err)
	}
	info, err := asn1.Marshal(s.info(q))
	if err != nil {
		return nil, err
	}
	args := []string{
		"cms", "-sign", "-binary", "-nodetach", "-cades", "-md", "sha256", "-outform", "DER", "-econtent_type", "1.2.840.113549.1.9.16.1.4",
		"-signer", "cert.pem", "-inkey", "key.pem", "-in", "in", "-out", "out",
	}
	if q.WantCert {
		args = append(args, "-certfile", "issuers.pem")
	} else {
		args = append(args, "-nocerts")
	}
	signed, err := s.run(info, args...)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		Status struct{ Status int }
		Token  asn1.RawValue
	}{Token: asn1.RawValue{FullBytes: signed}})
}

func (s *TSAServer) info(q timeStampRequest) TSTInfo {
	now := time.Now
	if s.options.Clock != nil {
		now = s.options.Clock
	}
	policy := TSAPolicy()
	if q.Policy != nil {
		policy = q.Policy
	}
	info := TSTInfo{
		Version: 1, Policy: policy, Imprint: q.Imprint, Serial: big.NewInt(s.Requests.Load()),
		Time: now().UTC().Truncate(time.Second), Accuracy: TSTAccuracy{Seconds: 1}, Nonce: q.Nonce,
	}
	if s.options.Alter != nil {
		s.options.Alter(&info)
	}
	return info
}

// run gives OpenSSL the file "in" and takes the file "out".
func (s *TSAServer) run(in []byte, args ...string) ([]byte, error) {
	if err := os.WriteFile(filepath.Join(s.dir, "in"), in, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(s.openssl, args...)
	cmd.Dir = s.dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("openssl %s: %w: %s", args[0], err, text)
	}
	return os.ReadFile(filepath.Join(s.dir, "out"))
}

func (s *TSAServer) setUp() error {
	key := s.options.Key
	s.Certificate, s.issuers = s.options.Certificate, s.options.Issuers
	if s.Certificate == nil {
		var err error
		if key, err = s.found(); err != nil {
			return err
		}
	}
	if len(s.issuers) > 0 {
		s.Root = s.issuers[len(s.issuers)-1]
	}
	return s.write(key)
}

// found makes a root and a certificate for the authority.
func (s *TSAServer) found() (crypto.Signer, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Gốc cấp dấu thời gian thử nghiệm"},
		NotBefore: time.Now().AddDate(-20, 0, 0), NotAfter: time.Now().AddDate(20, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if s.Root, err = issue(root, root, rootKey.Public(), rootKey); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	own := stampingTemplate()
	if s.options.Template != nil {
		s.options.Template(own)
	}
	s.Certificate, err = issue(own, s.Root, key.Public(), rootKey)
	s.issuers, s.RootKey = []*x509.Certificate{s.Root}, rootKey
	return key, err
}

// stampingTemplate states what RFC 3161, 2.3 demands: one purpose, critical.
func stampingTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Máy cấp dấu thời gian thử nghiệm"},
		NotBefore: time.Now().AddDate(-10, 0, 0), NotAfter: time.Now().AddDate(10, 0, 0),
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{TimeStampingUsage(true)},
	}
}

// TimeStampingUsage is the extended key usage extension for time stamping, with further
// purposes where given.
func TimeStampingUsage(critical bool, further ...asn1.ObjectIdentifier) pkix.Extension {
	purposes := append([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}}, further...)
	value, err := asn1.Marshal(purposes)
	if err != nil {
		panic(err) // only for what is no object identifier
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}
}

func issue(template, parent *x509.Certificate, public any, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// write lays out what OpenSSL reads.
func (s *TSAServer) write(key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(s.dir, "key.pem"), "PRIVATE KEY", der); err != nil {
		return err
	}
	if err := writePEM(filepath.Join(s.dir, "cert.pem"), "CERTIFICATE", s.Certificate.Raw); err != nil {
		return err
	}
	var issuers []byte
	for _, c := range s.issuers {
		issuers = append(issuers, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "issuers.pem"), issuers, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "tsa.cnf"), []byte(s.config()), 0o600)
}

func (s *TSAServer) config() string {
	return strings.Join([]string{
		"[tsa]", "default_tsa = here",
		"[here]", "serial = serial", "signer_cert = cert.pem", "certs = issuers.pem", "signer_key = key.pem",
		"signer_digest = sha256", "default_policy = " + TSAPolicy().String(), "other_policies = 1.2.3.4.1",
		"digests = sha1, sha256, sha384, sha512", "accuracy = secs:1", "ordering = yes", "tsa_name = yes",
		"ess_cert_id_chain = no", "ess_cert_id_alg = sha256", "",
	}, "\n")
}
