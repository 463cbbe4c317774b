package pdf

import (
	"context"
	"errors"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/pdf/syntax"
	"congvan/signer/tsa"
	"congvan/signer/validate"
)

// candidate is one signature, or document time stamp, of a file: everything that a
// signature field names as such.
type candidate struct {
	field  syntax.Field     // as of first
	ref    syntax.Ref       // of the signature dictionary
	first  *syntax.Revision // the oldest whose form has it
	last   *syntax.Revision // the newest
	inForm map[int]bool     // the revisions whose form has it
	dict   syntax.Dict      // the signature dictionary, nil where it cannot be read

	signer.Verdict // so far; the gravest of what was found

	span
	contentsAt, contentsEnd int64 // where /Contents stands in the file
	contents                []byte
	coverage                signer.Coverage
	revision                *syntax.Revision // that it covers; nil when it covers none

	subFilter syntax.Name
	signed    *cms.SignedData
	signer    *cms.Signer
	token     *tsa.Token // of a document time stamp
	bare      *bareRSA   // of adbe.x509.rsa_sha1
	claim     validate.Claim
	intact    bool // cryptography holds over the bytes of its ByteRange
	proves    bool // a document time stamp that passed

	changes     signer.Modification
	permissions int
	certifies   bool
	outcome     validate.Outcome
}

// The forms of signatures from before PAdES, beside subFilterOld, that are read only
// (ISO 32000-2, table 255).
const (
	subFilterSHA1 = "adbe.pkcs7.sha1"
	subFilterRSA  = "adbe.x509.rsa_sha1"
)

// isStamp says whether it is a document time stamp. One that only calls itself so is
// judged as the signature that it is.
func (c *candidate) isStamp() bool { return c.subFilter == subFilterStamp }

// fail makes the verdict FORMAT_FAILURE for a reason.
func (c *candidate) fail(r signer.Reason) { c.judge(signer.Failed(signer.FormatFailure, r)) }

// stuck makes the verdict one on something that could not be read: FORMAT_FAILURE where
// it is the file's own fault, INDETERMINATE where reading it again may help.
func (c *candidate) stuck(err error, r signer.Reason) {
	if ours(err) {
		c.judge(signer.Unsure(signer.SignedDataNotFound, signer.FileUnreadable(err)))
		return
	}
	c.fail(r)
}

// ours says whether an error says nothing about the file: it could not be read now, or
// there was no time left.
func ours(err error) bool {
	return errors.Is(err, syntax.ErrRead) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (c *candidate) judge(v signer.Verdict) { c.Verdict = c.Worse(v) }

// remark adds a reason that changes nothing.
func (c *candidate) remark(r signer.Reason) { c.Reasons = append(c.Reasons, r) }
