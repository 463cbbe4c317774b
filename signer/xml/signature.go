package xmlsig

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"

	"congvan/signer"
	"congvan/signer/xml/canon"
)

// signature is a ds:Signature that was read; nothing in it is believed yet.
type signature struct {
	node       *canon.Node
	id         string
	info       *canon.Node // SignedInfo
	method     canon.Method
	algorithm  algorithm
	references []reference
	valueNode  *canon.Node // SignatureValue
	value      []byte
	keyInfo    *canon.Node
	certs      []*x509.Certificate // of KeyInfo, in its order
	objects    []*canon.Node
	properties *properties // nil: a plain XML signature
	limits     Limits
	payloads   int
}

// reference is one ds:Reference.
type reference struct {
	uri        string
	id         string
	kind       string // Type
	transforms []transform
	hash       crypto.Hash
	digest     []byte
}

type transform struct {
	uri    string
	method canon.Method
}

const (
	maxCertificates = 16
	maxPrefixes     = 32
)

// readSignature reads a signature, strictly: what the schema does not know is refused.
// The error is a *fault.
func readSignature(n *canon.Node, payloads int, l Limits) (*signature, error) {
	s := &signature{node: n, limits: l, payloads: payloads}
	s.id, _ = n.Value("Id")
	for _, step := range []func() error{s.parts, s.readInfo, s.readValue, s.readKeyInfo, s.readObjects} {
		if err := step(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// parts sorts the children: SignedInfo, SignatureValue, KeyInfo, Objects, in this order.
func (s *signature) parts() error {
	var parts []*canon.Node
	for c := range s.node.Elements() {
		parts = append(parts, c)
	}
	if len(parts) < 2 || !parts[0].Is(dsig, "SignedInfo") || !parts[1].Is(dsig, "SignatureValue") {
		return broken(malformed("SignedInfo, SignatureValue"))
	}
	s.info, s.valueNode = parts[0], parts[1]
	if parts = parts[2:]; len(parts) > 0 && parts[0].Is(dsig, "KeyInfo") {
		s.keyInfo, parts = parts[0], parts[1:]
	}
	for _, o := range parts {
		if !o.Is(dsig, "Object") {
			return broken(malformed(o.Local))
		}
	}
	s.objects = parts
	return nil
}

func (s *signature) readInfo() error {
	var parts []*canon.Node
	for c := range s.info.Elements() {
		parts = append(parts, c)
	}
	if len(parts) < 3 || !parts[0].Is(dsig, "CanonicalizationMethod") || !parts[1].Is(dsig, "SignatureMethod") {
		return broken(malformed("SignedInfo"))
	}
	if len(parts)-2 > s.limits.References+s.payloads {
		return broken(tooMany("Reference"))
	}
	if err := s.methods(parts[0], parts[1]); err != nil {
		return err
	}
	for _, n := range parts[2:] {
		r, err := s.readReference(n)
		if err != nil {
			return err
		}
		s.references = append(s.references, r)
	}
	return nil
}

// methods reads how SignedInfo is canonicalised and signed.
func (s *signature) methods(canonicalizer, signing *canon.Node) error {
	var err error
	if s.method, err = readMethod(canonicalizer); err != nil {
		return err
	}
	uri, _ := signing.Value("Algorithm")
	a, ok := algorithms()[uri]
	if !ok {
		return unsure(signer.CryptoConstraintsFailure, notVerifiable(), algorithmRefused(uri))
	}
	s.algorithm = a
	for range signing.Elements() { // HMACOutputLength and its kin: none of ours has parameters
		return broken(malformed("SignatureMethod"))
	}
	return nil
}

// readMethod reads a CanonicalizationMethod, or a Transform that canonicalises.
func readMethod(n *canon.Node) (canon.Method, error) {
	uri, _ := n.Value("Algorithm")
	m, ok := canonicalization(uri)
	if !ok {
		return m, unsure(signer.SigConstraintsFailed, notVerifiable(), transformRefused(uri))
	}
	for c := range n.Elements() {
		list, _ := c.Value("PrefixList")
		if !m.Exclusive || !c.Is(excC14N, "InclusiveNamespaces") || m.Prefixes != nil {
			return m, broken(malformed(n.Local))
		}
		if m.Prefixes = strings.Fields(list); len(m.Prefixes) > maxPrefixes {
			return m, broken(tooMany("PrefixList"))
		}
	}
	return m, nil
}

func (s *signature) readReference(n *canon.Node) (r reference, err error) {
	uri, ok := n.Value("URI")
	if !n.Is(dsig, "Reference") || !ok {
		return r, broken(malformed("Reference"))
	}
	r.uri = uri
	r.id, _ = n.Value("Id")
	r.kind, _ = n.Value("Type")
	var parts []*canon.Node
	for c := range n.Elements() {
		parts = append(parts, c)
	}
	if len(parts) == 3 && parts[0].Is(dsig, "Transforms") {
		if r.transforms, err = s.readTransforms(parts[0]); err != nil {
			return r, err
		}
		parts = parts[1:]
	}
	if len(parts) != 2 || !parts[0].Is(dsig, "DigestMethod") || !parts[1].Is(dsig, "DigestValue") {
		return r, broken(malformed("Reference"))
	}
	return r, r.readDigest(parts[0], parts[1])
}

func (r *reference) readDigest(method, value *canon.Node) error {
	uri, _ := method.Value("Algorithm")
	if r.hash = digests()[uri]; r.hash == 0 {
		return unsure(signer.CryptoConstraintsFailure, notVerifiable(), algorithmRefused(uri))
	}
	var ok bool
	if r.digest, ok = binary(value); !ok || len(r.digest) != r.hash.Size() {
		return broken(malformed("DigestValue"))
	}
	return nil
}

func (s *signature) readTransforms(n *canon.Node) (all []transform, err error) {
	for c := range n.Elements() {
		if !c.Is(dsig, "Transform") {
			return nil, broken(malformed("Transforms"))
		}
		if len(all) == s.limits.Transforms {
			return nil, broken(tooMany("Transform"))
		}
		t := transform{}
		t.uri, _ = c.Value("Algorithm")
		if t.uri != enveloped {
			if t.method, err = readMethod(c); err != nil {
				return nil, err
			}
		}
		all = append(all, t)
	}
	return all, nil
}

func (s *signature) readValue() error {
	var ok bool
	if s.value, ok = binary(s.valueNode); !ok || len(s.value) == 0 {
		return broken(malformed("SignatureValue"))
	}
	return nil
}

// readKeyInfo takes the certificates; other ways to name a key name nobody.
func (s *signature) readKeyInfo() error {
	if s.keyInfo == nil {
		return unsure(signer.NoSigningCertificateFound, signer.SigningCertificateAbsent())
	}
	count := 0
	for data := range s.keyInfo.Elements() {
		if !data.Is(dsig, "X509Data") {
			continue
		}
		for c := range data.Elements() {
			if !c.Is(dsig, "X509Certificate") {
				continue
			}
			if count++; count > maxCertificates {
				return broken(tooMany("X509Certificate"))
			}
			if err := s.addCertificate(c); err != nil {
				return err
			}
		}
	}
	if len(s.certs) == 0 {
		return unsure(signer.NoSigningCertificateFound, signer.SigningCertificateAbsent())
	}
	return nil
}

func (s *signature) addCertificate(n *canon.Node) error {
	der, ok := binary(n)
	if !ok {
		return unsure(signer.NoSigningCertificateFound, notVerifiable(), signer.SigningCertificateUnreadable())
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return unsure(signer.NoSigningCertificateFound, notVerifiable(), signer.SigningCertificateUnreadable())
	}
	if !slices.ContainsFunc(s.certs, c.Equal) {
		s.certs = append(s.certs, c)
	}
	return nil
}

// readObjects takes XAdES properties from the Objects. What the signature does not
// cover must not hold anything that a reader could take for part of the letter.
func (s *signature) readObjects() error {
	for n := range s.node.All() {
		switch n.Kind {
		case canon.Cut:
			return broken(hidden("Attachment"))
		case canon.Element:
			if !slices.Contains([]string{dsig, dsig11, excC14N, xades, xades141}, n.Space) {
				return broken(hidden(n.Local))
			}
		}
	}
	for _, o := range s.objects {
		for q := range o.Elements() {
			switch {
			case q.Is(xades, "QualifyingProperties") && s.properties == nil:
				p, err := readProperties(q, s.id)
				if err != nil {
					return err
				}
				s.properties = p
			case q.Is(dsig, "SignatureProperties"):
			default:
				return broken(hidden(q.Local))
			}
		}
	}
	return nil
}

// binary reads base64 from an element that holds nothing else. The bits behind the last
// byte must be zero: no text may be changed and still mean the same.
func binary(n *canon.Node) ([]byte, bool) {
	text, ok := n.PlainText()
	if !ok {
		return nil, false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
	return b, err == nil
}
