package text

import (
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
)

// xlsx reads the sheets in the workbook's order: a page begins with the sheet's name, has a
// line for each row and a tab between cells. Dates are written as the office writes them,
// other numbers as they are stored.
func (c *container) xlsx(main string, s *sink) error {
	relations, err := c.related(main)
	if err != nil {
		return err
	}
	var sheets []xml.StartElement
	err = c.read(main, func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "sheet" {
			sheets = append(sheets, e.Copy())
		}
		return nil
	})
	if err != nil {
		return err
	}
	shared, err := c.sharedStrings(relations)
	if err != nil && !errors.Is(err, errFull) {
		return err
	}
	dates, failed := c.dateStyles(relations)
	if failed != nil {
		return failed
	}
	for _, sheet := range sheets {
		if err := s.next(); err != nil {
			return err
		}
		if err := s.write(attr(sheet, "name") + "\n"); err != nil {
			return err
		}
		part := relations[relationID(sheet)].part
		if err := c.read(part, (&cells{sink: s, shared: shared, dates: dates}).visit); err != nil {
			return err
		}
	}
	return err
}

// sharedStrings reads the table of strings that cells refer to by number.
func (c *container) sharedStrings(relations map[string]relation) ([]string, error) {
	var (
		shared []string
		one    strings.Builder
		in     bool
		silent int // depth within a phonetic reading
		size   int
	)
	err := c.read(partOf(relations, "sharedStrings"), func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			in = t.Name.Local == "t"
			if t.Name.Local == "rPh" {
				silent++
			}
		case xml.EndElement:
			in = false
			switch t.Name.Local {
			case "rPh":
				silent--
			case "si":
				size += one.Len() + 16
				shared = append(shared, one.String())
				one.Reset()
			}
		case xml.CharData:
			if in && silent == 0 {
				one.Write(t)
			}
		}
		if size > maxRead {
			return errFull
		}
		return nil
	})
	return shared, err
}

// partOf gives the part to which a relation of a kind leads.
func partOf(relations map[string]relation, kind string) string {
	for _, r := range relations {
		if r.kind == kind {
			return r.part
		}
	}
	return ""
}

// cells writes the cells of a sheet.
type cells struct {
	sink   *sink
	shared []string
	dates  map[string]bool // styles that show a number as a date
	style  string
	kind   string // of the cell: s = shared string, inlineStr, str, b, n
	in     bool   // within a value
	value  strings.Builder
}

func (c *cells) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "c":
			c.kind, c.style = attr(t, "t"), attr(t, "s")
		case "v", "t":
			c.in = true
			c.value.Reset()
		}
	case xml.EndElement:
		return c.end(t.Name.Local)
	case xml.CharData:
		if c.in {
			c.value.Write(t)
		}
	}
	return nil
}

func (c *cells) end(name string) error {
	switch name {
	case "v", "t":
		c.in = false
		return c.sink.write(c.text(name))
	case "c":
		return c.sink.write("\t")
	case "row":
		return c.sink.write("\n")
	}
	return nil
}

// text gives the value's words; truth values and errors have none.
func (c *cells) text(element string) string {
	value := c.value.String()
	if element == "t" {
		return value
	}
	switch c.kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && i >= 0 && i < len(c.shared) {
			return c.shared[i]
		}
		return ""
	case "b", "e":
		return ""
	case "", "n":
		if c.dates[c.style] {
			return date(value)
		}
		return value
	default:
		return value
	}
}
