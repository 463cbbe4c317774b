package trust

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"congvan/signer"
	"congvan/signer/trust/signature"
)

// reason fills names into a sentence in both languages; both take the same arguments.
func reason(code, vi, en string, args ...any) signer.Reason {
	return signer.Reason{Code: code, Vi: fmt.Sprintf(vi, args...), En: fmt.Sprintf(en, args...)}
}

func listUnreadable(err error) signer.Reason {
	if errors.Is(err, ErrTampered) {
		return reason("trust-list-tampered",
			"Danh sách chứng thư tin cậy không đúng như người quản trị đã ký, nên không tin chứng thư nào; hãy khôi phục danh sách.",
			"The list of trusted certificates is not as its administrator signed it, so nothing is believed; restore the list.")
	}
	return reason("trust-list-unreadable",
		"Không đọc được danh sách chứng thư tin cậy, nên không tin chứng thư nào.",
		"The list of trusted certificates cannot be read, so nothing is believed.")
}

// reasons say why there is no chain, what stands in the way most first.
func (t *trouble) reasons(asked *x509.Certificate) (all []signer.Reason) {
	if t.weak != nil {
		all = append(all, reason("chain-sha1",
			"Chứng thư “%s” được ký bằng SHA-1, chính sách không dùng các chứng thư như vậy.",
			"The certificate “%s” is signed with SHA-1; the policy does not use such certificates.", nameOf(t.weak)))
	}
	if t.unknown != nil {
		all = append(all, reason("chain-algorithm-unknown",
			"Chứng thư “%s” được ký bằng thuật toán không được hỗ trợ.",
			"The certificate “%s” is signed with an algorithm that is not supported.", nameOf(t.unknown)))
	}
	if t.wrongUse != nil {
		all = append(all, reason("anchor-not-for-use",
			"Chứng thư gốc “%s” có trong danh sách tin cậy nhưng không cho mục đích này.",
			"The anchor “%s” is in the trust list, but not for this use.", nameOf(t.wrongUse)))
	}
	if t.exhausted {
		all = append(all, reason("chain-search-bounded",
			"Đã thử hết số chứng thư cho phép mà không tìm thấy chuỗi tới chứng thư gốc tin cậy.",
			"No chain to a trusted anchor was found among as many certificates as are tried."))
	}
	if t.unproven != nil {
		all = append(all, reason("issuer-signature",
			"Chứng thư “%s” mang tên cơ quan cấp “%s” nhưng không phải do khóa của cơ quan đó ký.",
			"The certificate “%s” bears the issuer's name “%s”, but was not signed with the key of any such issuer that is known.", nameOf(t.unproven), issuerOf(t.unproven)))
	}
	if c := t.missing; c != nil {
		all = append(all, missing(c, asked))
	}
	if len(all) == 0 {
		all = append(all, missing(asked, asked))
	}
	return all
}

func missing(c, asked *x509.Certificate) signer.Reason {
	if selfIssued(c) {
		return reason("anchor-not-trusted",
			"Chuỗi chứng thư kết thúc ở “%s”, không có trong danh sách chứng thư gốc tin cậy.",
			"The chain ends at “%s”, which is not among the trusted anchors.", nameOf(c))
	}
	if c != asked {
		return reason("issuer-missing",
			"Thiếu chứng thư của cơ quan “%s”, nơi cấp chứng thư “%s”.",
			"The certificate of “%s” is missing, which issued the certificate “%s”.", issuerOf(c), nameOf(c))
	}
	return reason("issuer-missing",
		"Thiếu chứng thư của cơ quan cấp “%s” nên không lập được chuỗi tới chứng thư gốc tin cậy cho “%s”.",
		"The certificate of the issuer “%s” is missing, so no chain to a trusted anchor can be built for “%s”.", issuerOf(c), nameOf(c))
}

func outsideWindow(e *Entry, when time.Time) signer.Reason {
	if when.Before(e.TrustedFrom) {
		return reason("trusted-only-later",
			"Chứng thư “%s” chỉ được tin cậy từ %s, sau thời điểm xét (%s).",
			"The certificate “%s” is trusted only from %s, after the moment in question (%s).", nameOf(e.Certificate), signer.Moment(e.TrustedFrom), signer.Moment(when))
	}
	return reason("trusted-no-longer",
		"Chứng thư “%s” chỉ được tin cậy đến %s, trước thời điểm xét (%s).",
		"The certificate “%s” was trusted only until %s, before the moment in question (%s).", nameOf(e.Certificate), signer.Moment(e.TrustedUntil), signer.Moment(when))
}

func notYetValid(c *x509.Certificate, when time.Time) signer.Reason {
	return reason("certificate-not-yet-valid",
		"Chứng thư “%s” chỉ có hiệu lực từ %s, sau thời điểm xét (%s).",
		"The certificate “%s” is valid only from %s, after the moment in question (%s).", nameOf(c), signer.Moment(c.NotBefore), signer.Moment(when))
}

func expired(c *x509.Certificate, when time.Time, proven bool) signer.Reason {
	if proven {
		return reason("certificate-expired",
			"Chứng thư “%s” đã hết hạn lúc %s, trước thời điểm sớm nhất chứng minh được (%s).",
			"The certificate “%s” expired at %s, before the earliest moment that is proven (%s).", nameOf(c), signer.Moment(c.NotAfter), signer.Moment(when))
	}
	return reason("certificate-expired",
		"Chứng thư “%s” đã hết hạn lúc %s và không có bằng chứng nào rằng đã ký trước đó (thời điểm xét: %s).",
		"The certificate “%s” expired at %s, and nothing proves that it was used before (moment in question: %s).", nameOf(c), signer.Moment(c.NotAfter), signer.Moment(when))
}

func notAuthority(c *x509.Certificate) signer.Reason {
	return reason("issuer-not-authority",
		"Chứng thư “%s” không phải của cơ quan chứng thực nên không được cấp chứng thư khác.",
		"The certificate “%s” is not one of a certification authority, so it may issue none.", nameOf(c))
}

func noCertSign(c *x509.Certificate) signer.Reason {
	return reason("issuer-key-usage",
		"Chứng thư “%s” không được dùng để ký chứng thư khác (key usage).",
		"The certificate “%s” may not be used to sign certificates (key usage).", nameOf(c))
}

func pathTooLong(c *x509.Certificate, below int) signer.Reason {
	return reason("path-length",
		"Cơ quan chứng thực “%s” không được phép có %d cấp cơ quan chứng thực bên dưới.",
		"The authority “%s” may not have %d authorities below it.", nameOf(c), below)
}

func criticalExtension(c *x509.Certificate, ids []asn1.ObjectIdentifier) signer.Reason {
	return reason("critical-extension",
		"Chứng thư “%s” có phần mở rộng bắt buộc hiểu mà chương trình không hiểu: %v.",
		"The certificate “%s” has critical extensions that are not understood: %v.", nameOf(c), ids)
}

func constraintsUnreadable(c *x509.Certificate) signer.Reason {
	return reason("name-constraints-unreadable",
		"Không đọc được giới hạn tên trong chứng thư “%s”.",
		"The name constraints in the certificate “%s” cannot be read.", nameOf(c))
}

func nameForbidden(c, authority *x509.Certificate) signer.Reason {
	return reason("name-constraints",
		"Tên trong chứng thư “%s” nằm ngoài giới hạn mà “%s” được phép cấp.",
		"The names in the certificate “%s” are outside of what “%s” may issue.", nameOf(c), nameOf(authority))
}

func policyUnreadable(c *x509.Certificate) signer.Reason {
	return reason("certificate-policy-unreadable",
		"Không đọc được yêu cầu về chính sách trong chứng thư “%s”.",
		"The policy constraints in the certificate “%s” cannot be read.", nameOf(c))
}

func policyMissing(c *x509.Certificate) signer.Reason {
	return reason("certificate-policy",
		"Chuỗi của chứng thư “%s” không theo chính sách chứng thư mà cơ quan chứng thực yêu cầu.",
		"The chain of the certificate “%s” does not follow the certificate policy that its authorities demand.", nameOf(c))
}

func wrongKeyUsage(c *x509.Certificate) signer.Reason {
	return reason("certificate-key-usage",
		"Chứng thư “%s” không được cấp để ký văn bản (key usage).",
		"The certificate “%s” was not issued for signing documents (key usage).", nameOf(c))
}

func notForDocuments(c *x509.Certificate) signer.Reason {
	return reason("certificate-not-for-documents",
		"Chứng thư “%s” chỉ được cấp để cấp dấu thời gian hoặc trả lời tình trạng thu hồi, không phải để ký văn bản.",
		"The certificate “%s” is for time stamps or OCSP answers alone, not for signing documents.", nameOf(c))
}

func notForStamping(c *x509.Certificate) signer.Reason {
	return reason("certificate-not-for-time-stamping",
		"Chứng thư “%s” không phải chỉ để cấp dấu thời gian (RFC 3161).",
		"The certificate “%s” is not one for time stamping alone (RFC 3161).", nameOf(c))
}

func stampingForbidden(c *x509.Certificate) signer.Reason {
	return reason("issuer-not-for-time-stamping",
		"Cơ quan chứng thực “%s” không được cấp chứng thư dấu thời gian.",
		"The authority “%s” may not issue certificates for time stamping.", nameOf(c))
}

func weakLink(c *x509.Certificate, a signature.Algorithm, when time.Time) signer.Reason {
	return reason("chain-digest-weak",
		"Chứng thư “%s” được ký bằng %s, chính sách không chấp nhận vào thời điểm %s.",
		"The certificate “%s” is signed with %s, which the policy does not accept at %s.", nameOf(c), a, signer.Moment(when))
}

func weakIssuer(c *x509.Certificate, kind string, bits int, when time.Time) signer.Reason {
	return reason("chain-key-weak",
		"Khóa của cơ quan chứng thực “%s” (%s %d bit) không được chính sách chấp nhận vào thời điểm %s.",
		"The policy does not accept the key of the authority “%s” (%s, %d bits) at %s.", nameOf(c), kind, bits, signer.Moment(when))
}
