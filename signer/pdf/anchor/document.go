package anchor

import (
	"context"
	"fmt"
	"io"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"congvan/signer/pdf/appearance"
)

// document is a PDF opened by PDFium.
type document struct {
	pdfium.Pdfium
	ref   references.FPDF_DOCUMENT
	pages int
}

func load(p pdfium.Pdfium, r io.ReadSeeker, size int64) (*document, error) {
	opened, err := p.OpenDocument(&requests.OpenDocument{FileReader: r, FileReaderSize: size})
	if err != nil {
		return nil, fmt.Errorf("open the document: %w", err)
	}
	count, err := p.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil {
		return nil, fmt.Errorf("count pages: %w", err)
	}
	return &document{p, opened.Document, count.PageCount}, nil
}

// search yields the hits of one page after the other.
func (d *document) search(ctx context.Context, n needles, q appearance.Query, yield func(appearance.Hits, error) bool) error {
	for _, page := range d.order(q) {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := d.page(page, n)
		if err != nil {
			return fmt.Errorf("page %d: %w", page+1, err)
		}
		if !yield(appearance.Hits{Page: page + 1, Texts: found}, nil) {
			return nil
		}
	}
	return nil
}

// order gives the indices of the pages to be searched.
func (d *document) order(q appearance.Query) []int {
	switch {
	case q.Page > d.pages || q.Page < -d.pages:
		return nil
	case q.Page > 0:
		return []int{q.Page - 1}
	case q.Page < 0:
		return []int{d.pages + q.Page}
	}
	order := make([]int, min(d.pages, maxPages))
	for i := range order {
		order[i] = d.pages - 1 - i
		if q.Forward {
			order[i] = i
		}
	}
	return order
}

// page finds the needles on one page.
func (d *document) page(index int, n needles) ([][]appearance.Rect, error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: index}}
	text, err := d.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return nil, err
	}
	defer d.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}) //nolint:errcheck // what it holds goes with the instance
	chars, err := d.chars(text.TextPage)
	if err != nil {
		return nil, err
	}
	hay := straighten(chars, n.exact)
	found := make([][]appearance.Rect, len(n.texts))
	for i, needle := range n.texts {
		for _, span := range hay.find(needle) {
			box, err := d.box(text.TextPage, span)
			if err != nil {
				return nil, err
			}
			found[i] = append(found[i], box)
		}
	}
	return found, nil
}

// chars gives the page's characters in PDFium's reading order.
func (d *document) chars(page references.FPDF_TEXTPAGE) ([]rune, error) {
	count, err := d.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: page})
	if err != nil {
		return nil, err
	}
	chars := make([]rune, min(max(count.Count, 0), maxChars))
	for i := range chars {
		c, err := d.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: page, Index: i})
		if err != nil {
			return nil, err
		}
		chars[i] = rune(c.Unicode)
	}
	return chars, nil
}

// box is the rectangle around a span's ink, spaces and line ends aside.
func (d *document) box(page references.FPDF_TEXTPAGE, s span) (appearance.Rect, error) {
	var around appearance.Rect
	empty := true
	for i := s.start; i < s.end; i++ {
		b, err := d.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: page, Index: i})
		if err != nil {
			return around, err
		}
		one := appearance.Rect{X0: b.Left, Y0: b.Bottom, X1: b.Right, Y1: b.Top}
		if one.Width() <= 0 || one.Height() <= 0 {
			continue
		}
		if empty {
			around, empty = one, false
		}
		around = around.Union(one)
	}
	return around, nil
}
