package vxp

import (
	"congvan/gateway"
	"congvan/schemas/edxml"
)

// send is sendEdoc: the body goes straight into the gateway, which answers once
// everything is durable. DocId is the id of the message.
func (c *call) send() error {
	accepted, err := c.accept()
	if err != nil {
		c.drain(maxRefusedBody)
		return err
	}
	a, id := done(), string(accepted.Message)
	a.DocID = &id
	c.answer(a)
	return nil
}

func (c *call) accept() (*gateway.Acceptance, error) {
	s, err := c.submission()
	if err != nil {
		return nil, err
	}
	return c.Gateway.Accept(c.r.Context(), c.principal, s)
}

func (c *call) submission() (s gateway.Submission, err error) {
	hashFile, err := c.hashFile()
	if err != nil {
		return s, err
	}
	from, err := c.params.get(paramFrom)
	if err != nil {
		return s, err
	}
	if s.To, err = c.restriction(); err != nil {
		return s, err
	}
	if s.Kind, err = c.kind(); err != nil {
		return s, err
	}
	s.From = gateway.AgencyID(from)
	s.Body = newFileReader(c.r.Body, hashFile)
	return s, nil
}

// hashFile is the digest of the file. Without one the body is not covered by the
// signature at all, so it is needed like any other parameter.
func (c *call) hashFile() (string, error) {
	v, err := c.params.get(paramHashFile)
	if err == nil && v == "" && !c.AllowMissingHash {
		err = gateway.Errorf(gateway.CodeUnsignedParameter, prefix+paramHashFile, "missing")
	}
	return v, err
}

// restriction is the list of receivers in the header, which restricts that of the envelope.
func (c *call) restriction() ([]gateway.AgencyID, error) {
	text, err := c.params.get(paramTo)
	if err != nil {
		return nil, err
	}
	to, err := receivers(text)
	if err != nil {
		return nil, &gateway.Error{Code: gateway.CodeInvalidRequest, Place: prefix + paramTo, Err: err}
	}
	return to, nil
}

// kind reads messagetype, which every list and every sending needs.
func (c *call) kind() (edxml.Kind, error) {
	word, err := c.params.need(paramMessageType)
	if err != nil {
		return "", err
	}
	k, ok := kindOf(word)
	if !ok {
		return "", gateway.Errorf(gateway.CodeInvalidRequest, prefix+paramMessageType, "unknown word %q", word)
	}
	return k, nil
}
