package cms

import (
	"crypto"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/internal/peers"
)

// file writes bytes for OpenSSL.
func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openssl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	text, err := exec.Command(peers.Tool(t, "openssl"), args...).CombinedOutput()
	return string(text), err
}

// opensslVerifies asks the referee about a detached signature.
func opensslVerifies(t *testing.T, der, content []byte, more ...string) error {
	t.Helper()
	_, _, root := authority().files(t, "rsa")
	args := append([]string{
		"cms", "-verify", "-binary", "-inform", "DER", "-in", file(t, "sig", der),
		"-content", file(t, "content", content), "-CAfile", root, "-purpose", "any", "-out", os.DevNull,
	}, more...)
	if text, err := openssl(t, args...); err != nil {
		return errors.New(text)
	}
	return nil
}

func TestOpenSSLVerifiesOurs(t *testing.T) {
	at := time.Date(2026, 11, 23, 18, 21, 12, 0, time.FixedZone("+07", 7*3600))
	for _, c := range []struct {
		name   string
		key    string
		digest crypto.Hash
		a      Attributes
	}{
		{"RSA SHA-256", "rsa", crypto.SHA256, Attributes{}},
		{"RSA SHA-384", "rsa", crypto.SHA384, Attributes{}},
		{"RSA SHA-512", "rsa", crypto.SHA512, Attributes{}},
		{"RSA-PSS SHA-256", "rsa", crypto.SHA256, Attributes{PSS: true}},
		{"RSA-PSS SHA-512", "rsa", crypto.SHA512, Attributes{PSS: true}},
		{"RSA SHA3-256", "rsa", crypto.SHA3_256, Attributes{}},
		{"P-256 SHA3-384", "p256", crypto.SHA3_384, Attributes{}},
		{"P-256", "p256", crypto.SHA256, Attributes{}},
		{"P-384", "p384", crypto.SHA384, Attributes{}},
		{"P-521", "p521", crypto.SHA512, Attributes{}},
		{"P-256 SHA-512", "p256", crypto.SHA512, Attributes{}},
		{"signing time", "p256", crypto.SHA256, Attributes{SigningTime: at}},
		{"commitment", "p256", crypto.SHA256, Attributes{Commitment: ProofOfApproval()}},
		{"algorithm protection", "p256", crypto.SHA256, Attributes{AlgorithmProtection: true}},
		{"all of it", "rsa", crypto.SHA512, Attributes{SigningTime: at, Commitment: ProofOfOrigin(), AlgorithmProtection: true, PSS: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.a.Certificate = authority().ids[c.key].cert
			der := signed(t, c.key, c.digest, c.a)
			if err := opensslVerifies(t, der, letter(), "-cades"); err != nil {
				t.Error(err)
			}
			if opensslVerifies(t, der, append(letter(), '!'), "-cades") == nil {
				t.Error("the referee accepts another content")
			}
			s, err := verify(der, letter())
			if err != nil {
				t.Error(err)
			}
			if (s.SigningTime != nil) != !c.a.SigningTime.IsZero() {
				t.Errorf("signing time %v", s.SigningTime)
			}
		})
	}
}

func TestOpenSSLWithoutCertificateBound(t *testing.T) {
	der := signed(t, "p256", crypto.SHA256, Attributes{})
	if err := opensslVerifies(t, der, letter()); err != nil {
		t.Error(err)
	}
	if opensslVerifies(t, der, letter(), "-cades") == nil {
		t.Error("a signature that binds no certificate passes as CAdES")
	}
}

func TestOursVerifiesOpenSSL(t *testing.T) {
	for _, c := range []struct {
		name      string
		key       string
		args      string
		algorithm string
		check     func(*Signer) bool
	}{
		{"RSA", "rsa", "-md sha256 -cades", "RSA", func(s *Signer) bool { return s.SigningCertificate.Version == 2 && s.SigningTime != nil }},
		{"RSA SHA-1", "rsa", "-md sha1 -cades", "RSA", func(s *Signer) bool { return s.DigestName == "SHA-1" && s.SigningCertificate.Version == 1 }},
		{"RSA SHA-224", "rsa", "-md sha224", "RSA", func(s *Signer) bool { return s.DigestName == "SHA-224" }},
		{"RSA SHA-384", "rsa", "-md sha384 -cades", "RSA", func(s *Signer) bool { return s.SigningCertificate.DigestName == "SHA-384" }},
		{"RSA SHA-512", "rsa", "-md sha512", "RSA", func(s *Signer) bool { return s.SigningCertificate == nil }},
		{"RSA SHA3-256", "rsa", "-md sha3-256", "RSA", func(s *Signer) bool { return s.DigestName == "SHA3-256" }},
		{"PSS, salt of the digest", "rsa", "-md sha256 -cades -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", "RSA-PSS", nil},
		{"PSS, longest salt", "rsa", "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:max", "RSA-PSS", nil},
		{"PSS, no salt", "rsa", "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:0", "RSA-PSS", nil},
		{"PSS, mask of SHA-1", "rsa", "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha1 -keyopt rsa_pss_saltlen:20", "RSA-PSS", nil},
		{"PSS, mask of SHA-512", "rsa", "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha512 -keyopt rsa_pss_saltlen:32", "RSA-PSS", nil},
		{"P-256", "p256", "-md sha256 -cades", "ECDSA", nil},
		{"P-384", "p384", "-md sha384 -cades", "ECDSA", nil},
		{"P-521", "p521", "-md sha512 -cades", "ECDSA", nil},
		{"no attributes", "rsa", "-md sha256 -noattr", "RSA", func(s *Signer) bool { return !s.SignedAttributes }},
		{"no attributes, PSS", "rsa", "-md sha256 -noattr -keyopt rsa_padding_mode:pss", "RSA-PSS", nil},
		{"no attributes, P-384", "p384", "-md sha384 -noattr", "ECDSA", nil},
		{"key identifier", "rsa", "-md sha256 -keyid", "RSA", func(s *Signer) bool { return len(s.SubjectKeyID) == 3 && s.Serial == nil }},
		{"indefinite lengths", "p256", "-md sha256 -stream -cades", "ECDSA", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := verify(opensslSigns(t, c.key, c.args), letter())
			if err != nil {
				t.Fatal(err)
			}
			if s.Algorithm != c.algorithm || c.check != nil && !c.check(s) {
				t.Errorf("read as %s: %+v", s.Algorithm, s)
			}
			if _, err := verify(opensslSigns(t, c.key, c.args), append(letter(), '!')); err == nil {
				t.Error("another content verifies")
			}
		})
	}
}

func opensslSigns(t *testing.T, name, args string) []byte {
	t.Helper()
	key, cert, _ := authority().files(t, name)
	out := filepath.Join(t.TempDir(), "out")
	all := append([]string{
		"cms", "-sign", "-binary", "-outform", "DER", "-in", file(t, "in", letter()), "-signer", cert, "-inkey", key, "-out", out,
	}, strings.Fields(args)...)
	if text, err := openssl(t, all...); err != nil {
		t.Fatal(text)
	}
	return must(os.ReadFile(out))
}

func TestContentInside(t *testing.T) {
	for _, args := range []string{"-md sha256 -nodetach", "-md sha256 -nodetach -stream"} {
		d, err := Parse(opensslSigns(t, "p256", args))
		if err != nil {
			t.Fatal(err)
		}
		if !d.HasContent || string(d.Content) != string(letter()) {
			t.Errorf("%s: content %q", args, d.Content)
		}
		digest, err := d.ContentDigest(d.Signers[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Signers[0].Verify(d.Certificates[0], digest); err != nil {
			t.Error(err)
		}
	}
	d, err := Parse(opensslSigns(t, "p256", "-md sha256"))
	if err != nil || d.HasContent {
		t.Errorf("a detached signature with content: %v", err)
	}
	if _, err := d.ContentDigest(d.Signers[0]); !errors.Is(err, ErrMalformed) {
		t.Errorf("the digest of no content: %v", err)
	}
}

func TestSeveralSigners(t *testing.T) {
	key, cert, _ := authority().files(t, "rsa")
	d, err := Parse(opensslSigns(t, "p384", "-md sha256 -cades -signer "+cert+" -inkey "+key))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Signers) != 2 {
		t.Fatalf("%d signers", len(d.Signers))
	}
	for _, s := range d.Signers {
		cert, err := d.Certificate(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(cert, sum(s.Digest, letter())); err != nil {
			t.Error(err)
		}
	}
	if _, err := AddTimeStamp(d.Raw, stamp(t, d.Signers[0].Signature)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a time stamp for one of two signers: %v", err)
	}
}

func TestTwoPhasesSurviveARestart(t *testing.T) {
	for _, name := range []string{"rsa", "p256", "p521", "ed25519"} {
		t.Run(name, func(t *testing.T) {
			id := authority().ids[name]
			digest := DefaultDigest(id.cert)
			before, err := Prepare(id.cert, nil, digest, sum(digest, letter()), Attributes{Certificate: id.cert})
			if err != nil {
				t.Fatal(err)
			}
			var after Prepared
			if err := json.Unmarshal(must(json.Marshal(before)), &after); err != nil {
				t.Fatal(err)
			}
			message, options := after.Digest(), crypto.SignerOpts(after.Hash())
			if name == "ed25519" {
				message, options = after.ToBeSigned(), crypto.Hash(0)
			}
			der, err := after.Finish(must(id.key.Sign(nil, message, options)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verify(der, letter()); err != nil {
				t.Error(err)
			}
		})
	}
}

// stamp gets a real token over a signature's value.
func stamp(t *testing.T, value []byte) []byte {
	t.Helper()
	query := filepath.Join(t.TempDir(), "query")
	if text, err := openssl(t, "ts", "-query", "-data", file(t, "value", value), "-sha256", "-cert", "-out", query); err != nil {
		t.Fatal(text)
	}
	answer, err := peers.TSA(t).Answer(must(os.ReadFile(query)))
	if err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(t.TempDir(), "token")
	if text, err := openssl(t, "ts", "-reply", "-in", file(t, "answer", answer), "-token_out", "-out", token); err != nil {
		t.Fatal(text)
	}
	return must(os.ReadFile(token))
}

func TestTimeStampKeepsEveryOtherByte(t *testing.T) {
	for _, c := range []struct{ name, args string }{
		{"DER", "-md sha256 -cades"},
		{"indefinite lengths", "-md sha256 -cades -stream"},
	} {
		t.Run(c.name, func(t *testing.T) {
			der := opensslSigns(t, "p256", c.args)
			before := must(Parse(der))
			token := stamp(t, before.Signers[0].Signature)
			stamped, err := AddTimeStamp(append(der, 0, 0, 0), append(token, 0, 0))
			if err != nil {
				t.Fatal(err)
			}
			after := must(Parse(stamped))
			if len(after.Signers[0].TimeStamps) != 1 || string(after.Signers[0].TimeStamps[0]) != string(token) {
				t.Fatal("the token is not there")
			}
			if _, err := verify(stamped, letter()); err != nil {
				t.Error(err)
			}
			if err := opensslVerifies(t, stamped, letter(), "-cades"); err != nil {
				t.Error(err)
			}
			twice := must(AddTimeStamp(stamped, token))
			if n := len(must(Parse(twice)).Signers[0].TimeStamps); n != 2 {
				t.Errorf("%d time stamps after the second", n)
			}
			s, u := before.Signers[0], after.Signers[0]
			if string(s.RawAttributes) != string(u.RawAttributes) || string(s.Signature) != string(u.Signature) || !before.Certificates[0].Equal(after.Certificates[0]) {
				t.Error("something else changed")
			}
		})
	}
}

func TestSizeStampedIsExact(t *testing.T) {
	id := authority().ids["rsa"] // whose values are all of one length
	p := must(Prepare(id.cert, nil, crypto.SHA256, sum(crypto.SHA256, letter()), Attributes{Certificate: id.cert}))
	der := must(p.Sign(id.key))
	if p.Size() != len(der) {
		t.Errorf("%d bytes, %d foretold", len(der), p.Size())
	}
	token := stamp(t, must(Parse(der)).Signers[0].Signature)
	if n := len(must(AddTimeStamp(der, token))); p.SizeStamped(len(token)) != n {
		t.Errorf("%d bytes with a time stamp, %d foretold", n, p.SizeStamped(len(token)))
	}
}
