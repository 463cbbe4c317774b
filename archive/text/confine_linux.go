package text

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine bounds this process and all it starts: memory beyond what it has now, processor
// time, no file written, no core dumped, no privileges gained, no network.
func confine(memory int64, cpu uint64) error {
	total, data, err := mapped()
	if err != nil {
		return err
	}
	for _, l := range []struct {
		name     string
		resource int
		max      uint64
	}{
		{"address space", unix.RLIMIT_AS, total + uint64(memory)},
		{"data", unix.RLIMIT_DATA, data + uint64(memory)},
		{"processor time", unix.RLIMIT_CPU, cpu},
		{"file size", unix.RLIMIT_FSIZE, 0},
		{"core", unix.RLIMIT_CORE, 0},
		{"descriptors", unix.RLIMIT_NOFILE, 64},
	} {
		limit := unix.Rlimit{Cur: l.max, Max: l.max}
		if err := unix.Prlimit(0, l.resource, &limit, nil); err != nil {
			return fmt.Errorf("limit %s to %d: %w", l.name, l.max, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	return noNetwork()
}

// mapped gives the bytes of address space and of writable data the process has.
func mapped() (total, data uint64, err error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, 0, err
	}
	var resident, shared, text, lib uint64
	if _, err := fmt.Sscan(string(statm), &total, &resident, &shared, &text, &lib, &data); err != nil {
		return 0, 0, fmt.Errorf("read %s: %w", strings.TrimSpace(string(statm)), err)
	}
	page := uint64(os.Getpagesize())
	return total * page, data * page, nil
}

// resident gives the bytes of memory that a process holds, 0 when it is gone.
func resident(pid int) int64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var total, pages int64
	if _, err := fmt.Sscan(string(statm), &total, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// noNetwork has the kernel refuse, from now on and for good, what makes or uses a socket that
// the process does not have, and what reaches into other processes. Where the
// kernel has no such filters (ENOSYS, EINVAL) the child goes on without: the filter is a
// second wall.
func noNetwork() error {
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return nil
	}
	refused := []uint32{
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_IO_URING_SETUP, unix.SYS_BPF, unix.SYS_USERFAULTFD,
		unix.SYS_MOUNT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_PERF_EVENT_OPEN,
	}
	program := filter(arch, refused)
	p := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&p)))
	runtime.KeepAlive(program)
	if errno != 0 && errno != unix.ENOSYS && errno != unix.EINVAL {
		return fmt.Errorf("filter system calls: %w", errno)
	}
	return nil
}

// filter is the program that the kernel runs before each system call: calls of another
// architecture and those refused fail with EPERM.
func filter(arch uint32, refused []uint32) []unix.SockFilter {
	const (
		load             = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal            = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atLeast          = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer           = unix.BPF_RET | unix.BPF_K
		x32              = 0x40000000 // numbers of amd64's second set of calls, which nothing here uses
		numberAt, archAt = 0, 4
	)
	n := len(refused)
	program := []unix.SockFilter{
		{Code: load, K: archAt},
		{Code: equal, Jf: uint8(n + 3), K: arch},
		{Code: load, K: numberAt},
		{Code: atLeast, Jt: uint8(n + 1), K: x32},
	}
	for i, call := range refused {
		program = append(program, unix.SockFilter{Code: equal, Jt: uint8(n - i), K: call})
	}
	return append(
		program,
		unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	)
}

// dieWithParent has the kernel kill a process when the thread that started it ends.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// child's attributes: it dies with its parent, and leads a group of its own, which is killed as one.
func groupLeader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
