package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects"
)

// A blob's retention is that of its newest version, in compliance mode. A bucket knows one legal
// hold for each version, on or off; the names of holds are empty objects of their own,
// holds/ab/abcdef…/name, which Walk passes over. The legal hold is on while there is one.
//
// What is protected is read from the headers of the object: servers agree on those, where they
// differ in the answer to a question for the retention alone.
const (
	holds       = "holds/"
	foreignHold = "legal-hold" // a legal hold whose name nobody wrote down
)

// Headers that tell a version's locks.
const (
	headerMode  = "X-Amz-Object-Lock-Mode"
	headerUntil = "X-Amz-Object-Lock-Retain-Until-Date"
	headerHold  = "X-Amz-Object-Lock-Legal-Hold"
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
		return fmt.Errorf("hold blob %s: %w", d, err)
	}
	return nil
}

// Release implements objects.Locker. The last to go turns the legal hold off, and looks again
// for somebody who has come meanwhile.
func (s *Store) Release(ctx context.Context, d objects.Digest, name string) error {
	v, err := s.holdable(ctx, d, name)
	if err != nil || !v.held {
		return err
	}
	before, err := s.holdNames(ctx, d)
	if err == nil && !slices.Contains(before, name) && (len(before) > 0 || name != foreignHold) {
		return nil
	}
	if err == nil {
		err = s.release(ctx, v, d, name)
	}
	if err != nil {
		return fmt.Errorf("release blob %s: %w", d, kindOfWrite(err))
	}
	return nil
}

func (s *Store) release(ctx context.Context, v version, d objects.Digest, name string) error {
	if err := s.core.RemoveObject(ctx, s.bucket, s.holdKey(d, name), minio.RemoveObjectOptions{}); err != nil {
		return err
	}
	for _, status := range []minio.LegalHoldStatus{minio.LegalHoldDisabled, minio.LegalHoldEnabled} {
		left, err := s.holdNames(ctx, d)
		if err != nil {
			return err
		}
		if (len(left) == 0) != (status == minio.LegalHoldDisabled) {
			return nil
		}
		if err := s.setHold(ctx, v, status); err != nil {
			return err
		}
	}
	return nil
}

// holdable finds the version that holds apply to.
func (s *Store) holdable(ctx context.Context, d objects.Digest, name string) (version, error) {
	if err := objects.CheckHold(name); err != nil {
		return version{}, err
	}
	return s.newest(ctx, d)
}

func (s *Store) setHold(ctx context.Context, v version, status minio.LegalHoldStatus) error {
	err := s.core.PutObjectLegalHold(ctx, s.bucket, v.key, minio.PutObjectLegalHoldOptions{VersionID: v.id, Status: &status})
	if err != nil {
		return kindOfWrite(err)
	}
	return nil
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

// version is one version of a blob, with its locks.
type version struct {
	key, id string
	until   time.Time
	held    bool
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

// look reads the locks of a version; of the newest when id is empty.
func (s *Store) look(ctx context.Context, key, id string) (version, error) {
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{VersionID: id})
	if err != nil {
		return version{}, err
	}
	v := version{key: key, id: info.VersionID, held: info.Metadata.Get(headerHold) == string(minio.LegalHoldEnabled)}
	if until := info.Metadata.Get(headerUntil); until != "" {
		if v.until, err = time.Parse(time.RFC3339, until); err != nil {
			return version{}, fmt.Errorf("understand the header %s: %w", headerUntil, err)
		}
		v.until = v.until.UTC()
	}
	return v, nil
}

// versions lists all versions of one key, the newest first; marks of deletion have no locks.
func (s *Store) versions(ctx context.Context, key string) (all []version, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := minio.ListObjectsOptions{Prefix: key, Recursive: true, WithVersions: true}
	for v := range s.core.Client.ListObjects(ctx, s.bucket, o) {
		if v.Err != nil {
			return nil, v.Err
		}
		if v.Key != key {
			continue
		}
		one := version{key: key, id: v.VersionID}
		if !v.IsDeleteMarker && s.locks {
			if one, err = s.look(ctx, key, v.VersionID); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, ctx.Err()
}

// strictest joins the locks of all versions.
func strictest(all []version) (most version) {
	for _, v := range all {
		most.held = most.held || v.held
		if v.until.After(most.until) {
			most.until = v.until
		}
	}
	return most
}

// Delete implements objects.Store. It removes every version, the oldest first, so that the blob
// is there until all of it can go.
func (s *Store) Delete(ctx context.Context, d objects.Digest) error {
	name, err := objects.BlobPath(d)
	if err != nil {
		return err
	}
	all, err := s.versions(ctx, s.prefix+name)
	if unversioned(err) {
		all, err = []version{{key: s.prefix + name}}, nil
	}
	if err != nil {
		return fmt.Errorf("delete blob %s: %w", d, kind(err))
	}
	p, err := s.protection(ctx, d, strictest(all))
	if err != nil {
		return err
	}
	if err := p.Against(d, time.Now()); err != nil {
		return err
	}
	for _, v := range slices.Backward(all) {
		if err := s.core.RemoveObject(ctx, s.bucket, v.key, minio.RemoveObjectOptions{VersionID: v.id}); err != nil {
			return s.refusal(d, p, err)
		}
	}
	return nil
}

// refusal tells a lock's refusal, by the server's clock, from another failure.
func (s *Store) refusal(d objects.Digest, p objects.Protection, err error) error {
	answer := minio.ToErrorResponse(err)
	locked := answer.Code == "AccessDenied" || answer.Code == "ObjectLocked" || answer.Code == "InvalidRequest" && strings.Contains(answer.Message, "WORM")
	if locked && s.locks && !p.Until.IsZero() {
		return errors.Join(&objects.ProtectedError{Digest: d, Protection: p}, err)
	}
	return fmt.Errorf("delete blob %s: %w", d, kindOfWrite(err))
}

// unversioned says whether a server cannot list versions because there are none.
func unversioned(err error) bool {
	switch minio.ToErrorResponse(err).Code {
	case "NotImplemented", "VersioningNotConfigured":
		return true
	default:
		return false
	}
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
