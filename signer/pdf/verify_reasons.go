package pdf

import (
	"fmt"

	"congvan/signer"
)

// because makes a reason that may also be absent.
func because(r signer.Reason) *signer.Reason { return &r }

func reason(code, vi, en string) signer.Reason { return signer.Reason{Code: code, Vi: vi, En: en} }

func fileUnreadable(vi, en string) signer.Reason {
	return reason("file-malformed",
		"Tệp không phải là PDF hợp lệ nên không thể xác định nội dung đã ký: "+vi,
		"The file is not a well-formed PDF, so what was signed cannot be told: "+en)
}

func passwordNeeded() signer.Reason {
	return reason("password-needed",
		"Tệp được mã hóa và cần mật khẩu để mở nên không xác thực được.",
		"The file is encrypted and needs a password, so it cannot be validated.")
}

func tooLarge() signer.Reason {
	return reason("file-too-large",
		"Tệp vượt quá giới hạn mà bộ xác thực chấp nhận.",
		"The file exceeds what the validator accepts.")
}

func signatureUnreadable(err error) signer.Reason {
	return reason("signature-unreadable",
		"Không đọc được từ điển chữ ký của trường này.",
		fmt.Sprintf("The signature dictionary of this field cannot be read: %v.", err))
}

func signatureNotIndirect() signer.Reason {
	return reason("signature-not-indirect",
		"Từ điển chữ ký không phải là một đối tượng riêng trong tệp nên không xác định được vị trí của chữ ký.",
		"The signature dictionary is not an object of its own, so the place of the signature cannot be told.")
}

func signatureRaw() signer.Reason {
	return reason("signature-in-broken-file",
		"Tìm thấy một chữ ký nhưng cấu trúc tệp bị hỏng nên không xác thực được.",
		"A signature was found, but the structure of the file is broken, so it cannot be validated.")
}

func contentsMissing() signer.Reason {
	return reason("contents-missing",
		"Chữ ký không có nội dung (/Contents).",
		"The signature has no /Contents of its own.")
}

func contentsNotHex() signer.Reason {
	return reason("contents-not-hex",
		"Nội dung chữ ký (/Contents) không phải là chuỗi thập lục phân đặt trực tiếp.",
		"The /Contents of the signature is not a direct hexadecimal string.")
}

func contentsEmpty() signer.Reason {
	return reason("contents-empty",
		"Nội dung chữ ký (/Contents) trống hoặc không đọc được.",
		"The /Contents of the signature is empty or cannot be read.")
}

func contentsTooLong() signer.Reason {
	return reason("contents-too-long",
		"Nội dung chữ ký (/Contents) dài quá giới hạn.",
		"The /Contents of the signature is longer than accepted.")
}

func byteRangeMissing() signer.Reason {
	return reason("byte-range-missing",
		"Chữ ký không cho biết nó bao phủ phần nào của tệp (/ByteRange).",
		"The signature does not say what it covers (/ByteRange).")
}

func byteRangeShape() signer.Reason {
	return reason("byte-range-malformed",
		"/ByteRange không phải là mảng gồm đúng bốn số nguyên đặt trực tiếp.",
		"The /ByteRange is not an array of exactly four direct integers.")
}

func byteRangeStart(start int64) signer.Reason {
	return reason("byte-range-start",
		"Chữ ký không bao phủ từ đầu tệp.",
		fmt.Sprintf("The signature does not cover the file from its start, but from byte %d.", start))
}

func byteRangeOrder() signer.Reason {
	return reason("byte-range-order",
		"Các đoạn của /ByteRange trống, chồng lên nhau hoặc sai thứ tự.",
		"The ranges of the /ByteRange are empty, overlap or are out of order.")
}

func byteRangeBeyond(size int64) signer.Reason {
	return reason("byte-range-beyond-file",
		"/ByteRange vượt quá cuối tệp.",
		fmt.Sprintf("The /ByteRange goes beyond the end of the file (%d bytes).", size))
}

func byteRangeGap(gap, resume, from, to int64) signer.Reason {
	return reason("byte-range-gap",
		"Phần tệp không được ký không trùng khít với nội dung chữ ký, nên có thể chứa dữ liệu khác.",
		fmt.Sprintf("The bytes left unsigned (%d to %d) are not exactly the signature itself (%d to %d), so they may hold anything.", gap, resume, from, to))
}

func byteRangeShared(number int) signer.Reason {
	return reason("byte-range-shared",
		"Phần tệp không được ký còn thuộc về đối tượng khác, nên nội dung của đối tượng đó có thể bị thay đổi.",
		fmt.Sprintf("The bytes left unsigned belong to object %d of the file as well (0: its cross-reference), which so may be changed.", number))
}

func byteRangeTail(end int64) signer.Reason {
	return reason("byte-range-tail",
		"Chữ ký không bao phủ trọn một phiên bản của tệp: phần cuối không được ký.",
		fmt.Sprintf("The signature covers no whole revision of the file: it ends at byte %d, where none does.", end))
}

func notInRevision() signer.Reason {
	return reason("not-in-signed-revision",
		"Chữ ký hoặc trường chữ ký không có trong phiên bản mà nó bao phủ.",
		"The signature or its field does not exist in the revision that it covers.")
}

func signatureReplaced() signer.Reason {
	return reason("signature-replaced",
		"Trường chữ ký này sau đó đã bị thay, gỡ hoặc sửa trong một phiên bản sau.",
		"This signature was replaced, removed or altered in a later revision.")
}

func outsideForm() signer.Reason {
	return reason("field-outside-form",
		"Trường chữ ký nằm ngoài biểu mẫu (AcroForm) của tệp nên không phải là trường chữ ký hợp lệ.",
		"The signature field stands outside the file's form (AcroForm), so it is no proper signature field.")
}

func sharedSignature() signer.Reason {
	return reason("signature-shared",
		"Nhiều trường chữ ký cùng dùng một chữ ký.",
		"Several signature fields claim the same signature.")
}

func subFilterUnknown(name string) signer.Reason {
	return reason("sub-filter-unknown",
		fmt.Sprintf("Dạng chữ ký %q không được hỗ trợ.", name),
		fmt.Sprintf("The form of signature %q is not supported.", name))
}

func signerCount(n int) signer.Reason {
	return reason("signer-count",
		fmt.Sprintf("Chữ ký phải có đúng một người ký, nhưng có %d.", n),
		fmt.Sprintf("A signature must have exactly one signer, but it has %d.", n))
}

func ownContent() signer.Reason {
	return reason("own-content",
		"Chữ ký mang theo nội dung riêng thay vì chỉ ký tệp này.",
		"The signature carries content of its own, instead of signing this file alone.")
}

func tooMuchToHash() signer.Reason {
	return reason("too-much-to-hash",
		"Các chữ ký bao phủ tệp chồng chéo quá nhiều lần nên không được kiểm tra hết.",
		"The signatures cover the file over and over, more than is verified.")
}

func signingCertificateMissing() signer.Reason {
	return reason("signing-certificate-missing",
		"Chữ ký PAdES không ràng buộc chứng thư của người ký (thiếu thuộc tính signing-certificate).",
		"The PAdES signature does not bind its signer's certificate (no signing-certificate attribute).")
}

func cmsSigningTime() signer.Reason {
	return reason("cms-signing-time",
		"Chữ ký PAdES mang thuộc tính signing-time mà tiêu chuẩn không cho phép; thuộc tính này được bỏ qua.",
		"The PAdES signature carries a signing-time attribute, which the standard forbids; it is tolerated.")
}

func changesForbidden() signer.Reason {
	return reason("changed-after-signing",
		"Tệp đã bị thay đổi sau khi ký theo cách không được phép.",
		"The file was changed after signing in a way that is not allowed.")
}

func changesBeyondPolicy(level signer.Modification) signer.Reason {
	return reason("changed-beyond-policy",
		fmt.Sprintf("Tệp đã bị thay đổi sau khi ký (%s) nhiều hơn mức chính sách cho phép.", level),
		fmt.Sprintf("The file was changed after signing (%s) more than the policy allows.", level))
}

func changesUnknown(err error) signer.Reason {
	return reason("changes-unknown",
		"Không xác định được tệp đã thay đổi những gì sau khi ký.",
		fmt.Sprintf("What was changed after signing cannot be told: %v.", err))
}

func lateCertification() signer.Reason {
	return reason("certification-not-first",
		"Chữ ký chứng nhận không phải là chữ ký đầu tiên của tệp.",
		"The certification is not the first signature of the file.")
}

func notVerified() signer.Reason {
	return reason("not-verified",
		"Chữ ký chưa được kiểm tra trọn vẹn nên không được chấp nhận.",
		"The signature was not verified from end to end, so it does not pass.")
}
