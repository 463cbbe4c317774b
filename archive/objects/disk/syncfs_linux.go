package disk

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// flusher flushes the file system that a folder lies on, or is nil where that cannot be relied on:
// before Linux 5.8 syncfs did not tell about failed writes.
func flusher(dir *os.File) func() error {
	var u unix.Utsname
	if unix.Uname(&u) != nil || !atLeast(unix.ByteSliceToString(u.Release[:]), 5, 8) {
		return nil
	}
	return func() error {
		for {
			if err := unix.Syncfs(int(dir.Fd())); err != unix.EINTR {
				return err
			}
		}
	}
}

// atLeast compares the beginning of a kernel's release, such as 6.1.0-18-amd64.
func atLeast(release string, major, minor int) bool {
	first, rest, _ := strings.Cut(release, ".")
	second, _, _ := strings.Cut(rest, ".")
	second, _, _ = strings.Cut(second, "-")
	a, err1 := strconv.Atoi(first)
	b, err2 := strconv.Atoi(second)
	return err1 == nil && err2 == nil && (a > major || a == major && b >= minor)
}
