package edxml

import (
	"encoding/base64"
	"path"
	"strings"

	"github.com/beevik/etree"
)

func (r *reader) body(e *etree.Element) {
	for c := range r.children(e) {
		if c.Tag != "edXMLManifest" {
			r.odd(QuirkUnknownElement, c)
			continue
		}
		for ref := range r.children(c) {
			if ref.Tag != "Reference" {
				r.odd(QuirkUnknownElement, ref)
				continue
			}
			r.reference(ref)
		}
	}
}

func (r *reader) reference(e *etree.Element) {
	var ref Reference
	for c := range r.children(e) {
		switch c.Tag {
		case "ContentId":
			r.contentID(&ref.ContentID, c)
		case "ContentType":
			r.set(&ref.ContentType, c)
		case "AttachmentName":
			r.fileName(&ref.Name, c)
		case "Description":
			r.set(&ref.Description, c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
	r.env.References = append(r.env.References, ref)
	r.references = append(r.references, e)
}

// contentID reads an identifier and strips every leading cid:.
func (r *reader) contentID(field *string, e *etree.Element) {
	r.set(field, e)
	id, prefixes := *field, 0
	for len(id) >= 4 && strings.EqualFold(id[:4], "cid:") {
		id = id[4:]
		prefixes++
	}
	*field = strings.TrimSpace(id)
	switch {
	case prefixes > 1:
		r.odd(QuirkDoubledCID, e)
	case prefixes == 0 && id != "":
		r.odd(QuirkNoCID, e)
	}
}

// fileName reads a name and makes it fit to be shown.
func (r *reader) fileName(field *string, e *etree.Element) {
	r.set(field, e)
	if *field == "" {
		return
	}
	if name := DisplayName(*field); name != *field {
		*field = name
		r.odd(QuirkAttachmentName, e)
	}
	if ext := path.Ext(*field); ext != strings.ToLower(ext) {
		r.odd(QuirkUpperCaseExtension, e)
	}
}

// attachments walks the tree and reads the attachments in the order of their
// contents, the order in which SplitMessage numbers them.
func (r *reader) attachments(e *etree.Element) error {
	if e.Tag == contentTag && e.Parent() != nil && e.Parent().Tag == attachmentTag {
		r.attachment(e.Parent())
	}
	contents := 0
	for _, t := range e.Child {
		c, ok := t.(*etree.Element)
		if !ok {
			continue
		}
		if c.Tag == contentTag {
			contents++
		}
		if err := r.attachments(c); err != nil {
			return err
		}
	}
	switch {
	case e.Tag != attachmentTag:
	case contents > 1:
		return r.wrong(e, CodeContentTwice)
	case contents == 0 && e.Parent().Tag == "AttachmentEncoded":
		return r.wrong(e, CodeContentMissing)
	}
	return nil
}

func (r *reader) attachment(e *etree.Element) {
	r.prefixed(e)
	a := Attachment{Index: len(r.env.Attachments)}
	for c := range r.children(e) {
		switch c.Tag {
		case "ContentId":
			r.contentID(&a.ContentID, c)
		case "AttachmentName":
			r.fileName(&a.Name, c)
		case contentTag:
		default:
			if f := a.field(c.Tag); f != nil {
				r.set(f, c)
			} else {
				r.odd(QuirkUnknownElement, c)
			}
		}
	}
	r.env.Attachments = append(r.env.Attachments, a)
	r.contents = append(r.contents, e)
}

// field names the element of each plain field.
func (a *Attachment) field(tag string) *string {
	switch tag {
	case "Description":
		return &a.Description
	case "ContentType":
		return &a.ContentType
	case "Format":
		return &a.Format
	case "FieldName":
		return &a.FieldName
	case "MimeType":
		return &a.MimeType
	}
	return nil
}

// prefixed notes attachments outside the default namespace.
func (r *reader) prefixed(e *etree.Element) {
	if e.Space != "" {
		r.once(QuirkPrefixedAttachments, e)
	}
}

// match compares the manifest with the attachments; a nameless attachment takes
// its name from there.
func (r *reader) match() {
	listed := make(map[string]int, len(r.references)) // open references by identifier
	for i, ref := range r.env.References {
		listed[ref.ContentID] = i
	}
	for i := range r.env.Attachments {
		a := &r.env.Attachments[i]
		var ref Reference
		if n, ok := listed[a.ContentID]; ok {
			ref = r.env.References[n]
			delete(listed, a.ContentID)
			if ref.ContentType != "" && !strings.EqualFold(ref.ContentType, a.ContentType) {
				r.odd(QuirkContentTypeDiffers, r.references[n])
			}
		} else {
			r.odd(QuirkAttachmentUnlisted, r.contents[i])
		}
		if a.Name == "" {
			a.Name = DisplayName(ref.Name)
		}
	}
	for i, ref := range r.env.References {
		if n, ok := listed[ref.ContentID]; ok && n == i {
			r.odd(QuirkReferenceUnmatched, r.references[i])
		}
	}
}

// signature notes which XML signature there is; it is verified elsewhere.
func (r *reader) signature(e *etree.Element) {
	s := &r.env.Signature
	s.Present = true
	complete := isComplete(e)
	inDSig := e.NamespaceURI() == dsigNamespace
	s.Verifiable = s.Verifiable || complete && inDSig
	if !inDSig {
		r.odd(QuirkSignatureNamespace, e)
	}
	if !complete {
		r.odd(QuirkSignatureIncomplete, e)
	}
}

// isComplete says whether a signature has everything that verifying it takes:
// method, a digest, value and a certificate.
func isComplete(e *etree.Element) bool {
	for _, path := range []string{
		"SignedInfo/CanonicalizationMethod", "SignedInfo/SignatureMethod", "SignedInfo/Reference/DigestMethod",
	} {
		if e.FindElement(path) == nil {
			return false
		}
	}
	for _, path := range []string{"SignedInfo/Reference/DigestValue", "SignatureValue", "KeyInfo/X509Data/X509Certificate"} {
		c := e.FindElement(path)
		if c == nil || !isBinary(text(c)) {
			return false
		}
	}
	return true
}

// isBinary says whether text is base64 of something.
func isBinary(text string) bool {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return err == nil && len(b) > 0
}
