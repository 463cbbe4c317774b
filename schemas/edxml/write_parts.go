package edxml

import (
	"strconv"

	"github.com/beevik/etree"
)

const prefix = "edXML:"

// newDocument builds the tree of a message.
func newDocument(e *Envelope) *etree.Document {
	doc := etree.NewDocument()
	doc.WriteSettings.CanonicalEndTags = true
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	root := doc.CreateElement("edXML")
	root.CreateAttr("xmlns", Namespace)
	envelope := child(root, "edXMLEnvelope")
	envelope.CreateAttr("xmlns:edXML", Namespace)
	header := child(envelope, "edXMLHeader")
	if e.Kind == KindStatus {
		writeStatus(child(header, "MessageHeader"), e)
	} else {
		writeLetter(child(header, "MessageHeader"), e)
		writeTrace(child(header, "TraceHeaderList"), e)
		writeManifest(child(envelope, "edXMLBody"), e)
		writeAttachments(root, e)
	}
	doc.Indent(2)
	return doc
}

// child adds an element under the prefix of header and body.
func child(e *etree.Element, tag string) *etree.Element { return e.CreateElement(prefix + tag) }

// put adds a text that the standard wants even when it is empty.
func put(e *etree.Element, tag, text string) { child(e, tag).SetText(text) }

// add adds a text that is left out when it is empty.
func add(e *etree.Element, tag, text string) {
	if text != "" {
		put(e, tag, text)
	}
}

// addList adds a list that is left out when it is empty.
func addList(e *etree.Element, tag, item string, texts []string) {
	if len(texts) == 0 {
		return
	}
	list := child(e, tag)
	for _, t := range texts {
		put(list, item, t)
	}
}

func writeLetter(m *etree.Element, e *Envelope) {
	writeOrganization(child(m, "From"), e.From)
	for _, o := range e.To {
		writeOrganization(child(m, "To"), o)
	}
	put(m, "DocumentId", e.DocumentID)
	code := child(m, "Code")
	put(code, "CodeNumber", e.Code.Number)
	put(code, "CodeNotation", e.Code.Notation)
	promulgation := child(m, "PromulgationInfo")
	put(promulgation, "Place", e.Promulgation.Place)
	put(promulgation, "PromulgationDate", string(e.Promulgation.Date))
	kind := child(m, "DocumentType")
	put(kind, "Type", e.DocumentType.Type)
	add(kind, "TypeDetail", e.DocumentType.Detail)
	put(kind, "TypeName", e.DocumentType.Name)
	put(m, "Subject", e.Subject)
	add(m, "Content", e.Content)
	signer := child(m, "SignerInfo")
	add(signer, "Competence", e.Signer.Competence)
	add(signer, "Position", e.Signer.Position)
	put(signer, "FullName", e.Signer.FullName)
	add(m, "DueDate", string(e.DueDate))
	writeOther(child(m, "OtherInfo"), e.Other)
	for _, f := range e.ResponseFor {
		writeResponseFor(child(m, "ResponseFor"), f)
	}
	add(m, "SteeringType", e.SteeringType)
	addList(m, "ToPlaces", "Place", e.ToPlaces)
	addList(m, "ResponseForTask", "TaskCode", e.TaskCodes)
}

func writeOrganization(e *etree.Element, o Organization) {
	put(e, "OrganId", o.ID)
	add(e, "OrganizationInCharge", o.InCharge)
	add(e, "OrganName", o.Name)
	add(e, "OrganAdd", o.Address)
	add(e, "Email", o.Email)
	add(e, "Telephone", o.Telephone)
	add(e, "Fax", o.Fax)
	add(e, "Website", o.Website)
}

func writeOther(e *etree.Element, o OtherInfo) {
	put(e, "Priority", strconv.Itoa(int(o.Priority)))
	add(e, "SphereOfPromulgation", o.Sphere)
	add(e, "TyperNotation", o.TyperNotation)
	add(e, "PromulgationAmount", o.PromulgationAmount)
	add(e, "PageAmount", o.PageAmount)
	add(e, "Direction", o.Direction)
	addList(e, "Appendixes", "Appendix", o.Appendixes)
	addList(e, "ReplyFors", "ReplyFor", o.ReplyFors)
	addList(e, "ReferenceCodes", "ReferenceCode", o.ReferenceCodes)
}

func writeResponseFor(e *etree.Element, f ResponseFor) {
	add(e, "OrganId", f.OrganID)
	add(e, "Code", f.Code)
	add(e, "PromulgationDate", string(f.PromulgationDate))
	add(e, "DocumentId", f.DocumentID)
}

func writeTrace(e *etree.Element, env *Envelope) {
	for _, t := range env.Trace {
		hop := child(e, "TraceHeader")
		add(hop, "OrganId", t.OrganID)
		add(hop, "Timestamp", string(t.Timestamp))
	}
	b := env.Business
	business := child(e, "Bussiness")
	add(business, "DocumentId", b.DocumentID)
	put(business, "BussinessDocType", strconv.Itoa(int(b.Type)))
	add(business, "BussinessDocReason", b.Reason)
	add(business, "Paper", b.Paper)
	if b.Type == BusinessUpdate {
		writeUpdate(child(business, "BussinessDocumentInfo"), b)
	}
	if b.Type == BusinessReplace {
		writeReplacements(child(business, "ReplacementInfoList"), b)
	}
	writeStaff(business, b.Staff)
}

func writeUpdate(e *etree.Element, b Business) {
	add(e, "DocumentInfo", b.DocumentInfo)
	add(e, "DocumentReceiver", b.DocumentReceiver)
	if len(b.Receivers) == 0 {
		return
	}
	list := child(e, "ReceiverList")
	for _, one := range b.Receivers {
		receiver := child(list, "Receiver")
		put(receiver, "OrganId", one.OrganID)
		add(receiver, "ReceiverType", one.Type)
	}
}

func writeReplacements(e *etree.Element, b Business) {
	for _, one := range b.Replacements {
		info := child(e, "ReplacementInfo")
		put(info, "DocumentId", one.DocumentID)
		addList(info, "OrganIdList", "OrganId", one.OrganIDs)
	}
}

func writeStaff(parent *etree.Element, s StaffInfo) {
	if s == (StaffInfo{}) {
		return
	}
	e := child(parent, "StaffInfo")
	add(e, "Department", s.Department)
	add(e, "DepartmentId", s.DepartmentID)
	add(e, "Staff", s.Staff)
	add(e, "StaffId", s.StaffID)
	add(e, "Email", s.Email)
	add(e, "Mobile", s.Mobile)
}

func writeStatus(m *etree.Element, e *Envelope) {
	writeOrganization(child(m, "From"), e.From)
	for _, f := range e.ResponseFor {
		writeResponseFor(child(m, "ResponseFor"), f)
	}
	writeStaff(m, e.Status.Staff)
	put(m, "StatusCode", string(e.Status.Code))
	add(m, "Description", e.Status.Description)
	put(m, "Timestamp", string(e.Status.Timestamp))
}

func writeManifest(body *etree.Element, e *Envelope) {
	manifest := child(body, "edXMLManifest")
	manifest.CreateAttr("version", "1.0")
	for _, a := range e.Attachments {
		ref := child(manifest, "Reference")
		put(ref, "ContentId", "cid:"+a.ContentID)
		put(ref, "ContentType", "application/zip") // whatever the type is: the builder's habit
		put(ref, "Description", describeAttachment(a))
		put(ref, "AttachmentName", a.Name)
	}
}

// describeAttachment falls back on the name, as the builder does.
func describeAttachment(a Attachment) string {
	if a.Description == "" {
		return a.Name
	}
	return a.Description
}

func writeAttachments(root *etree.Element, e *Envelope) {
	list := root.CreateElement("AttachmentEncoded")
	for _, a := range e.Attachments {
		one := list.CreateElement(attachmentTag)
		text := func(tag, value string) { one.CreateElement(tag).SetText(value) }
		contentType, _ := wireType(a.Name)
		text("ContentId", "cid:"+a.ContentID)
		text("AttachmentName", a.Name)
		text("Description", describeAttachment(a))
		text("ContentType", contentType)
		child(one, contentTag).CreateAttr("xmlns:edXML", Namespace)
	}
}
