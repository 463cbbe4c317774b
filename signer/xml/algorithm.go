package xmlsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha1" // verified, never made: the policy says what it is worth
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	"congvan/signer/xml/canon"
)

// Namespaces.
const (
	dsig     = "http://www.w3.org/2000/09/xmldsig#"
	dsig11   = "http://www.w3.org/2009/xmldsig11#"
	dsigMore = "http://www.w3.org/2001/04/xmldsig-more#"
	more2007 = "http://www.w3.org/2007/05/xmldsig-more#"
	more2021 = "http://www.w3.org/2021/04/xmldsig-more#"
	xmlenc   = "http://www.w3.org/2001/04/xmlenc#"
	excC14N  = "http://www.w3.org/2001/10/xml-exc-c14n#"
	xades    = "http://uri.etsi.org/01903/v1.3.2#"
	xades141 = "http://uri.etsi.org/01903/v1.4.1#"
)

const (
	enveloped            = dsig + "enveloped-signature"
	signedPropertiesType = "http://uri.etsi.org/01903#SignedProperties"
)

// canonicalization gives the method that an algorithm identifier names.
func canonicalization(uri string) (canon.Method, bool) {
	switch uri {
	case "http://www.w3.org/TR/2001/REC-xml-c14n-20010315":
		return canon.Method{}, true
	case "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments":
		return canon.Method{Comments: true}, true
	case "http://www.w3.org/2006/12/xml-c14n11":
		return canon.Method{Version11: true}, true
	case "http://www.w3.org/2006/12/xml-c14n11#WithComments":
		return canon.Method{Version11: true, Comments: true}, true
	case excC14N:
		return canon.Method{Exclusive: true}, true
	case excC14N + "WithComments":
		return canon.Method{Exclusive: true, Comments: true}, true
	}
	return canon.Method{}, false
}

// digests lists the digests by their algorithm identifiers (RFC 6931, 2.1).
func digests() map[string]crypto.Hash {
	return map[string]crypto.Hash{
		dsig + "sha1": crypto.SHA1, xmlenc + "sha256": crypto.SHA256, dsigMore + "sha384": crypto.SHA384, xmlenc + "sha512": crypto.SHA512,
		more2007 + "sha3-256": crypto.SHA3_256, more2007 + "sha3-384": crypto.SHA3_384, more2007 + "sha3-512": crypto.SHA3_512,
	}
}

func digestURI(h crypto.Hash) string {
	for uri, d := range digests() {
		if d == h {
			return uri
		}
	}
	return ""
}

// algorithm is a signature algorithm: a kind of key and a digest.
type algorithm struct {
	kind string      // "RSA", "RSA-PSS", "ECDSA" or "Ed25519"
	hash crypto.Hash // zero: of Ed25519, which signs the message itself
}

// algorithms lists the signature algorithms by their identifiers (RFC 6931, 2.3; RFC 9231).
// What is not listed is refused, message authentication codes above all: there is
// no telling who made those.
func algorithms() map[string]algorithm {
	return map[string]algorithm{
		dsig + "rsa-sha1": {"RSA", crypto.SHA1}, dsigMore + "rsa-sha256": {"RSA", crypto.SHA256}, dsigMore + "rsa-sha384": {"RSA", crypto.SHA384}, dsigMore + "rsa-sha512": {"RSA", crypto.SHA512},
		more2007 + "sha256-rsa-MGF1": {"RSA-PSS", crypto.SHA256}, more2007 + "sha384-rsa-MGF1": {"RSA-PSS", crypto.SHA384}, more2007 + "sha512-rsa-MGF1": {"RSA-PSS", crypto.SHA512},
		dsigMore + "ecdsa-sha1": {"ECDSA", crypto.SHA1}, dsigMore + "ecdsa-sha256": {"ECDSA", crypto.SHA256}, dsigMore + "ecdsa-sha384": {"ECDSA", crypto.SHA384}, dsigMore + "ecdsa-sha512": {"ECDSA", crypto.SHA512},
		more2021 + "eddsa-ed25519": {"Ed25519", 0},
	}
}

func (a algorithm) uri() string {
	for uri, o := range algorithms() {
		if o == a {
			return uri
		}
	}
	return ""
}

// algorithmFor chooses the algorithm for a key.
func algorithmFor(public crypto.PublicKey, hash crypto.Hash, pss bool) (algorithm, error) {
	var a algorithm
	switch public.(type) {
	case *rsa.PublicKey:
		a = algorithm{"RSA", hash}
		if pss {
			a.kind = "RSA-PSS"
		}
	case *ecdsa.PublicKey:
		a = algorithm{"ECDSA", hash}
	case ed25519.PublicKey:
		a = algorithm{"Ed25519", 0}
	}
	if a.uri() == "" || digestURI(hash) == "" || hash == crypto.SHA1 {
		return a, fmt.Errorf("%w: key %T with %v", ErrAlgorithm, public, hash)
	}
	return a, nil
}

// name describes an algorithm with its key: "RSA 2048 SHA-256".
func (a algorithm) name(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("%s %d %v", a.kind, k.N.BitLen(), a.hash)
	case *ecdsa.PublicKey:
		return fmt.Sprintf("%s %d %v", a.kind, k.Curve.Params().BitSize, a.hash)
	}
	return a.kind
}

var errSignature = errors.New("the signature value does not belong to this key and content")

// verify checks a signature value over message with a certificate's key.
func (a algorithm) verify(c *x509.Certificate, message, signature []byte) error {
	digest := message
	if a.hash != 0 {
		digest = sum(a.hash, message)
	}
	ok := false
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		switch a.kind {
		case "RSA":
			ok = rsa.VerifyPKCS1v15(k, a.hash, digest, signature) == nil
		case "RSA-PSS":
			ok = rsa.VerifyPSS(k, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
	case *ecdsa.PublicKey:
		ok = a.kind == "ECDSA" && verifyECDSA(k, digest, signature)
	case ed25519.PublicKey:
		ok = a.kind == "Ed25519" && ed25519.Verify(k, message, signature)
	}
	if !ok {
		return errSignature
	}
	return nil
}

// verifyECDSA takes r and s as XML Signature writes them: one after the other, each as long
// as the order of the curve (XMLDSig 1.1, 6.4.3).
func verifyECDSA(k *ecdsa.PublicKey, digest, signature []byte) bool {
	n := scalarSize(k)
	if len(signature) != 2*n {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:n]), new(big.Int).SetBytes(signature[n:])
	return ecdsa.Verify(k, digest, r, s)
}

func scalarSize(k *ecdsa.PublicKey) int { return (k.Curve.Params().N.BitLen() + 7) / 8 }

func sum(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}
