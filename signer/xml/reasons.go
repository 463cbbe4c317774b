package xmlsig

import (
	"fmt"

	"congvan/signer"
)

// NotVerifiable is the code of the reason that stands first where a signature cannot be
// verified at all, as the decorative ones of official samples: it is neither good nor broken.
const NotVerifiable = "not-verifiable"

func notVerifiable() signer.Reason {
	return signer.Reason{Code: NotVerifiable, Vi: "Chữ ký trên gói tin không thể kiểm tra được; không kết luận là đúng hay sai.", En: "The signature of the envelope cannot be verified; it is found neither good nor broken."}
}

func decoration(space string) signer.Reason {
	return signer.Reason{
		Code: "not-xml-signature",
		Vi:   fmt.Sprintf("Phần tử chữ ký thuộc không gian tên %q, không phải chữ ký XML (XMLDSig).", space),
		En:   fmt.Sprintf("The signature element is in the namespace %q and so is no XML signature (XMLDSig).", space),
	}
}

func algorithmRefused(uri string) signer.Reason {
	return signer.Reason{
		Code: "algorithm-refused",
		Vi:   fmt.Sprintf("Thuật toán %q không nằm trong danh sách được chấp nhận.", short(uri)),
		En:   fmt.Sprintf("The algorithm %q is not on the list of those accepted.", short(uri)),
	}
}

func transformRefused(uri string) signer.Reason {
	return signer.Reason{
		Code: "transform-refused",
		Vi:   fmt.Sprintf("Phép biến đổi %q không nằm trong danh sách được chấp nhận (chỉ enveloped-signature và các dạng chuẩn tắc C14N).", short(uri)),
		En:   fmt.Sprintf("The transform %q is not on the list of those accepted (enveloped-signature and the forms of C14N only).", short(uri)),
	}
}

func noForm(what string) signer.Reason {
	return signer.Reason{
		Code: "no-canonical-form",
		Vi:   "Văn bản XML không có dạng chuẩn tắc nên không kiểm tra được chữ ký: " + short(what) + ".",
		En:   "The XML document has no canonical form, so its signature cannot be verified: " + short(what) + ".",
	}
}

func malformed(where string) signer.Reason {
	return signer.Reason{
		Code: "signature-malformed",
		Vi:   fmt.Sprintf("Cấu trúc chữ ký XML sai tại %s.", short(where)),
		En:   fmt.Sprintf("The XML signature is not built as it must be, at %s.", short(where)),
	}
}

func tooMany(what string) signer.Reason {
	return signer.Reason{
		Code: "signature-too-large",
		Vi:   fmt.Sprintf("Chữ ký có quá nhiều phần tử %s.", short(what)),
		En:   fmt.Sprintf("The signature has too many of %s.", short(what)),
	}
}

func hidden(what string) signer.Reason {
	return signer.Reason{
		Code: "content-in-signature",
		Vi:   fmt.Sprintf("Bên trong phần tử chữ ký có nội dung không được ký bảo vệ (%s).", short(what)),
		En:   fmt.Sprintf("Content that the signature does not cover stands within the signature element (%s).", short(what)),
	}
}

func several() signer.Reason {
	return signer.Reason{Code: "several-signatures", Vi: "Gói tin có nhiều hơn một chữ ký XML.", En: "The envelope bears more than one XML signature."}
}

func misplaced() signer.Reason {
	return signer.Reason{Code: "signature-misplaced", Vi: "Chữ ký XML không nằm ở vị trí quy định (phần đầu gói tin).", En: "The XML signature does not stand where it must (the envelope's header)."}
}

func duplicateID(id string) signer.Reason {
	return signer.Reason{
		Code: "duplicate-id",
		Vi:   fmt.Sprintf("Mã định danh %q xuất hiện nhiều lần nên không rõ phần nào được ký.", short(id)),
		En:   fmt.Sprintf("The identifier %q occurs more than once, so it is not clear what is signed.", short(id)),
	}
}

func splitText() signer.Reason {
	return signer.Reason{Code: "comment-in-text", Vi: "Chú thích XML chen giữa nội dung, có thể khiến phần mềm khác đọc khác đi.", En: "An XML comment or instruction splits a text, so that other software may read it differently."}
}

func uncovered() signer.Reason {
	return signer.Reason{Code: "document-not-covered", Vi: "Chữ ký không bao phủ toàn bộ gói tin.", En: "The signature does not cover the whole envelope."}
}

func referenceRefused(uri string) signer.Reason {
	return signer.Reason{
		Code: "reference-refused",
		Vi:   fmt.Sprintf("Chữ ký tham chiếu tới %q, không phải là gói tin, tệp đính kèm hay phần của chữ ký.", short(uri)),
		En:   fmt.Sprintf("The signature refers to %q, which is neither the envelope nor an attachment nor a part of the signature.", short(uri)),
	}
}

func referenceTwice(uri string) signer.Reason {
	return signer.Reason{
		Code: "reference-twice",
		Vi:   fmt.Sprintf("Chữ ký tham chiếu tới %q nhiều lần.", short(uri)),
		En:   fmt.Sprintf("The signature refers to %q more than once.", short(uri)),
	}
}

func transformsMisused(uri string) signer.Reason {
	return signer.Reason{
		Code: "transforms-misused",
		Vi:   fmt.Sprintf("Các phép biến đổi của tham chiếu %q không đúng loại hoặc thứ tự.", short(uri)),
		En:   fmt.Sprintf("The transforms of the reference %q are not of the right kind or order.", short(uri)),
	}
}

func attachmentAbsent(uri string) signer.Reason {
	return signer.Reason{
		Code: "attachment-absent",
		Vi:   fmt.Sprintf("Không xác định được tệp đính kèm %q mà chữ ký tham chiếu tới.", short(uri)),
		En:   fmt.Sprintf("The attachment %q that the signature refers to cannot be identified.", short(uri)),
	}
}

func unreadableData(uri string) signer.Reason {
	return signer.Reason{
		Code: "data-unreadable",
		Vi:   fmt.Sprintf("Không đọc được dữ liệu được ký (%s).", place(uri)),
		En:   fmt.Sprintf("The signed data could not be read (%s).", place(uri)),
	}
}

// place names what a reference refers to.
func place(uri string) string {
	if uri == "" {
		return "edXML"
	}
	return short(uri)
}

func certificateUnbound() signer.Reason {
	return signer.Reason{Code: "signing-certificate-missing", Vi: "Chữ ký XAdES không ghi chứng thư của người ký trong phần được ký.", En: "The XAdES signature does not name the signer's certificate under the signature."}
}

func propertiesUnsigned() signer.Reason {
	return signer.Reason{Code: "signed-properties-unsigned", Vi: "Các thuộc tính XAdES không được chữ ký bao phủ.", En: "The XAdES properties are not covered by the signature."}
}

func plainSignature() signer.Reason {
	return signer.Reason{Code: "legacy-signature", Vi: "Chữ ký XML thông thường, không phải XAdES: thời điểm ký và chứng thư không được ký cùng.", En: "A plain XML signature, not XAdES: neither time nor certificate is signed along."}
}

func documentUnreadable(err error) signer.Reason {
	return signer.Reason{Code: "document-unreadable", Vi: "Không đọc được văn bản XML vì cấu trúc không đúng quy định.", En: "The XML document cannot be read: " + err.Error() + "."}
}

// short bounds what is quoted from outside.
func short(s string) string {
	r := []rune(s)
	if len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}
