package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// parcel is what a multipart request brought: a letter and its files.
type parcel struct {
	letter gateway.Letter
	files  []gateway.LetterFile
	*spooled
}

// parcel reads a multipart/form-data body: first the part "letter", JSON; then any number of
// parts "file". The caller closes it, also after an error.
func (c *call) parcel() (*parcel, error) {
	p := &parcel{spooled: c.api.spool.open(c.api.Limits.Letter)}
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return p, fault(wire.CodeUnsupportedMedia, "Content-Type")
	}
	body := c.body(c.api.Limits.Letter + c.api.Limits.JSON + partOverhead*int64(c.api.Limits.Files+1))
	defer body.release()
	return p, partError(p.read(c.api, multipart.NewReader(body, params["boundary"])))
}

// partOverhead is what the boundary and header of one part may take.
const partOverhead = 4 << 10

func (p *parcel) read(a *api, parts *multipart.Reader) error {
	first, err := parts.NextRawPart()
	if err == io.EOF {
		return invalid("letter", "no parts")
	}
	if err != nil {
		return err
	}
	if err := p.readLetter(first, a.Limits.JSON); err != nil {
		return err
	}
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(p.files) == a.Limits.Files {
			return gateway.Errorf(gateway.CodeTooLarge, "file", "more than %d files", a.Limits.Files)
		}
		if err := p.readFile(part); err != nil {
			return err
		}
	}
}

func (p *parcel) readLetter(part *multipart.Part, limit int64) error {
	if part.FormName() != "letter" {
		return invalid("letter", "first part is %.40q", part.FormName())
	}
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > limit {
		return gateway.Errorf(gateway.CodeTooLarge, "letter", "over %d bytes", limit)
	}
	return decodeJSON(data, &p.letter)
}

func (p *parcel) readFile(part *multipart.Part) error {
	if part.FormName() != "file" {
		return invalid(part.FormName(), "part is neither letter nor file")
	}
	name := part.FileName()
	if name == "" {
		return invalid("file", "file without a filename")
	}
	// Everybody sends files as they are (RFC 7578, 4.7); taking an encoded one as it is would corrupt it.
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "", "binary", "8bit", "7bit":
	default:
		return invalid("file", "content-transfer-encoding %.40q", part.Header.Get("Content-Transfer-Encoding"))
	}
	open, err := p.keep(part)
	if err != nil {
		return err
	}
	p.files = append(p.files, gateway.LetterFile{Name: name, ContentType: part.Header.Get("Content-Type"), Open: open})
	return nil
}

// partError tells a body that was cut off from one that is malformed.
func partError(err error) error {
	var own *gateway.Error
	switch {
	case err == nil || errors.As(err, &own):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return gateway.Errorf(gateway.CodeTruncated, "body", "multipart: %w", err)
	}
	return invalid("body", "multipart: %w", err)
}
