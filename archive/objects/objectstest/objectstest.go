// Package objectstest is the conformance suite of objects.Store: what the
// contract promises, asked of every store alike.
package objectstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"congvan/archive/objects"
)

// Damager is a store, or a test's wrapper of one, that can spoil what it keeps
// behind its own back: flip one byte, or cut the blob to half its size.
type Damager interface {
	Flip(t *testing.T, d objects.Digest)
	Cut(t *testing.T, d objects.Digest)
}

// Run asks everything of stores that open makes fresh and empty. A store that is
// no Damager fails: damage must be found.
func Run(t *testing.T, open func(t *testing.T) objects.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s objects.Store)
	}{
		{"Sizes", sizes},
		{"StagedReadsBack", stagedReadsBack},
		{"NothingBeforeCommit", nothingBeforeCommit},
		{"AbortLeavesNothing", abortLeavesNothing},
		{"CommitTwice", commitTwice},
		{"WriterIsOverAfterCommit", writerIsOver},
		{"SameBytesAreKept", sameBytesAreKept},
		{"SameBytesAtOnce", sameBytesAtOnce},
		{"ManyAtOnce", manyAtOnce},
		{"NotFound", notFound},
		{"NoDigest", noDigest},
		{"SeekAndReadAt", seekAndReadAt},
		{"DamageIsFound", damageIsFound},
		{"Delete", deletion},
		{"DeletedAndKeptAgain", deletedAndKeptAgain},
		{"ReplaceMends", replaceMends},
		{"ReplaceRefusesOtherBytes", replaceRefuses},
		{"Records", records},
		{"RecordsAtOnce", recordsAtOnce},
		{"RecordBesideFolder", recordBesideFolder},
		{"Keys", keys},
		{"Walk", walk},
		{"WalkStops", walkStops},
		{"Cancelled", cancelled},
		{"Check", check},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// Bytes makes size bytes that depend on seed alone.
func Bytes(seed uint64, size int) []byte {
	var key [32]byte
	key[0], key[1], key[2] = byte(seed), byte(seed>>8), byte(seed>>16)
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

// Address is the digest that a store must give to data.
func Address(data []byte) objects.Digest {
	sum := sha256.Sum256(data)
	return objects.Digest(hex.EncodeToString(sum[:]))
}

// Keep stores data as a blob and fails the test unless its address is right.
func Keep(t testing.TB, s objects.Store, data []byte) objects.Digest {
	t.Helper()
	w := stage(t, s, data)
	defer w.Abort()
	d, err := w.Commit(context.Background())
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	if want := Address(data); d != want {
		t.Fatalf("Commit gives %s, want %s", d, want)
	}
	return d
}

func stage(t testing.TB, s objects.Store, data []byte) objects.Writer {
	t.Helper()
	w, err := s.Create(context.Background())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	if n, err := w.Write(data); err != nil || n != len(data) {
		t.Fatalf("Write gives %d, %v; want %d", n, err, len(data))
	}
	return w
}

// Holds fails the test unless the store gives data back, with its size.
func Holds(t testing.TB, s objects.Store, data []byte) {
	t.Helper()
	ctx, d := context.Background(), Address(data)
	info, err := s.Stat(ctx, d)
	if err != nil || info.Size != int64(len(data)) || info.Key != "blobs/"+string(d) || info.Modified.IsZero() {
		t.Errorf("Stat gives %+v, %v", info, err)
	}
	r, err := s.Open(ctx, d)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data) || r.Size() != int64(len(data)) {
		t.Fatalf("read back %d bytes of %d (Size %d), error %v", len(got), len(data), r.Size(), err)
	}
}

func lacks(t testing.TB, s objects.Store, d objects.Digest) {
	t.Helper()
	if _, err := s.Stat(context.Background(), d); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("Stat gives %v, want ErrNotFound", err)
	}
	if r, err := s.Open(context.Background(), d); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("Open gives %v, want ErrNotFound", err)
		if err == nil {
			r.Close()
		}
	}
}

// Listed collects what Walk reports; a key reported twice fails the test.
func Listed(t testing.TB, s objects.Store) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	err := s.Walk(context.Background(), func(i objects.Info) error {
		if _, twice := found[i.Key]; twice {
			t.Errorf("Walk reports %s twice", i.Key)
		}
		found[i.Key] = i.Size
		return nil
	})
	if err != nil {
		t.Fatalf("Walk: %v", err)
	}
	return found
}
