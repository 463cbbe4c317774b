package s3

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Config says where the bucket is and how to reach it.
type Config struct {
	Endpoint string // host or host:port, without a scheme
	Region   string // empty: us-east-1, which most servers of one's own accept
	Bucket   string
	Prefix   string // put before every key; empty, or ends in "/"

	// The credentials come from the fields or, where those are empty, from files
	// that hold nothing else.
	AccessKey     string
	SecretKey     string
	AccessKeyFile string
	SecretKeyFile string

	PlainHTTP bool   // no TLS; for a server on the same machine
	CAFile    string // PEM; trusted instead of the system's authorities
	PathStyle bool   // https://host/bucket/key instead of https://bucket.host/key

	// ObjectLock demands a bucket with versions and object lock, which can only be switched on when
	// it is made; without it the store is no use as an objects.Locker: ErrNoLock.
	ObjectLock bool
	// Retention locks each new blob from its first moment, before anybody has said for how long
	// it must be kept. 0: not until Protect is called. Only with ObjectLock.
	Retention time.Duration

	CreateBucket bool          // create the bucket when it is not there
	Staging      string        // a local folder where blobs wait for their digest
	Timeout      time.Duration // for a connection, and for an answer once the request is sent; 0: 30 s
	Tries        int           // how often a request is made in all; 0: 4
}

// String leaves the credentials out.
func (c Config) String() string {
	return fmt.Sprintf("s3 bucket %q at %s, prefix %q", c.Bucket, c.Endpoint, c.Prefix)
}

// GoString leaves the credentials out.
func (c Config) GoString() string { return c.String() }

// LogValue implements slog.LogValuer without the credentials.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("endpoint", c.Endpoint), slog.String("region", c.Region),
		slog.String("bucket", c.Bucket), slog.String("prefix", c.Prefix))
}

const (
	defaultTimeout = 30 * time.Second
	defaultTries   = 4
	defaultRegion  = "us-east-1"
)

// check names every missing or wrong setting at once.
func (c Config) check() error {
	var wrong []error
	for name, value := range map[string]string{"endpoint": c.Endpoint, "bucket": c.Bucket, "staging": c.Staging} {
		if value == "" {
			wrong = append(wrong, fmt.Errorf("%s is not set", name))
		}
	}
	if strings.Contains(c.Endpoint, "/") {
		wrong = append(wrong, errors.New("endpoint must be host or host:port, without a scheme or path"))
	}
	if c.Retention != 0 && (c.Retention < 0 || !c.ObjectLock) {
		wrong = append(wrong, errors.New("retention must not be negative and needs object lock"))
	}
	if c.Prefix != "" && (!strings.HasSuffix(c.Prefix, "/") || strings.HasPrefix(c.Prefix, "/")) {
		wrong = append(wrong, errors.New(`prefix must end in "/" and not begin with it`))
	}
	return errors.Join(wrong...)
}

func (c Config) client() (*minio.Core, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	access, err := secret("access key", c.AccessKey, c.AccessKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := secret("secret key", c.SecretKey, c.SecretKeyFile)
	if err != nil {
		return nil, err
	}
	transport, err := c.transport()
	if err != nil {
		return nil, err
	}
	o := &minio.Options{
		Creds: credentials.NewStaticV4(access, key, ""), Secure: !c.PlainHTTP, Transport: retentionNamed{transport},
		Region: cmp.Or(c.Region, defaultRegion), BucketLookup: minio.BucketLookupDNS, MaxRetries: cmp.Or(c.Tries, defaultTries),
	}
	if c.PathStyle {
		o.BucketLookup = minio.BucketLookupPath
	}
	return minio.NewCore(c.Endpoint, o)
}

// secret takes a credential from its field or its file.
func secret(name, value, file string) (string, error) {
	if value != "" {
		return value, nil
	}
	if file == "" {
		return "", fmt.Errorf("%s is not set", name)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", name, err)
	}
	if value = strings.TrimSpace(string(data)); value == "" {
		return "", fmt.Errorf("the file of the %s is empty", name)
	}
	return value, nil
}

// transport bounds every wait that a dead server could cause; the transfer of a
// large body may take as long as it makes progress.
func (c Config) transport() (*http.Transport, error) {
	timeout := cmp.Or(c.Timeout, defaultTimeout)
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout,
		ResponseHeaderTimeout: timeout, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 16,
		WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10, DisableCompression: true,
	}
	if c.PlainHTTP {
		return t, nil
	}
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the authorities: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file of authorities holds no certificate")
	}
	return t, nil
}
