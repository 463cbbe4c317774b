package wording

import (
	"slices"
	"strings"

	"congvan/signer"
)

// Verdict names a verdict on a whole document, and in a few words why.
func Verdict(v signer.Verdict) string {
	if v.Indication == signer.NoSignature {
		return "không có chữ ký số (not signed)"
	}
	if v.SubIndication == "" {
		return Indication(v.Indication)
	}
	return Indication(v.Indication) + ": " + SubIndication(v.SubIndication)
}

// SubIndication says in a few words why an outcome is not "valid"; "" for none.
func SubIndication(s signer.SubIndication) string {
	texts := map[signer.SubIndication]string{
		signer.FormatFailure:              "chữ ký sai quy cách, hoặc tệp bị sửa trái phép (malformed, or changed in a way not allowed)",
		signer.HashFailure:                "nội dung không còn như lúc ký (the content is not what was signed)",
		signer.SigCryptoFailure:           "giá trị chữ ký sai (the signature value is wrong)",
		signer.Revoked:                    "chứng thư đã bị thu hồi (certificate revoked)",
		signer.Expired:                    "chứng thư đã hết hạn khi ký (certificate expired when signing)",
		signer.NotYetValid:                "chứng thư chưa có hiệu lực khi ký (certificate not yet valid when signing)",
		signer.SigConstraintsFailed:       "chữ ký không đáp ứng chính sách (not as the policy demands)",
		signer.ChainConstraintsFailure:    "chuỗi chứng thư không đáp ứng chính sách (chain not as the policy demands)",
		signer.CertificateChainFailure:    "chuỗi chứng thư có lỗi (fault in the certificate chain)",
		signer.CryptoConstraintsFailure:   "thuật toán hoặc khóa quá yếu (algorithm or key too weak)",
		signer.CryptoConstraintsNoPOE:     "thuật toán nay đã yếu, không chứng minh được đã ký từ trước (algorithm weak now, no proof of an earlier time)",
		signer.PolicyProcessingError:      "không áp dụng được chính sách (the policy cannot be applied)",
		signer.TimestampOrderFailure:      "các mốc thời gian mâu thuẫn nhau (times contradict each other)",
		signer.NoSigningCertificateFound:  "không tìm thấy chứng thư của người ký (signer's certificate not found)",
		signer.NoCertificateChainFound:    "không có chuỗi chứng thư tới gốc được tin cậy (no chain to a trusted root)",
		signer.RevokedNoPOE:               "chứng thư đã bị thu hồi, không chứng minh được ký trước đó (revoked, no proof of an earlier time)",
		signer.RevokedCANoPOE:             "chứng thư của CA đã bị thu hồi (an authority's certificate was revoked)",
		signer.OutOfBoundsNotRevoked:      "chứng thư nay đã hết hạn, chưa bị thu hồi (expired since, not revoked)",
		signer.OutOfBoundsNoPOE:           "chứng thư ngoài thời hạn, không chứng minh được thời điểm ký (out of validity, no proof of time)",
		signer.RevocationOutOfBoundsNoPOE: "chứng thư của nơi trả lời tình trạng ngoài thời hạn (responder's certificate out of validity)",
		signer.NoPOE:                      "không chứng minh được thời điểm ký (no proof of time)",
		signer.TryLater:                   "chưa lấy được tình trạng thu hồi, hãy kiểm tra lại sau (revocation data not to be had now; try later)",
		signer.SignedDataNotFound:         "không đọc được nội dung đã ký (signed data not found)",
	}
	if text, ok := texts[s]; ok {
		return text
	}
	return string(s)
}

// Coverage says how much of a document a signature covers; "" where it is not known.
func Coverage(c signer.Coverage) string {
	switch c {
	case signer.CoverageFile:
		return "toàn bộ tệp (entire file)"
	case signer.CoverageRevision:
		return "toàn bộ tệp tại lúc ký, sau đó có phần thêm (entire revision, later ones follow)"
	case signer.CoverageBlock:
		return "một đoạn từ đầu tệp (a block from the start)"
	case signer.CoverageUnclear:
		return "không rõ (unclear)"
	}
	return string(c)
}

// Modification says what was changed after a signature; "" where it is not known.
func Modification(m signer.Modification) string {
	switch m {
	case signer.ModificationNone:
		return "không thay đổi (none)"
	case signer.ModificationLTA:
		return "chỉ bổ sung bằng chứng lâu dài (long-term proofs only)"
	case signer.ModificationForm:
		return "ký thêm hoặc điền biểu mẫu (further signatures, form filling)"
	case signer.ModificationAnnotations:
		return "thêm ghi chú (annotations)"
	case signer.ModificationOther:
		return "thay đổi khác, có thể đổi nội dung nhìn thấy (other, may change what is seen)"
	}
	return string(m)
}

// Commitment names what a signer commits to, where the reason given is one that XAdES
// and CAdES know by a URI; any other reason is given as it is.
func Commitment(reason string) string {
	name, ok := strings.CutPrefix(reason, "http://uri.etsi.org/01903/v1.2.2#ProofOf")
	if !ok {
		return reason
	}
	switch name {
	case "Origin":
		return "xác nhận nguồn gốc (proof of origin)"
	case "Receipt":
		return "xác nhận đã nhận (proof of receipt)"
	case "Delivery":
		return "xác nhận đã giao (proof of delivery)"
	case "Sender":
		return "xác nhận người gửi (proof of sender)"
	case "Approval":
		return "phê duyệt nội dung (proof of approval)"
	case "Creation":
		return "xác nhận đã soạn (proof of creation)"
	}
	return reason
}

// Altered says whether what was signed is no longer what is there.
func Altered(s *signer.Signature) bool {
	if s.Indication != signer.TotalFailed {
		return false
	}
	return s.SubIndication == signer.HashFailure || s.Modification == signer.ModificationOther ||
		slices.ContainsFunc(s.Reasons, func(r signer.Reason) bool { return slices.Contains(alterations(), r.Code) })
}

// alterations are the codes of reasons that tell of a document that was altered.
func alterations() []string {
	return []string{"changed-after-signing", "changed-beyond-policy", "digest-mismatch", "signature-replaced", "byte-range-tail"}
}
