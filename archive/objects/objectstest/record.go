package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"congvan/archive/objects"
)

func records(t *testing.T, s objects.Store) {
	ctx := context.Background()
	for _, data := range [][]byte{[]byte("một"), nil, Bytes(1, 100_000), []byte("hai")} {
		if err := s.Put(ctx, "receipts/2026/r-1.json", data); err != nil {
			t.Fatalf("Put: %v", err)
		}
		got, err := s.Get(ctx, "receipts/2026/r-1.json")
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("Get gives %d bytes, %v; want %d", len(got), err, len(data))
		}
	}
}

// recordsAtOnce lets writers race over few keys: each record must be whole, one
// of those that were written.
func recordsAtOnce(t *testing.T, s objects.Store) {
	ctx := context.Background()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 6 {
				whole := bytes.Repeat([]byte{byte('a' + worker)}, 5000)
				if err := s.Put(ctx, fmt.Sprintf("race/%d/%d", i%2, i), whole); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 6 {
		got, err := s.Get(ctx, fmt.Sprintf("race/%d/%d", i%2, i))
		if err != nil || len(got) != 5000 || len(bytes.Trim(got, string(got[:1]))) != 0 {
			t.Errorf("record %d is %d bytes, %v: not one of those written", i, len(got), err)
		}
	}
}

// recordBesideFolder uses keys that a folder of files could confuse.
func recordBesideFolder(t *testing.T, s objects.Store) {
	ctx := context.Background()
	all := []string{"a/b/c", "a", "a/b", "a.d", "a.d/e", "blobs/x", "records/x"}
	for _, key := range all {
		if err := s.Put(ctx, key, []byte(key)); err != nil {
			t.Fatalf("Put %s: %v", key, err)
		}
	}
	for _, key := range all {
		if got, err := s.Get(ctx, key); err != nil || string(got) != key {
			t.Errorf("Get %s gives %q, %v", key, got, err)
		}
	}
}

func keys(t *testing.T, s objects.Store) {
	ctx := context.Background()
	long := strings.Repeat("k", 100)
	for _, key := range []string{"a", "a.b_c-9", long, "1/2/3/4/5/6/7/8", strings.TrimSuffix(strings.Repeat(long+"/", 8), "/")} {
		if err := s.Put(ctx, key, []byte(key)); err != nil {
			t.Errorf("Put %q: %v", key, err)
		}
		if got, err := s.Get(ctx, key); err != nil || string(got) != key {
			t.Errorf("Get %q gives %q, %v", key, got, err)
		}
	}
	for _, key := range []string{
		"", "/", "a/", "/a", "a//b", ".", "..", "a/../b", ".hidden", "a/.b", "A", "ấ", "a b", "a\\b", "a\x00b",
		"a+", "a+/b", "%2e", long + "k", "1/2/3/4/5/6/7/8/9",
	} {
		if err := s.Put(ctx, key, nil); !errors.Is(err, objects.ErrInvalidKey) {
			t.Errorf("Put %q gives %v, want ErrInvalidKey", key, err)
		}
		if _, err := s.Get(ctx, key); !errors.Is(err, objects.ErrInvalidKey) {
			t.Errorf("Get %q gives %v, want ErrInvalidKey", key, err)
		}
	}
}

func walk(t *testing.T, s objects.Store) {
	want := map[string]int64{}
	for i := range 20 {
		d := Keep(t, s, Bytes(uint64(i), i*100))
		want["blobs/"+string(d)] = int64(i * 100)
	}
	for i, key := range []string{"a", "a/b", "z/y/x/w", "receipts/2026/1.json"} {
		if err := s.Put(context.Background(), key, make([]byte, i)); err != nil {
			t.Fatal(err)
		}
		want["records/"+key] = int64(i)
	}
	if diff := cmp.Diff(want, Listed(t, s)); diff != "" {
		t.Errorf("Walk (-want +got):\n%s", diff)
	}
}

func walkStops(t *testing.T, s objects.Store) {
	for i := range 5 {
		Keep(t, s, Bytes(uint64(i), 10))
	}
	enough, calls := errors.New("enough"), 0
	err := s.Walk(context.Background(), func(objects.Info) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("Walk gives %v after %d calls, want the callback's error after 1", err, calls)
	}
}
