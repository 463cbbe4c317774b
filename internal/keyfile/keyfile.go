// Package keyfile keeps a process's own secrets in files that nobody else may read. A
// secret is made the first time it is asked for, and several processes that
// start at the same moment all end up with the same one.
package keyfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSize bounds a key file; keys take a few hundred bytes.
const maxSize = 64 << 10

// ErrLoose: other users of the machine may read the file. Treat its key as known to
// them: replace it, or run chmod 600 if nobody else could log in.
var ErrLoose = errors.New("keyfile: readable or writable by others; want mode 0600")

// Load reads a key file, after writing generate's answer to it when it does not exist. It
// refuses what is not a regular file and, with ErrLoose, what others may read.
func Load(path string, generate func() ([]byte, error)) ([]byte, error) {
	data, err := read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if data, err = generate(); err != nil {
		return nil, fmt.Errorf("keyfile: make %s: %w", path, err)
	}
	err = publish(path, data)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keyfile: make %s: %w", path, err)
	}
	return read(path) // another process may have been first
}

// Read reads a key file that somebody else made, by the same rules as Load.
func Read(path string) ([]byte, error) { return read(path) }

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("keyfile: %s is not a regular file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o", ErrLoose, path, info.Mode().Perm())
	}
	if info.Size() > maxSize {
		return nil, fmt.Errorf("keyfile: %s is no key: %d bytes", path, info.Size())
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return nil, fmt.Errorf("keyfile: read %s: %w", path, err)
	}
	return data, nil
}

// publish makes the whole file appear under its name at once, and never
// replaces one that is there: hence link and not rename.
func publish(path string, data []byte) error {
	staged := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	if err := write(staged, data); err != nil {
		return err
	}
	defer os.Remove(staged)
	if err := os.Link(staged, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
