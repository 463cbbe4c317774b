package xmlsig

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"

	"congvan/signer"
	"congvan/signer/xml/canon"
)

// draft is a signature being laid out.
type draft struct {
	ctx       context.Context
	cert      *x509.Certificate
	chain     []*x509.Certificate
	message   Message
	options   SignOptions
	algorithm algorithm
	doc       *canon.Document
	id        string // of the signature; of its parts with a suffix
}

func (d *draft) xades() bool { return d.options.Level != signer.LevelLegacy }

// signature writes the element, its value empty. Unprefixed names are what the .NET and
// Java readers of edXML are known to take.
func (d *draft) signature() ([]byte, error) {
	info, err := d.signedInfo()
	if err != nil {
		return nil, err
	}
	var b markup
	b.raw(`<Signature xmlns="`, dsig, `" Id="`, d.id, `">`)
	b.raw(info, `<SignatureValue></SignatureValue>`)
	b.raw(`<KeyInfo><X509Data>`)
	for _, c := range append([]*x509.Certificate{d.cert}, d.chain...) {
		b.element("X509Certificate", base64.StdEncoding.EncodeToString(c.Raw))
	}
	b.raw(`</X509Data></KeyInfo>`)
	if d.xades() {
		b.raw(`<Object>`, d.properties(), `</Object>`)
	}
	b.raw(`</Signature>`)
	return b.Bytes(), nil
}

// signedInfo writes the references with their digests.
func (d *draft) signedInfo() (string, error) {
	var b markup
	b.raw(`<SignedInfo>`)
	b.algorithm("CanonicalizationMethod", excC14N)
	b.algorithm("SignatureMethod", d.algorithm.uri())
	whole, err := canonicalDigest(d.doc, d.options.Digest, canon.Method{Exclusive: true}, canon.View{Text: d.message.text(d.ctx)})
	if err != nil {
		return "", err
	}
	d.reference(&b, 0, "", "", whole, enveloped, excC14N)
	for i := range d.message.Payloads {
		if err := d.attachment(&b, i); err != nil {
			return "", err
		}
	}
	if d.xades() {
		digest, err := d.propertiesDigest()
		if err != nil {
			return "", err
		}
		d.reference(&b, -1, "#"+d.id+"-properties", signedPropertiesType, digest, excC14N)
	}
	b.raw(`</SignedInfo>`)
	return b.String(), nil
}

func (d *draft) attachment(b *markup, i int) error {
	uri := contentURI(d.message.Payloads[i].ContentID)
	if d.message.attachment(uri) != i {
		return fmt.Errorf("attachment %d has no identifier of its own", i)
	}
	digest, err := d.message.contentDigest(d.ctx, i, d.options.Digest)
	if err != nil {
		return err
	}
	d.reference(b, i+1, uri, "", digest)
	return nil
}

// reference writes a reference; number says which data object it is, -1 for none.
func (d *draft) reference(b *markup, number int, uri, kind string, digest []byte, transforms ...string) {
	b.raw(`<Reference`)
	if number >= 0 {
		b.attribute("Id", d.object(number))
	}
	if kind != "" {
		b.attribute("Type", kind)
	}
	b.attribute("URI", uri)
	b.raw(`>`)
	if len(transforms) > 0 {
		b.raw(`<Transforms>`)
		for _, t := range transforms {
			b.algorithm("Transform", t)
		}
		b.raw(`</Transforms>`)
	}
	b.algorithm("DigestMethod", digestURI(d.options.Digest))
	b.element("DigestValue", base64.StdEncoding.EncodeToString(digest))
	b.raw(`</Reference>`)
}

// object is the Id of the reference to a data object.
func (d *draft) object(number int) string { return d.id + "-ref" + strconv.Itoa(number) }

// properties writes QualifyingProperties (EN 319 132-1, 5.2; 6.3 for B-B).
func (d *draft) properties() string {
	var b markup
	b.raw(`<xades:QualifyingProperties xmlns:xades="`, xades, `" Target="#`, d.id, `">`)
	b.raw(`<xades:SignedProperties Id="`, d.id, `-properties"><xades:SignedSignatureProperties>`)
	b.element("xades:SigningTime", d.options.time().Format(time.RFC3339))
	b.raw(`<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>`)
	b.algorithm("DigestMethod", digestURI(d.options.Digest))
	b.element("DigestValue", base64.StdEncoding.EncodeToString(sum(d.options.Digest, d.cert.Raw)))
	b.raw(`</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>`)
	if d.options.Role != "" {
		b.raw(`<xades:SignerRoleV2><xades:ClaimedRoles>`)
		b.element("xades:ClaimedRole", d.options.Role)
		b.raw(`</xades:ClaimedRoles></xades:SignerRoleV2>`)
	}
	b.raw(`</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>`)
	d.format(&b, 0, "text/xml")
	for i, p := range d.message.Payloads {
		d.format(&b, i+1, p.MediaType)
	}
	if d.options.Commitment != "" {
		b.raw(`<xades:CommitmentTypeIndication><xades:CommitmentTypeId>`)
		b.element("xades:Identifier", d.options.Commitment)
		b.raw(`</xades:CommitmentTypeId><xades:AllSignedDataObjects></xades:AllSignedDataObjects></xades:CommitmentTypeIndication>`)
	}
	b.raw(`</xades:SignedDataObjectProperties></xades:SignedProperties></xades:QualifyingProperties>`)
	return b.String()
}

func (d *draft) format(b *markup, number int, mediaType string) {
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	b.raw(`<xades:DataObjectFormat ObjectReference="#`, d.object(number), `">`)
	b.element("xades:MimeType", mediaType)
	b.raw(`</xades:DataObjectFormat>`)
}

// propertiesDigest canonicalises SignedProperties, which exclusive canonicalisation makes
// independent of the document that it will stand in.
func (d *draft) propertiesDigest() ([]byte, error) {
	doc, err := canon.Parse([]byte(`<Object xmlns="`+dsig+`">`+d.properties()+`</Object>`), nil, d.options.Limits.Document)
	if err != nil {
		return nil, err
	}
	signed := doc.Root.Children[0].Children[0]
	return canonicalDigest(doc, d.options.Digest, canon.Method{Exclusive: true}, canon.View{Apex: signed})
}

func (o *SignOptions) time() time.Time {
	if o.Time.IsZero() {
		o.Time = time.Now()
	}
	return o.Time
}

// markup collects XML.
type markup struct{ bytes.Buffer }

func (b *markup) raw(parts ...string) {
	for _, p := range parts {
		b.WriteString(p)
	}
}

func (b *markup) text(s string) {
	_ = xml.EscapeText(&b.Buffer, []byte(strings.ToValidUTF8(s, "�"))) // a buffer takes everything
}

func (b *markup) element(name, text string) {
	b.raw("<", name, ">")
	b.text(text)
	b.raw("</", name, ">")
}

func (b *markup) attribute(name, value string) {
	b.raw(" ", name, `="`)
	b.text(value)
	b.raw(`"`)
}

func (b *markup) algorithm(name, uri string) {
	b.raw("<", name)
	b.attribute("Algorithm", uri)
	b.raw("></", name, ">")
}
