// Package local is what the ledger and its witnesses do on a disk of their own machine:
// files that are there whole or not at all, and locks between processes.
package local

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
)

// ErrBusy: another process holds the lock.
var ErrBusy = errors.New("locked by another process")

// WriteSynced makes a new file whose bytes are on the disk when it returns; its name
// is not, before SyncFolder.
func WriteSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Replace makes or replaces a file, durably and at once.
func Replace(path string, data []byte) error {
	staged := filepath.Join(filepath.Dir(path), "."+rand.Text())
	if err := WriteSynced(staged, data); err != nil {
		return err
	}
	if err := os.Rename(staged, path); err != nil {
		return errors.Join(err, os.Remove(staged))
	}
	return SyncFolder(filepath.Dir(path))
}
