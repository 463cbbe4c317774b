package gateway_test

import (
	"bytes"
	"testing"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

func TestWhereALetterGoes(t *testing.T) {
	tests := []struct {
		name, to string
		want     gateway.Delivery
	}{
		{"an agency of ours", wardA, gateway.Delivery{Receiver: wardA, Holder: wardA, Route: gateway.RouteInbox, State: gateway.DeliveryQueued}},
		{"its other code", oldCodeA, gateway.Delivery{Receiver: wardA, Holder: wardA, Redirect: gateway.RedirectAlias, Route: gateway.RouteInbox, State: gateway.DeliveryQueued}},
		{"a closed code", merged, gateway.Delivery{Receiver: wardB, Holder: wardB, Redirect: gateway.RedirectSuccessor, Route: gateway.RouteInbox, State: gateway.DeliveryQueued}},
		{"a code that was split", split, gateway.Delivery{Receiver: split, Redirect: gateway.RedirectSuccessor, Route: gateway.RouteInbox, State: gateway.DeliveryHeld, Cause: gateway.CauseSplitSuccessors}},
		{"a school that its ward represents", school, gateway.Delivery{Receiver: school, Holder: wardA, Redirect: gateway.RedirectRepresentative, Route: gateway.RouteInbox, State: gateway.DeliveryQueued}},
		{"nobody serves it", orphan, gateway.Delivery{Receiver: orphan, Route: gateway.RouteInbox, State: gateway.DeliveryHeld, Cause: gateway.CauseNoRoute}},
		{"beyond the axis", city, gateway.Delivery{Receiver: city, Route: gateway.RouteAxis, State: gateway.DeliveryQueued}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			a := h.send(letter("01", district, tt.to), "x")
			all, err := h.store.DeliveriesOf(t.Context(), a.Message)
			h.must(err)
			d := all[0]
			got := gateway.Delivery{Receiver: d.Receiver, Holder: d.Holder, Redirect: d.Redirect, Route: d.Route, State: d.State, Cause: d.Cause}
			if len(all) != 1 || got != tt.want || string(d.Addressed) != tt.to {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestTwoCodesOfOneReceiverGiveOneDelivery(t *testing.T) {
	h := newHouse(t)
	h.send(letter("01", district, wardB, merged, wardA, oldCodeA), "x")
	for _, ward := range []string{wardA, wardB} {
		if n := len(h.inbox(ward)); n != 1 {
			t.Errorf("%s got %d letters", ward, n)
		}
	}
}

func TestLoopGuard(t *testing.T) {
	h := newHouse(t)
	e := letter("01", city, city)
	e.Trace = append(e.Trace, edxml.TraceHeader{OrganID: district, Timestamp: "2026/11/02 09:10:00"})
	a, err := h.Accept(t.Context(), axis(), gateway.Submission{Body: bytes.NewReader(bytesOf(t, e, "x"))})
	h.must(err)
	if d := h.deliveries(a.Message)[city]; d.State != gateway.DeliveryHeld || d.Cause != gateway.CauseLoop {
		t.Errorf("%+v", d)
	}
}

func TestAxisBringsLettersOfOthersOnly(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Accept(t.Context(), axis(), gateway.Submission{Body: bytes.NewReader(bytesOf(t, letter("01", city, wardA), "x"))}); err != nil {
		t.Error(err)
	}
	_, err := h.Accept(t.Context(), axis(), gateway.Submission{Body: bytes.NewReader(bytesOf(t, letter("02", wardB, wardA), "x"))})
	if codeOf(err) != gateway.CodeSenderNotAllowed {
		t.Errorf("the axis may send as one of ours: %v", err)
	}
}

func TestHeldLettersGoOnWhenTheWayIsOpen(t *testing.T) {
	h := newHouse(t)
	a := h.send(letter("01", district, orphan, split), "x")
	n, err := h.Requeue(t.Context(), h.admin(), gateway.StuckQuery{})
	h.must(err)
	if n != 0 {
		t.Errorf("%d requeued although nothing changed", n)
	}
	h.connect(orphan, orphan)
	n, err = h.Requeue(t.Context(), h.admin(), gateway.StuckQuery{Cause: gateway.CauseNoRoute})
	h.must(err)
	if n != 1 || len(h.inbox(orphan)) != 1 {
		t.Errorf("%d requeued, inbox has %d", n, len(h.inbox(orphan)))
	}
	h.must(h.Redirect(t.Context(), h.admin(), h.deliveries(a.Message)[split].ID, wardB))
	if len(h.inbox(wardB)) != 1 {
		t.Error("redirected letter is not there")
	}
	counts, err := h.CountStuck(t.Context(), h.admin())
	h.must(err)
	if len(counts) != 0 {
		t.Errorf("still stuck: %+v", counts)
	}
}

func TestUrgentFirst(t *testing.T) {
	h := newHouse(t)
	for i, priority := range []edxml.Priority{0, 1, 3, 2, 0} {
		e := letter([]string{"01", "02", "03", "04", "05"}[i], district, wardA)
		e.Other.Priority = priority
		h.send(e, "x")
	}
	var got []string
	for _, i := range h.inbox(wardA) {
		got = append(got, i.Message.Number)
	}
	want := []string{"03", "04", "02", "01", "05"}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("order %v, want %v", got, want)
		}
	}
}
