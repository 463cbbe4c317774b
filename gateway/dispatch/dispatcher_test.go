package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
)

// ending is what is left of a delivery after an attempt.
type ending struct {
	State    gateway.DeliveryState
	Cause    string
	RemoteID string
	Taken    int
	Class    gateway.AttemptClass // of the first attempt
	Code     string
	Answer   string
}

func endingOf(t *testing.T, q *memQueue, p *peer, id gateway.DeliveryID) ending {
	t.Helper()
	v := q.get(t, id)
	e := ending{State: v.State, Cause: v.Cause, RemoteID: v.RemoteID, Taken: p.has(id)}
	if a := q.attemptsOf(id); len(a) > 0 {
		e.Class, e.Code, e.Answer = a[0].Class, a[0].Code, a[0].Answer
	}
	return e
}

func TestFirstAttempt(t *testing.T) {
	broken := errors.New("connection reset")
	readThen := func(err error) func(context.Context, Parcel) (Answer, error) {
		return func(ctx context.Context, p Parcel) (Answer, error) {
			if e := readAll(ctx, p); e != nil {
				return Answer{}, e
			}
			return Answer{}, err
		}
	}
	answer := func(err error) func(context.Context, Parcel) (Answer, error) {
		return func(context.Context, Parcel) (Answer, error) { return Answer{}, err }
	}
	tests := []struct {
		name  string
		carry func(context.Context, Parcel) (Answer, error)
		open  Opener
		want  ending
	}{
		{"taken", nil, nil, ending{gateway.DeliverySent, "", "remote-d000001", 1, gateway.AttemptOK, "0", "đã nhận"}},
		{
			"temporary", answer(Temporary("503", "bận", broken)), nil,
			ending{State: gateway.DeliveryQueued, Class: gateway.AttemptTemporary, Code: "503", Answer: "bận"},
		},
		{
			"permanent", answer(fmt.Errorf("wrapped: %w", Permanent("18", "không có cơ quan nhận", nil))), nil,
			ending{State: gateway.DeliveryFailed, Cause: gateway.CauseRejected, Class: gateway.AttemptPermanent, Code: "18", Answer: "không có cơ quan nhận"},
		},
		{
			"unknown", answer(Unknown("", "", broken)), nil,
			ending{State: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome, Class: gateway.AttemptUnknown},
		},
		{
			"plain error before a byte was read", answer(broken), nil,
			ending{State: gateway.DeliveryQueued, Class: gateway.AttemptTemporary, Code: codeNoAnswer},
		},
		{
			"plain error after bytes were read", readThen(broken), nil,
			ending{State: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome, Class: gateway.AttemptUnknown, Code: codeNoAnswer},
		},
		{
			"a class that is none", readThen(&CarrierError{Class: "odd"}), nil,
			ending{State: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome, Class: gateway.AttemptUnknown, Code: codeNoAnswer},
		},
		{
			"panic before a byte was read", func(context.Context, Parcel) (Answer, error) { panic("defect") }, nil,
			ending{State: gateway.DeliveryQueued, Class: gateway.AttemptTemporary, Code: codePanic},
		},
		{
			"storage away", nil, failing(0, gateway.ErrUnavailable),
			ending{State: gateway.DeliveryQueued, Class: gateway.AttemptTemporary, Code: codeStorage},
		},
		{
			"bytes gone", nil, failing(0, gateway.ErrNotFound),
			ending{State: gateway.DeliveryHeld, Cause: gateway.CauseDamaged, Class: gateway.AttemptTemporary, Code: codeStorage},
		},
		{
			"hash mismatch at the end", nil, failing(5, gateway.Errorf(gateway.CodeDamaged, "", "hash")),
			ending{State: gateway.DeliveryHeld, Cause: gateway.CauseDamaged, Class: gateway.AttemptUnknown, Code: codeStorage},
		},
		{"taken, says a carrier that read half", func(ctx context.Context, p Parcel) (Answer, error) {
			body, err := p.Open(ctx)
			if err != nil {
				return Answer{}, err
			}
			_, err = io.ReadFull(body, make([]byte, 3))
			return Answer{Text: "200"}, err
		}, nil, ending{State: gateway.DeliveryHeld, Cause: gateway.CauseUnknownOutcome, Class: gateway.AttemptUnknown, Code: codePartly, Answer: "200"}},
		{
			"taken, says a carrier whose reading failed", func(ctx context.Context, p Parcel) (Answer, error) {
				_ = readAll(ctx, p)
				return Answer{}, nil
			}, failing(len(letter), gateway.Errorf(gateway.CodeDamaged, "", "hash")),
			ending{State: gateway.DeliveryHeld, Cause: gateway.CauseDamaged, Class: gateway.AttemptUnknown, Code: codePartly},
		},
		{"never ends, nothing read", func(ctx context.Context, _ Parcel) (Answer, error) {
			<-ctx.Done()
			return Answer{}, ctx.Err()
		}, nil, ending{State: gateway.DeliveryQueued, Class: gateway.AttemptTemporary, Code: codeTimeout}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, p := newMemQueue(), newPeer(tt.carry)
				r := start(t, q, p, func(o *Options) {
					o.Backoff.Base = time.Hour
					if tt.open != nil {
						o.Open = tt.open
					}
				})
				id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
				after(6 * time.Minute)
				r.stop(t)
				if diff := cmp.Diff(tt.want, endingOf(t, q, p, id)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// failing opens a letter whose reading fails after n bytes; opening fails when n is 0.
func failing(n int, err error) Opener {
	return func(context.Context, gateway.Message) (Body, error) {
		if n == 0 {
			return Body{}, err
		}
		r := io.MultiReader(strings.NewReader(letter[:n]), errReader{err})
		return Body{ReadCloser: io.NopCloser(r), Size: int64(len(letter))}, nil
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestRetriesUntilTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, failures := newMemQueue(), 3
		var at []time.Time
		p := newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			at = append(at, time.Now())
			if len(at) <= failures {
				return Answer{}, Temporary("503", "", nil)
			}
			return p.take(ctx, c)
		}
		r := start(t, q, p, nil)
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		after(24 * time.Hour)
		r.stop(t)
		if v := q.get(t, id); v.State != gateway.DeliverySent || v.Attempts != failures+1 {
			t.Fatalf("%s after %d attempts", v.State, v.Attempts)
		}
		for i, top := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			if wait := at[i+1].Sub(at[i]); wait < 30*time.Second || wait > top+2*time.Second {
				t.Errorf("wait %d is %v, want 30s…%v", i+1, wait, top)
			}
		}
	})
}

func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemQueue()
		p := newPeer(func(context.Context, Parcel) (Answer, error) { return Answer{}, Temporary("503", "", nil) })
		r := start(t, q, p, func(o *Options) { o.Backoff.MaxAttempts = 4 })
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		after(24 * time.Hour)
		r.stop(t)
		if v := q.get(t, id); v.State != gateway.DeliveryFailed || v.Cause != gateway.CauseRetriesUsedUp || p.callsTo("H26.99.1") != 4 {
			t.Errorf("%s %s after %d calls", v.State, v.Cause, p.callsTo("H26.99.1"))
		}
	})
}

func TestRetryAfterIsRespected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, begin := newMemQueue(), time.Now()
		p := newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			if time.Since(begin) < 2*time.Hour {
				return Answer{}, Temporary("429", "", nil).After(2 * time.Hour)
			}
			return p.take(ctx, c)
		}
		r := start(t, q, p, nil)
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		after(2*time.Hour + 5*time.Second)
		r.stop(t)
		if p.has(id) != 1 || p.callsTo("H26.99.1") != 2 {
			t.Errorf("taken %d times in %d calls, want 1 in 2", p.has(id), p.callsTo("H26.99.1"))
		}
	})
}

// TestDoubt has an outcome that is unknown, of a letter that the other side did or did not take.
func TestDoubt(t *testing.T) {
	tests := []struct {
		name  string
		taken bool // by the attempt in doubt
		wrap  func(p *peer) Carrier
		state gateway.DeliveryState
		times int // that the other side took it
		calls int
	}{
		{"plain, taken", true, func(p *peer) Carrier { return p }, gateway.DeliveryHeld, 1, 1},
		{"plain, not taken", false, func(p *peer) Carrier { return p }, gateway.DeliveryHeld, 0, 1},
		{"can be asked, taken", true, func(p *peer) Carrier { return asking{peer: p} }, gateway.DeliverySent, 1, 1},
		{"can be asked, not taken", false, func(p *peer) Carrier { return asking{peer: p} }, gateway.DeliverySent, 1, 2},
		{"no answer at first, taken", true, silent, gateway.DeliverySent, 1, 1},
		{"no answer at first, not taken", false, silent, gateway.DeliverySent, 1, 2},
		{"may be repeated", true, func(p *peer) Carrier { return repeating{p} }, gateway.DeliverySent, 2, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, p := newMemQueue(), newPeer(nil)
				var interrupted []bool
				p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
					interrupted = append(interrupted, c.Interrupted)
					if len(interrupted) > 1 || tt.taken {
						if a, err := p.take(ctx, c); len(interrupted) > 1 {
							return a, err
						}
					}
					return Answer{}, Unknown("", "", io.ErrUnexpectedEOF)
				}
				r := start(t, q, tt.wrap(p), nil)
				id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
				after(6 * time.Hour)
				r.stop(t)
				if v := q.get(t, id); v.State != tt.state || p.has(id) != tt.times {
					t.Errorf("%s %s, taken %d times; want %s, %d", v.State, v.Cause, p.has(id), tt.state, tt.times)
				}
				if want := []bool{false, true}[:tt.calls]; !slices.Equal(interrupted, want) {
					t.Errorf("Parcel.Interrupted of the calls: %v, want %v", interrupted, want)
				}
			})
		})
	}
}

// silent is a peer that cannot say anything for the first hour.
func silent(p *peer) Carrier {
	begin := time.Now()
	return asking{peer: p, confirm: func(Parcel) error {
		if time.Since(begin) < time.Hour {
			return errors.New("no route to host")
		}
		return nil
	}}
}

func TestDoubtIsHeldBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemQueue()
		p := newPeer(func(context.Context, Parcel) (Answer, error) { return Answer{}, Unknown("", "", nil) })
		c := asking{p, func(Parcel) error { return errors.New("no route to host") }}
		r := start(t, q, c, nil)
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		q.edit(id, func(v *gateway.Delivery) { v.ExpiresAt = time.Now().Add(12 * time.Hour) })
		after(24 * time.Hour)
		r.stop(t)
		if v := q.get(t, id); v.State != gateway.DeliveryHeld || v.Cause != gateway.CauseUnknownOutcome {
			t.Errorf("%s %s", v.State, v.Cause)
		}
		if n := p.callsTo("H26.99.1"); n != 1 {
			t.Errorf("handed over %d times although nobody could say what became of the first", n)
		}
	})
}

// TestDoubtOutlivesTheLastRetry has a first answer lost, and then only failures.
func TestDoubtOutlivesTheLastRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			if !c.Interrupted {
				return Answer{}, Unknown("", "", nil)
			}
			return Answer{}, Temporary("503", "", nil)
		}
		r := start(t, q, repeating{p}, func(o *Options) { o.Backoff.MaxAttempts = 4 })
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		after(24 * time.Hour)
		r.stop(t)
		v := q.get(t, id)
		if v.State != gateway.DeliveryHeld || v.Cause != gateway.CauseUnknownOutcome || v.Attempts != 4 {
			t.Errorf("%s %s after %d attempts", v.State, v.Cause, v.Attempts)
		}
	})
}

// TestOrderedAgain has a person send a letter in doubt again, by a carrier that cannot ask.
func TestOrderedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		q.edit(id, func(v *gateway.Delivery) { v.Cause = gateway.CauseUnknownOutcome })
		r := start(t, q, p, nil)
		after(time.Minute)
		r.stop(t)
		if v := q.get(t, id); v.State != gateway.DeliverySent || p.has(id) != 1 {
			t.Errorf("%s, taken %d times", v.State, p.has(id))
		}
	})
}

// TestInterruptedClaim finds a claim that another process left behind.
func TestInterruptedClaim(t *testing.T) {
	tests := []struct {
		name  string
		taken bool
		wrap  func(p *peer) Carrier
		state gateway.DeliveryState
		times int
	}{
		{"plain", true, func(p *peer) Carrier { return p }, gateway.DeliveryHeld, 1},
		{"can be asked, taken", true, func(p *peer) Carrier { return asking{peer: p} }, gateway.DeliverySent, 1},
		{"can be asked, not taken", false, func(p *peer) Carrier { return asking{peer: p} }, gateway.DeliverySent, 1},
		{"may be repeated", true, func(p *peer) Carrier { return repeating{p} }, gateway.DeliverySent, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, p := newMemQueue(), newPeer(nil)
				id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
				claimed, err := q.Claim(t.Context(), gateway.ClaimRequest{
					Owner: "dead", Route: gateway.RouteAxis, Receiver: "H26.99.1", Now: time.Now(), Lease: time.Minute, Limit: 1,
				})
				if err != nil || len(claimed) != 1 {
					t.Fatal(claimed, err)
				}
				if tt.taken {
					if _, err := p.take(t.Context(), Parcel{Delivery: claimed[0].Delivery, Open: (&content{open: openLetter}).Open}); err != nil {
						t.Fatal(err)
					}
				}
				r := start(t, q, tt.wrap(p), nil)
				after(59 * time.Second)
				if n := p.callsTo("H26.99.1"); n > 0 {
					t.Errorf("carried within the other's lease")
				}
				after(10 * time.Second)
				r.stop(t)
				if v := q.get(t, id); v.State != tt.state || p.has(id) != tt.times {
					t.Errorf("%s %s, taken %d times; want %s, %d", v.State, v.Cause, p.has(id), tt.state, tt.times)
				}
				if a := q.attemptsOf(id); len(a) == 0 || tt.state == gateway.DeliveryHeld && a[0].Code != codeInterrupted {
					t.Errorf("attempts written down: %+v", a)
				}
				if r.counts.of(CountInterrupted) != 1 {
					t.Errorf("counted %d interrupted claims", r.counts.of(CountInterrupted))
				}
			})
		})
	}
}

func TestExpirySweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemQueue()
		p := newPeer(func(context.Context, Parcel) (Answer, error) { return Answer{}, Temporary("503", "", nil) })
		ids := q.add(gateway.RouteAxis, "H26.99.1", 0, 1300)
		for _, id := range ids {
			q.edit(id, func(v *gateway.Delivery) { v.ExpiresAt = time.Now().Add(time.Hour) })
		}
		r := start(t, q, p, nil)
		after(59 * time.Minute)
		if n := q.count(gateway.DeliveryExpired); n > 0 {
			t.Errorf("%d expired early", n)
		}
		after(3 * time.Minute)
		r.stop(t)
		if n := q.count(gateway.DeliveryExpired); n != len(ids) || r.counts.of(CountExpired) != n {
			t.Errorf("%d expired, %d counted, want %d", n, r.counts.of(CountExpired), len(ids))
		}
	})
}

func TestQueueGoesAwayAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			q.setAway(gateway.ErrUnavailable) // the answer cannot be written down
			return p.take(ctx, c)
		}
		r := start(t, q, p, nil)
		ids := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)
		after(time.Minute)
		q.setAway(nil)
		after(10 * time.Second)
		r.stop(t)
		if v := q.get(t, ids[0]); v.State != gateway.DeliverySent || p.has(ids[0]) != 1 {
			t.Errorf("%s, taken %d times", v.State, p.has(ids[0]))
		}
		if r.counts.of(CountStoreErrors) == 0 {
			t.Error("the queue's failures were not counted")
		}
	})
}

func TestStopLetsRunningCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := newMemQueue(), newPeer(nil)
		p.carry = func(ctx context.Context, c Parcel) (Answer, error) {
			time.Sleep(5 * time.Second)
			return p.take(ctx, c)
		}
		r := start(t, q, p, nil)
		q.add(gateway.RouteAxis, "H26.99.1", 0, 10)
		after(time.Second)
		r.stop(t)
		if n := q.count(gateway.DeliverySent); n != 2 || q.count(gateway.DeliveryQueued) != 8 {
			t.Errorf("%d sent, want the 2 that were running; %d queued", n, q.count(gateway.DeliveryQueued))
		}
	})
}

func TestStopEndsHungCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemQueue()
		p := newPeer(func(ctx context.Context, _ Parcel) (Answer, error) {
			<-ctx.Done()
			return Answer{}, ctx.Err()
		})
		r := start(t, q, p, nil)
		id := q.add(gateway.RouteAxis, "H26.99.1", 0, 1)[0]
		after(time.Second)
		begin := time.Now()
		r.stop(t)
		if d := time.Since(begin); d > r.Times.Grace+time.Second {
			t.Errorf("stopping took %v", d)
		}
		if v, a := q.get(t, id), q.attemptsOf(id); v.State != gateway.DeliveryQueued || len(a) != 1 || a[0].Code != codeStopped {
			t.Errorf("%s after %+v", v.State, a)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	good := func() Options {
		return Options{Queue: newMemQueue(), Carriers: map[string]Carrier{"axis": newPeer(nil)}, Open: openLetter, Owner: "n"}
	}
	if _, err := New(good()); err != nil {
		t.Fatalf("New of good options: %v", err)
	}
	tests := map[string]func(o *Options){
		"no queue":                     func(o *Options) { o.Queue = nil },
		"no owner":                     func(o *Options) { o.Owner = "" },
		"a carrier for the inbox":      func(o *Options) { o.Carriers[gateway.RouteInbox] = newPeer(nil) },
		"a route without a carrier":    func(o *Options) { o.Carriers["mail"] = nil },
		"lease shorter than a attempt": func(o *Options) { o.Times.Lease = time.Minute },
		"attempt longer than a lease":  func(o *Options) { o.Times.Attempt = time.Hour },
		"negative slots":               func(o *Options) { o.Limits.Slots = -1 },
		"negative attempts":            func(o *Options) { o.Backoff.MaxAttempts = -1 },
		"negative cool-down":           func(o *Options) { o.Breaker.CoolDown = -1 },
	}
	for name, change := range tests {
		o := good()
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
