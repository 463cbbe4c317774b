package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// Headers that tell a version's locks. Servers agree on them for the newest version; some leave
// them out for older ones, which are asked about one by one.
const (
	headerMode  = "X-Amz-Object-Lock-Mode"
	headerUntil = "X-Amz-Object-Lock-Retain-Until-Date"
	headerHold  = "X-Amz-Object-Lock-Legal-Hold"
)

// version is one version of an object, with its locks.
type version struct {
	key, id string
	mode    minio.RetentionMode // empty: no retention
	until   time.Time
	held    bool
}

// look reads the locks of a version; of the newest when id is empty.
func (s *Store) look(ctx context.Context, key, id string) (version, error) {
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{VersionID: id})
	if err != nil {
		return version{}, err
	}
	v, err := locksOf(key, info)
	if err == nil && id != "" && v.mode == "" && !v.held {
		err = s.ask(ctx, &v)
	}
	return v, err
}

// locksOf reads the locks from an object's headers.
func locksOf(key string, info minio.ObjectInfo) (v version, err error) {
	v = version{
		key: key, id: info.VersionID, mode: minio.RetentionMode(info.Metadata.Get(headerMode)),
		held: info.Metadata.Get(headerHold) == string(minio.LegalHoldEnabled),
	}
	if until := info.Metadata.Get(headerUntil); until != "" {
		if v.until, err = time.Parse(time.RFC3339, until); err != nil {
			return v, fmt.Errorf("understand the header %s: %w", headerUntil, err)
		}
		v.until = v.until.UTC()
	}
	return v, nil
}

// ask reads a version's locks by the questions for them alone.
func (s *Store) ask(ctx context.Context, v *version) error {
	mode, until, err := s.core.GetObjectRetention(ctx, s.bucket, v.key, v.id)
	switch {
	case err == nil:
		v.mode = *mode
		if until != nil {
			v.until = until.UTC()
		}
	case !lockless(err):
		return err
	}
	hold, err := s.core.GetObjectLegalHold(ctx, s.bucket, v.key, minio.GetObjectLegalHoldOptions{VersionID: v.id})
	switch {
	case err == nil:
		v.held = *hold == minio.LegalHoldEnabled
	case !lockless(err):
		return err
	}
	return nil
}

// lockless says whether a server answers that there is no lock to tell of.
func lockless(err error) bool {
	switch minio.ToErrorResponse(err).Code {
	case "NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "NotImplemented", "InvalidRequest":
		return true
	default:
		return false
	}
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

// maxRetention bounds the answer to a question for one object's retention.
const maxRetention = 64 << 10

// retentionNamed lets the client understand servers that name the answer to the question for an
// object's retention otherwise than the protocol does.
type retentionNamed struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t retentionNamed) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.RoundTripper.RoundTrip(r)
	if err != nil || r.Method != http.MethodGet || !r.URL.Query().Has("retention") || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxRetention))
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte("ObjectLockRetention"), []byte("Retention"))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, nil
}
