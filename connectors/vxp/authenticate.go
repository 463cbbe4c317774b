package vxp

import (
	"errors"
	"strings"

	"congvan/gateway"
)

// authenticate finds out who asks and what was signed. Nothing of the request
// but three headers is looked at before the HMAC has been verified, and the body not at all.
func (c *call) authenticate() error {
	h := c.r.Header
	systemID := h.Get(prefix + paramSystemID)
	text := h.Get(headerSign)
	for _, name := range []string{prefix + paramSystemID, headerSign, headerHash} {
		if h.Get(name) == "" {
			return gateway.Errorf(gateway.CodeUnauthenticated, name, "missing")
		}
	}
	principal, secret, err := c.Authenticator.VXP(c.r.Context(), systemID)
	genuine := verified(secret, text, strings.TrimSpace(h.Get(headerHash)))
	if err != nil {
		return unknownSystem(err)
	}
	if !genuine {
		return gateway.Errorf(gateway.CodeSignatureMismatch, headerHash, "system %q", systemID)
	}
	signed, err := parseSignHeader(text)
	if err != nil {
		return &gateway.Error{Code: gateway.CodeInvalidRequest, Place: headerSign, Err: err}
	}
	if signed[paramSystemID] != systemID {
		return gateway.Errorf(gateway.CodeUnsignedParameter, prefix+paramSystemID, "not the signed system")
	}
	c.principal = principal
	c.params = parameters{signed: signed, loose: h}
	return nil
}

// unknownSystem keeps "we do not know that system" apart from "we cannot know now".
func unknownSystem(err error) error {
	if errors.Is(err, gateway.ErrNotFound) || errors.Is(err, gateway.ErrUnauthenticated) {
		return &gateway.Error{Code: gateway.CodeUnauthenticated, Place: prefix + paramSystemID, Err: err}
	}
	return err
}
