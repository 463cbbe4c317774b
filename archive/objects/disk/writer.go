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
	if err := w.place(name, d); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", d, local.Kind(err))
	}
	w.done = d
	return d, nil
}

// place gives the staged file its name unless the same bytes have it already.
// Even then bytes and name are made durable: whoever placed them may not have come so far.
// Bytes that have changed on the device since are replaced, so that nothing is accepted that
// could not be given out again.
func (w *writer) place(name string, d objects.Digest) error {
	s := w.store
	kept := s.intact(name, d, w.Size())
	if kept != nil {
		w.Remove() // before its bytes reach the device in vain
	}
	err := s.commits.commit(&move{
		place: func() ([]string, error) {
			dirs := []string{path.Dir(name)}
			if kept == nil { // a twin may have been faster
				kept = s.intact(name, d, w.Size())
			}
			if kept != nil {
				return dirs, nil
			}
			return dirs, s.root.Rename(w.Path(), name)
		},
		sync: func() error {
			if kept != nil {
				s.observe(FsyncFile)
				return kept.Sync()
			}
			return s.syncFile(w.File)
		},
	})
	if kept != nil {
		kept.Close()
		w.Remove()
		return err
	}
	if err != nil {
		return err
	}
	w.Release()
	return nil
}

// Abort implements objects.Writer.
func (w *writer) Abort() { w.Remove() }
