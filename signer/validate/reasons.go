package validate

import (
	"fmt"
	"strings"
	"time"

	"congvan/signer"
	"congvan/signer/tsa"
)

// authority names the authority of a time stamp.
func authority(t *tsa.Token) string {
	if t.Certificate == nil {
		return ""
	}
	return signer.CommonName(t.Certificate)
}

func stampUnused(t *tsa.Token) signer.Reason {
	return signer.Reason{
		Code: "time-stamp-unproven",
		Vi:   fmt.Sprintf("Dấu thời gian lúc %s của %s không được tin cậy nên không dùng làm bằng chứng về thời điểm ký.", signer.Moment(t.Time), authority(t)),
		En:   fmt.Sprintf("The time stamp of %s by %s is not trusted, so it proves no time of signing.", signer.Moment(t.Time), authority(t)),
	}
}

func stampBroken() signer.Reason {
	return signer.Reason{
		Code: "time-stamp-broken",
		Vi:   "Một dấu thời gian gắn với chữ ký không kiểm tra được nên không dùng làm bằng chứng về thời điểm ký.",
		En:   "A time stamp of the signature could not be verified, so it proves no time of signing.",
	}
}

func stampBeforeAuthority(t *tsa.Token) signer.Reason {
	return signer.Reason{
		Code: "time-stamp-before-certificate",
		Vi:   fmt.Sprintf("Dấu thời gian ghi lúc %s, trước khi chứng thư của cơ quan cấp dấu thời gian có hiệu lực (%s).", signer.Moment(t.Time), signer.Moment(t.Certificate.NotBefore)),
		En:   fmt.Sprintf("The time stamp gives %s, before the certificate of its authority was valid (%s).", signer.Moment(t.Time), signer.Moment(t.Certificate.NotBefore)),
	}
}

func stampAfterAuthority(t *tsa.Token) signer.Reason {
	return signer.Reason{
		Code: "time-stamp-after-certificate",
		Vi:   fmt.Sprintf("Dấu thời gian ghi lúc %s, sau khi chứng thư của cơ quan cấp dấu thời gian hết hạn (%s).", signer.Moment(t.Time), signer.Moment(t.Certificate.NotAfter)),
		En:   fmt.Sprintf("The time stamp gives %s, after the certificate of its authority had expired (%s).", signer.Moment(t.Time), signer.Moment(t.Certificate.NotAfter)),
	}
}

func stampAfterProof(stamp, proof time.Time) signer.Reason {
	return signer.Reason{
		Code: "time-stamp-order",
		Vi:   fmt.Sprintf("Dấu thời gian ghi lúc %s, muộn hơn thời điểm đã chắc chắn tồn tại (%s).", signer.Moment(stamp), signer.Moment(proof)),
		En:   fmt.Sprintf("The time stamp gives %s, later than the moment by which it certainly existed (%s).", signer.Moment(stamp), signer.Moment(proof)),
	}
}

func provenBeforeCertificate(proven, from time.Time) signer.Reason {
	return signer.Reason{
		Code: "signed-before-certificate",
		Vi:   fmt.Sprintf("Chữ ký đã tồn tại lúc %s, trước khi chứng thư của người ký có hiệu lực (%s).", signer.Moment(proven), signer.Moment(from)),
		En:   fmt.Sprintf("The signature existed at %s, before the signer's certificate was valid (%s).", signer.Moment(proven), signer.Moment(from)),
	}
}

func claimedAfterProof(claimed, proven time.Time) signer.Reason {
	return signer.Reason{
		Code: "claimed-after-time-stamp",
		Vi:   fmt.Sprintf("Thời điểm ký do người ký khai (%s) muộn hơn dấu thời gian chứng minh chữ ký đã tồn tại (%s).", signer.Moment(claimed), signer.Moment(proven)),
		En:   fmt.Sprintf("The signer claims to have signed at %s, later than the time stamp that proves the signature (%s).", signer.Moment(claimed), signer.Moment(proven)),
	}
}

func claimedBeforeCertificate(claimed, from time.Time) signer.Reason {
	return signer.Reason{
		Code: "claimed-before-certificate",
		Vi:   fmt.Sprintf("Thời điểm ký do người ký khai (%s) sớm hơn khi chứng thư của người ký có hiệu lực (%s).", signer.Moment(claimed), signer.Moment(from)),
		En:   fmt.Sprintf("The signer claims to have signed at %s, before his certificate was valid (%s).", signer.Moment(claimed), signer.Moment(from)),
	}
}

func weakDigest(digest string, when time.Time) signer.Reason {
	if digest == "" {
		digest = "?"
	}
	return signer.Reason{
		Code: "weak-digest",
		Vi:   fmt.Sprintf("Thuật toán băm %s không được chính sách chấp nhận vào thời điểm %s.", digest, signer.Moment(when)),
		En:   fmt.Sprintf("The policy does not accept the digest %s at %s.", digest, signer.Moment(when)),
	}
}

func weakKey(kind string, bits int, when time.Time) signer.Reason {
	name := fmt.Sprintf("%s %d bit", kind, bits)
	if kind == "" {
		name = "?"
	}
	return signer.Reason{
		Code: "weak-key",
		Vi:   fmt.Sprintf("Khóa ký %s không được chính sách chấp nhận vào thời điểm %s.", name, signer.Moment(when)),
		En:   fmt.Sprintf("The policy does not accept the signing key %s at %s.", name, signer.Moment(when)),
	}
}

func weakChain(weak []string) signer.Reason {
	return signer.Reason{
		Code: "weak-chain",
		Vi:   "Chuỗi chứng thư dùng thuật toán yếu mà không có bằng chứng tồn tại từ thời thuật toán còn an toàn: " + strings.Join(weak, "; ") + ".",
		En:   "The certificate chain uses weak algorithms without a proof of existence from when these were strong: " + strings.Join(weak, "; ") + ".",
	}
}

func extendedKeyUsage() signer.Reason {
	return signer.Reason{
		Code: "extended-key-usage",
		Vi:   "Chứng thư của người ký không có mục đích sử dụng mà chính sách yêu cầu (extended key usage).",
		En:   "The signer's certificate lacks the purposes that the policy asks for (extended key usage).",
	}
}
