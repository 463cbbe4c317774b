package wormtest

import "time"

// Attempt is one thing that a locked object must survive.
type Attempt string

// The attempts, in the order of a run.
const (
	Delete          Attempt = "delete"           // delete without naming the version
	DeleteVersion   Attempt = "delete-version"   // delete the locked version itself
	DeleteBypassing Attempt = "delete-bypassing" // the same, claiming the right to bypass governance
	Shorten         Attempt = "shorten"          // let the retention end earlier
	Downgrade       Attempt = "downgrade"        // from compliance to governance, which an owner can bypass
	Overwrite       Attempt = "overwrite"        // put other bytes under the same key
	DeleteHeld      Attempt = "delete-held"      // delete what is under a legal hold alone
	SuspendVersions Attempt = "suspend-versions" // stop keeping versions in the whole bucket
)

// Attempts lists all, in order.
func Attempts() []Attempt {
	return []Attempt{Delete, DeleteVersion, DeleteBypassing, Shorten, Downgrade, Overwrite, DeleteHeld, SuspendVersions}
}

// Texts say the attempt to a person, in Vietnamese and English.
func (a Attempt) Texts() (vi, en string) {
	switch a {
	case Delete:
		return "Xóa đối tượng", "Delete the object"
	case DeleteVersion:
		return "Xóa hẳn phiên bản đang khóa", "Delete the locked version"
	case DeleteBypassing:
		return "Xóa bằng quyền vượt khóa quản trị", "Delete with the right to bypass governance"
	case Shorten:
		return "Rút ngắn thời hạn khóa", "Shorten the retention"
	case Downgrade:
		return "Hạ chế độ khóa từ tuân thủ xuống quản trị", "Downgrade from compliance to governance"
	case Overwrite:
		return "Ghi đè nội dung", "Overwrite the content"
	case DeleteHeld:
		return "Xóa đối tượng đang bị phong tỏa", "Delete an object under legal hold"
	case SuspendVersions:
		return "Tắt lưu phiên bản của kho", "Suspend versioning of the bucket"
	default:
		return string(a), string(a)
	}
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Refused  Outcome = "refused"  // the server said no, and the canary is whole and locked
	Harmless Outcome = "harmless" // the server said yes, and the canary is whole and locked all the same
	Broken   Outcome = "broken"   // the canary is gone, changed or loose, or was never locked
	Unknown  Outcome = "unknown"  // the server could not be asked
)

// Texts say the outcome to a person.
func (o Outcome) Texts() (vi, en string) {
	switch o {
	case Refused:
		return "bị từ chối", "refused"
	case Harmless:
		return "được nhận nhưng không ảnh hưởng bản đã khóa", "accepted without effect on the locked version"
	case Broken:
		return "khóa không có tác dụng", "the lock does not hold"
	default:
		return "chưa kiểm tra được", "could not be tested"
	}
}

// Finding is one attempt and its outcome.
type Finding struct {
	Attempt Attempt
	Outcome Outcome
	Err     error // what the server answered; nil when it accepted
}

// Report is what a run found.
type Report struct {
	At       time.Time // UTC, when it began
	Findings []Finding
	Left     error // why canaries of earlier runs could not be removed; nil when they were
}

// Verdict is what all findings come to.
type Verdict string

// The verdicts.
const (
	Holds    Verdict = "holds"    // every attempt was made and the lock held
	Pretends Verdict = "pretends" // at least one attempt broke the lock
	Unproven Verdict = "unproven" // no attempt broke the lock, but not all could be made
)

// Verdict sums the findings up. A report without findings proves nothing.
func (r Report) Verdict() Verdict {
	verdict := Holds
	if len(r.Findings) < len(Attempts()) {
		verdict = Unproven
	}
	for _, f := range r.Findings {
		switch f.Outcome {
		case Broken:
			return Pretends
		case Unknown:
			verdict = Unproven
		}
	}
	return verdict
}

// Texts say the verdict to a person, and what to do.
func (v Verdict) Texts() (vi, en string) {
	switch v {
	case Holds:
		return "Kho lưu trữ giữ đúng khóa chống xóa, chống sửa: mọi phép thử đều bị từ chối hoặc không có tác dụng.",
			"The store keeps its locks: every attempt was refused or had no effect."
	case Pretends:
		return "Kho lưu trữ nhận khóa nhưng không giữ: đối tượng đã khóa vẫn có thể bị xóa, bị sửa hoặc bị mở khóa. Không dùng kho này làm nơi lưu trữ chống xóa; hãy chọn máy chủ khác hoặc sửa cấu hình rồi kiểm tra lại.",
			"The store accepts locks and does not keep them: a locked object can be deleted, changed or unlocked. Do not rely on it for write-once keeping; choose another server or mend its configuration, then test again."
	default:
		return "Chưa kết luận được: có phép thử không thực hiện được. Hãy kiểm tra kết nối với kho rồi thử lại.",
			"No conclusion: some attempts could not be made. Check the connection to the store, then test again."
	}
}
