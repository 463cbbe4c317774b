package receipts

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
)

func statement() gateway.Statement {
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	return gateway.Statement{
		Issuer: "H26.99", ID: "0198c0de-0000-7000-8000-000000000001", IssuedAt: at.Unix(),
		Kind: gateway.ReceiptSubmission, Message: "0198c0de-0000-7000-8000-000000000002", From: "H26.99.1",
		To:         []gateway.StatementAddress{{Addressed: "H26.99.2", Receiver: "H26.99.3", Redirect: gateway.RedirectSuccessor}},
		DocumentID: "H26.99.1,2026/11/23,12/QĐ-UBND", AcceptedAt: at, At: at, Size: 42, SHA256: strings.Repeat("ab", 32),
		Attachments: []gateway.StatementFile{{Name: "Quyết định <12> & phụ lục.pdf", Size: 40}},
	}
}

func open(t testing.TB) *Signer {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "receipts.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, s *Signer) string {
	t.Helper()
	jws, err := s.Sign(statement())
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

func TestSignedStatementComesBack(t *testing.T) {
	s := open(t)
	got, err := Verify(sign(t, s), s.PublicJWKS())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(statement(), got); d != "" {
		t.Error(d)
	}
}

func TestKeyFileStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts.pem")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(sign(t, first), second.PublicJWKS()); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(first.PublicJWKS()), `"d"`) {
		t.Error("the key set holds the private key")
	}
}

func TestOpenRefusesOtherKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]any{"RSA": small, "P-384": curve} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, []byte("not a key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("text: opened")
	}
}

// forge signs any header and payload with a key, as somebody who has it could.
func forge(t *testing.T, key jose.SigningKey, typ string, payload string, extra map[jose.HeaderKey]any) string {
	t.Helper()
	o := (&jose.SignerOptions{ExtraHeaders: extra}).WithType(jose.ContentType(typ))
	s, err := jose.NewSigner(key, o)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestVerifyRefuses(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, s)
	part := strings.Split(good, ".")
	kid, err := readHeader(good)
	if err != nil {
		t.Fatal(err)
	}
	own := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}
	text, err := json.Marshal(statement())
	if err != nil {
		t.Fatal(err)
	}
	var jwk struct {
		Keys []struct{ X, Y string } `json:"keys"`
	}
	if err := json.Unmarshal(s.PublicJWKS(), &jwk); err != nil {
		t.Fatal(err)
	}
	hmacKey := jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: []byte(strings.Repeat(jwk.Keys[0].X, 2)), KeyID: kid}}
	header := func(h string) string { return b64(h) + "." + part[1] + "." + part[2] }

	tests := map[string]struct {
		jws  string
		want error
	}{
		"empty":             {"", ErrForm},
		"two parts":         {part[0] + "." + part[1], ErrForm},
		"four parts":        {good + ".", ErrForm},
		"line break":        {part[0] + "." + part[1] + "." + part[2] + "\n", ErrForm},
		"padding":           {good + "==", ErrForm},
		"altered payload":   {part[0] + "." + b64(strings.Replace(string(text), "H26.99.2", "H26.99.9", 1)) + "." + part[2], ErrSignature},
		"no signature":      {part[0] + "." + part[1] + ".", ErrSignature},
		"half a signature":  {part[0] + "." + part[1] + "." + part[2][:44], ErrSignature},
		"alg none":          {header(`{"alg":"none","kid":"` + kid + `","typ":"` + Type + `"}`), ErrForm},
		"alg HS256":         {forge(t, hmacKey, Type, string(text), nil), ErrForm},
		"other typ":         {forge(t, own, "JWT", string(text), nil), ErrForm},
		"jwk in the header": {forge(t, own, Type, string(text), map[jose.HeaderKey]any{"jwk": map[string]string{"kty": "EC"}}), ErrForm},
		"header reordered":  {header(`{"typ":"` + Type + `","alg":"ES256","kid":"` + kid + `"}`), ErrForm},
		"header twice":      {header(`{"alg":"none","alg":"ES256","kid":"` + kid + `","typ":"` + Type + `"}`), ErrForm},
		"no kid":            {header(`{"alg":"ES256","kid":"","typ":"` + Type + `"}`), ErrForm},
		"another kid":       {header(`{"alg":"ES256","kid":"x","typ":"` + Type + `"}`), ErrUnknownKey},
		"another key":       {sign(t, open(t)), ErrUnknownKey},
		"no statement":      {forge(t, own, Type, `[]`, nil), ErrForm},
		"unknown member":    {forge(t, own, Type, `{"iss":"H26.99","worth":1}`, nil), ErrForm},
		"two statements":    {forge(t, own, Type, string(text)+string(text), nil), ErrForm},
		"too long":          {strings.Repeat("a", MaxSize+1), ErrForm},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := Verify(test.jws, s.PublicJWKS()); !errors.Is(err, test.want) || got.ID != "" {
				t.Errorf("got %+v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestVerifyRefusesBadKeySets(t *testing.T) {
	s := open(t)
	good := sign(t, s)
	kid, err := readHeader(good)
	if err != nil {
		t.Fatal(err)
	}
	// Another key under the right key's kid must not be tried.
	imposter := strings.Replace(string(open(t).PublicJWKS()), `"kid":"`, `"kid":"`+kid+`","was":"`, 1)
	for name, jwks := range map[string]string{
		"empty": "", "no keys": `{"keys":[]}`, "text": "keys", "imposter": imposter,
	} {
		if _, err := Verify(good, []byte(jwks)); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
	both := `{"keys":[` + inner(t, open(t)) + `,` + inner(t, s) + `]}`
	if _, err := Verify(good, []byte(both)); err != nil {
		t.Errorf("the second of two keys: %v", err)
	}
}

func inner(t *testing.T, s *Signer) string {
	t.Helper()
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(s.PublicJWKS(), &set); err != nil {
		t.Fatal(err)
	}
	return string(set.Keys[0])
}

// No other text than the receipt itself verifies with its key.
func FuzzVerify(f *testing.F) {
	s := open(f)
	good := sign(f, s)
	other, err := s.Sign(gateway.Statement{ID: "other"})
	if err != nil {
		f.Fatal(err)
	}
	part, part2 := strings.Split(good, "."), strings.Split(other, ".")
	f.Add(good)
	f.Add(part[0] + "." + part2[1] + "." + part[2])
	f.Add(part[0] + "." + part[1] + "." + part2[2])
	f.Add("eyJhbGciOiJub25lIn0..")
	f.Fuzz(func(t *testing.T, jws string) {
		if _, err := Verify(jws, s.PublicJWKS()); err == nil && jws != good && jws != other {
			t.Errorf("verified %q", jws)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s := open(b)
	for b.Loop() {
		if _, err := s.Sign(statement()); err != nil {
			b.Fatal(err)
		}
	}
}
