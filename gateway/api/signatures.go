package api

import (
	"net/http"
	"strconv"

	"congvan/gateway"
)

// signatures gives every report on a letter's signatures.
func (a *api) signatures(c *call) error {
	id, err := c.messageID()
	if err != nil {
		return err
	}
	r, err := a.Gateway.SignatureReports(c.r.Context(), c.principal, id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, r)
}

// preserved gives the newest copy of a file with renewed proofs.
func (a *api) preserved(c *call) error {
	id, err := c.messageID()
	if err != nil {
		return err
	}
	index, err := strconv.Atoi(c.r.PathValue("index"))
	if err != nil || index < 0 {
		return gateway.Errorf(gateway.CodeNotFound, "index", "index %.40q", c.r.PathValue("index"))
	}
	p, blob, err := a.Gateway.OpenPreserved(c.r.Context(), c.principal, id, index)
	if err != nil {
		return err
	}
	defer blob.Close()
	return c.pdf("preserved.pdf", p.Size, p.Blob, blob)
}
