// Package crl reads certificate revocation lists (RFC 5280, 5) however long they are,
// and keeps them as files in which a certificate is found without reading the list.
//
// A list that comes in is checked by [Parse] from end to end, entry by entry, without
// keeping the entries: [List.Find] and [List.Each] read them again from the bytes. One
// that will be asked often is written once by [Write], its entries sorted before
// the list itself; [Open] then answers by a binary search of the file.
//
// What a list says counts only when its signature holds and its scope covers the
// certificate; both are the caller's to check, with [List.Signed] and [Scope.Covers].
package crl

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"congvan/signer/trust/signature"
)

// MaxSize bounds a list, in bytes: about two million entries.
const MaxSize = 64 << 20

// What can be wrong with a list.
var (
	ErrMalformed = errors.New("crl: malformed")
	ErrTooLarge  = errors.New("crl: too large")
	// ErrCritical: it says something critical that is not understood, so nothing
	// may be concluded from it (RFC 5280, 5.2 and 5.3).
	ErrCritical = errors.New("crl: unknown critical extension")
)

// Head is what a list says of itself.
type Head struct {
	Issuer         []byte    // DER of the name
	This           time.Time // thisUpdate
	Next           time.Time // nextUpdate; zero: it does not say
	Number         *big.Int  // nil: none
	Base           *big.Int  // of a delta list: the number of the list that it amends; nil: a whole list
	AuthorityKeyID []byte
	Scope          Scope
	Freshest       []string  // where delta lists are published
	ExpiredFrom    time.Time // certificates that expired since are still listed (expiredCertsOnCRL); zero: it does not say
	Algorithm      signature.Algorithm
	SHA256         []byte // of the whole list
	Entries        int
}

// List is a list that was parsed. It keeps the bytes that it was parsed from.
type List struct {
	Head
	DER    []byte
	Signed *signature.Signed

	entries cryptobyte.String
}

// Entry is one revoked certificate.
type Entry struct {
	Issuer  []byte    // DER of the name of who issued the certificate
	Serial  []byte    // contents of the serial number's INTEGER
	Revoked time.Time // revocationDate
	Invalid time.Time // invalidityDate, from when the key is suspected; zero: it does not say
	Reason  int       // CRLReason (RFC 5280, 5.3.1); 0 when unspecified
}

// Reasons that are treated apart.
const (
	ReasonHold   = 6 // suspended
	ReasonRemove = 8 // in a delta list: no longer listed
)

// Parse reads a list from DER and checks that all of it is well formed.
func Parse(der []byte) (*List, error) {
	if len(der) > MaxSize {
		return nil, ErrTooLarge
	}
	s, err := signature.Read(der)
	if err != nil || !s.Rest.Empty() {
		return nil, ErrMalformed
	}
	sum := sha256.Sum256(der)
	l := &List{DER: der, Signed: s, Head: Head{Algorithm: s.Algorithm, SHA256: sum[:]}}
	if err := l.read(s.TBS); err != nil {
		return nil, err
	}
	return l, l.each(false, func(Entry) bool { l.Entries++; return true })
}

// read reads the TBSCertList but its entries (RFC 5280, 5.1.2).
func (l *List) read(tbs cryptobyte.String) error {
	var body, issuer, identifier, extensions cryptobyte.String
	var has bool
	version := 0
	if !tbs.ReadASN1(&body, cryptoasn1.SEQUENCE) {
		return ErrMalformed
	}
	if body.PeekASN1Tag(cryptoasn1.INTEGER) && (!body.ReadASN1Integer(&version) || version != 1) {
		return fmt.Errorf("%w: version", ErrMalformed)
	}
	if !body.ReadASN1Element(&identifier, cryptoasn1.SEQUENCE) || !bytes.Equal(identifier, l.Signed.Identifier) {
		return fmt.Errorf("%w: algorithm", ErrMalformed)
	}
	if !body.ReadASN1Element(&issuer, cryptoasn1.SEQUENCE) || !readTime(&body, &l.This) {
		return fmt.Errorf("%w: issuer or thisUpdate", ErrMalformed)
	}
	l.Issuer = issuer
	if isTime(body) && !readTime(&body, &l.Next) {
		return fmt.Errorf("%w: nextUpdate", ErrMalformed)
	}
	if body.PeekASN1Tag(cryptoasn1.SEQUENCE) && !body.ReadASN1(&l.entries, cryptoasn1.SEQUENCE) {
		return fmt.Errorf("%w: entries", ErrMalformed)
	}
	if !body.ReadOptionalASN1(&extensions, &has, explicit(0)) || !body.Empty() || has && version == 0 {
		return fmt.Errorf("%w: extensions", ErrMalformed)
	}
	if !has {
		return nil
	}
	return eachExtension(extensions, l.extension)
}

func explicit(n uint8) cryptoasn1.Tag { return cryptoasn1.Tag(n).Constructed().ContextSpecific() }

func isTime(s cryptobyte.String) bool {
	return s.PeekASN1Tag(cryptoasn1.UTCTime) || s.PeekASN1Tag(cryptoasn1.GeneralizedTime)
}

func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(cryptoasn1.UTCTime) {
		return s.ReadASN1UTCTime(t)
	}
	return s.ReadASN1GeneralizedTime(t)
}

// Each gives all entries in the order of the list, until yield says false.
func (l *List) Each(yield func(Entry) bool) error { return l.each(true, yield) }

// each reads the entries, with their times only when asked: these take longest.
func (l *List) each(times bool, yield func(Entry) bool) error {
	issuer := l.Issuer
	for rest := l.entries; !rest.Empty(); {
		e := Entry{Issuer: issuer}
		if err := l.next(&rest, &e, times); err != nil {
			return err
		}
		issuer = e.Issuer
		if !yield(e) {
			return nil
		}
	}
	return nil
}

func (l *List) next(rest *cryptobyte.String, e *Entry, times bool) error {
	var body, serial, when, extensions cryptobyte.String
	if !rest.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadASN1(&serial, cryptoasn1.INTEGER) || len(serial) == 0 {
		return fmt.Errorf("%w: entry", ErrMalformed)
	}
	e.Serial = serial
	if !isTime(body) {
		return fmt.Errorf("%w: revocation date", ErrMalformed)
	}
	if times {
		if !readTime(&body, &e.Revoked) {
			return fmt.Errorf("%w: revocation date", ErrMalformed)
		}
	} else if !body.ReadAnyASN1(&when, new(cryptoasn1.Tag)) {
		return fmt.Errorf("%w: revocation date", ErrMalformed)
	}
	if body.Empty() {
		return nil
	}
	if !body.ReadASN1Element(&extensions, cryptoasn1.SEQUENCE) || !body.Empty() {
		return fmt.Errorf("%w: entry extensions", ErrMalformed)
	}
	return eachExtension(extensions, func(x extension) error { return l.entryExtension(e, x) })
}

// Find looks a certificate up by its issuer's name and its number, reading the list.
func (l *List) Find(id ID) (Entry, bool, error) {
	var found Entry
	var ok bool
	index := 0
	err := l.each(false, func(e Entry) bool {
		index++
		ok = bytes.Equal(minimal(e.Serial), id.Serial) && bytes.Equal(e.Issuer, id.Issuer)
		return !ok
	})
	if err != nil || !ok {
		return Entry{}, false, err
	}
	err = l.each(true, func(e Entry) bool {
		found = e
		index--
		return index > 0
	})
	return found, err == nil, err
}

// IssuerOf reads the issuer's name of a list and nothing else; nil where there is none.
func IssuerOf(der []byte) []byte {
	in := cryptobyte.String(der)
	var list, tbs, issuer cryptobyte.String
	if !in.ReadASN1(&list, cryptoasn1.SEQUENCE) || !list.ReadASN1(&tbs, cryptoasn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(cryptoasn1.INTEGER) || !tbs.SkipASN1(cryptoasn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, cryptoasn1.SEQUENCE) {
		return nil
	}
	return issuer
}
