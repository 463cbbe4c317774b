// Package text takes the words out of archived files, so that they can be searched.
//
// A file is known by its content, never by its name: PDF, the Office and OpenDocument
// formats, plain text in Unicode or in the old Vietnamese encodings, XML and HTML. What is
// anything else has no text, and a reason why.
//
// Files come from outside and may be made to do harm. So none is read in this process: an
// Extractor hands each to a child process, the same program started again with the
// hidden command Command, which has laid down its rights before the first byte
// arrives: a bound on memory and time, no environment, no new files, no network. A child that runs
// out of bounds is killed with all it started, and costs its own file only:
//
//	Extract → copy to an unnamed file → descriptor to a warm child → sniff → PDFium, zip + XML, …
//	        ← pages, one JSON line each, counted and bounded     ← second opinion (poppler), OCR
//
// Children are kept warm, because PDFium is compiled when one starts, and replaced after
// a number of files or when they have grown.
package text

import "errors"

// Bounds of what is taken out of one document. What lies beyond them is left out, and the
// document says so.
const (
	MaxText  = 4 << 20   // bytes of UTF-8 in all pages together
	MaxPages = 5_000     // pages, sheets or slides
	MaxSize  = 512 << 20 // bytes of a file; a larger one is not read at all
)

var (
	// ErrKilled: the file drove its reader out of bounds, and the reader was killed. Do not
	// try again; record the reason (Killed). What was read until then comes with the error.
	ErrKilled = errors.New("text: reader killed")
	// ErrClosed: the extractor has been closed.
	ErrClosed = errors.New("text: extractor closed")
)

// Killed is the error of a file that cost its reader's life. It is ErrKilled.
type Killed struct{ Reason Reason }

func (k *Killed) Error() string { return "text: reader killed: " + k.Reason.En }

// Unwrap gives ErrKilled.
func (k *Killed) Unwrap() error { return ErrKilled }

// Document is the text of one file.
type Document struct {
	Format    Format
	Pages     []Page   // in order; those without text are not among them
	Count     int      // pages that the file has, with or without text; 1 for what has no pages
	Quality   Quality  // of the whole
	Reason    Reason   // why it is not good, or not whole; empty otherwise
	Truncated bool     // there is more text than was taken (MaxText, MaxPages)
	Readers   []string // programs that the text of a PDF came from: pdfium, poppler, tesseract
	OCR       []int    // numbers of the pages whose text was recognised in their picture
}

// Page is the text of one page, sheet or slide.
type Page struct {
	Number int    // from 1
	Text   string // UTF-8 in NFC; lines end with \n; no control characters
}

// Format is what a file turned out to be; empty when it is none of these.
type Format string

// The formats that are read.
const (
	PDF   Format = "pdf"
	DOCX  Format = "docx"
	XLSX  Format = "xlsx"
	PPTX  Format = "pptx"
	ODT   Format = "odt"
	ODS   Format = "ods"
	ODP   Format = "odp"
	Plain Format = "text"
	XML   Format = "xml"
	HTML  Format = "html"
)

// Quality says how far the text can be relied on for search.
type Quality string

const (
	// Good text reads as the page does.
	Good Quality = "good"
	// Poor text has broken or wrong words: a search may miss the document.
	Poor Quality = "poor"
	// None: there is no text; the Reason says why.
	None Quality = "none"
)
