package validate

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

// allowsExtendedKeyUsage says whether a signer's certificate may sign documents by its
// extended key usage: absent, or any, or one that the policy names.
func (p *Process) allowsExtendedKeyUsage(c *x509.Certificate) bool {
	wanted := p.policy.Signer.ExtendedKeyUsage
	if len(wanted) == 0 || len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.ContainsFunc(extendedKeyUsages(c), func(oid string) bool {
		return oid == anyExtendedKeyUsage || slices.Contains(wanted, oid)
	})
}

const anyExtendedKeyUsage = "2.5.29.37.0"

// extendedKeyUsages reads the extension itself: what x509 has names for it no longer
// gives as object identifiers.
func extendedKeyUsages(c *x509.Certificate) (all []string) {
	for _, e := range c.Extensions {
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) {
			continue
		}
		var oids []asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(e.Value, &oids); err != nil {
			return nil
		}
		for _, oid := range oids {
			all = append(all, oid.String())
		}
	}
	return all
}
