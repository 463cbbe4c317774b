package text

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Bounds of a zipped document.
const (
	maxParts    = 20_000   // files in the archive
	maxUnpacked = 64 << 20 // bytes read out of it, all parts together
)

// container is a zipped document: Office Open XML or OpenDocument. Parts are unpacked as
// they are read, never onto a disk, and an archive within it is not opened.
type container struct {
	parts map[string]*zip.File
	room  int64 // bytes that may still be unpacked
}

func openContainer(r io.ReaderAt, size int64) (*container, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if len(z.File) > maxParts {
		return nil, errBomb
	}
	c := &container{parts: make(map[string]*zip.File, len(z.File)), room: maxUnpacked}
	for _, f := range z.File {
		c.parts[strings.ToLower(strings.TrimPrefix(f.Name, "/"))] = f
	}
	return c, nil
}

// read calls visit with a part's XML; a part that is not there has none.
func (c *container) read(name string, visit func(xml.Token) error) error {
	f := c.parts[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return nil
	}
	part, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	defer part.Close()
	return walk(&unpacking{part, c}, visit)
}

// unpacking counts what is read out of the archive.
type unpacking struct {
	io.Reader
	c *container
}

func (u *unpacking) Read(p []byte) (int, error) {
	if u.c.room <= 0 {
		return 0, errBomb
	}
	n, err := u.Reader.Read(p[:min(int64(len(p)), u.c.room)])
	u.c.room -= int64(n)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", errMalformed, err)
	}
	return n, err
}

// mimetype gives the first bytes of the part in which OpenDocument names itself.
func (c *container) mimetype() string {
	f := c.parts["mimetype"]
	if f == nil {
		return ""
	}
	part, err := f.Open()
	if err != nil {
		return ""
	}
	defer part.Close()
	name, err := io.ReadAll(io.LimitReader(part, 256))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}

// office reads a zip archive that is a document.
func (w *worker) office(r io.ReaderAt, size int64, h *harvest) (Format, int, error) {
	c, err := openContainer(r, size)
	if err != nil {
		return kindZip, 0, err
	}
	format, main, err := c.kind()
	if err != nil {
		return kindZip, 0, err
	}
	sink := &sink{h: h, spell: w.spell}
	switch format {
	case DOCX:
		err = c.docx(main, sink)
	case XLSX:
		err = c.xlsx(main, sink)
	case PPTX:
		err = c.pptx(main, sink)
	case ODT, ODS, ODP:
		err = c.openDocument(format, sink)
	default:
		return kindZip, 0, errUnsupported
	}
	// What was gathered before a fault or a bound is worth having.
	return format, sink.number, errors.Join(sink.flush(), err)
}

// kind tells which document the archive is, and its main part.
func (c *container) kind() (format Format, main string, err error) {
	const odf = "application/vnd.oasis.opendocument."
	if name, ok := strings.CutPrefix(c.mimetype(), odf); ok {
		for kind, f := range map[string]Format{"text": ODT, "spreadsheet": ODS, "presentation": ODP} {
			if strings.HasPrefix(name, kind) {
				return f, "content.xml", nil
			}
		}
	}
	err = c.read("[Content_Types].xml", func(t xml.Token) error {
		override, ok := t.(xml.StartElement)
		if !ok || override.Name.Local != "Override" {
			return nil
		}
		content := attr(override, "ContentType")
		for kind, f := range map[string]Format{"wordprocessingml": DOCX, "spreadsheetml": XLSX, "presentationml": PPTX, "ms-word": DOCX, "ms-excel": XLSX, "ms-powerpoint": PPTX} {
			if strings.Contains(content, kind) && strings.HasSuffix(content, ".main+xml") {
				format, main = f, attr(override, "PartName")
			}
		}
		return nil
	})
	return format, main, err
}

// attr gives an attribute's value whatever its prefix.
func attr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// related reads the relations of a part: from their identifiers to the parts they name.
func (c *container) related(part string) (map[string]relation, error) {
	part = strings.TrimPrefix(part, "/")
	folder, file := path.Split(part)
	relations := map[string]relation{}
	err := c.read(path.Join(folder, "_rels", file+".rels"), func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || strings.EqualFold(attr(e, "TargetMode"), "External") {
			return nil
		}
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		relations[attr(e, "Id")] = relation{path.Base(attr(e, "Type")), strings.TrimPrefix(target, "/")}
		return nil
	})
	return relations, err
}

type relation struct{ kind, part string }

// sink gathers the text of one page after the other.
type sink struct {
	h      *harvest
	spell  *speller
	number int // of the page being gathered; 0 before the first
	page   strings.Builder
}

// write adds text to the page.
func (s *sink) write(text string) error {
	s.number = max(s.number, 1)
	s.page.WriteString(text)
	if s.page.Len() > 2*MaxText {
		return errFull
	}
	return nil
}

// next ends the page and begins another.
func (s *sink) next() error {
	if err := s.flush(); err != nil {
		return err
	}
	s.number++
	return nil
}

func (s *sink) flush() error {
	text := s.spell.orModern(s.page.String())
	s.page.Reset()
	if s.number == 0 {
		return nil
	}
	return s.h.add(s.number, text)
}
