package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// Blobs above largeBlob go up in parts, so that a broken connection costs a part
// and not the whole. A blob of more than maxParts parts gets larger ones.
const (
	largeBlob = 64 << 20
	partSize  = 16 << 20
	maxParts  = 10_000
)

// writer implements objects.Writer.
type writer struct {
	*local.File
	store *Store
	done  objects.Digest // set once committed
}

// Commit implements objects.Writer. After an error of the server it may be
// called again: the staged file stays until Abort.
func (w *writer) Commit(ctx context.Context) (objects.Digest, error) {
	if w.done != "" {
		return w.done, nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	d, err := w.Finish()
	if err != nil {
		return "", err
	}
	if err := w.upload(ctx, d); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", d, err)
	}
	w.done = d
	w.Remove()
	return d, nil
}

// upload sends the blob unless the same bytes are there already.
func (w *writer) upload(ctx context.Context, d objects.Digest) error {
	there, err := w.there(ctx, d)
	if there || err != nil {
		return err
	}
	name, err := objects.BlobPath(d)
	if err != nil {
		return err
	}
	key, as := w.store.prefix+name, how{ifFree: true, until: w.store.retention(time.Time{})}
	err = w.send(ctx, key, d, as)
	switch {
	case taken(err):
		return w.settle(ctx, d, key)
	case minio.ToErrorResponse(err).Code == "NotImplemented":
		as.ifFree = false
		err = w.send(ctx, key, d, as)
	}
	return kindOfWrite(err)
}

// send uploads the staged bytes, in parts when they are many. Its error is the server's own.
func (w *writer) send(ctx context.Context, key string, d objects.Digest, as how) error {
	if w.Size() > largeBlob {
		return w.uploadParts(ctx, key, as)
	}
	var sum [sha256.Size]byte
	if _, err := hex.Decode(sum[:], []byte(d)); err != nil {
		return err
	}
	return w.store.put(ctx, key, w.Section(0, w.Size()), w.Size(), sum, as)
}

// there says whether the store holds the blob whole. One of another size is
// damaged, and is written anew.
func (w *writer) there(ctx context.Context, d objects.Digest) (bool, error) {
	info, err := w.store.Stat(ctx, d)
	if errors.Is(err, objects.ErrNotFound) {
		return false, nil
	}
	return err == nil && info.Size == w.Size(), err
}

// settle ends a race for the key: another writer of the same bytes has won, or
// is about to, and until its blob can be seen nothing is known to be stored.
func (w *writer) settle(ctx context.Context, d objects.Digest, key string) error {
	const looks, pause = 10, 50 * time.Millisecond
	for range looks {
		there, err := w.there(ctx, d)
		if there || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return w.over(ctx, key, d) // one of another size: damaged
}

// uploadParts sends a large blob part after part. On any failure the parts that
// have arrived are thrown away.
func (w *writer) uploadParts(ctx context.Context, key string, as how) (err error) {
	s := w.store
	start, end := as, how{ifFree: as.ifFree} // the key must be free when all is there
	start.ifFree = false
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, key, start.options())
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		// The caller's context may be what failed.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultTimeout)
		defer cancel()
		if left := s.core.AbortMultipartUpload(ctx, s.bucket, key, id); left != nil {
			err = errors.Join(err, left)
		}
	}()
	size := max(partSize, (w.Size()+maxParts-1)/maxParts)
	var parts []minio.CompletePart
	for at := int64(0); at < w.Size(); at += size {
		part, err := w.uploadPart(ctx, key, id, len(parts)+1, w.Section(at, min(size, w.Size()-at)))
		if err != nil {
			return err
		}
		parts = append(parts, minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
	}
	_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, key, id, parts, end.options())
	return err
}

// uploadPart reads a part twice, first for the hash that the request is signed
// with, rather than hold it in memory.
func (w *writer) uploadPart(ctx context.Context, key, id string, number int, part *io.SectionReader) (minio.ObjectPart, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, part); err != nil {
		return minio.ObjectPart{}, err
	}
	if _, err := part.Seek(0, io.SeekStart); err != nil {
		return minio.ObjectPart{}, err
	}
	return w.store.core.PutObjectPart(ctx, w.store.bucket, key, id, number, part, part.Size(),
		minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(hash.Sum(nil))})
}

// Abort implements objects.Writer.
func (w *writer) Abort() { w.Remove() }
