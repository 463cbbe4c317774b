package schemas

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// outline is the tree of a message's elements: names and places, no values. It
// is built in one pass over the tags and asked only when something is found.
type outline struct {
	source []byte
	nodes  []node // in document order; a parent stands before its children
}

// node is one element. parent is an index into outline.nodes, -1 for the root.
type node struct {
	name   string // without prefix
	parent int
	offset int // of its '<'
}

// newOutline scans well-formed XML. Of anything else it gives the outline of
// the part that it understood; it never fails and never reads outside source.
func newOutline(source []byte) *outline {
	o := &outline{source: source, nodes: make([]node, 0, 128)}
	open := -1
	for at := 0; ; {
		lt := bytes.IndexByte(source[at:], '<')
		if lt < 0 {
			return o
		}
		at += lt
		end := markupEnd(source[at:])
		if end < 0 {
			return o
		}
		open = o.markup(at, end, open)
		at += end
	}
}

// markup takes in one tag, comment or the like of length n and gives the
// element that is open after it.
func (o *outline) markup(at, n, open int) int {
	tag := o.source[at : at+n]
	switch {
	case len(tag) < 3 || tag[1] == '!' || tag[1] == '?':
		return open
	case tag[1] == '/':
		if open < 0 {
			return open
		}
		return o.nodes[open].parent
	}
	o.nodes = append(o.nodes, node{name: localName(tag[1:]), parent: open, offset: at})
	if tag[n-2] == '/' {
		return open
	}
	return len(o.nodes) - 1
}

// markupEnd is the length of the markup that b starts with, or -1.
func markupEnd(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return after(b, "-->")
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		return after(b, "]]>")
	case bytes.HasPrefix(b, []byte("<?")):
		return after(b, "?>")
	}
	return tagEnd(b)
}

func after(b []byte, mark string) int {
	i := bytes.Index(b, []byte(mark))
	if i < 0 {
		return -1
	}
	return i + len(mark)
}

// tagEnd finds the '>' that ends a tag; one inside an attribute's value does not.
func tagEnd(b []byte) int {
	var within byte
	for i, c := range b {
		switch {
		case within != 0:
			if c == within {
				within = 0
			}
		case c == '"' || c == '\'':
			within = c
		case c == '>':
			return i + 1
		}
	}
	return -1
}

// localName reads the name that a start tag begins with, without its prefix.
func localName(tag []byte) string {
	end := bytes.IndexAny(tag, " \t\r\n/>")
	if end < 0 {
		end = len(tag)
	}
	name := tag[:end]
	return string(name[bytes.IndexByte(name, ':')+1:])
}

// path gives /edXML/…/To[2] for a node.
func (o *outline) path(i int) string {
	if i < 0 {
		return ""
	}
	n := o.nodes[i]
	step := "/" + n.name
	if nth, of := o.position(i); of > 1 {
		step += "[" + strconv.Itoa(nth) + "]"
	}
	return o.path(n.parent) + step
}

// plainPath is path without indexes, as the schema engine writes it.
func (o *outline) plainPath(i int) string {
	if i < 0 {
		return ""
	}
	return o.plainPath(o.nodes[i].parent) + "/" + o.nodes[i].name
}

// position gives a node's place among its brothers of the same name, from 1,
// and how many they are.
func (o *outline) position(i int) (nth, of int) {
	n := o.nodes[i]
	for j := max(n.parent, 0); j < len(o.nodes); j++ {
		if o.nodes[j].parent == n.parent && o.nodes[j].name == n.name {
			of++
			if j == i {
				nth = of
			}
		}
	}
	return nth, of
}

// find gives the node at a path as path writes it, and how many of the steps
// were there: when the element itself is missing, the node is its nearest
// ancestor. -1 when not even the root fits.
func (o *outline) find(path string) (i int, whole bool) {
	at := -1
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		next := o.child(at, step)
		if next < 0 {
			return at, false
		}
		at = next
	}
	return at, true
}

// child finds Name or Name[n] under a node.
func (o *outline) child(parent int, step string) int {
	name, index, _ := strings.Cut(step, "[")
	nth, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil {
		nth = 1
	}
	for j := parent + 1; j < len(o.nodes); j++ {
		if o.nodes[j].parent == parent && o.nodes[j].name == name {
			if nth--; nth == 0 {
				return j
			}
		}
	}
	return -1
}

// has tells whether a node has a child of that name.
func (o *outline) has(parent int, name string) bool {
	return o.child(parent, name) >= 0
}

// lineColumn gives the place of a byte, both from 1, the column in characters.
func (o *outline) lineColumn(offset int) (line, column int) {
	before := o.source[:min(offset, len(o.source))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}

// offset is the byte at a line and a column counted in bytes, both from 1.
func (o *outline) offset(line, column int) int {
	at := 0
	for range line - 1 {
		nl := bytes.IndexByte(o.source[at:], '\n')
		if nl < 0 {
			return len(o.source)
		}
		at += nl + 1
	}
	return min(at+max(column-1, 0), len(o.source))
}

// at gives the last element with a plain path that starts at or before an
// offset, or -1.
func (o *outline) at(plain string, offset int) int {
	found := -1
	for i, n := range o.nodes {
		if n.offset > offset {
			break
		}
		if o.isAt(i, plain) {
			found = i
		}
	}
	return found
}

// isAt tells whether a node's plain path is the one given, without writing it.
func (o *outline) isAt(i int, plain string) bool {
	for ; i >= 0; i = o.nodes[i].parent {
		rest, ok := strings.CutSuffix(plain, o.nodes[i].name)
		if !ok || !strings.HasSuffix(rest, "/") {
			return false
		}
		plain = rest[:len(rest)-1]
	}
	return plain == ""
}
