package trust

import (
	"crypto/x509"
	"errors"
	"time"

	"congvan/signer"
	"congvan/signer/trust/crl"
	"congvan/signer/trust/fetch"
	"congvan/signer/trust/ocsp"
)

func revokedBefore(c *x509.Certificate, s standing, q Question) signer.Reason {
	vi, en := revocationWords(s.reason)
	if q.Proven {
		return reason("certificate-revoked",
			"Chứng thư “%s” đã bị thu hồi từ %s (%[5]s), không muộn hơn thời điểm sớm nhất chứng minh được (%[3]s).",
			"The certificate “%s” was revoked from %s on (%[4]s), no later than the earliest moment that is proven (%[3]s).",
			nameOf(c), signer.Moment(s.since), signer.Moment(q.At), en, vi)
	}
	return reason("certificate-revoked",
		"Chứng thư “%s” đã bị thu hồi từ %s (%[4]s) và không có bằng chứng nào rằng đã ký trước đó.",
		"The certificate “%s” was revoked from %s on (%[3]s), and nothing proves that it was used before.",
		nameOf(c), signer.Moment(s.since), en, vi)
}

func revokedLater(c *x509.Certificate, s standing, q Question) signer.Reason {
	vi, en := revocationWords(s.reason)
	return reason("certificate-revoked-later",
		"Chứng thư “%s” bị thu hồi từ %s (%[5]s), sau thời điểm đã chứng minh (%[3]s), nên vẫn có giá trị lúc đó.",
		"The certificate “%s” was revoked from %s on (%[4]s), after the moment that is proven (%[3]s), so it was good then.",
		nameOf(c), signer.Moment(s.since), signer.Moment(q.At), en, vi)
}

func onHold(c *x509.Certificate, s standing) signer.Reason {
	return reason("certificate-on-hold",
		"Chứng thư “%s” đang bị tạm dừng từ %s; cần kiểm tra lại khi việc tạm dừng kết thúc.",
		"The certificate “%s” is suspended since %s; ask again when that has ended.", nameOf(c), signer.Moment(s.since))
}

// revocationWords names a CRLReason.
func revocationWords(code int) (vi, en string) {
	switch code {
	case 1:
		return "lộ khóa", "key compromise"
	case 2:
		return "lộ khóa của cơ quan chứng thực", "compromise of the authority's key"
	case 3:
		return "thay đổi đơn vị", "affiliation changed"
	case 4:
		return "đã được thay thế", "superseded"
	case 5:
		return "ngừng hoạt động", "cessation of operation"
	case 6:
		return "tạm dừng", "on hold"
	case 9:
		return "thu hồi quyền", "privilege withdrawn"
	case 10:
		return "lộ khóa của cơ quan thuộc tính", "compromise of an attribute authority's key"
	}
	return "không nêu lý do", "no reason given"
}

func statusUnknown(c *x509.Certificate) signer.Reason {
	return reason("revocation-unknown",
		"Chưa biết chứng thư “%s” có bị thu hồi hay không.",
		"It is not known whether the certificate “%s” was revoked.", nameOf(c))
}

func notPublished(c *x509.Certificate) signer.Reason {
	return reason("revocation-not-published",
		"Chứng thư “%s” không cho biết nơi công bố tình trạng thu hồi, mà chính sách yêu cầu phải kiểm tra.",
		"The certificate “%s” does not say where revocations are published, and the policy demands that they are checked.", nameOf(c))
}

func offline() signer.Reason {
	return reason("revocation-offline",
		"Chính sách không cho truy vấn mạng, và không có dữ liệu thu hồi kèm theo hay lưu sẵn.",
		"The policy allows no requests over the network, and there is no revocation data embedded or kept.")
}

func unreachable(host string, err error) signer.Reason {
	switch {
	case errors.Is(err, fetch.ErrForbidden):
		return reason("revocation-address-refused",
			"Không truy vấn %s: địa chỉ không được phép.", "%s was not asked: the address is not allowed.", host)
	case errors.Is(err, fetch.ErrCooling):
		return reason("revocation-unreachable-recently",
			"%s vừa không trả lời nên chưa hỏi lại.", "%s did not answer a moment ago and was not asked again yet.", host)
	case errors.Is(err, ocsp.ErrTryLater):
		return reason("ocsp-try-later", "%s yêu cầu hỏi lại sau.", "%s says to try later.", host)
	case errors.Is(err, ocsp.ErrRefused):
		return reason("ocsp-refused", "%s từ chối trả lời.", "%s refuses to answer.", host)
	case errors.Is(err, fetch.ErrUnavailable):
		return reason("revocation-unreachable", "Không kết nối được %s.", "%s could not be reached.", host)
	}
	return reason("revocation-answer-unusable", "Trả lời của %s không dùng được.", "What %s answered is of no use.", host)
}

// refused says why a piece of revocation data is not believed.
func refused(kind, source string, err error) signer.Reason {
	vi := map[string]string{SourceEmbedded: "kèm theo tài liệu", SourceCached: "lưu sẵn", SourceFetched: "vừa tải về"}[source]
	en := map[string]string{SourceEmbedded: "that came with the document", SourceCached: "that was kept", SourceFetched: "that was fetched"}[source]
	name := map[string]string{KindCRL: "CRL", KindOCSP: "OCSP"}[kind]
	why := "revocation-data-malformed"
	viWhy, enWhy := "không đọc được", "it cannot be read"
	switch {
	case errors.Is(err, ocsp.ErrResponder):
		why, viWhy, enWhy = "ocsp-wrong-responder", "người ký không được cơ quan cấp chứng thư cho phép trả lời", "who signed it may not answer for the issuer"
	case errors.Is(err, ocsp.ErrNonce):
		why, viWhy, enWhy = "ocsp-nonce", "là trả lời cho một câu hỏi khác", "it answers another question"
	case errors.Is(err, ocsp.ErrOther):
		why, viWhy, enWhy = "ocsp-other-certificate", "nói về chứng thư khác", "it is about another certificate"
	case errors.Is(err, errListSigner):
		why, viWhy, enWhy = "crl-wrong-issuer", "không do cơ quan cấp chứng thư ký", "it is not signed by the issuer"
	case errors.Is(err, crl.ErrCritical), errors.Is(err, ocsp.ErrCritical):
		why, viWhy, enWhy = "revocation-data-critical", "có phần mở rộng bắt buộc hiểu mà chương trình không hiểu", "it has a critical extension that is not understood"
	case errors.Is(err, errWeakData):
		why, viWhy, enWhy = "revocation-data-weak", "ký bằng thuật toán không còn được chấp nhận", "it is signed with an algorithm that is no longer accepted"
	case errors.Is(err, errFuture):
		why, viWhy, enWhy = "revocation-data-future", "ghi thời điểm trong tương lai", "it gives a time in the future"
	case errors.Is(err, errAfterIssuer):
		why, viWhy, enWhy = "revocation-data-after-issuer", "lập sau khi cơ quan chứng thực bị thu hồi", "it was made after its authority was revoked"
	case errors.Is(err, errResponderRevoked):
		why, viWhy, enWhy = "ocsp-responder-revoked", "chứng thư của nơi trả lời đã bị thu hồi hoặc không rõ tình trạng", "the responder's certificate was revoked, or its state is not known"
	}
	return reason(why, "Không dùng %s %[3]s: %[5]s.", "The %s %[2]s is not used: %[4]s.", name, en, vi, enWhy, viWhy)
}

func stale(c *x509.Certificate, kind string, this, until time.Time) signer.Reason {
	name := map[string]string{KindCRL: "CRL", KindOCSP: "OCSP"}[kind]
	return reason("revocation-data-stale",
		"%s về “%s” lập lúc %s, có giá trị đến %s, không đủ để kết luận cho thời điểm xét.",
		"The %s on “%s” of %s, good until %s, does not suffice for the moment in question.", name, nameOf(c), signer.Moment(this), signer.Moment(until))
}

func notCovered(c *x509.Certificate, why string) signer.Reason {
	return reason("crl-out-of-scope",
		"CRL không áp dụng cho chứng thư “%s” (%s).",
		"The CRL does not speak of the certificate “%s” (%s).", nameOf(c), why)
}

func statusOther(c *x509.Certificate) signer.Reason {
	return reason("ocsp-unknown",
		"Nơi trả lời OCSP không biết chứng thư “%s”.", "The OCSP responder does not know the certificate “%s”.", nameOf(c))
}
