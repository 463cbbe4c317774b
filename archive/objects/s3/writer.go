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
	key := w.store.prefix + name
	if w.Size() > largeBlob {
		return kindOfWrite(w.uploadParts(ctx, key))
	}
	var sum [sha256.Size]byte
	if _, err := hex.Decode(sum[:], []byte(d)); err != nil {
		return err
	}
	err = w.put(ctx, key, sum, true)
	switch {
	case taken(err):
		return w.settle(ctx, d, key, sum)
	case minio.ToErrorResponse(err).Code == "NotImplemented":
		err = w.put(ctx, key, sum, false)
	}
	return kindOfWrite(err)
}

func (w *writer) put(ctx context.Context, key string, sum [sha256.Size]byte, ifFree bool) error {
	return w.store.put(ctx, key, w.Section(0, w.Size()), w.Size(), sum, ifFree)
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
func (w *writer) settle(ctx context.Context, d objects.Digest, key string, sum [sha256.Size]byte) error {
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
	return kindOfWrite(w.put(ctx, key, sum, false))
}

// uploadParts sends a large blob part after part. On any failure the parts that
// have arrived are thrown away.
func (w *writer) uploadParts(ctx context.Context, key string) (err error) {
	s := w.store
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{ContentType: "application/octet-stream"})
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
		err = errors.Join(err, s.core.AbortMultipartUpload(ctx, s.bucket, key, id))
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
	_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, key, id, parts, minio.PutObjectOptions{})
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
