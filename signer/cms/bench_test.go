package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"testing"
)

// BenchmarkSign builds a whole signature; the key-only figure beside it is what the key
// alone can do.
func BenchmarkSign(b *testing.B) {
	for _, name := range []string{"rsa", "p256", "ed25519"} {
		id := authority().ids[name]
		digest := DefaultDigest(id.cert)
		content := sum(digest, letter())
		b.Run(name+"/key-only", func(b *testing.B) {
			options, message := crypto.SignerOpts(digest), content
			if name == "ed25519" {
				options = crypto.Hash(0)
			}
			for b.Loop() {
				must(id.key.Sign(rand.Reader, message, options))
			}
		})
		b.Run(name+"/cms", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := must(Prepare(id.cert, nil, digest, content, Attributes{Certificate: id.cert}))
				must(p.Sign(id.key))
			}
		})
	}
}

// BenchmarkVerify parses and verifies a whole signature.
func BenchmarkVerify(b *testing.B) {
	for _, name := range []string{"rsa", "p256", "ed25519"} {
		id := authority().ids[name]
		digest := DefaultDigest(id.cert)
		content := sum(digest, letter())
		der := signed(b, name, digest, Attributes{Certificate: id.cert})
		b.Run(name+"/key-only", func(b *testing.B) {
			check := keyOnly(id, digest, content)
			for b.Loop() {
				if !check() {
					b.Fatal("does not verify")
				}
			}
		})
		b.Run(name+"/cms", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d := must(Parse(der))
				cert := must(d.Certificate(d.Signers[0]))
				if err := d.Signers[0].Verify(cert, content); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func keyOnly(id testIdentity, digest crypto.Hash, content []byte) func() bool {
	options := crypto.SignerOpts(digest)
	if id.name == "ed25519" {
		options = crypto.Hash(0)
	}
	value := must(id.key.Sign(rand.Reader, content, options))
	switch k := id.key.Public().(type) {
	case *rsa.PublicKey:
		return func() bool { return rsa.VerifyPKCS1v15(k, digest, content, value) == nil }
	case *ecdsa.PublicKey:
		return func() bool { return ecdsa.VerifyASN1(k, content, value) }
	case ed25519.PublicKey:
		return func() bool { return ed25519.Verify(k, content, value) }
	}
	return func() bool { return false }
}
