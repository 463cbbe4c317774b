package auth

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
)

type unneeded gateway.Systems

// memory is gateway.Systems in a map, counting the look-ups. The cache's behaviour in
// time and under failures is what these tests are about; the SQL has its own.
type memory struct {
	unneeded // nil: what Keys does not call panics

	mu          sync.Mutex
	systems     map[gateway.SystemID]gateway.System
	credentials map[string]gateway.Credential
	reads       int
	down        error
	pause       func() // called within a look-up, after reading
}

func newMemory() *memory {
	return &memory{
		systems:     map[gateway.SystemID]gateway.System{"office": {ID: "office", Agencies: []gateway.AgencyID{"H26.99.1", "H26.99.2"}}},
		credentials: map[string]gateway.Credential{},
	}
}

func (m *memory) SystemByID(_ context.Context, id gateway.SystemID) (*gateway.System, error) {
	s, ok := m.systems[id]
	if !ok {
		return nil, gateway.ErrNotFound
	}
	return &s, nil
}

func (m *memory) PutCredential(_ context.Context, c gateway.Credential, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.credentials[c.ID]; ok {
		return fmt.Errorf("id taken: %w", gateway.ErrConflict)
	}
	m.credentials[c.ID] = c
	return nil
}

func (m *memory) Credential(_ context.Context, id string) (*gateway.Credential, error) {
	m.mu.Lock()
	m.reads++
	c, ok := m.credentials[id]
	down, pause := m.down, m.pause
	m.mu.Unlock()
	if pause != nil {
		pause()
	}
	if down != nil {
		return nil, down
	}
	if !ok {
		return nil, fmt.Errorf("credential: %w", gateway.ErrNotFound)
	}
	c.Agencies = m.systems[c.System].Agencies
	return &c, nil
}

func (m *memory) RevokeCredential(_ context.Context, id string, at time.Time, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.credentials[id]
	if !ok {
		return gateway.ErrNotFound
	}
	c.Revoked = at
	m.credentials[id] = c
	return nil
}

func (m *memory) lookups() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

var testMaster = [32]byte{1, 2, 3}

func wantCode(t *testing.T, err error, want gateway.Code) {
	t.Helper()
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Errorf("error %v; want code %s", err, want)
	}
}

func TestAPIKey(t *testing.T) {
	ctx, store := t.Context(), newMemory()
	keys := New(store, testMaster, time.Now)
	c, key, err := keys.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(store.credentials[c.ID].Proof), key) {
		t.Error("the key itself is kept")
	}
	got, err := keys.APIKey(ctx, key)
	want := gateway.Principal{System: "office", Credential: c.ID, Scopes: gateway.DefaultScopes(), Agencies: []gateway.AgencyID{"H26.99.1", "H26.99.2"}}
	if err != nil || !cmp.Equal(got, want) {
		t.Fatalf("principal %+v, %v; want %+v", got, err, want)
	}
	stranger := keyPrefix + randomText(idLength) + "_" + randomText(secretLength)
	for name, bad := range map[string]string{
		"empty":         "",
		"prefix alone":  keyPrefix,
		"no secret":     keyPrefix + c.ID,
		"empty secret":  keyPrefix + c.ID + "_",
		"one character": key[:len(key)-1] + flip(key[len(key)-1]),
		"longer":        key + "a",
		"upper case":    strings.ToUpper(key),
		"blank":         " " + key,
		"unknown id":    stranger,
		"odd id":        keyPrefix + "\x00" + key[len(keyPrefix)+1:],
		"other secret":  key[:len(keyPrefix)+idLength+1] + randomText(secretLength),
	} {
		p, err := keys.APIKey(ctx, bad)
		if p.System != "" || err == nil {
			t.Errorf("%s: accepted as %+v", name, p)
		}
		wantCode(t, err, gateway.CodeUnauthenticated)
		if strings.Contains(err.Error(), key[len(keyPrefix)+idLength+1:]) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
}

func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

func TestVXP(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	keys := New(store, testMaster, time.Now)
	c, secret, err := keys.CreateVXP(ctx, "office", "sys.test.01", []gateway.Scope{gateway.ScopeReceive}, "admin")
	if err != nil {
		t.Fatal(err)
	}
	p, got, err := keys.VXP(ctx, "sys.test.01")
	if err != nil || string(got) != secret || p.System != "office" || p.Credential != c.ID || p.May(gateway.ScopeSubmit) {
		t.Fatalf("%+v, %q, %v; want secret %q", p, got, err, secret)
	}
	if _, _, err = keys.CreateVXP(ctx, "office", "sys.test.01", nil, "admin"); err == nil {
		t.Error("a systemid was given out twice")
	}
	wantCode(t, err, gateway.CodeCredentialTaken)

	api, _, err := keys.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"sys.test.02", "", "a b", strings.Repeat("x", 65), api.ID, "sys\x00test"} {
		p, decoy, err := keys.VXP(ctx, id)
		wantCode(t, err, gateway.CodeUnauthenticated)
		if p.System != "" || len(decoy) != len(secret) || string(decoy) == secret {
			t.Errorf("systemid %q: %+v with a secret of %d bytes", id, p, len(decoy))
		}
	}
}

func TestSealedSecretBelongsToItsIDAndMaster(t *testing.T) {
	ctx, store := t.Context(), newMemory()
	keys := New(store, testMaster, time.Now)
	for _, id := range []string{"sys.one", "sys.two"} {
		if _, _, err := keys.CreateVXP(ctx, "office", id, nil, "admin"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := New(store, [32]byte{9}, time.Now).VXP(ctx, "sys.one"); err == nil {
		t.Error("another master key opened the secret")
	} else {
		wantCode(t, err, gateway.CodeInternal)
	}
	swapped := store.credentials["sys.one"]
	swapped.Proof = store.credentials["sys.two"].Proof
	store.credentials["sys.one"] = swapped
	if _, _, err := New(store, testMaster, time.Now).VXP(ctx, "sys.one"); err == nil {
		t.Error("another systemid's secret was taken")
	} else {
		wantCode(t, err, gateway.CodeInternal)
	}
}

func TestCreateRefuses(t *testing.T) {
	ctx := t.Context()
	keys := New(newMemory(), testMaster, time.Now)
	_, _, err := keys.CreateAPIKey(ctx, "nobody", nil, time.Time{}, "admin")
	if !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("key for an unknown system: %v", err)
	}
	_, _, err = keys.CreateAPIKey(ctx, "office", []gateway.Scope{"all"}, time.Time{}, "admin")
	wantCode(t, err, gateway.CodeInvalidRequest)
	_, _, err = keys.CreateAPIKey(ctx, "office", nil, time.Now().Add(-time.Hour), "admin")
	wantCode(t, err, gateway.CodeInvalidRequest)
	for _, id := range []string{"a", "has blank", "đơn vị", ".dot", strings.Repeat("x", 65), "a\r\nb"} {
		_, _, err = keys.CreateVXP(ctx, "office", id, nil, "admin")
		wantCode(t, err, gateway.CodeInvalidRequest)
	}
}

func TestRevokedAtOnceHereAndSoonElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, store := t.Context(), newMemory()
		here, there := New(store, testMaster, time.Now), New(store, testMaster, time.Now)
		c, key, err := here.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range []*Keys{here, there} {
			if _, err := keys.APIKey(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		if err := here.Revoke(ctx, c.ID, "admin"); err != nil {
			t.Fatal(err)
		}
		_, err = here.APIKey(ctx, key)
		wantCode(t, err, gateway.CodeUnauthenticated)
		time.Sleep(cacheTTL)
		_, err = there.APIKey(ctx, key)
		wantCode(t, err, gateway.CodeUnauthenticated)
		if err := here.Revoke(ctx, "absent", "admin"); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("revoking what is not there: %v", err)
		}
	})
}

// A look-up that began before a revocation must not bring the old answer back.
func TestRevocationDuringLookUp(t *testing.T) {
	ctx, store := t.Context(), newMemory()
	keys := New(store, testMaster, time.Now)
	c, key, err := keys.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
	if err != nil {
		t.Fatal(err)
	}
	store.pause = func() {
		store.pause = nil
		if err := keys.Revoke(ctx, c.ID, "admin"); err != nil {
			t.Error(err)
		}
	}
	_, _ = keys.APIKey(ctx, key)
	_, err = keys.APIKey(ctx, key)
	wantCode(t, err, gateway.CodeUnauthenticated)
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		keys := New(newMemory(), testMaster, time.Now)
		_, key, err := keys.CreateAPIKey(ctx, "office", nil, time.Now().Add(time.Second), "admin")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.APIKey(ctx, key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // still in the cache
		_, err = keys.APIKey(ctx, key)
		wantCode(t, err, gateway.CodeUnauthenticated)
	})
}

func TestCacheReadsOncePerSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, store := t.Context(), newMemory()
		keys := New(store, testMaster, time.Now)
		_, key, err := keys.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			_, _ = keys.APIKey(ctx, key)
			_, _, _ = keys.VXP(ctx, "sys.absent")
		}
		if n := store.lookups(); n != 2 {
			t.Errorf("%d look-ups for one key and one absent id; want 2", n)
		}
		time.Sleep(cacheTTL)
		_, _ = keys.APIKey(ctx, key)
		if n := store.lookups(); n != 3 {
			t.Errorf("%d look-ups after the span; want 3", n)
		}
	})
}

func TestCacheIsBoundedAndStrangersPushNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, store := t.Context(), newMemory()
		keys := New(store, testMaster, time.Now)
		_, key, err := keys.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = keys.APIKey(ctx, key)
		for i := range 3 * cacheSize {
			_, _, _ = keys.VXP(ctx, fmt.Sprintf("sys.%d", i))
		}
		if n, q := len(keys.cache.unknown.answers), len(keys.cache.unknown.queue); n > cacheSize || q > cacheSize {
			t.Errorf("%d unknown ids kept in a queue of %d; want at most %d", n, q, cacheSize)
		}
		before := store.lookups()
		_, _ = keys.APIKey(ctx, key)
		if store.lookups() != before {
			t.Error("a real key was pushed out by unknown ids")
		}
	})
}

// A new systemid must work at once although somebody asked for it before it existed.
func TestNewCredentialIsSeenAtOnce(t *testing.T) {
	ctx := t.Context()
	keys := New(newMemory(), testMaster, time.Now)
	if _, _, err := keys.VXP(ctx, "sys.new"); err == nil {
		t.Fatal("there is no sys.new yet")
	}
	if _, _, err := keys.CreateVXP(ctx, "office", "sys.new", nil, "admin"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := keys.VXP(ctx, "sys.new"); err != nil {
		t.Error(err)
	}
}

func TestStoreDownIsNotWrongKey(t *testing.T) {
	ctx, store := t.Context(), newMemory()
	keys := New(store, testMaster, time.Now)
	_, key, err := keys.CreateAPIKey(ctx, "office", nil, time.Time{}, "admin")
	if err != nil {
		t.Fatal(err)
	}
	store.down = fmt.Errorf("dial: %w", gateway.ErrUnavailable)
	if _, err := keys.APIKey(ctx, key); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("store down: %v; want ErrUnavailable", err)
	}
	store.down = nil
	if _, err := keys.APIKey(ctx, key); err != nil {
		t.Errorf("store back: %v", err)
	}
}

func TestLoadMaster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	first, err := LoadMaster(path)
	if err != nil || first == [32]byte{} {
		t.Fatal(first, err)
	}
	if again, err := LoadMaster(path); err != nil || again != first {
		t.Errorf("second load differs: %v", err)
	}
}

func FuzzIDOf(f *testing.F) {
	f.Add(keyPrefix + strings.Repeat("a", idLength) + "_" + strings.Repeat("b", secretLength))
	f.Add(keyPrefix)
	f.Add("")
	f.Fuzz(func(t *testing.T, key string) {
		if id, ok := idOf(key); ok && (len(id) != idLength || !strings.HasPrefix(key, keyPrefix+id+"_")) {
			t.Errorf("id %q of %q", id, key)
		}
	})
}

func BenchmarkAPIKey(b *testing.B) {
	keys := New(newMemory(), testMaster, time.Now)
	_, key, err := keys.CreateAPIKey(b.Context(), "office", nil, time.Time{}, "admin")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := keys.APIKey(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}
