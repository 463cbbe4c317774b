package canon

import (
	"fmt"
	"strings"
)

const (
	bom      = "\uFEFF"
	xmlSpace = "http://www.w3.org/XML/1998/namespace"
	nsSpace  = "http://www.w3.org/2000/xmlns/"
)

// Parse reads a skeleton. cuts are the offsets, ascending, at which text was left out;
// each must stand inside the document element, between tags. Zero limits take the defaults.
//
// What is wrong comes out as a *SyntaxError. A document that can be read yet has no
// canonical form is not an error here: see Document.Defect.
func Parse(skeleton []byte, cuts []int64, limits Limits) (*Document, error) {
	p := &parser{src: string(skeleton), lim: limits.orDefault(), cuts: cuts, scope: map[string]string{"xml": xmlSpace}, doc: &Document{}}
	if err := p.document(); err != nil {
		return nil, err
	}
	return p.doc, nil
}

type parser struct {
	src      string
	at       int
	lim      Limits
	doc      *Document
	open     []frame
	scope    map[string]string // namespaces by prefix, as they are at the place that is read
	cuts     []int64
	cut      int // the next one
	elements int
}

// frame is an open element with what its end restores.
type frame struct {
	node *Node
	name string // as it stands in the tag
	undo []Binding
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{ErrMalformed, at, fmt.Sprintf(format, args...)}
}

func (p *parser) document() error {
	if len(p.src) > p.lim.Size {
		return &SyntaxError{ErrTooLarge, p.lim.Size, "document"}
	}
	if at := badChar(p.src); at >= 0 {
		return p.fail(at, "a byte that is no character of XML in UTF-8")
	}
	if err := p.declaration(); err != nil {
		return err
	}
	for p.at < len(p.src) {
		if err := p.text(); err != nil {
			return err
		}
		if p.at < len(p.src) {
			if err := p.markup(); err != nil {
				return err
			}
		}
	}
	return p.finish()
}

func (p *parser) finish() error {
	switch {
	case len(p.open) > 0:
		return p.fail(len(p.src), "%s is not closed", p.open[len(p.open)-1].name)
	case p.doc.Root == nil:
		return p.fail(len(p.src), "no element")
	case p.cut < len(p.cuts):
		return p.fail(len(p.src), "a cut outside the document element")
	}
	return nil
}

// declaration reads a byte order mark and the XML declaration.
func (p *parser) declaration() error {
	if strings.HasPrefix(p.src, bom) {
		p.at = len(bom)
	}
	rest := p.src[p.at:]
	if !strings.HasPrefix(rest, "<?xml") || len(rest) < 6 || !isSpace(rest[5]) {
		return nil
	}
	end := strings.Index(rest, "?>")
	if end < 0 {
		return p.fail(p.at, "the XML declaration does not end")
	}
	c := cursor{p: p, at: p.at + 5, end: p.at + end}
	p.at += end + 2
	for i := 0; ; {
		name, value, err := c.attribute()
		if err != nil || name == "" {
			return err
		}
		if i, err = p.declared(c.at, i, name, value); err != nil {
			return err
		}
	}
}

// declared checks one part of the XML declaration, of which the first i were used up.
func (p *parser) declared(at, i int, name, value string) (int, error) {
	order := [...]string{"version", "encoding", "standalone"}
	for ; i < len(order) && order[i] != name; i++ {
		if i == 0 {
			return i, p.fail(at, "the XML declaration has no version")
		}
	}
	if i == len(order) {
		return i, p.fail(at, "%s in the XML declaration", name)
	}
	allowed := map[string]bool{
		"version": value == "1.0", "encoding": strings.EqualFold(value, "UTF-8"),
		"standalone": value == "yes" || value == "no",
	}
	if !allowed[name] {
		return i, p.fail(at, "%s %q in the XML declaration", name, value)
	}
	return i + 1, nil
}

// text reads up to the next tag, with the cuts therein.
func (p *parser) text() error {
	stop := len(p.src)
	if i := strings.IndexByte(p.src[p.at:], '<'); i >= 0 {
		stop = p.at + i
	}
	for p.cut < len(p.cuts) && p.cuts[p.cut] <= int64(stop) {
		if err := p.cutAt(p.cuts[p.cut]); err != nil {
			return err
		}
	}
	return p.characters(stop)
}

func (p *parser) cutAt(offset int64) error {
	if offset < int64(p.at) || len(p.open) == 0 {
		return p.fail(p.at, "a cut where no text can stand")
	}
	if err := p.characters(int(offset)); err != nil {
		return err
	}
	p.add(&Node{Kind: Cut, Index: p.cut})
	p.cut++
	return nil
}

// characters reads text up to stop.
func (p *parser) characters(stop int) error {
	raw := p.src[p.at:stop]
	if raw == "" {
		return nil
	}
	if len(p.open) == 0 {
		if !isBlank(raw) {
			return p.fail(p.at, "text outside the document element")
		}
		p.at = stop
		return nil
	}
	if i := strings.Index(raw, "]]>"); i >= 0 {
		return p.fail(p.at+i, "]]> in text")
	}
	data, err := p.unescape(p.at, lineEnds(raw))
	if err != nil {
		return err
	}
	p.add(&Node{Kind: Text, Data: data})
	p.at = stop
	return nil
}

// unescape replaces the references in raw, which stands about at.
func (p *parser) unescape(at int, raw string) (string, error) {
	i := strings.IndexByte(raw, '&')
	if i < 0 {
		return raw, nil
	}
	var b strings.Builder
	b.Grow(len(raw))
	for ; i >= 0; i = strings.IndexByte(raw, '&') {
		b.WriteString(raw[:i])
		r, n, kind := reference(raw[i:])
		if kind != nil {
			return "", &SyntaxError{kind, at, "a reference that is not allowed"}
		}
		b.WriteRune(r)
		raw = raw[i+n:]
	}
	b.WriteString(raw)
	return b.String(), nil
}

// add puts a node into the innermost open element.
func (p *parser) add(n *Node) {
	if len(p.open) == 0 {
		p.doc.top = append(p.doc.top, n)
		return
	}
	parent := p.open[len(p.open)-1].node
	n.Parent = parent
	parent.Children = append(parent.Children, n)
}

// markup reads what begins with the < that is next.
func (p *parser) markup() error {
	rest := p.src[p.at:]
	switch {
	case strings.HasPrefix(rest, "</"):
		return p.endTag()
	case strings.HasPrefix(rest, "<?"):
		return p.instruction()
	case strings.HasPrefix(rest, "<!--"):
		return p.comment()
	case strings.HasPrefix(rest, "<![CDATA["):
		return p.cdata()
	case strings.HasPrefix(rest, "<!"):
		return &SyntaxError{ErrUnsafe, p.at, "a declaration"}
	}
	return p.startTag()
}

// through gives what stands between an opening and its closing, and moves behind it.
func (p *parser) through(opening, closing string) (string, error) {
	from := p.at + len(opening)
	i := strings.Index(p.src[from:], closing)
	if i < 0 {
		return "", p.fail(p.at, "%s does not end", opening)
	}
	if p.cut < len(p.cuts) && p.cuts[p.cut] < int64(from+i+len(closing)) {
		return "", p.fail(p.at, "a cut within %s", opening)
	}
	p.at = from + i + len(closing)
	return p.src[from : from+i], nil
}

func (p *parser) comment() error {
	start := p.at
	data, err := p.through("<!--", "-->")
	if err != nil {
		return err
	}
	if strings.Contains(data, "--") || strings.HasSuffix(data, "-") {
		return p.fail(start, "-- in a comment")
	}
	p.add(&Node{Kind: Comment, Data: lineEnds(data)})
	return nil
}

func (p *parser) cdata() error {
	start := p.at
	data, err := p.through("<![CDATA[", "]]>")
	if err != nil {
		return err
	}
	if len(p.open) == 0 {
		return p.fail(start, "text outside the document element")
	}
	p.add(&Node{Kind: Text, Data: lineEnds(data)})
	return nil
}

func (p *parser) instruction() error {
	start := p.at
	body, err := p.through("<?", "?>")
	if err != nil {
		return err
	}
	n := nameLen(body)
	target := body[:n]
	switch {
	case n == 0 || strings.EqualFold(target, "xml"):
		return p.fail(start, "an instruction without a name of its own")
	case n < len(body) && !isSpace(body[n]):
		return p.fail(start, "the name of an instruction")
	}
	p.add(&Node{Kind: Instruction, Local: target, Data: strings.TrimLeft(lineEnds(body[n:]), " \t\n")})
	return nil
}
