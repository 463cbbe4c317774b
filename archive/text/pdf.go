package text

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// Limits of PDFium, which runs as WebAssembly within the child.
const (
	wasmPage = 64 << 10
	maxChars = 1 << 20 // of a page; the rest of a longer page is not read
)

// pdfReader is PDFium, compiled. Each document gets an instance of its own, so that
// nothing one document did to it is there for the next.
type pdfReader struct{ pool pdfium.Pool }

// openPDFium makes PDFium ready: from the cache in a moment, without it in seconds.
func openPDFium(cacheDir string, memory int64) (*pdfReader, error) {
	cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
	if err != nil {
		return nil, fmt.Errorf("cache of compiled PDFium: %w", err)
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // the default would show it every file of this machine
		RuntimeConfig: wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(memory / wasmPage)).WithCompilationCache(cache),
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("make PDFium ready: %w", err)
	}
	return &pdfReader{pool}, nil
}

// read calls add with the text of each page, from 1. An error of add ends it, and is given back.
func (p *pdfReader) read(f io.ReaderAt, size int64, add func(number int, text string) error) (count int, err error) {
	instance, err := p.pool.GetInstance(patience)
	if err != nil {
		return 0, fmt.Errorf("start PDFium: %w", err)
	}
	defer instance.Close()
	opened, err := instance.OpenDocument(&requests.OpenDocument{FileReader: io.NewSectionReader(f, 0, size), FileReaderSize: size})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return 0, errEncrypted
	case err != nil:
		return 0, fmt.Errorf("%w: %w", errMalformed, err)
	}
	pages, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil {
		return 0, fmt.Errorf("%w: count pages: %w", errMalformed, err)
	}
	for i := range pages.PageCount {
		text, err := pageText(instance, opened.Document, i)
		if err != nil && !errors.Is(err, pdfiumerrors.ErrPage) {
			return pages.PageCount, fmt.Errorf("%w: page %d: %w", errMalformed, i+1, err)
		}
		if err := add(i+1, text); err != nil {
			return pages.PageCount, err
		}
	}
	return pages.PageCount, nil
}

// pageText gives a page's text in PDFium's reading order.
func pageText(p pdfium.Pdfium, document references.FPDF_DOCUMENT, index int) (string, error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: document, Index: index}}
	loaded, err := p.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return "", err
	}
	defer p.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage}) //nolint:errcheck // what it holds goes with the instance
	chars, err := p.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil || chars.Count <= 0 {
		return "", err
	}
	text, err := p.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: loaded.TextPage, Count: min(chars.Count, maxChars)})
	if err != nil {
		return "", err
	}
	return text.Text, nil
}

// readPDF reads a PDF by PDFium, and where that reads poorly by others.
func (w *worker) readPDF(f *os.File, size int64, h *harvest, r *result) error {
	var err error
	r.Count, err = w.pdf.read(f, size, func(number int, text string) error {
		return h.add(number, w.spell.orModern(text))
	})
	if len(h.pages) > 0 {
		r.Readers = append(r.Readers, "pdfium")
	}
	if errors.Is(err, errEncrypted) {
		return err
	}
	failed := err != nil && !errors.Is(err, errFull)
	if failed || w.anyPoor(h) {
		count, used := w.secondOpinion(f, h)
		if used {
			r.Readers = append(r.Readers, "poppler")
		}
		if failed && count > 0 {
			r.Count, err = max(r.Count, count), nil
		}
	}
	r.OCR = w.recognise(f, h, r.Count)
	if len(r.OCR) > 0 {
		r.Readers = append(r.Readers, "tesseract")
	}
	return err
}

func (w *worker) anyPoor(h *harvest) bool {
	for _, p := range h.pages {
		if w.spell.tally(p.Text).poor() {
			return true
		}
	}
	return w.tally(h).poor()
}
