package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The kinds of GeneralName that are understood, by their tags (RFC 5280, 4.2.1.6).
const (
	nameEmail     = 1
	nameDNS       = 2
	nameDirectory = 4
)

// generalName is one name of a certificate, or one subtree of a constraint.
type generalName struct {
	kind  int
	value []byte
}

var (
	oidNameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30}
	oidSubjectAltName  = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidEmailAddress    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// constraints are the name constraints of an authority (RFC 5280, 4.2.1.10).
type constraints struct{ permitted, excluded []generalName }

// readConstraints gives the name constraints of a certificate; nil when it has none,
// and not ok when they cannot be read.
func readConstraints(c *x509.Certificate) (_ *constraints, ok bool) {
	value := extensionOf(c, oidNameConstraints)
	if value == nil {
		return nil, true
	}
	var body, trees cryptobyte.String
	var has bool
	n := &constraints{}
	in := cryptobyte.String(value)
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	for tag, to := range []*[]generalName{&n.permitted, &n.excluded} {
		if !body.ReadOptionalASN1(&trees, &has, cryptoasn1.Tag(uint8(tag)).Constructed().ContextSpecific()) || has && !readTrees(trees, to) {
			return nil, false
		}
	}
	return n, body.Empty()
}

func readTrees(s cryptobyte.String, to *[]generalName) bool {
	for !s.Empty() {
		var tree cryptobyte.String
		if !s.ReadASN1(&tree, cryptoasn1.SEQUENCE) {
			return false
		}
		name, ok := readName(&tree)
		if !ok || !tree.Empty() { // minimum and maximum are not used (RFC 5280)
			return false
		}
		*to = append(*to, name)
	}
	return true
}

func readName(s *cryptobyte.String) (generalName, bool) {
	var value cryptobyte.String
	var tag cryptoasn1.Tag
	if !s.ReadAnyASN1(&value, &tag) || tag&0xc0 != 0x80 {
		return generalName{}, false
	}
	return generalName{int(tag & 0x1f), value}, true
}

func extensionOf(c *x509.Certificate, id asn1.ObjectIdentifier) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return e.Value
		}
	}
	return nil
}

// namesOf gives all names of a certificate: its subject, the e-mail addresses in that,
// and its alternative names.
func namesOf(c *x509.Certificate) (all []generalName, ok bool) {
	if len(c.Subject.Names) > 0 {
		all = append(all, generalName{nameDirectory, c.RawSubject})
	}
	value := extensionOf(c, oidSubjectAltName)
	if value == nil {
		for _, a := range c.Subject.Names {
			if text, isText := a.Value.(string); isText && a.Type.Equal(oidEmailAddress) {
				all = append(all, generalName{nameEmail, []byte(text)})
			}
		}
		return all, true
	}
	in := cryptobyte.String(value)
	var body cryptobyte.String
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	for !body.Empty() {
		name, ok := readName(&body)
		if !ok {
			return nil, false
		}
		all = append(all, name)
	}
	return all, true
}

// allow says whether the constraints let all names of a certificate pass. A kind of name
// that is constrained and not understood never passes.
func (n *constraints) allow(c *x509.Certificate) bool {
	names, ok := namesOf(c)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(names, func(name generalName) bool { return !n.allowName(name) })
}

func (n *constraints) allowName(name generalName) bool {
	for _, tree := range n.excluded {
		if within, understood := name.within(tree); tree.kind == name.kind && (within || !understood) {
			return false
		}
	}
	constrained := false
	for _, tree := range n.permitted {
		if tree.kind != name.kind {
			continue
		}
		constrained = true
		if within, understood := name.within(tree); within && understood {
			return true
		}
	}
	return !constrained
}

// within says whether a name lies in a subtree of its kind.
func (g generalName) within(tree generalName) (within, understood bool) {
	switch g.kind {
	case nameDirectory:
		return directoryWithin(g.value, tree.value)
	case nameDNS:
		return dnsWithin(string(g.value), string(tree.value)), true
	case nameEmail:
		return emailWithin(string(g.value), string(tree.value)), true
	}
	return false, false
}

func dnsWithin(name, tree string) bool {
	name, tree = strings.ToLower(name), strings.ToLower(tree)
	if tree == "" {
		return true
	}
	rest, ok := strings.CutSuffix(name, strings.TrimPrefix(tree, "."))
	if strings.HasPrefix(tree, ".") {
		return ok && strings.HasSuffix(rest, ".")
	}
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

// emailWithin: a subtree is an address, a host, or all hosts below a domain that is
// written with a leading point.
func emailWithin(address, tree string) bool {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return false
	}
	if mailbox := strings.LastIndexByte(tree, '@'); mailbox >= 0 {
		return address[:at] == tree[:mailbox] && strings.EqualFold(address[at:], tree[mailbox:])
	}
	host := address[at+1:]
	if strings.HasPrefix(tree, ".") {
		return len(host) > len(tree) && strings.HasSuffix(strings.ToLower(host), strings.ToLower(tree))
	}
	return strings.EqualFold(host, tree)
}

// directoryWithin says whether a name begins with all parts of the subtree's name. The
// subtree's value may stand in its explicit tag, or without.
func directoryWithin(name, tree []byte) (within, understood bool) {
	parts, ok := partsOf(name)
	base, okBase := partsOf(tree)
	if !ok || !okBase {
		return false, false
	}
	if len(base) > len(parts) {
		return false, true
	}
	for i := range base {
		if !samePart(base[i], parts[i]) {
			return false, true
		}
	}
	return true, true
}

func partsOf(der []byte) (parts [][]byte, ok bool) {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	for !body.Empty() {
		var part cryptobyte.String
		if !body.ReadASN1Element(&part, cryptoasn1.SET) {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, true
}

// samePart compares two RelativeDistinguishedNames: of texts, case and the kind of
// string do not matter (RFC 5280, 7.1).
func samePart(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y []struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	if !unmarshalSet(a, &x) || !unmarshalSet(b, &y) || len(x) != len(y) {
		return false
	}
	for i := range x {
		if !x[i].Type.Equal(y[i].Type) || !sameText(x[i].Value, y[i].Value) {
			return false
		}
	}
	return true
}

func unmarshalSet(der []byte, to any) bool {
	rest, err := asn1.UnmarshalWithParams(der, to, "set")
	return err == nil && len(rest) == 0
}

func sameText(a, b asn1.RawValue) bool {
	text := func(v asn1.RawValue) (string, bool) {
		return strings.Join(strings.Fields(string(v.Bytes)), " "),
			v.Class == 0 && (v.Tag == asn1.TagUTF8String || v.Tag == asn1.TagPrintableString || v.Tag == asn1.TagIA5String)
	}
	x, okX := text(a)
	y, okY := text(b)
	return okX && okY && strings.EqualFold(x, y)
}
