package edxml

import (
	"strconv"

	"github.com/beevik/etree"
)

func (r *reader) trace(e *etree.Element) {
	for _, a := range e.Attr {
		if a.Space != "xmlns" && a.Key != "xmlns" {
			r.odd(QuirkTraceAttributes, e)
			break
		}
	}
	for c := range r.children(e) {
		switch c.Tag {
		case "TraceHeader":
			r.hop(c)
		case "Bussiness", "Business":
			r.business(c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
}

func (r *reader) hop(e *etree.Element) {
	var t TraceHeader
	named := false
	for c := range r.children(e) {
		switch c.Tag {
		case "OrganId":
			named = true
			r.organID(&t.OrganID, c)
		case "Timestamp":
			r.timestamp(&t.Timestamp, c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
	if !named {
		r.odd(QuirkTraceWithoutOrganID, e)
	}
	r.env.Trace = append(r.env.Trace, t)
}

func (r *reader) business(e *etree.Element) {
	b := &r.env.Business
	if b.Present {
		r.odd(QuirkRepeatedElement, e)
		return
	}
	b.Present = true
	for c := range r.children(e) {
		switch c.Tag {
		case "DocumentId":
			r.set(&b.DocumentID, c)
		case "BussinessDocType":
			r.set(&b.TypeText, c)
		case "BussinessDocReason":
			r.set(&b.Reason, c)
		case "Paper":
			r.set(&b.Paper, c)
		case "BussinessDocumentInfo":
			r.documentInfo(c)
		case "ReplacementInfoList":
			r.replacements(c)
		case "StaffInfo":
			r.staff(&b.Staff, c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
	n, err := strconv.Atoi(b.TypeText)
	if err != nil || n < int(BusinessNew) || n > int(BusinessReplace) {
		r.odd(QuirkBusinessType, e)
		n = int(BusinessNew)
	}
	b.Type = BusinessType(n)
}

func (r *reader) documentInfo(e *etree.Element) {
	b := &r.env.Business
	for c := range r.children(e) {
		switch c.Tag {
		case "DocumentInfo":
			r.set(&b.DocumentInfo, c)
		case "DocumentReceiver":
			r.set(&b.DocumentReceiver, c)
		case "ReceiverList":
			r.receivers(c)
		default:
			r.odd(QuirkUnknownElement, c)
		}
	}
}

func (r *reader) receivers(e *etree.Element) {
	for c := range r.children(e) {
		if c.Tag != "Receiver" {
			r.odd(QuirkUnknownElement, c)
			continue
		}
		var one BusinessReceiver
		for f := range r.children(c) {
			switch f.Tag {
			case "OrganId":
				r.organID(&one.OrganID, f)
			case "ReceiverType":
				r.set(&one.Type, f)
			default:
				r.odd(QuirkUnknownElement, f)
			}
		}
		r.env.Business.Receivers = append(r.env.Business.Receivers, one)
	}
}

func (r *reader) replacements(e *etree.Element) {
	for c := range r.children(e) {
		if c.Tag != "ReplacementInfo" {
			r.odd(QuirkUnknownElement, c)
			continue
		}
		var one Replacement
		for f := range r.children(c) {
			switch f.Tag {
			case "DocumentId":
				r.set(&one.DocumentID, f)
			case "OrganIdList":
				r.list(&one.OrganIDs, f, "OrganId")
			default:
				r.odd(QuirkUnknownElement, f)
			}
		}
		r.env.Business.Replacements = append(r.env.Business.Replacements, one)
	}
}
