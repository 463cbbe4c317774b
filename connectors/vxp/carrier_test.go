package vxp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
	"congvan/gateway/dispatch"
	"congvan/schemas/edxml"
)

func testParcel(content string) dispatch.Parcel {
	return dispatch.Parcel{
		Delivery: gateway.Delivery{ID: "d-1", Message: "m-1", Addressed: "000.02.99.H26", Receiver: "H26.99.2", Route: gateway.RouteAxis, State: gateway.DeliverySending},
		Message: gateway.Message{
			ID: "m-1", Kind: edxml.KindDocument, From: "H26.99.1", Number: "12", Notation: "QĐ-UBND", Subject: "Về việc thử",
			Size: int64(len(content)), SHA256: digestOf(content), AcceptedAt: noon,
		},
		Open: func(context.Context) (dispatch.Body, error) {
			return dispatch.Body{ReadCloser: io.NopCloser(strings.NewReader(content)), Size: int64(len(content)), SHA256: digestOf(content)}, nil
		},
	}
}

func TestCarry(t *testing.T) {
	m := newMemory()
	carrier := NewCarrier(CarrierOptions{Client: clientOf(start(t, options(t, m))), Idempotent: true})
	answer, err := carrier.Carry(t.Context(), testParcel(letter))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dispatch.Answer{RemoteID: digestOf(letter)[:24], Code: "0", Text: "OK"}, answer); diff != "" {
		t.Error(diff)
	}
	got := m.accepted[0]
	if string(got.Bytes) != letter || got.From != "H26.99.1" || len(got.To) != 1 || got.To[0] != "000.02.99.H26" || got.Kind != edxml.KindDocument {
		t.Errorf("the axis got %+v", got)
	}
}

func TestCarrierClassesOfFailure(t *testing.T) {
	answer := func(code, text string) *Client {
		return replying(200, fmt.Sprintf(`{"status":"FAIL","ErrorCode":%q,"ErrorDesc":%q,"DocId":""}`, code, text))
	}
	tests := []struct {
		name   string
		client *Client
		class  gateway.AttemptClass
		of     bool // the receiver's trouble alone
		after  time.Duration
	}{
		{"invalid file", answer("10", "x"), gateway.AttemptPermanent, false, 0},
		{"damaged on the way", answer("10", "… [hash-mismatch: x]"), gateway.AttemptTemporary, false, 0},
		{"cut off on the way", answer("10", "… [body-truncated]"), gateway.AttemptTemporary, false, 0},
		{"wrong secret", answer("15", "x"), gateway.AttemptTemporary, false, 10 * time.Minute},
		{"unknown receiver", answer("18", "x"), gateway.AttemptPermanent, true, 0},
		{"unknown sender", answer("19", "x"), gateway.AttemptPermanent, false, 0},
		{"axis in trouble", answer("20", "x"), gateway.AttemptTemporary, false, 0},
		{"file cannot be processed", answer("21", "x"), gateway.AttemptPermanent, false, 0},
		{"wrong format", answer("22", "x"), gateway.AttemptPermanent, false, 0},
		{"locked receiver", answer("23", "x"), gateway.AttemptPermanent, true, 0},
		{"wrong root", answer("40", "x"), gateway.AttemptPermanent, false, 0},
		{"a code nobody told us about", answer("77", "x"), gateway.AttemptTemporary, false, 0},
		{"a proxy's page", replying(504, "<html>"), gateway.AttemptUnknown, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewCarrier(CarrierOptions{Client: tt.client}).Carry(t.Context(), testParcel(letter))
			var e *dispatch.CarrierError
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if e.Class != tt.class || e.ReceiverOnly != tt.of || e.RetryAfter != tt.after {
				t.Errorf("class %s, receiver only %v, after %s", e.Class, e.ReceiverOnly, e.RetryAfter)
			}
		})
	}
}

func TestCarryNothingThatCannotBeOpened(t *testing.T) {
	p := testParcel(letter)
	damaged := gateway.Errorf(gateway.CodeDamaged, "", "x")
	p.Open = func(context.Context) (dispatch.Body, error) { return dispatch.Body{}, damaged }
	if _, err := NewCarrier(CarrierOptions{Client: replying(200, `{}`)}).Carry(t.Context(), p); !errors.Is(err, damaged) {
		t.Errorf("error %v", err)
	}
}

func TestCarrierPromises(t *testing.T) {
	client := &Client{Endpoint: "https://axis.example:8443/base"}
	for _, idempotent := range []bool{true, false} {
		c := NewCarrier(CarrierOptions{Client: client, Idempotent: idempotent})
		if got := c.(dispatch.Idempotent).Idempotent(); got != idempotent {
			t.Errorf("Idempotent() = %v, want %v", got, idempotent)
		}
		if _, asks := c.(dispatch.Confirmer); asks == idempotent {
			t.Errorf("idempotent %v, confirmer %v", idempotent, asks)
		}
		if got := c.(dispatch.Endpointer).Endpoint("H26.99.2"); got != "axis.example:8443" {
			t.Errorf("endpoint %q", got)
		}
	}
}

func TestConfirm(t *testing.T) {
	const row = `{"senderDocId":"s-1","fromCode":"H26.99.1","toCode":"H26.99.2","notation":"12/QĐ-UBND","title":" Về việc  thử","sentTime":"2026-11-23 12:00:30"}`
	changed := func(old, by string) string { return strings.Replace(row, old, by, 1) }
	tests := []struct {
		name  string
		rows  []string
		after time.Duration // since the carrier was made
		found bool
		clear bool // no error
	}{
		{"listed", []string{changed("H26.99.2", "H26.99.3"), row}, 0, true, true},
		{"listed by the code in the letter", []string{changed("H26.99.2", "000.02.99.H26")}, 0, true, true},
		{"not listed, and it may be on its way", nil, time.Minute, false, false},
		{"not listed after a while", nil, 6 * time.Minute, false, true},
		{"listed twice", []string{row, row}, 6 * time.Minute, false, false},
		{"another number", []string{changed("12/", "13/")}, 6 * time.Minute, false, true},
		{"another subject", []string{changed("thử", "khác")}, 6 * time.Minute, false, true},
		{"sent before we had it", []string{changed("2026-11-23 12:00:30", "2026-11-23 11:00:00")}, 6 * time.Minute, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := noon
			c := NewCarrier(CarrierOptions{
				Client: replying(200, `{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[`+strings.Join(tt.rows, ",")+`]}`),
				Now:    func() time.Time { return now },
			})
			now = now.Add(tt.after)
			found, id, err := c.(dispatch.Confirmer).Confirm(t.Context(), testParcel(letter))
			if found != tt.found || (err == nil) != tt.clear || found && id != "s-1" {
				t.Errorf("found %v as %q, %v", found, id, err)
			}
		})
	}
}

// TestConfirmAfterABrokenAttempt: the quiet time counts from the attempt, not from the start.
func TestConfirmAfterABrokenAttempt(t *testing.T) {
	now := noon
	broken := replying(502, "")
	c := NewCarrier(CarrierOptions{Client: broken, Now: func() time.Time { return now }}).(*confirming)
	now = now.Add(time.Hour)
	if _, err := c.Carry(t.Context(), testParcel(letter)); !errors.Is(err, ErrOutcomeUnknown) {
		t.Fatalf("error %v", err)
	}
	c.client = replying(200, `{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[]}`)
	if _, _, err := c.Confirm(t.Context(), testParcel(letter)); err == nil {
		t.Error("sure at once")
	}
	now = now.Add(5 * time.Minute)
	if found, _, err := c.Confirm(t.Context(), testParcel(letter)); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}
