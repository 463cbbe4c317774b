package edxml

import (
	"strconv"

	"github.com/beevik/etree"
)

// messageHeader reads the particulars of a letter, or of a status message.
func (r *reader) messageHeader(e *etree.Element) {
	for c := range r.children(e) {
		if !r.letterPart(c) && !r.statusPart(c) {
			r.odd(QuirkUnknownElement, c)
		}
	}
}

func (r *reader) letterPart(c *etree.Element) bool {
	env := r.env
	switch c.Tag {
	case "From":
		r.organization(&env.From, c)
	case "To":
		var o Organization
		r.organization(&o, c)
		env.To = append(env.To, o)
	case "DocumentId":
		r.documentID(c)
	case "Code":
		r.code(c)
	case "PromulgationInfo":
		r.promulgation(c)
	case "DocumentType":
		r.documentType(c)
	case "Subject":
		r.set(&env.Subject, c)
	case "Content":
		r.set(&env.Content, c)
	case "SignerInfo":
		r.signer(c)
	case "DueDate":
		r.date(&env.DueDate, c)
	case "OtherInfo":
		r.other(c)
	case "ResponseFor":
		r.responseFor(c)
	case "SteeringType":
		r.set(&env.SteeringType, c)
	case "ToPlaces":
		r.list(&env.ToPlaces, c, "Place")
	case "ResponseForTask":
		r.list(&env.TaskCodes, c, "TaskCode")
	case "ApplicationType":
	default:
		return false
	}
	return true
}

func (r *reader) statusPart(c *etree.Element) bool {
	switch c.Tag {
	case "StaffInfo":
		r.staff(&r.status.Staff, c)
	case "StatusCode":
		r.statusCode(c)
	case "Description":
		r.set(&r.status.Description, c)
	case "Timestamp":
		r.timestamp(&r.status.Timestamp, c)
	default:
		return false
	}
	return true
}

func (r *reader) organization(o *Organization, e *etree.Element) {
	for c := range r.children(e) {
		field := o.field(c.Tag)
		switch {
		case field == nil:
			r.odd(QuirkUnknownElement, c)
		case field == &o.ID:
			r.organID(field, c)
		default:
			r.set(field, c)
		}
	}
}

// field names the element of each field.
func (o *Organization) field(tag string) *string {
	switch tag {
	case "OrganId":
		return &o.ID
	case "OrganizationInCharge":
		return &o.InCharge
	case "OrganName":
		return &o.Name
	case "OrganAdd":
		return &o.Address
	case "Email":
		return &o.Email
	case "Telephone":
		return &o.Telephone
	case "Fax":
		return &o.Fax
	case "Website":
		return &o.Website
	}
	return nil
}

func (r *reader) documentID(e *etree.Element) {
	r.set(&r.env.DocumentID, e)
	if id := r.env.DocumentID; id != "" {
		if d, ok := ParseDocumentID(id); !ok || !d.Date.standard() {
			r.odd(QuirkDocumentIDFormat, e)
		}
	}
}

func (r *reader) code(e *etree.Element) {
	if len(e.ChildElements()) == 0 {
		r.env.Code = ParseCode(text(e))
		return
	}
	r.fields(e, func(tag string) *string {
		switch tag {
		case "CodeNumber":
			return &r.env.Code.Number
		case "CodeNotation":
			return &r.env.Code.Notation
		}
		return nil
	})
}

func (r *reader) promulgation(e *etree.Element) {
	for c := range r.children(e) {
		switch c.Tag {
		case "Place":
			r.set(&r.env.Promulgation.Place, c)
		case "PromulgationDate":
			r.date(&r.env.Promulgation.Date, c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
}

func (r *reader) documentType(e *etree.Element) {
	t := &r.env.DocumentType
	r.fields(e, func(tag string) *string {
		switch tag {
		case "Type":
			return &t.Type
		case "TypeDetail":
			return &t.Detail
		case "TypeName":
			return &t.Name
		}
		return nil
	})
	if t.Type != "" && t.Type != "1" && t.Type != "2" {
		r.odd(QuirkDocumentType, e)
	}
}

func (r *reader) signer(e *etree.Element) {
	s := &r.env.Signer
	r.fields(e, func(tag string) *string {
		switch tag {
		case "Competence":
			return &s.Competence
		case "Position":
			return &s.Position
		case "FullName":
			return &s.FullName
		}
		return nil
	})
}

func (r *reader) other(e *etree.Element) {
	o := &r.env.Other
	for c := range r.children(e) {
		switch c.Tag {
		case "Priority":
			r.priority(c)
		case "Appendixes":
			r.list(&o.Appendixes, c, "Appendix")
		case "ReplyFors":
			r.list(&o.ReplyFors, c, "ReplyFor")
		case "ReferenceCodes":
			r.list(&o.ReferenceCodes, c, "ReferenceCode")
		default:
			if f := o.field(c.Tag); f != nil {
				r.set(f, c)
			} else {
				r.odd(QuirkUnknownElement, c)
			}
		}
	}
}

// field names the element of each plain field.
func (o *OtherInfo) field(tag string) *string {
	switch tag {
	case "SphereOfPromulgation":
		return &o.Sphere
	case "TyperNotation":
		return &o.TyperNotation
	case "PromulgationAmount":
		return &o.PromulgationAmount
	case "PageAmount":
		return &o.PageAmount
	case "Direction":
		return &o.Direction
	}
	return nil
}

// priority takes an urgency that is not known as normal and keeps its text.
func (r *reader) priority(e *etree.Element) {
	o := &r.env.Other
	r.set(&o.PriorityText, e)
	if o.PriorityText == "" {
		return
	}
	n, err := strconv.Atoi(o.PriorityText)
	if err != nil || n < int(PriorityNormal) || n > int(PriorityTimedExpress) {
		r.odd(QuirkPriority, e)
		n = int(PriorityNormal)
	}
	o.Priority = Priority(n)
}

// list reads the texts of a list; empty ones are dropped.
func (r *reader) list(texts *[]string, e *etree.Element, item string) {
	for c := range r.children(e) {
		value := text(c)
		switch {
		case c.Tag != item:
			r.odd(QuirkUnknownElement, c)
		case value != "":
			*texts = append(*texts, value)
		}
	}
}

func (r *reader) responseFor(e *etree.Element) {
	var f ResponseFor
	for c := range r.children(e) {
		switch c.Tag {
		case "OrganId":
			r.organID(&f.OrganID, c)
		case "Code":
			r.set(&f.Code, c)
		case "PromulgationDate":
			r.date(&f.PromulgationDate, c)
		case "DocumentId":
			r.set(&f.DocumentID, c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
	if f == (ResponseFor{}) {
		r.odd(QuirkEmptyResponseFor, e)
		return
	}
	r.env.ResponseFor = append(r.env.ResponseFor, f)
}

func (r *reader) staff(s *StaffInfo, e *etree.Element) {
	r.fields(e, func(tag string) *string {
		switch tag {
		case "Department":
			return &s.Department
		case "DepartmentId":
			return &s.DepartmentID
		case "Staff":
			return &s.Staff
		case "StaffId":
			return &s.StaffID
		case "Email":
			return &s.Email
		case "Mobile":
			return &s.Mobile
		}
		return nil
	})
}

func (r *reader) statusCode(e *etree.Element) {
	r.set((*string)(&r.status.Code), e)
	if code := r.status.Code; len(code) == 1 && code >= "1" && code <= "9" {
		r.status.Code = "0" + code
		r.odd(QuirkStatusCode, e)
	}
	r.inStatus = r.status.Code != ""
}
