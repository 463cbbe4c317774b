package ledger

import "fmt"

// What Verify can find.
const (
	LeafChanged       Code = "leaf-changed"         // a leaf is not the one that was signed
	BundleDamaged     Code = "bundle-damaged"       // leaves cannot be read
	TileDamaged       Code = "tile-damaged"         // hashes do not fit the leaves below
	FileMissing       Code = "file-missing"         // a file of the tree is gone
	FileStray         Code = "file-stray"           // a file that no ledger has
	IndexDamaged      Code = "index-damaged"        // derived: delete it and it is made again
	RootMismatch      Code = "root-mismatch"        // the leaves do not make the root that was signed
	CheckpointBad     Code = "checkpoint-bad"       // unreadable or not signed by the key
	CheckpointGone    Code = "checkpoint-gone"      // the newest checkpoint is missing
	RolledBack        Code = "rolled-back"          // a larger tree was signed before
	HistoryForked     Code = "history-forked"       // another history was signed before
	CosignatureBad    Code = "cosignature-bad"      // the witness's signature does not hold
	StampMissing      Code = "time-stamp-missing"   // a day has no time stamp
	StampBad          Code = "time-stamp-bad"       // the time stamp does not fit the checkpoint
	EventChanged      Code = "event-changed"        // the database says something else than the leaf
	EventMissing      Code = "event-missing"        // a leaf's event is not in the database
	EventAdded        Code = "event-added"          // an event that was put between others afterwards
	EventReordered    Code = "event-reordered"      // an event stands elsewhere
	EventUnlogged     Code = "event-unlogged"       // an event waits too long for its leaf
	ComparisonStopped Code = "comparison-abandoned" // too many differences to tell apart
)

// Finding is one thing that is not as it was signed.
type Finding struct {
	Code   Code   `json:"code"`
	File   string `json:"file,omitempty"`   // below the ledger's folder
	Leaf   int64  `json:"leaf"`             // -1 when it is about no one leaf
	Event  string `json:"event,omitempty"`  // its name
	Detail string `json:"detail,omitempty"` // for the log, in English
}

// String is for the log.
func (f Finding) String() string {
	s := string(f.Code)
	if f.File != "" {
		s += " " + f.File
	}
	if f.Leaf >= 0 {
		s += fmt.Sprintf(" leaf %d", f.Leaf)
	}
	if f.Event != "" {
		s += fmt.Sprintf(" event %q", f.Event)
	}
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

func findingTexts() map[Code]Text {
	return map[Code]Text{
		LeafChanged:       {"Nội dung một mục của sổ cái đã bị sửa.", "The content of a ledger entry was changed."},
		BundleDamaged:     {"Tệp chứa các mục của sổ cái bị hỏng, không đọc được.", "A file with ledger entries is damaged and cannot be read."},
		TileDamaged:       {"Tệp mã băm của sổ cái bị hỏng hoặc bị sửa; các mục vẫn nguyên vẹn nếu không có báo cáo khác.", "A file of the ledger's hashes is damaged or was changed; the entries are whole unless something else is reported."},
		FileMissing:       {"Thiếu một tệp của sổ cái.", "A file of the ledger is missing."},
		FileStray:         {"Có tệp lạ trong thư mục sổ cái.", "There is a foreign file in the ledger's folder."},
		IndexDamaged:      {"Chỉ mục tra cứu của sổ cái sai; xóa tệp này, hệ thống sẽ tạo lại.", "The ledger's look-up index is wrong; delete it, it is made again."},
		RootMismatch:      {"Các mục không khớp điểm kiểm soát đã ký: sổ cái đã bị sửa sau khi ký.", "The entries do not match the signed checkpoint: the ledger was changed after signing."},
		CheckpointBad:     {"Điểm kiểm soát không đọc được hoặc không phải do khóa của sổ cái ký.", "A checkpoint cannot be read or is not signed with the ledger's key."},
		CheckpointGone:    {"Mất điểm kiểm soát mới nhất của sổ cái.", "The ledger's newest checkpoint is gone."},
		RolledBack:        {"Sổ cái đã bị đưa về trạng thái cũ: trước đây đã ký nhiều mục hơn.", "The ledger was rolled back: more entries were signed before."},
		HistoryForked:     {"Lịch sử sổ cái khác với lịch sử đã ký trước đây.", "The ledger's history differs from the one that was signed before."},
		CosignatureBad:    {"Chữ ký của nhân chứng không đúng.", "A witness's signature does not hold."},
		StampMissing:      {"Điểm kiểm soát của ngày chưa có dấu thời gian.", "The day's checkpoint has no time stamp."},
		StampBad:          {"Dấu thời gian không khớp điểm kiểm soát của ngày.", "The time stamp does not fit the day's checkpoint."},
		EventChanged:      {"Sự kiện trong cơ sở dữ liệu đã bị sửa so với sổ cái.", "The event in the database was changed; the ledger says otherwise."},
		EventMissing:      {"Sự kiện có trong sổ cái đã bị xóa khỏi cơ sở dữ liệu.", "An event that is in the ledger was removed from the database."},
		EventAdded:        {"Sự kiện được chèn thêm vào cơ sở dữ liệu, không có trong sổ cái.", "An event was put into the database that is not in the ledger."},
		EventReordered:    {"Thứ tự sự kiện trong cơ sở dữ liệu khác với sổ cái.", "The order of events in the database differs from the ledger's."},
		EventUnlogged:     {"Sự kiện đã lâu chưa được ghi vào sổ cái.", "An event has long been waiting to be written into the ledger."},
		ComparisonStopped: {"Có quá nhiều sai khác giữa cơ sở dữ liệu và sổ cái; đã ngừng so sánh.", "The database and the ledger differ in too many places; the comparison was given up."},
	}
}
