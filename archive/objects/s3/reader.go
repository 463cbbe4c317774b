package s3

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"
)

// remote reads one object: in order over one request that stays open, anywhere
// else with a request for just that range. It holds no buffer of its own.
type remote struct {
	ctx   context.Context
	store *Store
	key   string
	size  int64
	at    int64
	body  io.ReadCloser // open at offset at, or nil
}

var errOffset = errors.New("s3: offset before the start of the object")

// Read implements io.Reader.
func (r *remote) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if r.body == nil {
		body, err := r.open(r.at, r.size-1)
		if err != nil {
			return 0, err
		}
		r.body = body
	}
	n, err := r.body.Read(p)
	r.at += int64(n)
	if err == io.EOF && r.at < r.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		r.Close() // the next Read goes on from here with a new request
		err = fmt.Errorf("read %s: %w", r.key, kind(err))
	}
	return n, err
}

// open asks for the bytes first to last, both included.
func (r *remote) open(first, last int64) (io.ReadCloser, error) {
	var o minio.GetObjectOptions
	if first != 0 || last != r.size-1 {
		if err := o.SetRange(first, last); err != nil {
			return nil, err
		}
	}
	body, _, _, err := r.store.core.GetObject(r.ctx, r.store.bucket, r.key, o)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", r.key, kind(err))
	}
	return body, nil
}

// ReadAt implements io.ReaderAt.
func (r *remote) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, errOffset
	}
	if offset >= r.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), r.size-offset)
	if want == 0 {
		return 0, nil
	}
	body, err := r.open(offset, offset+want-1)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	n, err := io.ReadFull(body, p[:want])
	if err != nil {
		return n, fmt.Errorf("read %s: %w", r.key, kind(err))
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Seek implements io.Seeker.
func (r *remote) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errOffset
	}
	if offset != r.at {
		r.Close()
	}
	r.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (r *remote) Close() error {
	if r.body == nil {
		return nil
	}
	err := r.body.Close()
	r.body = nil
	return err
}
