package xmlsig

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"congvan/signer/xml/canon"
)

// Message is an XML document taken apart: the document with each attachment's text cut
// out, and the attachments. A document without attachments is a skeleton alone.
type Message struct {
	Skeleton []byte
	Payloads []Payload // in the order of their offsets
}

// Payload is one attachment.
type Payload struct {
	Offset    int64  // in the skeleton, where its text was cut out
	ContentID string // by which the signature refers to it, as downstream understands it; leading "cid:" are ignored
	MediaType string // for DataObjectFormat when signing; empty: application/octet-stream
	// Text opens the base64 text exactly as it stands in the document, white space and
	// character references included. Called once each time the document is digested.
	Text func() (io.ReadCloser, error)
	// Content opens the decoded octets, as downstream takes them; nil: decoded from Text.
	Content func() (io.ReadCloser, error)
	// SHA256 is the digest of the decoded octets where it is known and trusted already;
	// nil: it is computed when asked for.
	SHA256 []byte
}

// Limits bound what is read. Zero fields take the values of DefaultLimits.
type Limits struct {
	Document   canon.Limits
	References int // of one signature, over one per attachment
	Transforms int // of one reference
}

// DefaultLimits leave room for what real signatures have.
func DefaultLimits() Limits {
	return Limits{Document: canon.DefaultLimits(), References: 8, Transforms: 4}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.References == 0 {
		l.References = d.References
	}
	if l.Transforms == 0 {
		l.Transforms = d.Transforms
	}
	return l
}

// parse reads the document.
func (m Message) parse(l canon.Limits) (*canon.Document, error) {
	cuts := make([]int64, len(m.Payloads))
	for i, p := range m.Payloads {
		cuts[i] = p.Offset
	}
	return canon.Parse(m.Skeleton, cuts, l)
}

// text opens the text of a cut for the canonical form, until ctx ends.
func (m Message) text(ctx context.Context) func(int) (io.ReadCloser, error) {
	return func(i int) (io.ReadCloser, error) {
		if i >= len(m.Payloads) || m.Payloads[i].Text == nil {
			return nil, fmt.Errorf("%w: text of attachment %d", errAbsent, i)
		}
		r, err := m.Payloads[i].Text()
		if err != nil {
			return nil, err
		}
		return leashed{ctx, r}, nil
	}
}

// leashed reads until its context ends.
type leashed struct {
	ctx context.Context
	io.ReadCloser
}

func (l leashed) Read(b []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.ReadCloser.Read(b)
}

// content writes the decoded octets of an attachment to w.
func (m Message) content(ctx context.Context, i int, w io.Writer) error {
	p := m.Payloads[i]
	open := p.Content
	if open == nil {
		open = func() (io.ReadCloser, error) { return m.text(ctx)(i) }
	}
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	if p.Content == nil {
		return decode(w, r)
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, leashed{ctx, r}, make([]byte, 64<<10))
	return err
}

// bare gives a content identifier without its leading "cid:", however often that stands there.
func bare(id string) string {
	id = strings.TrimSpace(id)
	for {
		rest, ok := strings.CutPrefix(id, cidScheme)
		if !ok {
			return id
		}
		id = rest
	}
}

const cidScheme = "cid:"

// contentURI writes a content identifier as a URI (RFC 2392).
func contentURI(id string) string {
	return cidScheme + strings.ReplaceAll(url.QueryEscape(bare(id)), "+", "%20")
}

// attachment finds the one attachment that a cid: URI names; -1 for none or several.
func (m Message) attachment(uri string) int {
	id := bare(uri)
	plain, err := url.PathUnescape(id)
	if err != nil {
		plain = id
	}
	found := -1
	for i, p := range m.Payloads {
		if own := bare(p.ContentID); own == "" || own != id && own != plain {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}
