package trust

import (
	"crypto/x509"
	"slices"
	"time"

	"congvan/signer"
)

// Use is what a certificate is believed for.
type Use string

// The uses.
const (
	UseSigning      Use = "signing"
	UseTimeStamping Use = "time-stamping"
)

// Evidence is what came with a document: believed only as far as an anchor vouches for it.
type Evidence struct {
	Certificates []*x509.Certificate
	CRLs         [][]byte // CertificateList (RFC 5280, 5) in DER
	OCSPs        [][]byte // OCSPResponse, or BasicOCSPResponse alone, in DER (RFC 6960, 4.2.1)
}

// With adds further evidence, behind what is there.
func (e Evidence) With(o Evidence) Evidence {
	return Evidence{
		Certificates: slices.Concat(e.Certificates, o.Certificates),
		CRLs:         slices.Concat(e.CRLs, o.CRLs),
		OCSPs:        slices.Concat(e.OCSPs, o.OCSPs),
	}
}

// Question asks whether a certificate may be believed.
type Question struct {
	Certificate *x509.Certificate
	Use         Use       // empty: UseSigning
	At          time.Time // the moment of use, proven or assumed; zero: Now
	Now         time.Time // the moment of judgement; zero: the Judge's clock
	Proven      bool      // At is proven by a time stamp
	Evidence    Evidence
	// Brief leaves Proof.DER out of CRLs that are kept, which are large: for those who
	// only want the verdict.
	Brief bool
}

// Answer is what a Judge says of a certificate.
type Answer struct {
	signer.Verdict
	Chain  []*x509.Certificate // from the certificate to the anchor; empty when there is none
	Proofs []Proof             // the revocation data relied on
	Weak   []string            // links that are signed with SHA-1 (subject of the certificate and algorithm)
	// Recheck is when asking again may give another answer; zero for never.
	Recheck time.Time
}

// The kinds of a Proof and where it came from.
const (
	KindCRL  = "crl"
	KindOCSP = "ocsp"

	SourceEmbedded = "embedded" // came with the document
	SourceCached   = "cached"
	SourceFetched  = "fetched"
)

// Proof is one piece of revocation data that an answer relies on.
type Proof struct {
	Certificate *x509.Certificate // whose status it proves
	Kind        string
	DER         []byte
	Source      string
	ProducedAt  time.Time // thisUpdate
	NextUpdate  time.Time // zero: it does not say
	Signer      *x509.Certificate
}
