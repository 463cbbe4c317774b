package ledger

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"congvan/archive/ledger/internal/local"
)

// medium is where the writer puts files. The disk is one; tests have one that
// loses power and one that is full.
type medium interface {
	// write makes a file with these bytes, or replaces one; nobody ever sees half of
	// it. It is not durable before sync. It may be called again after an error.
	write(name string, data []byte) error
	// sync makes all that was written since the last sync durable.
	sync() error
	// remove removes a file; one that is not there is no error.
	remove(name string) error
}

const stagingDir = ".staging"

// disk is a folder on a disk of this machine.
type disk struct {
	root  string
	known map[string]bool // folders that are there
	dirty map[string]bool // folders whose new names are not durable yet
}

func newDisk(root string) *disk {
	return &disk{root: root, known: map[string]bool{}, dirty: map[string]bool{}}
}

func (d *disk) write(name string, data []byte) error {
	if err := d.folder(path.Dir(name)); err != nil {
		return err
	}
	staged := filepath.Join(d.root, stagingDir, rand.Text())
	if err := local.WriteSynced(staged, data); err != nil {
		return err
	}
	if err := os.Rename(staged, d.path(name)); err != nil {
		return errors.Join(err, os.Remove(staged))
	}
	d.dirty[path.Dir(name)] = true
	return nil
}

// folder makes a folder and those above it, and remembers whose names are new.
func (d *disk) folder(name string) error {
	if name == "." || d.known[name] {
		return nil
	}
	if err := d.folder(path.Dir(name)); err != nil {
		return err
	}
	err := os.Mkdir(d.path(name), 0o755)
	if err == nil {
		d.dirty[path.Dir(name)] = true
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		d.known[name] = true
		return nil
	}
	return err
}

func (d *disk) sync() error {
	for name := range d.dirty {
		if err := local.SyncFolder(d.path(name)); err != nil {
			return err
		}
		delete(d.dirty, name)
	}
	return nil
}

func (d *disk) remove(name string) error {
	err := os.Remove(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (d *disk) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// clearStaging throws away what a killed writer had begun.
func (d *disk) clearStaging() error {
	if err := os.RemoveAll(d.path(stagingDir)); err != nil {
		return err
	}
	return os.Mkdir(d.path(stagingDir), 0o755)
}
