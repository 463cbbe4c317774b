package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
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
	"strings"
	"testing"
	"time"

	"congvan/internal/keyfile"
	"congvan/internal/peers"
	"congvan/signer/token"
)

// pair is a key with its certificate and the certificate's issuer.
type pair struct {
	key       crypto.Signer
	cert, ca  *x509.Certificate
	dir       string
	keyFile   string
	certFile  string
	everyFile string
}

func newPair(t *testing.T, key crypto.Signer) *pair {
	t.Helper()
	caKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	p := &pair{key: key, dir: t.TempDir()}
	p.ca = certify(t, "CA thử nghiệm", nil, caKey.Public(), caKey)
	p.cert = certify(t, "Nguyễn Thị Vĩnh", p.ca, key.Public(), caKey)
	der := must(x509.MarshalPKCS8PrivateKey(key))(t)
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	certs := append(certPEM(p.ca), certPEM(p.cert)...) // in no helpful order
	p.keyFile = p.write(t, "key.pem", keyPEM)
	p.certFile = p.write(t, "certs.pem", certs)
	p.everyFile = p.write(t, "all.pem", append(certs, keyPEM...))
	return p
}

func certify(t *testing.T, name string, parent *x509.Certificate, public crypto.PublicKey, by crypto.Signer) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true,
	}
	if parent == nil {
		parent = c
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, parent, public, by))(t)))(t)
}

func certPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func (p *pair) write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// signs proves that an opened key is the one that was written.
func signs(t *testing.T, p *pair, k *token.Key) {
	t.Helper()
	if !k.Certificate.Equal(p.cert) || len(k.Chain) != 1 || !k.Chain[0].Equal(p.ca) {
		t.Fatalf("certificate %s with a chain of %d", k.Certificate.Subject, len(k.Chain))
	}
	digest := sha256.Sum256([]byte("công văn"))
	signature, err := k.Sign(rand.Reader, digest[:], crypto.SHA256)
	if _, ok := p.key.(ed25519.PrivateKey); ok {
		signature, err = k.Sign(rand.Reader, []byte("công văn"), crypto.Hash(0))
	}
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(p.key.Public(), digest[:], signature) {
		t.Fatal("the signature does not verify with the key that was written")
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func verifies(public crypto.PublicKey, digest, signature []byte) bool {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, digest, signature)
	case ed25519.PublicKey:
		return ed25519.Verify(public, []byte("công văn"), signature)
	}
	return false
}

func TestKeysInFiles(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]crypto.Signer{
		"RSA":     must(rsa.GenerateKey(rand.Reader, 2048))(t),
		"P-256":   must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t),
		"Ed25519": ed,
	}
	for name, key := range keys {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, key)
			signs(t, p, must(token.Open(token.Source{Key: p.keyFile, Certificate: p.certFile}))(t))
			signs(t, p, must(token.Open(token.Source{Key: p.everyFile}))(t))

			k := must(token.OpenPEM(p.everyFile, ""))(t)
			file := filepath.Join(p.dir, "key.p12")
			if err := token.WritePKCS12(file, k, []byte("mật khẩu")); err != nil {
				t.Fatal(err)
			}
			signs(t, p, must(token.Open(token.Source{Key: file, Password: []byte("mật khẩu")}))(t))
			if err := token.WritePKCS12(file, k, nil); err == nil {
				t.Error("a key file was overwritten")
			}
		})
	}
}

// TestFilesOfOpenSSL opens what OpenSSL writes: its modern PKCS#12, the one of old
// Windows, and the older PEM forms.
func TestFilesOfOpenSSL(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	run := func(t *testing.T, args ...string) {
		t.Helper()
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	rsaPair := newPair(t, must(rsa.GenerateKey(rand.Reader, 2048))(t))
	for _, form := range [][]string{nil, {"-legacy"}, {"-keypbe", "AES-256-CBC", "-macalg", "sha512"}} {
		t.Run("pkcs12 "+strings.Join(form, " "), func(t *testing.T) {
			file := rsaPair.write(t, "made.p12", nil)
			args := append([]string{"pkcs12", "-export", "-in", rsaPair.everyFile, "-out", file, "-passout", "pass:abc"}, form...)
			run(t, args...)
			signs(t, rsaPair, must(token.Open(token.Source{Key: file, Password: []byte("abc")}))(t))
			if _, err := token.OpenPKCS12(file, []byte("abd")); !errors.Is(err, token.ErrPassword) {
				t.Errorf("wrong password: %v", err)
			}
		})
	}
	ecPair := newPair(t, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t))
	for command, p := range map[string]*pair{"rsa": rsaPair, "ec": ecPair} {
		t.Run("old PEM of "+command, func(t *testing.T) {
			file := p.write(t, "old.pem", nil)
			args := []string{command, "-in", p.keyFile, "-out", file}
			if command == "rsa" {
				args = append(args, "-traditional")
			}
			run(t, args...)
			signs(t, p, must(token.OpenPEM(file, p.certFile))(t))
		})
	}
	t.Run("encrypted PEM", func(t *testing.T) {
		file := rsaPair.write(t, "locked.pem", nil)
		run(t, "pkey", "-in", rsaPair.keyFile, "-aes256", "-passout", "pass:abc", "-out", file)
		if _, err := token.OpenPEM(file, rsaPair.certFile); !errors.Is(err, token.ErrMalformed) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatIsWrongWithAKey(t *testing.T) {
	p := newPair(t, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t))
	other := newPair(t, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t))
	loose := p.write(t, "loose.pem", must(os.ReadFile(p.everyFile))(t))
	if err := os.Chmod(loose, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source token.Source
		want   error
	}{
		"certificate of another key": {token.Source{Key: p.keyFile, Certificate: other.certFile}, token.ErrMismatch},
		"no certificate":             {token.Source{Key: p.keyFile}, token.ErrNoCert},
		"no key":                     {token.Source{Key: p.certFile}, token.ErrNoKey},
		"readable by others":         {token.Source{Key: loose}, keyfile.ErrLoose},
		"not there":                  {token.Source{Key: p.dir + "/none.pem"}, os.ErrNotExist},
		"no PKCS#12":                 {token.Source{Key: p.write(t, "x.p12", []byte("không phải"))}, token.ErrMalformed},
		"no PKCS#11 URI":             {token.Source{Key: "pkcs11:token=a"}, token.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if k, err := token.Open(c.source); !errors.Is(err, c.want) {
				t.Errorf("key %v, error %v; want %v", k != nil, err, c.want)
			}
		})
	}
}

func TestURI(t *testing.T) {
	u, err := token.ParseURI("pkcs11:token=V%C4%83n%20th%C6%B0;object=k%C3%BD;id=%01%02;type=private?module-path=/usr/lib/x.so&pin-source=file:/etc/pin")
	if err != nil {
		t.Fatal(err)
	}
	if u.Token != "Văn thư" || u.Object != "ký" || string(u.ID) != "\x01\x02" || u.Module != "/usr/lib/x.so" || u.Pin != "/etc/pin" {
		t.Errorf("%+v", u)
	}
	for _, bad := range []string{"pkcs12:", "pkcs11:token=%zz?module-path=x", "pkcs11:colour=red?module-path=x", "pkcs11:slot-id=one?module-path=x", "pkcs11:token=a?module-path=x&pin-value=1234"} {
		if _, err := token.ParseURI(bad); !errors.Is(err, token.ErrMalformed) {
			t.Errorf("%s: %v", bad, err)
		}
		if _, err := token.ParseURI(bad); err != nil && strings.Contains(err.Error(), "1234") {
			t.Error("the PIN stands in the error")
		}
	}
}
