package schemas

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"congvan/schemas/edxml"
)

// Some producers name an old namespace, none, or use a prefix that they do not
// declare. Such messages are read all the same, so the schema gets them with
// their namespaces mended, and the report says what had to be mended.

const rootName = "edXML"

// namespaceTrouble tells that the schema could not get into the document, which
// mending its namespaces may cure.
func namespaceTrouble(violations []violation) bool {
	return slices.ContainsFunc(violations, func(v violation) bool {
		return v.kind == violatesRoot || v.kind == violatesXML
	})
}

// mendNamespaces gives the document with its namespaces as they are today and
// what was mended; nothing mended gives no troubles. Elements and lines stay
// where they are.
func mendNamespaces(document []byte) (mended []byte, troubles []text) {
	mended = document
	for _, old := range namespacesUsed(document) {
		if isOldNamespace(old) {
			mended = replaceQuoted(mended, old, edxml.Namespace)
			troubles = append(troubles, say(
				"Gói tin dùng không gian tên cũ %s, vẫn đọc được. Nâng cấp phần mềm gửi để dùng “%s”.",
				"The message uses the old namespace %s, which is still read. Upgrade the sending software to use “%s”.", quote(old), edxml.Namespace))
		}
	}
	declarations, more := missingDeclarations(mended)
	return declareAtRoot(mended, declarations), append(troubles, more...)
}

// isOldNamespace knows those from before 2016 and the wrong ones of that time.
func isOldNamespace(uri string) bool {
	return strings.HasPrefix(uri, "http://www.e-doc.vn/") || strings.HasPrefix(uri, "http://www.go.vn/eDoc")
}

// replaceQuoted puts another URI wherever one is the value of an attribute.
func replaceQuoted(document []byte, old, renewed string) []byte {
	for _, mark := range []string{`"`, `'`} {
		document = bytes.ReplaceAll(document, []byte(mark+old+mark), []byte(mark+renewed+mark))
	}
	return document
}

// missingDeclarations gives the declarations that the root lacks.
func missingDeclarations(document []byte) (declarations string, troubles []text) {
	s := prefixScan{troubled: map[string]bool{}}
	s.scan(document)
	if s.bareRoot {
		declarations += fmt.Sprintf(" xmlns=%q", edxml.Namespace)
		troubles = append(troubles, say(
			"Gói tin không khai báo không gian tên, vẫn đọc được. Phần mềm gửi cần khai báo “%s”.",
			"The message declares no namespace and is still read. The sending software should declare “%s”.", edxml.Namespace))
	}
	for _, u := range s.undeclared {
		uri := edxml.Namespace
		if u.attribute {
			uri = "urn:undeclared:" + u.prefix
		}
		declarations += fmt.Sprintf(" xmlns:%s=%q", u.prefix, uri)
		troubles = append(troubles, say(
			"Gói tin dùng tiền tố %s mà không khai báo, vẫn đọc được. Sửa ở phần mềm gửi.",
			"The message uses the prefix %s without declaring it and is still read. Correct it in the sending software.", quote(u.prefix)))
	}
	return declarations, troubles
}

// declareAtRoot puts declarations into the root's tag.
func declareAtRoot(document []byte, declarations string) []byte {
	o := newOutline(document)
	if declarations == "" || len(o.nodes) == 0 {
		return document
	}
	at := o.nodes[0].offset + 1
	for at < len(document) && !bytes.ContainsRune([]byte(" \t\r\n/>"), rune(document[at])) {
		at++
	}
	return slices.Concat(document[:at], []byte(declarations), document[at:])
}

// namespacesUsed gives the values of all xmlns attributes, each once.
func namespacesUsed(document []byte) []string {
	var uris []string
	eachTag(document, func(tag []byte) {
		for _, a := range attributes(tag) {
			if (a.name == "xmlns" || strings.HasPrefix(a.name, "xmlns:")) && !slices.Contains(uris, a.value) && len(uris) < maxAttributes {
				uris = append(uris, a.value)
			}
		}
	})
	return uris
}

// prefixScan looks for prefixes that nothing declares where they are used.
type prefixScan struct {
	declared   []string // of the open elements, innermost last
	opened     []int    // length of declared before each open element
	bareRoot   bool     // the root has neither prefix nor namespace
	undeclared []undeclared
	troubled   map[string]bool
}

type undeclared struct {
	prefix    string
	attribute bool // used on attributes only
}

func (s *prefixScan) scan(document []byte) {
	eachTag(document, func(tag []byte) {
		if tag[1] == '/' {
			s.close()
			return
		}
		s.open(tag)
		if tag[len(tag)-2] == '/' {
			s.close()
		}
	})
}

func (s *prefixScan) close() {
	if n := len(s.opened); n > 0 {
		s.declared = s.declared[:s.opened[n-1]]
		s.opened = s.opened[:n-1]
	}
}

func (s *prefixScan) open(tag []byte) {
	root := len(s.opened) == 0
	s.opened = append(s.opened, len(s.declared))
	attrs := attributes(tag)
	hasDefault := false
	for _, a := range attrs {
		if p, ok := strings.CutPrefix(a.name, "xmlns:"); ok {
			s.declared = append(s.declared, p)
		}
		hasDefault = hasDefault || a.name == "xmlns"
	}
	prefix, _, prefixed := strings.Cut(tagName(tag), ":")
	if root && !prefixed && !hasDefault {
		s.bareRoot = true
	}
	if prefixed {
		s.use(prefix, false)
	}
	for _, a := range attrs {
		if p, _, ok := strings.Cut(a.name, ":"); ok && p != "xmlns" && p != "xml" {
			s.use(p, true)
		}
	}
}

// use notes a prefix that is not declared. What it is first used on decides:
// an element's is ours, an attribute's is anybody's.
func (s *prefixScan) use(prefix string, attribute bool) {
	if slices.Contains(s.declared, prefix) || s.troubled[prefix] || len(s.undeclared) >= maxAttributes {
		return
	}
	s.troubled[prefix] = true
	s.undeclared = append(s.undeclared, undeclared{prefix, attribute})
}

// eachTag calls f for each start, end and empty tag.
func eachTag(document []byte, f func(tag []byte)) {
	for at := 0; ; {
		lt := bytes.IndexByte(document[at:], '<')
		if lt < 0 {
			return
		}
		at += lt
		end := markupEnd(document[at:])
		if end < 0 {
			return
		}
		if tag := document[at : at+end]; len(tag) > 2 && tag[1] != '!' && tag[1] != '?' {
			f(tag)
		}
		at += end
	}
}

// tagName is the name in a start tag, with its prefix.
func tagName(tag []byte) string {
	end := bytes.IndexAny(tag[1:], " \t\r\n/>")
	return string(tag[1 : 1+max(end, 0)])
}

type attribute struct{ name, value string }

// attributes reads the attributes of a start tag, without entities.
func attributes(tag []byte) []attribute {
	var out []attribute
	rest := string(tag[1+len(tagName(tag)):])
	for {
		name, after, ok := strings.Cut(rest, "=")
		after = strings.TrimLeft(after, " \t\r\n")
		if !ok || after == "" || len(out) >= maxAttributes {
			return out
		}
		value, behind, ok := strings.Cut(after[1:], after[:1])
		if !ok {
			return out
		}
		out = append(out, attribute{strings.TrimSpace(name), value})
		rest = behind
	}
}
