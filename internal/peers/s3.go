package peers

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// S3Handle is a bucket in a real S3 server, reached over TLS.
type S3Handle struct {
	Endpoint  string // host:port, without a scheme
	Region    string
	AccessKey string
	SecretKey string
	CAFile    string // PEM; the authority made for this server
	Bucket    string // fresh and empty; removed when the test ends
}

// S3 makes a fresh bucket in the S3 server that all tests of the binary share.
func S3(t testing.TB) S3Handle {
	t.Helper()
	s, err := sharedS3()
	if err != nil {
		t.Fatal(err)
	}
	return s.Bucket(t)
}

var sharedS3 = sync.OnceValues(newS3)

// UnmadeS3 names a bucket that nobody has made yet in the server that all tests share.
func UnmadeS3(t testing.TB) S3Handle {
	t.Helper()
	s, err := sharedS3()
	if err != nil {
		t.Fatal(err)
	}
	return s.UnmadeBucket(t)
}

// OwnS3 starts an S3 server for one test, which may stop and start it.
func OwnS3(t testing.TB) *S3Server {
	t.Helper()
	s, err := newS3()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

// S3Server is a running versitygw that keeps its buckets as folders.
type S3Server struct {
	program  program
	leash    *leash
	endpoint string
	client   *http.Client
	count    atomic.Int64
}

const (
	s3AccessKey = "congvan-tests"
	s3SecretKey = "not-a-secret-only-for-tests"
	s3Region    = "vn-hanoi-1"
)

// Bucket makes a fresh bucket, removed with all it holds when the test ends.
func (s *S3Server) Bucket(t testing.TB) S3Handle {
	t.Helper()
	handle := s.UnmadeBucket(t)
	if err := os.Mkdir(s.BlobFolder(handle.Bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	return handle
}

// UnmadeBucket names a bucket that is not there yet, for whoever makes it with options of its
// own; removed with all it holds, versions and locks too, when the test ends.
func (s *S3Server) UnmadeBucket(t testing.TB) S3Handle {
	t.Helper()
	name := "test-" + strconv.FormatInt(s.count.Add(1), 10)
	t.Cleanup(func() {
		os.RemoveAll(s.BlobFolder(name))
		os.RemoveAll(filepath.Join(s.program.home, "versions", name))
	})
	return S3Handle{
		Endpoint: s.endpoint, Region: s3Region, AccessKey: s3AccessKey, SecretKey: s3SecretKey,
		CAFile: filepath.Join(s.program.home, "ca.pem"), Bucket: name,
	}
}

// BlobFolder is where the server keeps a bucket's objects as plain files, for
// tests that damage them behind its back.
func (s *S3Server) BlobFolder(bucket string) string {
	return filepath.Join(s.program.home, "buckets", bucket)
}

// SharedBlobFolder is BlobFolder for a bucket made by S3.
func SharedBlobFolder(t testing.TB, bucket string) string {
	t.Helper()
	s, err := sharedS3()
	if err != nil {
		t.Fatal(err)
	}
	return s.BlobFolder(bucket)
}

// Stop kills the server. Buckets stay.
func (s *S3Server) Stop() {
	if s.leash != nil {
		s.leash.stop(true)
		s.leash = nil
	}
}

// Start brings a stopped server back at the same address.
func (s *S3Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func (s *S3Server) remove() {
	if s.leash != nil {
		s.leash.stop(false)
		s.leash = nil
	}
	os.RemoveAll(s.program.home)
}

func newS3() (*S3Server, error) {
	bin, err := versitygw()
	if err != nil {
		return nil, err
	}
	dir, err := home("s3", nil)
	if err != nil {
		return nil, err
	}
	s := &S3Server{}
	if err := s.setUp(bin, dir); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *S3Server) setUp(bin, dir string) error {
	s.program = program{home: dir, signal: "KILL"}
	authority, err := certify(dir)
	if err != nil {
		return err
	}
	s.client = &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}, DisableKeepAlives: true},
	}
	for _, folder := range []string{"buckets", "versions"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	if s.endpoint, err = freeAddress(); err != nil {
		return err
	}
	s.program.argv = []string{
		bin, "--quiet", "--port", s.endpoint, "--region", s3Region, "--health", "/healthz",
		"--cert", filepath.Join(dir, "cert.pem"), "--key", filepath.Join(dir, "key.pem"),
		"--keep-alive", "posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "buckets"),
	}
	s.program.env = []string{"ROOT_ACCESS_KEY=" + s3AccessKey, "ROOT_SECRET_KEY=" + s3SecretKey}
	return s.start()
}

func (s *S3Server) start() error {
	leash, err := s.program.start()
	if err != nil {
		return err
	}
	s.leash = leash
	if err := eventually(s.healthy); err != nil {
		return s.program.failure(err)
	}
	return nil
}

func (s *S3Server) healthy() error {
	answer, err := s.client.Get("https://" + s.endpoint + "/healthz")
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("health check: %s", answer.Status)
	}
	return nil
}

// freeAddress picks a loopback port that nobody listens on now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// versitygw finds the S3 server's program.
func versitygw() (string, error) {
	if named := os.Getenv("CONGVAN_VERSITYGW"); named != "" {
		return exec.LookPath(named)
	}
	top, err := root()
	if err != nil {
		return "", err
	}
	path, err := exec.LookPath(filepath.Join(top, ".cache", "bin", "versitygw"))
	if err != nil {
		return "", errors.New(`versitygw is not built: run "make test" (builds it with .ci/tools/build)`)
	}
	return path, nil
}

// authorities reads a PEM file of certificates.
func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}
