package xmlsig

import (
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"strings"
	"time"

	"congvan/signer/xml/canon"
)

// properties are the XAdES properties of a signature (EN 319 132-1, 5).
type properties struct {
	node     *canon.Node // QualifyingProperties
	signed   *canon.Node // SignedProperties
	id       string      // of signed
	time     *time.Time  // SigningTime
	bound    bool        // SigningCertificate or SigningCertificateV2 is there
	certHash crypto.Hash // of the first certificate named, the signer's
	certSum  []byte

	roles      []string
	commitment string
	place      string

	stamps []stamp
	// evidence that came along, DER
	certificates [][]byte
	crls, ocsps  [][]byte
}

// stamp is a SignatureTimeStamp.
type stamp struct {
	method canon.Method
	tokens [][]byte
	err    error // the stamp cannot be read
}

// maxEvidence bounds each kind of what comes along unsigned.
const maxEvidence = 64

// readProperties reads QualifyingProperties of the signature with this Id.
func readProperties(n *canon.Node, id string) (*properties, error) {
	p := &properties{node: n}
	if target, _ := n.Value("Target"); id == "" || target != "#"+id {
		return nil, broken(malformed("QualifyingProperties"))
	}
	for c := range n.Elements() {
		switch {
		case c.Is(xades, "SignedProperties") && p.signed == nil:
			p.signed = c
		case c.Is(xades, "UnsignedProperties") && p.signed != nil:
			if err := p.readUnsigned(c); err != nil {
				return nil, err
			}
		default:
			return nil, broken(malformed(c.Local))
		}
	}
	if p.signed == nil {
		return nil, broken(malformed("SignedProperties"))
	}
	p.id, _ = p.signed.Value("Id")
	return p, p.readSigned()
}

func (p *properties) readSigned() error {
	for group := range p.signed.Elements() {
		for c := range group.Elements() {
			if err := p.readProperty(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *properties) readProperty(n *canon.Node) error {
	if n.Space != xades {
		return nil
	}
	switch n.Local {
	case "SigningTime":
		return p.readTime(n)
	case "SigningCertificate", "SigningCertificateV2":
		return p.readCertificate(n)
	case "SignerRole", "SignerRoleV2":
		for c := range find(n, "ClaimedRole") {
			p.roles = append(p.roles, flat(c))
		}
	case "CommitmentTypeIndication":
		for c := range find(n, "Identifier") {
			p.commitment = flat(c)
		}
	case "SignatureProductionPlace", "SignatureProductionPlaceV2":
		var parts []string
		for c := range n.Elements() {
			parts = append(parts, flat(c))
		}
		p.place = strings.Join(parts, ", ")
	}
	return nil
}

// readTime takes the time with its zone; one without a zone is no moment and is passed over.
func (p *properties) readTime(n *canon.Node) error {
	text, ok := n.PlainText()
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil && ok && p.time == nil {
		p.time = &t
		return nil
	}
	if _, err := time.Parse("2006-01-02T15:04:05.999999999", text); err != nil || !ok {
		return broken(malformed("SigningTime"))
	}
	return nil
}

// readCertificate takes the digest of the signer's certificate, which is named first.
func (p *properties) readCertificate(n *canon.Node) error {
	if p.bound {
		return broken(malformed(n.Local))
	}
	for c := range find(n, "CertDigest") {
		var method, value *canon.Node
		for d := range c.Elements() {
			switch {
			case d.Is(dsig, "DigestMethod"):
				method = d
			case d.Is(dsig, "DigestValue"):
				value = d
			}
		}
		if method == nil || value == nil {
			break
		}
		var r reference
		if err := r.readDigest(method, value); err != nil {
			return err
		}
		p.bound, p.certHash, p.certSum = true, r.hash, r.digest
		return nil
	}
	return broken(malformed(n.Local))
}

// names says whether the signing certificate that is named is this one.
func (p *properties) names(c *x509.Certificate) bool {
	return subtle.ConstantTimeCompare(sum(p.certHash, c.Raw), p.certSum) == 1
}

func (p *properties) readUnsigned(n *canon.Node) error {
	count := 0
	for c := range n.All() {
		if c.Kind != canon.Element || c.Space != xades {
			continue
		}
		if count++; count > 8*maxEvidence {
			return broken(tooMany(c.Local))
		}
		switch c.Local {
		case "SignatureTimeStamp":
			p.stamps = append(p.stamps, readStamp(c))
		case "CertificateValues":
			p.certificates = gather(p.certificates, c, "EncapsulatedX509Certificate")
		case "RevocationValues":
			p.crls = gather(p.crls, c, "EncapsulatedCRLValue")
			p.ocsps = gather(p.ocsps, c, "EncapsulatedOCSPValue")
		}
	}
	if len(p.stamps) > maxEvidence {
		return broken(tooMany("SignatureTimeStamp"))
	}
	return nil
}

func readStamp(n *canon.Node) (s stamp) {
	for c := range n.Elements() {
		switch {
		case c.Is(dsig, "CanonicalizationMethod"):
			s.method, s.err = readMethod(c)
		case c.Is(xades, "EncapsulatedTimeStamp"):
			s.tokens = gather(s.tokens, n, "EncapsulatedTimeStamp")
		}
		if s.err != nil {
			return s
		}
	}
	if len(s.tokens) != 1 {
		s.err = broken(malformed("SignatureTimeStamp"))
	}
	return s
}

// gather adds what base64 the elements of this name below n hold, as far as it is bounded;
// it is evidence, so what cannot be read is left out.
func gather(all [][]byte, n *canon.Node, local string) [][]byte {
	for c := range find(n, local) {
		if b, ok := binary(c); ok && len(all) < maxEvidence {
			all = append(all, b)
		}
	}
	return all
}

// find yields the XAdES elements of this name below n.
func find(n *canon.Node, local string) func(func(*canon.Node) bool) {
	return func(yield func(*canon.Node) bool) {
		for c := range n.All() {
			if c.Is(xades, local) && !yield(c) {
				return
			}
		}
	}
}

// flat gives all text below an element on one line, shortened: it is shown, not judged.
func flat(n *canon.Node) string {
	var b strings.Builder
	for c := range n.All() {
		if c.Kind == canon.Text && b.Len() < 1<<10 {
			b.WriteString(c.Data)
		}
	}
	text := []rune(strings.Join(strings.Fields(b.String()), " "))
	return string(text[:min(len(text), 200)])
}
