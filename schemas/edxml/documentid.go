package edxml

import "strings"

// DocumentID is a document identifier of the standard's form,
// OrganId,yyyy/MM/dd,number/notation.
type DocumentID struct {
	OrganID string // of the issuer
	Date    Date   // of issue, as it stood
	Code    Code
}

// ParseDocumentID takes an identifier apart. It gives false for the other forms
// that are in use, such as a UUID; those are opaque. An identifier holds
// commas, slashes and đ, so it must never become a file name or a URL path.
func ParseDocumentID(id string) (DocumentID, bool) {
	organ, rest, ok1 := strings.Cut(id, ",")
	date, code, ok2 := strings.Cut(rest, ",")
	d := DocumentID{
		OrganID: strings.TrimSpace(organ),
		Date:    Date(strings.TrimSpace(date)),
		Code:    ParseCode(strings.TrimSpace(code)),
	}
	if !ok1 || !ok2 || d.OrganID == "" || d.Code.Number == "" {
		return DocumentID{}, false
	}
	if _, err := d.Date.Time(); err != nil {
		return DocumentID{}, false
	}
	return d, true
}

// String builds the identifier.
func (d DocumentID) String() string {
	return d.OrganID + "," + string(d.Date) + "," + d.Code.String()
}

// ParseCode cuts number/notation at its first slash.
func ParseCode(text string) Code {
	number, notation, _ := strings.Cut(text, "/")
	return Code{Number: number, Notation: notation}
}
