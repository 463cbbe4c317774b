package text

import (
	"encoding/xml"
	"errors"
)

// openDocument reads content.xml: text, sheets or slides.
func (c *container) openDocument(format Format, s *sink) error {
	if c.locked() {
		return errEncrypted
	}
	o := &openText{sink: s, format: format}
	err := c.read("content.xml", o.visit)
	if format != ODT || err != nil {
		return err
	}
	o = &openText{sink: s, format: format}
	return c.read("styles.xml", o.visit) // its paragraphs stand in headers and footers only
}

// locked tells whether the package's manifest says that its parts are encrypted.
func (c *container) locked() bool {
	err := c.read("META-INF/manifest.xml", func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "encryption-data" {
			return errEncrypted
		}
		return nil
	})
	return errors.Is(err, errEncrypted)
}

// openText writes the text of OpenDocument.
type openText struct {
	sink   *sink
	format Format
	in     int // depth of paragraphs
	skip   int // depth within what is not on the page: deleted text
}

func (o *openText) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return o.start(t)
	case xml.EndElement:
		return o.end(t.Name.Local)
	case xml.CharData:
		if o.in > 0 && o.skip == 0 {
			return o.sink.write(string(t))
		}
	}
	return nil
}

func (o *openText) start(e xml.StartElement) error {
	if o.skip > 0 || e.Name.Local == "tracked-changes" {
		o.skip++
		return nil
	}
	switch e.Name.Local {
	case "p", "h":
		o.in++
	case "tab", "s":
		return o.sink.write(" ")
	case "line-break":
		return o.sink.write("\n")
	case "soft-page-break":
		o.sink.number = max(o.sink.number, 1)
		return o.sink.next()
	case "table":
		if o.format == ODS {
			return o.page(attr(e, "name"))
		}
	case "page":
		if o.format == ODP && e.Name.Space == "draw" {
			return o.page("")
		}
	}
	return nil
}

func (o *openText) page(title string) error {
	if err := o.sink.next(); err != nil {
		return err
	}
	return o.sink.write(title + "\n")
}

func (o *openText) end(name string) error {
	if o.skip > 0 {
		o.skip--
		return nil
	}
	switch name {
	case "p", "h":
		o.in--
		if o.format == ODS {
			return o.sink.write(" ")
		}
		return o.sink.write("\n")
	case "table-cell":
		return o.sink.write("\t")
	case "table-row":
		return o.sink.write("\n")
	}
	return nil
}
