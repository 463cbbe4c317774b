package pdf

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/pdf/syntax"
	"congvan/signer/trust"
	"congvan/signer/trust/ocsp"
	"congvan/signer/tsa"
	"congvan/signer/validate"
)

// value is a signature, or a document time stamp, that a field bears.
type value struct {
	field   string
	isStamp bool
	// What it covers: from 0 to gap, and from resume to end.
	gap, resume, end int64
	contents         []byte // with its padding
	signed           *cms.SignedData
	cert             *x509.Certificate
	at               time.Time    // of a document time stamp
	stamps           []*tsa.Token // over the signature
}

// values reads all signatures and document time stamps, in no order.
func (d *draft) values() ([]*value, error) {
	var all []*value
	for i := range d.fields {
		f := &d.fields[i]
		if f.Type != "Sig" {
			continue
		}
		dict, err := d.rev.Dict(f.Value)
		if err != nil {
			return nil, fmt.Errorf("signature field %q: %w", f.Name, err)
		}
		if dict == nil {
			continue
		}
		v, err := d.value(f.Name, dict)
		if err != nil {
			return nil, fmt.Errorf("signature field %q: %w", f.Name, err)
		}
		all = append(all, v)
	}
	return all, nil
}

func (d *draft) value(field string, dict syntax.Dict) (*value, error) {
	v := &value{field: field}
	contents, err := d.rev.String(dict["Contents"])
	if err != nil {
		return nil, fmt.Errorf("/Contents: %w", err)
	}
	v.contents = []byte(contents)
	covers, err := d.numbers(dict["ByteRange"])
	if err != nil || len(covers) != 4 {
		return nil, fmt.Errorf("/ByteRange is not of four numbers: %w", err)
	}
	v.gap, v.resume = int64(covers[1]), int64(covers[2])
	v.end = v.resume + int64(covers[3])
	form, err := d.text(dict["SubFilter"])
	if err != nil {
		return nil, err
	}
	if v.isStamp = form == subFilterStamp; v.isStamp {
		return v, v.readStamp()
	}
	return v, v.readSignature()
}

func (v *value) readStamp() error {
	token, err := tsa.ParseToken(v.contents)
	if err != nil {
		return err
	}
	v.signed, v.cert, v.at = token.Signed, token.Certificate, token.Time
	return nil
}

func (v *value) readSignature() (err error) {
	if v.signed, err = cms.Parse(v.contents); err != nil {
		return err
	}
	if len(v.signed.Signers) != 1 {
		return fmt.Errorf("%d signers in one signature", len(v.signed.Signers))
	}
	s := v.signed.Signers[0]
	if v.cert, err = v.signed.Certificate(s); err != nil {
		return err
	}
	for _, der := range s.TimeStamps {
		token, err := tsa.ParseToken(der)
		if err != nil {
			return fmt.Errorf("time stamp: %w", err)
		}
		v.stamps = append(v.stamps, token)
	}
	return nil
}

// proven is the earliest time at which the value existed for certain: that of a time
// stamp over it, or of a document time stamp that came later. Zero where there is none.
func (v *value) proven(all []*value) time.Time {
	var first time.Time
	earlier := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	for _, t := range v.stamps {
		earlier(t.Time)
	}
	for _, o := range all {
		if o.isStamp && o.end > v.end {
			earlier(o.at)
		}
	}
	return first
}

// storedEvidence reads the document's security store.
func (d *draft) storedEvidence() (known trust.Evidence, err error) {
	dss, err := d.rev.Dict(d.root["DSS"])
	if err != nil || dss == nil {
		return known, err
	}
	r := storeReader{rev: d.rev, left: maxProofBytes, seen: map[syntax.Ref]bool{}, evidence: &known}
	r.read(dss)
	return known, nil
}

// collector asks for what proves signatures, and notes what it cannot get.
type collector struct {
	judge   Judge
	now     time.Time
	known   trust.Evidence
	values  []*value
	missing []signer.Reason
}

// collect gives the evidence for one value and for the time stamps in it.
func (c *collector) collect(ctx context.Context, v *value) *evidence {
	found := &evidence{}
	proven := v.proven(c.values)
	use := trust.UseSigning
	if v.isStamp {
		use = trust.UseTimeStamping
	}
	c.ask(ctx, found, v.cert, use, proven, c.with(v.signed))
	for _, t := range v.stamps {
		c.ask(ctx, found, t.Certificate, trust.UseTimeStamping, v.later(c.values), c.with(v.signed, t.Signed))
	}
	return found
}

// later is when a document time stamp proves the time stamps within the value.
func (v *value) later(all []*value) time.Time {
	only := value{end: v.end}
	return only.proven(all)
}

// with gives what is known, and what came with signatures.
func (c *collector) with(signed ...*cms.SignedData) trust.Evidence {
	e := c.known
	for _, s := range signed {
		e = e.With(validate.EvidenceIn(s))
	}
	return e
}

// ask has one certificate judged and keeps what that was based on.
func (c *collector) ask(ctx context.Context, found *evidence, cert *x509.Certificate, use trust.Use, proven time.Time, known trust.Evidence) {
	if cert == nil { // a time stamp that does not carry its authority's
		c.missing = append(c.missing, signer.Reason{
			Code: "validation-data-missing", Vi: "Dấu thời gian không kèm chứng thư của cơ quan cấp.",
			En: "A time stamp comes without its authority's certificate.",
		})
		return
	}
	q := trust.Question{Certificate: cert, Use: use, At: proven, Now: c.now, Proven: !proven.IsZero(), Evidence: known}
	if !q.Proven {
		q.At = c.now
	}
	a := c.judge.Judge(ctx, q)
	for _, link := range a.Chain {
		found.certificate(link)
	}
	for i := range a.Proofs {
		found.proof(&a.Proofs[i])
	}
	if a.Indication != signer.TotalPassed {
		c.lack(cert, a.Reasons)
		return
	}
	for i, link := range a.Chain {
		if i < len(a.Chain)-1 && !provenBy(link, a.Proofs) {
			c.lack(link, nil)
		}
	}
}

// provenBy says whether there is revocation data for a certificate, or none is needed.
func provenBy(cert *x509.Certificate, proofs []trust.Proof) bool {
	return ocsp.NoCheck(cert) || slices.ContainsFunc(proofs, func(p trust.Proof) bool {
		return p.Certificate != nil && bytes.Equal(p.Certificate.Raw, cert.Raw)
	})
}

func (c *collector) lack(cert *x509.Certificate, why []signer.Reason) {
	if len(why) == 0 {
		why = []signer.Reason{{Vi: "Không có CRL hay OCSP.", En: "There is neither CRL nor OCSP."}}
	}
	r := signer.Reason{
		Code: "validation-data-missing",
		Vi:   fmt.Sprintf("Thiếu dữ liệu xác thực dài hạn của chứng thư “%s”.", signer.CommonName(cert)),
		En:   fmt.Sprintf("Validation data is missing for the certificate “%s”.", signer.CommonName(cert)),
	}
	for _, w := range why {
		r.Vi, r.En = r.Vi+" "+w.Vi, r.En+" "+w.En
	}
	c.missing = append(c.missing, r)
}
