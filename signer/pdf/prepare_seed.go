package pdf

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"congvan/signer/cms"
	"congvan/signer/pdf/syntax"
)

// seed are the seed values of a field (ISO 32000-2, 12.7.5.5, table 237): what its
// maker wants of the signature. Those whose flag is set are demands.
type seed struct {
	demands     int64 // /Ff
	filter      string
	subFilters  []string
	digests     []string
	reasons     []string
	version     int64
	permission  int64  // of /MDP; -1: nothing said, 0: approval
	revocation  bool   // /AddRevInfo
	stamp       bool   // a time stamp is demanded
	closes      string // /LockDocument
	appearance  string // /AppearanceFilter
	legal       bool   // /LegalAttestation
	subjects    [][]byte
	issuers     [][]byte
	uncheckable bool // demands on the certificate that we cannot check
}

// Flags of /Ff.
const (
	seedFilter = 1 << iota
	seedSubFilter
	seedVersion
	seedReasons
	seedLegal
	seedRevocation
	seedDigest
	seedLock
	seedAppearance
)

// Flags of /Cert /Ff (table 238).
const (
	seedSubject = 1 << iota
	seedIssuer
	seedOther = ^(seedSubject | seedIssuer)
)

func (d *draft) seed(t *target) (*seed, error) {
	s := &seed{permission: -1}
	dict, err := d.rev.Dict(t.dict["SV"])
	if err != nil || dict == nil {
		return s, err
	}
	if err := d.readSeed(s, dict); err != nil {
		return nil, fmt.Errorf("seed values of field %q: %w", t.name, err)
	}
	return s, nil
}

func (d *draft) readSeed(s *seed, dict syntax.Dict) (err error) {
	read := func(set func() error) {
		if err == nil {
			err = set()
		}
	}
	number := func(to *int64, key syntax.Name) {
		read(func() (e error) { *to, e = d.rev.Int(dict[key]); return e })
	}
	texts := func(to *[]string, key syntax.Name) {
		read(func() (e error) { *to, e = d.texts(dict[key]); return e })
	}
	number(&s.demands, "Ff")
	number(&s.version, "V")
	texts(&s.subFilters, "SubFilter")
	texts(&s.digests, "DigestMethod")
	texts(&s.reasons, "Reasons")
	for key, to := range map[syntax.Name]*string{"Filter": &s.filter, "LockDocument": &s.closes, "AppearanceFilter": &s.appearance} {
		read(func() (e error) { *to, e = d.text(dict[key]); return e })
	}
	read(func() error {
		info, e := d.rev.Resolve(dict["AddRevInfo"])
		s.revocation = info == true
		s.legal = dict["LegalAttestation"] != nil
		return e
	})
	read(func() error { return d.readSeedParts(s, dict) })
	return err
}

// readSeedParts reads the dictionaries within the seed values.
func (d *draft) readSeedParts(s *seed, dict syntax.Dict) error {
	mdp, err := d.rev.Dict(dict["MDP"])
	if err != nil {
		return err
	}
	if mdp != nil {
		if s.permission, err = d.rev.Int(mdp["P"]); err != nil {
			return err
		}
	}
	stamp, err := d.rev.Dict(dict["TimeStamp"])
	if err != nil {
		return err
	}
	flag, err := d.rev.Int(stamp["Ff"])
	if err != nil {
		return err
	}
	s.stamp = flag&1 != 0
	cert, err := d.rev.Dict(dict["Cert"])
	if err != nil {
		return err
	}
	return d.readSeedCertificate(s, cert)
}

func (d *draft) readSeedCertificate(s *seed, cert syntax.Dict) error {
	flags, err := d.rev.Int(cert["Ff"])
	if err != nil {
		return err
	}
	s.uncheckable = flags&seedOther != 0
	for key, to := range map[syntax.Name]*[][]byte{"Subject": &s.subjects, "Issuer": &s.issuers} {
		if key == "Subject" && flags&seedSubject == 0 || key == "Issuer" && flags&seedIssuer == 0 {
			continue
		}
		all, err := d.rev.Array(cert[key])
		if err != nil {
			return err
		}
		for _, o := range all {
			der, err := d.rev.String(o)
			if err != nil {
				return err
			}
			*to = append(*to, []byte(der))
		}
	}
	return nil
}

// text reads a name, or a text string; empty where there is none.
func (d *draft) text(o syntax.Object) (string, error) {
	o, err := d.rev.Resolve(o)
	switch v := o.(type) {
	case syntax.Name:
		return string(v), err
	case syntax.String:
		return v.Text(), err
	}
	return "", err
}

// texts reads an array of names or text strings.
func (d *draft) texts(o syntax.Object) ([]string, error) {
	all, err := d.rev.Array(o)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(all))
	for i, item := range all {
		if out[i], err = d.text(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *seed) wants(flag int64) bool { return s.demands&flag != 0 }

// settle takes into the options what the seed values leave no choice about, and
// refuses where they cannot be met.
func (s *seed) settle(o *SignOptions, cert *x509.Certificate, chain []*x509.Certificate) error {
	for _, check := range []func(*SignOptions) error{s.form, s.reason, s.level, s.kind, s.unmet} {
		if err := check(o); err != nil {
			return err
		}
	}
	if err := s.certificate(cert, chain); err != nil {
		return err
	}
	return o.chooseDigest(s, cert)
}

func (s *seed) form(o *SignOptions) error {
	switch {
	case s.wants(seedFilter) && s.filter != "" && s.filter != "Adobe.PPKLite":
		return seedRefusal("Filter", s.filter)
	case s.wants(seedSubFilter) && len(s.subFilters) > 0 && !slices.Contains(s.subFilters, subFilter):
		return seedRefusal("SubFilter", fmt.Sprint(s.subFilters))
	case s.wants(seedVersion) && s.version > 3:
		return seedRefusal("V", fmt.Sprint(s.version))
	}
	return nil
}

// noReason stands alone among the reasons of a field that wants none.
const noReason = "."

func (s *seed) reason(o *SignOptions) error {
	if !s.wants(seedReasons) {
		return nil
	}
	if len(s.reasons) == 0 || len(s.reasons) == 1 && s.reasons[0] == noReason {
		if o.Reason != "" {
			return refuse("seed-no-reason", "Trường chữ ký này không cho ghi lý do ký.", "This signature field takes no reason.")
		}
		return nil
	}
	if o.Reason == "" && len(s.reasons) == 1 {
		o.Reason = s.reasons[0]
	}
	if !slices.Contains(s.reasons, o.Reason) {
		return refuse("seed-reason", fmt.Sprintf("Trường chữ ký đòi hỏi một trong các lý do %q.", s.reasons),
			fmt.Sprintf("The signature field demands one of the reasons %q.", s.reasons))
	}
	return nil
}

func (s *seed) level(o *SignOptions) error {
	if s.stamp && !stamped(o.Level) {
		return refuse("seed-time-stamp", "Trường chữ ký đòi hỏi dấu thời gian (từ mức B-T).",
			"The signature field demands a time stamp (level B-T or above).")
	}
	if s.wants(seedRevocation) && s.revocation && !longTerm(o.Level) {
		return refuse("seed-revocation", "Trường chữ ký đòi hỏi kèm dữ liệu thu hồi (từ mức B-LT).",
			"The signature field demands revocation data (level B-LT or above).")
	}
	return nil
}

func (s *seed) kind(o *SignOptions) error {
	if s.permission < 0 || int(s.permission) == o.Certify {
		return nil
	}
	if s.permission == 0 {
		return refuse("seed-approval", "Trường chữ ký này chỉ dành cho chữ ký phê duyệt, không phải chữ ký chứng nhận.",
			"This signature field is for approvals, not for certifications.")
	}
	return refuse("seed-certification", fmt.Sprintf("Trường chữ ký đòi hỏi chữ ký chứng nhận mức %d.", s.permission),
		fmt.Sprintf("The signature field demands a certification with permissions %d.", s.permission))
}

// unmet refuses demands that we know no way to meet.
func (s *seed) unmet(*SignOptions) error {
	switch {
	case s.wants(seedLegal) && s.legal:
		return seedRefusal("LegalAttestation", "")
	case s.wants(seedLock) && s.closes != "" && s.closes != "false" && s.closes != "auto":
		return seedRefusal("LockDocument", s.closes)
	case s.wants(seedAppearance) && s.appearance != "":
		return seedRefusal("AppearanceFilter", s.appearance)
	case s.uncheckable:
		return seedRefusal("Cert", "OID, SubjectDN, KeyUsage, URL")
	}
	return nil
}

func (s *seed) certificate(cert *x509.Certificate, chain []*x509.Certificate) error {
	if len(s.subjects) > 0 && !slices.ContainsFunc(s.subjects, func(der []byte) bool { return bytes.Equal(der, cert.Raw) }) {
		return seedRefusal("Cert/Subject", cert.Subject.CommonName)
	}
	if len(s.issuers) == 0 {
		return nil
	}
	for _, c := range chain {
		if slices.ContainsFunc(s.issuers, func(der []byte) bool { return bytes.Equal(der, c.Raw) }) {
			return nil
		}
	}
	return seedRefusal("Cert/Issuer", cert.Issuer.CommonName)
}

func seedRefusal(key, value string) error {
	return refuse("seed-unmet", fmt.Sprintf("Trường chữ ký có đòi hỏi không đáp ứng được: %s %s.", key, value),
		fmt.Sprintf("The signature field demands what cannot be met: %s %s.", key, value))
}

// digestsFor are those that we sign with, as seed values name them, the one that suits
// the key first.
func digestsFor(cert *x509.Certificate) []crypto.Hash {
	all := []crypto.Hash{cms.DefaultDigest(cert)}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if h != all[0] {
			all = append(all, h)
		}
	}
	return all
}

// seedName is how seed values name a digest: SHA256.
func seedName(h crypto.Hash) string { return strings.ReplaceAll(h.String(), "-", "") }

// chooseDigest settles the digest: what was asked for, else the first of ours that the
// seed values list, else the one that suits the key.
func (o *SignOptions) chooseDigest(s *seed, cert *x509.Certificate) error {
	ours := digestsFor(cert)
	if o.Digest != 0 && !slices.Contains(ours, o.Digest) {
		return refuse("digest-unknown", "Không ký với hàm băm "+o.Digest.String()+".", "We do not sign with the digest "+o.Digest.String()+".")
	}
	listed := func(h crypto.Hash) bool { return slices.Contains(s.digests, seedName(h)) }
	if i := slices.IndexFunc(ours, listed); o.Digest == 0 && i >= 0 {
		o.Digest = ours[i]
	}
	if o.Digest == 0 {
		o.Digest = ours[0]
	}
	if s.wants(seedDigest) && len(s.digests) > 0 && !listed(o.Digest) {
		return seedRefusal("DigestMethod", fmt.Sprint(s.digests))
	}
	return nil
}
