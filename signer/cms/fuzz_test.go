package cms

import (
	"bytes"
	"crypto"
	"encoding/json"
	"testing"

	"congvan/signer/cms/ber"
)

func FuzzParse(f *testing.F) {
	f.Add(forge(func(*forgery) {}))
	f.Add(forge(func(g *forgery) { g.attributes = nil }))
	f.Add(forge(with(reference("p256"), encodeAttribute(oidAdobeRevocation, ber.Encode(ber.Sequence)))))
	f.Add(signed(f, "rsa", crypto.SHA512, Attributes{PSS: true, AlgorithmProtection: true}))
	f.Add([]byte{0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2, 0xa0, 0x80, 0x30, 0x80, 0, 0, 0, 0, 0, 0})
	genuine := authority().ids["p256"].cert
	f.Fuzz(func(t *testing.T, der []byte) {
		d, err := Parse(der)
		if err != nil {
			return
		}
		again, err := Parse(append(bytes.Clone(der), 0, 0))
		if err != nil || len(again.Signers) != len(d.Signers) {
			t.Fatalf("padding changes it: %v", err)
		}
		for _, s := range d.Signers {
			cert, err := d.CertificateAmong(s, d.Certificates)
			if err == nil && cert == nil {
				t.Fatal("neither a certificate nor an error")
			}
			_ = Verdict(s.Verify(cert, s.MessageDigest))
			// What verifies with a key that signed nothing but letters is a letter's.
			if s.Verify(genuine, sum(crypto.SHA256, []byte("never signed"))) == nil {
				t.Fatal("forged")
			}
		}
		if stamped, err := AddTimeStamp(der, der); err == nil {
			if _, err := Parse(stamped); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzPrepared(f *testing.F) {
	id := authority().ids["p256"]
	p := must(Prepare(id.cert, nil, crypto.SHA256, sum(crypto.SHA256, letter()), Attributes{Certificate: id.cert}))
	f.Add(must(json.Marshal(p)))
	f.Fuzz(func(_ *testing.T, kept []byte) {
		var p Prepared
		if p.UnmarshalJSON(kept) == nil {
			p.Size()
			p.Digest()
			_, _ = p.Finish(make([]byte, 64))
		}
	})
}
