package vxp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// sourceOver takes from an axis into a gateway.
func sourceOver(t *testing.T, axis, us *memory, download bool) *Source {
	t.Helper()
	return NewSource(SourceOptions{
		Client: clientOf(start(t, options(t, axis))), Gateway: us, Download: download,
		Principal: gateway.Principal{System: "axis", Scopes: []gateway.Scope{gateway.ScopeSubmit, gateway.ScopeRelay}},
		Now:       func() time.Time { return noon },
	})
}

func TestPoll(t *testing.T) {
	for _, download := range []bool{false, true} {
		axis, us := newMemory(), newMemory()
		axis.put("1", edxml.KindDocument, letter)
		axis.put("2", edxml.KindStatus, "status")
		n, err := sourceOver(t, axis, us, download).Poll(t.Context())
		if err != nil || n != 2 || len(us.accepted) != 2 {
			t.Fatalf("took %d of 2, %v", n, err)
		}
		for _, a := range us.accepted {
			want := letter
			if a.Kind == edxml.KindStatus {
				want = "status"
			}
			if string(a.Bytes) != want || !slices.Equal(a.To, []gateway.AgencyID{"H26.99.2"}) {
				t.Errorf("accepted %+v", a)
			}
		}
		for _, i := range axis.items {
			if i.Delivery.State != gateway.DeliveryAcknowledged {
				t.Errorf("%s is %s at the axis", i.Delivery.ID, i.Delivery.State)
			}
		}
		if slices.ContainsFunc(axis.acks, func(a gateway.Ack) bool { return a.Unreadable }) {
			t.Errorf("acks %v", axis.acks)
		}
	}
}

// TestWhatIsNotDurableIsNotAcknowledged, and what would be refused again is refused there too.
func TestWhatIsNotDurableIsNotAcknowledged(t *testing.T) {
	tests := []struct {
		err     error
		refused bool
	}{
		{gateway.Errorf(gateway.CodeMalformed, "/edXML", "x"), true},
		{gateway.Errorf(gateway.CodeStateSecret, "", "x"), true},
		{gateway.Errorf(gateway.CodeBadAttachment, "a.pdf", "x"), true},
		{gateway.Errorf(gateway.CodeDuplicateDocument, "", "x"), true},
		{fmt.Errorf("accept: %w", gateway.Errorf(gateway.CodeInvalidStructure, "", "x")), true},
		{gateway.Errorf(gateway.CodeReceiverUnknown, "H26.99.2", "x"), false}, // the directory may be behind
		{gateway.Errorf(gateway.CodeSenderNotAllowed, "H26.99.1", "x"), false},
		{gateway.Errorf(gateway.CodeScopeMissing, "", "x"), false},
		{gateway.Errorf(gateway.CodeTruncated, "", "x"), false},
		{fmt.Errorf("disk: %w", gateway.ErrFull), false},
		{fmt.Errorf("database: %w", gateway.ErrUnavailable), false},
		{context.DeadlineExceeded, false},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			axis, us := newMemory(), newMemory()
			axis.put("1", edxml.KindDocument, letter)
			us.fail["Accept"] = tt.err
			n, err := sourceOver(t, axis, us, false).Poll(t.Context())
			if n != 0 || err != nil {
				t.Errorf("took %d, %v", n, err)
			}
			if got := len(axis.acks) == 1 && axis.acks[0].Unreadable; got != tt.refused || len(axis.acks) > 1 {
				t.Errorf("acks %+v, want a refusal: %v", axis.acks, tt.refused)
			}
			if tt.refused && axis.acks[0].Description == "" {
				t.Error("refused without a reason")
			}
		})
	}
}

// reading refuses what it has begun to read.
type reading struct{ *memory }

func (r reading) Accept(_ context.Context, _ gateway.Principal, s gateway.Submission) (*gateway.Acceptance, error) {
	_, _ = io.CopyN(io.Discard, s.Body, 10)
	return nil, gateway.Errorf(gateway.CodeMalformed, "/edXML", "x")
}

// TestADamagedCopyIsNotRefusedForGood: the letter may be well, only our copy of it is not.
func TestADamagedCopyIsNotRefusedForGood(t *testing.T) {
	axis := newMemory()
	axis.put("1", edxml.KindDocument, letter)
	axis.contents["m-1"] = []byte(strings.ToUpper(letter)) // not what its digest says
	s := sourceOver(t, axis, newMemory(), false)
	s.Gateway = reading{}
	if _, err := s.Poll(t.Context()); err != nil || len(axis.acks) > 0 {
		t.Errorf("acks %v, %v", axis.acks, err)
	}
}

func TestOneBadLetterStopsNoOther(t *testing.T) {
	axis, us := newMemory(), newMemory()
	for i := range 20 {
		axis.put(fmt.Sprint(i), edxml.KindDocument, fmt.Sprint(letter, i))
	}
	axis.contents["m-7"] = nil // its digest does not fit
	s := sourceOver(t, axis, us, false)
	n, err := s.Poll(t.Context())
	if n != 19 || err != nil {
		t.Errorf("took %d of 19, %v", n, err)
	}
	if n, _ := s.Poll(t.Context()); n != 0 {
		t.Errorf("took %d once more", n)
	}
}

// TestALetterTakenButNotAcknowledged is taken again and acknowledged then.
func TestALetterTakenButNotAcknowledged(t *testing.T) {
	axis, us := newMemory(), newMemory()
	axis.put("1", edxml.KindDocument, letter)
	axis.fail["Acknowledge"] = gateway.ErrUnavailable
	s := sourceOver(t, axis, us, false)
	if n, _ := s.Poll(t.Context()); n != 0 || len(us.accepted) != 1 {
		t.Fatalf("took %d, accepted %d", n, len(us.accepted))
	}
	delete(axis.fail, "Acknowledge")
	if n, _ := s.Poll(t.Context()); n != 0 {
		t.Fatal("no pause after a failure")
	}
	s.Now = func() time.Time { return noon.Add(time.Minute) }
	if n, _ := s.Poll(t.Context()); n != 1 || len(us.accepted) != 2 {
		t.Errorf("took %d, offered %d times", n, len(us.accepted))
	}
}

func TestAnAxisThatIsAway(t *testing.T) {
	s := NewSource(SourceOptions{Client: replying(502, "<html>"), Gateway: newMemory()})
	if _, err := s.Poll(t.Context()); err == nil {
		t.Error("no error")
	}
}

func TestRunPollsUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls := 0
		client := &Client{Endpoint: "http://axis.test", HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			polls++
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[]}`))}, nil
		})}}
		s := NewSource(SourceOptions{Client: client, Gateway: newMemory()})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(3*time.Minute + time.Second)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if polls != 2*4 {
			t.Errorf("%d lists asked for, want both kinds 4 times", polls)
		}
	})
}
