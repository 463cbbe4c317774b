package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// Document is a file, and its length in bytes.
type Document struct {
	io.ReaderAt
	Size int64
}

// Returned is what a desktop signing service made of a document that was sent to it.
type Returned struct {
	// Signature is the report on the new signature. That it is there is certain, and
	// that nothing else changed; whether it is believed is its verdict's to say.
	Signature signer.Signature
	Report    *signer.Report // on the whole
}

// CheckReturned proves that a document came back as it was sent plus exactly one
// signature: the bytes that were sent are the beginning of those that came back, what
// follows is one revision, and in it one more signature field has a value and nothing
// else changed beyond what that takes. An error that is ErrRefused (a *Refusal) says
// what is wrong; any other is a failure to read.
func CheckReturned(ctx context.Context, v *Verifier, sent, returned Document) (*Returned, error) {
	field, err := addedSignature(ctx, sent, returned)
	if err != nil {
		return nil, err
	}
	report := v.Verify(ctx, returned, returned.Size)
	for _, s := range report.Signatures {
		if s.Field == field {
			return &Returned{Signature: s, Report: report}, soundReturn(s)
		}
	}
	return nil, refuse("returned-unreadable", "Không đọc được chữ ký mới trong tệp nhận về.",
		"The new signature in the returned file cannot be read.")
}

// soundReturn refuses a signature that does not hold, or does not hold the whole file. Whether its
// signer is believed is another matter.
func soundReturn(s signer.Signature) error {
	if s.Indication == signer.TotalFailed {
		return refuse("returned-invalid", "Chữ ký mới trong tệp nhận về không hợp lệ: "+vi(s.Reasons), "The new signature in the returned file is not valid: "+en(s.Reasons))
	}
	if s.Coverage != signer.CoverageFile {
		return refuse("returned-coverage", "Chữ ký mới không bao phủ toàn bộ tệp nhận về.", "The new signature does not cover the whole returned file.")
	}
	return nil
}

func vi(reasons []signer.Reason) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0].Vi
}

func en(reasons []signer.Reason) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0].En
}

// addedSignature names the one field that was signed between two documents, of which
// the second must be the first and nothing but that signature.
func addedSignature(ctx context.Context, sent, returned Document) (string, error) {
	if err := begins(ctx, sent, returned); err != nil {
		return "", err
	}
	before, err := openDraft(sent, sent.Size)
	if err != nil {
		return "", err
	}
	after, err := openDraft(returned, returned.Size)
	if err != nil {
		return "", unreadableReturn(err)
	}
	last := before.rev.Index
	if n := after.rev.Index - last; n != 1 {
		return "", refuse("returned-revisions", fmt.Sprintf("Tệp nhận về phải có thêm đúng một bản cập nhật, nhưng có thêm %d.", n),
			fmt.Sprintf("The returned file must have exactly one more revision; it has %d more.", n))
	}
	field, err := after.signedSince(before)
	if err != nil {
		return "", err
	}
	return field, onlySigned(after.file, last, before)
}

// begins proves that one document is the beginning of another.
func begins(ctx context.Context, sent, returned Document) error {
	if returned.Size <= sent.Size {
		return refuse("returned-shorter", "Tệp nhận về không có thêm gì so với tệp đã gửi.",
			"Nothing was added to the file that was sent.")
	}
	w := &comparison{with: returned}
	err := copyAll(ctx, w, sent, sent.Size)
	if errors.Is(err, errDiffers) {
		return refuse("returned-differs", "Tệp nhận về không phải là tệp đã gửi: nội dung trước chữ ký mới đã bị thay đổi.",
			"The returned file is not the one that was sent: bytes before the new signature differ.")
	}
	return err
}

var errDiffers = errors.New("the documents differ")

// comparison takes what is written to it as what must stand in another document.
type comparison struct {
	with io.ReaderAt
	off  int64
	buf  []byte
}

func (c *comparison) Write(p []byte) (int, error) {
	if cap(c.buf) < len(p) {
		c.buf = make([]byte, len(p))
	}
	other := c.buf[:len(p)]
	n, err := c.with.ReadAt(other, c.off)
	if err := unlessFull(n, len(p), err); err != nil {
		return 0, err
	}
	if !bytes.Equal(other, p) {
		return 0, errDiffers
	}
	c.off += int64(len(p))
	return len(p), nil
}

// signedSince names the one field that has a signature now and had none before.
func (d *draft) signedSince(before *draft) (string, error) {
	had := map[string]bool{}
	for _, name := range before.signed() {
		had[name] = true
	}
	var added []string
	for _, name := range d.signed() {
		if !had[name] {
			added = append(added, name)
		}
	}
	if len(added) != 1 {
		return "", refuse("returned-signatures", fmt.Sprintf("Tệp nhận về phải có thêm đúng một chữ ký, nhưng có thêm %d.", len(added)),
			fmt.Sprintf("The returned file must have exactly one more signature; it has %d more.", len(added)))
	}
	return added[0], nil
}

// signed names the fields that bear a signature, document time stamps not counted.
func (d *draft) signed() (names []string) {
	for i := range d.fields {
		f := &d.fields[i]
		if f.Type != "Sig" {
			continue
		}
		dict, err := d.rev.Dict(f.Value)
		if err == nil && dict != nil && dict["SubFilter"] != syntax.Name(subFilterStamp) {
			names = append(names, f.Name)
		}
	}
	return names
}

// onlySigned proves that what came after a revision is no more than a signature takes.
func onlySigned(f *syntax.File, since int, before *draft) error {
	held, err := before.rules()
	if err != nil {
		return err
	}
	held.SignedFields = before.signed()
	result, err := changes.Since(f, since, held.Rules)
	if err != nil {
		return unreadableReturn(err)
	}
	if len(result.Violations) > 0 {
		return changedReturn(result.Violations[0].Reason)
	}
	for _, f := range result.Findings {
		if f.Level.Rank() > signer.ModificationForm.Rank() {
			return changedReturn(f.Reason)
		}
	}
	if result.Level.Rank() > signer.ModificationForm.Rank() {
		return changedReturn(signer.Reason{Vi: string(result.Level), En: string(result.Level)})
	}
	return nil
}

func changedReturn(why signer.Reason) error {
	return refuse("returned-changed", "Tệp nhận về có thay đổi khác ngoài chữ ký: "+why.Vi,
		"The returned file was changed beyond the signature: "+why.En)
}

func unreadableReturn(err error) error {
	return errors.Join(refuse("returned-unreadable", "Không đọc được tệp nhận về.", "The returned file cannot be read."), err)
}
