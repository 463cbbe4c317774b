package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"congvan/gateway"
	"congvan/gateway/store"
	"congvan/schemas/edxml"
)

// TestOverTheRealStore has two dispatchers share a SQLite database, with a way to
// the other side that fails now and then.
func TestOverTheRealStore(t *testing.T) {
	const letters, receivers = 60, 5
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "congvan.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	ids := admitLetters(t, s, letters, receivers)
	p := newPeer(nil)
	p.carry = flaky(p)
	done := make(chan error, 2)
	ctx, cancel := context.WithCancel(t.Context())
	begin := time.Now()
	for n := range 2 {
		go func() { done <- runOver(ctx, s, asking{peer: p}, fmt.Sprintf("node-%d", n)) }()
	}
	waitUntilSent(t, s, ids)
	t.Logf("%d deliveries in %v", len(ids), time.Since(begin))
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, id := range ids {
		checkSent(t, s, p, id)
	}
}

func runOver(ctx context.Context, s *store.Store, c Carrier, owner string) error {
	d, err := New(Options{
		Queue: s, Carriers: map[string]Carrier{gateway.RouteAxis: c}, Open: openLetter, Owner: owner, Changed: s.Changed,
		Times:   Times{Poll: 20 * time.Millisecond, Hint: 5 * time.Millisecond},
		Backoff: Backoff{Base: time.Millisecond, Cap: 50 * time.Millisecond},
		Breaker: Breaker{CoolDown: time.Millisecond, MaxCool: 50 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	return d.Run(ctx)
}

// flaky fails at the first attempt of a third of the letters, and loses the answer of another third.
func flaky(p *peer) func(context.Context, Parcel) (Answer, error) {
	var mu sync.Mutex
	tried := map[gateway.DeliveryID]bool{}
	first := func(id gateway.DeliveryID) bool {
		mu.Lock()
		defer mu.Unlock()
		before := tried[id]
		tried[id] = true
		return !before
	}
	return func(ctx context.Context, c Parcel) (Answer, error) {
		kind := sha256.Sum256([]byte(c.Delivery.ID))[0] % 3
		if !first(c.Delivery.ID) || kind == 0 {
			return p.take(ctx, c)
		}
		if kind == 1 {
			return Answer{}, Temporary("503", "bận", nil)
		}
		if _, err := p.take(ctx, c); err != nil {
			return Answer{}, err
		}
		return Answer{}, Unknown("", "", nil)
	}
}

func waitUntilSent(t *testing.T, s *store.Store, ids []gateway.DeliveryID) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for _, id := range ids {
		for {
			d, err := s.Delivery(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if d.State == gateway.DeliverySent {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is still %s %s after %d attempts", id, d.State, d.Cause, d.Attempts)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

func checkSent(t *testing.T, s *store.Store, p *peer, id gateway.DeliveryID) {
	t.Helper()
	d, err := s.Delivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	attempts, err := s.Attempts(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if p.has(id) != 1 || d.RemoteID != "remote-"+string(id) || d.Attempts != len(attempts) || d.Cause != "" || d.SentAt.IsZero() {
		t.Errorf("taken %d times, %d attempts written: %+v", p.has(id), len(attempts), d)
	}
	if last := attempts[len(attempts)-1]; last.Class != gateway.AttemptOK || last.Carrier != gateway.RouteAxis {
		t.Errorf("the last attempt: %+v", last)
	}
}

// admitLetters accepts letters, each to the same receivers by way of the axis.
func admitLetters(t *testing.T, s *store.Store, letters, receivers int) (ids []gateway.DeliveryID) {
	t.Helper()
	for n := range letters {
		a := admission(fmt.Sprintf("H26.99,2030/01/02,%d/TB-UBND", n), n%5, receivers)
		if _, err := s.Admit(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		for _, d := range a.Deliveries {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

func admission(document string, lane, receivers int) *gateway.Admission {
	id, at := gateway.MessageID(uuid.Must(uuid.NewV7()).String()), moment()
	sum := sha256.Sum256([]byte(document))
	digest := hex.EncodeToString(sum[:])
	a := &gateway.Admission{
		Message: gateway.Message{
			ID: id, Kind: edxml.KindDocument, From: "H26.99", DocumentID: document, Subject: "Thông báo",
			Size: int64(len(document)), SHA256: digest, System: "system-1", AcceptedAt: at,
		},
		Original:    gateway.Original{Split: edxml.Split{Skeleton: []byte(document), Size: int64(len(document)), SHA256: sum, Rebuildable: true}},
		ContentKey:  digest,
		Fingerprint: digest,
		Receipt: gateway.Receipt{
			ID: uuid.Must(uuid.NewV7()).String(), Kind: gateway.ReceiptSubmission, Message: id, IssuedAt: at, JWS: "e30.e30.c2ln",
		},
		Node: "node-1", Actor: "system-1",
	}
	for i := range receivers {
		a.Deliveries = append(a.Deliveries, gateway.Delivery{
			ID: gateway.DeliveryID(uuid.Must(uuid.NewV7()).String()), Message: id, Kind: edxml.KindDocument,
			Addressed: agency(i), Receiver: agency(i), Route: gateway.RouteAxis, State: gateway.DeliveryQueued, Lane: lane,
			NextAt: at, ExpiresAt: at.Add(30 * 24 * time.Hour), QueuedAt: at, UpdatedAt: at,
		})
	}
	return a
}
