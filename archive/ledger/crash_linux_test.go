package ledger

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv names the folder that this program, started again by a test, writes until it is killed.
const childEnv = "CONGVAN_LEDGER_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		writeForEver(dir)
	}
	os.Exit(m.Run())
}

// writeForEver appends and says how far it came.
func writeForEver(dir string) {
	l, err := Open(context.Background(), dir, testOptions(dir))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := int(l.Tree().Size); ; n = int(l.Tree().Size) {
		if _, err := l.Append(context.Background(), entries(n, n+1+n%97)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(l.Tree().Size)
	}
}

func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	acknowledged := int64(0)
	for range 12 {
		acknowledged = killWriter(t, dir, time.Duration(20+rand.IntN(150))*time.Millisecond, acknowledged)
		l := openLog(t, dir, testOptions(dir))
		if l.Tree().Size < acknowledged {
			t.Fatalf("%d leaves, %d were acknowledged", l.Tree().Size, acknowledged)
		}
		acknowledged = l.Tree().Size
		mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(acknowledged)}))
		l.Close()
	}
	if acknowledged < 100 {
		t.Fatalf("only %d leaves written", acknowledged)
	}
}

// killWriter runs a writer for a while, reads beside it, kills it, and gives the last
// size it acknowledged.
func killWriter(t *testing.T, dir string, after time.Duration, before int64) int64 {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		readBeside(t, dir)
	}
	time.AfterFunc(after, func() { child.Process.Signal(syscall.SIGKILL) })
	last := lines.Text()
	for lines.Scan() {
		last = lines.Text()
	}
	child.Wait()
	size, err := strconv.ParseInt(last, 10, 64)
	if err != nil || size <= before {
		t.Fatalf("the writer said %q after %d", last, before)
	}
	return size
}

// readBeside reads, proves and verifies while another process writes.
func readBeside(t *testing.T, dir string) {
	t.Helper()
	if _, err := Open(context.Background(), dir, testOptions(dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("second writer: %v", err)
	}
	private, err := os.ReadFile(testOptions(dir).KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	public := publicOf(t, string(bytes.TrimSpace(private)))
	r, err := OpenReader(dir, public)
	if err != nil {
		t.Fatal(err)
	}
	mustBeClean(t, verify(t, r, VerifyOptions{}))
	at, err := r.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Prove(context.Background(), at.Size-1)
	if err == nil {
		_, err = p.Verify(Trust{Log: public})
	}
	if err != nil {
		t.Errorf("proof beside a writer: %v", err)
	}
}

// change is one thing that was done to the disk and is not durable yet.
type change struct {
	name string
	data []byte // nil: removed
}

// battery is a medium whose power fails after so many operations; then everything that was not
// synced is on the disk or is not, each by itself.
type battery struct {
	medium
	left    int
	durable map[string][]byte
	pending []change
}

var errPower = errors.New("the power failed")

func (b *battery) use() error {
	if b.left--; b.left < 0 {
		return errPower
	}
	return nil
}

func (b *battery) write(name string, data []byte) error {
	if err := b.use(); err != nil {
		return err
	}
	b.pending = append(b.pending, change{name, bytes.Clone(data)})
	return b.medium.write(name, data)
}

func (b *battery) remove(name string) error {
	if err := b.use(); err != nil {
		return err
	}
	b.pending = append(b.pending, change{name, nil})
	return b.medium.remove(name)
}

func (b *battery) sync() error {
	if err := b.use(); err != nil {
		return err
	}
	for _, c := range b.pending {
		b.apply(c)
	}
	b.pending = nil
	return b.medium.sync()
}

func (b *battery) apply(c change) {
	if c.data == nil {
		delete(b.durable, c.name)
	} else {
		b.durable[c.name] = c.data
	}
}

// disk makes the folder as it is found when the power is back.
func (b *battery) disk(t *testing.T, random *rand.Rand) string {
	t.Helper()
	for _, c := range b.pending {
		if random.IntN(2) == 0 {
			b.apply(c)
		}
	}
	dir := filepath.Join(t.TempDir(), "found")
	for name, data := range b.durable {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readAll reads a folder's files but the index, which is torn by itself.
func readAll(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range files(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name != indexName {
			all[name] = data
		}
	}
	return all
}

func TestPowerFails(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, sizes := range [][2]int{{500, 540}, {510, 514}, {256, 1100}, {700, 701}} {
		for left := 0; ; left++ {
			l := newLog(t, sizes[0])
			b := &battery{medium: l.medium, left: left, durable: readAll(t, l.dir)}
			l.medium = b
			_, err := l.Append(context.Background(), entries(sizes[0], sizes[1]))
			l.Close()
			dir := b.disk(t, random)
			tearIndex(t, l.dir, dir, random)
			o := l.options
			l = openLog(t, dir, o)
			size := int(l.Tree().Size)
			if size != sizes[0] && size != sizes[1] || err == nil && size != sizes[1] {
				t.Fatalf("power failed after %d operations: %d leaves, Append said %v", left, size, err)
			}
			fill(t, l, size, sizes[1]+300)
			mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(sizes[1] + 300)}))
			l.Close()
			if b.left > 0 {
				break
			}
		}
	}
}

func tearIndex(t *testing.T, from, to string, random *rand.Rand) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(from, indexName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, indexName), data[:random.IntN(len(data)+1)], 0o644); err != nil {
		t.Fatal(err)
	}
}

// full is a medium that has no space left for one operation.
type full struct {
	medium
	left int
}

func (f *full) write(name string, data []byte) error {
	if f.left--; f.left == -1 {
		return fmt.Errorf("write: %w", syscall.ENOSPC)
	}
	return f.medium.write(name, data)
}

func TestNoSpaceThenSpace(t *testing.T) {
	for left := range 40 {
		l := newLog(t, 500)
		l.medium = &full{l.medium, left}
		_, err := l.Append(context.Background(), entries(500, 800))
		if err == nil {
			if left < 5 {
				t.Fatal("nothing was written")
			}
			return
		}
		if !errors.Is(err, ErrFull) || l.Tree().Size != 500 {
			t.Fatalf("%v, %d leaves", err, l.Tree().Size)
		}
		mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(500)}))
		fill(t, l, 500, 900)
		mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(900)}))
	}
	t.Fatal("never enough space")
}

// unsynced is a medium whose second sync, the commit's, fails.
type unsynced struct {
	medium
	syncs int
}

func (u *unsynced) sync() error {
	if u.syncs++; u.syncs == 2 {
		return syscall.EIO
	}
	return u.medium.sync()
}

func TestCommitThatMayNotLast(t *testing.T) {
	l := newLog(t, 500)
	l.medium = &unsynced{medium: l.medium}
	if _, err := l.Append(context.Background(), entries(500, 510)); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	if _, err := l.Append(context.Background(), entries(500, 510)); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	l.Close()
	l = openLog(t, l.dir, l.options)
	fill(t, l, 500, 600)
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(600)}))
}

// On a real file system that is full and then has room again.
func TestSmallDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("ledger-test", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("this test mounts a small file system, run it as root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	o := testOptions(dir)
	l := openLog(t, filepath.Join(dir, "ledger"), o)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	n := 0
	var err error
	for err == nil && n < 100_000 {
		if _, err = l.Append(context.Background(), entries(n, n+100)); err == nil {
			n += 100
		}
	}
	if !errors.Is(err, ErrFull) || int(l.Tree().Size) != n || n == 0 {
		t.Fatalf("%v, %d leaves, %d acknowledged", err, l.Tree().Size, n)
	}
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(n)}))
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	fill(t, l, n, n+500)
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(n + 500)}))
	l.Close()
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), l.dir, o); !errors.Is(err, ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(n + 500)}))
}

func TestFileSystems(t *testing.T) {
	for kind, want := range map[uint32]string{0x6969: "NFS", 0xff534d42: "SMB", 0x65735546: "FUSE", 0xef53: "", 0x58465342: "", 0x01021994: ""} {
		if got := remote(kind); got != want {
			t.Errorf("%x is %q, want %q", kind, got, want)
		}
	}
}

func TestTooManyFiles(t *testing.T) {
	l := newLog(t, 300)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	var held []*os.File
	low := before
	low.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	_, err := l.Append(context.Background(), entries(300, 400))
	for _, f := range held {
		f.Close()
	}
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "too many open files") {
		t.Errorf("no descriptors left: %v", err)
	}
	fill(t, l, 300, 400)
	mustBeClean(t, verify(t, l.Reader, VerifyOptions{Source: endless(400)}))
}
