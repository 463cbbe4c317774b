package signer_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"congvan/signer"
)

func TestDistinguishedNamesCanBeRead(t *testing.T) {
	one := func(id asn1.ObjectIdentifier, value any) []pkix.AttributeTypeAndValue {
		return []pkix.AttributeTypeAndValue{{Type: id, Value: value}}
	}
	der, err := asn1.Marshal(pkix.RDNSequence{
		one(asn1.ObjectIdentifier{2, 5, 4, 6}, "VN"),
		one(asn1.ObjectIdentifier{2, 5, 4, 10}, "Ủy ban, xã"),
		one(asn1.ObjectIdentifier{2, 5, 4, 12}, "Phó Chủ tịch, phụ trách"),
		append(one(asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}, "H26.99.1"), one(asn1.ObjectIdentifier{2, 5, 4, 97}, "+MST")...),
		one(asn1.ObjectIdentifier{2, 5, 4, 3}, "Nguyễn Thị Vĩnh"),
		one(asn1.ObjectIdentifier{1, 2, 3}, "x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `1.2.3=#130178,CN=Nguyễn Thị Vĩnh,organizationIdentifier=\+MST+UID=H26.99.1,title=Phó Chủ tịch\, phụ trách,O=Ủy ban\, xã,C=VN`
	if got := signer.DistinguishedName(der); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, broken := range [][]byte{nil, {0x30}, append(der, 0)} {
		if got := signer.DistinguishedName(broken); got != "" {
			t.Errorf("%x: %q", broken, got)
		}
	}
}
