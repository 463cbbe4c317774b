package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostileCommand starts a child whose reader does what the file tells it to.
const hostileCommand = "read-text-hostile"

// hostile is a reader over which a file has gained power.
func hostile(w *worker, f *os.File, size int64, h *harvest) result {
	order, err := io.ReadAll(io.NewSectionReader(f, 0, size))
	if err != nil {
		panic(err)
	}
	end := result{Format: Plain, Count: 1, Quality: Good}
	told := ""
	switch string(order) {
	case "spin":
		for i := 0; i >= 0; i = (i + 1) % 1000 {
			runtime.KeepAlive(i)
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "eat":
		var eaten [][]byte
		for {
			block := make([]byte, 16<<20)
			for i := range block {
				block[i] = 1
			}
			eaten = append(eaten, block)
			runtime.KeepAlive(eaten)
		}
	case "panic":
		panic("told to")
	case "recurse":
		told = fmt.Sprint(recurse(1))
	case "exit":
		os.Exit(0)
	case "page then panic":
		_ = h.add(1, "trang một")
		panic("told to")
	case "flood":
		for i := 0; ; i++ {
			_ = h.send(Page{1, "x"})
		}
	case "too much":
		for i := range 10 {
			_ = h.send(Page{i + 1, strings.Repeat("x", MaxText/2)})
		}
	case "endless line":
		for {
			_, _ = os.NewFile(parentFD(), "parent").WriteString(strings.Repeat("x", 1<<20))
		}
	case "no JSON":
		_, _ = os.NewFile(parentFD(), "parent").WriteString("hello\n")
	case "no such page":
		_ = h.send(Page{0, "x"})
	case "no such code":
		end.Code = "invented"
	case "recognise for ever":
		for {
			_ = w.recognising()
			time.Sleep(10 * time.Millisecond)
		}
	case "noise":
		for range 1000 {
			fmt.Fprintln(os.Stderr, strings.Repeat("noise ", 100))
		}
		panic("told to")
	case "orphan":
		cmd := exec.Command("/bin/sleep", "4242")
		cmd.SysProcAttr = dieWithParent()
		if err := cmd.Start(); err != nil {
			told = err.Error()
		}
		_ = h.add(1, fmt.Sprint(cmd.Process.Pid))
		time.Sleep(time.Hour)
	case "network":
		_, err := net.Dial("tcp", "127.0.0.1:9")
		told = fmt.Sprint(err)
	case "write":
		told = fmt.Sprint(os.WriteFile(os.TempDir()+"/congvan-text-written", []byte("x"), 0o600))
		_ = os.Remove(os.TempDir() + "/congvan-text-written")
	case "write back":
		_, err := f.WriteAt([]byte("x"), 0)
		told = fmt.Sprint(err)
	case "environment":
		told = fmt.Sprint(len(os.Environ()), " variables")
	default:
		told = "good"
	}
	_ = h.add(1, told)
	return end
}

func recurse(n int) int {
	if n == 0 {
		return 0
	}
	return recurse(n+1) + 1
}

// parentFD is the descriptor of the socket: the runtime has moved it.
func parentFD() uintptr {
	for fd := uintptr(3); fd < 64; fd++ {
		if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil && strings.HasPrefix(name, "socket:") {
			return fd
		}
	}
	panic("no socket")
}

func hostileExtractor(t *testing.T) *Extractor {
	t.Helper()
	e, err := New(Options{CacheDir: cache(t), Time: 2 * time.Second, Memory: 256 << 20, OCR: OCR{Pages: 2, Time: time.Second}, command: hostileCommand})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func extractString(ctx context.Context, e *Extractor, s string) (Document, error) {
	return e.Extract(ctx, strings.NewReader(s), int64(len(s)))
}

func words1(d Document) string {
	if len(d.Pages) == 0 {
		return ""
	}
	return d.Pages[0].Text
}

// A reader that a file has taken over costs that file, and the next one is read.
func TestHostileFileCostsItself(t *testing.T) {
	e := hostileExtractor(t)
	for order, cause := range map[string]string{
		"spin": codeTime, "sleep": codeTime, "recognise for ever": codeTime,
		"eat":   codeMemory,
		"panic": codeCrash, "recurse": codeCrash, "exit": codeCrash, "noise": codeCrash,
		"page then panic": codeCrash, "flood": codeCrash, "too much": codeCrash, "endless line": codeCrash,
		"no JSON": codeCrash, "no such page": codeCrash, "no such code": codeCrash,
	} {
		start := time.Now()
		d, err := extractString(t.Context(), e, order)
		var k *Killed
		if !errors.Is(err, ErrKilled) || !errors.As(err, &k) || k.Reason.Code != cause || k.Reason.Vi == "" {
			t.Errorf("%s: %v, want it killed for %s", order, err, cause)
		}
		if d.Reason.Code != cause || d.Quality == Good {
			t.Errorf("%s: document says %s, %s", order, d.Quality, d.Reason.Code)
		}
		if took := time.Since(start); took > 12*time.Second {
			t.Errorf("%s: took %v", order, took)
		}
		if order == "page then panic" && words1(d) != "trang một" {
			t.Errorf("what was read before is lost: %q", words1(d))
		}
		if d, err := extractString(t.Context(), e, "behave"); err != nil || words1(d) != "good" {
			t.Errorf("after %s: %q, %v", order, words1(d), err)
		}
	}
}

// What a child may not do fails in it.
func TestChildHasNoRights(t *testing.T) {
	e := hostileExtractor(t)
	for order, want := range map[string]string{
		"network":     "operation not permitted",
		"write":       "file too large",
		"write back":  "bad file descriptor",
		"environment": "0 variables",
	} {
		d, err := extractString(t.Context(), e, order)
		if err != nil || !strings.Contains(words1(d), want) {
			t.Errorf("%s: %q, %v, want %q", order, words1(d), err, want)
		}
	}
}

// A child is killed with what it started.
func TestNothingOutlivesAChild(t *testing.T) {
	e := hostileExtractor(t)
	d, err := extractString(t.Context(), e, "orphan")
	if !errors.Is(err, ErrKilled) {
		t.Fatal(err)
	}
	stat := "/proc/" + words1(d) + "/cmdline"
	for range 50 {
		line, err := os.ReadFile(stat)
		if err != nil || !strings.Contains(string(line), "4242") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s is still there", words1(d))
}

func TestExtractEndsWithItsContext(t *testing.T) {
	e := hostileExtractor(t)
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, err := extractString(ctx, e, "sleep"); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrKilled) {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := extractString(ctx, e, "sleep"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if d, err := extractString(t.Context(), e, "behave"); err != nil || words1(d) != "good" {
		t.Errorf("%q, %v", words1(d), err)
	}
}

// The parent stays as it is, however many children die.
func TestParentStaysFlatWhileChildrenDie(t *testing.T) {
	e := hostileExtractor(t)
	once := func() { _, _ = extractString(t.Context(), e, "panic") }
	once()
	fds, goroutines, heap := usage(t)
	for range 15 {
		once()
		_, _ = extractString(t.Context(), e, "too much")
	}
	fds2, goroutines2, heap2 := usage(t)
	if fds2 > fds || goroutines2 > goroutines || heap2 > heap+(4<<20) {
		t.Errorf("%d → %d descriptors, %d → %d goroutines, %d → %d bytes", fds, fds2, goroutines, goroutines2, heap, heap2)
	}
	t.Logf("after 30 deaths: heap %+d KiB, %d descriptors, %d goroutines", (int64(heap2)-int64(heap))>>10, fds2, goroutines2)
}

func usage(t *testing.T) (fds, goroutines int, heap uint64) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return len(entries), runtime.NumGoroutine(), m.HeapAlloc
}

func TestChildrenAreReplaced(t *testing.T) {
	e := hostileExtractor(t)
	if _, err := extractString(t.Context(), e, "behave"); err != nil {
		t.Fatal(err)
	}
	c := <-e.slots
	first := c.pid()
	c.files = filesAChild - 1
	e.slots <- c
	for range 2 {
		if _, err := extractString(t.Context(), e, "behave"); err != nil {
			t.Fatal(err)
		}
	}
	c = <-e.slots
	defer func() { e.slots <- c }()
	if c.pid() == first {
		t.Error("the same child after its last file")
	}
}

func TestClosed(t *testing.T) {
	e, err := New(Options{CacheDir: cache(t)})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := extractString(t.Context(), e, "x"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestWhatCannotBeStartedIsSaid(t *testing.T) {
	e, err := New(Options{CacheDir: cache(t), Exe: "/bin/false"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := extractString(t.Context(), e, "x"); err == nil || errors.Is(err, ErrKilled) {
		t.Errorf("%v, want an error that is not the file's", err)
	}
}

// Compiled PDFium is machine code: a folder that others can write to is refused.
func TestSharedCacheIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if e, err := New(Options{CacheDir: dir}); err == nil {
		t.Error("taken", e.Close())
	}
}
