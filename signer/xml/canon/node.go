package canon

import (
	"iter"
	"strings"
)

// Kind is what a Node is.
type Kind uint8

// The kinds of nodes. A Cut is a place where text was left out of the skeleton.
const (
	Element Kind = iota
	Text
	Comment
	Instruction
	Cut
)

// Node is one node of a document. Strings are as XML 1.0 has them after reading: line
// ends and attribute values normalised, references replaced.
type Node struct {
	Kind     Kind
	Prefix   string
	Local    string // an Instruction's target
	Space    string // namespace name; of an undeclared prefix, "undeclared:" and the prefix
	Data     string // of Text, Comment and Instruction
	Index    int    // of a Cut: which one
	Attr     []Attr // sorted as canonical XML wants them; without namespace declarations
	Names    []Binding
	Parent   *Node // nil for what stands beside the document element, and for itself
	Children []*Node

	Start, End int // the bytes of an element in the skeleton
	EndTag     int // where its end tag begins; End for an empty-element tag
}

// Attr is an attribute.
type Attr struct{ Prefix, Local, Space, Value string }

// Binding is a namespace declaration; an empty Prefix is the default namespace.
type Binding struct{ Prefix, URI string }

// Document is a document that was read.
type Document struct {
	Root   *Node
	top    []*Node // the root with comments and instructions around it
	defect string  // why there is no canonical form
}

// Defect says why the document has no canonical form; empty when it has one.
func (d *Document) Defect() string { return d.defect }

// Is says whether a node is an element of this name.
func (n *Node) Is(space, local string) bool {
	return n.Kind == Element && n.Local == local && n.Space == space
}

// Value gives the attribute of this name that is in no namespace.
func (n *Node) Value(local string) (string, bool) {
	for _, a := range n.Attr {
		if a.Space == "" && a.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// Elements yields the child elements.
func (n *Node) Elements() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for _, c := range n.Children {
			if c.Kind == Element && !yield(c) {
				return
			}
		}
	}
}

// All yields the node and everything below it, in document order.
func (n *Node) All() iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.walk(yield) }
}

func (n *Node) walk(yield func(*Node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, c := range n.Children {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

// Within says whether n is top or stands below it.
func (n *Node) Within(top *Node) bool {
	for ; n != nil; n = n.Parent {
		if n == top {
			return true
		}
	}
	return false
}

// PlainText gives the text of an element that holds nothing else: no element, comment,
// instruction or cut, any of which could make two readers see two values.
func (n *Node) PlainText() (string, bool) {
	if len(n.Children) == 1 && n.Children[0].Kind == Text {
		return n.Children[0].Data, true
	}
	var b strings.Builder
	for _, c := range n.Children {
		if c.Kind != Text {
			return "", false
		}
		b.WriteString(c.Data)
	}
	return b.String(), true
}
