package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// maxRemembered bounds how many record folders are known to be durable; beyond
// it they are forgotten and fsynced once more.
const maxRemembered = 4096

// Put implements objects.Store. Concurrent calls share the fsync of folders.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	name, err := objects.RecordPath(key)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.put(name, data); err != nil {
		return fmt.Errorf("put record %s: %w", key, local.Kind(err))
	}
	return nil
}

func (s *Store) put(name string, data []byte) error {
	f, err := s.staging.Create()
	if err != nil {
		return err
	}
	defer f.Remove()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if _, err := f.Finish(); err != nil {
		return err
	}
	err = s.commits.commit(&move{
		sync: func() error { return s.syncFile(f) },
		place: func() ([]string, error) {
			dirs, err := s.folders(name)
			if err != nil {
				return dirs, err
			}
			if _, err := s.root.Lstat(name); err == nil { // an earlier record must not be lost for one that is not durable
				if err := s.syncFile(f); err != nil {
					return dirs, err
				}
			}
			return append(dirs, path.Dir(name)), s.root.Rename(f.Path(), name)
		},
	})
	if err == nil {
		f.Release()
	}
	return err
}

// folders makes the folders above a record and lists those whose entries this
// process has not fsynced yet.
func (s *Store) folders(name string) ([]string, error) {
	var dirs []string
	if len(s.durable) > maxRemembered {
		clear(s.durable)
	}
	for _, dir := range parents(name) {
		if _, known := s.durable[dir]; known {
			continue
		}
		if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return dirs, err
		}
		dirs = append(dirs, path.Dir(dir))
		s.durable[dir] = struct{}{} // a failed fsync breaks the store as a whole
	}
	return dirs, nil
}

// Get implements objects.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	name, err := objects.RecordPath(key)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := s.root.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("get record %s: %w", key, local.Kind(err))
	}
	return data, nil
}

// Walk implements objects.Store. A file that no store would have put where it
// lies is passed over, as is what vanishes meanwhile.
func (s *Store) Walk(ctx context.Context, fn func(objects.Info) error) error {
	for _, dir := range []string{"blobs", "records"} {
		if err := s.walk(ctx, dir, fn); err != nil {
			return err
		}
	}
	return nil
}

// walkBatch bounds how much of a folder's listing is held at a time.
const walkBatch = 1024

func (s *Store) walk(ctx context.Context, dir string, fn func(objects.Info) error) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return fmt.Errorf("walk: %w", local.Kind(err))
	}
	defer f.Close()
	for {
		entries, listed := f.ReadDir(walkBatch)
		for _, entry := range entries {
			if err := s.visit(ctx, path.Join(dir, entry.Name()), entry, fn); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return walked(listed)
		}
	}
}

func (s *Store) visit(ctx context.Context, name string, entry fs.DirEntry, fn func(objects.Info) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if entry.IsDir() {
		return s.walk(ctx, name, fn)
	}
	key, ok := objects.KeyAt(name)
	info, err := entry.Info()
	if !ok || err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return fn(objects.Info{Key: key, Size: info.Size(), Modified: info.ModTime().UTC()})
}

// walked tells the end of a listing from its failure.
func walked(err error) error {
	if errors.Is(err, io.EOF) || err == nil {
		return nil
	}
	return fmt.Errorf("walk: %w", local.Kind(err))
}
