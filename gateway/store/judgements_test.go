package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/signer"
)

func judgement(a *gateway.Admission, at, next time.Time, v signer.Verdict) gateway.Judgement {
	return gateway.Judgement{
		ID: gateway.JudgementID(newID()), Message: a.Message.ID, Part: 0, Name: "văn bản.pdf", At: at, Next: next,
		Action: signer.ActionMark, Report: signer.Report{Verdict: v, Policy: "thử", At: at, Signatures: []signer.Signature{{Field: "Chữ ký 1", Verdict: v}}},
	}
}

func TestJudgementsComeBackAsTheyWere(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("01", "H26.99.1")
		why := signer.Reason{Code: "no-responder", Vi: "Chưa hỏi được tình trạng chứng thư.", En: "The responder is away."}
		a.Judgements = []gateway.Judgement{judgement(a, b.clock.now(), b.clock.now(), signer.Unsure(signer.TryLater, why))}
		b.admit(a)
		later := judgement(a, b.clock.now().Add(time.Minute), time.Time{}, signer.Passed(why))
		for range 2 { // keeping it again changes nothing
			if err := b.Judge(t.Context(), later, a.Message.From, "signer"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := b.Judgements(t.Context(), a.Message.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]gateway.Judgement{a.Judgements[0], later}, got); diff != "" {
			t.Error(diff)
		}
		kinds := b.kinds(a.Message.ID)
		if n := len(slices.DeleteFunc(kinds, func(k gateway.EventKind) bool { return k != gateway.EventJudged })); n != 2 {
			t.Errorf("%d events of judgements", n)
		}
	})
}

// TestADuePartIsOneNodes has two processes ask for the same due parts.
func TestADuePartIsOneNodes(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("01", "H26.99.1")
		a.Judgements = []gateway.Judgement{judgement(a, b.clock.now(), b.clock.now(), signer.Unsure(signer.TryLater))}
		b.admit(a)
		claim := func(s *Store) []gateway.DueJudgement {
			t.Helper()
			due, err := s.ClaimDue(t.Context(), b.clock.now(), time.Minute, 10)
			if err != nil {
				t.Fatal(err)
			}
			return due
		}
		first, second := claim(b.Store), claim(b.another())
		if len(first) != 1 || len(second) != 0 {
			t.Fatalf("claimed %v and %v", first, second)
		}
		b.clock.advance(2 * time.Minute) // the first died
		due := claim(b.Store)
		if len(due) != 1 {
			t.Fatal("what a dead process held is never due again")
		}
		if err := b.Postpone(t.Context(), due[0], b.clock.now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(time.Hour)
		if due = claim(b.Store); len(due) != 1 || due[0].Tries != 1 {
			t.Fatalf("after a postponement: %+v", due)
		}
		if err := b.Postpone(t.Context(), due[0], time.Time{}); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(1000 * time.Hour)
		if due = claim(b.Store); len(due) != 0 {
			t.Errorf("due after never: %+v", due)
		}
	})
}

func TestPreservedCopiesAndHeldDeliveries(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := b.letter("01", "H26.99.1", "H26.99.2")
		b.admit(a)
		p := gateway.Preserved{Message: a.Message.ID, Part: 0, At: b.clock.now(), Blob: digest("copy"), Size: 9, Level: signer.LevelBLTA}
		for range 2 {
			if err := b.Preserve(t.Context(), p, a.Message.From, "signer"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := b.Preserved(t.Context(), a.Message.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]gateway.Preserved{p}, got); diff != "" {
			t.Error(diff)
		}
		b.fetch(a.Deliveries[0])
		if err := b.HoldDeliveries(t.Context(), a.Message.ID, gateway.CauseSignature, "signer"); err != nil {
			t.Fatal(err)
		}
		if d := b.delivery(a.Deliveries[0].ID); d.State != gateway.DeliveryFetched {
			t.Errorf("a fetched delivery became %s", d.State)
		}
		if d := b.delivery(a.Deliveries[1].ID); d.State != gateway.DeliveryHeld || d.Cause != gateway.CauseSignature {
			t.Errorf("a waiting delivery became %s (%s)", d.State, d.Cause)
		}
	})
}
