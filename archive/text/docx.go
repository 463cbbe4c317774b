package text

import (
	"encoding/xml"
	"sort"
	"strings"
)

// docx reads the document's body, page by page where Word has left its marks of where
// they break, then headers, footers and notes.
func (c *container) docx(main string, s *sink) error {
	relations, err := c.related(main)
	if err != nil {
		return err
	}
	if err := c.read(main, (&words{sink: s}).visit); err != nil {
		return err
	}
	var parts []string
	for _, r := range relations {
		switch r.kind {
		case "header", "footer", "footnotes", "endnotes", "comments":
			parts = append(parts, r.part)
		}
	}
	sort.Strings(parts)
	for _, part := range parts {
		if err := c.read(part, (&words{sink: s, unpaged: true}).visit); err != nil {
			return err
		}
	}
	return nil
}

// pptx reads the slides in their order.
func (c *container) pptx(main string, s *sink) error {
	relations, err := c.related(main)
	if err != nil {
		return err
	}
	var slides []string
	err = c.read(main, func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "sldId" {
			slides = append(slides, relations[relationID(e)].part)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, slide := range slides {
		if err := s.next(); err != nil {
			return err
		}
		if err := c.read(slide, (&words{sink: s, unpaged: true}).visit); err != nil {
			return err
		}
	}
	return nil
}

// relationID gives the identifier of the relation an element stands for: r:id, not its own id.
func relationID(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "id" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// words writes the text of WordprocessingML and DrawingML.
type words struct {
	sink    *sink
	unpaged bool
	in      bool // within a text element
	skip    int  // depth within what is written twice: mc:Fallback repeats mc:Choice
	inked   bool // something stands on the page already
}

func (w *words) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return w.start(t)
	case xml.EndElement:
		return w.end(t.Name.Local)
	case xml.CharData:
		if w.in && w.skip == 0 {
			w.inked = w.inked || strings.TrimSpace(string(t)) != ""
			return w.sink.write(string(t))
		}
	}
	return nil
}

func (w *words) start(e xml.StartElement) error {
	if w.skip > 0 || e.Name.Local == "Fallback" {
		w.skip++
		return nil
	}
	switch e.Name.Local {
	case "t":
		w.in = true
	case "tab":
		return w.sink.write("\t")
	case "noBreakHyphen":
		return w.sink.write("-")
	case "br", "cr":
		if attr(e, "type") == "page" {
			return w.breakPage()
		}
		return w.sink.write("\n")
	case "lastRenderedPageBreak":
		return w.breakPage()
	}
	return nil
}

// breakPage begins a new page unless the last break has just done so: Word marks a
// break asked for twice.
func (w *words) breakPage() error {
	if w.unpaged || !w.inked {
		return nil
	}
	w.inked = false
	w.sink.number = max(w.sink.number, 1)
	return w.sink.next()
}

func (w *words) end(name string) error {
	if w.skip > 0 {
		w.skip--
		return nil
	}
	switch name {
	case "t":
		w.in = false
	case "p":
		return w.sink.write("\n")
	case "tc":
		return w.sink.write("\t")
	}
	return nil
}
