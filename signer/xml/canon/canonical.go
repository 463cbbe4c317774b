package canon

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Method is a way of canonicalising.
type Method struct {
	Exclusive bool     // Exclusive XML Canonicalization 1.0
	Version11 bool     // Canonical XML 1.1; 1.0 otherwise
	Comments  bool     // keep comments
	Prefixes  []string // InclusiveNamespaces PrefixList of an exclusive one; "#default" for none
}

// View is the part of a document that is canonicalised.
type View struct {
	Apex    *Node // with all that stands below it; nil: the whole document
	Without *Node // is left out with all that stands below it, as the enveloped-signature transform wants
	// Text opens the text of a cut as it stood in the document, references and line ends
	// unchanged. It is called once for each cut in the view, in order.
	Text func(index int) (io.ReadCloser, error)
}

// Write writes the canonical form to w, in flat memory whatever the length of the cuts.
// Errors are ErrNoForm, and those of w and of the texts.
func (d *Document) Write(w io.Writer, m Method, v View) error {
	if d.defect != "" {
		return fmt.Errorf("%w: %s", ErrNoForm, d.defect)
	}
	c := newWriter(w, m, v)
	if v.Apex == nil {
		c.document(d)
	} else {
		c.subset(v.Apex)
	}
	if c.err != nil {
		return c.err
	}
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("canon: write: %w", err)
	}
	return nil
}

const outBuffer = 4 << 10

type writer struct {
	out      *bufio.Writer
	method   Method
	view     View
	scope    map[string]string // namespaces in scope, by prefix
	rendered map[string]string // as the nearest written ancestors declared them
	err      error
}

func newWriter(w io.Writer, m Method, v View) *writer {
	return &writer{
		out: bufio.NewWriterSize(w, outBuffer), method: m, view: v,
		scope: map[string]string{}, rendered: map[string]string{},
	}
}

// document writes the root with what stands beside it, each on a line of its own.
func (c *writer) document(d *Document) {
	after := false
	for _, n := range d.top {
		switch {
		case n.Kind == Element:
			c.element(n, nil)
			after = true
		case n.Kind == Comment && !c.method.Comments:
		case after:
			c.write("\n")
			c.node(n)
		default:
			c.node(n)
			c.write("\n")
		}
	}
}

// subset writes an element that stands within a document, with what canonical XML has it
// inherit from ancestors that are not written.
func (c *writer) subset(apex *Node) {
	var above []*Node
	for n := apex.Parent; n != nil; n = n.Parent {
		above = append(above, n)
	}
	for _, n := range slices.Backward(above) {
		for _, b := range n.Names {
			c.scope[b.Prefix] = b.URI
		}
	}
	c.element(apex, c.inherited(apex, above))
}

// inherited gives the attributes of the xml namespace that an element takes over from
// its ancestors, the nearest first (Canonical XML 1.0, 2.4; 1.1, 2.4).
func (c *writer) inherited(apex *Node, above []*Node) []Attr {
	if c.method.Exclusive {
		return nil
	}
	var found []Attr
	for _, n := range above {
		for _, a := range n.Attr {
			has := func(o Attr) bool { return o.Space == xmlSpace && o.Local == a.Local }
			if a.Space != xmlSpace || slices.ContainsFunc(found, has) {
				continue
			}
			if c.method.Version11 {
				if a.Local == "base" {
					c.fail(fmt.Errorf("%w: xml:base is inherited", ErrNoForm))
				}
				if a.Local != "lang" && a.Local != "space" {
					continue
				}
			}
			if !slices.ContainsFunc(apex.Attr, has) {
				found = append(found, a)
			}
		}
	}
	return found
}

func (c *writer) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// write keeps no error: bufio does, and Flush tells.
func (c *writer) write(parts ...string) {
	for _, s := range parts {
		_, _ = c.out.WriteString(s)
	}
}

func (c *writer) node(n *Node) {
	switch n.Kind {
	case Element:
		if n != c.view.Without {
			c.element(n, nil)
		}
	case Text:
		c.escape(n.Data, textEscape)
	case Comment:
		if c.method.Comments {
			c.write("<!--", n.Data, "-->")
		}
	case Instruction:
		c.write("<?", n.Local)
		if n.Data != "" {
			c.write(" ", n.Data)
		}
		c.write("?>")
	case Cut:
		c.cut(n.Index)
	}
}

func (c *writer) element(n *Node, inherited []Attr) {
	scope := bind(c.scope, n.Names)
	name := n.Local
	if n.Prefix != "" {
		name = n.Prefix + ":" + n.Local
	}
	c.write("<", name)
	rendered := c.namespaces(n)
	c.attributes(n, inherited)
	c.write(">")
	for _, child := range n.Children {
		if c.err != nil {
			return
		}
		c.node(child)
	}
	c.write("</", name, ">")
	bind(c.rendered, rendered)
	bind(c.scope, scope)
}

// bind sets bindings and gives what undoes it.
func bind(to map[string]string, names []Binding) (undo []Binding) {
	for _, b := range names {
		undo = append(undo, Binding{b.Prefix, to[b.Prefix]})
		to[b.Prefix] = b.URI
	}
	return undo
}

// namespaces writes the declarations that are due on an element, sorted by prefix, and
// gives what undoes their having been rendered.
func (c *writer) namespaces(n *Node) (undo []Binding) {
	var due []Binding
	for _, prefix := range c.used(n) {
		uri := c.scope[prefix]
		again := slices.ContainsFunc(due, func(b Binding) bool { return b.Prefix == prefix })
		if prefix == "xml" || again || uri == c.rendered[prefix] || uri == "" && prefix != "" {
			continue
		}
		due = append(due, Binding{prefix, uri})
	}
	slices.SortFunc(due, func(a, b Binding) int { return strings.Compare(a.Prefix, b.Prefix) })
	for _, b := range due {
		if b.Prefix == "" {
			c.write(` xmlns="`)
		} else {
			c.write(" xmlns:", b.Prefix, `="`)
		}
		c.escape(b.URI, valueEscape)
		c.write(`"`)
	}
	return bind(c.rendered, due)
}

// used gives the prefixes whose declarations may be due: under exclusive canonicalisation
// those that name and attributes use, otherwise all that are declared here, and at the apex
// all that are in scope.
func (c *writer) used(n *Node) []string {
	var prefixes []string
	if !c.method.Exclusive {
		if n == c.view.Apex {
			for p := range c.scope {
				prefixes = append(prefixes, p)
			}
			return prefixes
		}
		for _, b := range n.Names {
			prefixes = append(prefixes, b.Prefix)
		}
		return prefixes
	}
	prefixes = append(prefixes, n.Prefix)
	for _, a := range n.Attr {
		if a.Prefix != "" {
			prefixes = append(prefixes, a.Prefix)
		}
	}
	for _, p := range c.method.Prefixes {
		if p == "#default" {
			p = ""
		}
		prefixes = append(prefixes, p)
	}
	return prefixes
}

func (c *writer) attributes(n *Node, inherited []Attr) {
	all := n.Attr
	if len(inherited) > 0 {
		all = slices.Concat(n.Attr, inherited)
		slices.SortFunc(all, compareAttr)
	}
	for _, a := range all {
		c.write(" ")
		if a.Prefix != "" {
			c.write(a.Prefix, ":")
		}
		c.write(a.Local, `="`)
		c.escape(a.Value, valueEscape)
		c.write(`"`)
	}
}
