package cms

import (
	"crypto"
	"encoding/asn1"

	"congvan/signer/cms/ber"
)

// Kinds of signature algorithms that can be verified.
const (
	kindRSA     = "RSA"
	kindPSS     = "RSA-PSS"
	kindECDSA   = "ECDSA"
	kindEd25519 = "Ed25519"
)

// algorithm is a parsed AlgorithmIdentifier.
type algorithm struct {
	oid    asn1.ObjectIdentifier
	id     oid
	params []byte // encoded; nil when absent
	raw    []byte
}

func readAlgorithm(c *ber.Cursor) algorithm {
	return enterAlgorithm(c, c.Take(ber.Sequence))
}

func enterAlgorithm(c *ber.Cursor, e ber.Element) algorithm {
	in := c.Enter(e)
	a := algorithm{raw: e.Full, oid: in.OID()}
	a.id = id(a.oid)
	if !in.Empty() {
		a.params = in.Next().Full
	}
	in.End()
	return a
}

// plain tells that the parameters are absent or NULL, which mean the same here.
func (a algorithm) plain() bool {
	return a.params == nil || len(a.params) == 2 && a.params[0] == ber.Null && a.params[1] == 0
}

// equal compares with absent and NULL parameters alike (RFC 6211, 2).
func (a algorithm) equal(b algorithm) bool {
	return a.oid.Equal(b.oid) && (a.plain() && b.plain() || string(a.params) == string(b.params))
}

// digest finds a digest algorithm. One that is not known has the hash 0, and its
// object identifier for a name.
func (a algorithm) digest() digest {
	d, ok := digestBy(func(d digest) bool { return d.oid == a.id })
	if !ok || !a.plain() {
		return digest{oid: a.id, name: string(a.id)}
	}
	return d
}

// digestOfSigner is digest for a SignerInfo, where old software names the signature's
// algorithm (sha1WithRSAEncryption) and means its digest.
func (a algorithm) digestOfSigner() digest {
	k, ok := knownBy(func(k known) bool { return k.oid == a.id && k.digest != "" })
	if !ok || !a.plain() {
		return a.digest()
	}
	d, _ := digestBy(func(d digest) bool { return d.name == k.digest })
	return d
}

// scheme is how a signature value is made.
type scheme struct {
	kind string // "" when unsupported
	name string
	hash crypto.Hash // of the signature; for Ed25519 of nothing
	mgf  crypto.Hash // RSA-PSS only
	salt int         // RSA-PSS only, in bytes
	err  error       // why it cannot be verified
}

// known is a row of the table of signature algorithms.
type known struct {
	oid    oid
	kind   string // "" for those that are merely known by name
	digest string // "" where the SignerInfo's digest is meant
	name   string
}

func signatureAlgorithms() []known {
	return []known{
		{"1.2.840.113549.1.1.1", kindRSA, "", kindRSA},
		{"1.2.840.113549.1.1.11", kindRSA, "SHA-256", kindRSA},
		{"1.2.840.113549.1.1.12", kindRSA, "SHA-384", kindRSA},
		{"1.2.840.113549.1.1.13", kindRSA, "SHA-512", kindRSA},
		{"1.2.840.113549.1.1.14", kindRSA, "SHA-224", kindRSA},
		{"1.2.840.113549.1.1.16", kindRSA, "SHA-512/256", kindRSA},
		{"1.2.840.113549.1.1.5", kindRSA, "SHA-1", kindRSA},
		{"1.3.14.3.2.29", kindRSA, "SHA-1", kindRSA},
		{"2.16.840.1.101.3.4.3.13", kindRSA, "SHA3-224", kindRSA},
		{"2.16.840.1.101.3.4.3.14", kindRSA, "SHA3-256", kindRSA},
		{"2.16.840.1.101.3.4.3.15", kindRSA, "SHA3-384", kindRSA},
		{"2.16.840.1.101.3.4.3.16", kindRSA, "SHA3-512", kindRSA},
		{oidPSS, kindPSS, "", kindPSS},
		{oidECPublicKey, kindECDSA, "", kindECDSA},
		{"1.2.840.10045.4.1", kindECDSA, "SHA-1", kindECDSA},
		{"1.2.840.10045.4.3.1", kindECDSA, "SHA-224", kindECDSA},
		{"1.2.840.10045.4.3.2", kindECDSA, "SHA-256", kindECDSA},
		{"1.2.840.10045.4.3.3", kindECDSA, "SHA-384", kindECDSA},
		{"1.2.840.10045.4.3.4", kindECDSA, "SHA-512", kindECDSA},
		{"2.16.840.1.101.3.4.3.9", kindECDSA, "SHA3-224", kindECDSA},
		{"2.16.840.1.101.3.4.3.10", kindECDSA, "SHA3-256", kindECDSA},
		{"2.16.840.1.101.3.4.3.11", kindECDSA, "SHA3-384", kindECDSA},
		{"2.16.840.1.101.3.4.3.12", kindECDSA, "SHA3-512", kindECDSA},
		{oidEd25519, kindEd25519, "", kindEd25519},
		{"1.3.101.113", "", "", "Ed448"},
		{"1.2.840.113549.1.1.4", "", "", "RSA MD5"},
		{"1.2.840.10040.4.3", "", "", "DSA SHA-1"},
		{"2.16.840.1.101.3.4.3.2", "", "", "DSA SHA-256"},
	}
}

// Object identifiers of keys and algorithms that need more than the table.
const (
	oidPSS         oid = "1.2.840.113549.1.1.10"
	oidMGF1        oid = "1.2.840.113549.1.1.8"
	oidECPublicKey oid = "1.2.840.10045.2.1"
	oidEd25519     oid = "1.3.101.112"
)

func knownBy(match func(known) bool) (known, bool) {
	for _, k := range signatureAlgorithms() {
		if match(k) {
			return k, true
		}
	}
	return known{}, false
}

// scheme resolves a signature algorithm together with the digest of the SignerInfo.
func (a algorithm) scheme(content digest) scheme {
	k, ok := knownBy(func(k known) bool { return k.oid == a.id })
	switch {
	case !ok:
		return scheme{name: string(a.id), err: unsupported("signature algorithm %s", a.id)}
	case k.kind == "":
		return scheme{name: k.name, err: unsupported("signature algorithm %s", k.name)}
	case k.oid == oidPSS:
		return readPSS(a.params)
	case !a.plain() && k.oid != oidECPublicKey: // where the key's curve may be repeated
		return scheme{name: k.name, err: unsupported("%s with parameters", k.name)}
	}
	s := scheme{kind: k.kind, name: k.name, hash: content.hash}
	if k.digest != "" {
		s.hash, _ = Hash(k.digest)
	}
	return s
}

// readPSS reads RSASSA-PSS-params (RFC 4055, 3.1). Absent parameters are no defaults:
// RFC 4056, 3 demands them.
func readPSS(params []byte) scheme {
	s := scheme{kind: kindPSS, name: kindPSS, hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20}
	c := ber.Open(params)
	in := c.Inside(ber.Sequence)
	trailer := 1
	if in.Is(ber.Context(0)) {
		s.hash = readAlgorithm(in.Inside(ber.Context(0))).digest().hash
	}
	if in.Is(ber.Context(1)) {
		mgf := readAlgorithm(in.Inside(ber.Context(1)))
		s.mgf = mgf.maskHash()
	}
	if in.Is(ber.Context(2)) {
		s.salt = in.Inside(ber.Context(2)).Int(ber.Integer, maxRSABits/8)
	}
	if in.Is(ber.Context(3)) {
		trailer = in.Inside(ber.Context(3)).Int(ber.Integer, 1)
	}
	in.End()
	c.End()
	if c.Err() != nil || s.hash == 0 || s.mgf == 0 || trailer != 1 {
		return scheme{name: kindPSS, err: unsupported("parameters of RSA-PSS")}
	}
	return s
}

// maskHash gives the hash of MGF1; 0 for another function or hash.
func (a algorithm) maskHash() crypto.Hash {
	if a.id != oidMGF1 {
		return 0
	}
	c := ber.Open(a.params)
	d := readAlgorithm(c).digest()
	if c.Err() != nil {
		return 0
	}
	return d.hash
}
