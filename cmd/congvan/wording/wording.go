// Package wording gives the office's own words, with English beside them, for what
// the gateway calls by short names: events, states of a delivery, receipts.
package wording

import (
	"encoding/json"

	"congvan/gateway"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

// Event names what happened, with the status code or the step of a recall where the
// event has one. A kind without words of its own is given as it is.
func Event(e gateway.Event) string {
	var data struct {
		Code     edxml.StatusCode    `json:"code"`
		Recall   gateway.RecallState `json:"recall"`
		Redirect string              `json:"redirect"`
		From     gateway.AgencyID    `json:"addressed"`
		Cause    string              `json:"cause"`
	}
	_ = json.Unmarshal(e.Data, &data) // particulars only add to the words
	switch {
	case e.Kind == gateway.EventJudged:
		return judged(e.Data)
	case e.Kind == gateway.EventHeld && data.Cause == gateway.CauseSignature:
		return Kind(e.Kind) + ", " + Cause(data.Cause)
	case e.Kind == gateway.EventStatus && data.Code != "":
		return Status(data.Code)
	case e.Kind == gateway.EventRecall && data.Recall != "":
		return Recall(data.Recall)
	case e.Kind == gateway.EventCancelled && data.Cause == gateway.CauseRecalledUnread:
		return "hủy vì thu hồi (cancelled, recalled unread)"
	case e.Kind == gateway.EventQueued && data.Redirect != "":
		return Kind(e.Kind) + ", " + Redirect(data.Redirect, data.From)
	}
	return Kind(e.Kind)
}

// Kind names a kind of event.
func Kind(k gateway.EventKind) string {
	texts := map[gateway.EventKind]string{
		gateway.EventAccepted:     "tiếp nhận (accepted)",
		gateway.EventArchived:     "lưu trữ (archived)",
		gateway.EventQueued:       "chờ nhận (queued)",
		gateway.EventSending:      "đang chuyển (sending)",
		gateway.EventSent:         "đã chuyển (sent)",
		gateway.EventFetched:      "đã tải (fetched)",
		gateway.EventAcknowledged: "đã xác nhận (acknowledged)",
		gateway.EventHeld:         "tạm giữ (held)",
		gateway.EventFailed:       "không chuyển được (failed)",
		gateway.EventExpired:      "quá hạn nhận (expired)",
		gateway.EventCancelled:    "đã hủy (cancelled)",
		gateway.EventProgress:     "nơi nhận đang xử lý (in progress)",
		gateway.EventRerouted:     "đổi nơi nhận (rerouted)",
		gateway.EventRecall:       "thu hồi (recall)",
		gateway.EventStatus:       "trạng thái xử lý (status)",
		gateway.EventReceipt:      "cấp biên nhận (receipt)",
		gateway.EventJudged:       "kiểm tra chữ ký số (signatures judged)",
		gateway.EventPreserved:    "lưu bản có bằng chứng lâu dài (proofs preserved)",
	}
	if text, ok := texts[k]; ok {
		return text
	}
	return string(k)
}

// State names the state of a delivery.
func State(s gateway.DeliveryState) string { return Kind(gateway.DeliveryEvent(s)) }

// Status names a business status; "" for none.
func Status(c edxml.StatusCode) string {
	if c == "" {
		return ""
	}
	text := "trạng thái (status) " + string(c)
	if name, ok := schemas.StatusName(c); ok {
		text += " " + name.Vi
	}
	return text
}

// Recall names how far a request to take a letter back has come; "" for none.
func Recall(r gateway.RecallState) string {
	switch r {
	case gateway.RecallRequested:
		return "đề nghị thu hồi (recall requested)"
	case gateway.RecallAgreed:
		return "đồng ý thu hồi (recall agreed)"
	case gateway.RecallRefused:
		return "không đồng ý thu hồi (recall refused)"
	}
	return string(r)
}

// Redirect says for which code a letter is received by another; "" when it goes
// where it was addressed.
func Redirect(how string, addressed gateway.AgencyID) string {
	switch how {
	case gateway.RedirectAlias:
		return "mã khác của cùng cơ quan (alias) " + string(addressed)
	case gateway.RedirectSuccessor:
		return "kế thừa (succeeds) " + string(addressed)
	case gateway.RedirectRepresentative:
		return "nhận thay (represents) " + string(addressed)
	}
	return how
}

// Receipt names a kind of receipt.
func Receipt(k gateway.ReceiptKind) string {
	switch k {
	case gateway.ReceiptSubmission:
		return "gửi (submission)"
	case gateway.ReceiptDelivery:
		return "giao (delivery)"
	case gateway.ReceiptOpening:
		return "mở (opening)"
	case gateway.ReceiptRefusal:
		return "từ chối (refusal)"
	}
	return string(k)
}
