package api

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"congvan/gateway"
)

// inMemory is how much of one letter's files waits in memory; more goes to disk.
const inMemory = 256 << 10

// spool is where the files of multipart letters wait until their envelope is
// built: they are read twice, once to know the request and once to write it.
type spool struct {
	dir  string
	size int64        // bytes that may wait at one time
	used atomic.Int64 // bytes that wait
}

func newSpool(dir string, size int64) *spool { return &spool{dir: dir, size: size} }

// reserve takes room for n bytes more.
func (s *spool) reserve(n int64) error {
	if s.used.Add(n) > s.size {
		s.used.Add(-n)
		return gateway.Errorf(gateway.CodeBusy, "", "spool holds %d of %d bytes", s.used.Load(), s.size)
	}
	return nil
}

// open gives a place for the files of one letter, at most limit bytes together.
func (s *spool) open(limit int64) *spooled { return &spooled{spool: s, limit: limit} }

// spooled holds the files of one letter, one after the other. Its file on disk has no
// name, so that it is gone with the process whatever happens.
type spooled struct {
	*spool
	limit int64
	size  int64
	head  []byte
	disk  *os.File // nil while all of it is in head
}

// Write implements io.Writer.
func (s *spooled) Write(p []byte) (int, error) {
	if s.size+int64(len(p)) > s.limit {
		return 0, gateway.Errorf(gateway.CodeTooLarge, "file", "files over %d bytes", s.limit)
	}
	if err := s.reserve(int64(len(p))); err != nil {
		return 0, err
	}
	s.size += int64(len(p))
	if s.disk == nil && s.size <= inMemory {
		s.head = append(s.head, p...)
		return len(p), nil
	}
	n, err := s.toDisk(p)
	return n, spoolError(err)
}

func (s *spooled) toDisk(p []byte) (int, error) {
	if s.disk != nil {
		return s.disk.Write(p)
	}
	disk, err := os.CreateTemp(s.dir, "congvan-letter-*")
	if err != nil {
		return 0, err
	}
	s.disk = disk
	if err := os.Remove(disk.Name()); err != nil {
		return 0, err
	}
	if _, err := disk.Write(s.head); err != nil {
		return 0, err
	}
	s.head = nil
	return disk.Write(p)
}

// keep takes one file to its end and gives what opens it, as often as wanted before Close.
func (s *spooled) keep(from io.Reader) (func() (io.ReadCloser, error), error) {
	start := s.size
	if _, err := io.Copy(s, from); err != nil {
		return nil, err
	}
	size := s.size - start
	return func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(s.reader(), start, size)), nil
	}, nil
}

func (s *spooled) reader() io.ReaderAt {
	if s.disk != nil {
		return s.disk
	}
	return bytes.NewReader(s.head)
}

// Close gives the room back.
func (s *spooled) Close() error {
	s.used.Add(-s.size)
	s.size = 0
	if s.disk == nil {
		return nil
	}
	return s.disk.Close()
}

// spoolError tells a full disk from one that does not work.
func spoolError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return gateway.Errorf(gateway.CodeStorageFull, "", "spool: %w", err)
	}
	return gateway.Errorf(gateway.CodeStorageUnavailable, "", "spool: %w", err)
}
