package wording_test

import (
	"encoding/json"
	"testing"
	"time"

	"congvan/cmd/congvan/wording"
	"congvan/gateway"
	"congvan/signer"
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

func TestWordsOfAJudgement(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	why := signer.Reason{Code: "page-content-changed", Vi: "Nội dung trang 1 đã bị sửa sau khi ký.", En: "The content of page 1 was changed after signing."}
	for _, c := range []struct {
		name    string
		summary gateway.JudgementSummary
		want    string
	}{
		{"passed", gateway.JudgementSummary{
			Name: "cong-van.pdf", Indication: signer.TotalPassed,
			Signatures: []gateway.SignatureSummary{{Signer: "Nguyễn Thị Vĩnh", Agency: "UBND phường", Indication: signer.TotalPassed, Level: signer.LevelBT, SigningTime: &at}},
		}, "chữ ký số của (signatures of) cong-van.pdf: hợp lệ (valid); Nguyễn Thị Vĩnh, UBND phường [B-T] 2026-11-02T10:04:05+07:00"},
		{"failed", gateway.JudgementSummary{
			Name: "cong-van.pdf", Indication: signer.TotalFailed, SubIndication: signer.FormatFailure, Reasons: []signer.Reason{why},
		}, "chữ ký số của (signatures of) cong-van.pdf: KHÔNG HỢP LỆ (not valid) FORMAT_FAILURE; Nội dung trang 1 đã bị sửa sau khi ký. (The content of page 1 was changed after signing.)"},
		{
			"the envelope",
			gateway.JudgementSummary{Part: gateway.PartEnvelope, Indication: signer.Indeterminate},
			"chữ ký số của (signatures of) gói tin (envelope): chưa xác định (indeterminate)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := json.Marshal(c.summary)
			if err != nil {
				t.Fatal(err)
			}
			if got := wording.Event(gateway.Event{Kind: gateway.EventJudged, Data: data}); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
