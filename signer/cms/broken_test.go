package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"congvan/signer"
	"congvan/signer/cms/ber"
)

func TestForgeryIsSoundUnlessChanged(t *testing.T) {
	for name, change := range map[string]func(*forgery){
		"as it is":        func(*forgery) {},
		"bound":           with(reference("p256")),
		"plain signature": func(f *forgery) { f.attributes = nil },
		"digest with NULL": func(f *forgery) {
			f.digestID = algorithmID("2.16.840.1.101.3.4.2.1", ber.Null, 0)
		},
		"signed under the digest's name": func(f *forgery) { f.digestID = algorithmID("1.2.840.113549.1.1.11") },
		"key as algorithm":               func(f *forgery) { f.signatureID = algorithmID(oidECPublicKey) },
		"unknown attribute":              with(encodeAttribute("1.2.3.4", []byte{ber.Null, 0})),
		"attributes not sorted": func(f *forgery) {
			f.unsorted = true
			with(reference("p256"))(f)
			f.attributes[0], f.attributes[2] = f.attributes[2], f.attributes[0]
		},
	} {
		if _, err := verify(forge(change), letter()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBroken(t *testing.T) {
	other := sha256.Sum256([]byte("other"))
	protection := func(digest, signature []byte) []byte {
		implicit := append([]byte{ber.Context(1)}, signature[1:]...)
		return encodeAttribute(oidAlgorithmProtection, ber.Encode(ber.Sequence, digest, implicit))
	}
	sha256ID, ecdsaID := algorithmID("2.16.840.1.101.3.4.2.1"), algorithmID("1.2.840.10045.4.3.2")
	for _, c := range []struct {
		name   string
		change func(*forgery)
		kind   error
		sub    signer.SubIndication
	}{
		{"another content", func(f *forgery) { f.attributes[1] = digestAttribute([]byte("x")) }, ErrDigest, signer.HashFailure},
		{"digest cut short", func(f *forgery) {
			f.attributes[1] = encodeAttribute(oidMessageDigest, ber.Encode(ber.OctetString, other[:20]))
		}, ErrDigest, signer.HashFailure},
		{"signed by another key", func(f *forgery) { f.key = "other" }, ErrSignature, signer.SigCryptoFailure},
		{"plain, signed by another key", func(f *forgery) { f.attributes = nil; f.key = "other" }, ErrSignature, signer.SigCryptoFailure},
		{"no content type", func(f *forgery) { f.attributes = f.attributes[1:] }, ErrMalformed, signer.FormatFailure},
		{"no digest", func(f *forgery) { f.attributes = f.attributes[:1] }, ErrMalformed, signer.FormatFailure},
		{"no attribute at all", func(f *forgery) { f.attributes = [][]byte{} }, ErrMalformed, signer.FormatFailure},
		{"another content type", func(f *forgery) { f.attributes[0] = contentTypeAttribute(oidTSTInfo) }, ErrMalformed, signer.FormatFailure},
		{"content of another type, unsigned", func(f *forgery) { f.attributes = nil; f.content = oidTSTInfo }, ErrMalformed, signer.FormatFailure},
		{"two digests", with(digestAttribute([]byte("x"))), ErrMalformed, signer.FormatFailure},
		{"two equal content types", with(contentTypeAttribute(oidData)), ErrMalformed, signer.FormatFailure},
		{"two unknown ones", with(encodeAttribute("1.2.3.4", []byte{5, 0}), encodeAttribute("1.2.3.4", []byte{5, 0})), ErrMalformed, signer.FormatFailure},
		{"two values of the digest", func(f *forgery) {
			v := ber.Encode(ber.OctetString, other[:])
			f.attributes[1] = ber.Encode(ber.Sequence, oidMessageDigest.der(), ber.Encode(ber.Set, v, v))
		}, ErrMalformed, signer.FormatFailure},
		{"no value of the digest", func(f *forgery) {
			f.attributes[1] = ber.Encode(ber.Sequence, oidMessageDigest.der(), ber.Encode(ber.Set))
		}, ErrMalformed, signer.FormatFailure},
		{"signing time that is none", with(encodeAttribute(oidSigningTime, ber.Encode(ber.UTCTime, []byte("yesterday")))), ErrMalformed, signer.FormatFailure},
		{"another certificate bound", with(reference("other")), ErrCertificate, signer.NoSigningCertificateFound},
		{"bound by version 1 to another", with(encodeAttribute(oidSigningCertV1, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence,
			ber.Encode(ber.OctetString, make([]byte, sha1.Size))))))), ErrCertificate, signer.NoSigningCertificateFound},
		{"both versions, one of another", func(f *forgery) {
			h := sha1.Sum(authority().ids["other"].cert.Raw)
			with(reference("p256"), encodeAttribute(oidSigningCertV1, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, ber.Encode(ber.OctetString, h[:]))))))(f)
		}, ErrCertificate, signer.NoSigningCertificateFound},
		{"bound by an unknown digest", with(encodeAttribute(oidSigningCertV2, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence,
			algorithmID("1.2.3"), ber.Encode(ber.OctetString, other[:])))))), ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"no reference in the reference", with(encodeAttribute(oidSigningCertV2, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence)))), ErrMalformed, signer.FormatFailure},
		{"certificate absent", func(f *forgery) { f.certs = [][]byte{authority().cert.Raw} }, ErrNoCertificate, signer.NoSigningCertificateFound},
		{"certificate in ruins", func(f *forgery) { f.certs = [][]byte{{ber.Sequence, 0}} }, ErrNoCertificate, signer.NoSigningCertificateFound},
		{"algorithm not the signed one", with(protection(sha256ID, algorithmID("1.2.840.10045.4.3.3"))), ErrSignature, signer.SigCryptoFailure},
		{"digest not the signed one", with(protection(algorithmID("2.16.840.1.101.3.4.2.3"), ecdsaID)), ErrSignature, signer.SigCryptoFailure},
		{"unknown digest", func(f *forgery) { f.digestID = algorithmID("1.2.840.113549.2.5") }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"digest with parameters", func(f *forgery) { f.digestID = algorithmID("2.16.840.1.101.3.4.2.1", ber.Integer, 1, 1) }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"unknown signature algorithm", func(f *forgery) { f.signatureID = algorithmID("1.2.3.4") }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"Ed448", func(f *forgery) { f.signatureID = algorithmID("1.3.101.113") }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"Ed25519 with SHA-256", func(f *forgery) { f.signatureID = algorithmID(oidEd25519) }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"Ed25519 of the bare content", func(f *forgery) { f.signatureID = algorithmID(oidEd25519); f.attributes = nil }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"RSA by an ECDSA key", func(f *forgery) { f.signatureID = algorithmID("1.2.840.113549.1.1.11") }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"PSS without parameters", func(f *forgery) { f.signatureID = algorithmID(oidPSS) }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"ECDSA with parameters", func(f *forgery) { f.signatureID = algorithmID("1.2.840.10045.4.3.2", ber.Integer, 1, 1) }, ErrAlgorithm, signer.CryptoConstraintsFailure},
		{"ECDSA of SHA-512 over the bare content's SHA-256", func(f *forgery) { f.signatureID = algorithmID("1.2.840.10045.4.3.4"); f.attributes = nil }, ErrAlgorithm, signer.CryptoConstraintsFailure},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := verify(forge(c.change), letter())
			if !errors.Is(err, c.kind) {
				t.Fatalf("got %v, want %v", err, c.kind)
			}
			if v := Verdict(err); v.SubIndication != c.sub || v.Indication == signer.TotalPassed || len(v.Reasons) != 1 || v.Reasons[0].Vi == "" || v.Reasons[0].En == "" {
				t.Errorf("verdict %+v, want %s", v, c.sub)
			}
		})
	}
}

func TestNotSignedData(t *testing.T) {
	sound := signed(t, "p256", crypto.SHA256, Attributes{})
	for name, der := range map[string][]byte{
		"nothing":              {},
		"zeros":                make([]byte, 3000),
		"cut short":            sound[:len(sound)-1],
		"something behind":     append(bytes.Clone(sound), 0, 0, 1),
		"a certificate":        authority().cert.Raw,
		"enveloped data":       ber.Encode(ber.Sequence, oid("1.2.840.113549.1.7.3").der(), ber.Encode(ber.Context(0), ber.Encode(ber.Sequence))),
		"four gigabytes":       {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 6, 9},
		"endless":              {0x30, 0x80},
		"nested without end":   bytes.Repeat([]byte{0x30, 0x80}, 100_000),
		"a length of 9 octets": {0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5},
		"larger than allowed":  make([]byte, MaxSize+1),
	} {
		if _, err := Parse(der); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse(append(bytes.Clone(sound), make([]byte, 4000)...)); err != nil {
		t.Errorf("padding: %v", err)
	}
}

func TestTooMany(t *testing.T) {
	for name, change := range map[string]func(*forgery){
		"certificates": func(f *forgery) {
			f.certs = [][]byte{bytes.Repeat([]byte{ber.Sequence, 0}, MaxCertificates+1)}
		},
		"attributes": func(f *forgery) {
			for i := range MaxAttributes {
				f.attributes = append(f.attributes, ber.Encode(ber.Sequence, must(asn1.Marshal(asn1.ObjectIdentifier{1, 2, 3, i})), ber.Encode(ber.Set)))
			}
		},
		"values": with(ber.Encode(ber.Sequence, oid("1.2.3").der(), ber.Encode(ber.Set, bytes.Repeat([]byte{ber.Null, 0}, MaxAttributes+1)))),
	} {
		if _, err := Parse(forge(change)); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryBitCounts flips each bit of a signature. What still verifies asserts the same
// by the same certificate: the flipped bit was one of those around it that mean nothing.
func TestEveryBitCounts(t *testing.T) {
	id := authority().ids["p256"]
	p := must(Prepare(id.cert, nil, crypto.SHA256, sum(crypto.SHA256, letter()), Attributes{Certificate: id.cert, AlgorithmProtection: true}))
	der := must(p.Sign(id.key))
	survivors := 0
	for bit := range len(der) * 8 {
		flipped := bytes.Clone(der)
		flipped[bit/8] ^= 1 << (bit % 8)
		s, err := verify(flipped, letter())
		if err != nil {
			continue
		}
		survivors++
		if string(s.RawAttributes) != string(p.attributes) || s.Algorithm != "ECDSA" || s.DigestName != "SHA-256" || s.SignatureDigest != "SHA-256" {
			t.Fatalf("bit %d: verifies and says something else", bit)
		}
		if got := must(must(Parse(flipped)).Certificate(s)); !got.Equal(id.cert) {
			t.Fatalf("bit %d: verifies with another certificate", bit)
		}
	}
	if survivors > 200 { // versions, the hint of digests, letter case in the issuer's name
		t.Errorf("%d of %d flips are not noticed", survivors, len(der)*8)
	}
	t.Logf("%d of %d flips change nothing that is asserted", survivors, len(der)*8)
}

func TestUnreadableCertificatesAreNamed(t *testing.T) {
	for _, sign := range [][]string{nil, {"-keyid"}} {
		d := must(Parse(opensslSelfSigns(t, []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"}, sign)))
		if len(d.Unreadable) != 1 || d.Unreadable[0].Subject != "CN=Nghĩa" {
			t.Fatalf("%+v", d.Unreadable)
		}
		_, err := d.Certificate(d.Signers[0])
		if !errors.Is(err, ErrAlgorithm) || !strings.Contains(err.Error(), "brainpoolP256r1") {
			t.Errorf("%v: %v", sign, err)
		}
	}
	_, err := verify(forge(func(f *forgery) { f.certs = append(f.certs, []byte{ber.Sequence, 1, 0xff}, ber.Encode(ber.Sequence)) }), letter())
	if err != nil {
		t.Errorf("an unreadable certificate beside the signer's: %v", err)
	}
}

// opensslSelfSigns makes a certificate of OpenSSL's and signs letter with it.
func opensslSelfSigns(t *testing.T, request, sign []string) []byte {
	t.Helper()
	dir := t.TempDir()
	key, cert, out := filepath.Join(dir, "key"), filepath.Join(dir, "cert"), filepath.Join(dir, "out")
	request = append([]string{"req", "-x509", "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=Nghĩa", "-utf8", "-days", "30"}, request...)
	if text, err := openssl(t, request...); err != nil {
		t.Fatal(text)
	}
	sign = append([]string{"cms", "-sign", "-binary", "-outform", "DER", "-in", file(t, "in", letter()), "-signer", cert, "-inkey", key, "-out", out}, sign...)
	if text, err := openssl(t, sign...); err != nil {
		t.Fatal(text)
	}
	return must(os.ReadFile(out))
}

func TestCertificateThatCannotBeRead(t *testing.T) {
	der := opensslSelfSigns(t, []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-set_serial", "-5"}, nil)
	d := must(Parse(der))
	_, err := d.Certificate(d.Signers[0])
	if !errors.Is(err, ErrUnreadable) || Verdict(err).Reasons[0].Code != "signing-certificate-unreadable" {
		t.Errorf("a negative serial number: %v", err)
	}
}

func TestKeyForPSSAlone(t *testing.T) {
	pss := []string{"-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"}
	restricted := append(slices.Clone(pss), "-pkeyopt", "rsa_pss_keygen_md:sha256", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:32")
	for name, request := range map[string][]string{"any parameters": pss, "restricted": restricted} {
		der := opensslSelfSigns(t, request, []string{"-md", "sha256", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"})
		if _, err := verify(der, letter()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d := must(Parse(der))
		d.Signers[0].scheme.mgf = crypto.SHA512
		want := ErrSignature
		if name == "restricted" {
			want = ErrAlgorithm
		}
		if err := d.Signers[0].Verify(d.Certificates[0], sum(crypto.SHA256, letter())); !errors.Is(err, want) {
			t.Errorf("%s, another mask: %v, want %v", name, err, want)
		}
	}
}

func TestCertificateFromElsewhere(t *testing.T) {
	der := forge(func(f *forgery) { f.certs = nil; with(reference("p256"))(f) })
	d := must(Parse(der))
	ids := authority().ids
	cert, err := d.CertificateAmong(d.Signers[0], []*x509.Certificate{ids["other"].cert, ids["p256"].cert})
	if err != nil || !cert.Equal(ids["p256"].cert) {
		t.Errorf("%v, %v", cert, err)
	}
}

func TestVerifyWithAnotherCertificate(t *testing.T) {
	h := sum(crypto.SHA256, letter())
	bound, free := must(Parse(forge(with(reference("p256"))))).Signers[0], must(Parse(forge(func(*forgery) {}))).Signers[0]
	other := authority().ids["other"].cert
	if err := bound.Verify(other, h); !errors.Is(err, ErrCertificate) {
		t.Errorf("bound: %v", err)
	}
	if err := free.Verify(other, h); !errors.Is(err, ErrSignature) {
		t.Errorf("not bound: %v", err)
	}
	if err := free.Verify(nil, h); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("no certificate: %v", err)
	}
	if err := free.Verify(authority().ids["rsa"].cert, h); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("a key of another kind: %v", err)
	}
	if err := free.Verify(authority().ids["p256"].cert, h[:20]); !errors.Is(err, ErrDigest) {
		t.Errorf("a short digest: %v", err)
	}
}

func TestRevocationData(t *testing.T) {
	crl, basic := ber.Encode(ber.Sequence, []byte("crl")), ber.Encode(ber.Sequence, []byte("ocsp"))
	list := func(n byte, der []byte) []byte { return ber.Encode(ber.Context(n), ber.Encode(ber.Sequence, der)) }
	der := forge(func(f *forgery) {
		with(encodeAttribute(oidAdobeRevocation, ber.Encode(ber.Sequence, list(0, crl), list(1, basic))))(f)
		f.unsigned = [][]byte{
			encodeAttribute(oidRevocationValues, ber.Encode(ber.Sequence, list(0, crl), list(1, basic))),
			encodeAttribute(oidCertificateValues, ber.Encode(ber.Sequence, authority().cert.Raw)),
		}
	})
	s, err := verify(der, letter())
	if err != nil {
		t.Fatal(err)
	}
	if a := s.AdobeRevocation; len(a.CRLs) != 1 || len(a.OCSPs) != 1 || !bytes.Equal(a.CRLs[0], crl) || !bytes.Equal(a.OCSPs[0], basic) {
		t.Errorf("signed: %x", a)
	}
	v := s.RevocationValues
	if len(v.CRLs) != 1 || len(v.OCSPs) != 1 || !bytes.Contains(v.OCSPs[0], basic) || v.OCSPs[0][2] != ber.Enumerated {
		t.Errorf("unsigned: %x", v)
	}
	if len(s.CertificateValues) != 1 || !s.CertificateValues[0].Equal(authority().cert) {
		t.Errorf("certificates: %v", s.CertificateValues)
	}
}

func TestPrepareRefuses(t *testing.T) {
	ids := authority().ids
	h := sum(crypto.SHA256, letter())
	for name, try := range map[string]func() error{
		"SHA-1":             func() error { _, err := Prepare(ids["p256"].cert, nil, crypto.SHA1, h[:20], Attributes{}); return err },
		"MD5":               func() error { _, err := Prepare(ids["p256"].cert, nil, crypto.MD5, h[:16], Attributes{}); return err },
		"Ed25519, SHA-256":  func() error { _, err := Prepare(ids["ed25519"].cert, nil, crypto.SHA256, h, Attributes{}); return err },
		"restored to SHA-1": func() error { return new(Prepared).UnmarshalJSON([]byte(`{"digest":"SHA-1"}`)) },
		"another's value": func() error {
			p := must(Prepare(ids["p256"].cert, nil, crypto.SHA256, h, Attributes{}))
			_, err := p.Sign(ids["other"].key)
			return err
		},
		"short digest": func() error {
			_, err := Prepare(ids["p256"].cert, nil, crypto.SHA256, h[:31], Attributes{})
			return err
		},
		"binds another": func() error {
			_, err := Prepare(ids["p256"].cert, nil, crypto.SHA256, h, Attributes{Certificate: ids["other"].cert})
			return err
		},
		"no commitment": func() error {
			_, err := Prepare(ids["p256"].cert, nil, crypto.SHA256, h, Attributes{Commitment: asn1.ObjectIdentifier{9}})
			return err
		},
		"nothing to add": func() error { _, err := AddTimeStamp(forge(func(*forgery) {}), forge(func(*forgery) {})); return err },
	} {
		if try() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestPlainECDSAValues(t *testing.T) {
	for _, name := range []string{"p256", "p521"} {
		id := authority().ids[name]
		for range 20 { // some have leading zeros
			p := must(Prepare(id.cert, nil, crypto.SHA512, sum(crypto.SHA512, letter()), Attributes{}))
			var rs struct{ R, S *big.Int }
			must(asn1.Unmarshal(must(id.key.Sign(nil, p.Digest(), crypto.SHA512)), &rs))
			n := (id.key.Public().(*ecdsa.PublicKey).Params().BitSize + 7) / 8
			plain := append(rs.R.FillBytes(make([]byte, n)), rs.S.FillBytes(make([]byte, n))...)
			der, err := p.Finish(plain)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verify(der, letter()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
