package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Code names one thing that can be wrong. A Code is itself an error, so that
// errors.Is(err, ErrLocked) tells what a caller can do; Describe has the words
// for people.
type Code string

// Error is the code.
func (c Code) Error() string { return "ledger: " + string(c) }

// The kinds of error. The comment says what the caller can do.
const (
	ErrLocked      Code = "ledger-locked"      // another process writes it: read, or wait
	ErrDamaged     Code = "ledger-damaged"     // its files do not fit its signature: run Verify, restore the files
	ErrRolledBack  Code = "ledger-rolled-back" // it is older than what was already signed: find the newer copy
	ErrKey         Code = "ledger-key"         // the key is not this log's
	ErrForm        Code = "ledger-form"        // not a proof or leaf of ours
	ErrProof       Code = "ledger-proof"       // the proof does not hold: do not believe it
	ErrWitnesses   Code = "ledger-witnesses"   // fewer witnesses than asked for
	ErrInvalid     Code = "ledger-invalid"     // the entry breaks a rule; mend the caller
	ErrConflict    Code = "ledger-conflict"    // this event is there with another content
	ErrNotFound    Code = "ledger-not-found"   // no such leaf (yet)
	ErrFull        Code = "ledger-full"        // no space left: make room, try again
	ErrReadOnly    Code = "ledger-read-only"   // the disk refuses writes: mend it, try again
	ErrUnavailable Code = "ledger-unavailable" // an error of the disk or too many open files: try again
	ErrFilesystem  Code = "ledger-filesystem"  // not on a disk of this machine: move the folder
	ErrClosed      Code = "ledger-closed"      // closed, or to be opened again after a failed commit
)

// Text is what people read.
type Text struct{ Vi, En string }

// Describe gives the words for a code of this package.
func Describe(c Code) Text {
	if t, ok := errorTexts()[c]; ok {
		return t
	}
	if t, ok := findingTexts()[c]; ok {
		return t
	}
	return Text{Vi: string(c), En: string(c)}
}

func errorTexts() map[Code]Text {
	return map[Code]Text{
		ErrLocked:      {"Sổ cái đang được một tiến trình khác ghi. Chỉ một tiến trình được ghi vào sổ cái.", "Another process is writing the ledger. Only one may write it."},
		ErrDamaged:     {"Tệp của sổ cái không khớp chữ ký của sổ cái. Chạy «congvan ledger verify» để biết chỗ hỏng, rồi phục hồi tệp từ bản sao lưu.", "The ledger's files do not match its signature. Run “congvan ledger verify” to see where, then restore the files from a backup."},
		ErrRolledBack:  {"Sổ cái cũ hơn điểm kiểm soát đã ký hoặc đã được đồng ký. Có thể thư mục đã bị thay bằng bản cũ: tìm bản mới hơn.", "The ledger is older than a checkpoint that was already signed or cosigned. The folder may have been replaced by an old copy: find the newer one."},
		ErrKey:         {"Khóa không phải của sổ cái này.", "The key is not this ledger's."},
		ErrForm:        {"Không phải bằng chứng của sổ cái.", "This is not a proof of a ledger."},
		ErrProof:       {"Bằng chứng không đúng: không được tin dùng.", "The proof does not hold: do not rely on it."},
		ErrWitnesses:   {"Điểm kiểm soát chưa đủ số chữ ký của các nhân chứng.", "The checkpoint has fewer cosignatures of witnesses than required."},
		ErrInvalid:     {"Nội dung ghi vào sổ cái không hợp lệ.", "What was to be written into the ledger is not valid."},
		ErrConflict:    {"Sự kiện này đã có trong sổ cái với nội dung khác.", "This event is already in the ledger with another content."},
		ErrNotFound:    {"Không có mục này trong sổ cái, hoặc mục chưa được ghi.", "There is no such entry in the ledger, or it is not written yet."},
		ErrFull:        {"Hết chỗ trên đĩa chứa sổ cái. Giải phóng dung lượng; sổ cái tự ghi tiếp.", "The ledger's disk is full. Make room; the ledger then goes on by itself."},
		ErrReadOnly:    {"Đĩa chứa sổ cái không cho ghi.", "The ledger's disk refuses writes."},
		ErrUnavailable: {"Tạm thời không đọc hoặc ghi được sổ cái. Hệ thống sẽ thử lại.", "The ledger cannot be read or written now. It is tried again."},
		ErrFilesystem:  {"Thư mục sổ cái không nằm trên đĩa của máy này (NFS, SMB, FUSE…). Chuyển sang đĩa cục bộ.", "The ledger's folder is not on a disk of this machine (NFS, SMB, FUSE…). Move it to a local disk."},
		ErrClosed:      {"Sổ cái đã đóng; mở lại để ghi tiếp.", "The ledger is closed; open it again to go on."},
	}
}

// fault gives an error of the disk the kind that tells the caller what to do.
func fault(operation string, err error) error {
	var code Code
	if err == nil || errors.As(err, &code) {
		return wrap(operation, err)
	}
	switch {
	case oneOf(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		code = ErrFull
	case oneOf(err, syscall.EROFS, syscall.EACCES, syscall.EPERM):
		code = ErrReadOnly
	case errors.Is(err, fs.ErrNotExist):
		code = ErrNotFound
	case oneOf(err, syscall.EIO, syscall.EMFILE, syscall.ENFILE, syscall.ESTALE, syscall.ENODEV, syscall.EINTR):
		code = ErrUnavailable
	default:
		return wrap(operation, err)
	}
	return fmt.Errorf("%w: %s: %w", code, operation, err)
}

func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ledger: %s: %w", operation, err)
}

func oneOf(err error, numbers ...syscall.Errno) bool {
	for _, n := range numbers {
		if errors.Is(err, n) {
			return true
		}
	}
	return false
}
