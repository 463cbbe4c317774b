package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"congvan/gateway"
	"congvan/internal/peers"
	"congvan/schemas/edxml"
)

// bed is a database under test.
type bed struct {
	*Store
	t       testing.TB
	options Options
	clock   *clock
}

// clock is a time that tests move.
type clock struct{ micros atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.micros.Store(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMicro(c.micros.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, b *bed)) {
	t.Helper()
	for _, driver := range []Driver{SQLite, Postgres} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			test(t, newBed(t, driver))
		})
	}
}

func newBed(t testing.TB, driver Driver) *bed {
	t.Helper()
	o := Options{Driver: driver}
	if driver == SQLite {
		o.Path = filepath.Join(t.TempDir(), "congvan.db")
	} else {
		o.DSN = peers.Postgres(t)
	}
	c := newClock()
	o.Now = c.now
	b := &bed{t: t, options: o, clock: c}
	b.Store = b.another()
	return b
}

// another opens the same database once more, as a second process would.
func (b *bed) another() *Store {
	b.t.Helper()
	s, err := Open(b.t.Context(), b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.t.Errorf("close: %v", err)
		}
	})
	return s
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// letter makes an admission of a letter from H26.99 to some receivers' inboxes.
func (b *bed) letter(document string, receivers ...gateway.AgencyID) *gateway.Admission {
	return newLetter(b.clock.now(), document, receivers...)
}

func newLetter(at time.Time, document string, receivers ...gateway.AgencyID) *gateway.Admission {
	id := gateway.MessageID(newID())
	skeleton := []byte("<edXML>" + document + "</edXML>")
	a := &gateway.Admission{
		Message: gateway.Message{
			ID: id, Kind: edxml.KindDocument, From: "H26.99", DocumentID: document, Number: "12", Notation: "QĐ-UBND", Type: "Quyết định",
			Subject: "Về việc thử nghiệm liên thông", Date: "2030/01/02", Signer: "Nguyễn Văn Thử", Size: 1234, SHA256: digest(document),
			System: "system-1", AcceptedAt: at,
			Attachments: []gateway.Attachment{{
				Index: 0, Name: "văn bản.pdf", ContentType: "application/pdf", Size: 10,
				SHA256: digest("file"), PayloadSize: 10, Payload: digest("payload"), Wrapped: true,
			}},
		},
		Original: gateway.Original{
			Split: edxml.Split{
				Skeleton: skeleton, Size: 1234, SHA256: sha256.Sum256(skeleton), Rebuildable: true,
				Payloads: []edxml.Payload{{Offset: 7, Layout: "76n", Size: 10, SHA256: sha256.Sum256([]byte("payload"))}},
			},
			Payloads: []string{digest("payload")},
		},
		ContentKey:  digest(document),
		Fingerprint: digest(document + fmt.Sprint(receivers)),
		Receipt:     gateway.Receipt{ID: newID(), Kind: gateway.ReceiptSubmission, Message: id, IssuedAt: at, JWS: "e30.e30.c2ln"},
		Node:        "node-1", Actor: "system-1",
	}
	for _, r := range receivers {
		a.Deliveries = append(a.Deliveries, gateway.Delivery{
			ID: gateway.DeliveryID(newID()), Message: id, Kind: edxml.KindDocument, Addressed: r, Receiver: r, Holder: r,
			Route: gateway.RouteInbox, State: gateway.DeliveryQueued, NextAt: at, ExpiresAt: at.Add(30 * 24 * time.Hour), QueuedAt: at, UpdatedAt: at,
		})
	}
	return a
}

// by sends all deliveries of an admission by a carrier.
func by(route string, a *gateway.Admission) *gateway.Admission {
	for i := range a.Deliveries {
		a.Deliveries[i].Route, a.Deliveries[i].Holder = route, ""
	}
	return a
}

func (b *bed) admit(a *gateway.Admission) gateway.Admitted {
	b.t.Helper()
	admitted, err := b.Admit(b.t.Context(), a)
	if err != nil {
		b.t.Fatal(err)
	}
	return admitted
}

func (b *bed) delivery(id gateway.DeliveryID) gateway.Delivery {
	b.t.Helper()
	d, err := b.Delivery(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return *d
}

func (b *bed) fetch(d gateway.Delivery) []gateway.Delivery {
	b.t.Helper()
	out, err := b.Fetched(b.t.Context(), gateway.FetchMark{Delivery: d.ID, Holders: []gateway.AgencyID{d.Holder}, At: b.clock.now(), Actor: "system-2"})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bed) acknowledge(d gateway.Delivery) gateway.AckOutcome {
	b.t.Helper()
	out, err := b.Acknowledge(b.t.Context(), []gateway.Acknowledgement{{Delivery: d.ID, At: b.clock.now()}}, []gateway.AgencyID{d.Holder}, "system-2")
	if err != nil || len(out) != 1 {
		b.t.Fatal(out, err)
	}
	return out[0]
}

// kinds lists the kinds of a message's events.
func (b *bed) kinds(id gateway.MessageID) []gateway.EventKind {
	b.t.Helper()
	events, err := b.Timeline(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	out := make([]gateway.EventKind, len(events))
	for i, e := range events {
		out[i] = e.Kind
	}
	return out
}
