package signing

import (
	"io"

	"congvan/gateway"
	"congvan/schemas/edxml"
	xmlsig "congvan/signer/xml"
)

// message gives an envelope the form in which the signer takes it.
func message(e gateway.SignedEnvelope) (xmlsig.Message, error) {
	m := xmlsig.Message{Skeleton: e.Split.Skeleton}
	env, err := e.Read()
	if err != nil {
		return m, err
	}
	m.Payloads = payloads(e.Split, env, e.Open)
	if e.Whole == nil {
		return m, nil
	}
	return xmlsig.FromOriginal(e.Whole, e.Split.Size, m.Skeleton, m.Payloads)
}

func payloads(s *edxml.Split, env *edxml.Envelope, open func(int) (io.ReadCloser, error)) []xmlsig.Payload {
	out := make([]xmlsig.Payload, len(s.Payloads))
	for i, p := range s.Payloads {
		out[i] = xmlsig.Payload{Offset: p.Offset, SHA256: p.SHA256[:]}
		if open != nil {
			out[i].Text = func() (io.ReadCloser, error) { return s.Text(i, open), nil }
			out[i].Content = func() (io.ReadCloser, error) { return open(i) }
		}
	}
	for _, a := range env.Attachments {
		if a.Index >= 0 && a.Index < len(out) {
			out[a.Index].ContentID, out[a.Index].MediaType = a.ContentID, a.ContentType
		}
	}
	return out
}
