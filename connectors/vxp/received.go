package vxp

import (
	"math"
	"strconv"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// ReceivedItem is one delivery that waits in an inbox. Moments are Vietnam local
// time, yyyy-MM-dd HH:mm:ss.
type ReceivedItem struct {
	DocID         string `json:"docId"` // of the delivery, to fetch and acknowledge it with
	ServiceType   string `json:"serviceType"`
	MessageType   string `json:"messageType"` // edoc or status
	CreatedTime   string `json:"created_time"`
	UpdatedTime   string `json:"updated_time"`
	From          string `json:"from"`
	To            string `json:"to"`
	Status        string `json:"status"` // inbox, or processing once it was fetched
	StatusDesc    string `json:"status_desc"`
	ContentSHA256 string `json:"contentSha256,omitempty"`
	ContentLength int64  `json:"contentLength,omitempty"`
	VersionSDK    string `json:"versionSdk"`
}

// pageLimit is the most that the gateway gives at once.
const pageLimit = 1000

// received is getReceivedEdocList: what waits for the system's agencies, urgent
// letters first, then oldest first. An item stays until it is acknowledged, and one
// that comes between two pages may be listed twice; both are harmless to a client.
func (c *call) received() error {
	view, limit, err := c.inboxView()
	if err != nil {
		return err
	}
	list := listWriter{c: c}
	return list.finish(c.inboxItems(view, limit, &list))
}

func (c *call) inboxItems(view gateway.InboxView, limit int, list *listWriter) error {
	for limit > 0 {
		view.Limit = min(limit, pageLimit)
		items, err := c.Gateway.Inbox(c.r.Context(), c.principal, view)
		if err != nil {
			return err
		}
		for i := range items {
			if err := list.add(receivedItem(&items[i])); err != nil {
				return err
			}
		}
		if len(items) < view.Limit {
			return nil
		}
		view.Offset += len(items)
		limit -= len(items)
	}
	return nil
}

func receivedItem(i *gateway.InboxItem) ReceivedItem {
	status, desc := "inbox", "Chờ nhận"
	if i.Delivery.State == gateway.DeliveryFetched {
		status, desc = wordProcessing, "Đã tải, chưa xác nhận"
	}
	item := ReceivedItem{
		DocID: string(i.Delivery.ID), ServiceType: serviceType, MessageType: messageType(i.Message.Kind),
		CreatedTime: itemTime(i.Delivery.QueuedAt), UpdatedTime: itemTime(i.Delivery.UpdatedAt),
		From: string(i.Message.From), To: string(i.Delivery.Receiver),
		Status: status, StatusDesc: desc,
		ContentSHA256: i.Message.SHA256, VersionSDK: protocolVersion,
	}
	// A client that keeps lengths in 32 bits would fail over the whole list.
	if i.Message.Size <= math.MaxInt32 {
		item.ContentLength = i.Message.Size
	}
	return item
}

// inboxView reads what part of the inbox is asked for.
func (c *call) inboxView() (v gateway.InboxView, limit int, err error) {
	if v.Kind, err = c.kind(); err != nil {
		return v, 0, err
	}
	if v.From, err = c.moment(paramFromDate); err != nil {
		return v, 0, err
	}
	if v.To, err = c.moment(paramToDate); err != nil {
		return v, 0, err
	}
	if !v.To.IsZero() {
		v.To = v.To.Add(time.Second) // the last second is wanted too
	}
	v.Offset, limit, err = c.page()
	return v, limit, err
}

// moment reads a date parameter; the zero time when it is absent.
func (c *call) moment(name string) (time.Time, error) {
	text, err := c.params.get(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation(layoutFilter, text, edxml.VietnamZone)
	if err != nil {
		return t, &gateway.Error{Code: gateway.CodeInvalidRequest, Place: prefix + name, Err: err}
	}
	return t, nil
}

// page reads pageSize and pageIndex. Pages 0 and 1 are both the first, so that a
// client misses nothing whether it counts from one or the other.
func (c *call) page() (offset, limit int, err error) {
	size, err := c.number(paramPageSize)
	if err != nil {
		return 0, 0, err
	}
	index, err := c.number(paramPageIndex)
	if err != nil {
		return 0, 0, err
	}
	if size == 0 {
		return 0, c.ListLimit, nil
	}
	size = min(size, c.ListLimit)
	return size * max(index-1, 0), size, nil
}

// maxNumber bounds the numbers that a client may give.
const maxNumber = 1_000_000

// number reads a parameter that counts something; 0 when it is absent.
func (c *call) number(name string) (int, error) {
	text, err := c.params.get(name)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxNumber {
		return 0, gateway.Errorf(gateway.CodeInvalidRequest, prefix+name, "not a number within 0…%d", maxNumber)
	}
	return n, nil
}

// countDocuments is countReceiveEdoc.
func (c *call) countDocuments() error { return c.count(edxml.KindDocument) }

// countStatuses is countReceiveStatus.
func (c *call) countStatuses() error { return c.count(edxml.KindStatus) }

func (c *call) count(k edxml.Kind) error {
	n, err := c.Gateway.CountInbox(c.r.Context(), c.principal, gateway.InboxView{Kind: k})
	if err != nil {
		return err
	}
	a := done()
	a.Count = &n
	c.answer(a)
	return nil
}
