package local

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"congvan/archive/objects"
)

// top holds one folder a process that stages. A process keeps its folder locked
// while it lives, however it ends: a folder that can be locked was left behind.
const top = "staging"

// buffer gathers the small writes of a codec into few calls; a larger write
// passes it by.
const buffer = 64 << 10

// fillPiece is how much Fill copies before it looks at its context.
const fillPiece = 1 << 20

// Staging is a folder of unfinished blobs that is this process's own.
type Staging struct {
	root    *os.Root
	dir     string
	lock    *os.File
	count   atomic.Int64
	buffers sync.Pool
}

// OpenStaging makes a staging folder below root and removes those of processes
// that are no more.
func OpenStaging(root *os.Root) (*Staging, error) {
	if err := root.MkdirAll(top, 0o700); err != nil {
		return nil, Kind(err)
	}
	if err := sweep(root); err != nil {
		return nil, fmt.Errorf("sweep the staging folder: %w", Kind(err))
	}
	// Another process may sweep the new folder before it is locked: try again.
	const tries = 10
	for range tries {
		dir := path.Join(top, rand.Text())
		if err := root.Mkdir(dir, 0o700); err != nil {
			return nil, Kind(err)
		}
		if held, err := hold(root, dir); err == nil {
			if _, err := root.Stat(dir); err == nil {
				return &Staging{root: root, dir: dir, lock: held}, nil
			}
			held.Close()
		}
	}
	return nil, fmt.Errorf("%w: no staging folder could be locked", objects.ErrUnavailable)
}

// hold locks a folder until the file it gives is closed or the process ends.
func hold(root *os.Root, dir string) (*os.File, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func sweep(root *os.Root) error {
	left, err := fs.ReadDir(root.FS(), top)
	if err != nil {
		return err
	}
	for _, entry := range left {
		dir := path.Join(top, entry.Name())
		held, err := hold(root, dir)
		if err != nil {
			continue // another process is at work in it
		}
		err = root.RemoveAll(dir)
		held.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Close removes the folder with whatever was neither committed nor aborted.
func (s *Staging) Close() error {
	return errors.Join(s.root.RemoveAll(s.dir), s.lock.Close())
}

// File is a blob being staged. It is used by one goroutine, though Sync may run
// in another's name between two of its calls.
type File struct {
	staging *Staging
	file    *os.File
	name    string
	buffer  *bufio.Writer
	hash    hash.Hash
	size    int64
	digest  objects.Digest
	err     error // the first failure; the bytes are not to be trusted after it
}

// errDone is what a File says once it was committed or aborted.
var errDone = fmt.Errorf("staged blob: %w", fs.ErrClosed)

// Create begins a staged file.
func (s *Staging) Create() (*File, error) {
	name := path.Join(s.dir, strconv.FormatInt(s.count.Add(1), 36))
	file, err := s.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o400)
	if err != nil {
		return nil, fmt.Errorf("stage a blob: %w", Kind(err))
	}
	w, ok := s.buffers.Get().(*bufio.Writer)
	if !ok {
		w = bufio.NewWriterSize(nil, buffer)
	}
	w.Reset(file)
	return &File{staging: s, file: file, name: name, buffer: w, hash: sha256.New()}, nil
}

// Write implements io.Writer. After a failure every call fails.
func (f *File) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.buffer.Write(p)
	f.hash.Write(p[:n])
	f.size += int64(n)
	return n, f.fail("write a staged blob", err)
}

// ReadAt implements io.ReaderAt over what was written so far.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.file.ReadAt(p, offset)
}

// Sync makes the bytes durable. A failure is final: the kernel may forget pages
// it could not write, and a second fsync would then succeed without them.
func (f *File) Sync() error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.fail("fsync a staged blob", f.file.Sync())
}

func (f *File) flush() error {
	if f.err != nil {
		return f.err
	}
	return f.fail("write a staged blob", f.buffer.Flush())
}

func (f *File) fail(doing string, err error) error {
	if err != nil {
		f.err = fmt.Errorf("%s: %w", doing, Kind(err))
	}
	return f.err
}

// Sum256 is the SHA-256 of what was written so far.
func (f *File) Sum256() (sum [32]byte) {
	f.hash.Sum(sum[:0])
	return sum
}

// Finish hands all bytes to the kernel, once, and gives the blob's address.
func (f *File) Finish() (objects.Digest, error) {
	if err := f.flush(); err != nil {
		return "", err
	}
	if f.digest == "" {
		f.digest = objects.Digest(hex.EncodeToString(f.hash.Sum(nil)))
	}
	return f.digest, nil
}

// Fill writes the whole of a content that must have a digest. ErrCorrupt when it has
// another; a context ends it between two pieces.
func (f *File) Fill(ctx context.Context, want objects.Digest, content io.ReadSeeker) error {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := io.CopyN(struct{ io.Writer }{f}, content, fillPiece)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	got, err := f.Finish()
	if err == nil && got != want {
		err = fmt.Errorf("%w: the content given has digest %s", objects.ErrCorrupt, got)
	}
	return err
}

// Section reads a part of a finished file. It may still be read, in vain, after
// the file was removed: a request that was given up can outlive its caller.
func (f *File) Section(offset, size int64) *io.SectionReader {
	return io.NewSectionReader(f.file, offset, size)
}

// Size is how many bytes were written.
func (f *File) Size() int64 { return f.size }

// Path is where the file lies below the root it was staged in.
func (f *File) Path() string { return f.name }

// Release ends the staging of a file that was moved away.
func (f *File) Release() {
	if f.file == nil {
		return
	}
	f.file.Close()
	f.buffer.Reset(nil)
	f.staging.buffers.Put(f.buffer)
	f.file, f.buffer = nil, nil
	if f.err == nil {
		f.err = errDone
	}
}

// Remove throws the file away; after Release or Remove it does nothing.
func (f *File) Remove() {
	if f.file == nil {
		return
	}
	f.Release()
	// What cannot be removed now is swept at the next start.
	_ = f.staging.root.Remove(f.name)
}
