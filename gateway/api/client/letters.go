package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas/edxml"
)

// Envelope is an edXML envelope to be submitted as it is.
type Envelope struct {
	Body io.Reader // read once
	Size int64     // 0: unknown
	From gateway.AgencyID
	To   []gateway.AgencyID // restricts the envelope's receivers; empty: all of them
	Kind edxml.Kind         // empty: whatever it is
	Key  string             // idempotency key; may be empty
}

// SubmitEnvelope submits an edXML envelope.
func (c *Client) SubmitEnvelope(ctx context.Context, e Envelope) (*gateway.Acceptance, error) {
	q := url.Values{}
	set(q, "from", string(e.From))
	set(q, "kind", string(e.Kind))
	for _, to := range e.To {
		q.Add("to", string(to))
	}
	var a gateway.Acceptance
	err := c.call(ctx, request{
		method: http.MethodPost, path: at("letters"), query: q, body: e.Body, size: e.Size,
		header: map[string]string{"Content-Type": "application/xml", "Idempotency-Key": e.Key},
	}, &a)
	return &a, err
}

// File is one file of a letter to be composed.
type File struct {
	Name        string
	ContentType string
	Body        io.Reader // read once
}

// SubmitLetter has the gateway build an envelope from a letter and its files.
func (c *Client) SubmitLetter(ctx context.Context, l gateway.Letter, files []File, key string) (*gateway.Acceptance, error) {
	return c.compose(ctx, at("letters"), l, files, key)
}

// Update sends an update of an earlier letter.
func (c *Client) Update(ctx context.Context, id gateway.MessageID, l gateway.Letter, files []File, key string) (*gateway.Acceptance, error) {
	return c.compose(ctx, at("letters", string(id), "update"), l, files, key)
}

// Replace sends a letter that replaces an earlier one.
func (c *Client) Replace(ctx context.Context, id gateway.MessageID, l gateway.Letter, files []File, key string) (*gateway.Acceptance, error) {
	return c.compose(ctx, at("letters", string(id), "replace"), l, files, key)
}

func (c *Client) compose(ctx context.Context, path string, l gateway.Letter, files []File, key string) (*gateway.Acceptance, error) {
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() { w.CloseWithError(writeForm(form, l, files)) }()
	defer r.Close() // ends the writer when the gateway answers early
	var a gateway.Acceptance
	err := c.call(ctx, request{
		method: http.MethodPost, path: path, body: r,
		header: map[string]string{"Content-Type": form.FormDataContentType(), "Idempotency-Key": key},
	}, &a)
	return &a, err
}

func writeForm(form *multipart.Writer, l gateway.Letter, files []File) error {
	part, err := form.CreateFormField("letter")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(part).Encode(l); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(form, f); err != nil {
			return fmt.Errorf("file %s: %w", f.Name, err)
		}
	}
	return form.Close()
}

func writeFile(form *multipart.Writer, f File) error {
	name := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "_", "\n", "_").Replace(f.Name)
	h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}}
	if f.ContentType != "" {
		h.Set("Content-Type", f.ContentType)
	}
	part, err := form.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, f.Body)
	return err
}

// Recall asks for a letter to be given back.
func (c *Client) Recall(ctx context.Context, id gateway.MessageID, r wire.Recall, key string) (*gateway.Acceptance, error) {
	var a gateway.Acceptance
	err := c.send(ctx, http.MethodPost, at("letters", string(id), "recall"), r, key, &a)
	return &a, err
}

// ReportStatus reports the business status of a letter that was received.
func (c *Client) ReportStatus(ctx context.Context, n gateway.StatusNote, key string) (*gateway.Acceptance, error) {
	var a gateway.Acceptance
	err := c.send(ctx, http.MethodPost, at("statuses"), n, key, &a)
	return &a, err
}

// Letter looks one message up.
func (c *Client) Letter(ctx context.Context, id gateway.MessageID) (*gateway.Message, error) {
	var m gateway.Message
	err := c.get(ctx, at("letters", string(id)), nil, &m)
	return &m, err
}

// FindLetter gives the newest message of a letter, by its issuer and DocumentId.
func (c *Client) FindLetter(ctx context.Context, from gateway.AgencyID, documentID string) (*gateway.Message, error) {
	var m gateway.Message
	err := c.get(ctx, at("letters"), url.Values{"from": {string(from)}, "document_id": {documentID}}, &m)
	return &m, err
}

// Timeline tells everything that happened to a message.
func (c *Client) Timeline(ctx context.Context, id gateway.MessageID) (*gateway.History, error) {
	var h gateway.History
	err := c.get(ctx, at("letters", string(id), "timeline"), nil, &h)
	return &h, err
}

// Receipts lists the receipts of a letter that the caller sent.
func (c *Client) Receipts(ctx context.Context, id gateway.MessageID) ([]gateway.Receipt, error) {
	var r wire.Receipts
	err := c.get(ctx, at("letters", string(id), "receipts"), nil, &r)
	return r.Items, err
}

// SentQuery selects what the caller's agencies sent. Empty fields select all.
type SentQuery struct {
	Agency       gateway.AgencyID
	Kind         edxml.Kind
	Message      gateway.MessageID
	Since, Until time.Time
	Limit        int // 1…1000; 0: 100
}

// Sent lists deliveries of what the caller's agencies sent, newest first.
func (c *Client) Sent(ctx context.Context, q SentQuery) ([]gateway.InboxItem, error) {
	v := selection(q.Agency, q.Kind, q.Since, q.Until)
	set(v, "message", string(q.Message))
	setNumber(v, "limit", q.Limit)
	var page wire.Items
	err := c.get(ctx, at("sent"), v, &page)
	return page.Items, err
}
