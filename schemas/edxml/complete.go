package edxml

import (
	"fmt"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// complete says what Write cannot do without. Whether the content is right is
// for the schema and the rules to say.
func (e *Envelope) complete() error {
	var missing string // the first thing
	need := func(ok bool, what string) {
		if !ok && missing == "" {
			missing = what
		}
	}
	need(e.From.ID != "", "From/OrganId")
	switch e.Kind {
	case KindDocument:
		e.completeDocument(need)
	case KindStatus:
		need(e.Status != nil && e.Status.Code != "", "StatusCode")
		need(e.Status == nil || e.Status.Timestamp != "", "Timestamp")
		need(len(e.ResponseFor) > 0, "ResponseFor")
		need(len(e.Attachments) == 0, "a kind that may have attachments")
	default:
		need(false, "Kind")
	}
	if missing != "" {
		return fmt.Errorf("%w: %s", ErrIncomplete, missing)
	}
	return nil
}

func (e *Envelope) completeDocument(need func(ok bool, what string)) {
	need(e.DocumentID != "", "DocumentId")
	need(len(e.To) > 0, "To")
	for _, o := range e.To {
		need(o.ID != "", "To/OrganId")
	}
	need(len(e.Trace) > 0, "TraceHeaderList/TraceHeader")
	need(e.Business.Type >= BusinessNew && e.Business.Type <= BusinessReplace, "BussinessDocType 0 to 3")
	need(e.Other.Priority >= PriorityNormal && e.Other.Priority <= PriorityTimedExpress, "Priority 0 to 4")
	seen := map[string]bool{}
	for _, a := range e.Attachments {
		need(a.Name != "", "AttachmentName")
		need(a.ContentID != "" && !seen[a.ContentID], "an attachment ContentId of its own")
		seen[a.ContentID] = true
	}
}

// checkTexts refuses text that XML cannot carry, before it is replaced silently.
func checkTexts(e *etree.Element) error {
	for _, t := range e.Child {
		switch c := t.(type) {
		case *etree.Element:
			if err := checkTexts(c); err != nil {
				return err
			}
		case *etree.CharData:
			if at, _, _ := checkChars([]byte(c.Data)); at >= 0 {
				r, _ := utf8.DecodeRuneInString(c.Data[at:])
				return fmt.Errorf("%w: %s without the character %U", ErrIncomplete, elementPath(e), r)
			}
		}
	}
	return nil
}
