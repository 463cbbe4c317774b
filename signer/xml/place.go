package xmlsig

import (
	"strings"

	"congvan/signer/xml/canon"
)

// Where edXML has its signature.
const (
	rootName     = "edXML"
	envelopeName = "edXMLEnvelope"
	headerName   = "edXMLHeader"
)

// maxSignatures is how many elements are reported on; more than one fails anyway.
const maxSignatures = 8

// candidates finds the XML signatures of a document, and the elements that are called
// signatures, stand where edXML has one, and are none.
func candidates(doc *canon.Document) (signatures, decorative []*canon.Node) {
	for n := range doc.Root.All() {
		switch {
		case n.Kind != canon.Element:
		case n.Is(dsig, "Signature"):
			if len(signatures) < maxSignatures {
				signatures = append(signatures, n)
			}
		case (n.Local == "Signature" || n.Local == "DigitalSignature") && isEdXMLPlace(doc, n.Parent) && !wraps(n) && len(decorative) < maxSignatures:
			decorative = append(decorative, n)
		}
	}
	return signatures, decorative
}

// wraps says whether an element is but the wrapping of an XML signature.
func wraps(n *canon.Node) bool {
	for c := range n.Elements() {
		if c.Is(dsig, "Signature") {
			return true
		}
	}
	return false
}

// isPlace says whether an XML signature stands where it may: in the header of an edXML
// message, or beside it where some producers have it, also wrapped in DigitalSignature;
// of any other document directly below the root.
func isPlace(doc *canon.Document, n *canon.Node) bool {
	parent := n.Parent
	switch {
	case parent == nil:
		return false
	case doc.Root.Local != rootName:
		return parent == doc.Root
	case parent.Local == "DigitalSignature":
		parent = parent.Parent
	}
	return isEdXMLPlace(doc, parent)
}

// isEdXMLPlace says whether an element of an edXML message may hold a signature: the header,
// the envelope or the root.
func isEdXMLPlace(doc *canon.Document, n *canon.Node) bool {
	if doc.Root.Local != rootName {
		return false
	}
	for _, name := range []string{headerName, envelopeName} {
		if n != nil && n != doc.Root && n.Local == name {
			n = n.Parent
		}
	}
	return n == doc.Root
}

// path names an element and its ancestors without their prefixes.
func path(n *canon.Node) string {
	var names []string
	for ; n != nil; n = n.Parent {
		names = append([]string{n.Local}, names...)
	}
	return short("/" + strings.Join(names, "/"))
}

// header finds the element at whose end a new signature goes: the header of an edXML
// message, the root of any other document.
func header(doc *canon.Document) *canon.Node {
	if doc.Root.Local != rootName {
		return doc.Root
	}
	for envelope := range doc.Root.Elements() {
		if envelope.Local != envelopeName {
			continue
		}
		for h := range envelope.Elements() {
			if h.Local == headerName {
				return h
			}
		}
	}
	return nil
}
