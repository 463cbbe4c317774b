package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
	"congvan/signer/tsa"
)

// openSSL is a time-stamping authority made of openssl ts.
type openSSL struct {
	t       testing.TB
	tool    string
	dir     string
	altered func(digest []byte) []byte
}

func newOpenSSL(w *world) *openSSL {
	w.t.Helper()
	id, err := w.ca.TimeStamper("TSA thử nghiệm", democa.Issue{})
	if err != nil {
		w.t.Fatal(err)
	}
	o := &openSSL{t: w.t, tool: peers.Tool(w.t, "openssl"), dir: w.t.TempDir()}
	key, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	o.file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	o.file("cert.pem", certificates(id.Certificate))
	o.file("chain.pem", certificates(id.Chain...))
	o.file("serial", []byte("01\n"))
	o.file("ts.cnf", fmt.Appendf(nil, `[tsa]
default_tsa = t
[t]
serial = %s/serial
signer_cert = %s/cert.pem
signer_key = %s/key.pem
certs = %s/chain.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`, o.dir, o.dir, o.dir, o.dir))
	return o
}

func (o *openSSL) file(name string, b []byte) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

func certificates(all ...*x509.Certificate) (out []byte) {
	for _, c := range all {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func (o *openSSL) run(args ...string) error {
	out, err := exec.Command(o.tool, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("openssl %v: %w: %s", args, err, out)
	}
	return nil
}

func (o *openSSL) Stamp(_ context.Context, h crypto.Hash, digest []byte) (*tsa.Token, error) {
	if o.altered != nil {
		digest = o.altered(digest)
	}
	name := strings.ToLower(strings.ReplaceAll(h.String(), "-", ""))
	query, token := filepath.Join(o.dir, "query"), filepath.Join(o.dir, "token")
	if err := o.run("ts", "-query", "-digest", hex.EncodeToString(digest), "-"+name, "-cert", "-out", query); err != nil {
		return nil, err
	}
	if err := o.run("ts", "-reply", "-config", filepath.Join(o.dir, "ts.cnf"), "-queryfile", query, "-token_out", "-out", token); err != nil {
		return nil, err
	}
	der, err := os.ReadFile(token)
	if err != nil {
		return nil, err
	}
	return tsa.ParseToken(der)
}

func TestTimeStamp(t *testing.T) {
	w := newWorld(t)
	authority := newOpenSSL(w)
	m := twoFiles()
	direct := w.sign(m, democa.P256, SignOptions{Level: signer.LevelBT, Stamper: authority})
	bb := w.sign(m, democa.RSA2048, SignOptions{})
	raised, err := Extend(t.Context(), bb, authority, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := append(bytes.Clone(raised.Skeleton[:raised.At]), raised.Skeleton[raised.At+raised.Length:]...); !bytes.Equal(got, bb.Skeleton) {
		t.Error("bytes beside the time stamp were changed")
	}
	once := raised.Message(bb.Payloads)
	again, err := Extend(t.Context(), once, authority, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		m      Message
		stamps int
	}{"direct": {direct, 1}, "raised": {once, 1}, "twice": {again.Message(once.Payloads), 2}} {
		r := w.verify(tc.m)
		wants(t, name, r, signer.TotalPassed, "", "")
		s := r.Signatures[0]
		if s.Level != signer.LevelBT || len(s.Stamps) != tc.stamps || s.ProvenTime == nil || s.Stamps[0].Authority != "TSA thử nghiệm" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestTimeStampOfSomethingElse(t *testing.T) {
	w := newWorld(t)
	authority := newOpenSSL(w)
	authority.altered = func(d []byte) []byte { return sum(crypto.SHA256, d) }
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	s, err := Extend(t.Context(), m, authority, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := w.verify(s.Message(m.Payloads))
	sig := r.Signatures[0]
	if sig.Level != signer.LevelBB || sig.ProvenTime != nil || len(sig.Stamps) != 1 || sig.Stamps[0].Indication != signer.TotalFailed || !hasCode(r, "time-stamp-broken") {
		t.Errorf("%+v", sig)
	}
	broken := bytes.Replace(s.Skeleton, []byte("EncapsulatedTimeStamp>MI"), []byte("EncapsulatedTimeStamp>**"), 1)
	r = w.verify(Message{Skeleton: broken, Payloads: s.Message(m.Payloads).Payloads})
	if sig := r.Signatures[0]; sig.Level != signer.LevelBB || sig.ProvenTime != nil || !hasCode(r, "time-stamp-broken") {
		t.Errorf("%+v", sig)
	}
}

type failing struct{ err error }

func (f failing) Stamp(context.Context, crypto.Hash, []byte) (*tsa.Token, error) { return nil, f.err }

func TestExtendRefuses(t *testing.T) {
	w := newWorld(t)
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	changed := m
	changed.Skeleton = bytes.Replace(m.Skeleton, []byte(`<SignatureMethod`), []byte(`<SignatureMethod `), 1)
	changed.Skeleton = bytes.Replace(changed.Skeleton, []byte(`-ref0"`), []byte(`-ref9"`), 1)
	changed.Payloads = letterMoved(m, len(changed.Skeleton)-len(m.Skeleton))
	away := errors.New("away")
	for name, tc := range map[string]struct {
		m    Message
		by   Stamper
		want error
	}{
		"unsigned":          {twoFiles(), failing{}, ErrUnsigned},
		"plain":             {w.sign(twoFiles(), democa.P256, SignOptions{Level: signer.LevelLegacy}), failing{}, ErrUnsigned},
		"nobody":            {m, nil, ErrUnsigned},
		"broken":            {changed, failing{}, ErrUnsigned},
		"not XML":           {Message{Skeleton: []byte("x")}, failing{}, ErrMessage},
		"authority is away": {m, failing{away}, away},
	} {
		if _, err := Extend(t.Context(), tc.m, tc.by, Limits{}); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	key := &token.Key{Signer: w.key(democa.P256).Signer, Certificate: w.key(democa.P256).Certificate}
	if _, err := Sign(t.Context(), key, twoFiles(), SignOptions{Level: signer.LevelBT, Stamper: failing{away}}); !errors.Is(err, away) {
		t.Errorf("sign: %v", err)
	}
}

// letterMoved moves the payloads of a message whose header grew.
func letterMoved(m Message, by int) []Payload {
	return (&Signed{At: 0, Length: by}).Message(m.Payloads).Payloads
}
