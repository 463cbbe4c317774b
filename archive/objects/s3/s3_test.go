package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/objectstest"
	"congvan/archive/objects/s3"
	"congvan/internal/peers"
)

func config(t *testing.T, b peers.S3Handle) s3.Config {
	return s3.Config{
		Endpoint: b.Endpoint, Region: b.Region, Bucket: b.Bucket, AccessKey: b.AccessKey, SecretKey: b.SecretKey,
		CAFile: b.CAFile, PathStyle: true, Staging: t.TempDir(), Timeout: 10 * time.Second, Tries: 2,
	}
}

func open(t *testing.T, c s3.Config) *s3.Store {
	t.Helper()
	s, err := s3.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// spoiled is a store whose objects a test can damage on the server's disk.
type spoiled struct {
	*s3.Store
	dir string
}

func (s spoiled) Flip(t *testing.T, d objects.Digest) {
	t.Helper()
	name := filepath.Join(s.dir, "blobs", string(d[:2]), string(d))
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s spoiled) Cut(t *testing.T, d objects.Digest) {
	t.Helper()
	name := filepath.Join(s.dir, "blobs", string(d[:2]), string(d))
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Store {
		bucket := peers.S3(t)
		c := config(t, bucket)
		c.Prefix = "quan/"
		return spoiled{open(t, c), filepath.Join(peers.SharedBlobFolder(t, bucket.Bucket), "quan")}
	})
}

// vault is a bucket with versions and locks, made by the store itself.
func vault(t *testing.T) s3.Config {
	c := config(t, peers.UnmadeS3(t))
	c.CreateBucket, c.ObjectLock = true, true
	return c
}

func TestConformanceWithLocks(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Store {
		c := vault(t)
		return spoiled{open(t, c), peers.SharedBlobFolder(t, c.Bucket)}
	})
}

func TestLocks(t *testing.T) {
	objectstest.RunLocker(t, func(t *testing.T) objects.Store {
		c := vault(t)
		return spoiled{open(t, c), peers.SharedBlobFolder(t, c.Bucket)}
	})
}

func TestALargeBlobGoesInPartsWithFlatMemory(t *testing.T) {
	s := open(t, config(t, peers.S3(t)))
	const chunk, chunks = 1 << 20, 150
	one := objectstest.Bytes(1, chunk)
	w, err := s.Create(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for i := range chunks {
		one[0] = byte(i)
		if _, err := w.Write(one); err != nil {
			t.Fatal(err)
		}
	}
	peak := watchHeap(t)
	d, err := w.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); n != chunk*chunks || err != nil {
		t.Errorf("read back %d bytes, %v", n, err)
	}
	// How much garbage waits for the collector depends on what else the machine does.
	if mib := peak() >> 20; mib > 60 {
		t.Errorf("the heap grew to %d MiB, want at most 60", mib)
	}
}

// watchHeap samples the heap until the function it gives is called for the peak.
func watchHeap(t *testing.T) (peak func() uint64) {
	var most uint64
	runtime.GC() // what earlier tests left is not ours
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	once := sync.OnceFunc(func() { close(stop); wg.Wait() })
	t.Cleanup(once)
	return func() uint64 { once(); return most }
}

func TestTheServerGoesAwayAndComesBack(t *testing.T) {
	server := peers.OwnS3(t)
	s := open(t, config(t, server.Bucket(t)))
	kept, next := objectstest.Bytes(1, 100_000), objectstest.Bytes(2, 100_000)
	objectstest.Keep(t, s, kept)
	w, err := s.Create(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Write(next); err != nil {
		t.Fatal(err)
	}

	server.Stop()
	ctx := context.Background()
	_, commit := w.Commit(ctx)
	_, get := s.Get(ctx, "a")
	_, opened := s.Open(ctx, objectstest.Address(kept))
	for name, err := range map[string]error{
		"Commit": commit, "Get": get, "Open": opened, "Put": s.Put(ctx, "a", nil), "Check": s.Check(ctx),
		"Walk": s.Walk(ctx, func(objects.Info) error { return nil }),
	} {
		if !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s gives %v, want ErrUnavailable", name, err)
		}
	}

	server.Start(t)
	if d, err := w.Commit(ctx); err != nil || d != objectstest.Address(next) {
		t.Errorf("the same Commit, tried again, gives %s, %v", d, err)
	}
	objectstest.Holds(t, s, kept)
	objectstest.Holds(t, s, next)
}

func TestStoresWithDifferentPrefixesDoNotMeet(t *testing.T) {
	c := config(t, peers.S3(t))
	c.Prefix = "a/"
	one := open(t, c)
	c.Prefix = "b/"
	two := open(t, c)
	d := objectstest.Keep(t, one, []byte("x"))
	if _, err := two.Stat(context.Background(), d); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("the other prefix gives %v, want ErrNotFound", err)
	}
	if found := objectstest.Listed(t, two); len(found) != 0 {
		t.Errorf("the other prefix lists %v", found)
	}
}

func TestABucketIsCreatedOnlyWhenConfigured(t *testing.T) {
	c := config(t, peers.S3(t))
	c.Bucket += "-new"
	if _, err := s3.Open(context.Background(), c); !errors.Is(err, objects.ErrNotFound) {
		t.Fatalf("a missing bucket gives %v, want ErrNotFound", err)
	}
	c.CreateBucket = true
	t.Cleanup(func() { os.RemoveAll(peers.SharedBlobFolder(t, c.Bucket)) })
	for range 2 { // the second time it is there
		objectstest.Keep(t, open(t, c), []byte("x"))
	}
}

func TestWrongConfigurationIsRefused(t *testing.T) {
	right := config(t, peers.S3(t))
	other := peers.OwnS3(t).Bucket(t)
	for name, spoil := range map[string]func(*s3.Config){
		"no endpoint":         func(c *s3.Config) { c.Endpoint = "" },
		"a scheme":            func(c *s3.Config) { c.Endpoint = "https://" + c.Endpoint },
		"no bucket":           func(c *s3.Config) { c.Bucket = "" },
		"no staging":          func(c *s3.Config) { c.Staging = "" },
		"no key":              func(c *s3.Config) { c.SecretKey = "" },
		"a missing key file":  func(c *s3.Config) { c.SecretKey, c.SecretKeyFile = "", "/nonexistent" },
		"a wrong key":         func(c *s3.Config) { c.SecretKey = "wrong" },
		"another's authority": func(c *s3.Config) { c.CAFile = other.CAFile },
		"no authority":        func(c *s3.Config) { c.CAFile = "" },
		"a bad prefix":        func(c *s3.Config) { c.Prefix = "no-slash" },
	} {
		t.Run(name, func(t *testing.T) {
			c := right
			spoil(&c)
			s, err := s3.Open(context.Background(), c)
			if err == nil {
				s.Close()
				t.Fatal("Open succeeds")
			}
			if strings.Contains(err.Error(), right.SecretKey) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

func TestCredentialsFromFiles(t *testing.T) {
	c := config(t, peers.S3(t))
	c.AccessKeyFile, c.SecretKeyFile = filepath.Join(t.TempDir(), "access"), filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(c.AccessKeyFile, []byte(c.AccessKey+"\n"), 0o600), os.WriteFile(c.SecretKeyFile, []byte(c.SecretKey+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c.AccessKey, c.SecretKey = "", ""
	objectstest.Keep(t, open(t, c), []byte("x"))
}

func TestConfigShowsNoCredentials(t *testing.T) {
	c := s3.Config{Endpoint: "s3.example.vn", Bucket: "luu-tru", AccessKey: "ACCESS", SecretKey: "SECRET"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("open", "config", c)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s", c, c, c, c)
	if strings.Contains(shown, "ACCESS") || strings.Contains(shown, "SECRET") || !strings.Contains(shown, "luu-tru") {
		t.Errorf("shown: %s", shown)
	}
}
