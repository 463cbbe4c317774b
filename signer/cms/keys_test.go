package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// identityOf is a key with a certificate from the test's own root.
type testIdentity struct {
	name string
	key  crypto.Signer
	cert *x509.Certificate
}

// testAuthority issues the certificates of all tests. Names bear Vietnamese letters
// that other encodings than UTF-8 lose.
type testAuthority struct {
	cert *x509.Certificate
	key  crypto.Signer
	ids  map[string]testIdentity
}

func authority() *testAuthority { return sharedAuthority() }

var sharedAuthority = sync.OnceValue(func() *testAuthority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Gốc thử nghiệm", Country: []string{"VN"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := &testAuthority{key: key, ids: map[string]testIdentity{}}
	a.cert = must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))))
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for i, id := range []testIdentity{
		{name: "rsa", key: must(rsa.GenerateKey(rand.Reader, 2048))},
		{name: "p256", key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))},
		{name: "p384", key: must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))},
		{name: "p521", key: must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))},
		{name: "ed25519", key: ed},
		{name: "other", key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))},
	} {
		id.cert = a.issue(int64(i+2), "VĨNH Nguyễn Thị Nghĩa "+id.name, id.key.Public())
		a.ids[id.name] = id
	}
	return a
})

func (a *testAuthority) issue(serial int64, name string, public any) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{"UBND XÃ CHỦ NGHĨA"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, SubjectKeyId: []byte{9, 9, byte(serial)},
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key))))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// files writes an identity for OpenSSL and gives the paths of key, certificate and root.
func (a *testAuthority) files(t *testing.T, name string) (key, cert, root string) {
	t.Helper()
	id := a.ids[name]
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(id.key))),
		write("cert.pem", "CERTIFICATE", id.cert.Raw), write("root.pem", "CERTIFICATE", a.cert.Raw)
}

// letter is what the tests sign.
func letter() []byte {
	return []byte("Quyết định của ỦY BAN NHÂN DÂN xã Vĩnh Nghĩa\r\n\x00\xff")
}

// signed makes a signature over letter.
func signed(t testing.TB, name string, digest crypto.Hash, a Attributes) []byte {
	t.Helper()
	id := authority().ids[name]
	p, err := Prepare(id.cert, []*x509.Certificate{authority().cert}, digest, sum(digest, letter()), a)
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Sign(id.key)
	if err != nil {
		t.Fatal(err)
	}
	if len(der) > p.Size() {
		t.Fatalf("%d bytes, more than the bound of %d", len(der), p.Size())
	}
	return der
}

// verify judges a signature of one signer over a content.
func verify(der, content []byte) (*Signer, error) {
	d, err := Parse(der)
	if err != nil {
		return nil, err
	}
	s := d.Signers[0]
	cert, err := d.Certificate(s)
	if err != nil {
		return s, err
	}
	if err := s.Supported(); err != nil {
		return s, err
	}
	return s, s.Verify(cert, sum(s.Digest, content))
}
