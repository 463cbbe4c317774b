package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Options of an Extractor. The zero value of each field is a sound choice.
type Options struct {
	Workers  int           // files read at the same time; 0: one
	Memory   int64         // bytes that the reading of one file may take; 0: 768 MiB
	Time     time.Duration // for one file, recognition aside; 0: a minute
	CacheDir string        // keeps compiled PDFium between runs of the program; ours alone. Empty: made anew by each Extractor
	OCR      OCR           // off when zero
	Exe      string        // the program that knows Command; empty: this one
	TempDir  string        // where files are copied to before they are read, unnamed; empty: the system's

	command string // instead of Command
}

// Defaults and measures of the pool.
const (
	defaultMemory = 768 << 20
	defaultTime   = time.Minute
	filesAChild   = 200 // after which it is replaced
	startTime     = time.Minute
)

// Extractor takes text out of files by children of this process. It may be used by several goroutines.
type Extractor struct {
	o        Options
	config   config
	slots    chan *child // one a worker; nil where a child is still to be started
	starts   chan func()
	mu       sync.Mutex
	prepared bool   // PDFium lies compiled in the cache
	ownCache string // to be removed
	closing  chan struct{}
	close    func() error
	starter  sync.WaitGroup
}

// New makes an extractor. Nothing is started before the first file.
func New(o Options) (*Extractor, error) {
	e := &Extractor{o: o.withDefaults(), starts: make(chan func()), closing: make(chan struct{})}
	if err := e.folders(); err != nil {
		return nil, err
	}
	e.config = e.o.config()
	e.slots = make(chan *child, e.o.Workers)
	for range e.o.Workers {
		e.slots <- nil
	}
	e.close = sync.OnceValue(e.shut)
	e.starter.Go(e.start)
	return e, nil
}

// folders finds where compiled PDFium lies. It is machine code that children run, so
// nobody else may write there. Children live in the root folder: names are made absolute.
func (e *Extractor) folders() (err error) {
	if e.o.Exe, err = filepath.Abs(e.o.Exe); err != nil {
		return fmt.Errorf("text: program: %w", err)
	}
	if e.o.CacheDir == "" {
		e.ownCache, err = os.MkdirTemp(e.o.TempDir, "congvan-text-")
		e.o.CacheDir = e.ownCache
	} else {
		err = os.MkdirAll(e.o.CacheDir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("text: folder of compiled PDFium: %w", err)
	}
	if e.o.CacheDir, err = filepath.Abs(e.o.CacheDir); err != nil {
		return fmt.Errorf("text: folder of compiled PDFium: %w", err)
	}
	info, err := os.Stat(e.o.CacheDir)
	if err != nil {
		return fmt.Errorf("text: folder of compiled PDFium: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Perm()&0o022 != 0 || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("text: %s must be a folder that only this program's user can write to", e.o.CacheDir)
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.Time <= 0 {
		o.Time = defaultTime
	}
	if o.OCR.Time <= 0 {
		o.OCR.Time = time.Minute
	}
	if o.Exe == "" {
		o.Exe = "/proc/self/exe" // this program even when its file has been replaced
	}
	if o.command == "" {
		o.command = Command
	}
	return o
}

// config looks for the programs that help, once.
func (o Options) config() config {
	c := config{Cache: o.CacheDir, Memory: o.Memory, Time: o.Time, OCR: o.OCR, PDFToText: look("pdftotext")}
	c.CPU = uint64(filesAChild * (o.Time + time.Duration(o.OCR.Pages)*o.OCR.Time) / time.Second)
	if o.OCR.Pages > 0 {
		c.PDFToPPM, c.Tesseract = look("pdftoppm"), look("tesseract")
	}
	return c
}

func look(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// start starts the children. It is one thread for all, because they die with the thread
// that started them, which must therefore live as long as they.
func (e *Extractor) start() {
	runtime.LockOSThread()
	for start := range e.starts {
		start()
	}
}

// onStarter runs f where children are started.
func (e *Extractor) onStarter(f func() error) error {
	done := make(chan error, 1)
	e.starts <- func() { done <- f() }
	return <-done
}

// prepare sees to it that PDFium lies compiled in the cache.
func (e *Extractor) prepare() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.prepared {
		return nil
	}
	err := e.compile()
	e.prepared = err == nil
	return err
}

// compile has a child of its own compile PDFium into the cache: compiling takes memory
// that a child which reads files is not to have.
func (e *Extractor) compile() error {
	c := e.config
	c.Prepare = true
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	ch := &child{}
	if err := e.onStarter(func() error { return ch.launch(e.o, c) }); err != nil {
		return err
	}
	defer ch.kill()
	select {
	case <-ch.done:
	case <-ctx.Done():
		return errors.New("text: PDFium is not compiled in time")
	}
	if ch.failed != nil {
		return fmt.Errorf("text: compile PDFium: %w: %s", ch.failed, ch.stderr.String())
	}
	return nil
}

// Extract takes the text out of a file. What cannot be read is a Document of Quality
// None with its reason, not an error. Errors are: ErrKilled, the file's fault, with what was read
// until then; ErrClosed; the context's; and others, which are this machine's fault, where
// trying again later may help.
func (e *Extractor) Extract(ctx context.Context, r io.ReaderAt, size int64) (Document, error) {
	switch {
	case size <= 0:
		return without(codeEmpty), nil
	case size > MaxSize:
		return without(codeTooLarge), nil
	}
	var c *child
	select {
	case <-ctx.Done():
		return Document{}, context.Cause(ctx)
	case <-e.closing:
		return Document{}, ErrClosed
	case c = <-e.slots:
	}
	defer func() { e.slots <- c }()
	if err := e.prepare(); err != nil {
		return Document{}, err
	}
	f, err := e.copied(r, size)
	if err != nil {
		return Document{}, fmt.Errorf("text: copy the file: %w", err)
	}
	defer f.Close()
	if c == nil || c.dead() {
		if c, err = e.newChild(ctx); err != nil {
			return Document{}, err
		}
	}
	d, err := c.extract(ctx, e.o, f, size)
	var killed *Killed
	if errors.As(err, &killed) {
		d.Reason = killed.Reason
	}
	if err != nil || c.files >= filesAChild || resident(c.pid()) > e.o.Memory/2 {
		c.kill()
		c = nil
	}
	return d, err
}

// without is a document that has no text.
func without(code string) Document {
	reason, _ := reasonFor(code)
	return Document{Quality: None, Reason: reason}
}

// copied gives a descriptor for reading a copy of the file that has no name: the child
// can neither write to it nor find another, and nobody changes it meanwhile.
func (e *Extractor) copied(r io.ReaderAt, size int64) (*os.File, error) {
	w, err := os.CreateTemp(e.o.TempDir, "congvan-text-")
	if err != nil {
		return nil, err
	}
	defer w.Close()
	defer os.Remove(w.Name())
	n, err := io.Copy(w, io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	if n != size {
		return nil, io.ErrUnexpectedEOF
	}
	return os.Open(w.Name())
}

// newChild starts a child and waits until it is ready.
func (e *Extractor) newChild(ctx context.Context) (*child, error) {
	c := &child{}
	if err := e.onStarter(func() error { return c.launch(e.o, e.config) }); err != nil {
		return nil, err
	}
	if err := c.ready(ctx); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// Close ends the children, waits for the files being read, and gives back what the
// extractor holds. Later calls give the first one's result.
func (e *Extractor) Close() error { return e.close() }

func (e *Extractor) shut() error {
	close(e.closing)
	for range e.o.Workers {
		if c := <-e.slots; c != nil {
			c.kill()
		}
	}
	close(e.starts)
	e.starter.Wait()
	if e.ownCache != "" {
		return os.RemoveAll(e.ownCache)
	}
	return nil
}
