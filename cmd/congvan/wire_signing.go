package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"congvan/cmd/congvan/signing"
	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/signer"
	"congvan/signer/token"
)

// openSigning opens what judges signatures and what makes them, as far as it is configured.
func (a *app) openSigning() error {
	c := a.config.Signatures
	var err error
	if c.Check {
		if err := makeTrustDir(c.TrustDir); err != nil {
			return err
		}
		if a.signing, err = signing.Open(signingOptions(c)); err != nil {
			return err
		}
	}
	if c.Key == "" {
		return nil
	}
	key, err := openSigningKey(c)
	if err != nil {
		return fmt.Errorf("signatures.key: %w", err)
	}
	a.sealer, err = signing.NewSealer(key)
	return err
}

func signingOptions(c config.Signatures) signing.Options {
	return signing.Options{
		PolicyFile: c.PolicyFile, TrustDir: c.TrustDir, CacheDir: c.CacheDir, Offline: c.Offline, Private: c.Private,
		TSA: c.TSA, TSACredentials: c.TSACredentialsFile,
	}
}

func openSigningKey(c config.Signatures) (*token.Key, error) {
	s := token.Source{Key: c.Key, Certificate: c.CertificateFile}
	if c.PasswordFile != "" {
		password, err := readSecret(c.PasswordFile)
		if err != nil {
			return nil, err
		}
		s.Password = []byte(password)
	}
	return token.Open(s)
}

// judging gives the gateway what is there to judge and to sign with.
func (a *app) judging(o gateway.Options) gateway.Options {
	if a.sealer != nil {
		o.Sealer = a.sealer
	}
	if a.signing == nil {
		return o
	}
	o.Signatures, o.Countersigner = a.signing, a.signing
	if level := signer.Level(a.config.Signatures.Preserve); level != "" {
		o.Preserver, o.Preserve = signing.Preserver{Signing: a.signing, Level: level, Log: a.log}, level
	}
	return o
}

// makeTrustDir makes an empty list of roots: a gateway that believes nobody yet is a gateway
// that marks every signature, and serves all the same.
func makeTrustDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("signatures.trust_dir: %w", err)
	}
	return nil
}

// trustEvery is how often the list of roots is looked at.
const trustEvery = time.Minute

// watchTrust tells operators when the list of roots can no longer be read, or can again: until then
// nobody is believed, and letters are only marked.
func (a *app) watchTrust(ctx context.Context) error {
	if a.signing == nil {
		return nil
	}
	tick := time.NewTicker(trustEvery)
	defer tick.Stop()
	broken := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := a.signing.Store().Reload()
		if err != nil && !broken {
			a.log.Error("trust list cannot be used: no signer is believed until it is restored", "dir", a.config.Signatures.TrustDir, "err", err)
		}
		if err == nil && broken {
			a.log.Info("trust list can be used again", "dir", a.config.Signatures.TrustDir)
		}
		broken = err != nil
	}
}
