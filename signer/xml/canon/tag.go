package canon

import (
	"slices"
	"strings"
)

// startTag reads a start tag or an empty-element tag.
func (p *parser) startTag() error {
	end := tagEnd(p.src, p.at)
	switch {
	case end < 0:
		return p.fail(p.at, "a tag does not end")
	case p.cut < len(p.cuts) && p.cuts[p.cut] < int64(end):
		return p.fail(p.at, "a cut within a tag")
	case len(p.open) == 0 && p.doc.Root != nil:
		return p.fail(p.at, "a second document element")
	case len(p.open) == p.lim.Depth:
		return &SyntaxError{ErrTooLarge, p.at, "depth"}
	case p.elements == p.lim.Elements:
		return &SyntaxError{ErrTooLarge, p.at, "number of elements"}
	}
	p.elements++
	n, name, empty, err := p.tag(p.at, end-1)
	if err != nil {
		return err
	}
	undo, err := p.resolve(n)
	if err != nil {
		return err
	}
	p.add(n)
	if len(p.open) == 0 {
		p.doc.Root = n
	}
	p.at = end
	f := frame{node: n, name: name, undo: undo}
	if empty {
		n.EndTag, n.End = end, end
		p.leave(f)
		return nil
	}
	p.open = append(p.open, f)
	return nil
}

// tagEnd finds the end of the tag at from, behind its >, which may stand within values.
func tagEnd(s string, from int) int {
	quote := byte(0)
	for i := from; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return -1
}

// tag reads name and attributes between < and the >, which is at end.
func (p *parser) tag(start, end int) (n *Node, name string, empty bool, err error) {
	if p.src[end-1] == '/' {
		empty = true
		end--
	}
	c := cursor{p: p, at: start + 1, end: end}
	n = &Node{Kind: Element, Start: start}
	if name, err = c.name(); err != nil {
		return nil, "", false, err
	}
	n.Prefix, n.Local = split(name)
	for {
		key, value, err := c.attribute()
		if err != nil {
			return nil, "", false, err
		}
		if key == "" {
			return n, name, empty, nil
		}
		if len(n.Attr)+len(n.Names) == p.lim.Attributes {
			return nil, "", false, &SyntaxError{ErrTooLarge, start, "number of attributes"}
		}
		if err := p.attribute(n, key, value); err != nil {
			return nil, "", false, err
		}
	}
}

// attribute sorts an attribute into those that declare namespaces and the others.
func (p *parser) attribute(n *Node, name, value string) error {
	prefix, local := split(name)
	switch {
	case name == "xmlns":
		return p.declare(n, "", value)
	case prefix == "xmlns":
		return p.declare(n, local, value)
	}
	n.Attr = append(n.Attr, Attr{Prefix: prefix, Local: local, Value: value})
	return nil
}

func (p *parser) declare(n *Node, prefix, uri string) error {
	switch {
	case prefix == "xmlns" || uri == nsSpace, (prefix == "xml") != (uri == xmlSpace):
		return p.fail(n.Start, "a reserved namespace is declared")
	case prefix != "" && uri == "":
		return p.fail(n.Start, "the prefix %s is undeclared", prefix)
	case slices.ContainsFunc(n.Names, func(b Binding) bool { return b.Prefix == prefix }):
		return p.fail(n.Start, "the prefix %q is declared twice", prefix)
	case uri != "" && !isAbsolute(uri):
		p.doc.defect = "the namespace name " + uri + " is relative"
	}
	n.Names = append(n.Names, Binding{prefix, uri})
	return nil
}

// isAbsolute says whether a URI begins with a scheme.
func isAbsolute(uri string) bool {
	scheme, _, ok := strings.Cut(uri, ":")
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && !strings.ContainsRune("+-.", rune(c))) {
			return false
		}
	}
	return ok && scheme != ""
}

// resolve brings the element's declarations into scope and finds the namespaces of its name
// and attributes.
func (p *parser) resolve(n *Node) (undo []Binding, err error) {
	for _, b := range n.Names {
		undo = append(undo, Binding{b.Prefix, p.scope[b.Prefix]})
		p.scope[b.Prefix] = b.URI
	}
	n.Space = p.lookup(n.Prefix)
	for i := range n.Attr {
		if a := &n.Attr[i]; a.Prefix != "" {
			a.Space = p.lookup(a.Prefix)
		}
	}
	slices.SortFunc(n.Attr, compareAttr)
	for i := 1; i < len(n.Attr); i++ {
		if compareAttr(n.Attr[i-1], n.Attr[i]) == 0 {
			return nil, p.fail(n.Start, "the attribute %s stands twice", n.Attr[i].Local)
		}
	}
	return undo, nil
}

// compareAttr is the order of canonical XML: by namespace name, then by local name.
func compareAttr(a, b Attr) int {
	if c := strings.Compare(a.Space, b.Space); c != 0 {
		return c
	}
	return strings.Compare(a.Local, b.Local)
}

func (p *parser) lookup(prefix string) string {
	uri := p.scope[prefix]
	if prefix != "" && uri == "" {
		p.doc.defect = "the prefix " + prefix + " is not declared"
		return "undeclared:" + prefix
	}
	return uri
}

func (p *parser) endTag() error {
	start := p.at
	body, err := p.through("</", ">")
	if err != nil {
		return err
	}
	name := strings.TrimRight(body, " \t\r\n")
	if len(p.open) == 0 || p.open[len(p.open)-1].name != name {
		return p.fail(start, "an end tag %q that closes nothing", name)
	}
	f := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	f.node.EndTag, f.node.End = start, p.at
	p.leave(f)
	return nil
}

// leave takes an element's declarations out of scope.
func (p *parser) leave(f frame) {
	for _, b := range f.undo {
		p.scope[b.Prefix] = b.URI
	}
}

// split parts a qualified name.
func split(name string) (prefix, local string) {
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		return prefix, local
	}
	return "", name
}
