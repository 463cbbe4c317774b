package main

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestInOrder: results come in the order of the items, whoever is ready first, and
// neither too much work is under way nor too much waits.
func TestInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := make([]int, 500)
		for i := range items {
			items[i] = i
		}
		const workers = 3
		var busy, begun atomic.Int64
		var got []int
		err := inOrder(t.Context(), workers, items, func(i int) int {
			begun.Add(1)
			if busy.Add(1) > workers {
				t.Error("too many at once")
			}
			if i == 0 {
				time.Sleep(time.Hour) // all others are ready long before
				if n := begun.Load(); n > 10*workers {
					t.Errorf("%d were begun while the first was not done", n)
				}
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond)
			busy.Add(-1)
			return i
		}, func(i int) error {
			got = append(got, i)
			return nil
		})
		if err != nil || !slices.Equal(got, items) {
			t.Fatalf("%v %v", err, got)
		}
	})
}

// TestInOrderEnds: an error of who takes the results ends the work, and so does the context.
func TestInOrderEnds(t *testing.T) {
	items := make([]int, 1000)
	full := errors.New("full")
	var worked atomic.Int64
	err := inOrder(t.Context(), 2, items, func(int) int { return int(worked.Add(1)) }, func(int) error { return full })
	if !errors.Is(err, full) || worked.Load() == int64(len(items)) {
		t.Fatalf("%v after %d", err, worked.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = inOrder(ctx, 2, items, func(i int) int { return i }, func(int) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestMoment(t *testing.T) {
	for text, want := range map[string]string{
		"2020-11-01":                "2020-11-01T23:59:59+07:00",
		"2020-11-01T08:00:00Z":      "2020-11-01T08:00:00Z",
		"2020-11-01T08:00:00+07:00": "2020-11-01T08:00:00+07:00",
	} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := m.clock()().Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "hôm nay", "2020-13-01", "2020-11-01 08:00"} {
		if new(moment).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is no moment", text)
		}
	}
	if (moment{}).clock() != nil {
		t.Error("no moment stops no clock")
	}
}

// TestPlain: what a document says of itself moves no cursor and turns no text.
func TestPlain(t *testing.T) {
	if got := plain("VĨNH\x1b[2J\u202egpj\r\nx"); got != "VĨNH�[2J�gpj��x" {
		t.Errorf("%q", got)
	}
}
