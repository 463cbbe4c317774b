package vxp

import (
	"errors"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// SentItem is one letter on its way to one receiver, as its sender sees it. Moments
// are Vietnam local time, yyyy-MM-dd HH:mm:ss, or empty.
type SentItem struct {
	SenderDocID       string `json:"senderDocId"`   // of the message, as sendEdoc gave it
	ReceiverDocID     string `json:"receiverDocId"` // of the delivery, as the receiver's inbox lists it
	FromCode          string `json:"fromCode"`
	ToCode            string `json:"toCode"`
	ServiceType       string `json:"serviceType"`
	MessageType       string `json:"messageType"`
	Title             string `json:"title"`
	Notation          string `json:"notation"` // number/notation
	SentTime          string `json:"sentTime"`
	ReceivedTime      string `json:"receivedTime"`
	SendStatus        string `json:"sendStatus"` // processing, done, fail or cancellation
	SendStatusDesc    string `json:"sendStatusDesc"`
	ReceiveStatus     string `json:"receiveStatus"` // what the receiver last said; empty before it has fetched the letter
	ReceiveStatusDesc string `json:"receiveStatusDesc"`
}

// sent is getSentEdocList: one row per receiver, newest first, of one letter or of
// the latest 1,000 deliveries.
func (c *call) sent() error {
	items, err := c.sentItems()
	if err != nil {
		return err
	}
	list := listWriter{c: c}
	for i := range items {
		if err := list.add(sentItem(&items[i])); err != nil {
			return list.finish(err)
		}
	}
	return list.finish(nil)
}

func (c *call) sentItems() ([]gateway.InboxItem, error) {
	kind, err := c.kind()
	if err != nil {
		return nil, err
	}
	id, err := c.params.get(paramDocID)
	if err != nil || len(id) > maxDocID {
		return nil, err
	}
	view := gateway.SentView{Kind: kind, Limit: pageLimit}
	if id == "" {
		return c.Gateway.Sent(c.r.Context(), c.principal, view)
	}
	view.Message = gateway.MessageID(id)
	items, err := c.allSent(view)
	if len(items) > 0 || err != nil && !errors.Is(err, gateway.ErrNotFound) {
		return items, err
	}
	return c.sentDelivery(kind, gateway.DeliveryID(id))
}

// allSent lists every receiver of one letter.
func (c *call) allSent(view gateway.SentView) ([]gateway.InboxItem, error) {
	var all []gateway.InboxItem
	for {
		page, err := c.Gateway.Sent(c.r.Context(), c.principal, view)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < view.Limit {
			return all, nil
		}
		view.Offset += len(page)
	}
}

// sentDelivery finds the row whose receiverDocId a client asked for.
func (c *call) sentDelivery(kind edxml.Kind, id gateway.DeliveryID) ([]gateway.InboxItem, error) {
	items, err := c.Gateway.Sent(c.r.Context(), c.principal, gateway.SentView{Kind: kind, Limit: pageLimit})
	for i := range items {
		if items[i].Delivery.ID == id {
			return items[i : i+1], err
		}
	}
	return nil, err
}

func sentItem(i *gateway.InboxItem) SentItem {
	s := SentItem{
		SenderDocID: string(i.Message.ID), ReceiverDocID: string(i.Delivery.ID),
		FromCode: string(i.Message.From), ToCode: string(i.Delivery.Receiver),
		ServiceType: serviceType, MessageType: messageType(i.Message.Kind),
		Title:    i.Message.Subject,
		Notation: edxml.Code{Number: i.Message.Number, Notation: i.Message.Notation}.String(),
		SentTime: itemTime(i.Message.AcceptedAt), ReceivedTime: itemTime(i.Delivery.FetchedAt),
	}
	s.SendStatus, s.SendStatusDesc = sendStatus(&i.Delivery)
	s.ReceiveStatus, s.ReceiveStatusDesc = receiveStatus(&i.Delivery)
	return s
}

// sendStatus says how far a delivery is on its way, in the words of updateStatus.
func sendStatus(d *gateway.Delivery) (word, desc string) {
	switch d.State {
	case gateway.DeliveryQueued:
		if d.Route == gateway.RouteInbox {
			return WordDone, "Đã đến hộp chờ của bên nhận"
		}
		return wordProcessing, "Đang chờ gửi"
	case gateway.DeliverySending:
		return wordProcessing, "Đang gửi"
	case gateway.DeliveryHeld:
		return wordProcessing, "Tạm giữ, chờ quản trị xử lý"
	case gateway.DeliveryFailed:
		return WordFail, "Không gửi được"
	case gateway.DeliveryExpired:
		return WordFail, "Quá hạn mà bên nhận chưa lấy"
	case gateway.DeliveryCancelled:
		return "cancellation", "Đã thu hồi trước khi bên nhận lấy"
	}
	return WordDone, "Đã gửi"
}

// receiveStatus says what the receiver did: its business status when it reported
// one, else what its system did.
func receiveStatus(d *gateway.Delivery) (word, desc string) {
	if word, desc = businessStatus(d.Status); word != "" {
		return word, desc
	}
	switch {
	case d.State == gateway.DeliveryAcknowledged:
		return WordDone, "Đã nhận"
	case d.State == gateway.DeliveryFetched:
		return wordProcessing, "Đã tải, chưa xác nhận"
	case d.State == gateway.DeliveryFailed && d.Cause == gateway.CauseUnreadable:
		return WordFail, "Bên nhận không đọc được"
	}
	return "", ""
}

// businessStatus gives a business status the word that its clients know it by.
func businessStatus(s edxml.StatusCode) (word, desc string) {
	switch s {
	case edxml.StatusInbox:
		return "inbox", "Đã đến"
	case edxml.StatusRejection:
		return "rejection", "Từ chối tiếp nhận"
	case edxml.StatusAcceptance:
		return "acceptance", "Đã tiếp nhận"
	case edxml.StatusAssignment:
		return "assignment", "Phân công"
	case edxml.StatusProcessing:
		return wordProcessing, "Đang xử lý"
	case edxml.StatusFinish:
		return "finish", "Hoàn thành"
	case edxml.StatusCancellation:
		return "cancellation", "Lấy lại"
	case edxml.StatusChangeAcceptance:
		return "change-acceptance", "Đồng ý yêu cầu cập nhật/lấy lại"
	case edxml.StatusChangeRejection:
		return "change-rejection", "Từ chối yêu cầu"
	}
	return "", ""
}
