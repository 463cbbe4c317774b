package disk

import (
	"context"
	"fmt"
	"path"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// writer implements objects.Writer.
type writer struct {
	*local.File
	store *Store
	done  objects.Digest // set once committed
}

// Commit implements objects.Writer. After a failed write or fsync it fails for
// good; after a context's error it may be called again.
func (w *writer) Commit(ctx context.Context) (objects.Digest, error) {
	if w.done != "" {
		return w.done, nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	d, err := w.Finish()
	if err != nil {
		return "", err
	}
	name, err := objects.BlobPath(d)
	if err != nil {
		return "", err
	}
	if err := w.place(ctx, d, name); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", d, local.Kind(err))
	}
	w.done = d
	return d, nil
}

// place gives the staged file its name unless the same bytes have it already.
// Even then the name is made durable: whoever placed them may not have come so far.
// Bytes that have changed on the device since are replaced, so that nothing is accepted that
// could not be given out again.
func (w *writer) place(ctx context.Context, d objects.Digest, name string) error {
	s := w.store
	there := s.same(name, w.Size())
	damaged := there && !s.intact(ctx, d)
	if there && !damaged {
		w.Remove() // before its bytes reach the device in vain
		return s.commits.commit(&move{place: func() ([]string, error) {
			if !s.same(name, w.Size()) {
				return nil, fmt.Errorf("%w: a stored blob has vanished", objects.ErrUnavailable)
			}
			return []string{path.Dir(name)}, nil
		}})
	}
	kept := false
	err := s.commits.commit(&move{
		sync: func() error { return s.syncFile(w.File) },
		place: func() ([]string, error) {
			if kept = !damaged && s.same(name, w.Size()); kept {
				return []string{path.Dir(name)}, nil
			}
			return []string{path.Dir(name)}, s.root.Rename(w.Path(), name)
		},
	})
	if err != nil {
		return err
	}
	if kept {
		w.Remove()
	} else {
		w.Release()
	}
	return nil
}

// Abort implements objects.Writer.
func (w *writer) Abort() { w.Remove() }
