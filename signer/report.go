// Package signer holds the words in which signatures are judged: the report on a
// document, the verdicts of ETSI EN 319 102-1, and the policy that a verdict is
// reached under.
//
// The work is done in the rooms below: [congvan/signer/pdf] and
// [congvan/signer/xml] verify and sign the two formats of official letters,
// [congvan/signer/cms] reads and builds the signatures themselves,
// [congvan/signer/trust] says which certificates are believed and when,
// [congvan/signer/tsa] deals with time stamps, [congvan/signer/token] with keys, and
// [congvan/signer/validate] joins these into the validation process of the standard.
//
// The signer knows nothing of the gateway: it takes bytes and a policy, and gives a Report.
package signer

import (
	"slices"
	"time"
)

// Indication is the outcome of validating a signature (ETSI EN 319 102-1 v1.4.1, 5.1.3).
type Indication string

// The outcomes. NoSignature is only ever the outcome of a whole document.
const (
	TotalPassed   Indication = "TOTAL_PASSED"
	Indeterminate Indication = "INDETERMINATE" // what is known does not suffice to pass or to fail
	TotalFailed   Indication = "TOTAL_FAILED"
	NoSignature   Indication = "NO_SIGNATURE_FOUND"
)

// SubIndication says why an outcome is not TOTAL_PASSED (EN 319 102-1, tables 5 and 6).
type SubIndication string

// Sub-indications of TOTAL_FAILED.
const (
	FormatFailure        SubIndication = "FORMAT_FAILURE" // not built as the standards say, or changed afterwards in a way that they forbid
	HashFailure          SubIndication = "HASH_FAILURE"
	SigCryptoFailure     SubIndication = "SIG_CRYPTO_FAILURE"
	Revoked              SubIndication = "REVOKED"
	Expired              SubIndication = "EXPIRED"
	NotYetValid          SubIndication = "NOT_YET_VALID"
	SigConstraintsFailed SubIndication = "SIG_CONSTRAINTS_FAILURE" // also of INDETERMINATE
)

// Sub-indications of INDETERMINATE.
const (
	ChainConstraintsFailure    SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CertificateChainFailure    SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	CryptoConstraintsFailure   SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsNoPOE     SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	PolicyProcessingError      SubIndication = "POLICY_PROCESSING_ERROR"
	TimestampOrderFailure      SubIndication = "TIMESTAMP_ORDER_FAILURE"
	NoSigningCertificateFound  SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound    SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	RevokedNoPOE               SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE             SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNotRevoked      SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	OutOfBoundsNoPOE           SubIndication = "OUT_OF_BOUNDS_NO_POE"
	RevocationOutOfBoundsNoPOE SubIndication = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
	NoPOE                      SubIndication = "NO_POE"
	TryLater                   SubIndication = "TRY_LATER" // revocation data could not be had now
	SignedDataNotFound         SubIndication = "SIGNED_DATA_NOT_FOUND"
)

// Reason is one sentence on why a verdict is what it is.
type Reason struct {
	Code string `json:"code"` // stable, lower-case words joined by hyphens
	Vi   string `json:"vi"`
	En   string `json:"en"`
}

// Verdict is an outcome with its reasons, the gravest first.
type Verdict struct {
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"sub_indication,omitempty"`
	Reasons       []Reason      `json:"reasons"`
}

// Passed is the verdict on something that nothing speaks against.
func Passed(reasons ...Reason) Verdict { return Verdict{TotalPassed, "", reasons} }

// Failed is the verdict on something that is certainly wrong.
func Failed(sub SubIndication, reasons ...Reason) Verdict {
	return Verdict{TotalFailed, sub, reasons}
}

// Unsure is the verdict on something that can be neither passed nor failed.
func Unsure(sub SubIndication, reasons ...Reason) Verdict {
	return Verdict{Indeterminate, sub, reasons}
}

// grave ranks indications; a document is as good as its worst signature.
func (i Indication) grave() int {
	switch i {
	case TotalPassed:
		return 0
	case Indeterminate:
		return 1
	}
	return 2
}

// Worse gives the graver of two verdicts with the reasons of both, the graver's
// first; the receiver where they are equally grave.
func (v Verdict) Worse(o Verdict) Verdict {
	if o.Indication.grave() > v.Indication.grave() {
		v, o = o, v
	}
	v.Reasons = append(v.Reasons[:len(v.Reasons):len(v.Reasons)], o.Reasons...)
	return v
}

// Level is the baseline level of an AdES signature (EN 319 142-1, EN 319 132-1),
// or LevelLegacy for one that is signed in an older form.
type Level string

// The levels.
const (
	LevelBB     Level = "B-B"    // signed, signing certificate bound
	LevelBT     Level = "B-T"    // with a time stamp over the signature
	LevelBLT    Level = "B-LT"   // with certificates and revocation data
	LevelBLTA   Level = "B-LTA"  // with a time stamp over all of these
	LevelLegacy Level = "legacy" // ISO 32000-1 PKCS#7, or plain XMLDSig
)

// Rank orders the levels, LevelLegacy being 0; a level that is not known ranks below all.
func (l Level) Rank() int {
	return slices.Index([]Level{LevelLegacy, LevelBB, LevelBT, LevelBLT, LevelBLTA}, l)
}

// Coverage is how much of the document a signature covers.
type Coverage string

// The coverages, in the terms that PDF validators share.
const (
	CoverageFile     Coverage = "ENTIRE_FILE"
	CoverageRevision Coverage = "ENTIRE_REVISION"             // all of the file as it was when signed; later revisions follow
	CoverageBlock    Coverage = "CONTIGUOUS_BLOCK_FROM_START" // does not end at a revision
	CoverageUnclear  Coverage = "UNCLEAR"
)

// Modification classes what was changed after a signature, from least to most.
type Modification string

// The classes. Each includes the ones before it.
const (
	ModificationNone        Modification = "NONE"
	ModificationLTA         Modification = "LTA_UPDATES"  // proofs for the long term: DSS, document time stamps
	ModificationForm        Modification = "FORM_FILLING" // further signatures, form fields
	ModificationAnnotations Modification = "ANNOTATIONS"
	ModificationOther       Modification = "OTHER" // may change what a reader sees
)

// Rank orders the classes, NONE being 0; a class that is not known ranks with OTHER.
func (m Modification) Rank() int {
	switch m {
	case "", ModificationNone:
		return 0
	case ModificationLTA:
		return 1
	case ModificationForm:
		return 2
	case ModificationAnnotations:
		return 3
	}
	return 4
}

// Signature is the report on one signature, or on one document time stamp.
type Signature struct {
	Field string `json:"field"` // fully qualified name of the PDF field; of XML, where the element stands
	Verdict

	Level        Level        `json:"level,omitempty"`
	Coverage     Coverage     `json:"coverage,omitempty"`
	Modification Modification `json:"modification,omitempty"`

	Signer      string     `json:"signer"`           // common name in the certificate
	Agency      string     `json:"agency,omitempty"` // organisation in the certificate
	AgencyCode  string     `json:"agency_code,omitempty"`
	SigningTime *time.Time `json:"signing_time,omitempty"` // claimed by the signer
	ProvenTime  *time.Time `json:"proven_time,omitempty"`  // the earliest time by which it existed for certain

	Algorithm   string       `json:"algorithm,omitempty"` // e.g. "RSA 2048 SHA-256"
	Certificate *Certificate `json:"certificate,omitempty"`
	Stamps      []Stamp      `json:"time_stamps,omitempty"`
	Permissions int          `json:"permissions,omitempty"` // DocMDP P of a certification, 1 to 3
	Claimed     Claimed      `json:"claimed,omitzero"`
}

// Claimed is what the signer wrote beside the signature, believed by nobody.
type Claimed struct {
	Name     string `json:"name,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Location string `json:"location,omitempty"`
}

// Stamp is the report on one time stamp inside a signature.
type Stamp struct {
	Verdict
	Time      time.Time `json:"time"`
	Authority string    `json:"authority"` // common name of the TSA
}

// Report is what validation found in one document.
type Report struct {
	File string `json:"file,omitempty"`
	Verdict
	Signatures []Signature `json:"signatures"`
	// TimeStamps are the document time stamps (DocTimeStamp), judged like signatures;
	// one that fails takes away proof of time, and the verdict of what needed it.
	TimeStamps []Signature `json:"document_time_stamps,omitempty"`
	Policy     string      `json:"policy"` // name of the policy
	At         time.Time   `json:"at"`     // the time for which it was judged
	// Recheck is when it is worth judging again: revocation data could not be had, or
	// a proof is about to lose its strength. Nil for never.
	Recheck *time.Time `json:"recheck,omitempty"`
}

// Conclude sets the report's own verdict from its signatures: that of the worst
// one, and NO_SIGNATURE_FOUND where there is none.
func (r *Report) Conclude() {
	r.fill()
	if r.Indication != "" && r.Indication != TotalPassed {
		return
	}
	if len(r.Signatures) == 0 {
		r.Verdict = Verdict{NoSignature, "", append(r.Reasons, noSignatureReason())}
		return
	}
	worst := r.Signatures[0]
	for _, s := range r.Signatures[1:] {
		if s.Indication.grave() > worst.Indication.grave() {
			worst = s
		}
	}
	r.Indication, r.SubIndication = worst.Indication, worst.SubIndication
}

// fill makes lists that are empty, not absent, for those who read the JSON.
func (r *Report) fill() {
	if r.Signatures == nil {
		r.Signatures = []Signature{}
	}
	r.Verdict.fill()
	for _, all := range [][]Signature{r.Signatures, r.TimeStamps} {
		for i := range all {
			all[i].Verdict.fill()
			for j := range all[i].Stamps {
				all[i].Stamps[j].Verdict.fill()
			}
		}
	}
}

func (v *Verdict) fill() {
	if v.Reasons == nil {
		v.Reasons = []Reason{}
	}
}

func noSignatureReason() Reason {
	return Reason{"no-signature", "Tài liệu không có chữ ký số.", "The document bears no digital signature."}
}
