package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

const pdfType = "application/pdf"

// pdf sends a PDF to be saved.
func (c *call) pdf(name string, size int64, sha256 string, content io.Reader) error {
	h := c.Header()
	h.Set("Content-Type", pdfType)
	h.Set("Content-Disposition", disposition(name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return c.stream(size, sha256, reading{content})
}

// startSigning keeps a PDF for a desktop signing service.
func (a *api) startSigning(c *call) error {
	q := c.query()
	s := gateway.Signing{Name: q.required("name"), Number: q.text("number"), Date: q.text("date")}
	if err := q.end(); err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != pdfType {
		return fault(wire.CodeUnsupportedMedia, "Content-Type")
	}
	body := c.body(a.Limits.Letter)
	defer body.release()
	started, secret, err := a.Gateway.StartSigning(c.r.Context(), c.principal, s, body)
	if err != nil {
		return err
	}
	c.Header().Set("Location", "/v1/signings/"+string(started.ID))
	return c.answer(http.StatusCreated, c.launch(started, secret))
}

// launch gives what the page hands to the desktop signing service.
func (c *call) launch(s *gateway.Signing, secret string) wire.SigningStarted {
	base := c.origin() + "/v1/signings/" + string(s.ID) + "/" + secret
	return wire.SigningStarted{Signing: *s, Launch: wire.Launch{
		FileUploadHandler: base + "/signed", FileName: base + "/document.pdf", DocNumber: s.Number, IssuedDate: s.Date,
		MetaData: []wire.LaunchPair{},
	}}
}

// origin is how the client reached us. A reverse proxy that ends TLS says so.
func (c *call) origin() string {
	if c.api.PublicURL != "" {
		return c.api.PublicURL
	}
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}

func (a *api) signing(c *call) error {
	id, err := c.signingID()
	if err != nil {
		return err
	}
	s, err := a.Gateway.SigningOf(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, s)
}

func (a *api) cancelSigning(c *call) error {
	id, err := c.signingID()
	if err != nil {
		return err
	}
	if err := a.Gateway.CancelSigning(c.r.Context(), c.principal, id); err != nil {
		return err
	}
	return c.nothing()
}

// signed gives the signed document to the system that asked for it.
func (a *api) signed(c *call) error {
	id, err := c.signingID()
	if err != nil {
		return err
	}
	s, blob, err := a.Gateway.OpenSigned(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	defer blob.Close()
	return c.pdf(s.Name, s.Size, s.Signed, blob)
}

// documentForSigning gives the document to the desktop signing service, which has no key of ours:
// the secret in the address is its permission, for this document and half an hour.
func (a *api) documentForSigning(c *call) error {
	id, err := c.signingID()
	if err != nil {
		return err
	}
	s, blob, err := a.Gateway.OpenForSigning(c.r.Context(), id, c.r.PathValue("secret"))
	if err != nil {
		return err
	}
	defer blob.Close()
	return c.pdf(s.Name, s.SentSize, s.Sent, blob)
}

// takeSigned takes the document back. The service shows its user what Message says, and takes any
// answer but 200 for a broken connection; so a refusal is an answer like another.
func (a *api) takeSigned(c *call) error {
	s, err := a.receiveSigned(c)
	if err == nil {
		return c.answer(http.StatusOK, wire.SigningReturned{
			Status: true, FileName: s.Name, FileServer: c.origin() + "/v1/signings/" + string(s.ID) + "/signed",
		})
	}
	p := describe(err)
	c.log(p.Status, err)
	message := p.Vi
	if len(p.Findings) > 0 {
		message = p.Findings[0].Vi
	}
	c.hurry()
	return c.answer(http.StatusOK, wire.SigningReturned{Message: message})
}

func (a *api) receiveSigned(c *call) (*gateway.Signing, error) {
	id, err := c.signingID()
	if err != nil {
		return nil, err
	}
	body := c.body(a.Limits.Letter)
	defer body.release()
	file, err := uploaded(c.r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	return a.Gateway.TakeSigned(c.r.Context(), id, c.r.PathValue("secret"), file)
}

// uploaded finds the file in an upload: the body itself, or the first part of a form that has a
// file name; services differ in how they name the part.
func uploaded(contentType string, body io.Reader) (io.Reader, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return body, nil
	}
	parts := multipart.NewReader(body, params["boundary"])
	for range 20 {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, partError(err)
		}
		if part.FileName() != "" {
			return part, nil
		}
	}
	return nil, invalid("file", "form without a file")
}

func (c *call) signingID() (gateway.SigningID, error) {
	return gateway.SigningID(c.r.PathValue("id")), c.query().end()
}
