package tsa

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/cms/ber"
)

// Verify checks that the token is over what digest gives for its hash, that its
// signature verifies with its certificate, that it binds that certificate, and that the
// certificate is for time stamping alone. The chain is not looked at.
//
// Errors: ErrImprint, ErrPurpose, those of cms.Signer.Verify, cms.ErrNoCertificate, and
// whatever digest returns.
func (t *Token) Verify(digest func(crypto.Hash) ([]byte, error)) error {
	if err := t.verifySignature(); err != nil {
		return fmt.Errorf("tsa: %w", err)
	}
	if err := forTimeStamping(t.Certificate); err != nil {
		return err
	}
	if t.Hash == 0 {
		return fmt.Errorf("tsa: %w: imprint by %s", cms.ErrAlgorithm, t.HashName)
	}
	want, err := digest(t.Hash)
	if err != nil {
		return fmt.Errorf("tsa: digest of what is stamped: %w", err)
	}
	if !bytes.Equal(want, t.Imprint) {
		return fmt.Errorf("tsa: %w", ErrImprint)
	}
	return nil
}

// verifySignature checks the CMS signature, which must bind its certificate (RFC 3161,
// 2.4.2; RFC 5816, 2.2.1).
func (t *Token) verifySignature() error {
	s := t.Signed.Signers[0]
	if err := s.Supported(); err != nil {
		return err
	}
	if t.Certificate == nil {
		return t.certificate
	}
	if s.SigningCertificate == nil {
		return malformed("no signing-certificate attribute")
	}
	content, err := t.Signed.ContentDigest(s)
	if err != nil {
		return err
	}
	return s.Verify(t.Certificate, content)
}

// forTimeStamping checks the extended key usage: critical, id-kp-timeStamping, and
// nothing else (RFC 3161, 2.3).
func forTimeStamping(cert *x509.Certificate) error {
	for _, e := range cert.Extensions {
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) {
			continue
		}
		return soleCritical(e)
	}
	return fmt.Errorf("tsa: %w: it has no extended key usage", ErrPurpose)
}

func soleCritical(e pkix.Extension) error {
	c := ber.Open(e.Value)
	in := c.Inside(ber.Sequence)
	purpose := in.OID()
	switch {
	case c.Err() != nil:
		return malformed("extended key usage: %v", c.Err())
	case !purpose.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}):
		return fmt.Errorf("tsa: %w: it is for %s", ErrPurpose, purpose)
	case !in.Empty():
		return fmt.Errorf("tsa: %w: it has further purposes", ErrPurpose)
	case !e.Critical:
		return fmt.Errorf("tsa: %w: its extended key usage is not critical", ErrPurpose)
	}
	return nil
}

// Verdict puts an error of ParseToken or Verify into the terms of EN 319 102-1, with a
// reason for people.
func Verdict(err error) signer.Verdict {
	switch {
	case errors.Is(err, ErrImprint):
		return signer.Failed(signer.HashFailure, signer.Reason{
			Code: "time-stamp-imprint",
			Vi:   "Dấu thời gian được cấp cho một nội dung khác.",
			En:   "The time stamp was given for something else.",
		})
	case errors.Is(err, ErrPurpose):
		return signer.Unsure(signer.ChainConstraintsFailure, signer.Reason{
			Code: "time-stamp-purpose",
			Vi:   "Chứng thư ký dấu thời gian không phải là chứng thư chỉ dùng để cấp dấu thời gian.",
			En:   "The time stamp is signed with a certificate that is not for time stamping alone.",
		})
	}
	v := cms.Verdict(err)
	for i, r := range v.Reasons {
		v.Reasons[i] = signer.Reason{Code: "time-stamp-" + r.Code, Vi: "Dấu thời gian: " + lower(r.Vi), En: "Time stamp: " + lower(r.En)}
	}
	return v
}
