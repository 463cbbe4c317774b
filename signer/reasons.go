package signer

import "fmt"

// The reasons below are given by several rooms; they stand here so that the same
// finding has the same code and the same words whatever the format of the signature.

// DigestMismatch tells that the content is not what was signed. Where says which part
// of it; empty for all.
func DigestMismatch(where string) Reason {
	if where != "" {
		where = " (" + where + ")"
	}
	return Reason{
		Code: "digest-mismatch",
		Vi:   "Nội dung đã bị thay đổi sau khi ký" + where + ": giá trị băm không khớp với giá trị đã ký.",
		En:   "The content was changed after signing" + where + ": its digest differs from the signed one.",
	}
}

// SignatureInvalid tells that the value of a signature is not one made with the key.
func SignatureInvalid() Reason {
	return Reason{
		Code: "signature-invalid",
		Vi:   "Giá trị chữ ký không đúng với khóa công khai trong chứng thư.",
		En:   "The signature value does not verify with the public key in the certificate.",
	}
}

// SigningCertificateAbsent tells that the signer's certificate is not at hand.
func SigningCertificateAbsent() Reason {
	return Reason{
		Code: "signing-certificate-absent",
		Vi:   "Không tìm thấy chứng thư của người ký.",
		En:   "The signer's certificate was not found.",
	}
}

// SigningCertificateMismatch tells that another certificate was put in the place of
// the signer's.
func SigningCertificateMismatch() Reason {
	return Reason{
		Code: "signing-certificate-mismatch",
		Vi:   "Chứng thư kèm theo không phải là chứng thư mà người ký đã ghi trong chữ ký.",
		En:   "No certificate that came along is the one that the signer named in the signature.",
	}
}

// SigningCertificateUnreadable tells that the signer's certificate is there, but cannot
// be read.
func SigningCertificateUnreadable() Reason {
	return Reason{
		Code: "signing-certificate-unreadable",
		Vi:   "Không đọc được chứng thư của người ký vì cấu trúc không đúng tiêu chuẩn.",
		En:   "The signer's certificate is not built as the standards say and cannot be read.",
	}
}

// FileUnreadable tells that the bytes of a file could not be had now, for a cause that
// says nothing about the file.
func FileUnreadable(cause error) Reason {
	return Reason{
		Code: "file-unreadable",
		Vi:   "Không đọc được tệp vào lúc này.",
		En:   fmt.Sprintf("The file could not be read now: %v.", cause),
	}
}
