package edxml

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"time"
)

// Write makes a message in the one form that every known receiver takes: the
// order of elements, the prefixes, the types and the ZIP wrapping of the
// vendor's own builder. content gives the plain bytes of one attachment; it is
// called once for each, in order, and what it gives is closed. Equal input
// gives equal bytes.
//
// One Reference and one Attachment is written for each of e.Attachments; their
// types follow from the name's extension. e.References, e.Quirks, e.Signature and
// the fields that keep a text "as it stood" are not used, and no signature
// is written. Fields that are empty are left out where the standard allows. An
// envelope that lacks what a receiver relies on is ErrIncomplete, before
// anything is written.
func Write(w io.Writer, e *Envelope, content func(index int) (io.ReadCloser, error)) error {
	skeleton, places, err := build(e)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, sourceBuffer)
	from := 0
	for i, at := range places {
		if _, err := out.Write(skeleton[from:at]); err != nil {
			return writeError(err)
		}
		if err := writeContent(out, e, i, content); err != nil {
			return err
		}
		from = at
	}
	if _, err := out.Write(skeleton[from:]); err != nil {
		return writeError(err)
	}
	if err := out.Flush(); err != nil {
		return writeError(err)
	}
	return nil
}

// build makes the skeleton and tells where the attachments' text belongs.
func build(e *Envelope) (skeleton []byte, places []int, err error) {
	if err := e.complete(); err != nil {
		return nil, nil, err
	}
	doc := newDocument(e)
	if err := checkTexts(doc.Root()); err != nil {
		return nil, nil, err
	}
	skeleton, err = doc.WriteToBytes()
	if err != nil {
		return nil, nil, writeError(err)
	}
	limits := DefaultLimits()
	limits.Attachments = len(e.Attachments)
	s := newScanner(bytesSource(skeleton, limits.Skeleton), limits)
	s.onStart = func(t tag) error {
		if s.atContent() {
			places = append(places, t.end)
		}
		return nil
	}
	if err := s.run(); err != nil {
		return nil, nil, fmt.Errorf("edxml: write envelope: %w", err)
	}
	return skeleton, places, nil
}

// writeContent writes one attachment as base64 on one line, in a ZIP when its
// type wants that. Nothing is held: the ZIP streams into the base64.
func writeContent(out io.Writer, e *Envelope, i int, content func(int) (io.ReadCloser, error)) error {
	r, err := content(i)
	if err != nil {
		return fmt.Errorf("edxml: open attachment %d: %w", i, err)
	}
	defer r.Close()
	if _, raw := wireType(e.Attachments[i].Name); raw {
		_, _, err := encode(out, r, decodeBuffer, false)
		return err
	}
	text := base64.NewEncoder(base64.StdEncoding, out)
	packed := bufio.NewWriterSize(text, decodeBuffer)
	if err := pack(packed, entryName(e, i), r); err != nil {
		return fmt.Errorf("edxml: wrap attachment %d: %w", i, err)
	}
	if err := packed.Flush(); err != nil {
		return writeError(err)
	}
	if err := text.Close(); err != nil {
		return writeError(err)
	}
	return nil
}

// pack writes a ZIP with one entry and nothing that depends on when it was made.
func pack(w io.Writer, name string, r io.Reader) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.DefaultCompression)
	})
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(2016, 4, 1, 0, 0, 0, 0, time.UTC)}
	f, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, r, make([]byte, decodeBuffer)); err != nil {
		return err
	}
	return z.Close()
}

// entryName gives the ZIP entry a name of the shape receivers know, a UUID with an
// extension, made from what identifies the attachment.
func entryName(e *Envelope, i int) string {
	a := e.Attachments[i]
	sum := sha256.Sum256([]byte(e.DocumentID + "\x00" + a.ContentID + "\x00" + a.Name))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x80 // version 8: derived
	u[8] = u[8]&0x3f | 0x80
	name := fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	if ext := extension(a.Name); isPlainExtension(ext) {
		name += "." + ext
	}
	return name
}

func isPlainExtension(ext string) bool {
	for _, c := range ext {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(ext) > 0 && len(ext) <= 10
}

// wireType gives an attachment's ContentType, and whether its bytes travel as
// they are rather than in a ZIP.
func wireType(name string) (contentType string, raw bool) {
	switch ext := extension(name); ext {
	case "pdf", "doc", "docx", "zip":
		return "application/" + ext, true
	}
	return "application/zip", false
}
