package signer

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
)

// DistinguishedName writes a name of a certificate, given in DER, as RFC 4514 says: the
// most specific part first. What Vietnamese certificates hold beside the attributes of the
// RFC is named as X.520 names it, for nobody can read the hexadecimal form.
// Empty for what is no name.
func DistinguishedName(der []byte) string {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 {
		return ""
	}
	parts := make([]string, 0, len(name))
	for _, rdn := range slices.Backward(name) {
		var values []string
		for _, a := range rdn {
			values = append(values, attribute(a))
		}
		parts = append(parts, strings.Join(values, "+"))
	}
	return strings.Join(parts, ",")
}

// attribute writes one attribute of a name.
func attribute(a pkix.AttributeTypeAndValue) string {
	named, known := map[string]string{
		"0.9.2342.19200300.100.1.1": "UID",
		"1.2.840.113549.1.9.1":      "emailAddress",
		"2.5.4.4":                   "SN",
		"2.5.4.12":                  "title",
		"2.5.4.20":                  "telephoneNumber",
		"2.5.4.42":                  "givenName",
		"2.5.4.97":                  "organizationIdentifier",
	}[a.Type.String()]
	if _, text := a.Value.(string); known && text {
		// Escaped as any other text is: as a common name.
		cn := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: a.Value}
		return named + strings.TrimPrefix(pkix.RDNSequence{{cn}}.String(), "CN")
	}
	return pkix.RDNSequence{{a}}.String()
}
