package api

import (
	"errors"
	"io"
	"mime"
	"net/url"
	"strconv"
	"strings"

	"congvan/gateway"
)

// envelopeType is how original bytes are given out.
const envelopeType = "application/xml"

// deliveryEnvelope gives a receiver its letter; the delivery is fetched from now on.
func (a *api) deliveryEnvelope(c *call) error {
	return a.fetch(c, gateway.Item{Delivery: gateway.DeliveryID(c.r.PathValue("id"))})
}

// letterEnvelope gives a receiver its letter like deliveryEnvelope, for all of its
// agencies at once; to the sender and to operators it only shows it.
func (a *api) letterEnvelope(c *call) error {
	id := gateway.MessageID(c.r.PathValue("id"))
	if c.principal.May(gateway.ScopeReceive) {
		if err := a.fetch(c, gateway.Item{Message: id}); !errors.Is(err, gateway.ErrNotFound) {
			return err
		}
	}
	if err := c.query().end(); err != nil {
		return err
	}
	content, err := a.Gateway.Envelope(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	return c.envelope(content)
}

func (a *api) fetch(c *call, i gateway.Item) error {
	if err := c.query().end(); err != nil {
		return err
	}
	content, err := a.Gateway.Fetch(c.r.Context(), c.principal, i)
	if err != nil {
		return err
	}
	return c.envelope(content)
}

func (c *call) envelope(content *gateway.Content) error {
	h := c.Header()
	h.Set("Content-Type", envelopeType)
	h.Set("Content-Disposition", `attachment; filename="`+string(content.Message.ID)+`.edxml"`)
	h.Set("Congvan-Message", string(content.Message.ID))
	return c.stream(content.Size, content.SHA256, content)
}

// file gives one attachment as a person opens it.
func (a *api) file(c *call) error {
	if err := c.query().end(); err != nil {
		return err
	}
	index, err := strconv.Atoi(c.r.PathValue("index"))
	if err != nil || index < 0 {
		return gateway.Errorf(gateway.CodeNotFound, "index", "index %.40q", c.r.PathValue("index"))
	}
	f, err := a.Gateway.OpenFile(c.r.Context(), c.principal, gateway.MessageID(c.r.PathValue("id")), index)
	if err != nil {
		return err
	}
	defer f.Close()
	h := c.Header()
	h.Set("Content-Type", mediaType(f.ContentType))
	h.Set("Content-Disposition", disposition(f.Name))
	// A file from outside must not run as a page of ours, should a browser ever show it.
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return c.stream(f.Size, f.SHA256, reading{f})
}

// reading is a reader as an io.WriterTo.
type reading struct{ io.Reader }

// WriteTo implements io.WriterTo.
func (r reading) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, r.Reader) }

// mediaType gives a sender's content type if it is one.
func mediaType(text string) string {
	if kind, _, err := mime.ParseMediaType(text); err == nil && strings.Contains(kind, "/") {
		return kind
	}
	return "application/octet-stream"
}

// disposition says that a browser is to save a file, and under which name: in ASCII, and
// in full for those who understand RFC 8187.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/:*?<>|%`, r) {
			return '_'
		}
		return r
	}, name)
	full := strings.ReplaceAll(url.QueryEscape(strings.Map(noControls, name)), "+", "%20")
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + full
}

// noControls leaves out what must not stand in a file's name.
func noControls(r rune) rune {
	if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
		return '_'
	}
	return r
}
