package signature

import (
	"bytes"
	"crypto"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Digest names a digest as policies do; empty for one that is not supported.
func Digest(h crypto.Hash) string {
	switch h {
	case crypto.SHA1:
		return "SHA-1"
	case crypto.SHA224:
		return "SHA-224"
	case crypto.SHA256:
		return "SHA-256"
	case crypto.SHA384:
		return "SHA-384"
	case crypto.SHA512:
		return "SHA-512"
	case crypto.SHA3_256:
		return "SHA3-256"
	case crypto.SHA3_384:
		return "SHA3-384"
	case crypto.SHA3_512:
		return "SHA3-512"
	}
	return ""
}

// HashOf gives the digest that an object identifier names (RFC 3279, RFC 5754, RFC
// 8702); 0 for one that is not supported.
func HashOf(oid asn1.ObjectIdentifier) crypto.Hash {
	switch oid.String() {
	case "1.3.14.3.2.26":
		return crypto.SHA1
	case "2.16.840.1.101.3.4.2.4":
		return crypto.SHA224
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512
	case "2.16.840.1.101.3.4.2.8":
		return crypto.SHA3_256
	case "2.16.840.1.101.3.4.2.9":
		return crypto.SHA3_384
	case "2.16.840.1.101.3.4.2.10":
		return crypto.SHA3_512
	}
	return 0
}

// ReadAlgorithm reads an AlgorithmIdentifier of a signature; the zero Algorithm for one
// that is not supported.
func ReadAlgorithm(der []byte) Algorithm {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !in.Empty() || !body.ReadASN1ObjectIdentifier(&oid) {
		return Algorithm{}
	}
	name := oid.String()
	if name == "1.2.840.113549.1.1.10" {
		return readPSS(body)
	}
	kind, hash := plain(name)
	switch {
	case kind == "":
		return Algorithm{}
	case kind == Ed25519:
		return Algorithm{Key: Ed25519, Digest: Digest(crypto.SHA512)}
	case !body.Empty() && !bytes.Equal(body, asn1.NullBytes):
		return Algorithm{} // parameters where there are none
	}
	return Algorithm{Key: kind, Hash: hash, Digest: Digest(hash)}
}

// plain names the algorithms that have no parameters (RFC 3279, 4055, 5758, 8410, and
// those of NIST with SHA-3).
func plain(oid string) (kind string, hash crypto.Hash) {
	switch oid {
	case "1.2.840.113549.1.1.5", "1.3.14.3.2.29":
		return RSA, crypto.SHA1
	case "1.2.840.113549.1.1.14":
		return RSA, crypto.SHA224
	case "1.2.840.113549.1.1.11":
		return RSA, crypto.SHA256
	case "1.2.840.113549.1.1.12":
		return RSA, crypto.SHA384
	case "1.2.840.113549.1.1.13":
		return RSA, crypto.SHA512
	case "2.16.840.1.101.3.4.3.14":
		return RSA, crypto.SHA3_256
	case "2.16.840.1.101.3.4.3.15":
		return RSA, crypto.SHA3_384
	case "2.16.840.1.101.3.4.3.16":
		return RSA, crypto.SHA3_512
	case "1.2.840.10045.4.1":
		return ECDSA, crypto.SHA1
	case "1.2.840.10045.4.3.1":
		return ECDSA, crypto.SHA224
	case "1.2.840.10045.4.3.2":
		return ECDSA, crypto.SHA256
	case "1.2.840.10045.4.3.3":
		return ECDSA, crypto.SHA384
	case "1.2.840.10045.4.3.4":
		return ECDSA, crypto.SHA512
	case "2.16.840.1.101.3.4.3.10":
		return ECDSA, crypto.SHA3_256
	case "2.16.840.1.101.3.4.3.11":
		return ECDSA, crypto.SHA3_384
	case "2.16.840.1.101.3.4.3.12":
		return ECDSA, crypto.SHA3_512
	case "1.3.101.112":
		return Ed25519, 0
	}
	return "", 0
}

// readPSS reads RSASSA-PSS-params (RFC 4055, 3.1). The mask's digest has to be the
// message's, which is what everybody does.
func readPSS(body cryptobyte.String) Algorithm {
	a := Algorithm{Key: RSA, Hash: crypto.SHA1, PSS: true, Salt: 20}
	mask := crypto.SHA1
	var params, field cryptobyte.String
	var has bool
	if !body.ReadASN1(&params, cryptoasn1.SEQUENCE) || !body.Empty() {
		return Algorithm{}
	}
	if !params.ReadOptionalASN1(&field, &has, explicit(0)) {
		return Algorithm{}
	} else if has {
		a.Hash = readHash(field)
	}
	if !params.ReadOptionalASN1(&field, &has, explicit(1)) {
		return Algorithm{}
	} else if has {
		mask = readMask(field)
	}
	trailer := 1
	if !params.ReadOptionalASN1Integer(&a.Salt, explicit(2), 20) ||
		!params.ReadOptionalASN1Integer(&trailer, explicit(3), 1) || !params.Empty() {
		return Algorithm{}
	}
	if a.Hash == 0 || a.Hash != mask || a.Salt < 0 || a.Salt > 512 || trailer != 1 {
		return Algorithm{}
	}
	a.Digest = Digest(a.Hash)
	return a
}

func explicit(n uint8) cryptoasn1.Tag { return cryptoasn1.Tag(n).Constructed().ContextSpecific() }

func readHash(field cryptobyte.String) crypto.Hash {
	var body cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !field.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) {
		return 0
	}
	return HashOf(oid)
}

func readMask(field cryptobyte.String) crypto.Hash {
	var body cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !field.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) || oid.String() != "1.2.840.113549.1.1.8" {
		return 0
	}
	return readHash(body)
}
