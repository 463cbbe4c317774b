package pdf

import (
	"crypto/sha1" //nolint:gosec // the key of a VRI entry, not a security measure
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"congvan/signer/pdf/syntax"
	"congvan/signer/trust"
)

// evidence is what proves signatures later: certificates and revocation data in DER,
// each once.
type evidence struct {
	certs, ocsps, crls [][]byte
	seen               map[[sha256.Size]byte]bool
}

func (e *evidence) add(to *[][]byte, der []byte) {
	if e.seen == nil {
		e.seen = map[[sha256.Size]byte]bool{}
	}
	if sum := sha256.Sum256(der); len(der) > 0 && !e.seen[sum] {
		e.seen[sum] = true
		*to = append(*to, der)
	}
}

func (e *evidence) certificate(c *x509.Certificate) {
	if c != nil {
		e.add(&e.certs, c.Raw)
	}
}

func (e *evidence) proof(p *trust.Proof) {
	switch p.Kind {
	case trust.KindOCSP:
		e.add(&e.ocsps, p.DER)
	case trust.KindCRL:
		e.add(&e.crls, p.DER)
	}
	e.certificate(p.Signer)
}

// join adds all that another one holds.
func (e *evidence) join(o *evidence) {
	for _, der := range o.certs {
		e.add(&e.certs, der)
	}
	for _, der := range o.ocsps {
		e.add(&e.ocsps, der)
	}
	for _, der := range o.crls {
		e.add(&e.crls, der)
	}
}

// vriKey names the VRI entry of a signature: the SHA-1 of the whole value of /Contents,
// with its padding, as validators compute it (EN 319 142-1, 5.4.2.3).
func vriKey(contents []byte) syntax.Name {
	sum := sha1.Sum(contents) //nolint:gosec // the standard says so
	return syntax.Name(strings.ToUpper(hex.EncodeToString(sum[:])))
}

// store is a document security store (EN 319 142-1, 5.4.2) in a draft.
type store struct {
	d    *draft
	refs map[[sha256.Size]byte]syntax.Ref // streams that are there, by what they hold
	grew bool
}

// The lists of a store, and their names in VRI entries.
const (
	listCerts = "Certs"
	listOCSPs = "OCSPs"
	listCRLs  = "CRLs"
)

func (e *evidence) lists() map[syntax.Name][][]byte {
	return map[syntax.Name][][]byte{listCerts: e.certs, listOCSPs: e.ocsps, listCRLs: e.crls}
}

// vriName is what a VRI entry calls a list of the store.
func vriName(list syntax.Name) syntax.Name { return list[:len(list)-1] }

// addDSS puts evidence into the document's security store, beside what is there
// already. It says whether anything was new.
func (d *draft) addDSS(perSignature map[syntax.Name]*evidence) (bool, error) {
	s := &store{d: d, refs: map[[sha256.Size]byte]syntax.Ref{}}
	err := d.amend("DSS", func(dss syntax.Dict) error {
		all := &evidence{}
		for _, e := range perSignature {
			all.join(e)
		}
		dss["Type"] = syntax.Name("DSS")
		for list, ders := range all.lists() {
			if err := s.extend(dss, list, ders); err != nil {
				return fmt.Errorf("/%s: %w", list, err)
			}
		}
		return s.extendVRI(dss, perSignature)
	})
	return s.grew, err
}

// extend adds to one list what it does not hold yet.
func (s *store) extend(dss syntax.Dict, list syntax.Name, ders [][]byte) error {
	if err := s.index(dss[list]); err != nil {
		return err
	}
	var fresh syntax.Array
	for _, der := range ders {
		sum := sha256.Sum256(der)
		if _, there := s.refs[sum]; there {
			continue
		}
		ref := s.d.up.Add(s.d.up.NewStream(syntax.Dict{}, der, true))
		s.refs[sum] = ref
		fresh = append(fresh, ref)
	}
	if len(fresh) == 0 {
		return nil
	}
	s.grew = true
	_, err := s.d.push(dss, list, fresh...)
	return err
}

// index learns which streams a list holds.
func (s *store) index(o syntax.Object) error {
	all, err := s.d.rev.Array(o)
	if err != nil {
		return err
	}
	if len(all) > maxProofs {
		return fmt.Errorf("%d entries: %w", len(all), syntax.ErrTooLarge)
	}
	for _, item := range all {
		ref, ok := item.(syntax.Ref)
		if !ok {
			continue
		}
		der, err := s.d.stored(ref)
		if err != nil {
			return err
		}
		s.refs[sha256.Sum256(der)] = ref
	}
	return nil
}

// stored reads a stream of the store.
func (d *draft) stored(ref syntax.Ref) ([]byte, error) {
	stream, err := d.rev.Stream(ref)
	if err != nil || stream == nil {
		return nil, err
	}
	r, err := stream.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	der, err := io.ReadAll(io.LimitReader(r, maxProofBytes+1))
	if len(der) > maxProofBytes {
		return nil, fmt.Errorf("object %d: %w", ref.Number, syntax.ErrTooLarge)
	}
	return der, err
}

// extendVRI says for each signature what proves it.
func (s *store) extendVRI(dss syntax.Dict, perSignature map[syntax.Name]*evidence) error {
	was, err := s.d.rev.Dict(dss["VRI"])
	if err != nil {
		return fmt.Errorf("/VRI: %w", err)
	}
	vri := syntax.Dict{}
	for key, entry := range was {
		vri[key] = entry
	}
	for key, e := range perSignature {
		entry, err := s.entry(vri[key], e)
		if err != nil {
			return fmt.Errorf("/VRI /%s: %w", key, err)
		}
		vri[key] = entry
	}
	if ref, indirect := dss["VRI"].(syntax.Ref); indirect && was != nil {
		s.d.up.Put(ref, vri)
		return nil
	}
	dss["VRI"] = vri
	return nil
}

// entry is a VRI entry (table 9 of the standard): references into the lists, those
// that were there and those that are needed now.
func (s *store) entry(was syntax.Object, e *evidence) (syntax.Dict, error) {
	old, err := s.d.rev.Dict(was)
	if err != nil {
		return nil, err
	}
	entry := syntax.Dict{"Type": syntax.Name("VRI")}
	for list, ders := range e.lists() {
		name := vriName(list)
		refs, err := s.d.rev.Array(old[name])
		if err != nil {
			return nil, err
		}
		refs = refs[:len(refs):len(refs)]
		for _, der := range ders {
			refs = appendRef(refs, s.refs[sha256.Sum256(der)])
		}
		if len(refs) > 0 {
			entry[name] = refs
		}
	}
	return entry, nil
}

func appendRef(refs syntax.Array, ref syntax.Ref) syntax.Array {
	for _, r := range refs {
		if r == syntax.Object(ref) {
			return refs
		}
	}
	return append(refs, ref)
}
