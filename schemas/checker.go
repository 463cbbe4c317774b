package schemas

import (
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"congvan/schemas/edxml"
)

// Where things stand in a message.
const (
	pathHeader      = "/edXML/edXMLEnvelope/edXMLHeader"
	pathMessage     = pathHeader + "/MessageHeader"
	pathTrace       = pathHeader + "/TraceHeaderList"
	pathBusiness    = pathTrace + "/Bussiness"
	pathReferences  = "/edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference"
	pathAttachments = "/edXML/AttachmentEncoded/Attachment"
)

// checker applies the rules to one message.
type checker struct {
	env      *edxml.Envelope
	outline  *outline
	today    time.Time // in Vietnam
	notation *regexp.Regexp
	found    []Finding
}

func (c *checker) run() {
	c.once()
	if c.env.Kind == edxml.KindStatus {
		c.status()
		return
	}
	c.letter()
	c.business()
	c.attachments()
	c.secrecy()
}

func (c *checker) fault(rule, path string, t text) {
	c.found = append(c.found, c.outline.finding(path, SeverityError, rule, t))
}

func (c *checker) warn(rule, path string, t text) {
	c.found = append(c.found, c.outline.finding(path, SeverityWarning, rule, t))
}

// full tells that more findings would not be listed, so that a hostile message
// with a million defects costs no more than one with a hundred.
func (c *checker) full() bool { return len(c.found) > 2*maxFindings }

// item is the path of element i of n brothers.
func item(path string, i, n int) string {
	if n < 2 {
		return path
	}
	return path + "[" + strconv.Itoa(i+1) + "]"
}

// need reports a required value that is empty or missing.
func (c *checker) need(path, value string) bool {
	if value != "" {
		return true
	}
	c.fault(RuleRequired, path, say2(
		"Chưa có %s. Bổ sung phần này rồi gửi lại.", "%s is missing. Fill it in and send again.", label(path)).capitalEn())
	return false
}

// field is a text with a greatest length in characters.
type field struct {
	path, value string
	most        int
}

// fits reports a text that is too long, as error or warning.
func (c *checker) fits(s Severity, fields ...field) {
	for _, f := range fields {
		n := characters(f.value, f.most)
		if n <= f.most {
			continue
		}
		c.found = append(c.found, c.outline.finding(f.path, s, RuleTooLong, say2(
			"%s dài %s ký tự, quá giới hạn %s ký tự. Rút gọn lại.",
			"%s has %s characters, more than the limit of %s. Shorten it.",
			capital(label(f.path)), same(strconv.Itoa(n)), same(strconv.Itoa(f.most)))))
	}
}

// characters counts a text as people do, after composing its marks (NFC). A
// text of no more bytes than the limit is not looked at.
func characters(s string, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	return utf8.RuneCountInString(norm.NFC.String(s))
}

// once reports elements that repeat where the schema, for the sake of free
// order, lets them.
func (c *checker) once() {
	c.single(pathHeader, "MessageHeader", "TraceHeaderList")
	c.single(pathTrace, "Bussiness")
	c.single(pathMessage, "From", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content",
		"SignerInfo", "DueDate", "OtherInfo", "SteeringType", "ToPlaces", "StatusCode", "Timestamp", "StaffInfo")
}

func (c *checker) single(parent string, names ...string) {
	at, whole := c.outline.find(parent)
	if !whole {
		return
	}
	for _, name := range names {
		if second := c.outline.child(at, name+"[2]"); second >= 0 {
			c.found = append(c.found, repeated(c.outline, second))
		}
	}
}
