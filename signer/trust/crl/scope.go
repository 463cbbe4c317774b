package crl

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Scope is which certificates a list speaks of: its issuing distribution point
// (RFC 5280, 5.2.5). The zero Scope is all that its issuer issued.
type Scope struct {
	Names           [][]byte // of the distribution point: GeneralName in DER
	Relative        bool     // the name is relative to the issuer's, which is not supported
	UsersOnly       bool
	AuthoritiesOnly bool
	AttributesOnly  bool
	SomeReasons     bool // lists revocations for some reasons only
	Indirect        bool // lists certificates of several issuers
}

func (s *Scope) read(der cryptobyte.String) bool {
	var body, point, reasons cryptobyte.String
	var hasPoint bool
	if !der.ReadASN1(&body, cryptoasn1.SEQUENCE) || !der.Empty() || !body.ReadOptionalASN1(&point, &hasPoint, explicit(0)) {
		return false
	}
	if hasPoint {
		var ok bool
		if s.Names, s.Relative, ok = readPointName(point); !ok {
			return false
		}
	}
	return readFlag(&body, &s.UsersOnly, 1) && readFlag(&body, &s.AuthoritiesOnly, 2) &&
		body.ReadOptionalASN1(&reasons, &s.SomeReasons, cryptoasn1.Tag(3).ContextSpecific()) &&
		readFlag(&body, &s.Indirect, 4) && readFlag(&body, &s.AttributesOnly, 5) && body.Empty()
}

// readFlag reads an implicitly tagged BOOLEAN that is FALSE when it is absent.
func readFlag(s *cryptobyte.String, flag *bool, n uint8) bool {
	var value cryptobyte.String
	var has bool
	if !s.ReadOptionalASN1(&value, &has, cryptoasn1.Tag(n).ContextSpecific()) {
		return false
	}
	*flag = has && len(value) == 1 && value[0] != 0
	return !has || len(value) == 1
}

// readPointName reads a DistributionPointName.
func readPointName(s cryptobyte.String) (names [][]byte, relative, ok bool) {
	if !s.PeekASN1Tag(explicit(0)) {
		var body cryptobyte.String
		return nil, true, s.ReadASN1(&body, explicit(1))
	}
	var full cryptobyte.String
	if !s.ReadASN1(&full, explicit(0)) || !s.Empty() {
		return nil, false, false
	}
	names, ok = readNames(full)
	return names, false, ok
}

// maxNames bounds the names of one distribution point.
const maxNames = 64

func readNames(s cryptobyte.String) (names [][]byte, ok bool) {
	for !s.Empty() {
		var name cryptobyte.String
		if !s.ReadAnyASN1Element(&name, new(cryptoasn1.Tag)) || len(names) == maxNames {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// Covers says whether a list of this scope can clear a certificate; where it cannot,
// what it says of a revocation still holds. why tells the reason in a few words.
func (s *Scope) Covers(c *x509.Certificate) (ok bool, why string) {
	authority := c.BasicConstraintsValid && c.IsCA
	switch {
	case s.AttributesOnly:
		return false, "only attribute certificates"
	case s.UsersOnly && authority:
		return false, "only certificates of users"
	case s.AuthoritiesOnly && !authority:
		return false, "only certificates of authorities"
	case s.SomeReasons:
		return false, "only some reasons"
	case s.Relative:
		return false, "a relative distribution point name"
	case len(s.Names) > 0 && !s.named(c):
		return false, "another distribution point"
	}
	return true, ""
}

// named says whether the certificate names the list's distribution point.
func (s *Scope) named(c *x509.Certificate) bool {
	points, err := Points(c)
	if err != nil {
		return false
	}
	for _, p := range points {
		for _, name := range p.Names {
			for _, own := range s.Names {
				if bytes.Equal(name, own) {
					return true
				}
			}
		}
	}
	return false
}

// Point is a place where lists are published (DistributionPoint, RFC 5280, 4.2.1.13).
type Point struct {
	Names       [][]byte // GeneralName in DER
	SomeReasons bool     // that place has lists for some reasons only
	Issuer      []byte   // DER of the name of who issues the lists, where that is somebody else
}

// URLs gives the point's addresses for HTTP.
func (p *Point) URLs() (all []string) {
	for _, name := range p.Names {
		der := cryptobyte.String(name)
		var text cryptobyte.String
		if !der.ReadASN1(&text, cryptoasn1.Tag(6).ContextSpecific()) {
			continue
		}
		url := string(text)
		if lower := strings.ToLower(url); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
			all = append(all, url)
		}
	}
	return all
}

// Points reads where the lists for a certificate are published.
func Points(c *x509.Certificate) ([]Point, error) { return points(c, 31) }

// FreshestPoints reads where delta lists for a certificate are published (4.2.1.15).
func FreshestPoints(c *x509.Certificate) ([]Point, error) { return points(c, 46) }

func points(c *x509.Certificate, arc int) ([]Point, error) {
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, arc}) {
			return readPoints(e.Value)
		}
	}
	return nil, nil
}

func readPoints(der cryptobyte.String) (all []Point, err error) {
	var body cryptobyte.String
	if !der.ReadASN1(&body, cryptoasn1.SEQUENCE) {
		return nil, fmt.Errorf("%w: distribution points", ErrMalformed)
	}
	for !body.Empty() && len(all) < maxNames {
		p, ok := readPoint(&body)
		if !ok {
			return nil, fmt.Errorf("%w: distribution point", ErrMalformed)
		}
		all = append(all, p)
	}
	return all, nil
}

func readPoint(s *cryptobyte.String) (p Point, ok bool) {
	var body, name, reasons, issuer cryptobyte.String
	var hasName, hasIssuer bool
	if !s.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadOptionalASN1(&name, &hasName, explicit(0)) ||
		!body.ReadOptionalASN1(&reasons, &p.SomeReasons, cryptoasn1.Tag(1).ContextSpecific()) ||
		!body.ReadOptionalASN1(&issuer, &hasIssuer, explicit(2)) {
		return p, false
	}
	if hasIssuer {
		p.Issuer = issuerName(issuer)
	}
	if !hasName {
		return p, true
	}
	p.Names, _, ok = readPointName(name)
	return p, ok
}

// issuerName gives the first directory name of implicitly tagged GeneralNames.
func issuerName(s cryptobyte.String) []byte {
	var name cryptobyte.String
	if !s.ReadASN1(&name, explicit(4)) {
		return nil
	}
	return name
}
