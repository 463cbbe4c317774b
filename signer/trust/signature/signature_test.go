package signature_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/trust/signature"
)

// TestOpenSSLsSignatures verifies what openssl signs in every way that is supported.
func TestOpenSSLsSignatures(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	for _, test := range []struct {
		name string
		key  []string
		sign []string
		want string
	}{
		{"RSA SHA-1", []string{"RSA"}, []string{"-sha1"}, "SHA-1 (RSA)"},
		{"RSA SHA-224", []string{"RSA"}, []string{"-sha224"}, "SHA-224 (RSA)"},
		{"RSA SHA-256", []string{"RSA"}, []string{"-sha256"}, "SHA-256 (RSA)"},
		{"RSA SHA-384", []string{"RSA"}, []string{"-sha384"}, "SHA-384 (RSA)"},
		{"RSA SHA-512", []string{"RSA"}, []string{"-sha512"}, "SHA-512 (RSA)"},
		{"RSA SHA3-256", []string{"RSA"}, []string{"-sha3-256"}, "SHA3-256 (RSA)"},
		{"PSS", []string{"RSA"}, []string{"-sha256", "-sigopt", "rsa_padding_mode:pss"}, "SHA-256 (RSA-PSS)"},
		{"PSS, short salt", []string{"RSA"}, []string{"-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:8"}, "SHA-256 (RSA-PSS)"},
		{"PSS, no salt", []string{"RSA"}, []string{"-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:0"}, "SHA-384 (RSA-PSS)"},
		{"PSS SHA-1, all defaults", []string{"RSA"}, []string{"-sha1", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"}, "SHA-1 (RSA-PSS)"},
		{"ECDSA SHA-1", []string{"EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, []string{"-sha1"}, "SHA-1 (ECDSA)"},
		{"ECDSA SHA-256", []string{"EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, []string{"-sha256"}, "SHA-256 (ECDSA)"},
		{"ECDSA SHA-384", []string{"EC", "-pkeyopt", "ec_paramgen_curve:P-384"}, []string{"-sha384"}, "SHA-384 (ECDSA)"},
		{"ECDSA SHA-512", []string{"EC", "-pkeyopt", "ec_paramgen_curve:P-521"}, []string{"-sha512"}, "SHA-512 (ECDSA)"},
		{"ECDSA SHA3-256", []string{"EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, []string{"-sha3-256"}, "SHA3-256 (ECDSA)"},
		{"Ed25519", []string{"ED25519"}, nil, "Ed25519"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := filepath.Join(t.TempDir(), "key.pem")
			run(t, openssl, append([]string{"genpkey", "-out", key, "-algorithm"}, test.key...)...)
			block, _ := pem.Decode(run(t, openssl, append([]string{"req", "-x509", "-new", "-subj", "/CN=thu nghiem", "-key", key}, test.sign...)...))
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := signature.OfCertificate(c); err != nil || a.String() != test.want {
				t.Errorf("%s, %v, want %s", a, err, test.want)
			}
			if err := signature.CheckCertificate(c, c.PublicKey); err != nil {
				t.Error(err)
			}
			s, err := signature.Read(c.Raw)
			if err != nil {
				t.Fatal(err)
			}
			s.Signature[len(s.Signature)/2] ^= 1
			if err := s.Check(c.PublicKey); !errors.Is(err, signature.ErrBroken) {
				t.Errorf("altered: %v", err)
			}
		})
	}
}

func TestMD5AndKeysOfAnotherKindAreRefused(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	dir := t.TempDir()
	certs := map[string]*x509.Certificate{}
	for name, args := range map[string][]string{
		"md5": {"-newkey", "rsa:2048", "-md5"}, "rsa": {"-newkey", "rsa:2048", "-sha256"},
		"ec": {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha256"},
	} {
		block, _ := pem.Decode(run(t, openssl, append([]string{"req", "-x509", "-new", "-nodes", "-subj", "/CN=thu nghiem", "-keyout", filepath.Join(dir, name)}, args...)...))
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		certs[name] = c
	}
	for _, test := range [][2]string{{"md5", "md5"}, {"rsa", "ec"}, {"ec", "rsa"}} {
		if err := signature.CheckCertificate(certs[test[0]], certs[test[1]].PublicKey); !errors.Is(err, signature.ErrAlgorithm) {
			t.Errorf("%s by %s: %v", test[0], test[1], err)
		}
	}
}

func run(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	return out
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		signature.ReadAlgorithm(der)
		if s, err := signature.Read(der); err == nil && len(s.TBS) == 0 {
			t.Error("nothing is signed")
		}
	})
}
