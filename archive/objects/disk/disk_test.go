package disk_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/archive/objects/objectstest"
)

// spoiled is a store whose files a test can damage.
type spoiled struct {
	*disk.Store
	dir string
}

func (s spoiled) path(d objects.Digest) string {
	return filepath.Join(s.dir, "blobs", string(d[:2]), string(d))
}

func (s spoiled) Flip(t *testing.T, d objects.Digest) {
	t.Helper()
	data, err := os.ReadFile(s.path(d))
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	s.replace(t, d, data)
}

func (s spoiled) Cut(t *testing.T, d objects.Digest) {
	t.Helper()
	data, err := os.ReadFile(s.path(d))
	if err != nil {
		t.Fatal(err)
	}
	s.replace(t, d, data[:len(data)/2])
}

func (s spoiled) replace(t *testing.T, d objects.Digest, data []byte) {
	t.Helper()
	if err := errors.Join(os.Remove(s.path(d)), os.WriteFile(s.path(d), data, 0o400)); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string, o disk.Options) *disk.Store {
	t.Helper()
	s, err := disk.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Store {
		dir := t.TempDir()
		return spoiled{open(t, dir, disk.Options{}), dir}
	})
}

func TestLocks(t *testing.T) {
	objectstest.RunLocker(t, func(t *testing.T) objects.Store {
		dir := t.TempDir()
		return spoiled{open(t, dir, disk.Options{}), dir}
	})
}

func TestAProtectionThatCannotBeReadProtects(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, disk.Options{})
	data := objectstest.Bytes(1, 1000)
	d := objectstest.Keep(t, s, data)
	if err := s.Hold(context.Background(), d, "kien"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "protection", string(d[:2]), string(d)+".json")
	for _, spoiled := range []string{"", "{", `{"until":"soon"}`} {
		if err := errors.Join(os.Remove(file), os.WriteFile(file, []byte(spoiled), 0o400)); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(context.Background(), d); !errors.Is(err, objects.ErrCorrupt) {
			t.Errorf("with a protection of %q, Delete gives %v, want ErrCorrupt", spoiled, err)
		}
	}
	objectstest.Holds(t, s, data)
}

func TestTheClockOfTheStoreEndsAProtection(t *testing.T) {
	now := time.Now()
	s := open(t, t.TempDir(), disk.Options{Now: func() time.Time { return now }})
	d, ctx := objectstest.Keep(t, s, objectstest.Bytes(1, 1000)), context.Background()
	if err := s.Protect(ctx, d, now.AddDate(70, 0, 0)); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(69, 11, 0)
	if err := s.Delete(ctx, d); !errors.Is(err, objects.ErrProtected) {
		t.Errorf("a month early Delete gives %v, want ErrProtected", err)
	}
	now = now.AddDate(0, 2, 0)
	if err := s.Delete(ctx, d); err != nil {
		t.Errorf("after 70 years Delete gives %v", err)
	}
}

func TestWhatACrashLeavesIsSweptAndALivingProcessIsNot(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "staging", "DEAD")
	if err := errors.Join(os.MkdirAll(dead, 0o700), os.WriteFile(filepath.Join(dead, "1"), []byte("half"), 0o400)); err != nil {
		t.Fatal(err)
	}
	living := open(t, dir, disk.Options{})
	w, err := living.Create(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := io.WriteString(w, "công văn"); err != nil {
		t.Fatal(err)
	}
	other := open(t, dir, disk.Options{})
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dead process's staging folder is still there: %v", err)
	}
	if _, err := w.Commit(context.Background()); err != nil {
		t.Errorf("another process's start took a staged blob away: %v", err)
	}
	objectstest.Holds(t, other, []byte("công văn"))
}

func TestSameBytesAreStoredOnceAndMadeSureOfEachTime(t *testing.T) {
	var files, folders atomic.Int64
	dir := t.TempDir()
	s := open(t, dir, disk.Options{Observe: func(f disk.Fsync) {
		if f == disk.FsyncFile {
			files.Add(1)
		} else {
			folders.Add(1)
		}
	}})
	folders.Store(0)
	data := objectstest.Bytes(1, 50_000)
	name, err := objects.BlobPath(objectstest.Keep(t, s, data))
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for range 39 {
		objectstest.Keep(t, s, data)
	}
	last, err := os.Stat(filepath.Join(dir, name))
	if err != nil || !os.SameFile(first, last) || !last.ModTime().Equal(first.ModTime()) {
		t.Errorf("the blob was written again: %v", err)
	}
	if files.Load() != 40 || folders.Load() != 40 {
		t.Errorf("%d files and %d folders fsynced, want 40 and 40: whoever came first may not have come so far", files.Load(), folders.Load())
	}
}

func TestAWrongSizedBlobIsReplaced(t *testing.T) {
	dir := t.TempDir()
	s := spoiled{open(t, dir, disk.Options{}), dir}
	data := objectstest.Bytes(1, 1000)
	s.Cut(t, objectstest.Keep(t, s, data))
	objectstest.Keep(t, s, data)
	objectstest.Holds(t, s, data)
}

func TestADamagedBlobIsReplaced(t *testing.T) {
	dir := t.TempDir()
	s := spoiled{open(t, dir, disk.Options{}), dir}
	data := objectstest.Bytes(1, 200_000)
	s.Flip(t, objectstest.Keep(t, s, data))
	objectstest.Keep(t, s, data)
	objectstest.Holds(t, s, data)
}

func TestLinksOutOfTheStoreAreNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	s := open(t, dir, disk.Options{})
	if err := os.Symlink(outside, filepath.Join(dir, "records", "out+")); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(context.Background(), "out/x", []byte("x")); err == nil {
		t.Error("Put follows a link out of the store")
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Errorf("%v was written outside", left)
	}
}

// small mounts a file system of its own, which only root can do; the tests run
// as root.
func small(t *testing.T, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("this test mounts a small file system: run it as root")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	dir := small(t, "size=4m")
	s := open(t, dir, disk.Options{})
	kept := objectstest.Bytes(1, 1<<20)
	objectstest.Keep(t, s, kept)
	for range 3 { // space must come back each time
		if err := write(s, objectstest.Bytes(2, 8<<20)); !errors.Is(err, objects.ErrFull) {
			t.Fatalf("a blob larger than the disk gives %v, want ErrFull", err)
		}
	}
	if err := s.Put(context.Background(), "big", make([]byte, 8<<20)); !errors.Is(err, objects.ErrFull) {
		t.Errorf("a record larger than the disk gives %v, want ErrFull", err)
	}
	objectstest.Holds(t, s, kept)
	objectstest.Keep(t, s, objectstest.Bytes(3, 2<<20))
	if n := len(objectstest.Listed(t, s)); n != 2 {
		t.Errorf("%d objects, want 2: nothing half", n)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	dir := small(t, "size=4m")
	s := open(t, dir, disk.Options{})
	kept := objectstest.Bytes(1, 1000)
	objectstest.Keep(t, s, kept)
	if err := exec.Command("mount", "-o", "remount,ro", dir).Run(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Commit": write(s, objectstest.Bytes(2, 1000)),
		"Put":    s.Put(context.Background(), "a", nil),
		"Check":  s.Check(context.Background()),
	} {
		if !errors.Is(err, objects.ErrReadOnly) {
			t.Errorf("%s gives %v, want ErrReadOnly", name, err)
		}
	}
	objectstest.Holds(t, s, kept)
	if err := exec.Command("mount", "-o", "remount,rw", dir).Run(); err != nil {
		t.Fatal(err)
	}
	objectstest.Keep(t, s, objectstest.Bytes(2, 1000))
}

func write(s objects.Store, data []byte) error {
	w, err := s.Create(context.Background())
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return err
	}
	_, err = w.Commit(context.Background())
	return err
}
