package pdf

import (
	"context"
	"crypto"
	"fmt"
	"hash"
	"io"
)

// layers is a document with increments behind it that are held in memory only. It
// reads as the one file that it will be.
type layers struct {
	src   io.ReaderAt
	size  int64 // of src
	added [][]byte
}

// Size is the length of the whole.
func (l *layers) Size() int64 {
	n := l.size
	for _, a := range l.added {
		n += int64(len(a))
	}
	return n
}

// with gives the document with one more increment; the receiver stays as it is.
func (l *layers) with(increment []byte) *layers {
	return &layers{l.src, l.size, append(l.added[:len(l.added):len(l.added)], increment)}
}

// ReadAt implements io.ReaderAt over the layers.
func (l *layers) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read at %d: negative offset", off)
	}
	n := 0
	if off < l.size {
		m, err := l.src.ReadAt(p[:min(int64(len(p)), l.size-off)], off)
		if n = m; n == len(p) || int64(n) < l.size-off {
			return n, unlessFull(n, len(p), err)
		}
	}
	start := l.size
	for _, a := range l.added {
		if at := off + int64(n) - start; at < int64(len(a)) {
			n += copy(p[n:], a[at:])
		}
		if n == len(p) {
			return n, nil
		}
		start += int64(len(a))
	}
	return n, io.EOF
}

// unlessFull gives the error of a read that is short; an io.EOF of a reader that
// filled the buffer is none.
func unlessFull(n, want int, err error) error {
	if n == want {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// digests hashes what begins with one and the same source. The source is read once
// for each algorithm, however many increments and attempts follow.
type digests struct {
	src  io.ReaderAt
	size int64
	done map[crypto.Hash]hash.Cloner // states after the source
}

func newDigests(src io.ReaderAt, size int64) *digests {
	return &digests{src, size, map[crypto.Hash]hash.Cloner{}}
}

// after gives a hash that has seen the whole source.
func (d *digests) after(ctx context.Context, h crypto.Hash) (hash.Hash, error) {
	state, ok := d.done[h]
	if !ok {
		fresh, can := h.New().(hash.Cloner)
		if !can {
			return nil, fmt.Errorf("hash %v: its state cannot be kept", h)
		}
		if err := copyAll(ctx, fresh, d.src, d.size); err != nil {
			return nil, err
		}
		state, d.done[h] = fresh, fresh
	}
	clone, err := state.Clone()
	if err != nil {
		return nil, fmt.Errorf("hash %v: %w", h, err)
	}
	return clone, nil
}

// of gives the digest of the source followed by the parts.
func (d *digests) of(ctx context.Context, h crypto.Hash, parts ...[]byte) ([]byte, error) {
	state, err := d.after(ctx, h)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		state.Write(p)
	}
	return state.Sum(nil), nil
}

const copyBuffer = 256 << 10

// copyAll copies exactly size bytes of src, a piece at a time, until ctx ends.
func copyAll(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64) error {
	buf := make([]byte, min(copyBuffer, size))
	for off := int64(0); off < size; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read the document: %w", err)
		}
		p := buf[:min(int64(len(buf)), size-off)]
		n, err := src.ReadAt(p, off)
		if err := unlessFull(n, len(p), err); err != nil {
			return fmt.Errorf("read the document at %d: %w", off, err)
		}
		if _, err := dst.Write(p); err != nil {
			return fmt.Errorf("write the document at %d: %w", off, err)
		}
		off += int64(n)
	}
	return nil
}
