package gateway_test

import (
	"bytes"
	"testing"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

func TestRecallUnreadIsNeverSeen(t *testing.T) {
	h := newHouse(t)
	a := h.send(letter("01", district, wardA, wardB), "x")
	h.take(wardB)
	r, err := h.RecallLetter(t.Context(), principal(district), gateway.Recall{Message: a.Message, Reason: "Ban hành nhầm"}, "")
	if err != nil {
		t.Fatal(err, findings(err))
	}
	if n := len(h.inbox(wardA)); n != 0 {
		t.Errorf("ward A, who had not fetched it, sees %d items", n)
	}
	d := h.deliveries(a.Message)
	if d[wardA].State != gateway.DeliveryCancelled || d[wardA].Recall != gateway.RecallAgreed {
		t.Errorf("ward A: %+v", d[wardA])
	}
	if d[wardB].State != gateway.DeliveryAcknowledged || d[wardB].Recall != gateway.RecallRequested {
		t.Errorf("ward B: %+v", d[wardB])
	}
	items := h.inbox(wardB)
	if len(items) != 1 || items[0].Message.ID != r.Message || items[0].Message.Business != edxml.BusinessRecall {
		t.Fatalf("ward B's inbox: %+v", items)
	}
	if _, err := h.Fetch(t.Context(), principal(wardA), gateway.Item{Message: a.Message}); codeOf(err) != gateway.CodeRecalled {
		t.Errorf("fetch of a recalled letter: %v", err)
	}
	again, err := h.RecallLetter(t.Context(), principal(district), gateway.Recall{Message: a.Message, Reason: "Ban hành nhầm"}, "")
	h.must(err)
	if again.Message != r.Message {
		t.Error("recalled twice")
	}
}

func TestRecallAnswered(t *testing.T) {
	for code, want := range map[edxml.StatusCode]gateway.RecallState{
		edxml.StatusChangeAcceptance: gateway.RecallAgreed, edxml.StatusChangeRejection: gateway.RecallRefused,
	} {
		h := newHouse(t)
		e := letter("01", district, wardA)
		a := h.send(e, "x")
		h.take(wardA)
		h.send(status(district, wardA, e.DocumentID, edxml.StatusCancellation, "Xin lấy lại"), "")
		if d := h.deliveries(a.Message)[wardA]; d.Recall != gateway.RecallRequested {
			t.Fatalf("after 13: %+v", d)
		}
		h.send(status(wardA, district, e.DocumentID, code, "Trả lời"), "")
		if d := h.deliveries(a.Message)[wardA]; d.Recall != want {
			t.Errorf("after %s: %q, want %q", code, d.Recall, want)
		}
	}
}

func TestNobodyRecallsAnothersLetter(t *testing.T) {
	h := newHouse(t)
	e := letter("01", district, wardA)
	a := h.send(e, "x")
	if _, err := h.RecallLetter(t.Context(), principal(wardA), gateway.Recall{Message: a.Message}, ""); codeOf(err) != gateway.CodeNotFound {
		t.Errorf("receiver recalls: %v", err)
	}
	if _, err := h.RecallLetter(t.Context(), principal(wardB), gateway.Recall{Message: a.Message}, ""); codeOf(err) != gateway.CodeNotFound {
		t.Errorf("stranger recalls: %v", err)
	}
	// a recall in ward B's own name that points at the district's letter changes nothing
	r := letter("09", wardB, wardA)
	r.Business = edxml.Business{Present: true, Type: edxml.BusinessRecall, Paper: "0"}
	r.ResponseFor = []edxml.ResponseFor{{OrganID: district, Code: "01/UBND-VP", PromulgationDate: "2026/11/02", DocumentID: e.DocumentID}}
	h.send(r, "x")
	if d := h.deliveries(a.Message)[wardA]; d.State != gateway.DeliveryQueued || d.Recall != gateway.RecallNone {
		t.Errorf("a stranger's recall took effect: %+v", d)
	}
}

func TestStatusesAreKeptAndFlagged(t *testing.T) {
	h := newHouse(t)
	e := letter("01", district, wardA)
	a := h.send(e, "x")
	h.take(wardA)
	for _, code := range []edxml.StatusCode{"01", "03", "06", "04"} {
		h.send(status(wardA, district, e.DocumentID, code, "ghi chú "+string(code)), "")
	}
	if d := h.deliveries(a.Message)[wardA]; d.Status != "04" {
		t.Errorf("last status %q", d.Status)
	}
	hist, err := h.Timeline(t.Context(), principal(district), a.Message)
	h.must(err)
	var flagged int
	for _, ev := range hist.Events {
		if ev.Kind == gateway.EventStatus && bytes.Contains(ev.Data, []byte(gateway.FlagOutOfOrder)) {
			flagged++
		}
	}
	if flagged != 1 {
		t.Errorf("%d flagged statuses, want 1 (04 after 06)", flagged)
	}
	if n := len(h.inbox(district)); n != 4 {
		t.Errorf("sender got %d statuses, want 4", n)
	}
}

func TestStatusFlag(t *testing.T) {
	at := func(last edxml.StatusCode, r gateway.RecallState) *gateway.Delivery {
		return &gateway.Delivery{Status: last, Recall: r}
	}
	for name, test := range map[string]struct {
		d    *gateway.Delivery
		next edxml.StatusCode
		want string
	}{
		"no such letter":                {nil, "03", gateway.FlagUnknownLetter},
		"the first word":                {at("", ""), "01", ""},
		"accepted unseen":               {at("", ""), "03", gateway.FlagOutOfOrder},
		"refused":                       {at("01", ""), "02", ""},
		"accepted after refusal":        {at("02", ""), "03", gateway.FlagOutOfOrder},
		"assigned":                      {at("03", ""), "04", ""},
		"in work after assignment":      {at("04", ""), "05", ""},
		"done after work":               {at("05", ""), "06", ""},
		"done after assignment":         {at("04", ""), "06", ""},
		"back to work":                  {at("06", ""), "05", gateway.FlagOutOfOrder},
		"agrees to a recall":            {at("05", gateway.RecallRequested), "15", ""},
		"agrees unread":                 {at("", gateway.RecallRequested), "15", ""},
		"declines a recall":             {at("03", gateway.RecallRequested), "16", ""},
		"agrees to nothing":             {at("03", ""), "15", gateway.FlagOutOfOrder},
		"works on instead of an answer": {at("03", gateway.RecallRequested), "05", gateway.FlagOutOfOrder},
		"the recall itself":             {at("03", gateway.RecallRequested), "13", ""},
		"nothing follows agreement":     {at("15", gateway.RecallAgreed), "05", gateway.FlagOutOfOrder},
		"work goes on after declining":  {at("16", gateway.RecallRefused), "06", ""},
		"a code without a meaning":      {at("03", ""), "07", gateway.FlagOutOfOrder},
	} {
		if got := gateway.StatusFlag(test.d, false, test.next); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestAgreeingToAnUpdateIsInOrder(t *testing.T) {
	h := newHouse(t)
	e := letter("01", district, wardA)
	a := h.send(e, "x")
	h.take(wardA)
	h.send(status(wardA, district, e.DocumentID, "01", "đã đến"), "")
	h.send(status(wardA, district, e.DocumentID, "03", "đã tiếp nhận"), "")
	h.send(status(wardA, district, e.DocumentID, "15", "đồng ý, khi chưa ai hỏi"), "")
	if n := h.flagged(a.Message); n != 1 {
		t.Errorf("%d flagged before the update, want 1", n)
	}

	f := letter("02", district, wardA)
	h.send(f, "x")
	h.take(wardA)
	update := letter("02", district, wardA)
	update.Business = edxml.Business{Present: true, Type: edxml.BusinessUpdate, DocumentID: f.DocumentID, DocumentInfo: "1", DocumentReceiver: "0", Paper: "0"}
	u := h.send(update, "y")
	h.take(wardA)
	h.send(status(wardA, district, f.DocumentID, "15", "đồng ý cập nhật"), "")
	if n := h.flagged(u.Message); n != 0 {
		t.Errorf("agreeing to an update was flagged")
	}
}

// flagged counts the statuses about a message that were flagged out of order.
func (h *house) flagged(id gateway.MessageID) int {
	h.t.Helper()
	events, err := h.store.Timeline(h.t.Context(), id)
	h.must(err)
	n := 0
	for _, e := range events {
		if e.Kind == gateway.EventStatus && bytes.Contains(e.Data, []byte(gateway.FlagOutOfOrder)) {
			n++
		}
	}
	return n
}

func TestStatusAboutUnknownLetterIsFlagged(t *testing.T) {
	h := newHouse(t)
	h.send(status(wardA, district, "H26.99.01,2026/11/02,77/UBND-VP", edxml.StatusAcceptance, "?"), "")
	if n := len(h.inbox(district)); n != 1 {
		t.Errorf("sender got %d statuses", n)
	}
}

func TestReceipts(t *testing.T) {
	h := newHouse(t)
	e := letter("01", district, wardA, wardB)
	a := h.send(e, "x")
	h.take(wardA)
	h.send(status(wardA, district, e.DocumentID, edxml.StatusRejection, "Gửi nhầm nơi nhận"), "")
	first, err := h.Receipts(t.Context(), principal(district), a.Message)
	h.must(err)
	var kinds []gateway.ReceiptKind
	for _, r := range first {
		kinds = append(kinds, r.Kind)
	}
	want := []gateway.ReceiptKind{gateway.ReceiptSubmission, gateway.ReceiptOpening, gateway.ReceiptDelivery, gateway.ReceiptRefusal}
	if len(kinds) != len(want) {
		t.Fatalf("receipts %v, want %v", kinds, want)
	}
	for _, r := range first[1:] {
		copied, err := h.objects.Get(t.Context(), "2026/11/02/"+string(a.Message)+"."+r.ID+".jws")
		if err != nil || string(copied) != r.JWS {
			t.Errorf("the archive's copy of receipt %s: %v", r.Kind, err)
		}
	}
	again, err := h.Receipts(t.Context(), principal(district), a.Message)
	h.must(err)
	for i := range again {
		if again[i].JWS != first[i].JWS {
			t.Errorf("receipt %d changed", i)
		}
	}
	if _, err := h.Receipts(t.Context(), principal(wardA), a.Message); codeOf(err) != gateway.CodeNotFound {
		t.Errorf("a receiver reads the sender's receipts: %v", err)
	}
}
