package cms

import (
	"crypto"
	_ "crypto/sha1"   // verified, for historical signatures
	_ "crypto/sha256" // linked in so that crypto.Hash can compute them
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding/asn1"
)

// digest is a hash algorithm with what it is called.
type digest struct {
	oid  oid
	hash crypto.Hash
	name string
}

// digests lists what can be computed. Others, MD5 among them, are unsupported.
func digests() []digest {
	return []digest{
		{"2.16.840.1.101.3.4.2.1", crypto.SHA256, "SHA-256"},
		{"2.16.840.1.101.3.4.2.2", crypto.SHA384, "SHA-384"},
		{"2.16.840.1.101.3.4.2.3", crypto.SHA512, "SHA-512"},
		{"2.16.840.1.101.3.4.2.4", crypto.SHA224, "SHA-224"},
		{"2.16.840.1.101.3.4.2.6", crypto.SHA512_256, "SHA-512/256"},
		{"2.16.840.1.101.3.4.2.7", crypto.SHA3_224, "SHA3-224"},
		{"2.16.840.1.101.3.4.2.8", crypto.SHA3_256, "SHA3-256"},
		{"2.16.840.1.101.3.4.2.9", crypto.SHA3_384, "SHA3-384"},
		{"2.16.840.1.101.3.4.2.10", crypto.SHA3_512, "SHA3-512"},
		{"1.3.14.3.2.26", crypto.SHA1, "SHA-1"},
	}
}

func digestBy(match func(digest) bool) (digest, bool) {
	for _, d := range digests() {
		if match(d) {
			return d, true
		}
	}
	return digest{}, false
}

// Hash finds a digest by the name that policies use, such as "SHA-256" or "SHA3-512";
// false when there is none that can be computed.
func Hash(name string) (crypto.Hash, bool) {
	d, ok := digestBy(func(d digest) bool { return d.name == name })
	return d.hash, ok
}

// HashOf finds a digest by its object identifier; false when there is none that can be
// computed.
func HashOf(o asn1.ObjectIdentifier) (crypto.Hash, bool) {
	d, ok := digestBy(func(d digest) bool { return d.oid == id(o) })
	return d.hash, ok
}

// HashName is the inverse of Hash; "" for one that this package does not know.
func HashName(h crypto.Hash) string {
	d, _ := digestBy(func(d digest) bool { return d.hash == h })
	return d.name
}

// OIDOf is the inverse of HashOf; nil for one that this package does not know.
func OIDOf(h crypto.Hash) asn1.ObjectIdentifier {
	d, ok := digestBy(func(d digest) bool { return d.hash == h })
	if !ok {
		return nil
	}
	return d.oid.identifier()
}

func sum(h crypto.Hash, data []byte) []byte {
	w := h.New()
	w.Write(data)
	return w.Sum(nil)
}
