package text

import (
	"errors"
	"io"
	"os"
	"time"
)

// Errors by which readers say what a file is or does.
var (
	errUnsupported = errors.New("text: unsupported format")
	errEncrypted   = errors.New("text: encrypted")
)

// worker reads files in the child.
type worker struct {
	config
	spell *speller
	pdf   *pdfReader
	// recognising tells the parent that a page is about to be recognised, which takes long.
	recognising func() error
}

// config is what the parent tells a child at its start.
type config struct {
	Cache   string // folder of compiled PDFium
	Prepare bool   // compile PDFium into Cache and end
	Memory  int64  // bytes beyond what the child has when it is ready
	CPU     uint64 // seconds in the child's life
	Time    time.Duration

	PDFToText, PDFToPPM, Tesseract string // paths of programs; empty: not there or not wanted
	OCR                            OCR
}

// result is what a child says of a document beside its pages.
type result struct {
	Format    Format
	Count     int
	Quality   Quality
	Code      string
	Truncated bool
	Readers   []string
	OCR       []int
}

// read takes the text of one file.
func (w *worker) read(f *os.File, size int64, h *harvest) result {
	var r result
	head := make([]byte, min(size, sniffed))
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), head); err != nil {
		return result{Quality: None, Code: codeMalformed}
	}
	err := w.readAs(sniff(head), f, size, h, &r)
	r.Truncated = r.Truncated || h.full || errors.Is(err, errFull)
	r.Quality, r.Code = w.verdict(h, &r, err)
	return r
}

// readAs reads a file that is of a kind.
func (w *worker) readAs(kind Format, f *os.File, size int64, h *harvest, r *result) (err error) {
	whole := io.NewSectionReader(f, 0, size)
	r.Format = kind
	switch kind {
	case PDF:
		return w.readPDF(f, size, h, r)
	case kindZip:
		r.Format, r.Count, err = w.office(f, size, h)
	case Plain:
		r.Count, err = w.plain(whole, h)
	case XML:
		r.Count, err = w.xml(whole, h)
	case HTML:
		r.Count, err = w.html(whole, h)
	default:
		err = errUnsupported
	}
	return err
}

// verdict says how good what was gathered is, and why it is not better.
func (w *worker) verdict(h *harvest, r *result, err error) (Quality, string) {
	kind := r.Format
	switch kind {
	case kindZip, kindOLE, kindPicture, kindBinary:
		r.Format = ""
	}
	switch {
	case kind == kindOLE:
		return None, codeOldOffice
	case kind == kindPicture:
		return None, codeScan
	}
	fault := faultCode(err)
	if len(h.pages) == 0 {
		return None, firstCode(fault, emptyCode(kind))
	}
	if t := w.tally(h); t.garbled() || kind == PDF && t.torn() {
		return Poor, firstCode(fault, codePoor)
	}
	if kind == PDF && r.Count > 1 && 2*len(h.pages) <= r.Count && !r.Truncated {
		return Poor, firstCode(fault, codePartScan)
	}
	if r.Truncated {
		fault = firstCode(fault, codeTruncated)
	}
	return Good, fault
}

// tally judges the document by its first pages.
func (w *worker) tally(h *harvest) tally {
	var t tally
	seen := 0
	for _, p := range h.pages {
		if seen > 8*sampled {
			break
		}
		seen += len(p.Text)
		t.plus(w.spell.tally(cut(p.Text, sampled)))
	}
	return t
}

func emptyCode(kind Format) string {
	if kind == PDF {
		return codeScan
	}
	return codeEmpty
}

func firstCode(codes ...string) string {
	for _, c := range codes {
		if c != "" {
			return c
		}
	}
	return ""
}

// faultCode is the code for what ended the reading of a document early.
func faultCode(err error) string {
	switch {
	case err == nil, errors.Is(err, errFull):
		return ""
	case errors.Is(err, errUnsupported):
		return codeUnsupported
	case errors.Is(err, errEncrypted):
		return codeEncrypted
	case errors.Is(err, errBomb):
		return codeBomb
	default:
		return codeMalformed
	}
}

// OCR says how far text in pictures is recognised.
type OCR struct {
	Pages int           // of one document at most; 0: none
	Time  time.Duration // for one page; 0: a minute
}
