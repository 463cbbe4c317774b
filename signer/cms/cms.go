// Package cms reads, verifies and builds the signatures inside signed documents:
// SignedData of the Cryptographic Message Syntax (RFC 5652) with the attributes of
// ESS (RFC 2634, RFC 5035) and CAdES (EN 319 122-1).
//
// A signature that comes in goes through [Parse], which accepts BER and is bounded in
// every way; then [SignedData.Certificate] finds who signed, and [Signer.Verify]
// checks the signature over a digest that the caller computed, so that the document
// itself never stands in memory. Whether the certificate is believed is decided
// elsewhere; whether an algorithm is still strong enough, too: what can be verified is
// verified and named, SHA-1 included.
//
// A signature that goes out is prepared ([Prepare]), signed wherever the key is, and
// finished ([Prepared.Finish]). A time stamp is put in later ([AddTimeStamp]).
package cms

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"
)

// Bounds of what Parse accepts.
const (
	MaxSize         = 32 << 20 // bytes of one SignedData
	MaxCertificates = 1000     // certificates, and likewise CRLs, OCSP answers
	MaxSigners      = 100
	MaxAttributes   = 100 // attributes of one signer, signed or unsigned, and values of one
)

// SignedData is a parsed signature, of one signer or several. Its slices share the
// memory of what was parsed.
type SignedData struct {
	// ContentType says what is signed: id-data for documents, id-ct-TSTInfo for time stamps.
	ContentType asn1.ObjectIdentifier
	// Content is what is signed, where it is carried inside; HasContent tells an empty
	// content from none. A detached signature, as PDF demands, has none.
	Content    []byte
	HasContent bool

	Certificates []*x509.Certificate
	Unreadable   []Unreadable // certificates that crypto/x509 refuses
	CRLs         [][]byte     // DER of CertificateList
	OCSPs        [][]byte     // DER of OCSPResponse
	Signers      []*Signer

	Raw []byte // all of it as it stands, without padding
}

// Unreadable is a certificate that came with a signature and cannot be used. The
// others still can.
type Unreadable struct {
	DER     []byte
	Subject string // RFC 4514, as far as it could be read
	Err     error  // why, a kind of this package

	id identity
}

// Signer is one signature of a SignedData (SignerInfo, RFC 5652, 5.3).
type Signer struct {
	// Who signed: issuer and serial number, or else the key identifier.
	Issuer       []byte // DER of the name
	Serial       *big.Int
	SubjectKeyID []byte

	// Digest is what the content is hashed with; 0 when it is not known or cannot be
	// computed, and Verify says so. DigestName is as in policies: "SHA-256"; an
	// unknown one's object identifier.
	Digest     crypto.Hash
	DigestName string
	// Algorithm is "RSA", "RSA-PSS", "ECDSA" or "Ed25519", "" for any other.
	Algorithm string
	// AlgorithmName describes any algorithm, also one that is not supported: "Ed448",
	// or its object identifier.
	AlgorithmName string
	// SignatureDigest names the hash within the signature's algorithm. It differs from
	// DigestName in odd signatures only; policy must allow both.
	SignatureDigest string

	SignedAttributes bool // without them the content itself is signed
	// NotDER tells that the signed attributes are not in the form which is signed
	// (RFC 5652, 5.4). Verify tries the bytes as they stand, then their DER.
	NotDER             bool
	RawAttributes      []byte // the signed attributes as they stand, their tag being SET OF
	ContentTypeAttr    asn1.ObjectIdentifier
	MessageDigest      []byte
	SigningTime        *time.Time          // claimed
	SigningCertificate *SigningCertificate // version 2 where both are there; nil where none is
	Commitments        []asn1.ObjectIdentifier
	PolicyID           asn1.ObjectIdentifier // of a signature that names its policy (EPES)
	AdobeRevocation    Revocation            // signed: adbe-revocationInfoArchival

	TimeStamps        [][]byte // signature time-stamp tokens, as they stand
	RevocationValues  Revocation
	CertificateValues []*x509.Certificate

	Signature []byte

	contentType asn1.ObjectIdentifier // of the SignedData
	digestID    []byte                // AlgorithmIdentifier as it stands
	signatureID []byte
	scheme      scheme
	bindings    []*SigningCertificate
	signed      []attribute
	unsigned    []attribute
	fault       error // what is wrong with this signer alone
}

// Revocation is revocation data that came within attributes, in DER.
type Revocation struct {
	CRLs  [][]byte // CertificateList
	OCSPs [][]byte // OCSPResponse
}

// SigningCertificate is the signed reference to the signer's certificate (ESSCertID,
// RFC 2634, 5.4.1, or ESSCertIDv2, RFC 5035, 4).
type SigningCertificate struct {
	Version    int // 1 or 2
	Digest     crypto.Hash
	DigestName string
	Hash       []byte
	Issuer     []byte   // DER of the name; nil where the reference is by hash alone
	Serial     *big.Int // nil likewise
}
