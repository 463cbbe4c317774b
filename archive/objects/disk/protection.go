package disk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"syscall"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// What protects a blob lies beside the blobs, protection/ab/abcdef….json. It binds this program:
// whoever may write to the folder can remove blob and protection alike. Only a store on another
// machine, with locks of its own, refuses such a person.
const protections = "protection"

// protection is the form on disk of objects.Protection.
type protection struct {
	Until time.Time `json:"until,omitzero"`
	Holds []string  `json:"holds,omitempty"`
}

// Protect implements objects.Locker.
func (s *Store) Protect(ctx context.Context, d objects.Digest, until time.Time) error {
	return s.change(ctx, "protect", d, func(p *protection) {
		if until = objects.FullSecond(until); until.After(p.Until) {
			p.Until = until
		}
	})
}

// Hold implements objects.Locker.
func (s *Store) Hold(ctx context.Context, d objects.Digest, name string) error {
	if err := objects.CheckHold(name); err != nil {
		return err
	}
	return s.change(ctx, "hold", d, func(p *protection) {
		if at, found := slices.BinarySearch(p.Holds, name); !found {
			p.Holds = slices.Insert(p.Holds, at, name)
		}
	})
}

// Release implements objects.Locker.
func (s *Store) Release(ctx context.Context, d objects.Digest, name string) error {
	if err := objects.CheckHold(name); err != nil {
		return err
	}
	return s.change(ctx, "release", d, func(p *protection) {
		p.Holds = slices.DeleteFunc(p.Holds, func(held string) bool { return held == name })
	})
}

// Protection implements objects.Locker.
func (s *Store) Protection(ctx context.Context, d objects.Digest) (objects.Protection, error) {
	if _, err := s.Stat(ctx, d); err != nil {
		return objects.Protection{}, err
	}
	p, err := s.protection(d)
	return objects.Protection(p), err
}

// Delete implements objects.Store.
func (s *Store) Delete(ctx context.Context, d objects.Digest) error {
	name, err := objects.BlobPath(d)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.alone(d, func() error {
		p, err := s.protection(d)
		if err != nil {
			return err
		}
		if err := objects.Protection(p).Against(d, s.now()); err != nil {
			return err
		}
		if err := s.remove(name); err != nil {
			return fmt.Errorf("delete blob %s: %w", d, local.Kind(err))
		}
		return s.remove(protectionPath(d))
	})
}

// remove takes a file's name away for good; what is not there is removed already.
func (s *Store) remove(name string) error {
	err := s.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, s.syncDir(path.Dir(name)))
}

// change rewrites a blob's protection, durably.
func (s *Store) change(ctx context.Context, doing string, d objects.Digest, edit func(*protection)) error {
	if _, err := objects.BlobPath(d); err != nil {
		return err
	}
	err := s.alone(d, func() error {
		if _, err := s.Stat(ctx, d); err != nil {
			return err
		}
		before, err := s.protection(d)
		if err != nil {
			return err
		}
		after := protection{Until: before.Until, Holds: slices.Clone(before.Holds)}
		edit(&after)
		if objects.Protection(after).Equal(objects.Protection(before)) {
			return nil
		}
		return s.writeProtection(d, after)
	})
	if err != nil {
		return fmt.Errorf("%s blob %s: %w", doing, d, local.Kind(err))
	}
	return nil
}

// protection reads what protects a blob. One that cannot be understood is an error, so that
// nothing is deleted for it.
func (s *Store) protection(d objects.Digest) (p protection, err error) {
	data, err := s.root.ReadFile(protectionPath(d))
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("read the protection of blob %s: %w", d, local.Kind(err))
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("%w: protection of blob %s: %w", objects.ErrCorrupt, d, err)
	}
	return p, nil
}

func (s *Store) writeProtection(d objects.Digest, p protection) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := s.staging.Create()
	if err != nil {
		return err
	}
	defer f.Remove()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := s.syncFile(f); err != nil {
		return err
	}
	name := protectionPath(d)
	if err := s.root.Rename(f.Path(), name); err != nil {
		return err
	}
	f.Release()
	return s.syncDir(path.Dir(name))
}

// alone runs do while nobody else, in any process, changes the protection of blobs that
// share this one's folder, or deletes them.
func (s *Store) alone(d objects.Digest, do func() error) error {
	dir, err := s.protectionFolder(d)
	if err != nil {
		return local.Kind(err)
	}
	defer dir.Close() // unlocks
	for {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("lock the protections: %w", local.Kind(err))
	}
	return do()
}

// protectionFolder opens the folder of a blob's protection and makes it durable when it is new.
func (s *Store) protectionFolder(d objects.Digest) (*os.File, error) {
	name := path.Dir(protectionPath(d))
	dir, err := s.root.Open(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := s.root.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(s.syncDir(protections), s.syncDir(".")); err != nil {
		return nil, err
	}
	return s.root.Open(name)
}

func protectionPath(d objects.Digest) string {
	return protections + "/" + string(d[:2]) + "/" + string(d) + ".json"
}

// Replace implements objects.Store: the new file takes the name of the old one in one step.
func (s *Store) Replace(ctx context.Context, d objects.Digest, content io.ReadSeeker) error {
	name, err := objects.BlobPath(d)
	if err != nil {
		return err
	}
	f, err := s.staging.Create()
	if err != nil {
		return err
	}
	defer f.Remove()
	if err := f.Fill(ctx, d, content); err != nil {
		return fmt.Errorf("replace blob %s: %w", d, err)
	}
	err = s.commits.commit(&move{
		sync: func() error { return s.syncFile(f) },
		place: func() ([]string, error) {
			if err := s.syncFile(f); err != nil { // the present one may be sound
				return nil, err
			}
			return []string{path.Dir(name)}, s.root.Rename(f.Path(), name)
		},
	})
	if err != nil {
		return fmt.Errorf("replace blob %s: %w", d, local.Kind(err))
	}
	f.Release()
	return nil
}
