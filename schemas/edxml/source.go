package edxml

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

const sourceBuffer = 64 << 10

// source is a window on the original: it reads, counts, bounds, hashes and, once
// the original has to be kept, copies.
type source struct {
	r      io.Reader // nil: the window is all there is
	buf    []byte
	pos    int // consumed
	end    int // read
	size   int64
	limit  int64
	hash   hash.Hash
	tee    io.Writer
	failed error // what the reader said together with its last bytes
}

func newSource(r io.Reader, limit int64) *source {
	return &source{r: r, buf: make([]byte, sourceBuffer), limit: limit, hash: sha256.New()}
}

// bytesSource gives a source of bytes that are in memory already, unhashed.
func bytesSource(b []byte, limit int64) *source {
	return &source{buf: b, end: len(b), size: int64(len(b)), limit: limit}
}

// window gives the unread bytes in the buffer, at least one, or io.EOF.
func (s *source) window() ([]byte, error) {
	if s.pos == s.end {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	return s.buf[s.pos:s.end], nil
}

func (s *source) advance(n int) { s.pos += n }

// fill replaces the consumed window by the next bytes.
func (s *source) fill() error {
	if s.r == nil {
		return io.EOF
	}
	if s.failed != nil {
		return s.failed
	}
	n, err := s.read()
	if n == 0 {
		return err
	}
	s.pos, s.end, s.failed = 0, n, err
	s.size += int64(n)
	if s.size > s.limit {
		return newSyntaxError(CodeTooLong, s.limit)
	}
	s.hash.Write(s.buf[:n])
	if s.tee == nil {
		return nil
	}
	return s.keep(s.buf[:n])
}

// read asks the reader until it gives bytes or an error.
func (s *source) read() (int, error) {
	for range 100 {
		n, err := s.r.Read(s.buf)
		if n < 0 || n > len(s.buf) {
			return 0, errors.New("edxml: read message: reader gave an impossible count")
		}
		if err != nil && !errors.Is(err, io.EOF) {
			err = readError(err)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, readError(io.ErrNoProgress)
}

// readError keeps a reader's own error recognisable. A body that broke off
// (io.ErrUnexpectedEOF) is reported as cut off as well.
func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		e := newSyntaxError(CodeTruncated)
		e.cause = err
		return e
	}
	return fmt.Errorf("edxml: read message: %w", err)
}

func (s *source) keep(b []byte) error {
	if _, err := s.tee.Write(b); err != nil {
		return fmt.Errorf("edxml: keep original: %w", err)
	}
	return nil
}

// sum gives the SHA-256 of everything read.
func (s *source) sum() (sum [32]byte) {
	s.hash.Sum(sum[:0])
	return sum
}
