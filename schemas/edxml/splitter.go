package edxml

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// SplitMessage reads an edXML message to its end and takes it apart, in one pass
// and flat memory. Each attachment's text is decoded once, hashed once and
// written once, to the sink; the rest becomes the skeleton. Zero limits take
// the defaults.
//
// An attachment's text is that of the element ContentTransferEncoded, under
// whatever prefix, in an element Attachment. It may hold white space (also as
// numeric references) in any arrangement; tags, comments and CDATA in it are
// refused, for no known producer writes them.
//
// When the message could not be rebuilt exactly (a layout too irregular to
// describe, base64 with stray bits), the whole original goes to sink.Original.
// Rebuildable then is false.
//
// What is wrong with the message comes out as a *SyntaxError; errors of r and
// sink come out wrapped. After an error, what the sink took is to be thrown away.
func SplitMessage(r io.Reader, limits Limits, sink Sink) (*Split, error) {
	limits = limits.orDefault()
	src := newSource(r, limits.Size)
	s := &splitter{scanner: newScanner(src, limits), sink: sink, rebuildable: true}
	s.out = make([]byte, 0, 8<<10)
	s.onStart = s.started
	if err := s.run(); err != nil {
		return nil, err
	}
	return &Split{
		Skeleton: s.out, Payloads: s.payloads, Rebuildable: s.rebuildable,
		Size: src.size, SHA256: src.sum(),
	}, nil
}

type splitter struct {
	*scanner
	sink        Sink
	payloads    []Payload
	files       []PayloadFile
	lastContent int // the tag of the Attachment that had its content already
	rebuildable bool
}

const (
	attachmentTag = "Attachment"
	contentTag    = "ContentTransferEncoded"
)

// atContent says whether the innermost open element is an attachment's content.
// Read must find the same elements: payload i belongs to attachment i.
func (s *scanner) atContent() bool {
	n := len(s.open)
	return n >= 2 && s.isNamed(n-1, contentTag) && s.isNamed(n-2, attachmentTag)
}

func (s *scanner) isNamed(i int, local string) bool {
	e := s.open[i]
	return string(localName(s.out[e.name:e.nameEnd])) == local
}

func (s *splitter) started(t tag) error {
	if !s.atContent() {
		return nil
	}
	attachment := s.open[len(s.open)-2].tag
	switch {
	case len(s.payloads) == s.lim.Attachments:
		return s.fail(t.start, CodeTooManyFiles, s.lim.Attachments)
	case len(s.payloads) > 0 && attachment == s.lastContent:
		return s.fail(t.start, CodeContentTwice)
	}
	s.lastContent = attachment
	file, err := s.sink.Payload(len(s.payloads))
	if err != nil {
		return fmt.Errorf("edxml: open attachment %d: %w", len(s.payloads), err)
	}
	return s.payload(t, file)
}

// payload cuts one attachment's text out.
func (s *splitter) payload(t tag, file PayloadFile) error {
	p := newPayload(s.src, file, s.lim.Layout)
	p.tracking = s.rebuildable
	p.keep = func() error { return s.keepOriginal(p) }
	s.files = append(s.files, file)
	var err error
	if !t.empty {
		err = p.read()
		s.afterCut = true
	}
	p.place.offset = t.end
	s.cuts = append(s.cuts, p.place)
	if err != nil {
		return err
	}
	one := Payload{Offset: int64(t.end), Size: p.size, SHA256: p.sum()}
	if p.tracking {
		one.Layout = p.layout.String()
	}
	s.payloads = append(s.payloads, one)
	return nil
}

// keepOriginal writes all that was read so far to the sink's original, rebuilt
// from what was made of it, and sends after it what is read from now on.
func (s *splitter) keepOriginal(p *payload) error {
	w, err := s.sink.Original()
	if err != nil {
		return fmt.Errorf("edxml: keep original: %w", err)
	}
	out := bufio.NewWriterSize(w, sourceBuffer)
	if err := s.rebuild(out, p); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("edxml: keep original: %w", err)
	}
	s.rebuildable = false
	s.src.tee = w
	return s.src.keep(s.src.buf[s.src.pos:s.src.end])
}

// rebuild writes the skeleton so far, the finished payloads, and what there is of p.
func (s *splitter) rebuild(out *bufio.Writer, p *payload) error {
	whole := &Split{Skeleton: s.out, Payloads: s.payloads, Rebuildable: true}
	j := joiner{split: whole, out: out, open: func(i int) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(s.files[i], 0, s.payloads[i].Size)), nil
	}}
	if err := j.run(); err != nil {
		return fmt.Errorf("edxml: keep original: %w", err)
	}
	text, err := newSpread(out, p.layout.runs)
	if err != nil {
		return fmt.Errorf("edxml: keep original: %w", err)
	}
	written := io.NewSectionReader(s.files[len(s.files)-1], 0, p.size)
	if _, _, err := encode(text, written, decodeBuffer, false); err != nil {
		return fmt.Errorf("edxml: keep original: %w", err)
	}
	_, err1 := text.Write(p.quad[:p.n])
	_, err2 := out.Write(p.layout.sep)
	_, err3 := out.Write(p.ref)
	return errors.Join(err1, err2, err3)
}
