package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// model is what a person would expect of one delivery: a few rules, no database.
type model struct {
	carried bool // by a carrier, not in an inbox
	state   gateway.DeliveryState
	cause   string
	had     bool // the receiver may have had it
	owner   string
	recall  gateway.RecallState
	steps   int // events of the delivery's states
}

func (m *model) to(s gateway.DeliveryState, cause string) {
	m.state, m.cause = s, cause
	m.steps++
	switch s {
	case gateway.DeliverySent, gateway.DeliveryFetched:
		m.had = true
	}
}

func (m *model) is(states ...gateway.DeliveryState) bool {
	for _, s := range states {
		if m.state == s {
			return true
		}
	}
	return false
}

func (m *model) stuck() bool {
	return m.is(gateway.DeliveryHeld, gateway.DeliveryFailed, gateway.DeliveryExpired)
}

// TestDeliveriesBehaveLikeTheModel lets anything happen to deliveries in any order
// and compares each with its model after every step, and its events at the end.
func TestDeliveriesBehaveLikeTheModel(t *testing.T) {
	for _, driver := range []Driver{SQLite, Postgres} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			b := newBed(t, driver)
			rapid.Check(t, func(rt *rapid.T) { newPlay(rt, b).run() })
		})
	}
}

// play is one course of events.
type play struct {
	*rapid.T
	b        *bed
	document string
	message  gateway.MessageID
	receiver gateway.AgencyID
	id       gateway.DeliveryID
	m        model
}

func newPlay(t *rapid.T, b *bed) *play {
	p := &play{T: t, b: b, document: newID(), receiver: gateway.AgencyID("H26.99." + newID())}
	a := b.letter(p.document, p.receiver)
	p.m = model{state: gateway.DeliveryQueued, steps: 1}
	if p.m.carried = rapid.Bool().Draw(t, "carried"); p.m.carried {
		by("axis", a)
	}
	p.message, p.id = a.Message.ID, a.Deliveries[0].ID
	b.admit(a)
	return p
}

func (p *play) run() {
	p.Repeat(map[string]func(*rapid.T){
		"fetch": func(*rapid.T) { p.fetch() }, "acknowledge": func(t *rapid.T) { p.acknowledge(rapid.Bool().Draw(t, "unreadable")) },
		"claim": func(*rapid.T) { p.claim() }, "finish": p.finish, "expire": func(*rapid.T) { p.expire() },
		"requeue": func(*rapid.T) { p.requeue() }, "cancel": func(*rapid.T) { p.cancel() }, "recall": func(*rapid.T) { p.recall() },
		"status": p.status, "wait": func(*rapid.T) { p.b.clock.advance(time.Minute) },
		"": func(*rapid.T) { p.compare() },
	})
	p.compareEvents()
}

func (p *play) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *play) code(err error, want gateway.Code) {
	p.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || gateway.AsError(err).Code != want {
		p.Fatalf("error %v, want %q", err, want)
	}
}

func (p *play) holders() []gateway.AgencyID { return []gateway.AgencyID{p.receiver} }

func (p *play) fetch() {
	_, err := p.b.Fetched(p.Context(), gateway.FetchMark{Delivery: p.id, Holders: p.holders(), At: p.b.clock.now()})
	switch {
	case p.m.carried:
		p.code(err, gateway.CodeNotFound)
	case p.m.is(gateway.DeliveryCancelled):
		p.code(err, gateway.CodeRecalled)
	default:
		p.must(err)
		if p.m.is(gateway.DeliveryQueued) {
			p.m.to(gateway.DeliveryFetched, "")
		}
	}
}

func (p *play) acknowledge(unreadable bool) {
	out, err := p.b.Acknowledge(p.Context(), []gateway.Acknowledgement{{Delivery: p.id, Unreadable: unreadable, At: p.b.clock.now()}}, p.holders(), "x")
	p.must(err)
	switch {
	case p.m.carried:
		p.code(out[0].Err, gateway.CodeNotFound)
	case p.m.is(gateway.DeliveryCancelled):
		p.code(out[0].Err, gateway.CodeRecalled)
	case p.m.is(gateway.DeliveryFetched):
		p.code(out[0].Err, "")
		if unreadable {
			p.m.to(gateway.DeliveryFailed, gateway.CauseUnreadable)
		} else {
			p.m.to(gateway.DeliveryAcknowledged, "")
		}
	case p.m.is(gateway.DeliveryAcknowledged), p.m.cause == gateway.CauseUnreadable:
		p.code(out[0].Err, "")
	default:
		p.code(out[0].Err, gateway.CodeNotFetched)
	}
}

// claim leases for half the time of a "wait", so that leases run out now and then.
func (p *play) claim() {
	owner := newID()
	got, err := p.b.Claim(p.Context(), gateway.ClaimRequest{Owner: owner, Route: "axis", Receiver: p.receiver, Now: p.b.clock.now(), Lease: 90 * time.Second, Limit: 1})
	p.must(err)
	d := p.b.delivery(p.id)
	switch {
	case len(got) == 0:
		if p.m.carried && p.m.is(gateway.DeliveryQueued) && !d.NextAt.After(p.b.clock.now()) {
			p.Fatal("nothing claimed though it is due")
		}
	case !p.m.carried || !p.m.is(gateway.DeliveryQueued, gateway.DeliverySending):
		p.Fatalf("claimed %+v", got)
	case got[0].Interrupted != p.m.is(gateway.DeliverySending):
		p.Fatalf("interrupted: %t in state %s", got[0].Interrupted, p.m.state)
	default:
		if got[0].Interrupted {
			p.m.to(gateway.DeliveryQueued, p.m.cause)
		}
		p.m.to(gateway.DeliverySending, p.m.cause)
		p.m.owner = owner
	}
}

func (p *play) finish(t *rapid.T) {
	end := rapid.SampledFrom([]struct {
		to    gateway.DeliveryState
		cause string
	}{
		{gateway.DeliverySent, ""},
		{gateway.DeliveryQueued, ""},
		{gateway.DeliveryQueued, gateway.CauseUnknownOutcome},
		{gateway.DeliveryHeld, gateway.CauseUnknownOutcome},
		{gateway.DeliveryFailed, gateway.CauseRejected},
	}).Draw(t, "end")
	owner := p.m.owner
	if rapid.Bool().Draw(t, "by another") {
		owner = "another"
	}
	err := p.b.Finish(p.Context(), gateway.Finish{
		Delivery: p.id, Owner: owner, To: end.to, Cause: end.cause, NextAt: p.b.clock.now(),
		Attempt: gateway.Attempt{At: p.b.clock.now(), Carrier: "axis", Class: gateway.AttemptTemporary},
	})
	if !p.m.is(gateway.DeliverySending) || owner == "another" {
		if !errors.Is(err, gateway.ErrConflict) {
			p.Fatalf("finished: %v", err)
		}
		return
	}
	p.must(err)
	p.m.to(end.to, end.cause)
}

func (p *play) expire() {
	due := !p.b.delivery(p.id).ExpiresAt.After(p.b.clock.now())
	_, err := p.b.Expire(p.Context(), p.b.clock.now(), 1000)
	p.must(err)
	switch {
	case !due || !p.m.is(gateway.DeliveryQueued):
	case p.m.cause == gateway.CauseUnknownOutcome:
		p.m.to(gateway.DeliveryHeld, p.m.cause)
	default:
		p.m.to(gateway.DeliveryExpired, gateway.CauseExpired)
	}
}

func (p *play) requeue() {
	n, err := p.b.Requeue(p.Context(), gateway.StuckQuery{Delivery: p.id}, p.b.clock.now().Add(3*time.Minute), "x")
	p.must(err)
	if (n == 1) != p.m.stuck() {
		p.Fatalf("%d queued again in state %s", n, p.m.state)
	}
	if n == 1 {
		p.m.to(gateway.DeliveryQueued, doubt(p.m.cause))
	}
}

func (p *play) cancel() {
	err := p.b.Cancel(p.Context(), p.id, "x")
	switch {
	case p.m.stuck():
		p.must(err)
		p.m.to(gateway.DeliveryCancelled, gateway.CauseByOperator)
	case p.m.is(gateway.DeliveryCancelled) && p.m.cause == gateway.CauseByOperator:
		p.must(err)
	default:
		p.code(err, gateway.CodeNotStuck)
	}
}

func (p *play) recall() {
	a := p.b.recallOf(p.document, p.receiver)
	p.b.admit(a)
	own := p.b.delivery(a.Deliveries[0].ID)
	there := p.m.is(gateway.DeliverySending, gateway.DeliverySent, gateway.DeliveryFetched, gateway.DeliveryAcknowledged) ||
		!p.m.is(gateway.DeliveryCancelled) && (p.m.had || p.m.cause == gateway.CauseUnknownOutcome)
	if there != (own.State == gateway.DeliveryQueued) {
		p.Fatalf("the recall is %s while the letter is %s", own.State, p.m.state)
	}
	switch {
	case there && p.m.recall != gateway.RecallAgreed:
		p.m.recall = gateway.RecallRequested
	case !there && !p.m.is(gateway.DeliveryCancelled):
		p.m.recall = gateway.RecallAgreed
		p.m.to(gateway.DeliveryCancelled, gateway.CauseRecalledUnread)
	}
}

func (p *play) status(t *rapid.T) {
	code := rapid.SampledFrom([]edxml.StatusCode{"01", "03", "15", "16"}).Draw(t, "code")
	a := p.b.statusOf(p.document, code)
	a.Message.From, a.Status.Receiver = p.receiver, p.receiver
	p.b.admit(a)
	if p.m.is(gateway.DeliverySent) {
		p.m.to(gateway.DeliveryFetched, "")
	}
	if answer := recallAnswer(code); answer != "" && p.m.recall == gateway.RecallRequested {
		p.m.recall = answer
	}
}

func (p *play) compare() {
	d := p.b.delivery(p.id)
	got := fmt.Sprint(d.State, " ", d.Cause, " ", d.Recall)
	if want := fmt.Sprint(p.m.state, " ", p.m.cause, " ", p.m.recall); got != want {
		p.Fatalf("the delivery is %q, the model %q", got, want)
	}
}

// compareEvents reads the history as anybody would and must end where the delivery is.
func (p *play) compareEvents() {
	events, err := p.b.Timeline(p.Context(), p.message)
	p.must(err)
	var steps []gateway.EventKind
	for _, e := range events {
		switch e.Kind {
		case gateway.EventAccepted, gateway.EventStatus, gateway.EventRecall:
		default:
			steps = append(steps, e.Kind)
		}
	}
	if len(steps) != p.m.steps || steps[len(steps)-1] != gateway.DeliveryEvent(p.m.state) {
		p.Fatalf("events %v tell of %d steps, there were %d to %s", steps, len(steps), p.m.steps, p.m.state)
	}
}
