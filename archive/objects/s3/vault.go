package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects/wormtest"
)

// Vault gives the means to test the bucket's locks, whether or not the store was opened with
// them. Its canaries lie below worm/, which Walk passes over.
func (s *Store) Vault() wormtest.Vault { return attacked{s} }

const canaries = "worm/"

// attacked is a store whose locks are being tested.
type attacked struct{ *Store }

// Plant implements wormtest.Vault.
func (v attacked) Plant(ctx context.Context, name string, content []byte, until time.Time) (wormtest.Canary, error) {
	c := wormtest.Canary{Key: v.prefix + canaries + name, Content: content, Until: until}
	o := how{ifFree: true, until: until, held: until.IsZero()}.options()
	sum := sha256.Sum256(content)
	info, err := v.core.PutObject(ctx, v.bucket, c.Key, bytes.NewReader(content), int64(len(content)), "", fmt.Sprintf("%x", sum), o)
	c.Version = info.VersionID
	return c, said(err)
}

// Look implements wormtest.Vault.
func (v attacked) Look(ctx context.Context, c wormtest.Canary) (wormtest.State, error) {
	// Some servers show the locks only to those who do not ask for the content.
	locks, err := v.look(ctx, c.Key, c.Version)
	if err != nil {
		return wormtest.State{}, kind(err)
	}
	body, _, _, err := v.core.GetObject(ctx, v.bucket, c.Key, minio.GetObjectOptions{VersionID: c.Version})
	if err != nil {
		return wormtest.State{}, kind(err)
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, int64(len(c.Content))+1)) // one more would be another content
	if err != nil {
		return wormtest.State{}, kind(err)
	}
	return wormtest.State{
		Content: content, Until: locks.until, Held: locks.held,
		Compliance: locks.mode == minio.Compliance,
	}, nil
}

// Try implements wormtest.Vault.
func (v attacked) Try(ctx context.Context, a wormtest.Attempt, c wormtest.Canary) error {
	switch a {
	case wormtest.Delete:
		return v.remove(ctx, c.Key, "", false)
	case wormtest.DeleteVersion, wormtest.DeleteHeld:
		return v.remove(ctx, c.Key, c.Version, false)
	case wormtest.DeleteBypassing:
		return v.remove(ctx, c.Key, c.Version, true)
	case wormtest.Shorten:
		return v.relock(ctx, c, minio.Compliance, time.Now().Add(time.Until(c.Until)/2), false)
	case wormtest.Downgrade:
		return v.relock(ctx, c, minio.Governance, c.Until, true)
	case wormtest.Overwrite:
		other := []byte("overwritten")
		return said(v.put(ctx, c.Key, bytes.NewReader(other), int64(len(other)), sha256.Sum256(other), how{}))
	case wormtest.SuspendVersions:
		return v.suspend(ctx)
	default:
		return fmt.Errorf("unknown attempt %q", a)
	}
}

func (v attacked) remove(ctx context.Context, key, version string, bypass bool) error {
	return said(v.core.RemoveObject(ctx, v.bucket, key, minio.RemoveObjectOptions{VersionID: version, GovernanceBypass: bypass}))
}

func (v attacked) relock(ctx context.Context, c wormtest.Canary, mode minio.RetentionMode, until time.Time, bypass bool) error {
	until = until.Truncate(time.Second)
	return said(v.core.PutObjectRetention(ctx, v.bucket, c.Key, minio.PutObjectRetentionOptions{
		VersionID: c.Version, Mode: &mode, RetainUntilDate: &until, GovernanceBypass: bypass,
	}))
}

// suspend stops the keeping of versions and, where the server lets it, starts it again at once.
func (v attacked) suspend(ctx context.Context) error {
	before, err := v.core.GetBucketVersioning(ctx, v.bucket)
	if err != nil {
		return said(err)
	}
	if !before.Enabled() {
		return nil // there is nothing to suspend: overwriting destroys
	}
	if err := v.core.SuspendVersioning(ctx, v.bucket); err != nil {
		return said(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultTimeout)
	defer cancel()
	after, err := v.core.GetBucketVersioning(ctx, v.bucket)
	if err == nil && after.Enabled() {
		return fmt.Errorf("%w: accepted without effect", wormtest.ErrRefused)
	}
	if err := v.core.EnableVersioning(ctx, v.bucket); err != nil {
		return fmt.Errorf("versioning was suspended and could not be enabled again: %w", err)
	}
	return nil
}

// maxSwept bounds the work of one Sweep.
const maxSwept = 200

// Sweep implements wormtest.Vault.
func (v attacked) Sweep(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := minio.ListObjectsOptions{Prefix: v.prefix + canaries, Recursive: true, WithVersions: true}
	swept := 0
	for found := range v.core.Client.ListObjects(ctx, v.bucket, o) {
		if found.Err != nil {
			return kind(found.Err)
		}
		if err := v.sweep(ctx, found); err != nil {
			return kindOfWrite(err)
		}
		if swept++; swept == maxSwept {
			return nil
		}
	}
	return ctx.Err()
}

// sweep removes one canary unless it is still locked.
func (v attacked) sweep(ctx context.Context, found minio.ObjectInfo) error {
	if !found.IsDeleteMarker {
		locks, err := v.look(ctx, found.Key, found.VersionID)
		if err != nil || locks.until.After(time.Now()) {
			return err
		}
		if locks.held {
			if err := v.setHold(ctx, locks, minio.LegalHoldDisabled); err != nil {
				return err
			}
		}
	}
	return v.core.RemoveObject(ctx, v.bucket, found.Key, minio.RemoveObjectOptions{VersionID: found.VersionID})
}

// said tells a server's refusal from its silence.
func said(err error) error {
	answer := minio.ToErrorResponse(err)
	switch code := answer.StatusCode; {
	case err == nil:
		return nil
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code < 400, code >= 500 && code != http.StatusNotImplemented:
		return kind(err)
	default:
		return fmt.Errorf("%w: %w", wormtest.ErrRefused, err)
	}
}
