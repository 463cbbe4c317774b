package vxp

import (
	"bufio"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"

	"congvan/gateway"
)

// maxDocID bounds a docId, which is opaque otherwise.
const maxDocID = 64

// item calls do with the item that an id names: a delivery, as inbox lists give
// it, or a message, as sendEdoc gives it.
func item(id string, do func(gateway.Item) error) error {
	if len(id) > maxDocID {
		return gateway.Errorf(gateway.CodeNotFound, "docId", "%d bytes long", len(id))
	}
	err := do(gateway.Item{Delivery: gateway.DeliveryID(id)})
	if errors.Is(err, gateway.ErrNotFound) {
		err = do(gateway.Item{Message: gateway.MessageID(id)})
	}
	return err
}

// fetch finds the content that docId, and not docid, names.
func (c *call) fetch() (content *gateway.Content, err error) {
	id, err := c.params.need(paramDocID)
	if err != nil {
		return nil, err
	}
	err = item(id, func(i gateway.Item) (err error) {
		content, err = c.Gateway.Fetch(c.r.Context(), c.principal, i)
		return err
	})
	return content, err
}

// get is getEdoc: the envelope as base64 within JSON, streamed. The status
// follows the data: when a stored byte turns out to have changed, the answer ends with FAIL.
func (c *call) get() error {
	content, err := c.fetch()
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	buf := bufio.NewWriterSize(c.w, 64<<10)
	_, _ = buf.WriteString(`{"data":"`) // errors stay in the writer
	enc := base64.NewEncoder(base64.StdEncoding, buf)
	_, err = content.WriteTo(enc)
	a := done()
	if err != nil {
		c.logRefusal(err)
		a = failed(err)
	}
	_ = enc.Close()
	_, _ = buf.WriteString(`",`)
	_, _ = buf.Write(trailer(a))
	_ = buf.Flush() // the client is gone when this fails
	return nil
}

// download is downloadEdoc: the envelope itself. An error before its first byte
// is answered with an HTTP status of its own and JSON; one in the middle breaks the
// connection short of the announced length. Either way no client takes it for the letter.
func (c *call) download() error {
	content, err := c.fetch()
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(content.Size, 10))
	buf := bufio.NewWriterSize(c.w, 64<<10)
	if _, err = content.WriteTo(buf); err == nil {
		err = buf.Flush()
	}
	if err != nil && c.w.started {
		c.logRefusal(err)
		panic(http.ErrAbortHandler)
	}
	return err
}
