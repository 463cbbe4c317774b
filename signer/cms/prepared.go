package cms

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"fmt"

	"congvan/signer/cms/ber"
)

// preparedJSON is how a Prepared is kept.
type preparedJSON struct {
	ContentType asn1.ObjectIdentifier `json:"content_type"`
	Digest      string                `json:"digest"`
	PSS         bool                  `json:"pss,omitempty"`
	Attributes  []byte                `json:"signed_attributes"`
	Certificate []byte                `json:"certificate"`
	Chain       [][]byte              `json:"chain,omitempty"`
}

// MarshalJSON keeps everything that Finish needs.
func (p *Prepared) MarshalJSON() ([]byte, error) {
	kept := preparedJSON{
		ContentType: p.contentType, Digest: HashName(p.digest), PSS: p.pss,
		Attributes: p.attributes, Certificate: p.cert.Raw,
	}
	for _, c := range p.chain {
		kept.Chain = append(kept.Chain, c.Raw)
	}
	return json.Marshal(kept)
}

// UnmarshalJSON brings back what MarshalJSON kept, and checks that it can be finished.
func (p *Prepared) UnmarshalJSON(data []byte) error {
	var kept preparedJSON
	if err := json.Unmarshal(data, &kept); err != nil {
		return fmt.Errorf("cms: prepared signature: %w", err)
	}
	read, err := kept.prepared()
	if err != nil {
		return fmt.Errorf("cms: prepared signature: %w", err)
	}
	*p = *read
	return nil
}

func (k *preparedJSON) prepared() (*Prepared, error) {
	p := &Prepared{contentType: k.ContentType, pss: k.PSS, attributes: k.Attributes}
	var err error
	if p.cert, err = x509.ParseCertificate(k.Certificate); err != nil {
		return nil, err
	}
	for _, der := range k.Chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		p.chain = append(p.chain, c)
	}
	p.digest, _ = Hash(k.Digest)
	if _, err := p.algorithm(); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check makes sure that the attributes are such as Prepare makes.
func (p *Prepared) check() error {
	der, err := ber.DER(p.attributes)
	if err != nil || string(der) != string(p.attributes) || der[0] != ber.Set || encodeOID(p.contentType) == nil {
		return malformed("signed attributes are not in DER")
	}
	return nil
}
