package schemas

import (
	"strings"

	"congvan/schemas/edxml"
)

// Reason says in both languages why something is out of the ordinary.
type Reason struct {
	Vi string `json:"vi"`
	En string `json:"en"`
}

type statusClass int

const (
	statusKnown     statusClass = iota // 01–06, 13, 15, 16
	statusUndefined                    // 07–12, 14: in the table's gaps
	statusUnknown                      // no status code at all
)

func statusKind(code edxml.StatusCode) statusClass {
	if _, ok := StatusName(code); ok {
		return statusKnown
	}
	switch code {
	case "07", "08", "09", "10", "11", "12", "14":
		return statusUndefined
	}
	return statusUnknown
}

// StatusName gives the office's name of a status; ok is false for a code
// without a defined meaning.
func StatusName(code edxml.StatusCode) (name Reason, ok bool) {
	switch code {
	case edxml.StatusInbox:
		return Reason{"Đã đến", "Arrived"}, true
	case edxml.StatusRejection:
		return Reason{"Từ chối tiếp nhận", "Refused"}, true
	case edxml.StatusAcceptance:
		return Reason{"Đã tiếp nhận", "Accepted"}, true
	case edxml.StatusAssignment:
		return Reason{"Phân công", "Assigned"}, true
	case edxml.StatusProcessing:
		return Reason{"Đang xử lý", "In work"}, true
	case edxml.StatusFinish:
		return Reason{"Hoàn thành", "Done"}, true
	case edxml.StatusCancellation:
		return Reason{"Lấy lại", "Taken back"}, true
	case edxml.StatusChangeAcceptance:
		return Reason{"Đồng ý cập nhật, lấy lại", "Change agreed"}, true
	case edxml.StatusChangeRejection:
		return Reason{"Từ chối cập nhật, lấy lại", "Change refused"}, true
	}
	return Reason{}, false
}

// CanFollow tells whether a status is in order after those that one receiver's
// copy of a letter has had, oldest first. A status out of order is recorded all
// the same and shown with the reason; messages overtake each other.
//
// The order: 01 first, then 02 or 03; after 03 come 04, 05 and 06, of which 04
// and 05 may repeat or be left out; 13 (the sender wants the letter back) at
// any time before 06, then exactly one of 15 and 16. After 15 the letter is
// given back and nothing follows; after 16 work goes on. A recall or update
// that came as a letter is the same request as 13: put a 13 into the history
// for it. Codes without a meaning in the history are passed over.
func CanFollow(history []edxml.StatusCode, next edxml.StatusCode) (ok bool, reason Reason) {
	if statusKind(next) != statusKnown {
		return false, why("Mã trạng thái %s chưa được định nghĩa.", "Status code %s has no defined meaning.", next)
	}
	var p progress
	for _, code := range history {
		p.take(code)
	}
	return p.allows(next)
}

func why(vi, en string, code edxml.StatusCode) Reason {
	return Reason{strings.ReplaceAll(vi, "%s", string(code)), strings.ReplaceAll(en, "%s", string(code))}
}

// progress is how far a letter has come with one receiver.
type progress struct {
	arrived, rejected, accepted, assigned, finished bool

	asked  bool // 13 is waiting for its answer
	agreed bool // 15
}

// take moves on with a status, in order or not.
func (p *progress) take(code edxml.StatusCode) {
	switch code {
	case edxml.StatusInbox:
		p.arrived = true
	case edxml.StatusRejection:
		p.rejected = true
	case edxml.StatusAcceptance:
		p.accepted = true
	case edxml.StatusAssignment, edxml.StatusProcessing:
		p.assigned = true
	case edxml.StatusFinish:
		p.finished = true
	case edxml.StatusCancellation:
		p.asked = true
	case edxml.StatusChangeAcceptance:
		p.asked, p.agreed = false, true
	case edxml.StatusChangeRejection:
		p.asked = false
	}
}

// allows judges the next status: first what closes the letter, then the request
// that waits, then the step itself.
func (p *progress) allows(next edxml.StatusCode) (bool, Reason) {
	answer := next == edxml.StatusChangeAcceptance || next == edxml.StatusChangeRejection
	switch {
	case p.agreed:
		return false, why("Nơi nhận đã đồng ý cập nhật hoặc trả lại văn bản (15); không có trạng thái nào sau đó.",
			"The receiver has already agreed to the change or return (15); nothing follows that.", next)
	case p.asked && !answer:
		return false, why("Bên gửi đã yêu cầu lấy lại (13) và đang chờ trả lời 15 hoặc 16.",
			"The sender has asked for the letter back (13) and waits for 15 or 16.", next)
	case answer && !p.asked:
		return false, why("Không có yêu cầu cập nhật hoặc lấy lại (13) nào đang chờ trả lời.",
			"No request for change or return (13) is waiting for an answer.", next)
	case answer:
		return true, Reason{}
	case p.finished:
		return false, why("Văn bản đã hoàn thành (06) trước đó.", "The letter was already done (06).", next)
	case next == edxml.StatusCancellation:
		return true, Reason{}
	case p.rejected:
		return false, why("Văn bản đã bị từ chối tiếp nhận (02) trước đó.", "The letter was already refused (02).", next)
	}
	return p.step(next)
}

// step judges the receiver's own way through 01 to 06.
func (p *progress) step(next edxml.StatusCode) (bool, Reason) {
	switch {
	case next == edxml.StatusInbox && (p.arrived || p.accepted || p.assigned):
		return false, why("Văn bản đã đến (01) hoặc đã được tiếp nhận trước đó.", "The letter had already arrived (01) or been accepted.", next)
	case next == edxml.StatusInbox:
		return true, Reason{}
	case next == edxml.StatusRejection && (p.accepted || p.assigned):
		return false, why("Văn bản đã được tiếp nhận trước khi có trạng thái từ chối.", "The letter had been accepted before it was refused.", next)
	case next == edxml.StatusAcceptance && (p.accepted || p.assigned):
		return false, why("Văn bản đã được tiếp nhận (03) hoặc đang xử lý trước đó.", "The letter had already been accepted (03) or was in work.", next)
	case next == edxml.StatusRejection || next == edxml.StatusAcceptance:
		return p.after(p.arrived, "Chưa có trạng thái đã đến (01).", "The status arrived (01) has not come yet.")
	}
	return p.after(p.accepted, "Chưa có trạng thái đã tiếp nhận (03).", "The status accepted (03) has not come yet.")
}

func (p *progress) after(done bool, vi, en string) (bool, Reason) {
	if done {
		return true, Reason{}
	}
	return false, Reason{vi, en}
}
