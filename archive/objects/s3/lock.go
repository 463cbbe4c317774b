package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects"
)

// A blob's retention is that of its newest version, in compliance mode. A bucket knows one legal
// hold for each version, on or off; the names of holds are empty objects of their own,
// holds/ab/abcdef…/name, which Walk passes over. The legal hold is on while there is one.
const (
	holds       = "holds/"
	foreignHold = "legal-hold" // a legal hold whose name nobody wrote down
)

// Protect implements objects.Locker.
func (s *Store) Protect(ctx context.Context, d objects.Digest, until time.Time) error {
	v, err := s.newest(ctx, d)
	if err != nil {
		return err
	}
	until = objects.FullSecond(until)
	if !until.After(v.until) || !until.After(time.Now()) {
		return nil
	}
	mode := minio.Compliance
	err = s.core.PutObjectRetention(ctx, s.bucket, v.key, minio.PutObjectRetentionOptions{
		VersionID: v.id, Mode: &mode, RetainUntilDate: &until,
	})
	if err == nil {
		return nil
	}
	// Another may have protected it for longer meanwhile.
	if now, again := s.newest(ctx, d); again == nil && !until.After(now.until) {
		return nil
	}
	return fmt.Errorf("protect blob %s: %w", d, kindOfWrite(err))
}

// Hold implements objects.Locker. The name is written first: a hold that was interrupted is
// completed by asking again.
func (s *Store) Hold(ctx context.Context, d objects.Digest, name string) error {
	v, err := s.holdable(ctx, d, name)
	if err != nil {
		return err
	}
	if err := s.put(ctx, s.holdKey(d, name), bytes.NewReader(nil), 0, sha256.Sum256(nil), how{}); err != nil {
		return fmt.Errorf("hold blob %s: %w", d, kindOfWrite(err))
	}
	if err := s.setHold(ctx, v, minio.LegalHoldEnabled); err != nil {
		return fmt.Errorf("hold blob %s: %w", d, kindOfWrite(err))
	}
	return nil
}

// Release implements objects.Locker. The last to go turns the legal hold off, on older versions
// too, and looks again for somebody who has come meanwhile.
func (s *Store) Release(ctx context.Context, d objects.Digest, name string) error {
	newest, err := s.holdable(ctx, d, name)
	if err != nil {
		return err
	}
	before, err := s.holdNames(ctx, d)
	if err == nil && !slices.Contains(before, name) && (len(before) > 0 || name != foreignHold) {
		return nil
	}
	if err == nil {
		err = s.release(ctx, newest, d, name)
	}
	if err != nil {
		return fmt.Errorf("release blob %s: %w", d, kindOfWrite(err))
	}
	return nil
}

func (s *Store) release(ctx context.Context, newest version, d objects.Digest, name string) error {
	if err := s.core.RemoveObject(ctx, s.bucket, s.holdKey(d, name), minio.RemoveObjectOptions{}); err != nil {
		return err
	}
	if left, err := s.holdNames(ctx, d); len(left) > 0 || err != nil {
		return err
	}
	all, err := s.versions(ctx, newest.key)
	if err != nil {
		return err
	}
	for _, v := range all {
		if !v.held {
			continue
		}
		if err := s.setHold(ctx, v, minio.LegalHoldDisabled); err != nil {
			return err
		}
	}
	if left, err := s.holdNames(ctx, d); len(left) == 0 || err != nil {
		return err
	}
	return s.setHold(ctx, newest, minio.LegalHoldEnabled)
}

// holdable finds the version that holds apply to.
func (s *Store) holdable(ctx context.Context, d objects.Digest, name string) (version, error) {
	if err := objects.CheckHold(name); err != nil {
		return version{}, err
	}
	return s.newest(ctx, d)
}

func (s *Store) setHold(ctx context.Context, v version, status minio.LegalHoldStatus) error {
	return s.core.PutObjectLegalHold(ctx, s.bucket, v.key, minio.PutObjectLegalHoldOptions{VersionID: v.id, Status: &status})
}

// Protection implements objects.Locker.
func (s *Store) Protection(ctx context.Context, d objects.Digest) (objects.Protection, error) {
	v, err := s.newest(ctx, d)
	if err != nil {
		return objects.Protection{}, err
	}
	return s.protection(ctx, d, v)
}

// protection adds the names of the holds to what a version's headers say.
func (s *Store) protection(ctx context.Context, d objects.Digest, v version) (objects.Protection, error) {
	p := objects.Protection{Until: v.until}
	if !v.held {
		return p, nil
	}
	names, err := s.holdNames(ctx, d)
	if err != nil {
		return p, fmt.Errorf("list the holds of blob %s: %w", d, kind(err))
	}
	if len(names) == 0 {
		names = []string{foreignHold}
	}
	p.Holds = names
	return p, nil
}

// maxHolds bounds the names that are read.
const maxHolds = 10_000

func (s *Store) holdNames(ctx context.Context, d objects.Digest) (names []string, err error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	for o := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.holdKey(d, ""), Recursive: true}) {
		if o.Err != nil {
			return nil, o.Err
		}
		if names = append(names, path.Base(o.Key)); len(names) > maxHolds {
			return nil, fmt.Errorf("more than %d holds", maxHolds)
		}
	}
	slices.Sort(names)
	return names, ctx.Err()
}

func (s *Store) holdKey(d objects.Digest, name string) string {
	return s.prefix + holds + string(d[:2]) + "/" + string(d) + "/" + name
}

// newest gives the version that Open reads, in a bucket with locks. ErrNoLock, ErrNotFound.
func (s *Store) newest(ctx context.Context, d objects.Digest) (version, error) {
	name, err := objects.BlobPath(d)
	if err != nil {
		return version{}, err
	}
	if !s.locks {
		return version{}, fmt.Errorf("%w: bucket %q was not opened with object lock", objects.ErrNoLock, s.bucket)
	}
	v, err := s.look(ctx, s.prefix+name, "")
	if err != nil {
		return version{}, fmt.Errorf("look at the locks of blob %s: %w", d, kind(err))
	}
	return v, nil
}

// checkLocks proves that a bucket which must keep versions and locks does. ErrNoLock.
func (s *Store) checkLocks(ctx context.Context) error {
	if !s.locks {
		return nil
	}
	versioning, err := s.core.GetBucketVersioning(ctx, s.bucket)
	if err != nil {
		return fmt.Errorf("ask bucket %q for its versioning: %w", s.bucket, kind(err))
	}
	lock, _, _, _, err := s.core.GetObjectLockConfig(ctx, s.bucket)
	if minio.ToErrorResponse(err).Code == "ObjectLockConfigurationNotFoundError" {
		lock, err = "", nil
	}
	if err != nil {
		return fmt.Errorf("ask bucket %q for its object lock: %w", s.bucket, kind(err))
	}
	if !versioning.Enabled() || lock != "Enabled" {
		return fmt.Errorf("%w: bucket %q has versioning %q and object lock %q; both must be enabled when it is made",
			objects.ErrNoLock, s.bucket, versioning.Status, lock)
	}
	return nil
}
