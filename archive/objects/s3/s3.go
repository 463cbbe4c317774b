// Package s3 keeps objects in a bucket of any S3-compatible server.
//
// A blob is staged on a local disk, because its key is its digest. Commit puts it
// with that digest as the signed hash of the body, which the server checks, and on
// condition that the key is still free. A large blob goes up in parts, each with
// a hash of its own, read straight from the staged file: memory stays flat.
//
// What a server's answer is worth after a power cut is the server's own promise.
package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// Store implements objects.Store and objects.Locker. It is safe for concurrent use, by several
// processes too.
type Store struct {
	core    *minio.Core
	bucket  string
	prefix  string
	locks   bool
	keep    time.Duration // see Config.Retention
	root    *os.Root
	staging *local.Staging
}

// Open reaches the bucket, or creates it when configured to. ErrUnavailable,
// ErrNotFound when there is no such bucket. The caller closes the store.
func Open(ctx context.Context, c Config) (*Store, error) {
	core, err := c.client()
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	s := &Store{core: core, bucket: c.Bucket, prefix: c.Prefix, locks: c.ObjectLock, keep: c.Retention}
	if err := s.findBucket(ctx, c); err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	if err := s.stage(c.Staging); err != nil {
		return nil, fmt.Errorf("open the object store: %w", local.Kind(err))
	}
	return s, nil
}

func (s *Store) findBucket(ctx context.Context, c Config) error {
	found, err := s.core.BucketExists(ctx, c.Bucket)
	if err != nil {
		return fmt.Errorf("look for bucket %q: %w", c.Bucket, kind(err))
	}
	if found {
		return s.checkLocks(ctx)
	}
	if !c.CreateBucket {
		return fmt.Errorf("%w: bucket %q", objects.ErrNotFound, c.Bucket)
	}
	err = s.core.MakeBucket(ctx, c.Bucket, minio.MakeBucketOptions{Region: c.Region, ObjectLocking: c.ObjectLock})
	if err != nil && minio.ToErrorResponse(err).Code != "BucketAlreadyOwnedByYou" {
		return fmt.Errorf("create bucket %q: %w", c.Bucket, kindOfWrite(err))
	}
	return s.checkLocks(ctx)
}

func (s *Store) stage(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	if s.staging, err = local.OpenStaging(root); err != nil {
		root.Close()
		return err
	}
	s.root = root
	return nil
}

// Close removes what was staged and not committed. No call may be under way.
func (s *Store) Close() error {
	return errors.Join(s.staging.Close(), s.root.Close())
}

// Create implements objects.Store.
func (s *Store) Create(ctx context.Context) (objects.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.staging.Create()
	if err != nil {
		return nil, err
	}
	return &writer{File: f, store: s}, nil
}

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, d objects.Digest) (objects.Reader, error) {
	info, err := s.Stat(ctx, d)
	if err != nil {
		return nil, err
	}
	name, err := objects.BlobPath(d)
	if err != nil {
		return nil, err
	}
	return objects.Verified(&remote{ctx: ctx, store: s, key: s.prefix + name, size: info.Size}, info.Size, d), nil
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, d objects.Digest) (objects.Info, error) {
	name, err := objects.BlobPath(d)
	if err != nil {
		return objects.Info{}, err
	}
	info, err := s.core.StatObject(ctx, s.bucket, s.prefix+name, minio.StatObjectOptions{})
	if err != nil {
		return objects.Info{}, fmt.Errorf("stat blob %s: %w", d, kind(err))
	}
	return objects.Info{Key: "blobs/" + string(d), Size: info.Size, Modified: info.LastModified.UTC()}, nil
}

// Put implements objects.Store.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	name, err := objects.RecordPath(key)
	if err != nil {
		return err
	}
	if err := s.put(ctx, s.prefix+name, bytes.NewReader(data), int64(len(data)), sha256.Sum256(data), how{}); err != nil {
		return fmt.Errorf("put record %s: %w", key, kindOfWrite(err))
	}
	return nil
}

// how a body is put.
type how struct {
	ifFree bool      // only when nothing is under the key
	until  time.Time // locked in compliance mode until then; zero: not at all
	held   bool      // with a legal hold
}

func (h how) options() minio.PutObjectOptions {
	o := minio.PutObjectOptions{ContentType: "application/octet-stream"}
	if h.ifFree {
		o.SetMatchETagExcept("*")
	}
	if !h.until.IsZero() {
		o.Mode, o.RetainUntilDate = minio.Compliance, h.until
	}
	if h.held {
		o.LegalHold = minio.LegalHoldEnabled
	}
	return o
}

// retention is how long a blob written now is locked: until a moment that was promised already, or
// for what the configuration asks. Servers refuse a lock that has ended.
func (s *Store) retention(promised time.Time) time.Time {
	now := time.Now()
	until := promised
	if least := objects.FullSecond(now.Add(s.keep)); s.keep > 0 && s.locks && least.After(until) {
		until = least
	}
	if !until.After(now) {
		return time.Time{}
	}
	return until
}

// put sends a body in one request. The signature covers its hash, so the server
// refuses a body that was changed on the way.
func (s *Store) put(ctx context.Context, key string, body io.Reader, size int64, sum [sha256.Size]byte, h how) error {
	o := h.options()
	o.UserMetadata = map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum[:])}
	_, err := s.core.PutObject(ctx, s.bucket, key, body, size, "", hex.EncodeToString(sum[:]), o)
	return err
}

// Get implements objects.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	name, err := objects.RecordPath(key)
	if err != nil {
		return nil, err
	}
	data, err := s.get(ctx, s.prefix+name)
	if err != nil {
		return nil, fmt.Errorf("get record %s: %w", key, kind(err))
	}
	return data, nil
}

func (s *Store) get(ctx context.Context, key string) ([]byte, error) {
	body, info, _, err := s.core.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err == nil && int64(len(data)) != info.Size {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

// Walk implements objects.Store. A key that no store would have made is passed
// over.
func (s *Store) Walk(ctx context.Context, fn func(objects.Info) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// The listing runs on in the background until its context ends.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		if o.Err != nil {
			return fmt.Errorf("walk: %w", kind(o.Err))
		}
		key, ok := objects.KeyAt(strings.TrimPrefix(o.Key, s.prefix))
		if !ok {
			continue
		}
		if err := fn(objects.Info{Key: key, Size: o.Size, Modified: o.LastModified.UTC()}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Check implements objects.Store: it puts, gets and deletes a few bytes under a
// key that Walk passes over.
func (s *Store) Check(ctx context.Context) error {
	key, probe := s.prefix+"check/"+rand.Text(), []byte("congvan")
	if err := s.put(ctx, key, bytes.NewReader(probe), int64(len(probe)), sha256.Sum256(probe), how{}); err != nil {
		return fmt.Errorf("write a probe: %w", kindOfWrite(err))
	}
	got, err := s.get(ctx, key)
	if err != nil {
		return fmt.Errorf("read a probe back: %w", kind(err))
	}
	if err := s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("remove a probe: %w", kindOfWrite(err))
	}
	if !bytes.Equal(got, probe) {
		return fmt.Errorf("%w: a probe was read back as %q", objects.ErrUnavailable, got)
	}
	return nil
}
