package main

import (
	"errors"
	"fmt"
	"io/fs"

	"congvan/cmd/congvan/signing"
	"congvan/gateway"
	"congvan/internal/keyfile"
	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/syntax"
	"congvan/signer/token"
	"congvan/signer/trust"
	"congvan/signer/tsa"
	xmlsig "congvan/signer/xml"
)

// Exit statuses of the signing commands, as gateway.Describe gives them elsewhere.
const (
	exitRefused  = 3 // what was given cannot be signed or stamped; mend it
	exitDenied   = 4 // password, PIN or key
	exitConflict = 5 // it is not what it was, or signed already
	exitLater    = 7 // somebody else does not answer; try again later
)

var (
	errChanged = errors.New("the file changed while it was read")
	errPending = errors.New("not a prepared signature")
	// errNoStamper is for levels that nobody is named for.
	errNoStamper = fmt.Errorf("%w: none is named", tsa.ErrInvalidOptions)
	errBusy      = errors.New("another command works on the queue")
)

// failing says in words for people why a signing command failed, and gives the exit
// status in an error; what it has no words for is given back as it is.
func (t *terminal) failing(err error) error {
	var own *gateway.Error
	all, status := explain(err)
	if len(all) == 0 || errors.As(err, &own) {
		return err
	}
	for i, r := range all {
		indent := "  "
		if i == 0 {
			indent = ""
		}
		t.note("%s%s (%s) [%s]", indent, plain(r.Vi), plain(r.En), r.Code)
	}
	if len(all) == 1 && !saysItAll(err) {
		t.note("  %s", plain(err.Error()))
	}
	return exitStatus(status)
}

// saysItAll says whether the reason of an error leaves nothing to add.
func saysItAll(err error) bool {
	var use *misuse
	_, own := ownReason(err)
	return own || errors.As(err, &use)
}

// explain gives the reasons for people, the gravest first, and the exit status; no
// reason for an error of another kind.
func explain(err error) ([]signer.Reason, int) {
	var use *misuse
	var stamp *tsa.Error
	var missing *pdf.MissingEvidence
	switch {
	case err == nil:
		return nil, 0
	case errors.As(err, &use):
		return []signer.Reason{use.Reason}, exitUsage
	case errors.As(err, &stamp):
		return stampFailure(stamp)
	case errors.As(err, &missing):
		return append([]signer.Reason{{
			Code: "validation-data-missing",
			Vi:   "Chưa lấy đủ chứng thư và dữ liệu thu hồi cho mức này; hãy thử lại sau, hoặc ký ở mức thấp hơn.",
			En:   "Certificates or revocation data for this level cannot be had now; try later, or sign at a lower level.",
		}}, missing.Reasons...), exitLater
	}
	if r, ok := ownReason(err); ok {
		return []signer.Reason{r}, exitRefused
	}
	for _, d := range signingFailures() {
		if errors.Is(err, d.kind) {
			return []signer.Reason{{Code: d.code, Vi: d.vi, En: d.en}}, d.exit
		}
	}
	return nil, 0
}

// ownReason gives the reason of an error that brings its own.
func ownReason(err error) (signer.Reason, bool) {
	var refused *pdf.Refusal
	var drawn *appearance.Error
	var malformed *syntax.Error
	var letter *edxml.SyntaxError
	switch {
	case errors.As(err, &refused):
		return withFlags(refused.Reason), true
	case errors.As(err, &drawn):
		return withFlags(drawn.Reason), true
	case errors.As(err, &malformed):
		return signer.Reason{Code: string(malformed.Code), Vi: malformed.Vi, En: malformed.En}, true
	case errors.As(err, &letter):
		return signer.Reason{Code: letter.Code, Vi: letter.Vi, En: letter.En}, true
	}
	return signer.Reason{}, false
}

// withFlags names the flags that give what is missing.
func withFlags(r signer.Reason) signer.Reason {
	flags := map[string]string{
		"picture-missing": "--image",
		"words-missing":   "--number, --form, --agency, --name",
		"place-missing":   "--anchor, --at, --over, --top-right, --field",
	}[r.Code]
	if flags != "" {
		r.Vi, r.En = r.Vi+" "+flags, r.En+" "+flags
	}
	return r
}

func stampFailure(e *tsa.Error) ([]signer.Reason, int) {
	first, status := signer.Reason{
		Code: "time-stamp-unavailable",
		Vi:   "Chưa xin được dấu thời gian; hãy thử lại sau, hoặc dùng --queue để ký ở mức B-B và nâng mức sau.",
		En:   "No time stamp can be had now; try later, or sign at B-B with --queue and raise it afterwards.",
	}, exitLater
	if errors.Is(e, tsa.ErrRejected) {
		first, status = signer.Reason{
			Code: "time-stamp-rejected",
			Vi:   "Máy chủ cấp dấu thời gian từ chối yêu cầu; hãy xem lại cấu hình.",
			En:   "The time-stamping authority refuses the request; look at the configuration.",
		}, exitRefused
	}
	all := []signer.Reason{first}
	for _, a := range e.Attempts {
		r := a.Reason
		r.Vi, r.En = a.Authority+": "+r.Vi, a.Authority+": "+r.En
		all = append(all, r)
	}
	return all, status
}

// failure is a kind of error with the words for it.
type failure struct {
	kind         error
	code, vi, en string
	exit         int
}

func signingFailures() []failure {
	return append(documentFailures(), keyFailures()...)
}

func documentFailures() []failure {
	return []failure{
		{pdf.ErrSourceChanged, "source-changed", "Tệp không còn là tệp đã dựng chữ ký; hãy làm lại từ --prepare.", "The file is not the one that was prepared; begin again with --prepare.", exitConflict},
		{errChanged, "source-changed", "Tệp bị thay đổi trong lúc ký; hãy ký lại.", "The file changed while it was being signed; sign again.", exitConflict},
		{pdf.ErrSignature, "signature-value-wrong", "Giá trị chữ ký không khớp với chứng thư và nội dung đã dựng.", "The signature value does not fit the certificate and what was prepared.", exitRefused},
		{xmlsig.ErrSignature, "signature-value-wrong", "Giá trị chữ ký không khớp với chứng thư và nội dung đã dựng.", "The signature value does not fit the certificate and what was prepared.", exitRefused},
		{pdf.ErrRoom, "no-room", "Chữ ký hoặc dấu thời gian lớn hơn chỗ đã dành; hãy làm lại từ --prepare.", "The signature or time stamp is larger than the room kept for it; begin again with --prepare.", exitRefused},
		{xmlsig.ErrSigned, "signed-already", "Gói tin đã có chữ ký; edXML chỉ mang một chữ ký.", "The letter bears a signature already; edXML knows one.", exitConflict},
		{xmlsig.ErrUnsigned, "no-xades-signature", "Gói tin không có chữ ký XAdES hợp lệ để nâng mức.", "There is no XAdES signature that could be raised.", exitRefused},
		{xmlsig.ErrMessage, "letter-not-signable", "Gói tin không ký được: thiếu phần đầu edXML, hoặc tệp đính kèm không có mã để tham chiếu.", "The letter cannot be signed: it has no edXML header, or an attachment cannot be referred to.", exitRefused},
		{xmlsig.ErrAlgorithm, "algorithm-unsupported", "Loại khóa này không ký được gói tin.", "Letters cannot be signed with a key of this kind.", exitRefused},
		{signing.ErrFormat, "unknown-format", "Tệp không phải PDF hay XML.", "The file is neither PDF nor XML.", exitRefused},
		{signing.ErrLevel, "level-impossible", "Chữ ký XML chỉ nâng được tới mức B-T.", "XML signatures are raised to B-T at most.", exitRefused},
		{tsa.ErrInvalidOptions, "no-time-stamping-authority", "Chưa có máy chủ cấp dấu thời gian nào dùng được: --tsa, hoặc signatures.tsa trong cấu hình.", "No usable time-stamping authority: --tsa, or signatures.tsa in the configuration.", exitUsage},
		{signer.ErrPolicy, "policy-unreadable", "Không đọc được chính sách xác thực; congvan check-config nói rõ chỗ sai.", "The validation policy cannot be read; congvan check-config says where it is wrong.", exitUsage},
		{errBusy, "queue-busy", "Một lệnh khác đang xử lý hàng chờ này.", "Another command works on this queue.", exitLater},
		{errPending, "not-prepared", "Tệp không phải phần chờ do --prepare ghi ra.", "The file is not what --prepare wrote.", exitUsage},
		{errIrregular, "not-a-file", "Đây không phải tệp thường.", "It is not a regular file.", exitUsage},
	}
}

func keyFailures() []failure {
	return []failure{
		{token.ErrPassword, "wrong-password", "Sai mật khẩu hoặc PIN của khóa.", "Wrong password or PIN.", exitDenied},
		{token.ErrNoKey, "no-private-key", "Không tìm thấy khóa bí mật.", "There is no private key.", exitUsage},
		{token.ErrNoCert, "no-certificate", "Không có chứng thư của khóa; chỉ ra bằng --cert.", "There is no certificate for the key; name it with --cert.", exitUsage},
		{token.ErrMismatch, "certificate-of-another-key", "Chứng thư không phải của khóa này.", "The certificate belongs to another key.", exitUsage},
		{token.ErrMalformed, "not-a-key", "Tệp không phải kho khóa đọc được.", "The file is no key that can be read.", exitUsage},
		{token.ErrNotBuilt, "no-pkcs11", "Bản chương trình này không có PKCS#11 (thẻ build pkcs11).", "This program was built without PKCS#11 (build tag pkcs11).", exitUsage},
		{token.ErrUnavailable, "token-unavailable", "Thiết bị lưu khóa không trả lời.", "The token does not answer.", exitLater},
		{keyfile.ErrLoose, "key-file-open-to-others", "Tệp khóa mở cho người khác đọc: chmod 600.", "Others may read the key file: chmod 600.", exitUsage},
		{trust.ErrTampered, "trust-list-tampered", "Danh sách tin cậy không còn như người quản trị đã ký nên không tin mục nào; hãy khôi phục trust.json và trust.pub từ bản sao.", "The trust list is not as its administrator signed it, so nothing in it is believed; restore trust.json and trust.pub from a copy.", exitDenied},
		{trust.ErrNoKey, "trust-key-missing", "Không có khóa của người quản trị danh sách tin cậy (trust.key) nên không sửa được ở đây; hãy đặt lại tệp ấy vào thư mục danh sách.", "The key of the trust list's administrator (trust.key) is not here, so it cannot be changed; put the file back into the list's folder.", exitDenied},
		{trust.ErrNoCertificates, "no-certificate", "Tệp không chứa chứng thư nào.", "The file holds no certificate.", exitRefused},
		{trust.ErrNotFound, "not-in-trust-list", "Danh sách tin cậy không có mục này.", "There is no such entry in the trust list.", 6},
		{trust.ErrUnreadable, "not-a-certificate", "Tệp không phải chứng thư: cần PEM, DER hoặc PKCS#7 (.pem, .crt, .cer, .p7b).", "The file is no certificate: PEM, DER or PKCS#7 is wanted (.pem, .crt, .cer, .p7b).", exitRefused},
		{trust.ErrInvalid, "trust-entry-invalid", "Mục danh sách tin cậy không hợp lệ.", "The entry for the trust list makes no sense.", exitRefused},
		{fs.ErrPermission, "not-permitted", "Không có quyền đọc hoặc ghi tệp.", "The file may not be read or written.", exitUsage},
	}
}
