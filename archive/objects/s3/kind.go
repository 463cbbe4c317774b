package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects"
)

// kind gives a server's or a connection's error the kind that tells the caller
// what to do. A context's error stays itself; whatever else is not known is a
// server that cannot be used now.
func kind(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", kindOf(minio.ToErrorResponse(err)), err)
}

func kindOf(answer minio.ErrorResponse) error {
	switch answer.Code {
	case "NoSuchKey", "NoSuchVersion":
		return objects.ErrNotFound
	case "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "StorageFull", "InsufficientCapacity":
		return objects.ErrFull
	case "NoSuchBucket":
		return objects.ErrUnavailable
	case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch":
		return objects.ErrCorrupt
	}
	switch answer.StatusCode {
	case http.StatusInsufficientStorage:
		return objects.ErrFull
	default:
		return objects.ErrUnavailable
	}
}

// kindOfWrite is kind for requests that change something, where a refusal means
// that the bucket may only be read.
func kindOfWrite(err error) error {
	if err == nil {
		return nil
	}
	switch answer := minio.ToErrorResponse(err); answer.Code {
	case "AccessDenied", "MethodNotAllowed", "AllAccessDisabled":
		return fmt.Errorf("%w: %w", objects.ErrReadOnly, err)
	default:
		return kind(err)
	}
}

// taken says whether a conditional put was refused because the key is there, or
// is being written by another at this moment.
func taken(err error) bool {
	switch minio.ToErrorResponse(err).Code {
	case "PreconditionFailed", "ConditionalRequestConflict":
		return true
	default:
		return false
	}
}
