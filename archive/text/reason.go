package text

// Reason says why a document's text is missing, poor or not whole, for the record and the
// people who read it.
type Reason struct {
	Code   string // stable, for programs; empty when there is nothing to say
	Vi, En string
}

// Codes of reasons. They travel between processes and stay as they are.
const (
	codeScan        = "scan"
	codePartScan    = "scan-partly"
	codePoor        = "poor"
	codeEmpty       = "empty"
	codeUnsupported = "unsupported"
	codeOldOffice   = "old-office"
	codeEncrypted   = "encrypted"
	codeMalformed   = "malformed"
	codeBomb        = "bomb"
	codeTooLarge    = "too-large"
	codeTruncated   = "truncated"
	codeTime        = "killed-time"
	codeMemory      = "killed-memory"
	codeCrash       = "killed-crash"
)

// reasonFor gives the words for a code; false for one that is not known.
func reasonFor(code string) (Reason, bool) {
	r := Reason{Code: code}
	switch code {
	case "":
	case codeScan:
		r.Vi, r.En = "Tệp chỉ có hình ảnh (bản quét), không có chữ để tìm", "Only pictures (a scan): there is no text to search"
	case codePartScan:
		r.Vi, r.En = "Nhiều trang chỉ có hình ảnh, chữ trên các trang đó không tìm được", "Many pages are pictures only: their text cannot be searched"
	case codePoor:
		r.Vi, r.En = "Chữ lấy được bị rời hoặc sai dấu, tìm kiếm có thể sót", "The text is broken or wrongly accented: a search may miss it"
	case codeEmpty:
		r.Vi, r.En = "Tệp không có nội dung", "The file is empty"
	case codeUnsupported:
		r.Vi, r.En = "Định dạng này không lấy được chữ", "Text cannot be taken from this format"
	case codeOldOffice:
		r.Vi, r.En = "Tệp Office kiểu cũ (.doc, .xls, .ppt) hoặc có mật khẩu, không lấy được chữ", "An Office file of the old kind (.doc, .xls, .ppt) or with a password: its text cannot be taken"
	case codeEncrypted:
		r.Vi, r.En = "Tệp có mật khẩu, không lấy được chữ", "The file has a password: its text cannot be taken"
	case codeMalformed:
		r.Vi, r.En = "Tệp hỏng, không đọc được", "The file is damaged and cannot be read"
	case codeBomb:
		r.Vi, r.En = "Tệp nén bung ra lớn hoặc sâu quá mức cho phép, phần còn lại không được đọc", "Unpacked, the file is larger or deeper than allowed: the rest was not read"
	case codeTooLarge:
		r.Vi, r.En = "Tệp lớn hơn mức cho phép lấy chữ", "The file is larger than text is taken from"
	case codeTruncated:
		r.Vi, r.En = "Văn bản quá dài, chỉ phần đầu tìm được", "The document is too long: only its beginning can be searched"
	case codeTime:
		r.Vi, r.En = "Đọc tệp quá thời gian cho phép", "Reading the file took longer than allowed"
	case codeMemory:
		r.Vi, r.En = "Đọc tệp cần nhiều bộ nhớ hơn mức cho phép", "Reading the file took more memory than allowed"
	case codeCrash:
		r.Vi, r.En = "Tệp làm chương trình đọc dừng đột ngột", "The file made its reader crash"
	default:
		return Reason{}, false
	}
	return r, true
}

// killed is the error of a child's death for a cause.
func killed(code string) error {
	r, _ := reasonFor(code)
	return &Killed{Reason: r}
}
