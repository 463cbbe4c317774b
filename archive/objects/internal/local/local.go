// Package local is what every object store does on a disk of its own machine:
// stage a blob while its digest is not known yet, and tell a disk's errors apart.
package local

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"congvan/archive/objects"
)

// Kind gives an error from a file the kind that tells the caller what to do.
// Errors it does not know, among them those of a context, stay as they are.
func Kind(err error) error {
	kind := kindOf(err)
	if kind == nil || errors.Is(err, kind) {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

func kindOf(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return objects.ErrNotFound
	case oneOf(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		return objects.ErrFull
	case oneOf(err, syscall.EROFS, syscall.EACCES, syscall.EPERM):
		return objects.ErrReadOnly
	case oneOf(err, syscall.EIO, syscall.ESTALE, syscall.ENXIO, syscall.ENODEV, syscall.ENOTCONN,
		syscall.ETIMEDOUT, syscall.EMFILE, syscall.ENFILE):
		return objects.ErrUnavailable
	default:
		return nil
	}
}

func oneOf(err error, numbers ...syscall.Errno) bool {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return false
	}
	for _, n := range numbers {
		if number == n {
			return true
		}
	}
	return false
}
