package cms

import (
	"encoding/asn1"
	"math"
	"math/bits"

	"congvan/signer/cms/ber"
)

// oid is an object identifier in a form that can be compared, and be a constant.
type oid string

// id names an object identifier for comparison.
func id(o asn1.ObjectIdentifier) oid { return oid(o.String()) }

// The types and attributes that this package knows.
const (
	oidData       oid = "1.2.840.113549.1.7.1"
	oidSignedData oid = "1.2.840.113549.1.7.2"
	oidTSTInfo    oid = "1.2.840.113549.1.9.16.1.4"

	oidContentType         oid = "1.2.840.113549.1.9.3"
	oidMessageDigest       oid = "1.2.840.113549.1.9.4"
	oidSigningTime         oid = "1.2.840.113549.1.9.5"
	oidAlgorithmProtection oid = "1.2.840.113549.1.9.52"      // RFC 6211
	oidSigningCertV1       oid = "1.2.840.113549.1.9.16.2.12" // RFC 2634
	oidSigningCertV2       oid = "1.2.840.113549.1.9.16.2.47" // RFC 5035
	oidSignaturePolicy     oid = "1.2.840.113549.1.9.16.2.15" // RFC 5126
	oidCommitment          oid = "1.2.840.113549.1.9.16.2.16" // RFC 5126
	oidAdobeRevocation     oid = "1.2.840.113583.1.1.8"       // ISO 32000-1, 12.8.3.3.2
	oidTimeStampToken      oid = "1.2.840.113549.1.9.16.2.14" // RFC 3161, appendix A
	oidCertificateValues   oid = "1.2.840.113549.1.9.16.2.23" // RFC 5126
	oidRevocationValues    oid = "1.2.840.113549.1.9.16.2.24" // RFC 5126
	oidOCSPResponse        oid = "1.3.6.1.5.5.7.16.2"         // RFC 5940
	oidSubjectKeyID        oid = "2.5.29.14"
)

// Data is the content type of documents, id-data.
func Data() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }

// TSTInfo is the content type of time stamps, id-ct-TSTInfo.
func TSTInfo() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
}

// ProofOfOrigin is the commitment of one who made and sends the content (CAdES,
// EN 319 122-1, 5.2.3).
func ProofOfOrigin() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 6, 1}
}

// ProofOfApproval is the commitment of one who approves the content.
func ProofOfApproval() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 6, 5}
}

// identifier gives the arcs of an object identifier of this package.
func (o oid) identifier() asn1.ObjectIdentifier {
	arcs := make(asn1.ObjectIdentifier, 0, 12)
	arc := 0
	for _, r := range o + "." {
		if r == '.' {
			arcs = append(arcs, arc)
			arc = 0
			continue
		}
		arc = arc*10 + int(r-'0')
	}
	return arcs
}

// der encodes an object identifier of this package.
func (o oid) der() []byte { return encodeOID(o.identifier()) }

// encodeOID encodes an object identifier (X.690, 8.19); nil when it is none.
func encodeOID(o asn1.ObjectIdentifier) []byte {
	if len(o) < 2 || o[0] < 0 || o[0] > 2 || o[1] < 0 || o[0] < 2 && o[1] > 39 || o[1] > math.MaxInt-80 {
		return nil
	}
	var room [32]byte
	body := appendArc(room[:0], o[0]*40+o[1])
	for _, arc := range o[2:] {
		if arc < 0 {
			return nil
		}
		body = appendArc(body, arc)
	}
	return ber.Encode(ber.OID, body)
}

// appendArc writes seven bits an octet, all but the last marked.
func appendArc(to []byte, arc int) []byte {
	for shift := (bits.Len(uint(arc)|1) - 1) / 7 * 7; shift > 0; shift -= 7 {
		to = append(to, 0x80|byte(arc>>shift&0x7f))
	}
	return append(to, byte(arc&0x7f))
}
