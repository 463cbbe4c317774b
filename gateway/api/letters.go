package api

import (
	"mime"
	"net/http"
	"strings"

	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas/edxml"
)

// submit takes a letter: an edXML envelope as it is, or JSON and files.
func (a *api) submit(c *call) error {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		return fault(wire.CodeUnsupportedMedia, "Content-Type")
	}
	switch kind {
	case "application/xml", "text/xml", "application/octet-stream":
		return a.submitEnvelope(c)
	}
	return a.compose(c, func(*gateway.Letter) error { return nil })
}

func (a *api) submitEnvelope(c *call) error {
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	q := c.query()
	s := gateway.Submission{From: q.agency("from"), To: q.agencies("to"), Kind: q.kind(), IdempotencyKey: key}
	if err := q.end(); err != nil {
		return err
	}
	body := c.body(a.Limits.Letter)
	defer body.release()
	s.Body = body
	accepted, err := a.Gateway.Accept(c.r.Context(), c.principal, s)
	if err != nil {
		return err
	}
	return c.accepted(accepted)
}

// compose accepts a multipart letter after complete has filled in what follows from the route.
func (a *api) compose(c *call, complete func(*gateway.Letter) error) error {
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if err := c.query().end(); err != nil {
		return err
	}
	p, err := c.parcel()
	defer p.Close()
	if err != nil {
		return err
	}
	if err := complete(&p.letter); err != nil {
		return err
	}
	accepted, err := a.Gateway.Compose(c.r.Context(), c.principal, p.letter, p.files, key)
	if err != nil {
		return err
	}
	return c.accepted(accepted)
}

func (a *api) update(c *call) error { return a.amend(c, edxml.BusinessUpdate) }

func (a *api) replace(c *call) error { return a.amend(c, edxml.BusinessReplace) }

// amend sends a letter that updates or replaces the one in the path.
func (a *api) amend(c *call, business edxml.BusinessType) error {
	earlier, err := a.Gateway.Look(c.r.Context(), c.principal, gateway.MessageID(c.r.PathValue("id")))
	if err != nil {
		return err
	}
	return a.compose(c, func(l *gateway.Letter) error {
		if l.Business != edxml.BusinessNew && l.Business != business {
			return invalid("business", "business %d at the address of %d", l.Business, business)
		}
		l.Business = business
		if len(l.Targets) == 0 {
			l.Targets = []gateway.LetterReference{referenceTo(earlier)}
		}
		return nil
	})
}

func referenceTo(m *gateway.Message) gateway.LetterReference {
	r := gateway.LetterReference{From: m.From, DocumentID: m.DocumentID, Date: strings.ReplaceAll(m.Date, "/", "-")}
	if m.Number != "" || m.Notation != "" {
		r.Code = edxml.Code{Number: m.Number, Notation: m.Notation}.String()
	}
	return r
}

func (a *api) recall(c *call) error {
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	var body wire.Recall
	if err := c.decode(&body); err != nil {
		return err
	}
	r := gateway.Recall{Message: gateway.MessageID(c.r.PathValue("id")), To: body.To, Reason: body.Reason, Staff: body.Staff}
	accepted, err := a.Gateway.RecallLetter(c.r.Context(), c.principal, r, key)
	if err != nil {
		return err
	}
	return c.accepted(accepted)
}

func (a *api) reportStatus(c *call) error {
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	var note gateway.StatusNote
	if err := c.decode(&note); err != nil {
		return err
	}
	accepted, err := a.Gateway.ReportStatus(c.r.Context(), c.principal, note, key)
	if err != nil {
		return err
	}
	return c.accepted(accepted)
}

// accepted answers with the receipt: 201 the first time, 200 every time after.
func (c *call) accepted(a *gateway.Acceptance) error {
	c.Header().Set("Location", "/v1/letters/"+string(a.Message))
	if a.Replayed {
		return c.answer(http.StatusOK, a)
	}
	return c.answer(http.StatusCreated, a)
}

// idempotencyKey reads the key that makes a retry known as one.
func (c *call) idempotencyKey() (string, error) {
	v := c.r.Header.Values("Idempotency-Key")
	if len(v) == 0 {
		return "", nil
	}
	if len(v) > 1 || v[0] == "" || len(v[0]) > 255 || strings.ContainsFunc(v[0], notVisible) {
		return "", invalid("Idempotency-Key", "want one of 1…255 visible ASCII characters")
	}
	return v[0], nil
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }
