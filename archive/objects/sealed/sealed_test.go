package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"congvan/archive/objects"
	"congvan/archive/objects/objectstest"
	"congvan/archive/objects/sealed"
	"congvan/archive/objects/twin"
	"congvan/internal/peers/stores"
)

// vault is a sealed store whose bytes beneath can be spoiled.
type vault struct {
	*sealed.Store
	beneath *stores.Folder
}

func (v vault) address(t *testing.T, d objects.Digest) objects.Digest {
	t.Helper()
	address, err := v.Address(d)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Flip changes a bit beneath.
func (v vault) Flip(t *testing.T, d objects.Digest) { t.Helper(); v.beneath.Flip(t, v.address(t, d)) }

// Cut halves the sealed bytes.
func (v vault) Cut(t *testing.T, d objects.Digest) { t.Helper(); v.beneath.Cut(t, v.address(t, d)) }

func open(t testing.TB, beneath objects.Store, k *sealed.Keys) *sealed.Store {
	t.Helper()
	s, err := sealed.Open(context.Background(), beneath, k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func over(t testing.TB, beneath *stores.Folder) vault {
	return vault{open(t, beneath, sealed.NewKeys(time.Now())), beneath}
}

func TestConformance(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) objects.Store{
		"disk": func(t *testing.T) objects.Store { return over(t, stores.Disk(t)) },
		"s3":   func(t *testing.T) objects.Store { return over(t, stores.S3(t)) },
		"twin of two": func(t *testing.T) objects.Store {
			return pairOf(t, over(t, stores.Disk(t)), over(t, stores.Disk(t)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			objectstest.Run(t, open)
			objectstest.RunLocker(t, open)
		})
	}
}

// pair is a twin of sealed stores, each with keys of its own.
type pair struct {
	*twin.Store
	first, second vault
}

func pairOf(t *testing.T, first, second vault) pair {
	s, err := twin.Open(twin.Options{First: first, Second: second, Journal: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return pair{s, first, second}
}

func (p pair) Flip(t *testing.T, d objects.Digest) {
	p.both(t, d, func(v vault) { v.Flip(t, d) })
}

func (p pair) Cut(t *testing.T, d objects.Digest) {
	p.both(t, d, func(v vault) { v.Cut(t, d) })
}

func (p pair) both(t *testing.T, d objects.Digest, do func(vault)) {
	t.Helper()
	if err := p.Settle(context.Background(), "blobs/"+string(d)); err != nil {
		t.Fatal(err)
	}
	do(p.first)
	do(p.second)
}

// TestNothingPlainIsBeneath looks for the content, its digest and its parts in every file.
func TestNothingPlainIsBeneath(t *testing.T) {
	v, ctx := over(t, stores.Disk(t)), context.Background()
	secret := strings.Repeat("Ủy ban nhân dân quận báo cáo mật. ", 10_000)
	w, err := v.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, secret); err != nil {
		t.Fatal(err)
	}
	look := func(when string, d objects.Digest) {
		t.Helper()
		err := filepath.WalkDir(v.beneath.Dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if bytes.Contains(data, []byte(secret[:16])) || d != "" && (bytes.Contains(data, []byte(d)) || strings.Contains(path, string(d))) {
				t.Errorf("%s, %s tells what it must not", when, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	look("while staged", "")
	d, err := w.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Put(ctx, "a/b", []byte(secret)); err != nil {
		t.Fatal(err)
	}
	look("when stored", d)
	objectstest.Holds(t, v, []byte(secret))
}

// TestAnyChangeIsFound changes any byte of what lies beneath.
func TestAnyChangeIsFound(t *testing.T) {
	v := over(t, stores.Disk(t))
	rapid.Check(t, func(r *rapid.T) {
		data := objectstest.Bytes(rapid.Uint64().Draw(r, "seed"), rapid.IntRange(0, 200_000).Draw(r, "size"))
		d := objectstest.Keep(t, v, data)
		file := v.beneath.Path(v.address(t, d))
		sound, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(sound)-1-128).Draw(r, "at") // the envelope at the end is for Rebuild alone
		spoiled := bytes.Clone(sound)
		spoiled[at] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		rewrite(t, file, spoiled)
		reader, err := v.Open(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(reader)
		if !errors.Is(err, objects.ErrCorrupt) || !bytes.HasPrefix(data, got) || len(got) > at/(64<<10+16)*(64<<10) {
			r.Errorf("byte %d of %d: read %d bytes, %v", at, len(sound), len(got), err)
		}
		reader.Close()
		if err := v.Replace(context.Background(), d, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if again, err := os.ReadFile(file); err != nil || !bytes.Equal(again, sound) {
			r.Errorf("mended, the sealed bytes differ from the first ones: %v", err)
		}
	})
}

func rewrite(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, data, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestAnyPartCanBeRead compares ReadAt and Seek with the plain bytes.
func TestAnyPartCanBeRead(t *testing.T) {
	v := over(t, stores.Disk(t))
	for _, size := range []int{0, 1, 65535, 65536, 65537, 131072, 2_500_000} {
		data := objectstest.Bytes(uint64(size), size)
		d := objectstest.Keep(t, v, data)
		reader, err := v.Open(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		plain := bytes.NewReader(data)
		rapid.Check(t, func(r *rapid.T) {
			at, n := rapid.Int64Range(0, int64(size)+10).Draw(r, "at"), rapid.IntRange(1, size+10).Draw(r, "n")
			want, got := make([]byte, n), make([]byte, n)
			wantN, _ := plain.ReadAt(want, at)
			gotN, err := reader.ReadAt(got, at)
			if gotN != wantN || !bytes.Equal(got, want) || (gotN < n) != (err == io.EOF) {
				r.Errorf("size %d: ReadAt(%d, %d) gives %d, %v; want %d", size, n, at, gotN, err, wantN)
			}
			if _, err := reader.Seek(at, io.SeekStart); err != nil {
				r.Error(err)
			}
			gotN, _ = io.ReadFull(reader, got)
			if gotN != wantN || !bytes.Equal(got[:gotN], want[:wantN]) {
				r.Errorf("size %d: reading %d from %d gives %d; want %d", size, n, at, gotN, wantN)
			}
		})
		reader.Close()
	}
}

func TestKeysAreRotatedAndRewrapped(t *testing.T) {
	beneath, ctx := stores.Disk(t), context.Background()
	keys := sealed.NewKeys(time.Now())
	old := keys.Current()
	s := open(t, beneath, keys)
	for i := range 20 {
		objectstest.Keep(t, s, objectstest.Bytes(uint64(i), 1000))
		if err := s.Put(ctx, fmt.Sprintf("r/%d", i), []byte("một")); err != nil {
			t.Fatal(err)
		}
	}
	blobs := blobsBeneath(t, beneath)
	keys.Rotate(time.Now())
	objectstest.Keep(t, s, objectstest.Bytes(20, 1000))
	if done, err := s.Rewrap(ctx); err != nil || done != (sealed.Rewrapped{Entries: 20, Records: 20, Current: 1}) {
		t.Errorf("Rewrap gives %+v, %v", done, err)
	}
	if done, err := s.Rewrap(ctx); err != nil || done != (sealed.Rewrapped{Current: 41}) {
		t.Errorf("a second Rewrap gives %+v, %v", done, err)
	}
	for name, modified := range blobs {
		if now := blobsBeneath(t, beneath)[name]; !now.Equal(modified) {
			t.Errorf("%s was written again", name)
		}
	}
	if err := keys.Retire(old); err != nil {
		t.Fatal(err)
	}
	for i := range 21 {
		objectstest.Holds(t, s, objectstest.Bytes(uint64(i), 1000))
	}
	if data, err := s.Get(ctx, "r/7"); string(data) != "một" || err != nil {
		t.Errorf("Get gives %q, %v", data, err)
	}
	// A blob from before, found damaged after the old key is gone, is mended to the same bytes.
	v := vault{s, beneath}
	v.Flip(t, objectstest.Address(objectstest.Bytes(3, 1000)))
	if err := s.Replace(ctx, objectstest.Address(objectstest.Bytes(3, 1000)), bytes.NewReader(objectstest.Bytes(3, 1000))); err != nil {
		t.Errorf("Replace: %v", err)
	}
	objectstest.Holds(t, s, objectstest.Bytes(3, 1000))
}

func blobsBeneath(t *testing.T, s objects.Store) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	err := s.Walk(context.Background(), func(i objects.Info) error {
		if strings.HasPrefix(i.Key, "blobs/") {
			all[i.Key] = i.Modified
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheWrongKeysOpenNothing(t *testing.T) {
	beneath, ctx := stores.Disk(t), context.Background()
	keys := sealed.NewKeys(time.Now())
	s := open(t, beneath, keys)
	d := objectstest.Keep(t, s, objectstest.Bytes(1, 1000))
	if err := s.Put(ctx, "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.Open(ctx, beneath, sealed.NewKeys(time.Now())); !errors.Is(err, sealed.ErrNoKey) {
		t.Errorf("with other keys Open gives %v, want ErrNoKey", err)
	}
	old := keys.Current()
	keys.Rotate(time.Now())
	if err := keys.Retire(old); err != nil {
		t.Fatal(err)
	}
	_, opened := s.Open(ctx, d)
	_, got := s.Get(ctx, "a")
	for name, err := range map[string]error{"Open": opened, "Get": got, "Walk": s.Walk(ctx, func(objects.Info) error { return nil })} {
		if !errors.Is(err, sealed.ErrNoKey) {
			t.Errorf("without the key %s gives %v, want ErrNoKey", name, err)
		}
	}
}

func TestRecordsCannotBeSwapped(t *testing.T) {
	beneath, ctx := stores.Disk(t), context.Background()
	s := open(t, beneath, sealed.NewKeys(time.Now()))
	for _, key := range []string{"a", "b"} {
		if err := s.Put(ctx, key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	other, err := beneath.Get(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"swapped": other, "cut": other[:40], "empty": nil, "flipped": append(bytes.Clone(other[:len(other)-1]), other[len(other)-1]^1)} {
		if err := beneath.Put(ctx, "b", data); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, "b"); !errors.Is(err, objects.ErrCorrupt) {
			t.Errorf("%s: Get gives %q, %v; want ErrCorrupt", name, got, err)
		}
	}
	one, two := objectstest.Keep(t, s, []byte("one")), objectstest.Keep(t, s, []byte("two"))
	entry, err := beneath.Get(ctx, s.EntryName(one))
	if err != nil {
		t.Fatal(err)
	}
	if err := beneath.Put(ctx, s.EntryName(two), entry); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(ctx, two); !errors.Is(err, objects.ErrCorrupt) {
		t.Errorf("with another's entry Open gives %v, want ErrCorrupt", err)
	}
	if err := s.Put(ctx, "sealed/x", nil); !errors.Is(err, objects.ErrInvalidKey) {
		t.Errorf("Put among the entries gives %v, want ErrInvalidKey", err)
	}
}

func TestEntriesAreRebuiltFromTheBlobs(t *testing.T) {
	beneath, ctx := stores.Disk(t), context.Background()
	s := open(t, beneath, sealed.NewKeys(time.Now()))
	for i := range 5 {
		objectstest.Keep(t, s, objectstest.Bytes(uint64(i), i*50_000))
	}
	objectstest.Keep(t, beneath, objectstest.Bytes(9, 500)) // a stranger's
	lost, spoiled := objectstest.Address(objectstest.Bytes(1, 50_000)), objectstest.Address(objectstest.Bytes(2, 100_000))
	if err := os.Remove(filepath.Join(beneath.Dir, "records", strings.ReplaceAll(s.EntryName(lost), "/", "+/"))); err != nil {
		t.Fatal(err)
	}
	if err := beneath.Put(ctx, s.EntryName(spoiled), make([]byte, 288)); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Rebuild(ctx); n != 2 || err != nil {
		t.Errorf("Rebuild gives %d, %v; want 2", n, err)
	}
	for i := range 5 {
		objectstest.Holds(t, s, objectstest.Bytes(uint64(i), i*50_000))
	}
	if n, err := s.Rebuild(ctx); n != 0 || err != nil {
		t.Errorf("a second Rebuild gives %d, %v; want 0", n, err)
	}
}
