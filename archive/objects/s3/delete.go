package s3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects"
)

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
