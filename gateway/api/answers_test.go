package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/gateway/api/wire"
	"congvan/schemas/edxml"
)

func (h *house) letterAnswers(t *testing.T) {
	ctx, sender := t.Context(), h.as(wardA)
	envelope := h.envelope(wardA, wardB)
	first, err := sender.SubmitEnvelope(ctx, client.Envelope{Body: bytes.NewReader(envelope)})
	h.must(err)
	again, err := sender.SubmitEnvelope(ctx, client.Envelope{Body: bytes.NewReader(envelope), From: wardA, Kind: edxml.KindDocument, To: []gateway.AgencyID{wardB}})
	h.must(err)
	if first.Replayed || !again.Replayed || again.Receipt.JWS != first.Receipt.JWS {
		t.Errorf("second submission: %+v; want the first receipt", again)
	}
	e := letterEnvelope("1000", wardA, wardB)
	_, err = sender.SubmitEnvelope(ctx, client.Envelope{Body: bytes.NewReader(envelopeBytes(t, e, "một"))})
	h.must(err)
	_, err = sender.SubmitEnvelope(ctx, client.Envelope{Body: bytes.NewReader(envelopeBytes(t, e, "hai"))})
	wantCode(t, err, gateway.CodeDuplicateDocument)
	_, err = sender.SubmitEnvelope(ctx, client.Envelope{Body: bytes.NewReader(h.envelope(wardA, "H26.99.77"))})
	wantCode(t, err, gateway.CodeReceiverUnknown)
	_, err = sender.SubmitEnvelope(ctx, client.Envelope{Body: bytes.NewReader(h.envelope(wardB, wardA))})
	wantCode(t, err, gateway.CodeSenderNotAllowed)
	_, err = sender.SubmitEnvelope(ctx, client.Envelope{Body: io.MultiReader(bytes.NewReader(h.envelope(wardA, wardB)), strings.NewReader(strings.Repeat(" ", 5<<20)))})
	wantCode(t, err, gateway.CodeTooLarge)

	id := first.Message
	m, err := sender.Letter(ctx, id)
	h.must(err)
	found, err := sender.FindLetter(ctx, wardA, m.DocumentID)
	h.must(err)
	if found.ID != id || found.SHA256 != m.SHA256 {
		t.Errorf("found %s, looked for %s", found.ID, id)
	}
	_, err = sender.FindLetter(ctx, wardA, "H26.99.01.1,2020/01/01,1/KHONG-CO")
	wantCode(t, err, gateway.CodeNotFound)
	var shown, file bytes.Buffer
	h.must(sender.FetchLetter(ctx, id, &shown))
	if !bytes.Equal(shown.Bytes(), envelope) {
		t.Error("the sender is shown other bytes than it sent")
	}
	h.must(sender.FetchFile(ctx, id, 0, &file))
	if file.String() != "%PDF-1.7\nnội dung" {
		t.Errorf("file: %q", file.String())
	}
	history, err := sender.Timeline(ctx, id)
	h.must(err)
	if len(history.Deliveries) != 1 || len(history.Events) == 0 || history.Deliveries[0].State != gateway.DeliveryQueued {
		t.Errorf("timeline %+v", history)
	}
	all, err := sender.Receipts(ctx, id)
	h.must(err)
	if len(all) != 1 || all[0].JWS != first.Receipt.JWS {
		t.Errorf("receipts %+v", all)
	}
	items, err := sender.Sent(ctx, client.SentQuery{Agency: wardA, Kind: edxml.KindDocument, Message: id, Limit: 5})
	h.must(err)
	if len(items) != 1 || items[0].Message.ID != id {
		t.Errorf("sent %+v", items)
	}
	_, err = sender.Sent(ctx, client.SentQuery{Agency: wardB})
	wantCode(t, err, gateway.CodeNotFound)
}

func (h *house) amendmentAnswers(t *testing.T) {
	ctx, sender := t.Context(), h.as(wardA)
	letter := h.jsonLetter(wardA, wardB)
	sent, err := sender.SubmitLetter(ctx, letter, []client.File{pdf("Công văn.pdf", "một"), pdf("Phụ lục.pdf", "hai")}, "")
	h.must(err)
	again, err := sender.SubmitLetter(ctx, letter, []client.File{pdf("Công văn.pdf", "một"), pdf("Phụ lục.pdf", "hai")}, "")
	h.must(err)
	if !again.Replayed || again.Message != sent.Message {
		t.Errorf("the same letter again: %+v", again)
	}
	m, err := sender.Letter(ctx, sent.Message)
	h.must(err)
	if len(m.Attachments) != 2 || m.Attachments[1].Name != "Phụ lục.pdf" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	type amend func(gateway.Letter) (*gateway.Acceptance, error)
	for name, a := range map[string]amend{
		"update": func(l gateway.Letter) (*gateway.Acceptance, error) {
			return sender.Update(ctx, sent.Message, l, []client.File{pdf("a.pdf", "mới")}, "")
		},
		"replace": func(l gateway.Letter) (*gateway.Acceptance, error) {
			return sender.Replace(ctx, sent.Message, l, []client.File{pdf("a.pdf", "mới")}, "")
		},
	} {
		l := h.jsonLetter(wardA, wardB)
		once, err := a(l)
		h.must(err)
		twice, err := a(l)
		h.must(err)
		if once.Replayed || !twice.Replayed {
			t.Errorf("%s: %+v then %+v", name, once, twice)
		}
		amended, err := sender.Letter(ctx, once.Message)
		h.must(err)
		if want := map[string]edxml.BusinessType{"update": edxml.BusinessUpdate, "replace": edxml.BusinessReplace}[name]; amended.Business != want {
			t.Errorf("%s: business %d", name, amended.Business)
		}
		l.Business = edxml.BusinessRecall
		_, err = a(l)
		wantCode(t, err, gateway.CodeInvalidRequest)
	}
	note := gateway.StatusNote{From: wardB, Message: sent.Message, Code: edxml.StatusAcceptance, Description: "Đã tiếp nhận"}
	h.must(h.as(wardB).FetchLetter(ctx, sent.Message, io.Discard))
	status, err := h.as(wardB).ReportStatus(ctx, note, "status-1")
	h.must(err)
	repeat, err := h.as(wardB).ReportStatus(ctx, note, "status-1")
	h.must(err)
	if status.Replayed || !repeat.Replayed {
		t.Errorf("status: %+v then %+v", status, repeat)
	}
	note.Message = unknown
	_, err = h.as(wardB).ReportStatus(ctx, note, "")
	wantCode(t, err, gateway.CodeNotFound)

	recall := wire.Recall{Reason: "Gửi nhầm"}
	once, err := sender.Recall(ctx, sent.Message, recall, "")
	h.must(err)
	twice, err := sender.Recall(ctx, sent.Message, recall, "")
	h.must(err)
	if once.Replayed || !twice.Replayed {
		t.Errorf("recall: %+v then %+v", once, twice)
	}
}

func (h *house) inboxAnswers(t *testing.T) {
	ctx, receiver := t.Context(), h.as(wardB)
	sent := h.submitted(wardA, wardB)
	n, err := receiver.CountInbox(ctx, client.InboxQuery{Agency: wardB})
	h.must(err)
	items, err := receiver.Inbox(ctx, client.InboxQuery{Agency: wardB, Kind: edxml.KindDocument, Limit: 1000, Lease: 1})
	h.must(err)
	if n == 0 || len(items) == 0 {
		t.Fatalf("inbox of %d, %d listed", n, len(items))
	}
	_, err = receiver.Inbox(ctx, client.InboxQuery{Agency: wardA})
	wantCode(t, err, gateway.CodeNotFound)
	_, err = receiver.CountInbox(ctx, client.InboxQuery{Agency: wardA})
	wantCode(t, err, gateway.CodeNotFound)

	d := h.delivery(sent.Message, wardB)
	wantCode(t, receiver.Acknowledge(ctx, d.ID, ""), gateway.CodeNotFetched)
	sum := sha256.New()
	h.must(receiver.FetchDelivery(ctx, d.ID, sum))
	wantCode(t, receiver.Acknowledge(ctx, d.ID, strings.Repeat("0", 64)), gateway.CodeHashMismatch)
	h.must(receiver.Acknowledge(ctx, d.ID, hex.EncodeToString(sum.Sum(nil))))
	h.must(receiver.Acknowledge(ctx, d.ID, ""))
	done, err := receiver.AcknowledgeAll(ctx, []wire.Ack{{Message: sent.Message}, {Delivery: unknown}})
	h.must(err)
	if done[0].State != gateway.DeliveryAcknowledged || done[1].Problem == nil || done[1].Problem.Code != gateway.CodeNotFound {
		t.Errorf("outcomes %+v", done)
	}
	large := `{"items":[{"message":"` + unknown + `","description":"` + strings.Repeat("x", 1<<20) + `"}]}`
	resp, body := h.exchange(h.request(http.MethodPost, "/v1/acks", wardB, "application/json", strings.NewReader(large)))
	wantProblem(t, resp, body, http.StatusRequestEntityTooLarge, gateway.CodeTooLarge)

	recalled := h.submitted(wardA, wardB)
	_, err = h.as(wardA).Recall(ctx, recalled.Message, wire.Recall{Reason: "Gửi nhầm"}, "")
	h.must(err)
	wantCode(t, receiver.FetchDelivery(ctx, h.delivery(recalled.Message, wardB).ID, io.Discard), gateway.CodeRecalled)
	wantCode(t, receiver.FetchLetter(ctx, recalled.Message, io.Discard), gateway.CodeRecalled)

	f, err := receiver.Events(ctx, "", 1000, 0)
	h.must(err)
	if len(f.Events) == 0 {
		t.Error("no events")
	}
}

func (h *house) directoryAnswers(t *testing.T) {
	ctx, admin := t.Context(), h.as(district)
	first := gateway.Agency{ID: "H26.99.02.1", Name: "Trường Tiểu học số 1", Aliases: []gateway.AgencyID{"000.02.01.H99"}}
	n, err := admin.PutAgencies(ctx, []gateway.Agency{first, {ID: "H26.99.02.2", Name: "Trường Tiểu học số 2"}})
	h.must(err)
	if n != 2 {
		t.Errorf("%d changed; want 2", n)
	}
	_, err = admin.PutAgencies(ctx, []gateway.Agency{{ID: "H26.99.02.3", Name: "Trường khác", Aliases: first.Aliases}})
	wantCode(t, err, gateway.CodeAliasTaken)
	large := []gateway.Agency{{ID: "H26.99.02.4", Name: strings.Repeat("x", 1<<20)}}
	_, err = admin.PutAgencies(ctx, large)
	wantCode(t, err, gateway.CodeTooLarge)
	page, next, err := h.as(wardA).SearchAgencies(ctx, gateway.AgencyQuery{Text: "truong tieu hoc", Limit: 1})
	h.must(err)
	if len(page) != 1 || next != page[0].ID {
		t.Errorf("page %+v, next %q", page, next)
	}
	page, next, err = h.as(wardA).SearchAgencies(ctx, gateway.AgencyQuery{Text: "truong tieu hoc", After: next, Limit: 10})
	h.must(err)
	if len(page) != 1 || next != "" {
		t.Errorf("second page %+v, next %q", page, next)
	}
	a, err := h.as(wardA).Agency(ctx, "000.02.01.H99")
	h.must(err)
	if a.ID != first.ID {
		t.Errorf("by its other code: %s", a.ID)
	}
	wantCode(t, admin.CloseAgency(ctx, "000.02.01.H99", nil), gateway.CodeAliasTaken)
	h.must(admin.CloseAgency(ctx, "H26.99.02.2", []gateway.AgencyID{first.ID}))
	wantCode(t, admin.CloseAgency(ctx, first.ID, []gateway.AgencyID{"H26.99.77"}), gateway.CodeReceiverUnknown)
}

func (h *house) stuckAnswers(t *testing.T) {
	ctx, operator := t.Context(), h.as(district)
	d := h.held()
	items, next, err := h.as(wardA).Stuck(ctx, gateway.StuckQuery{State: gateway.DeliveryHeld, Cause: gateway.CauseNoRoute, Receiver: orphan, Limit: 1})
	h.must(err)
	if len(items) != 1 || next != items[0].Delivery.ID {
		t.Errorf("%d items, next %q", len(items), next)
	}
	if items, _, err = h.as(wardB).Stuck(ctx, gateway.StuckQuery{}); err != nil || len(items) != 0 {
		t.Errorf("what others sent is stuck for ward B: %+v, %v", items, err)
	}
	counts, err := operator.CountStuck(ctx)
	h.must(err)
	if len(counts) == 0 {
		t.Error("nothing counted")
	}
	n, err := operator.Requeue(ctx, wire.Requeue{Delivery: d.ID})
	h.must(err)
	if n != 0 {
		t.Errorf("%d requeued although there is still no way", n)
	}
	_, err = operator.Requeue(ctx, wire.Requeue{All: true, Cause: gateway.CauseNoRoute})
	wantCode(t, err, gateway.CodeInvalidRequest)
	wantCode(t, operator.Redirect(ctx, d.ID, "H26.99.77"), gateway.CodeReceiverUnknown)
	h.must(operator.Redirect(ctx, d.ID, wardB))
	h.must(operator.CancelStuck(ctx, h.held().ID))
	onItsWay := h.delivery(h.submitted(wardA, wardB).Message, wardB)
	wantCode(t, operator.Redirect(ctx, onItsWay.ID, wardA), gateway.CodeNotStuck)
	wantCode(t, operator.CancelStuck(ctx, onItsWay.ID), gateway.CodeNotStuck)
}
