package edxml

import (
	"bytes"
	"strings"

	"github.com/beevik/etree"
	"golang.org/x/text/unicode/norm"
)

// Read turns a skeleton, as SplitMessage leaves it, into an Envelope. The order
// of elements and their prefixes do not matter; known deviations are named in
// Envelope.Quirks. It refuses, with a *SyntaxError, what is not edXML, and what
// SplitMessage would refuse under DefaultLimits. Whether the content makes sense
// is not asked here.
//
// The lines of quirks after the first attachment are not known from the skeleton
// alone and are 0; Split.Envelope knows them.
func Read(skeleton []byte) (*Envelope, error) { return read(skeleton, nil) }

// Envelope is Read of the skeleton with the original's line numbers throughout.
func (s *Split) Envelope() (*Envelope, error) {
	cuts := make([]cut, 0, len(s.Payloads))
	for i, p := range s.Payloads {
		runs, err := p.runs(i)
		if err != nil {
			return nil, err
		}
		cuts = append(cuts, cut{offset: int(p.Offset), newlines: lineShift(runs)})
	}
	if !s.Rebuildable {
		cuts = nil
	}
	return read(s.Skeleton, cuts)
}

func read(skeleton []byte, cuts []cut) (*Envelope, error) {
	places, err := survey(skeleton)
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(bytes.TrimPrefix(skeleton, []byte(bom))); err != nil {
		e := newSyntaxError(CodeNotWellFormed)
		e.cause = err
		return nil, e
	}
	if doc.Root() == nil {
		return nil, newSyntaxError(CodeNotWellFormed)
	}
	places.cuts = cuts
	r := &reader{root: doc.Root(), places: places, env: &Envelope{}}
	if err := r.message(); err != nil {
		return nil, err
	}
	r.env.Quirks = r.located()
	return r.env, nil
}

// reader builds an Envelope from a tree. Its methods come in one shape: they take
// an element and fill what belongs to it, element by element.
type reader struct {
	root   *etree.Element
	places *places
	env    *Envelope
	status StatusReport
	found  []oddity

	inStatus, hasTrace, hasHeader bool
	references, contents          []*etree.Element // those of env.References and env.Attachments
}

func (r *reader) message() error {
	if r.root.Tag != "edXML" {
		return r.wrong(r.root, CodeNotEdXML, r.root.FullTag())
	}
	if uri := r.root.NamespaceURI(); !isKnownNamespace(uri) {
		return r.wrong(r.root, CodeUnknownNamespace, uri)
	}
	r.knows(r.root)
	r.frame()
	for c := range r.children(r.root) {
		switch c.Tag {
		case "edXMLEnvelope":
			r.envelope(c)
		case "AttachmentEncoded":
			r.prefixed(c)
		case "Signature", "DigitalSignature":
			r.signature(c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
	if !r.hasHeader {
		return r.wrong(r.root, CodeMissingElement, "MessageHeader")
	}
	if err := r.attachments(r.root); err != nil {
		return err
	}
	r.conclude()
	return nil
}

// frame looks at what stands before and after the root.
func (r *reader) frame() {
	if bytes.HasPrefix(r.places.skeleton, []byte(bom)) {
		r.oddAt(QuirkBOM, 0)
	}
	if bytes.IndexByte(r.places.skeleton[r.places.rootEnd:], '\r') >= 0 {
		r.oddAt(QuirkCRLFAfterRoot, r.places.rootEnd)
	}
}

func (r *reader) envelope(e *etree.Element) {
	for c := range r.children(e) {
		switch c.Tag {
		case "edXMLHeader":
			r.header(c)
		case "edXMLBody":
			r.body(c)
		case "AttachmentEncoded":
			r.prefixed(c)
			r.odd(QuirkAttachmentMisplaced, c)
		case "Signature", "DigitalSignature":
			r.signature(c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
}

func (r *reader) header(e *etree.Element) {
	for c := range r.children(e) {
		switch c.Tag {
		case "MessageHeader":
			if r.hasHeader {
				r.odd(QuirkRepeatedElement, c)
				continue
			}
			r.hasHeader = true
			r.messageHeader(c)
		case "TraceHeaderList":
			r.hasTrace = true
			r.trace(c)
		case "Signature", "DigitalSignature":
			r.signature(c)
		case "ErrorList":
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
}

// conclude decides what kind of message it is and notes what a document lacks.
func (r *reader) conclude() {
	e := r.env
	e.Kind = KindDocument
	if r.inStatus && len(e.Attachments) == 0 && len(e.References) == 0 {
		e.Kind = KindStatus
		e.Status = &r.status
		if len(e.To) > 0 {
			r.odd(QuirkReceiverInStatus, r.root)
		}
		return
	}
	if r.inStatus {
		r.odd(QuirkStatusInDocument, r.root)
	}
	if !r.hasTrace {
		r.odd(QuirkNoTrace, r.root)
	}
	if !e.Business.Present {
		r.odd(QuirkNoBusiness, r.root)
	}
	if !e.Signature.Present {
		r.odd(QuirkNoSignature, r.root)
	}
	r.match()
}

// children gives the child elements that belong to edXML or to a signature.
func (r *reader) children(e *etree.Element) func(yield func(*etree.Element) bool) {
	return func(yield func(*etree.Element) bool) {
		for _, t := range e.Child {
			if c, ok := t.(*etree.Element); ok && r.knows(c) && !yield(c) {
				return
			}
		}
	}
}

const dsigNamespace = "http://www.w3.org/2000/09/xmldsig#"

func isKnownNamespace(uri string) bool {
	return uri == Namespace || uri == "" || isOldNamespace(uri)
}

// knows says whether an element's vocabulary is ours, and notes the odd ones once.
func (r *reader) knows(e *etree.Element) bool {
	uri := e.NamespaceURI()
	switch {
	case uri == Namespace || isSignature(e):
	case isOldNamespace(uri):
		r.once(QuirkOldNamespace, e)
	case uri != "":
		r.odd(QuirkUnknownElement, e)
		return false
	case e.Space != "":
		r.once(QuirkUndeclaredPrefix, e)
	default:
		r.once(QuirkNoNamespace, e)
	}
	return true
}

func isSignature(e *etree.Element) bool { return e.Tag == "Signature" || e.Tag == "DigitalSignature" }

// text gives an element's own text, comments left out, trimmed and NFC.
func text(e *etree.Element) string {
	var whole string
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok {
			whole += c.Data
		}
	}
	return norm.NFC.String(strings.TrimSpace(whole))
}

// set fills a field from an element; the first one that says something counts.
func (r *reader) set(field *string, e *etree.Element) {
	value := text(e)
	switch {
	case *field == "":
		*field = value
	case value != "":
		r.odd(QuirkRepeatedElement, e)
	}
}

// fields fills the fields that are named, and notes other elements.
func (r *reader) fields(e *etree.Element, field func(tag string) *string) {
	for c := range r.children(e) {
		if f := field(c.Tag); f != nil {
			r.set(f, c)
		} else {
			r.odd(QuirkUnknownElement, c)
		}
	}
}

// organID reads an agency's code; the text null means that there is none.
func (r *reader) organID(field *string, e *etree.Element) {
	r.set(field, e)
	if strings.EqualFold(*field, "null") {
		*field = ""
		r.odd(QuirkOrganIDNull, e)
	}
}

func (r *reader) date(field *Date, e *etree.Element) {
	r.set((*string)(field), e)
	if *field != "" && !field.standard() {
		r.odd(QuirkDateFormat, e)
	}
}

func (r *reader) timestamp(field *Timestamp, e *etree.Element) {
	r.set((*string)(field), e)
	if *field != "" && !field.standard() {
		r.odd(QuirkTimestampFormat, e)
	}
}

// wrong makes an error that points at an element.
func (r *reader) wrong(e *etree.Element, code string, args ...any) error {
	err := newSyntaxError(code, args...)
	err.Path = elementPath(e)
	err.Line, err.Column = r.places.position(r.places.offset(r.root, e))
	return err
}
