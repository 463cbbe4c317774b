package changes

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// store is the document security store: certificates and revocation data for the long
// term (ISO 32000-2, 12.8.4.3).
type store struct {
	proofs map[syntax.Ref]bool
	fault  string // why it is no such store; empty: it is one
}

// The bounds of a store; one with the proofs of 1,000 signatures stays below.
const (
	maxProofs     = 1 << 16
	maxProofBytes = 64 << 20 // of one proof: the largest CRLs that are published have less
)

func readStore(r *syntax.Revision, o syntax.Object) (*store, error) {
	s := &store{proofs: map[syntax.Ref]bool{}}
	o, err := r.Resolve(o)
	if err != nil || o == nil {
		return s, err
	}
	dict, ok := o.(syntax.Dict)
	if !ok {
		s.fault = "DSS"
		return s, nil
	}
	for key, v := range dict {
		switch key {
		case "Type":
		case "Certs", "OCSPs", "CRLs":
			err = s.addAll(r, key, v)
		case "VRI":
			err = s.addRelated(r, v)
		default:
			s.fault = "DSS/" + string(key)
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *store) addAll(r *syntax.Revision, key syntax.Name, list syntax.Object) error {
	o, err := r.Resolve(list)
	if err != nil {
		return err
	}
	all, ok := o.(syntax.Array)
	if !ok && o != nil {
		s.fault = string(key)
	}
	for _, e := range all {
		if err := s.add(r, key, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) add(r *syntax.Revision, key syntax.Name, e syntax.Object) error {
	ref, ok := e.(syntax.Ref)
	if !ok || len(s.proofs) >= maxProofs {
		s.fault = string(key)
		return nil
	}
	if s.proofs[ref] {
		return nil
	}
	o, err := r.Resolve(ref)
	if err != nil {
		return err
	}
	if _, ok := o.(*syntax.Stream); !ok {
		s.fault = string(key)
	}
	s.proofs[ref] = true
	return nil
}

// addRelated reads the dictionaries that say which proofs belong to which signature.
func (s *store) addRelated(r *syntax.Revision, o syntax.Object) error {
	o, err := r.Resolve(o)
	if err != nil {
		return err
	}
	all, ok := o.(syntax.Dict)
	if !ok {
		s.fault = "VRI"
	}
	for _, v := range all {
		o, err := r.Resolve(v)
		if err != nil {
			return err
		}
		one, ok := o.(syntax.Dict)
		if !ok {
			s.fault = "VRI"
		}
		if err := s.addRelatedOne(r, one); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) addRelatedOne(r *syntax.Revision, one syntax.Dict) error {
	for key, v := range one {
		var err error
		switch key {
		case "Type", "TU":
		case "Cert", "CRL", "OCSP":
			err = s.addAll(r, key, v)
		case "TS":
			err = s.add(r, key, v)
		default:
			s.fault = "VRI/" + string(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compareStore lets proofs be added; all that were there stay, byte for byte.
func (d *diff) compareStore() error {
	was, err := readStore(d.old, d.catalogs.old["DSS"])
	if err != nil {
		return err
	}
	is, err := readStore(d.new, d.catalogs.new["DSS"])
	if err != nil {
		return err
	}
	ref, _ := d.catalogs.new["DSS"].(syntax.Ref)
	if is.fault != "" {
		d.at(signer.ModificationOther, ref, reason(codeStore, is.fault))
		return nil
	}
	lost, err := d.lost(was, is)
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		d.at(signer.ModificationOther, lost[0], reason(codeProofLost, len(lost)))
	}
	d.at(signer.ModificationLTA, ref, reason(codeProofsAdded))
	return nil
}

// lost gives proofs that the new store no longer has under any number.
func (d *diff) lost(was, is *store) ([]syntax.Ref, error) {
	var missing []syntax.Ref
	for ref := range was.proofs {
		if !is.proofs[ref] || d.changed[d.graph.id(ref)] {
			missing = append(missing, ref)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	have := map[[sha256.Size]byte]bool{}
	for ref := range maps.Keys(is.proofs) {
		sum, err := digest(d.new, ref)
		if err != nil {
			return nil, err
		}
		have[sum] = true
	}
	var lost []syntax.Ref
	for _, ref := range missing {
		sum, err := digest(d.old, ref)
		if err != nil {
			return nil, err
		}
		if !have[sum] {
			lost = append(lost, ref)
		}
	}
	return lost, nil
}

func digest(r *syntax.Revision, ref syntax.Ref) (sum [sha256.Size]byte, err error) {
	s, err := r.Stream(ref)
	if err != nil {
		return sum, err
	}
	data, err := s.Open()
	if err != nil {
		return sum, err
	}
	defer data.Close()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(data, maxProofBytes+1)); err != nil || n > maxProofBytes {
		return sum, cmp.Or(err, fmt.Errorf("%w: a proof of more than %d bytes", errTooComplex, maxProofBytes))
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
