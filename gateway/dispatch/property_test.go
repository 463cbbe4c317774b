package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"congvan/gateway"
)

// The moves of the other side, of the way to it, and of fate.
const (
	moveTake            = iota // takes it and says so
	moveTemporary              // does not take it
	movePermanent              // refuses it
	moveUnknownTaken           // takes it, and the answer is lost
	moveUnknownNotTaken        // does not take it, and the answer is lost
	movePlainUnread            // fails before a byte was read
	movePlainTaken             // takes it, and the connection breaks
	movePlainNotTaken          // reads it, and the connection breaks
	moveHangTaken              // takes it and hangs
	movePanic                  // the carrier is defective
	moveCrashBefore            // the process dies before the other side takes it
	moveCrashAfter             // the process dies after the other side took it
	moveCrashAnswered          // the process dies with the good answer in its hands
	moves                      // their number
)

// What a carrier is able to do when an outcome is unknown.
const (
	abilityNone = iota
	abilityAsk
	abilityRepeat
	abilities // their number
)

// longEnough for every story to end.
const longEnough = 4 * 24 * time.Hour

// story is what rapid draws.
type story struct {
	ability    int
	receivers  int
	deliveries int
	moves      []int
	confirms   []bool // whether Confirm answers
	maxTries   int
}

func drawStory(t *rapid.T) story {
	return story{
		ability:    rapid.IntRange(0, abilities-1).Draw(t, "ability"),
		receivers:  rapid.IntRange(1, 3).Draw(t, "receivers"),
		deliveries: rapid.IntRange(1, 6).Draw(t, "deliveries"),
		moves:      rapid.SliceOfN(rapid.IntRange(0, moves-1), 0, 25).Draw(t, "moves"),
		confirms:   rapid.SliceOfN(rapid.Bool(), 0, 10).Draw(t, "confirms"),
		maxTries:   rapid.SampledFrom([]int{0, 0, 3, 10}).Draw(t, "max"),
	}
}

// world plays a story: one other side and one queue, and process after process.
type world struct {
	story
	*peer
	q     *memQueue
	crash chan struct{}

	mu    sync.Mutex
	ended map[gateway.DeliveryID]gateway.DeliveryState // what was written down for good
	wrong []string
}

func (w *world) errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

func (w *world) next() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.moves) == 0 {
		return moveTake
	}
	m := w.moves[0]
	w.moves = w.moves[1:]
	return m
}

func (w *world) nextConfirm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.confirms) == 0 {
		return true
	}
	c := w.confirms[0]
	w.confirms = w.confirms[1:]
	return c
}

func (w *world) end(id gateway.DeliveryID, s gateway.DeliveryState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended[id] = s
}

func (w *world) endOf(id gateway.DeliveryID) gateway.DeliveryState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended[id]
}

// accept has the other side take a letter. One that knows letters again takes none twice.
func (w *world) accept(ctx context.Context, p Parcel) (Answer, error) {
	if w.ability == abilityRepeat && w.has(p.Delivery.ID) > 0 {
		return Answer{RemoteID: "again"}, readAll(ctx, p)
	}
	return w.take(ctx, p)
}

func (w *world) play(ctx context.Context, p Parcel) (Answer, error) {
	id := p.Delivery.ID
	if s := w.endOf(id); s != "" {
		w.errorf("%s is carried although it is %s", id, s)
	}
	move := w.next()
	if w.has(id) > 0 && w.ability == abilityRepeat {
		move = moveTake // it knows the letter, whatever else would have come
	}
	switch move {
	case moveTemporary:
		return Answer{}, Temporary("503", "", nil)
	case movePermanent:
		return Answer{}, Permanent("18", "", nil)
	case moveUnknownTaken:
		_, _ = w.accept(ctx, p)
		return Answer{}, Unknown("", "", nil)
	case moveUnknownNotTaken:
		return Answer{}, Unknown("", "", nil)
	case movePlainUnread:
		return Answer{}, errors.New("refused")
	case movePlainTaken:
		_, _ = w.accept(ctx, p)
		return Answer{}, errors.New("reset")
	case movePlainNotTaken:
		_ = readAll(ctx, p)
		return Answer{}, errors.New("reset")
	case moveHangTaken:
		_, _ = w.accept(ctx, p)
		<-ctx.Done()
		return Answer{}, ctx.Err()
	case movePanic:
		panic("defect")
	case moveCrashBefore, moveCrashAfter, moveCrashAnswered:
		return w.die(ctx, p, move)
	}
	return w.accept(ctx, p)
}

// die ends the process in the middle of a call: nothing that it does later is seen by anybody.
func (w *world) die(ctx context.Context, p Parcel, move int) (Answer, error) {
	if move != moveCrashBefore {
		_, _ = w.accept(ctx, p)
	}
	w.crash <- struct{}{}
	if move == moveCrashAnswered {
		return Answer{}, nil
	}
	<-ctx.Done()
	return Answer{}, ctx.Err()
}

func (w *world) carrier() Carrier {
	switch w.ability {
	case abilityAsk:
		return asking{w.peer, func(Parcel) error {
			if !w.nextConfirm() {
				return errors.New("no answer")
			}
			return nil
		}}
	case abilityRepeat:
		return repeating{w.peer}
	}
	return w.peer
}

// mortal is the queue as one process sees it: cut off once the process is dead.
type mortal struct {
	gateway.Queue
	world *world
	mu    sync.Mutex
	dead  bool
}

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *mortal) gone() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return gateway.ErrUnavailable
	}
	return nil
}

func (m *mortal) Claim(ctx context.Context, c gateway.ClaimRequest) ([]gateway.Claimed, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	return m.Queue.Claim(ctx, c)
}

func (m *mortal) Finish(ctx context.Context, f gateway.Finish) error {
	if err := m.gone(); err != nil {
		return err
	}
	err := m.Queue.Finish(ctx, f)
	if err == nil && f.To != gateway.DeliveryQueued {
		m.world.end(f.Delivery, f.To)
	}
	return err
}

// run plays the story through and lists what is wrong.
func (w *world) run(t *testing.T) {
	ids := make([]gateway.DeliveryID, 0, w.deliveries)
	for i := range w.deliveries {
		ids = append(ids, w.q.add(gateway.RouteAxis, agency(i%w.receivers), i%5, 1)...)
	}
	end := time.After(longEnough)
	for n := 0; ; n++ {
		m := &mortal{Queue: w.q, world: w}
		r := start(t, w.q, w.carrier(), func(o *Options) {
			o.Queue, o.Owner = m, fmt.Sprintf("node-%d", n)
			o.Times.Poll = 5 * time.Minute
			o.Backoff.MaxAttempts = w.maxTries
		})
		select {
		case <-w.crash:
			m.kill()
			r.cancel()
			defer func() { <-r.done }()
		case <-end:
			r.stop(t)
			for _, id := range ids {
				w.judge(w.q.get(t, id))
			}
			return
		}
	}
}

// judge checks where a delivery ended against what really happened to it.
func (w *world) judge(v gateway.Delivery) {
	times, doubt := w.has(v.ID), v.Cause == gateway.CauseUnknownOutcome
	switch {
	case times > 1:
		w.errorf("%s was taken %d times", v.ID, times)
	case v.State == gateway.DeliverySent && times == 0:
		w.errorf("%s is sent, but nobody has it", v.ID)
	case v.State == gateway.DeliveryHeld && !doubt:
		w.errorf("%s is held, with cause %q", v.ID, v.Cause)
	case v.State == gateway.DeliveryFailed && times > 0:
		w.errorf("%s is failed (%s), but the other side has it", v.ID, v.Cause)
	case v.State == gateway.DeliveryQueued && w.maxTries == 0:
		w.errorf("%s is still queued after %d attempts and days", v.ID, v.Attempts)
	}
	switch v.State {
	case gateway.DeliverySent, gateway.DeliveryHeld, gateway.DeliveryFailed, gateway.DeliveryQueued:
	default:
		w.errorf("%s ends as %s", v.ID, v.State)
	}
	if w.ability != abilityNone && v.State == gateway.DeliveryHeld && w.maxTries == 0 {
		w.errorf("%s is held although its carrier can resolve doubt", v.ID)
	}
}

// TestNothingLostNothingTwice plays any sequence of answers, failures and
// crashes, by carriers of every ability.
func TestNothingLostNothingTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawStory(rt)
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			w := &world{
				story: s, q: newMemQueue(), crash: make(chan struct{}, len(s.moves)),
				ended: map[gateway.DeliveryID]gateway.DeliveryState{},
			}
			w.peer = newPeer(w.play)
			w.run(t)
			synctest.Wait()
			wrong = w.wrong
		})
		if len(wrong) > 0 {
			rt.Fatalf("%q", wrong)
		}
	})
}
