package text

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Bounds of what a child may say. A sound one stays far below them.
const (
	maxLine   = 2*MaxText + 64<<10 // JSON doubles quotes and line ends at most
	maxFrames = 4*MaxPages + 1000  // each page read, and bettered three times
	maxStderr = 4 << 10
)

// child is a process that reads files, seen from its parent.
type child struct {
	cmd    *exec.Cmd
	conn   *net.UnixConn
	lines  *bufio.Reader
	stderr headOf
	files  int
	done   chan struct{} // closed when it has ended
	failed error         // how it ended; to be read after done
}

// launch starts the process.
func (c *child) launch(o Options, settings config) error {
	told, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return fmt.Errorf("text: socket: %w", err)
	}
	defer theirs.Close()
	c.conn, c.lines = ours, bufio.NewReaderSize(ours, 64<<10)
	c.cmd = exec.Command(o.Exe, o.command) //nolint:noctx // it outlives the call that starts it; kill ends it
	c.cmd.Env = []string{}
	c.cmd.Stdin = bytes.NewReader(told)
	c.cmd.Stderr = &c.stderr
	c.cmd.ExtraFiles = []*os.File{theirs}
	c.cmd.Dir = "/"
	c.cmd.SysProcAttr = groupLeader()
	c.cmd.WaitDelay = time.Second
	if err := c.cmd.Start(); err != nil {
		ours.Close()
		return fmt.Errorf("text: start a reader: %w", err)
	}
	c.done = make(chan struct{})
	go func() {
		c.failed = c.cmd.Wait()
		close(c.done)
	}()
	return nil
}

// socketPair gives the two ends of a socket that nobody else can reach.
func socketPair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	theirs := os.NewFile(uintptr(fds[1]), "child")
	file := os.NewFile(uintptr(fds[0]), "parent")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	ours, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, nil, errors.Join(errors.New("not a Unix socket"), conn.Close(), theirs.Close())
	}
	return ours, theirs, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) dead() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// kill ends the process with all it started, and waits for its end. A process that has
// ended takes those it started with it by itself.
func (c *child) kill() {
	if !c.dead() {
		_ = syscall.Kill(-c.pid(), syscall.SIGKILL) // it may end this moment
	}
	c.conn.Close()
	<-c.done
}

// ready waits for the child's word that it has laid down its rights.
func (c *child) ready(ctx context.Context) error {
	defer c.within(ctx, startTime)()
	f, err := c.next()
	if err == nil && f.Ready {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.kill()
	return fmt.Errorf("text: reader does not start: %w: %s", errors.Join(err, c.failed), c.stderr.String())
}

// within bounds what is read from the child in time, and gives what ends the watch over the context.
func (c *child) within(ctx context.Context, limit time.Duration) (stop func() bool) {
	_ = c.conn.SetDeadline(time.Now().Add(limit)) // fails on a closed socket only, as reading then does
	return context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
}

// next reads one frame.
func (c *child) next() (frame, error) {
	var line []byte
	for {
		part, err := c.lines.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return frame{}, errBreach
		}
		line = append(line, part...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull {
			return frame{}, err
		}
	}
	var f frame
	if err := json.Unmarshal(line, &f); err != nil {
		return frame{}, errBreach
	}
	return f, nil
}

// errBreach: the child does not speak as it should, so it is no longer ours.
var errBreach = errors.New("text: reader breaks the rules")

// extract has the child read a file. After an error the child is of no more use.
func (c *child) extract(ctx context.Context, o Options, f *os.File, size int64) (Document, error) {
	c.files++
	stop := c.within(ctx, o.Time)
	defer func() { stop() }()
	if err := hand(c.conn, f, size); err != nil {
		return Document{}, c.death(ctx, err)
	}
	var (
		d          assembly
		recognised int
	)
	for range maxFrames {
		f, err := c.next()
		switch {
		case err != nil:
			return d.document(result{Quality: Poor}), c.death(ctx, err)
		case f.Page != nil:
			if !d.take(*f.Page) {
				return d.document(result{Quality: Poor}), c.death(ctx, errBreach)
			}
		case f.Recognising && recognised < o.OCR.Pages:
			recognised++
			stop()
			stop = c.within(ctx, o.OCR.Time)
		case f.End != nil:
			return d.end(ctx, c, *f.End)
		}
	}
	return d.document(result{Quality: Poor}), c.death(ctx, errBreach)
}

// death says why the child is no longer to be used, having made sure that it has ended.
func (c *child) death(ctx context.Context, err error) error {
	overdue := errors.Is(err, os.ErrDeadlineExceeded)
	if !overdue && !errors.Is(err, errBreach) {
		c.settled() // how it ended by itself tells why
	}
	c.kill()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case overdue:
		return killed(codeTime)
	case errors.Is(err, errBreach):
		return killed(codeCrash)
	case c.outOfMemory():
		return killed(codeMemory)
	default:
		return killed(codeCrash)
	}
}

// settled gives a child that has hung up a moment to end by itself.
func (c *child) settled() {
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
	}
}

// outOfMemory tells whether the child died for want of memory: the runtime said so, or
// the kernel, short of memory itself, killed it.
func (c *child) outOfMemory() bool {
	said := c.stderr.String()
	for _, sign := range []string{"out of memory", "cannot allocate memory", "failed to allocate", "failed to create new OS thread"} {
		if strings.Contains(said, sign) {
			return true
		}
	}
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// assembly puts a document together from what the child says.
type assembly struct {
	pages []Page
	size  int
}

// take adds a page, or puts it in the place of its earlier reading; false when the child
// breaks the bounds that it should keep.
func (a *assembly) take(p Page) bool {
	if p.Number < 1 || p.Number > MaxPages || !utf8.ValidString(p.Text) {
		return false
	}
	i, found := slices.BinarySearchFunc(a.pages, p.Number, byNumber)
	if found {
		a.size -= len(a.pages[i].Text)
		a.pages[i] = p
	} else {
		a.pages = slices.Insert(a.pages, i, p)
	}
	a.size += len(p.Text)
	return a.size <= MaxText
}

// end makes the document of which the child has said everything.
func (a *assembly) end(ctx context.Context, c *child, r result) (Document, error) {
	if _, ok := reasonFor(r.Code); !ok {
		return a.document(result{Quality: Poor}), c.death(ctx, errBreach)
	}
	switch r.Quality {
	case Good, Poor, None:
		return a.document(r), nil
	default:
		return a.document(result{Quality: Poor}), c.death(ctx, errBreach)
	}
}

func (a *assembly) document(r result) Document {
	reason, _ := reasonFor(r.Code)
	if len(a.pages) == 0 {
		r.Quality = None
	}
	return Document{
		Format: r.Format, Pages: a.pages, Count: r.Count, Quality: r.Quality, Reason: reason,
		Truncated: r.Truncated, Readers: r.Readers, OCR: r.OCR,
	}
}

// headOf keeps the first bytes written to it: what a dying program says first says most.
type headOf struct {
	mu   sync.Mutex
	data []byte
}

func (h *headOf) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.data = append(h.data, p[:min(len(p), maxStderr-len(h.data))]...)
	return len(p), nil
}

func (h *headOf) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.data)
}
