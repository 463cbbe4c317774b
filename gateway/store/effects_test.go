package store

import (
	"strings"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// recallOf makes the recall of a letter, to the same receivers.
func (b *bed) recallOf(document string, receivers ...gateway.AgencyID) *gateway.Admission {
	a := b.letter("recall of "+document+newID(), receivers...)
	a.Message.Business = edxml.BusinessRecall
	a.Relations = []gateway.Relation{{Kind: gateway.RelationRecalls, From: "H26.99", DocumentID: document}}
	return a
}

// statusOf makes a status message of H26.99.1 about a letter, or of the letter's
// sender with code 13.
func (b *bed) statusOf(document string, code edxml.StatusCode) *gateway.Admission {
	from, to := gateway.AgencyID("H26.99.1"), gateway.AgencyID("H26.99")
	if code == edxml.StatusCancellation {
		from, to = to, from
	}
	a := b.letter(document, to)
	a.Message.Kind, a.Message.From, a.Message.StatusCode = edxml.KindStatus, from, code
	a.Fingerprint, a.ContentKey = newID(), newID()
	a.Status = &gateway.StatusChange{Sender: "H26.99", Receiver: "H26.99.1", DocumentID: document, Code: code, Description: "mô tả", At: b.clock.now()}
	return a
}

// TestRecall tells for each state of the letter what becomes of it and of the recall.
func TestRecall(t *testing.T) {
	prepare := map[string]func(b *bed, a *gateway.Admission){
		"queued in the inbox":  func(b *bed, a *gateway.Admission) { b.admit(a) },
		"queued for a carrier": func(b *bed, a *gateway.Admission) { b.admit(by("axis", a)) },
		"fetched":              func(b *bed, a *gateway.Admission) { b.admit(a); b.fetch(a.Deliveries[0]) },
		"acknowledged": func(b *bed, a *gateway.Admission) {
			b.admit(a)
			b.fetch(a.Deliveries[0])
			b.acknowledge(a.Deliveries[0])
		},
		"sending": func(b *bed, a *gateway.Admission) { b.admit(by("axis", a)); b.claim("w", 1) },
		"sending, lease ran out": func(b *bed, a *gateway.Admission) {
			b.admit(by("axis", a))
			b.claim("w", 1)
			b.clock.advance(time.Hour)
		},
		"sent":                   func(b *bed, a *gateway.Admission) { b.sent(a, gateway.DeliverySent, "") },
		"failed":                 func(b *bed, a *gateway.Admission) { b.sent(a, gateway.DeliveryFailed, gateway.CauseRejected) },
		"queued after a failure": func(b *bed, a *gateway.Admission) { b.sent(a, gateway.DeliveryQueued, "") },
		"in doubt, held":         func(b *bed, a *gateway.Admission) { b.sent(a, gateway.DeliveryHeld, gateway.CauseUnknownOutcome) },
		"in doubt, queued":       func(b *bed, a *gateway.Admission) { b.sent(a, gateway.DeliveryQueued, gateway.CauseUnknownOutcome) },
		"unreadable after fetch": func(b *bed, a *gateway.Admission) { b.admit(a); b.unreadable(a) },
		"expired":                func(b *bed, a *gateway.Admission) { b.admit(a); b.clock.advance(40 * 24 * time.Hour); b.expire() },
		"recalled before":        func(b *bed, a *gateway.Admission) { b.admit(a); b.admit(b.recallOf("doc", "H26.99.1")) },
		"to an alias":            func(b *bed, a *gateway.Admission) { a.Deliveries[0].Receiver = "H26.99.1b"; b.admit(a) },
		"never here":             func(*bed, *gateway.Admission) {},
		"another sender's":       func(b *bed, a *gateway.Admission) { a.Message.From = "H26.99.8"; b.admit(a) },
		"to another receiver only": func(b *bed, a *gateway.Admission) {
			a.Deliveries[0].Receiver, a.Deliveries[0].Addressed = "H26.99.3", "H26.99.3"
			b.admit(a)
		},
	}
	unread := "cancelled recalled-unread agreed, recall cancelled recalled-unread"
	for name, want := range map[string]string{
		"queued in the inbox":      unread,
		"queued for a carrier":     unread,
		"failed":                   unread,
		"queued after a failure":   unread,
		"expired":                  unread,
		"recalled before":          unread,
		"to an alias":              unread,
		"fetched":                  "fetched  requested, recall queued ",
		"acknowledged":             "acknowledged  requested, recall queued ",
		"sending":                  "sending  requested, recall queued ",
		"sending, lease ran out":   "sending  requested, recall queued ",
		"sent":                     "sent  requested, recall queued ",
		"in doubt, held":           "held unknown-outcome requested, recall queued ",
		"in doubt, queued":         "queued unknown-outcome requested, recall queued ",
		"unreadable after fetch":   "failed unreadable requested, recall queued ",
		"never here":               ", recall queued ",
		"another sender's":         "queued  , recall queued ",
		"to another receiver only": "queued  , recall queued ",
	} {
		if prepare[name] == nil {
			t.Fatalf("%s is not prepared", name)
		}
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bed) {
				a := b.letter("doc", "H26.99.1")
				prepare[name](b, a)
				recall := b.recallOf("doc", "H26.99.1")
				b.admit(recall)
				got := ""
				if d, err := b.Delivery(t.Context(), a.Deliveries[0].ID); err == nil {
					got = string(d.State) + " " + d.Cause + " " + string(d.Recall)
				}
				r := b.delivery(recall.Deliveries[0].ID)
				if got += ", recall " + string(r.State) + " " + r.Cause; got != want {
					t.Errorf("%s\nwant %s", got, want)
				}
			})
		})
	}
	if len(prepare) != 18 {
		t.Errorf("%d cases are prepared, 18 are told", len(prepare))
	}
}

// sent takes a letter by the carrier to an end of the first attempt.
func (b *bed) sent(a *gateway.Admission, to gateway.DeliveryState, cause string) {
	b.t.Helper()
	b.admit(by("axis", a))
	b.claim("w", 1)
	err := b.Finish(b.t.Context(), gateway.Finish{
		Delivery: a.Deliveries[0].ID, Owner: "w", To: to, Cause: cause, NextAt: b.clock.now(),
		Attempt: gateway.Attempt{At: b.clock.now(), Carrier: "axis", Class: gateway.AttemptOK},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) unreadable(a *gateway.Admission) {
	b.t.Helper()
	b.fetch(a.Deliveries[0])
	_, err := b.Acknowledge(b.t.Context(), []gateway.Acknowledgement{{Message: a.Message.ID, Unreadable: true, At: b.clock.now()}}, receivers(1), "system-2")
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) expire() {
	b.t.Helper()
	if _, err := b.Expire(b.t.Context(), b.clock.now(), 100); err != nil {
		b.t.Fatal(err)
	}
}

func TestRecalledLetterIsGone(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("doc", "H26.99.1", "H26.99.2")
		b.admit(a)
		b.fetch(a.Deliveries[1])
		recall := b.recallOf("doc", "H26.99.1", "H26.99.2")
		b.admit(recall)
		_, err := b.Fetched(t.Context(), gateway.FetchMark{Delivery: a.Deliveries[0].ID, Holders: receivers(1), At: b.clock.now()})
		if gateway.AsError(err).Code != gateway.CodeRecalled {
			t.Errorf("fetched a recalled letter: %v", err)
		}
		if o := b.acknowledge(a.Deliveries[0]); gateway.AsError(o.Err).Code != gateway.CodeRecalled {
			t.Errorf("acknowledged a recalled letter: %+v", o)
		}
		same(t, "inbox of the one who had not read it", b.inbox(gateway.InboxQuery{Holders: receivers(1)}), []gateway.DeliveryID{}, nil)
		same(t, "inbox of the one who had", b.inbox(gateway.InboxQuery{Holders: receivers(2)[1:]}),
			[]gateway.DeliveryID{a.Deliveries[1].ID, recall.Deliveries[1].ID}, nil)
		same(t, "events of the letter", b.kinds(a.Message.ID), []gateway.EventKind{
			gateway.EventAccepted, gateway.EventQueued, gateway.EventQueued,
			gateway.EventFetched, gateway.EventCancelled, gateway.EventRecall,
		}, nil)
		same(t, "events of the recall", b.kinds(recall.Message.ID), []gateway.EventKind{gateway.EventAccepted, gateway.EventCancelled, gateway.EventQueued}, nil)
	})
}

func TestStatus(t *testing.T) {
	fetched := func(b *bed, a *gateway.Admission) { b.admit(a); b.fetch(a.Deliveries[0]) }
	asked := func(b *bed, a *gateway.Admission) { fetched(b, a); b.admit(b.recallOf("doc", "H26.99.1")) }
	sent := func(b *bed, a *gateway.Admission) { b.sent(a, gateway.DeliverySent, "") }
	for _, test := range []struct {
		name    string
		prepare func(*bed, *gateway.Admission)
		code    edxml.StatusCode
		want    string
		events  []gateway.EventKind // of the letter, after the status
	}{
		{"accepted", fetched, "03", "fetched 03 ", []gateway.EventKind{gateway.EventStatus}},
		{"refused", fetched, "02", "fetched 02 ", []gateway.EventKind{gateway.EventStatus}},
		{"proves that it arrived", sent, "01", "fetched 01 ", []gateway.EventKind{gateway.EventStatus, gateway.EventFetched}},
		{"gives it back", asked, "15", "fetched 15 agreed", []gateway.EventKind{gateway.EventStatus, gateway.EventRecall}},
		{"keeps it", asked, "16", "fetched 16 refused", []gateway.EventKind{gateway.EventStatus, gateway.EventRecall}},
		{"agrees to nothing", fetched, "15", "fetched 15 ", []gateway.EventKind{gateway.EventStatus}},
		{"asks it back", fetched, "13", "fetched  requested", []gateway.EventKind{gateway.EventRecall, gateway.EventStatus}},
		{"asks it back unread", func(b *bed, a *gateway.Admission) { b.admit(a) }, "13", "cancelled  agreed", []gateway.EventKind{gateway.EventCancelled, gateway.EventStatus}},
		{"without a meaning", func(b *bed, a *gateway.Admission) { fetched(b, a); b.admit(b.statusOf("doc", "03")) }, "07", "fetched 03 ", []gateway.EventKind{gateway.EventStatus}},
		{"while it is still queued", func(b *bed, a *gateway.Admission) { b.admit(a) }, "01", "queued 01 ", []gateway.EventKind{gateway.EventStatus}},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bed) {
				a := b.letter("doc", "H26.99.1")
				test.prepare(b, a)
				before := len(b.kinds(a.Message.ID))
				status := b.statusOf("doc", test.code)
				b.admit(status)
				d := b.delivery(a.Deliveries[0].ID)
				if got := string(d.State) + " " + string(d.Status) + " " + string(d.Recall); got != test.want {
					t.Errorf("%q, want %q", got, test.want)
				}
				same(t, "events", b.kinds(a.Message.ID)[before:], test.events, nil)
			})
		})
	}
}

func TestStatusOfAnUnknownLetterIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		status := b.statusOf("never seen", "03")
		b.admit(status)
		events, err := b.Timeline(t.Context(), status.Message.ID)
		if err != nil || len(events) != 3 || events[2].Kind != gateway.EventStatus {
			t.Fatal(events, err)
		}
		if want := `"flag":"unknown-letter"`; !strings.Contains(string(events[2].Data), want) {
			t.Errorf("%s lacks %s", events[2].Data, want)
		}
	})
}
