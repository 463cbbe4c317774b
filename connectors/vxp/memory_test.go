package vxp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// The system of most tests and its secret, as in the published vectors.
const (
	testSystem = "sys.test.01"
	testSecret = "s3cret"
)

// noon is the moment of tests that look at moments.
var noon = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)

// memory is a gateway that keeps what it is given, can be told to fail, and
// notes what it was asked. It stands in where a test is about the wire.
type memory struct {
	mu       sync.Mutex
	fail     map[string]error // by method
	items    []gateway.InboxItem
	contents map[gateway.MessageID][]byte
	damaged  bool // contents break off with CodeDamaged
	accepted []submitted
	acks     []gateway.Ack
	notes    []string
	views    []gateway.InboxView
	agencies []gateway.Agency
	closed   []gateway.AgencyID
}

type submitted struct {
	gateway.Submission
	Bytes []byte
}

func newMemory() *memory {
	return &memory{fail: map[string]error{}, contents: map[gateway.MessageID][]byte{}}
}

// put lets a letter wait under the ids d-NAME and m-NAME.
func (m *memory) put(name string, kind edxml.Kind, content string) {
	id := gateway.MessageID("m-" + name)
	m.contents[id] = []byte(content)
	m.items = append(m.items, gateway.InboxItem{
		Delivery: gateway.Delivery{
			ID: gateway.DeliveryID("d-" + name), Message: id, Kind: kind, Receiver: "H26.99.2", Addressed: "H26.99.2", Holder: "H26.99.2",
			Route: gateway.RouteInbox, State: gateway.DeliveryQueued, QueuedAt: noon, UpdatedAt: noon,
		},
		Message: gateway.Message{
			ID: id, Kind: kind, From: "H26.99.1", Number: "12", Notation: "QĐ-UBND", Subject: "Về việc thử",
			Size: int64(len(content)), SHA256: digestOf(content), AcceptedAt: noon,
		},
	})
}

func digestOf(s string) string {
	d := sha256.Sum256([]byte(s))
	return hex.EncodeToString(d[:])
}

// called fails or panics when the test wants it to.
func (m *memory) called(method string) error {
	err := m.fail[method]
	if err != nil && err.Error() == "panic" {
		panic("as ordered")
	}
	return err
}

func (m *memory) Accept(_ context.Context, _ gateway.Principal, s gateway.Submission) (*gateway.Acceptance, error) {
	if err := m.called("Accept"); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(s.Body)
	if err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.accepted = append(m.accepted, submitted{s, b})
	return &gateway.Acceptance{Message: gateway.MessageID(digestOf(string(b))[:24])}, nil
}

func (m *memory) Inbox(_ context.Context, _ gateway.Principal, v gateway.InboxView) ([]gateway.InboxItem, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.views = append(m.views, v)
	if err := m.called("Inbox"); err != nil && (err != errLate || v.Offset > 0) {
		return nil, err
	}
	all := slices.DeleteFunc(slices.Clone(m.items), func(i gateway.InboxItem) bool {
		return i.Message.Kind != v.Kind || i.Delivery.State == gateway.DeliveryAcknowledged
	})
	all = all[min(v.Offset, len(all)):]
	return all[:min(v.Limit, len(all))], nil
}

// errLate makes a list fail after its first page.
var errLate = gateway.Errorf(gateway.CodeStorageUnavailable, "", "late")

func (m *memory) CountInbox(ctx context.Context, p gateway.Principal, v gateway.InboxView) (int, error) {
	v.Limit = len(m.items)
	items, err := m.Inbox(ctx, p, v)
	return len(items), err
}

func (m *memory) find(i gateway.Item) (*gateway.InboxItem, error) {
	for n := range m.items {
		d := &m.items[n].Delivery
		if i.Delivery != "" && d.ID == i.Delivery || i.Message != "" && d.Message == i.Message {
			return &m.items[n], nil
		}
	}
	return nil, gateway.Errorf(gateway.CodeNotFound, "docId", "no %v", i)
}

func (m *memory) Fetch(_ context.Context, _ gateway.Principal, i gateway.Item) (*gateway.Content, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.called("Fetch"); err != nil {
		return nil, err
	}
	it, err := m.find(i)
	if err != nil {
		return nil, err
	}
	it.Delivery.State = gateway.DeliveryFetched
	return &gateway.Content{Size: it.Message.Size, SHA256: it.Message.SHA256, WriterTo: content{m.contents[it.Message.ID], m.damaged}}, nil
}

type content struct {
	bytes   []byte
	damaged bool
}

func (c content) WriteTo(w io.Writer) (int64, error) {
	if c.damaged {
		n, _ := w.Write(c.bytes[:len(c.bytes)/2])
		return int64(n), gateway.Errorf(gateway.CodeDamaged, "", "as ordered")
	}
	return bytes.NewReader(c.bytes).WriteTo(w)
}

func (m *memory) Acknowledge(_ context.Context, _ gateway.Principal, acks []gateway.Ack) ([]gateway.AckOutcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.called("Acknowledge"); err != nil {
		return nil, err
	}
	var out []gateway.AckOutcome
	for _, a := range acks {
		it, err := m.find(a.Item)
		if err == nil && it.Delivery.State == gateway.DeliveryQueued {
			err = fmt.Errorf("acknowledge: %w", gateway.ErrConflict)
		}
		if err == nil {
			it.Delivery.State = gateway.DeliveryAcknowledged
			m.acks = append(m.acks, a)
		}
		out = append(out, gateway.AckOutcome{Delivery: a.Delivery, Err: err})
	}
	return out, nil
}

func (m *memory) NoteProgress(_ context.Context, _ gateway.Principal, i gateway.Item, note string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.find(i); err != nil {
		return err
	}
	m.notes = append(m.notes, note)
	return nil
}

func (m *memory) Sent(_ context.Context, _ gateway.Principal, v gateway.SentView) ([]gateway.InboxItem, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.called("Sent"); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(m.items), func(i gateway.InboxItem) bool {
		return i.Message.Kind != v.Kind || v.Message != "" && i.Message.ID != v.Message
	}), nil
}

func (m *memory) Agency(_ context.Context, id gateway.AgencyID) (*gateway.Agency, error) {
	for _, a := range m.agencies {
		if a.ID == id || slices.Contains(a.Aliases, id) {
			return &a, nil
		}
	}
	return nil, gateway.ErrNotFound
}

func (m *memory) SearchAgencies(_ context.Context, q gateway.AgencyQuery) ([]gateway.Agency, error) {
	if err := m.called("SearchAgencies"); err != nil && (err != errLate || q.After != "") {
		return nil, err
	}
	start, _ := slices.BinarySearchFunc(m.agencies, q.After+"\x00", func(a gateway.Agency, id gateway.AgencyID) int {
		return strings.Compare(string(a.ID), string(id))
	})
	rest := m.agencies[start:]
	return rest[:min(q.Limit, len(rest))], nil
}

func (m *memory) PutAgencies(_ context.Context, p gateway.Principal, agencies []gateway.Agency) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !p.May(gateway.ScopeDirectory) {
		return 0, gateway.Errorf(gateway.CodeScopeMissing, "directory", "no")
	}
	m.agencies = append(m.agencies, agencies...)
	return len(agencies), nil
}

func (m *memory) CloseAgency(_ context.Context, _ gateway.Principal, id gateway.AgencyID, _ []gateway.AgencyID) error {
	m.closed = append(m.closed, id)
	return nil
}

// keys knows the test system.
type keys struct {
	scopes []gateway.Scope
	err    error
}

func (k keys) VXP(_ context.Context, id string) (gateway.Principal, []byte, error) {
	if k.err != nil {
		return gateway.Principal{}, nil, k.err
	}
	if id != testSystem {
		return gateway.Principal{}, []byte("decoy"), gateway.Errorf(gateway.CodeUnauthenticated, "", "unknown")
	}
	return gateway.Principal{System: testSystem, Scopes: k.scopes, Agencies: []gateway.AgencyID{"H26.99.1"}}, []byte(testSecret), nil
}

func allowed() keys { return keys{scopes: append(gateway.DefaultScopes(), gateway.ScopeDirectory)} }

// options are those of a server over a memory.
func options(t *testing.T, m *memory) Options {
	t.Helper()
	return Options{Gateway: m, Authenticator: allowed(), Now: func() time.Time { return noon }}
}
