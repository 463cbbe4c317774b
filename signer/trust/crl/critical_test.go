package crl_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	"congvan/signer/trust/crl"
	"congvan/signer/trust/democa"
)

// TestCriticalExtension reads a list whose issuing distribution point is critical, as
// RFC 5280, 5.2.5, wants it.
func TestCriticalExtension(t *testing.T) {
	ca, err := democa.New(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), democa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	usersOnly := []byte{0x30, 0x03, 0x81, 0x01, 0xFF}
	der, err := ca.CRL(democa.List{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: usersOnly}}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := crl.Parse(der)
	if err != nil || !list.Scope.UsersOnly {
		t.Errorf("%+v, %v", list, err)
	}
}
