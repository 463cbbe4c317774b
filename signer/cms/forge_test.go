package cms

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"slices"

	"congvan/signer/cms/ber"
)

// forgery builds signatures that are right but for what a test changes. They are signed
// with the key "p256" over whatever the attributes are.
type forgery struct {
	content     oid
	attributes  [][]byte // nil: none at all
	digestID    []byte
	signatureID []byte
	certs       [][]byte
	sid         []byte
	unsigned    [][]byte
	unsorted    bool
	inside      []byte // content carried inside
	key         string
}

func forge(change func(*forgery)) []byte {
	id := authority().ids["p256"]
	f := &forgery{
		content:     oidData,
		digestID:    algorithmID("2.16.840.1.101.3.4.2.1"),
		signatureID: algorithmID("1.2.840.10045.4.3.2"),
		certs:       [][]byte{id.cert.Raw},
		sid:         ber.Encode(ber.Sequence, id.cert.RawIssuer, serial(id.cert)),
		attributes:  [][]byte{contentTypeAttribute(oidData), digestAttribute(letter())},
		key:         "p256",
	}
	change(f)
	return f.encode()
}

func algorithmID(o oid, params ...byte) []byte { return ber.Encode(ber.Sequence, o.der(), params) }

func contentTypeAttribute(o oid) []byte { return encodeAttribute(oidContentType, o.der()) }

func digestAttribute(content []byte) []byte {
	h := sha256.Sum256(content)
	return encodeAttribute(oidMessageDigest, ber.Encode(ber.OctetString, h[:]))
}

func (f *forgery) encode() []byte {
	message, signed := letter(), []byte(nil)
	if f.attributes != nil {
		if f.unsorted {
			message = ber.Encode(ber.Set, f.attributes...)
		} else {
			message = ber.EncodeSet(ber.Set, f.attributes...)
		}
		signed = append([]byte{ber.Context(0)}, message[1:]...)
	}
	h := sha256.Sum256(message)
	value := must(authority().ids[f.key].key.Sign(rand.Reader, h[:], crypto.SHA256))
	var unsigned []byte
	if f.unsigned != nil {
		unsigned = ber.Encode(ber.Context(1), f.unsigned...)
	}
	info := ber.Encode(ber.Sequence, []byte{ber.Integer, 1, 1}, f.sid, f.digestID, signed, f.signatureID, ber.Encode(ber.OctetString, value), unsigned)
	var inside []byte
	if f.inside != nil {
		inside = ber.Encode(ber.Context(0), ber.Encode(ber.OctetString, f.inside))
	}
	data := ber.Encode(ber.Sequence, []byte{ber.Integer, 1, 1}, ber.EncodeSet(ber.Set, f.digestID),
		ber.Encode(ber.Sequence, f.content.der(), inside), ber.Encode(ber.Context(0), f.certs...), ber.Encode(ber.Set, info))
	return ber.Encode(ber.Sequence, oidSignedData.der(), ber.Encode(ber.Context(0), data))
}

// with adds attributes to the ordinary ones.
func with(more ...[]byte) func(*forgery) {
	return func(f *forgery) { f.attributes = append(slices.Clone(f.attributes), more...) }
}

// reference is a signing-certificate-v2 attribute for an identity.
func reference(name string) []byte {
	p := &Prepared{digest: crypto.SHA256, cert: authority().ids[name].cert}
	return encodeAttribute(oidSigningCertV2, p.encodeReference())
}
