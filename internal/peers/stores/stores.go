// Package stores gives tests of stores around stores something to stand on: stores whose bytes can be
// spoiled, and stores that fail on demand. It is imported by tests only.
package stores

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/archive/objects/s3"
	"congvan/internal/peers"
)

// Locking is a store with locks whose blobs can be spoiled behind its back.
type Locking interface {
	objects.Store
	objects.Locker
	Flip(t *testing.T, d objects.Digest)
	Cut(t *testing.T, d objects.Digest)
}

// Folder is a store whose blobs lie in a folder, blobs/ab/abcdef….
type Folder struct {
	store
	Dir string
}

type store interface {
	objects.Store
	objects.Locker
}

// Disk opens a store in a folder of the test.
func Disk(t testing.TB) *Folder {
	t.Helper()
	dir := t.TempDir()
	s, err := disk.Open(dir, disk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &Folder{s, dir}
}

// S3 opens a store in a bucket with locks on a real server.
func S3(t testing.TB) *Folder {
	t.Helper()
	return bucket(t, peers.UnmadeS3(t), true)
}

// S3Plain opens a store without locks in a bucket that is there.
func S3Plain(t testing.TB, b peers.S3Handle) *Folder {
	t.Helper()
	return bucket(t, b, false)
}

func bucket(t testing.TB, b peers.S3Handle, locks bool) *Folder {
	t.Helper()
	s, err := s3.Open(context.Background(), s3.Config{
		Endpoint: b.Endpoint, Region: b.Region, Bucket: b.Bucket, AccessKey: b.AccessKey, SecretKey: b.SecretKey,
		CAFile: b.CAFile, PathStyle: true, Staging: t.TempDir(), Timeout: 10 * time.Second, Tries: 1,
		CreateBucket: locks, ObjectLock: locks,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &Folder{s, peers.SharedBlobFolder(t, b.Bucket)}
}

// Path is where a blob lies.
func (f *Folder) Path(d objects.Digest) string {
	return filepath.Join(f.Dir, "blobs", string(d[:2]), string(d))
}

// Flip changes one bit.
func (f *Folder) Flip(t *testing.T, d objects.Digest) {
	t.Helper()
	f.edit(t, d, func(data []byte) []byte { data[len(data)/2] ^= 1; return data })
}

// Cut takes the second half away.
func (f *Folder) Cut(t *testing.T, d objects.Digest) {
	t.Helper()
	f.edit(t, d, func(data []byte) []byte { return data[:len(data)/2] })
}

// Lose takes the blob away.
func (f *Folder) Lose(t *testing.T, d objects.Digest) {
	t.Helper()
	if err := os.Remove(f.Path(d)); err != nil {
		t.Fatal(err)
	}
}

// edit writes in place: a server may keep what it knows of an object at the file itself.
func (f *Folder) edit(t *testing.T, d objects.Digest, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(f.Path(d))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(f.Path(d), 0o600), os.WriteFile(f.Path(d), change(data), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// Brittle is a store that fails with an error while one is set.
type Brittle struct {
	Locking
	err atomic.Pointer[error]
}

// Fail sets the error; nil mends the store.
func (b *Brittle) Fail(err error) {
	if err == nil {
		b.err.Store(nil)
		return
	}
	b.err.Store(&err)
}

func (b *Brittle) failure() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Create implements objects.Store.
func (b *Brittle) Create(ctx context.Context) (objects.Writer, error) {
	if err := b.failure(); err != nil {
		return nil, err
	}
	return b.Locking.Create(ctx)
}

// Open implements objects.Store; a reader fails in the middle as well.
func (b *Brittle) Open(ctx context.Context, d objects.Digest) (objects.Reader, error) {
	if err := b.failure(); err != nil {
		return nil, err
	}
	r, err := b.Locking.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	return &brittleReader{r, b}, nil
}

type brittleReader struct {
	objects.Reader
	store *Brittle
}

func (r *brittleReader) Read(p []byte) (int, error) {
	if err := r.store.failure(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

func (r *brittleReader) ReadAt(p []byte, at int64) (int, error) {
	if err := r.store.failure(); err != nil {
		return 0, err
	}
	return r.Reader.ReadAt(p, at)
}

// Stat implements objects.Store.
func (b *Brittle) Stat(ctx context.Context, d objects.Digest) (objects.Info, error) {
	if err := b.failure(); err != nil {
		return objects.Info{}, err
	}
	return b.Locking.Stat(ctx, d)
}

// Put implements objects.Store.
func (b *Brittle) Put(ctx context.Context, key string, data []byte) error {
	if err := b.failure(); err != nil {
		return err
	}
	return b.Locking.Put(ctx, key, data)
}

// Get implements objects.Store.
func (b *Brittle) Get(ctx context.Context, key string) ([]byte, error) {
	if err := b.failure(); err != nil {
		return nil, err
	}
	return b.Locking.Get(ctx, key)
}

// Delete implements objects.Store.
func (b *Brittle) Delete(ctx context.Context, d objects.Digest) error {
	if err := b.failure(); err != nil {
		return err
	}
	return b.Locking.Delete(ctx, d)
}

// Replace implements objects.Store.
func (b *Brittle) Replace(ctx context.Context, d objects.Digest, content io.ReadSeeker) error {
	if err := b.failure(); err != nil {
		return err
	}
	return b.Locking.Replace(ctx, d, content)
}

// Protection implements objects.Locker.
func (b *Brittle) Protection(ctx context.Context, d objects.Digest) (objects.Protection, error) {
	if err := b.failure(); err != nil {
		return objects.Protection{}, err
	}
	return b.Locking.Protection(ctx, d)
}
