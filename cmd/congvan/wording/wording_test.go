package wording_test

import (
	"testing"

	"congvan/cmd/congvan/wording"
	"congvan/gateway"
)

func TestEvent(t *testing.T) {
	for name, test := range map[string]struct {
		kind gateway.EventKind
		data string
		want string
	}{
		"nothing to add":    {gateway.EventFetched, `{"from":"queued","to":"fetched"}`, "đã tải (fetched)"},
		"no particulars":    {gateway.EventAccepted, "", "tiếp nhận (accepted)"},
		"status":            {gateway.EventStatus, `{"code":"06"}`, "trạng thái (status) 06 Hoàn thành"},
		"unassigned status": {gateway.EventStatus, `{"code":"07"}`, "trạng thái (status) 07"},
		"recall":            {gateway.EventRecall, `{"recall":"agreed"}`, "đồng ý thu hồi (recall agreed)"},
		"successor":         {gateway.EventQueued, `{"addressed":"H26.99.90","redirect":"successor"}`, "chờ nhận (queued), kế thừa (succeeds) H26.99.90"},
		"cancelled":         {gateway.EventCancelled, `{"to":"cancelled","cause":"cancelled"}`, "đã hủy (cancelled)"},
		"recalled unread":   {gateway.EventCancelled, `{"to":"cancelled","cause":"recalled-unread"}`, "hủy vì thu hồi (cancelled, recalled unread)"},
		"a kind of later":   {"letter.weighed", "{}", "letter.weighed"},
	} {
		if got := wording.Event(gateway.Event{Kind: test.kind, Data: []byte(test.data)}); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestEveryStateHasWords(t *testing.T) {
	for _, s := range []gateway.DeliveryState{
		gateway.DeliveryQueued, gateway.DeliverySending, gateway.DeliverySent, gateway.DeliveryFetched, gateway.DeliveryAcknowledged,
		gateway.DeliveryHeld, gateway.DeliveryFailed, gateway.DeliveryExpired, gateway.DeliveryCancelled,
	} {
		if got := wording.State(s); got == string(s) || got == "delivery."+string(s) {
			t.Errorf("%s has no words", s)
		}
	}
}
