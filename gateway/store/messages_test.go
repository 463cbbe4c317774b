package store

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

func TestAdmitKeepsEverything(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("H26.99,2030/01/02,12/QĐ-UBND", "H26.99.1", "H26.99.2")
		a.Relations = []gateway.Relation{{Kind: gateway.RelationAnswers, From: "H26.99.7", DocumentID: "other"}}
		admitted := b.admit(a)
		if admitted.Replayed || admitted.Message != a.Message.ID || admitted.DocumentID != a.Message.DocumentID {
			t.Errorf("admitted %+v", admitted)
		}
		ctx, id := t.Context(), a.Message.ID
		message, err := b.Message(ctx, id)
		same(t, "message", message, &a.Message, err)
		original, err := b.Original(ctx, id)
		same(t, "original", original, &a.Original, err)
		deliveries, err := b.DeliveriesOf(ctx, id)
		same(t, "deliveries", deliveries, a.Deliveries, err)
		relations, err := b.Relations(ctx, id)
		same(t, "relations", relations, a.Relations, err)
		receipts, err := b.Receipts(ctx, id)
		same(t, "receipts", receipts, []gateway.Receipt{a.Receipt}, err)
		slim := a.Message
		slim.Attachments = nil
		byDocument, err := b.MessagesByDocument(ctx, a.Message.From, a.Message.DocumentID)
		same(t, "messages by document", byDocument, []gateway.Message{slim}, err)
		same(t, "events", b.kinds(id), []gateway.EventKind{gateway.EventAccepted, gateway.EventQueued, gateway.EventQueued}, nil)
	})
}

func same[T any](t *testing.T, what string, got, want T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ctx := t.Context()
		for name, ask := range map[string]func() error{
			"message":    func() error { _, err := b.Message(ctx, "none"); return err },
			"original":   func() error { _, err := b.Original(ctx, "none"); return err },
			"submission": func() error { _, err := b.Submission(ctx, "none"); return err },
			"delivery":   func() error { _, err := b.Delivery(ctx, "none"); return err },
			"agency":     func() error { _, err := b.Agency(ctx, "none"); return err },
			"system":     func() error { _, err := b.SystemByID(ctx, "none"); return err },
			"credential": func() error { _, err := b.Credential(ctx, "none"); return err },
			"revoke":     func() error { return b.RevokeCredential(ctx, "none", b.clock.now(), "x") },
			"cancel":     func() error { return b.Cancel(ctx, "none", "x") },
			"finish":     func() error { return b.Finish(ctx, gateway.Finish{Delivery: "none"}) },
			"fetch":      func() error { _, err := b.Fetched(ctx, gateway.FetchMark{Delivery: "none"}); return err },
			"receipt": func() error {
				_, err := b.IssueReceipt(ctx, gateway.Receipt{ID: "r", Message: "none"}, "x")
				return err
			},
		} {
			err := ask()
			if !errors.Is(err, gateway.ErrNotFound) || gateway.AsError(err).Code != gateway.CodeNotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAdmitAgainGivesTheFirstReceipt(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		first := b.letter("doc", "H26.99.1")
		second := b.letter("doc", "H26.99.1")
		second.IdempotencyKey = "another key changes nothing"
		b.admit(first)
		again := b.admit(second)
		want := gateway.Admitted{Message: first.Message.ID, DocumentID: "doc", Receipt: first.Receipt, Replayed: true}
		same(t, "replay", again, want, nil)
		found, err := b.Submission(t.Context(), first.Fingerprint)
		same(t, "submission", found, want, err)
		if n := len(b.kinds(first.Message.ID)); n != 2 {
			t.Errorf("%d events, want those of one admission", n)
		}
	})
}

func TestAdmitRefusesWhatContradicts(t *testing.T) {
	keyed := func(a *gateway.Admission, key string) *gateway.Admission { a.IdempotencyKey = key; return a }
	other := func(a *gateway.Admission) *gateway.Admission { // content
		a.ContentKey, a.Fingerprint = digest("other"), digest("other"+a.Fingerprint)
		return a
	}
	system := func(a *gateway.Admission) *gateway.Admission { a.Message.System = "system-9"; return a }
	business := func(a *gateway.Admission, t edxml.BusinessType) *gateway.Admission { a.Message.Business = t; return a }
	for _, test := range []struct {
		name         string
		first, again func(b *bed) *gateway.Admission
		code         gateway.Code
	}{
		{
			"the same key for another letter",
			func(b *bed) *gateway.Admission { return keyed(b.letter("one", "H26.99.1"), "k") },
			func(b *bed) *gateway.Admission { return keyed(b.letter("two", "H26.99.1"), "k") }, gateway.CodeIdempotencyKeyReused,
		},
		{
			"the same key of another system",
			func(b *bed) *gateway.Admission { return keyed(b.letter("one", "H26.99.1"), "k") },
			func(b *bed) *gateway.Admission { return system(keyed(b.letter("two", "H26.99.1"), "k")) }, "",
		},
		{
			"no key twice",
			func(b *bed) *gateway.Admission { return b.letter("one", "H26.99.1") },
			func(b *bed) *gateway.Admission { return b.letter("two", "H26.99.1") }, "",
		},
		{
			"the same DocumentId for other content",
			func(b *bed) *gateway.Admission { return b.letter("doc", "H26.99.1") },
			func(b *bed) *gateway.Admission { return other(b.letter("doc", "H26.99.1")) }, gateway.CodeDuplicateDocument,
		},
		{
			"the same content to others",
			func(b *bed) *gateway.Admission { return b.letter("doc", "H26.99.1") },
			func(b *bed) *gateway.Admission { return b.letter("doc", "H26.99.2") }, "",
		},
		{
			"an update of it",
			func(b *bed) *gateway.Admission { return b.letter("doc", "H26.99.1") },
			func(b *bed) *gateway.Admission {
				return business(other(b.letter("doc", "H26.99.1")), edxml.BusinessUpdate)
			}, "",
		},
		{
			"no DocumentId twice",
			func(b *bed) *gateway.Admission { return b.letter("", "H26.99.1") },
			func(b *bed) *gateway.Admission { return other(b.letter("", "H26.99.1")) }, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bed) {
				b.admit(test.first(b))
				a := test.again(b)
				_, err := b.Admit(t.Context(), a)
				if test.code == "" {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				if !errors.Is(err, gateway.ErrConflict) || gateway.AsError(err).Code != test.code {
					t.Errorf("got %v, want %s", err, test.code)
				}
				if _, err := b.Message(t.Context(), a.Message.ID); !errors.Is(err, gateway.ErrNotFound) {
					t.Errorf("a refused message left something: %v", err)
				}
				earlier, err := b.DuplicateOf(t.Context(), a.Message.From, a.Message.DocumentID, a.ContentKey)
				if err != nil || (earlier != "") != (test.code == gateway.CodeDuplicateDocument) {
					t.Errorf("DuplicateOf: %q, %v", earlier, err)
				}
			})
		})
	}
}

// Every race of admissions has one winner: the same submission from several
// callers, and different letters with one key or one DocumentId.
func TestAdmitRaces(t *testing.T) {
	const callers = 8
	each(t, func(t *testing.T, b *bed) {
		stores := []*Store{b.Store, b.another()}
		race := func(make func() *gateway.Admission) (admitted []gateway.Admitted, errs []error) {
			admitted, errs = []gateway.Admitted{}, []error{}
			var mu sync.Mutex
			var all sync.WaitGroup
			for i := range callers {
				a := make()
				all.Go(func() {
					got, err := stores[i%2].Admit(t.Context(), a)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						errs = append(errs, err)
						return
					}
					admitted = append(admitted, got)
				})
			}
			all.Wait()
			return admitted, errs
		}
		for range 5 {
			document := newID()
			admitted, errs := race(func() *gateway.Admission {
				a := b.letter(document, "H26.99.1", "H26.99.2")
				a.IdempotencyKey = document
				return a
			})
			fresh := 0
			for _, a := range admitted {
				if !a.Replayed {
					fresh++
				}
				if a.Receipt != admitted[0].Receipt {
					t.Errorf("two receipts for one submission: %v, %v", a.Receipt, admitted[0].Receipt)
				}
			}
			if fresh != 1 || len(errs) != 0 {
				t.Fatalf("the same submission: %d fresh, errors %v", fresh, errs)
			}
			key := newID()
			oneWins(t, gateway.CodeIdempotencyKeyReused, callers)(race(func() *gateway.Admission {
				a := b.letter(newID(), "H26.99.1")
				a.IdempotencyKey = key
				return a
			}))
			document = newID()
			oneWins(t, gateway.CodeDuplicateDocument, callers)(race(func() *gateway.Admission {
				a := b.letter(document, "H26.99.1")
				a.ContentKey, a.Fingerprint = newID(), newID()
				return a
			}))
		}
	})
}

func oneWins(t *testing.T, code gateway.Code, callers int) func([]gateway.Admitted, []error) {
	return func(admitted []gateway.Admitted, errs []error) {
		t.Helper()
		if len(admitted) != 1 || len(errs) != callers-1 {
			t.Errorf("%s: %d admitted, errors %v", code, len(admitted), errs)
		}
		for _, err := range errs {
			if gateway.AsError(err).Code != code {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
}

func TestArchiving(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ctx := t.Context()
		mine, theirs := b.letter("mine", "H26.99.1"), b.letter("theirs", "H26.99.1")
		theirs.Node = "node-2"
		b.admit(mine)
		b.admit(theirs)
		list := func(node string, before time.Time) []gateway.MessageID {
			ids, err := b.Unarchived(ctx, node, before, 10)
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		at := mine.Message.AcceptedAt
		same(t, "of this node", list("node-1", at), []gateway.MessageID{mine.Message.ID}, nil)
		same(t, "and old ones of others", list("node-1", at.Add(time.Second)), []gateway.MessageID{mine.Message.ID, theirs.Message.ID}, nil)
		for range 2 {
			if err := b.MarkArchived(ctx, []gateway.Archived{{Message: mine.Message.ID, Key: "records/1", At: at}, {Message: "unknown", Key: "k", At: at}}); err != nil {
				t.Fatal(err)
			}
		}
		if left := list("node-1", at); len(left) != 0 {
			t.Errorf("still unarchived: %v", left)
		}
		m, err := b.Message(ctx, mine.Message.ID)
		if err != nil || m.Record != "records/1" || !m.ArchivedAt.Equal(at) {
			t.Errorf("message %+v, %v", m, err)
		}
		same(t, "events", b.kinds(mine.Message.ID), []gateway.EventKind{gateway.EventAccepted, gateway.EventQueued, gateway.EventArchived}, nil)
	})
}

func TestIssueReceiptOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ctx := t.Context()
		a := b.letter("doc", "H26.99.1")
		b.admit(a)
		r := gateway.Receipt{ID: newID(), Kind: gateway.ReceiptOpening, Message: a.Message.ID, Delivery: a.Deliveries[0].ID, IssuedAt: b.clock.now().Add(time.Second), JWS: "a.b.c"}
		later := r
		later.ID, later.JWS = newID(), "d.e.f"
		got, err := b.IssueReceipt(ctx, r, "gateway")
		same(t, "first", got, r, err)
		got, err = b.IssueReceipt(ctx, later, "gateway")
		same(t, "second", got, r, err)
		all, err := b.Receipts(ctx, a.Message.ID)
		same(t, "receipts", all, []gateway.Receipt{a.Receipt, r}, err)
		events, _ := b.Timeline(ctx, a.Message.ID)
		last := events[len(events)-1]
		if len(events) != 3 || last.Kind != gateway.EventReceipt || last.Sender != "H26.99" || last.Receiver != "H26.99.1" || last.Holder != "H26.99.1" {
			t.Errorf("events %+v", events)
		}
	})
}

func TestSentListsTheNewestFirst(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var all []*gateway.Admission
		for i := range 40 { // more senders than one statement takes
			a := b.letter(newID(), "H26.99.1", "H26.99.2")
			a.Message.From = receivers(40)[i]
			b.admit(a)
			all = append(all, a)
			b.clock.advance(time.Second)
		}
		mute := b.letter(newID())
		b.admit(mute)
		sent := func(q gateway.SentQuery) []gateway.DeliveryID {
			t.Helper()
			items, err := b.Sent(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			ids := make([]gateway.DeliveryID, len(items))
			for i, item := range items {
				ids[i] = item.Delivery.ID
				if item.Message.ID != item.Delivery.Message {
					t.Errorf("delivery of %s came with message %s", item.Delivery.Message, item.Message.ID)
				}
			}
			return ids
		}
		newest, before := all[39].Deliveries, all[38].Deliveries
		everyone := append(receivers(40), "H26.99")
		same(t, "page", sent(gateway.SentQuery{Senders: everyone, Limit: 3}), []gateway.DeliveryID{newest[0].ID, newest[1].ID, before[0].ID}, nil)
		same(t, "one message", sent(gateway.SentQuery{Senders: everyone, Message: all[38].Message.ID, Limit: 9}), []gateway.DeliveryID{before[0].ID, before[1].ID}, nil)
		same(t, "before a moment", sent(gateway.SentQuery{Senders: everyone, To: all[39].Message.AcceptedAt, Limit: 1}), []gateway.DeliveryID{before[0].ID}, nil)
		same(t, "of another kind", sent(gateway.SentQuery{Senders: everyone, Kind: edxml.KindStatus, Limit: 1}), []gateway.DeliveryID{}, nil)
		same(t, "of nobody", sent(gateway.SentQuery{Limit: 1}), []gateway.DeliveryID{}, nil)
		if n := len(sent(gateway.SentQuery{Senders: everyone, From: all[10].Message.AcceptedAt, Limit: 1000})); n != 60 {
			t.Errorf("%d deliveries since the eleventh letter, want 60", n)
		}
	})
}
