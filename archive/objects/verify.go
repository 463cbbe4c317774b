package objects

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// content is what a store must offer of one blob for Verified to check it.
type content interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Verified makes a Reader of a blob's stored bytes: reading them in order from
// start to end ends in ErrCorrupt when they are not size bytes that hash to want.
// ReadAt leaves that check alone; Seek ends it, except back to the start, where
// it begins anew.
func Verified(c content, size int64, want Digest) Reader {
	return &verified{content: c, size: size, want: want, hash: sha256.New()}
}

type verified struct {
	content
	size int64
	want Digest
	hash hash.Hash // nil once the reading is not in order any more
	seen int64
}

// copyBuffer suits both a disk and a connection.
const copyBuffer = 128 << 10

func (v *verified) Size() int64 { return v.size }

// Read withholds the last bytes of a damaged blob, so that a reader which knows
// the size and asks for no more learns of the damage as well.
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.content.Read(p)
	if v.hash == nil || (err != nil && err != io.EOF) {
		return n, err
	}
	v.hash.Write(p[:n])
	v.seen += int64(n)
	if err == nil && v.seen < v.size {
		return n, nil
	}
	if !v.sound() {
		return 0, fmt.Errorf("%w: blob %s", ErrCorrupt, v.want)
	}
	return n, err
}

func (v *verified) sound() bool {
	return v.seen == v.size && Digest(hex.EncodeToString(v.hash.Sum(nil))) == v.want
}

// WriteTo implements io.WriterTo with a buffer larger than io.Copy's own.
func (v *verified) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{v}, make([]byte, copyBuffer))
}

func (v *verified) Seek(offset int64, whence int) (int64, error) {
	at, err := v.content.Seek(offset, whence)
	v.hash, v.seen = nil, 0
	if err == nil && at == 0 {
		v.hash = sha256.New()
	}
	return at, err
}
