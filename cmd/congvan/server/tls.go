package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"congvan/gateway/config"
)

// lookEvery is how often the files may be looked at.
const lookEvery = time.Second

// tlsConfig reads the files once, so that a mistake in them stops the start, and
// again whenever they change.
func (s *Server) tlsConfig() (*tls.Config, error) {
	f := &files{listen: s.Listen, log: s.Log, now: time.Now}
	first, err := f.read()
	if err != nil {
		return nil, err
	}
	f.current, f.stamp, f.looked = first, f.stamps(), f.now()
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return f.config(), nil },
	}, nil
}

// files are the certificate, its key and the clients' CA on disk.
type files struct {
	listen config.Listen
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	current *tls.Config
	stamp   string // of what was read last, right or wrong
	looked  time.Time
}

// config gives what the files say now. While they are wrong or half written, the
// last good one stays in force.
func (f *files) config() *tls.Config {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().Sub(f.looked) < lookEvery {
		return f.current
	}
	f.looked = f.now()
	stamp := f.stamps()
	if stamp == f.stamp {
		return f.current
	}
	f.stamp = stamp
	next, err := f.read()
	if err != nil {
		f.log.Error("the certificate files changed and cannot be used; the old ones stay in force", "err", err)
		return f.current
	}
	f.log.Info("certificate files read again")
	f.current = next
	return next
}

// stamps changes when a file does.
func (f *files) stamps() string {
	var all string
	for _, name := range []string{f.listen.CertFile, f.listen.KeyFile, f.listen.ClientCAFile} {
		if info, err := os.Stat(name); err == nil {
			all += fmt.Sprintf("%d %d;", info.ModTime().UnixNano(), info.Size())
		}
	}
	return all
}

func (f *files) read() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(f.listen.CertFile, f.listen.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("server: certificate: %w", err)
	}
	c := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{"h2", "http/1.1"},
	}
	switch f.listen.ClientCerts {
	case "request":
		c.ClientAuth = tls.VerifyClientCertIfGiven
	case "require":
		c.ClientAuth = tls.RequireAndVerifyClientCert
	default:
		return c, nil
	}
	c.ClientCAs, err = readPool(f.listen.ClientCAFile)
	return c, err
}

func readPool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("server: client CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("server: client CA: " + file + " holds no certificate")
	}
	return pool, nil
}
