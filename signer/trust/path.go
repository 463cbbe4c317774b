package trust

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/hex"
	"slices"

	"congvan/signer"
	"congvan/signer/trust/signature"
)

// Bounds of the search for chains. They hold for any number of certificates that come
// with a document.
const (
	maxDepth      = 8   // certificates in a chain
	maxChecks     = 256 // links that are tried for one question
	maxPaths      = 16  // chains that are found
	maxCandidates = 64  // issuers of one name that are tried
)

// path is one chain from a certificate to an anchor.
type path struct {
	chain  []*x509.Certificate
	anchor *Entry
	weak   []string // links signed with SHA-1
}

// search finds the chains of a certificate, depth first, likely ones first.
type search struct {
	list     *snapshot
	use      Use
	historic bool // follow links that are signed with SHA-1
	given    map[string][]*x509.Certificate
	links    *links

	checks  int
	paths   []path
	trouble trouble
}

// trouble notes why no chain was found.
type trouble struct {
	missing   *x509.Certificate // the certificate whose issuer is not known, nearest to an anchor
	depth     int               // how far that is from the certificate asked for
	unproven  *x509.Certificate // one whose issuer is known by name, but signed with another key
	weak      *x509.Certificate // one that is signed with SHA-1, which the policy does not follow
	unknown   *x509.Certificate // one that is signed with an algorithm that is not supported
	wrongUse  *x509.Certificate // an anchor that is not trusted for this use
	exhausted bool
}

func newSearch(list *snapshot, l *links, use Use, historic bool, given []*x509.Certificate) *search {
	s := &search{list: list, links: l, use: use, historic: historic, given: map[string][]*x509.Certificate{}}
	for _, c := range given {
		if c != nil {
			s.given[string(c.RawSubject)] = append(s.given[string(c.RawSubject)], c)
		}
	}
	return s
}

// find gives all chains of a certificate, as far as the bounds allow.
func (s *search) find(c *x509.Certificate) []path {
	s.extend([]*x509.Certificate{c}, nil)
	return s.paths
}

// extend ends a chain where its last certificate is an anchor, and else tries all who
// may have issued that one.
func (s *search) extend(chain []*x509.Certificate, weak []string) {
	last := chain[len(chain)-1]
	if e := s.anchor(last); e != nil {
		s.paths = append(s.paths, path{chain: slices.Clone(chain), anchor: e, weak: slices.Clone(weak)})
		return
	}
	candidates := s.issuers(last)
	if len(candidates) == 0 {
		s.miss(last, len(chain))
		return
	}
	if len(chain) == maxDepth {
		s.trouble.exhausted = true
		return
	}
	for _, issuer := range candidates {
		if len(s.paths) == maxPaths || s.checks == maxChecks {
			s.trouble.exhausted = true
			return
		}
		if visited(chain, issuer) {
			s.miss(last, len(chain))
			continue
		}
		if ok, link := s.signed(last, issuer); ok {
			s.extend(append(chain[:len(chain):len(chain)], issuer), append(weak[:len(weak):len(weak)], link...))
		}
	}
}

func (s *search) miss(c *x509.Certificate, depth int) {
	if depth > s.trouble.depth {
		s.trouble.missing, s.trouble.depth = c, depth
	}
}

// anchor gives the entry of a certificate that vouches for this use.
func (s *search) anchor(c *x509.Certificate) *Entry {
	e := s.list.byRaw[string(c.Raw)]
	if e == nil || e.Role != RoleAnchor {
		return nil
	}
	if !slices.Contains(e.Uses, s.use) {
		s.trouble.wrongUse = c
		return nil
	}
	return e
}

// issuers are those who bear the name of a certificate's issuer, likely ones first:
// anchors, those with the key that the certificate names, later ones.
func (s *search) issuers(c *x509.Certificate) (all []*x509.Certificate) {
	for _, e := range s.list.bySubject[string(c.RawIssuer)] {
		all = append(all, e.Certificate)
	}
	all = once(append(all, s.given[string(c.RawIssuer)]...))
	slices.SortStableFunc(all, func(a, b *x509.Certificate) int {
		return cmp.Or(-cmp.Compare(s.likely(a, c), s.likely(b, c)), -a.NotBefore.Compare(b.NotBefore))
	})
	if len(all) > maxCandidates {
		s.trouble.exhausted = true
		all = all[:maxCandidates]
	}
	return all
}

func (s *search) likely(issuer, c *x509.Certificate) (points int) {
	if e := s.list.byRaw[string(issuer.Raw)]; e != nil {
		points++
		if e.Role == RoleAnchor {
			points++
		}
	}
	if len(c.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 {
		if bytes.Equal(c.AuthorityKeyId, issuer.SubjectKeyId) {
			return points + 4
		}
		return points - 4
	}
	return points
}

// visited says whether a chain goes through a name and key already (RFC 4158, 2.4.2).
func visited(chain []*x509.Certificate, c *x509.Certificate) bool {
	return slices.ContainsFunc(chain, func(o *x509.Certificate) bool {
		return bytes.Equal(o.RawSubject, c.RawSubject) && bytes.Equal(o.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo)
	})
}

// signed says whether an issuer signed a certificate, and what is weak in that.
func (s *search) signed(c, issuer *x509.Certificate) (ok bool, weak []string) {
	a, err := signature.OfCertificate(c)
	if err != nil || a.Key == "" {
		s.trouble.unknown = c
		return false, nil
	}
	if a.Digest == sha1 && !s.historic {
		s.trouble.weak = c
		return false, nil
	}
	s.checks++ // known or not, so that what is tried stays bounded
	if !s.links.holds(c, issuer) {
		s.trouble.unproven = c
		return false, nil
	}
	if a.Digest == sha1 {
		weak = []string{nameOf(c) + ": " + a.String()}
	}
	return true, weak
}

// nameOf names a certificate for people.
func nameOf(c *x509.Certificate) string {
	if name := signer.CommonName(c); name != "" {
		return name
	}
	return "#" + hex.EncodeToString(c.SerialNumber.Bytes())
}

// issuerOf names a certificate's issuer for people.
func issuerOf(c *x509.Certificate) string {
	if cn := c.Issuer.CommonName; cn != "" {
		return cn
	}
	return signer.DistinguishedName(c.RawIssuer)
}
