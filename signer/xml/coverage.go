package xmlsig

import (
	"strings"

	"congvan/signer/xml/canon"
)

// target is what a reference refers to: the whole document, a part of the signature, or
// an attachment.
type target struct {
	reference
	node    *canon.Node // nil: the whole document, or an attachment
	payload int         // -1: none
	absent  bool        // an attachment that is not there
	method  canon.Method
}

func (t *target) whole() bool { return t.node == nil && t.payload < 0 && !t.absent }

// cover says what the references refer to and refuses a signature that does not cover
// exactly the document that it stands in. The error is a *fault.
func (s *signature) cover(doc *canon.Document, m Message) ([]target, error) {
	ids := identifiers(doc.Root)
	if err := s.unique(ids); err != nil {
		return nil, err
	}
	if hasSplitText(doc.Root, s.node) {
		return nil, broken(splitText())
	}
	var all []target
	for _, r := range s.references {
		t, err := s.target(r, m)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			if o.node == t.node && o.payload == t.payload && o.absent == t.absent && (!t.absent || o.uri == t.uri) {
				return nil, broken(referenceTwice(r.uri))
			}
		}
		if id, ok := strings.CutPrefix(r.uri, "#"); ok && ids.any[id] > 1 {
			return nil, broken(duplicateID(id))
		}
		all = append(all, t)
	}
	return all, s.complete(all)
}

// complete says whether the references cover all that must be.
func (s *signature) complete(all []target) error {
	whole, signed := false, s.properties == nil
	for _, t := range all {
		whole = whole || t.whole()
		isProperties := s.properties != nil && t.node == s.properties.signed
		signed = signed || isProperties
		if (t.kind == signedPropertiesType) != isProperties {
			return broken(propertiesUnsigned())
		}
	}
	switch {
	case !whole:
		return broken(uncovered())
	case !signed:
		return broken(propertiesUnsigned())
	}
	return nil
}

// target resolves one reference. Identifiers are not looked up in the document: only
// parts of this very signature can be meant.
func (s *signature) target(r reference, m Message) (target, error) {
	t := target{reference: r, payload: -1}
	switch {
	case r.uri == "":
		return t, t.transform(true)
	case strings.HasPrefix(r.uri, "#"):
		if t.node = s.part(r.uri[1:]); t.node == nil {
			return t, broken(referenceRefused(r.uri))
		}
		return t, t.transform(false)
	case strings.HasPrefix(r.uri, cidScheme):
		if len(r.transforms) > 0 {
			return t, broken(transformsMisused(r.uri))
		}
		t.payload = m.attachment(r.uri)
		t.absent = t.payload < 0
		return t, nil
	}
	return t, broken(referenceRefused(r.uri))
}

// part finds a part of the signature that a reference may name.
func (s *signature) part(id string) *canon.Node {
	if id == "" {
		return nil
	}
	if s.properties != nil && s.properties.id == id {
		return s.properties.signed
	}
	for _, n := range append([]*canon.Node{s.keyInfo}, s.objects...) {
		if n == nil {
			continue
		}
		if own, _ := n.Value("Id"); own == id {
			return n
		}
	}
	return nil
}

// transform checks the transforms: of the whole document enveloped-signature first, then
// at most one that canonicalises; Canonical XML 1.0 where there is none (XMLDSig 1.1,
// 4.4.3.2). References without a fragment pointer never hold comments (4.4.3.3).
func (t *target) transform(whole bool) error {
	rest := t.transforms
	if whole {
		if len(rest) == 0 || rest[0].uri != enveloped {
			return broken(transformsMisused(t.uri))
		}
		rest = rest[1:]
	}
	if len(rest) > 1 || len(rest) == 1 && rest[0].uri == enveloped {
		return broken(transformsMisused(t.uri))
	}
	if len(rest) == 1 {
		t.method = rest[0].method
	}
	t.method.Comments = false
	return nil
}

// census counts identifiers.
type census struct {
	exact map[string]int // of attributes Id, as XML Signature and XAdES have them
	any   map[string]int // of Id, ID, id and xml:id
}

func identifiers(root *canon.Node) census {
	c := census{map[string]int{}, map[string]int{}}
	for n := range root.All() {
		for _, a := range n.Attr {
			switch {
			case a.Space == "" && a.Local == "Id":
				c.exact[a.Value]++
				c.any[a.Value]++
			case a.Space == "" && (a.Local == "ID" || a.Local == "id"), a.Prefix == "xml" && a.Local == "id":
				c.any[a.Value]++
			}
		}
	}
	return c
}

// unique refuses identifiers that stand twice.
func (s *signature) unique(ids census) error {
	for id, n := range ids.exact {
		if n > 1 {
			return broken(duplicateID(id))
		}
	}
	if s.id != "" && ids.any[s.id] > 1 {
		return broken(duplicateID(s.id))
	}
	return nil
}

// hasSplitText says whether a comment or an instruction stands amid a text outside the
// signature: canonical XML drops comments, but there are readers that stop at them.
func hasSplitText(n, signature *canon.Node) bool {
	before, between := false, false
	for _, c := range n.Children {
		switch c.Kind {
		case canon.Element:
			before, between = false, false
			if c != signature && hasSplitText(c, signature) {
				return true
			}
		case canon.Comment, canon.Instruction:
			between = before
		default:
			if c.Kind == canon.Text && strings.TrimSpace(c.Data) == "" {
				continue
			}
			if between {
				return true
			}
			before = true
		}
	}
	return false
}
