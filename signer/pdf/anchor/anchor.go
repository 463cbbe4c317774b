// Package anchor finds words on the pages of a PDF, so that a signature can be placed
// by the title and the name it belongs between.
//
// The text is read by PDFium, the reader of Chromium, which knows the fonts and
// encodings of every office program. It runs as WebAssembly inside this process: no C
// library, no file system, no network, bounded memory, and stopped when the context ends.
// Getting it ready takes about a second, so it is done at the first search and kept; a
// program that never searches pays nothing.
package anchor

import (
	"context"
	"fmt"
	"io"
	"iter"
	"reflect"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"congvan/signer/pdf/appearance"
)

// Limits of a search.
const (
	maxChars  = 100_000 // on a page; the rest of a longer page is not searched
	maxPages  = 20_000
	memory    = 256 << 20 // of PDFium
	wasmPage  = 64 << 10
	patience  = 30 * time.Second // for a search whose context has no end
	instances = 2                // searches at the same time; more wait
)

// Options of a Finder.
type Options struct {
	// CacheDir keeps the compiled reader between runs of the program: the first search
	// then takes 40 ms instead of a second. Empty for none.
	CacheDir string
	// Once is for a program that searches one document and ends: PDFium is interpreted,
	// ready ten times sooner and seven times slower.
	Once bool
}

// Finder searches PDFs. It may be used by several goroutines.
type Finder struct {
	options Options
	open    func() (pdfium.Pool, error)
	mu      sync.Mutex
	opened  bool
}

var _ appearance.Finder = (*Finder)(nil)

// NewFinder makes a finder; nothing is loaded before the first search.
func NewFinder(o Options) *Finder {
	f := &Finder{options: o}
	f.open = sync.OnceValues(func() (pdfium.Pool, error) { return open(o) })
	return f
}

// Close gives back the memory. No search may be under way, and none may follow.
func (f *Finder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.opened {
		return nil
	}
	pool, err := f.open()
	if err != nil {
		return nil // it never opened: the searches have said so
	}
	return pool.Close()
}

func (f *Finder) pool() (pdfium.Pool, error) {
	f.mu.Lock()
	f.opened = true
	f.mu.Unlock()
	return f.open()
}

func open(o Options) (pdfium.Pool, error) {
	runtime, err := runtimeConfig(o)
	if err != nil {
		return nil, err
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: instances,
		FSConfig:      wazero.NewFSConfig(), // the default would show it every file of this machine
		RuntimeConfig: runtime,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("make PDFium ready: %w", err)
	}
	return pool, nil
}

func runtimeConfig(o Options) (wazero.RuntimeConfig, error) {
	config := wazero.NewRuntimeConfig()
	if o.Once {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	// A module that is closed while it runs then stops at its next loop or call.
	config = config.WithMemoryLimitPages(memory / wasmPage).WithCloseOnContextDone(true)
	if o.CacheDir == "" || o.Once {
		return config, nil
	}
	cache, err := wazero.NewCompilationCacheWithDir(o.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("cache of compiled PDFium: %w", err)
	}
	return config.WithCompilationCache(cache), nil
}

// Search looks for the query's texts page by page and gives, for each page searched,
// where each text stands, in default user space. Pages come last first unless
// the query says otherwise; the search ends with the caller's loop. An error is the last thing given.
func (f *Finder) Search(ctx context.Context, r io.ReaderAt, size int64, q appearance.Query) iter.Seq2[appearance.Hits, error] {
	return func(yield func(appearance.Hits, error) bool) {
		if err := f.search(ctx, r, size, q, yield); err != nil {
			yield(appearance.Hits{}, fmt.Errorf("anchor: %w", err))
		}
	}
}

func (f *Finder) search(ctx context.Context, r io.ReaderAt, size int64, q appearance.Query, yield func(appearance.Hits, error) bool) error {
	pool, err := f.pool()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	instance, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return fmt.Errorf("wait for PDFium: %w", err)
	}
	defer instance.Close()
	defer context.AfterFunc(ctx, stopper(instance))()

	d, err := load(instance, io.NewSectionReader(r, 0, size), size)
	if err != nil {
		return ended(ctx, err)
	}
	return ended(ctx, d.search(ctx, newNeedles(q), q, yield))
}

// ended names the context's end as the cause of whatever failed after it.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// stopper gives what stops PDFium in the middle of a call. Its own Close waits
// for the call to end, so the module beneath it, which it does not hand out by a
// method, is closed.
func stopper(instance pdfium.Pdfium) func() {
	inner, ok := instance.(interface{ GetImplementation() any })
	if !ok {
		return func() {}
	}
	field := reflect.Indirect(reflect.ValueOf(inner.GetImplementation())).FieldByName("Module")
	if !field.IsValid() || !field.CanInterface() {
		return func() {}
	}
	module, ok := field.Interface().(api.Module)
	if !ok {
		return func() {}
	}
	return func() { _ = module.CloseWithExitCode(context.Background(), 1) } // it is thrown away in any case
}
