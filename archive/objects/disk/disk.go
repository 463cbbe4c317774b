// Package disk keeps objects as plain files in a folder of this machine: durable
// when a call returns, content-addressed, and readable without this program.
//
// A blob is written to the store's staging folder while its digest is being
// computed. Commit makes its bytes durable, renames it to its digest and makes the
// name durable, together with all others who commit at that moment.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// Options of a store. The zero value is what production uses.
type Options struct {
	// Observe, when set, is told of every fsync; it must be quick and safe for
	// concurrent use.
	Observe func(Fsync)
	// Now tells whether a protection has ended. Nil: time.Now.
	Now func() time.Time
}

// Fsync says what was made durable by one call of fsync.
type Fsync string

// The kinds of fsync.
const (
	FsyncFile       Fsync = "file"
	FsyncFolder     Fsync = "folder"
	FsyncFileSystem Fsync = "filesystem" // on behalf of several objects
)

// Store implements objects.Store and objects.Locker. It is safe for concurrent use, and several
// processes may open the same folder.
type Store struct {
	root    *os.Root
	staging *local.Staging
	whole   *os.File // the store's folder, to flush its file system by
	commits *committer
	observe func(Fsync)
	now     func() time.Time
	// durable holds the record folders whose own names this process has fsynced.
	// Only the committer's leader touches it.
	durable map[string]struct{}
}

// Open opens, or begins, a store in dir. The caller closes it.
func Open(dir string, o Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the object store: %w", local.Kind(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", local.Kind(err))
	}
	s := &Store{root: root, observe: o.Observe, now: o.Now, durable: map[string]struct{}{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.observe == nil {
		s.observe = func(Fsync) {}
	}
	if err := s.prepare(); err != nil {
		root.Close()
		return nil, fmt.Errorf("open the object store: %w", local.Kind(err))
	}
	return s, nil
}

// prepare makes the folders once, so that no commit has to.
func (s *Store) prepare() error {
	for _, dir := range []string{"blobs", "records"} {
		if err := s.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	for i := range 256 {
		err := s.root.Mkdir(fmt.Sprintf("blobs/%02x", i), 0o700)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := errors.Join(s.syncDir("blobs"), s.syncDir(".")); err != nil {
		return err
	}
	var err error
	if s.whole, err = s.root.Open("."); err != nil {
		return err
	}
	s.commits = newCommitter(s.syncDir, s.syncAll())
	if s.staging, err = local.OpenStaging(s.root); err != nil {
		s.whole.Close()
	}
	return err
}

// syncAll is nil where the file system cannot be flushed as a whole.
func (s *Store) syncAll() func() error {
	flush := flusher(s.whole)
	if flush == nil {
		return nil
	}
	return func() error {
		s.observe(FsyncFileSystem)
		return flush()
	}
}

// Close removes what was staged and not committed. No call may be under way.
func (s *Store) Close() error {
	return errors.Join(s.staging.Close(), s.whole.Close(), s.root.Close())
}

// Create implements objects.Store.
func (s *Store) Create(ctx context.Context) (objects.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.staging.Create()
	if err != nil {
		return nil, err
	}
	return &writer{File: f, store: s}, nil
}

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, d objects.Digest) (objects.Reader, error) {
	name, err := objects.BlobPath(d)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open blob %s: %w", d, local.Kind(err))
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open blob %s: %w", d, local.Kind(err))
	}
	return objects.Verified(f, info.Size(), d), nil
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, d objects.Digest) (objects.Info, error) {
	name, err := objects.BlobPath(d)
	if err != nil {
		return objects.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return objects.Info{}, err
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return objects.Info{}, fmt.Errorf("stat blob %s: %w", d, local.Kind(err))
	}
	return objects.Info{Key: "blobs/" + string(d), Size: info.Size(), Modified: info.ModTime().UTC()}, nil
}

// Check implements objects.Store: it writes, fsyncs, reads back and removes a
// few bytes.
func (s *Store) Check(ctx context.Context) error {
	if err := errors.Join(ctx.Err(), s.commits.broken()); err != nil {
		return err
	}
	f, err := s.staging.Create()
	if err != nil {
		return err
	}
	defer f.Remove()
	const probe = "congvan"
	if _, err := io.WriteString(f, probe); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	got := make([]byte, len(probe))
	if _, err := f.ReadAt(got, 0); err != nil {
		return fmt.Errorf("read a probe back: %w", local.Kind(err))
	}
	if string(got) != probe {
		return fmt.Errorf("%w: a probe was read back as %q", objects.ErrUnavailable, got)
	}
	return nil
}

// intact opens a blob that is at its place already, or gives nil when there is none, or
// one that a crash or the device has damaged: it is read and compared with its digest.
func (s *Store) intact(name string, d objects.Digest, size int64) *os.File {
	f, err := s.root.Open(name)
	if err != nil {
		return nil
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() == size {
		if _, err = io.Copy(io.Discard, objects.Verified(f, size, d)); err == nil {
			return f
		}
	}
	f.Close()
	return nil
}

func (s *Store) syncFile(f *local.File) error {
	s.observe(FsyncFile)
	return f.Sync()
}

func (s *Store) syncDir(dir string) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	s.observe(FsyncFolder)
	return f.Sync()
}

// parents lists the folders above a path, the outermost first.
func parents(name string) []string {
	var above []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		above = append([]string{dir}, above...)
	}
	return above
}
