package crl

import (
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

type extension struct {
	id       asn1.ObjectIdentifier
	critical bool
	value    cryptobyte.String
}

// eachExtension reads Extensions (RFC 5280, 4.1), refusing one that comes twice.
func eachExtension(der cryptobyte.String, use func(extension) error) error {
	var all cryptobyte.String
	if !der.ReadASN1(&all, cryptoasn1.SEQUENCE) || !der.Empty() {
		return fmt.Errorf("%w: extensions", ErrMalformed)
	}
	var seen []string
	for !all.Empty() {
		x, ok := readExtension(&all)
		if !ok {
			return fmt.Errorf("%w: extension", ErrMalformed)
		}
		name := x.id.String()
		for _, s := range seen {
			if s == name {
				return fmt.Errorf("%w: extension %s twice", ErrMalformed, name)
			}
		}
		seen = append(seen, name)
		if err := use(x); err != nil {
			return err
		}
	}
	return nil
}

func readExtension(all *cryptobyte.String) (x extension, ok bool) {
	var body cryptobyte.String
	ok = all.ReadASN1(&body, cryptoasn1.SEQUENCE) && body.ReadASN1ObjectIdentifier(&x.id) &&
		readCritical(&body, &x.critical) &&
		body.ReadASN1(&x.value, cryptoasn1.OCTET_STRING) && body.Empty()
	return x, ok
}

// readCritical reads a plain optional BOOLEAN; ReadOptionalASN1Boolean wants a tag around it.
func readCritical(s *cryptobyte.String, critical *bool) bool {
	return !s.PeekASN1Tag(cryptoasn1.BOOLEAN) || s.ReadASN1Boolean(critical)
}

// ce gives the last arc of an extension below id-ce (2.5.29); -1 for another.
func (x extension) ce() int {
	if len(x.id) != 4 || x.id[0] != 2 || x.id[1] != 5 || x.id[2] != 29 {
		return -1
	}
	return x.id[3]
}

// extension reads one of the list (RFC 5280, 5.2; X.509, 9.5.2.8 for the last).
func (l *List) extension(x extension) error {
	ok := true
	switch x.ce() {
	case 20: // cRLNumber
		ok = readNumber(x.value, &l.Number)
	case 27: // deltaCRLIndicator
		ok = readNumber(x.value, &l.Base)
	case 28: // issuingDistributionPoint
		ok = l.Scope.read(x.value)
	case 35: // authorityKeyIdentifier
		ok = l.readKeyID(x.value)
	case 46: // freshestCRL
		points, err := readPoints(x.value)
		ok = err == nil
		for _, p := range points {
			l.Freshest = append(l.Freshest, p.URLs()...)
		}
	case 60: // expiredCertsOnCRL
		ok = x.value.ReadASN1GeneralizedTime(&l.ExpiredFrom) && x.value.Empty()
	default:
		if x.critical {
			return fmt.Errorf("%w: %s", ErrCritical, x.id)
		}
	}
	if !ok {
		return fmt.Errorf("%w: extension %s", ErrMalformed, x.id)
	}
	return nil
}

func readNumber(s cryptobyte.String, n **big.Int) bool {
	*n = new(big.Int)
	return s.ReadASN1Integer(*n) && s.Empty() && (*n).Sign() >= 0
}

func (l *List) readKeyID(s cryptobyte.String) bool {
	var body, id cryptobyte.String
	var has bool
	if !s.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadOptionalASN1(&id, &has, cryptoasn1.Tag(0).ContextSpecific()) {
		return false
	}
	l.AuthorityKeyID = id
	return true
}

// entryExtension reads one of an entry (RFC 5280, 5.3).
func (l *List) entryExtension(e *Entry, x extension) error {
	ok := true
	switch x.ce() {
	case 21: // cRLReason
		ok = x.value.ReadASN1Enum(&e.Reason) && x.value.Empty()
	case 24: // invalidityDate
		ok = x.value.ReadASN1GeneralizedTime(&e.Invalid) && x.value.Empty()
	case 29: // certificateIssuer
		if !l.Scope.Indirect {
			return fmt.Errorf("%w: an entry of another issuer in a list that is not indirect", ErrMalformed)
		}
		e.Issuer, ok = directoryName(x.value)
	default:
		if x.critical {
			return fmt.Errorf("%w: %s in an entry", ErrCritical, x.id)
		}
	}
	if !ok {
		return fmt.Errorf("%w: entry extension %s", ErrMalformed, x.id)
	}
	return nil
}

// directoryName gives the DER of the first directory name in GeneralNames.
func directoryName(names cryptobyte.String) ([]byte, bool) {
	var all cryptobyte.String
	if !names.ReadASN1(&all, cryptoasn1.SEQUENCE) {
		return nil, false
	}
	for !all.Empty() {
		var name cryptobyte.String
		var tag cryptoasn1.Tag
		if !all.ReadAnyASN1(&name, &tag) {
			return nil, false
		}
		if tag == explicit(4) {
			return name, true
		}
	}
	return nil, false
}
