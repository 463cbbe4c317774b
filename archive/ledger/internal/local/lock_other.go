//go:build !unix

package local

import (
	"errors"
	"os"
)

// TryLock refuses: without the kernel's locks two writers cannot be told apart.
func TryLock(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Lock refuses likewise.
func Lock(string) (*os.File, error) { return nil, errors.ErrUnsupported }
