package pdf

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"strings"
	"time"

	reader "github.com/digitorus/pdf"
	"github.com/digitorus/pdfsign/sign"
	"golang.org/x/text/unicode/norm"

	"congvan/signer"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/syntax"
	"congvan/signer/token"
)

// maxLegacy is up to which size documents are signed in the old form: the library
// that does it holds them in memory several times over.
const maxLegacy = 16 << 20

// signLegacy makes a signature of the form adbe.pkcs7.detached with pdfsign. It takes
// only documents that pdfsign is known to extend without loss, and looks at what came
// out before giving it out (see docs/decisions/0008).
func signLegacy(ctx context.Context, key *token.Key, src io.ReaderAt, size int64, dst io.Writer, o SignOptions) error {
	if err := o.settleLegacy(key.Certificate); err != nil {
		return err
	}
	if size > maxLegacy {
		return legacyRefusal("tài liệu lớn hơn 16 MB", "the document is larger than 16 MB")
	}
	d, err := openDraft(src, size)
	if err != nil {
		return err
	}
	spot, err := d.legacySpot(ctx, o)
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	if err := copyAll(ctx, &whole, src, size); err != nil {
		return err
	}
	form, err := d.legacyDrawing(&whole, o, spot)
	if err != nil {
		return err
	}
	signed, err := runLibrary(ctx, whole.Bytes(), legacyData(key, o, spot, form))
	if err != nil {
		return err
	}
	if err := d.checkLegacy(ctx, src, signed); err != nil {
		return err
	}
	_, err = dst.Write(signed)
	return err
}

func legacyRefusal(vi, en string) error {
	return refuse("legacy-unsuited", "Không ký được theo kiểu cũ: "+vi+".", "Cannot be signed in the old form: "+en+".")
}

// settleLegacy refuses what the old form, or pdfsign, does not do.
func (o *SignOptions) settleLegacy(cert *x509.Certificate) error {
	if o.Digest == 0 {
		o.Digest = crypto.SHA256
	}
	if o.Time.IsZero() {
		o.Time = time.Now()
	}
	if o.Name == "" {
		o.Name = cert.Subject.CommonName
	}
	for _, text := range []*string{&o.Name, &o.Reason, &o.Location, &o.Contact} {
		var ok bool
		if *text, ok = legacyText(*text); !ok {
			return legacyRefusal("chữ “"+*text+"” không ghi được", "the text “"+*text+"” cannot be written")
		}
	}
	switch {
	case o.Field != "" || o.Lock != nil:
		return legacyRefusal("không ký vào trường có sẵn, không khóa trường", "it neither signs existing fields nor locks any")
	case o.Certify != 0:
		return legacyRefusal("không làm được chữ ký chứng nhận", "the library does not enter certifications into the catalog")
	}
	return o.checkShape()
}

// legacyText brings text into a form that pdfsign writes undamaged: it does not escape
// UTF-16, so no byte may be a parenthesis, a backslash or a carriage return. ĩ and Ĩ have
// such bytes; written as letter and tilde, which is the same text, they have not.
func legacyText(s string) (string, bool) {
	if string(syntax.TextString(s)) == s || legacySafe(s) {
		return s, true
	}
	var b strings.Builder
	for _, r := range s {
		if legacySafe("Đ" + string(r)) { // not ASCII, so in UTF-16
			b.WriteRune(r)
			continue
		}
		b.WriteString(norm.NFD.String(string(r)))
	}
	return b.String(), legacySafe(b.String())
}

func legacySafe(s string) bool { return !strings.ContainsAny(string(syntax.TextString(s)), "()\\\r") }

// legacySpot finds the place, and refuses documents that pdfsign would harm.
func (d *draft) legacySpot(ctx context.Context, o SignOptions) (*appearance.Spot, error) {
	held, err := d.rules()
	if err != nil {
		return nil, err
	}
	t := &target{name: d.freeName("Signature "), fresh: true}
	if err := held.allow(t, &o); err != nil {
		return nil, err
	}
	if held.signatures > 0 {
		return nil, legacyRefusal("tài liệu đã có chữ ký khác", "the document bears signatures, which the library's new catalog would put in doubt")
	}
	if d.rev.XRefKind != syntax.XRefTable || len(d.file.Anomalies()) > 0 {
		return nil, legacyRefusal("bảng tham chiếu không phải kiểu cổ điển", "its cross-reference is not of the classic kind")
	}
	if d.rev.Trailer["Encrypt"] != nil {
		return nil, legacyRefusal("tài liệu được mã hóa", "the document is encrypted")
	}
	form, err := d.rev.Dict(d.root["AcroForm"])
	if err != nil {
		return nil, err
	}
	for key := range form {
		if key != "Fields" && key != "SigFlags" {
			return nil, legacyRefusal("biểu mẫu có mục /"+string(key)+" sẽ bị mất", "the form's entry /"+string(key)+" would be lost")
		}
	}
	if o.Placement == nil {
		return nil, nil
	}
	spot, err := o.Placement.Place(ctx, d.file, o.Appearance)
	return &spot, err
}

// legacyDrawing appends the appearance to the document, for pdfsign to refer to.
func (d *draft) legacyDrawing(whole *bytes.Buffer, o SignOptions, spot *appearance.Spot) (syntax.Ref, error) {
	if spot == nil {
		return syntax.Ref{}, nil
	}
	ref, err := o.Appearance.Turn(spot.Rotate).Import(d.up)
	if err != nil {
		return ref, err
	}
	increment, _, err := d.finish()
	whole.Write(increment)
	return ref, err
}

func legacyData(key *token.Key, o SignOptions, spot *appearance.Spot, form syntax.Ref) sign.SignData {
	data := sign.SignData{
		Signature: sign.SignDataSignature{
			CertType: sign.ApprovalSignature,
			Info: sign.SignDataSignatureInfo{
				Name: o.Name, Reason: o.Reason, Location: o.Location, ContactInfo: o.Contact, Date: o.Time.In(signer.Vietnam()),
			},
		},
		Signer: key, DigestAlgorithm: o.Digest, Certificate: key.Certificate,
		CertificateChains: [][]*x509.Certificate{append([]*x509.Certificate{key.Certificate}, key.Chain...)},
	}
	if spot != nil {
		data.Appearance = sign.Appearance{
			Visible: true, Page: uint32(spot.Page), //nolint:gosec // a page that was found
			LowerLeftX: spot.Rect.X0, LowerLeftY: spot.Rect.Y0, UpperRightX: spot.Rect.X1, UpperRightY: spot.Rect.Y1,
			Renderer: func(_ *sign.SignContext, rect [4]float64) ([]byte, error) {
				return legacyStream(rect, form), nil
			},
		}
	}
	return data
}

// legacyStream is an appearance that shows a form XObject which is there already.
func legacyStream(rect [4]float64, form syntax.Ref) []byte {
	const content = "q /Drawing Do Q"
	return fmt.Appendf(nil, "<< /Type /XObject /Subtype /Form /BBox [0 0 %.2f %.2f] /Resources << /XObject << /Drawing %d %d R >> >> /Length %d >>\nstream\n%s\nendstream",
		rect[2]-rect[0], rect[3]-rect[1], form.Number, form.Generation, len(content), content)
}

// runLibrary has pdfsign sign. Its reader panics on what it does not understand.
func runLibrary(ctx context.Context, whole []byte, data sign.SignData) (signed []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			signed, err = nil, legacyRefusal("thư viện ký kiểu cũ không đọc được tài liệu",
				fmt.Sprintf("the library for it cannot read the document (%v)", p))
		}
	}()
	r := bytes.NewReader(whole)
	parsed, err := reader.NewReader(r, r.Size())
	if err != nil {
		return nil, fmt.Errorf("sign in the old form: %w", err)
	}
	data.Context = ctx
	var out bytes.Buffer
	if err := sign.SignWithData(r, &out, parsed, r.Size(), data); err != nil {
		return nil, fmt.Errorf("sign in the old form: %w", err)
	}
	return out.Bytes(), nil
}
