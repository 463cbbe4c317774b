package cms

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"congvan/signer/cms/ber"
)

// unreadable describes a certificate that crypto/x509 refused, so that it can be named
// and be found by the signer who needs it.
func unreadable(der []byte, cause error) Unreadable {
	u := Unreadable{DER: der, Err: fmt.Errorf("cms: %w: %w", ErrUnreadable, cause)}
	c := ber.Open(der)
	t := c.Inside(ber.Sequence).Inside(ber.Sequence)
	if t.Is(ber.Context(0)) {
		t.Next() // version
	}
	u.id.serial = t.Integer()
	t.Take(ber.Sequence) // signature algorithm
	u.id.issuer = t.Take(ber.Sequence).Full
	t.Take(ber.Sequence) // validity
	u.Subject = nameText(t.Take(ber.Sequence).Full)
	curve := readCurve(t.Inside(ber.Sequence))
	if c.Err() != nil {
		return u
	}
	if curve != "" {
		u.Err = unsupported("certificate with a key on the curve %s", curve)
	}
	u.id.keyID = readKeyID(t)
	return u
}

func nameText(der []byte) string {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &name); err != nil {
		return ""
	}
	return name.String()
}

// readCurve names the curve of a key that crypto/x509 does not know; "" for other keys.
func readCurve(spki *ber.Cursor) string {
	a := readAlgorithm(spki)
	if a.id != oidECPublicKey {
		return ""
	}
	if len(a.params) == 0 || a.params[0] != ber.OID {
		return "given by its parameters"
	}
	curve := id(ber.Open(a.params).OID())
	switch curve {
	case "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.3.132.0.33":
		return "" // known: something else is wrong with the certificate
	case "1.3.36.3.3.2.8.1.1.7":
		return "brainpoolP256r1"
	case "1.3.36.3.3.2.8.1.1.11":
		return "brainpoolP384r1"
	case "1.3.36.3.3.2.8.1.1.13":
		return "brainpoolP512r1"
	}
	return string(curve)
}

// readKeyID finds the key identifier among the extensions, where there is one.
func readKeyID(t *ber.Cursor) []byte {
	for !t.Empty() {
		e := t.Next()
		if e.Tag != ber.Context(3) {
			continue
		}
		for all := t.Enter(e).Inside(ber.Sequence); !all.Empty(); {
			ext := all.Inside(ber.Sequence)
			kind := id(ext.OID())
			if ext.Is(ber.Boolean) {
				ext.Next()
			}
			if value := ext.Octets(); kind == oidSubjectKeyID {
				return ber.Open(value).Octets()
			}
		}
	}
	return nil
}
