package democa

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // key identifiers (RFC 5280, 4.2.1.2), not a security measure
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"
)

// Subject says who a certificate is for.
type Subject struct {
	Name   string // person, agency or device (CN)
	Agency string // name of the agency (O)
	Unit   string // within the agency (OU)
	Code   string // of the agency, below H26.99 (organizationIdentifier)
	Title  string // such as Chủ tịch
	Email  string
}

// Issue says how a certificate is issued; the zero value makes a good one.
type Issue struct {
	Key   KeyKind       // kind of key to make; empty: P256
	With  crypto.Signer // key to use instead of making one
	From  time.Time     // zero: a year before the authority's now
	Until time.Time     // zero: two years after it
	SHA1  bool          // sign the certificate with SHA-1, as was done long ago
	// KeyUsage replaces the usage of this kind of certificate.
	KeyUsage x509.KeyUsage
	// Alter changes the certificate last, to make whatever fault a test needs.
	Alter func(*x509.Certificate)
}

// Expired makes a certificate that ended a day before now.
func Expired(now time.Time) Issue {
	return Issue{From: now.AddDate(-2, 0, 0), Until: now.AddDate(0, 0, -1)}
}

// NotYetValid makes a certificate that begins a day after now.
func NotYetValid(now time.Time) Issue {
	return Issue{From: now.AddDate(0, 0, 1), Until: now.AddDate(2, 0, 0)}
}

// Person issues a certificate to somebody who signs documents: digitalSignature and
// nonRepudiation, e-mail protection.
func (a *Authority) Person(s Subject, i Issue) (*Identity, error) {
	t := a.template(s, i, -1, 2)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	return a.issue(t, i)
}

// Agency issues the certificate of an agency's seal. Like many real ones it has no
// extended key usage.
func (a *Authority) Agency(s Subject, i Issue) (*Identity, error) {
	if s.Name == "" {
		s.Name = s.Agency
	}
	t := a.template(s, i, -1, 2)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	return a.issue(t, i)
}

// TimeStamper issues the certificate of a time-stamping authority: timeStamping as its
// sole extended key usage, critical (RFC 3161, 2.3).
func (a *Authority) TimeStamper(name string, i Issue) (*Identity, error) {
	t := a.template(Subject{Name: name, Agency: Maker}, i, -1, 4)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtraExtensions = append(t.ExtraExtensions, extendedKeyUsage(true, oidTimeStamping))
	return a.issue(t, i)
}

// Responder issues the certificate of an OCSP responder, which itself need not be
// checked for revocation (id-pkix-ocsp-nocheck).
func (a *Authority) Responder(name string, i Issue) (*Identity, error) {
	t := a.template(Subject{Name: name, Agency: Maker}, i, -1, 1)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	t.OCSPServer, t.CRLDistributionPoints = nil, nil
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oidNoCheck, Value: asn1.NullBytes})
	return a.issue(t, i)
}

var (
	oidOrganizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}
	oidExtendedKeyUsage       = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidTimeStamping           = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	oidNoCheck                = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidPolicies               = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidUserNotice             = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 2}
	oidDemonstration          = asn1.ObjectIdentifier{2, 999, 1}
)

// issue makes a key and certifies it.
func (a *Authority) issue(t *x509.Certificate, i Issue) (*Identity, error) {
	key := i.With
	if key == nil {
		var err error
		if key, err = NewKey(i.Key); err != nil {
			return nil, err
		}
	}
	cert, err := a.sign(t, key.Public(), i)
	if err != nil {
		return nil, fmt.Errorf("demo CA: certificate of %q: %w", t.Subject.CommonName, err)
	}
	chain := append([]*x509.Certificate{a.Certificate}, a.Chain...)
	return &Identity{Key: key, Certificate: cert, Chain: chain}, nil
}

// sign certifies a key as a template says.
func (a *Authority) sign(t *x509.Certificate, public crypto.PublicKey, i Issue) (*x509.Certificate, error) {
	t.SerialNumber = a.nextSerial()
	if i.SHA1 {
		t.SignatureAlgorithm = sha1Algorithm(a.Key)
	}
	if i.Alter != nil {
		i.Alter(t)
	}
	return create(t, a.Certificate, public, a.Key)
}

func create(t, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	if len(t.SubjectKeyId) == 0 {
		t.SubjectKeyId = keyID(public)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// keyID is the first method of RFC 5280, 4.2.1.2, which other software expects.
func keyID(public crypto.PublicKey) []byte {
	sum := sha1.Sum(keyBits(public)) //nolint:gosec // the standard says so
	return sum[:]
}

// keyBits is a public key as it stands in a certificate, without what says its kind.
func keyBits(public crypto.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil
	}
	return info.Key.Bytes
}

func sha1Algorithm(key crypto.Signer) x509.SignatureAlgorithm {
	if _, ok := key.Public().(interface{ Size() int }); ok { // only RSA keys have a size
		return x509.SHA1WithRSA
	}
	return x509.ECDSAWithSHA1
}

// template is what all certificates have in common, valid for some years around now.
func (a *Authority) template(s Subject, i Issue, before, after int) *x509.Certificate {
	t := &x509.Certificate{
		RawSubject: s.encode(), Subject: pkix.Name{CommonName: s.Name},
		NotBefore: i.From, NotAfter: i.Until,
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{notice()},
	}
	if t.NotBefore.IsZero() {
		t.NotBefore = a.now.AddDate(before, 0, 0)
	}
	if t.NotAfter.IsZero() {
		t.NotAfter = a.now.AddDate(after, 0, 0)
	}
	if s.Email != "" {
		t.EmailAddresses = []string{s.Email}
	}
	if a.Certificate != nil {
		a.publish(t)
	}
	return t
}

// encode writes the subject as a DER name.
func (s Subject) encode() []byte {
	text := func(oid asn1.ObjectIdentifier, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oid, Value: asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(value)}}
	}
	all := []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "VN"}}
	for _, a := range []struct {
		oid   asn1.ObjectIdentifier
		value string
	}{
		{asn1.ObjectIdentifier{2, 5, 4, 10}, s.Agency},
		{oidOrganizationIdentifier, s.Code},
		{asn1.ObjectIdentifier{2, 5, 4, 11}, s.Unit},
		{asn1.ObjectIdentifier{2, 5, 4, 12}, s.Title},
		{asn1.ObjectIdentifier{2, 5, 4, 3}, s.Name},
	} {
		if a.value != "" {
			all = append(all, text(a.oid, a.value))
		}
	}
	der, err := asn1.Marshal(utf8Name(all...))
	if err != nil {
		panic("demo CA: a name of plain strings: " + err.Error())
	}
	return der
}

// notice is a certificate policy whose text says that this is a demonstration
// (RFC 5280, 4.2.1.4).
func notice() pkix.Extension {
	type qualifier struct {
		ID     asn1.ObjectIdentifier
		Notice struct {
			Text string `asn1:"utf8"`
		}
	}
	type policy struct {
		ID         asn1.ObjectIdentifier
		Qualifiers []qualifier
	}
	q := qualifier{ID: oidUserNotice}
	q.Notice.Text = "Chứng thư thử nghiệm, không có giá trị pháp lý. Demonstration only, of no legal value."
	der, err := asn1.Marshal([]policy{{ID: oidDemonstration, Qualifiers: []qualifier{q}}})
	if err != nil {
		panic("demo CA: the notice: " + err.Error())
	}
	return pkix.Extension{Id: oidPolicies, Value: der}
}

func extendedKeyUsage(critical bool, usages ...asn1.ObjectIdentifier) pkix.Extension {
	der, err := asn1.Marshal(usages)
	if err != nil {
		panic("demo CA: extended key usage: " + err.Error())
	}
	return pkix.Extension{Id: oidExtendedKeyUsage, Critical: critical, Value: der}
}
