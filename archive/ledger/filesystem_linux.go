package ledger

import (
	"fmt"
	"syscall"
)

// checkFilesystem refuses what only looks like a disk of this machine: there fsync, rename and locks
// do not promise what a commit needs.
func checkFilesystem(dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fault("look at the file system", err)
	}
	if name := remote(uint32(s.Type)); name != "" {
		return fmt.Errorf("%w: %s is on %s", ErrFilesystem, dir, name)
	}
	return nil
}

// remote names file systems by the numbers of statfs(2).
func remote(kind uint32) string {
	switch kind {
	case 0x6969:
		return "NFS"
	case 0xff534d42, 0xfe534d42, 0x517b:
		return "SMB"
	case 0x65735546:
		return "FUSE"
	case 0x01021997:
		return "9P"
	case 0x5346414f:
		return "AFS"
	default:
		return ""
	}
}
