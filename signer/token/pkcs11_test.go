//go:build pkcs11

package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ThalesGroup/crypto11"
	"github.com/miekg/pkcs11"

	"congvan/internal/peers"
)

// softHSM makes a token of SoftHSM2 that holds one key and its certificate.
func softHSM(t *testing.T, key crypto.Signer) *URI {
	t.Helper()
	util := peers.Tool(t, "softhsm2-util")
	dir := t.TempDir()
	write(t, dir+"/softhsm2.conf", []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"))
	t.Setenv("SOFTHSM2_CONF", dir+"/softhsm2.conf")
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	write(t, dir+"/pin", []byte("1234\n"))
	for _, args := range [][]string{
		{"--init-token", "--free", "--label", "văn thư", "--pin", "1234", "--so-pin", "5678"},
		{"--import", dir + "/key.pem", "--token", "văn thư", "--label", "ký", "--id", "01", "--pin", "1234"},
	} {
		if out, err := exec.Command(util, args...).CombinedOutput(); err != nil {
			t.Fatalf("softhsm2-util: %v\n%s", err, out)
		}
	}
	u := &URI{Token: "văn thư", Object: "ký", ID: []byte{1}, Module: module(t), Pin: dir + "/pin"}
	storeCertificate(t, u, selfSigned(t, key))
	return u
}

func module(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	if err != nil || len(found) == 0 {
		found, err = filepath.Glob("/usr/lib/softhsm/libsofthsm2.so")
	}
	if err != nil || len(found) == 0 {
		t.Fatalf("libsofthsm2.so is not installed: run \"make test\" (%v)", err)
	}
	return found[0]
}

func selfSigned(t *testing.T, key crypto.Signer) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Con dấu thử nghiệm"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func storeCertificate(t *testing.T, u *URI, cert *x509.Certificate) {
	t.Helper()
	c, err := crypto11.Configure(&crypto11.Config{Path: u.Module, TokenLabel: u.Token, Pin: "1234"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.ImportCertificateWithLabel(u.ID, []byte(u.Object), cert); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestKeyOnAToken(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"RSA": rsaKey, "P-256": ecKey} {
		t.Run(name, func(t *testing.T) {
			u := softHSM(t, key)
			k, err := Open(Source{Key: "pkcs11:token=v%C4%83n%20th%C6%B0;object=k%C3%BD;id=%01?module-path=" + u.Module + "&pin-source=" + u.Pin})
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			sign(t, k)
			// the session dies under our hands, as when the token is pulled
			endSessions(t, u)
			sign(t, k)
		})
	}
}

func endSessions(t *testing.T, u *URI) {
	t.Helper()
	library := pkcs11.New(u.Module)
	slots, err := library.GetSlotList(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, slot := range slots {
		if err := library.CloseAllSessions(slot); err != nil {
			t.Fatal(err)
		}
	}
}

func sign(t *testing.T, k *Key) {
	t.Helper()
	digest := sha256.Sum256([]byte("công văn"))
	signature, err := k.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	ok := false
	switch public := k.Certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		ok = rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(public, digest[:], signature)
	}
	if !ok {
		t.Fatal("the token's signature does not verify")
	}
}

func TestWhatIsWrongWithAToken(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	u := softHSM(t, key)
	for name, c := range map[string]struct {
		change func(*URI)
		pin    string
		want   error
	}{
		"wrong PIN":        {func(*URI) {}, "9999", ErrPassword},
		"no such token":    {func(u *URI) { u.Token = "khác" }, "1234", ErrUnavailable},
		"no such key":      {func(u *URI) { u.Object, u.ID = "khác", []byte{9} }, "1234", ErrNoKey},
		"no such library":  {func(u *URI) { u.Module = "/none.so" }, "1234", ErrUnavailable},
		"no PIN in a file": {func(u *URI) { u.Pin = "" }, "", ErrPassword},
	} {
		t.Run(name, func(t *testing.T) {
			changed := *u
			c.change(&changed)
			pin := []byte(c.pin)
			if c.pin == "" {
				var err error
				if pin, err = changed.pin(); !errors.Is(err, c.want) {
					t.Fatalf("%v", err)
				}
				return
			}
			if _, err := OpenPKCS11(&changed, pin); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}
