package pdf

import (
	"crypto/x509"
	"io"
	"slices"

	"congvan/signer/pdf/syntax"
	"congvan/signer/trust"
)

// Bounds of what is read from the document security stores of one file.
const (
	maxProofs     = 4000     // streams
	maxProofBytes = 64 << 20 // in all
)

// securityStore is what a document security store (EN 319 142-1, 5.4.2.2) holds as of
// a revision: evidence, believed only for what it proves itself.
type securityStore struct {
	present  bool
	evidence trust.Evidence
}

// store reads the document security store of a revision, with what its VRI entries
// name besides. What cannot be read in it is passed over: it proves nothing.
func (e *examination) store(r *syntax.Revision) *securityStore {
	if s := e.dss[r.Index]; s != nil {
		return s
	}
	s := &securityStore{}
	if catalog, _, err := r.Catalog(); err == nil {
		if dict, err := r.Dict(catalog["DSS"]); err == nil && dict != nil {
			s.present = true
			reader := storeReader{rev: r, left: maxProofBytes, seen: map[syntax.Ref]bool{}, evidence: &s.evidence}
			reader.read(dict)
		}
	}
	if e.dss == nil {
		e.dss = map[int]*securityStore{}
	}
	e.dss[r.Index] = s
	return s
}

// storeReader reads the streams of a document security store, each once.
type storeReader struct {
	rev      *syntax.Revision
	left     int64 // bytes that may still be read
	seen     map[syntax.Ref]bool
	evidence *trust.Evidence
}

func (s *storeReader) read(dss syntax.Dict) {
	s.lists(dss, "Certs", "CRLs", "OCSPs")
	vri, err := s.rev.Dict(dss["VRI"])
	if err != nil {
		return
	}
	keys := make([]syntax.Name, 0, len(vri))
	for k := range vri {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if entry, err := s.rev.Dict(vri[k]); err == nil && entry != nil {
			s.lists(entry, "Cert", "CRL", "OCSP")
		}
	}
}

func (s *storeReader) lists(d syntax.Dict, certs, crls, ocsps syntax.Name) {
	s.each(d[certs], func(der []byte) {
		if c, err := x509.ParseCertificate(der); err == nil {
			s.evidence.Certificates = append(s.evidence.Certificates, c)
		}
	})
	s.each(d[crls], func(der []byte) { s.evidence.CRLs = append(s.evidence.CRLs, der) })
	s.each(d[ocsps], func(der []byte) { s.evidence.OCSPs = append(s.evidence.OCSPs, der) })
}

// each gives the data of every stream in an array that was not given before.
func (s *storeReader) each(list syntax.Object, give func([]byte)) {
	all, err := s.rev.Array(list)
	if err != nil {
		return
	}
	for _, o := range all {
		ref, ok := o.(syntax.Ref)
		if !ok || s.seen[ref] || len(s.seen) >= maxProofs {
			continue
		}
		s.seen[ref] = true
		if der := s.stream(ref); der != nil {
			give(der)
		}
	}
}

func (s *storeReader) stream(ref syntax.Ref) []byte {
	stream, err := s.rev.Stream(ref)
	if err != nil || stream == nil {
		return nil
	}
	r, err := stream.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	der, err := io.ReadAll(io.LimitReader(r, s.left+1))
	if err != nil || int64(len(der)) > s.left {
		return nil
	}
	s.left -= int64(len(der))
	return der
}

// evidence is all that came with the file for a candidate: its own, and what the
// security store of the newest revision holds.
func (e *examination) evidence(c *candidate) trust.Evidence {
	return c.claim.Evidence.With(e.store(e.file.Latest()).evidence)
}
