package schemas

import (
	"strings"

	"congvan/schemas/edxml"
)

// letter checks the particulars of a letter (QCVN 102:2016, MessageHeader).
// Lengths are those that the widely deployed checker enforces and, where it is
// silent, those of NĐ 30/2020, Annex VI. What a letter is registered under is
// held to them as an error; contact lines and the like are only warned about.
func (c *checker) letter() {
	c.organizations()
	c.identity()
	c.documentType()
	c.signer()
	c.other()
	c.related()
	c.trace()
}

func (c *checker) organizations() {
	c.organization(pathMessage+"/From", c.env.From)
	if len(c.env.To) == 0 {
		c.need(pathMessage+"/To", "")
	}
	seen := map[string]int{}
	for i, to := range c.env.To {
		if c.full() {
			return
		}
		path := item(pathMessage+"/To", i, len(c.env.To))
		c.organization(path, to)
		id := strings.ToUpper(to.ID)
		if first, twice := seen[id]; twice && id != "" {
			c.fault(RuleDuplicateReceiver, path+"/OrganId", say(
				"Cơ quan nhận %s được ghi hai lần (lần thứ %d và lần thứ %d). Xóa bớt một.",
				"The receiver %s is listed twice (as number %d and number %d). Delete one.", quote(to.ID), first+1, i+1))
			continue
		}
		seen[id] = i
	}
}

func (c *checker) organization(path string, o edxml.Organization) {
	if o.ID == "null" { // written by software that had no code
		o.ID = ""
	}
	if c.need(path+"/OrganId", o.ID) {
		c.agencyCode(path+"/OrganId", o.ID)
	}
	c.fits(SeverityError, field{path + "/OrganName", o.Name, 200})
	c.fits(SeverityWarning,
		field{path + "/OrganizationInCharge", o.InCharge, 500},
		field{path + "/OrganAdd", o.Address, 500},
		field{path + "/Email", o.Email, 100},
		field{path + "/Telephone", o.Telephone, 20},
		field{path + "/Fax", o.Fax, 20})
}

// agencyCode warns about unusual codes; the directory decides whether an agency
// exists, so only a code that no directory can hold is an error.
func (c *checker) agencyCode(path, code string) {
	if n := characters(code, maxAgencyCode); n > maxAgencyCode {
		c.fits(SeverityError, field{path, code, maxAgencyCode})
		return
	}
	if _, ok := ParseAgencyCode(code); ok {
		return
	}
	c.warn(RuleAgencyCode, path, say(
		"Mã định danh %s không theo dạng nào đã biết: mã cũ như 000.00.00.H26 (QCVN 102:2016) hoặc mã mới như H26.99 (QĐ 20/2020/QĐ-TTg). Kiểm tra lại với danh bạ.",
		"The agency code %s follows no known form: old codes look like 000.00.00.H26 (QCVN 102:2016), new ones like H26.99 (QĐ 20/2020/QĐ-TTg). Check it against the directory.", quote(code)))
}

// identity checks what the letter is known by.
func (c *checker) identity() {
	code := pathMessage + "/Code/"
	c.need(pathMessage+"/DocumentId", c.env.DocumentID)
	number := c.need(code+"CodeNumber", c.env.Code.Number)
	notation := c.need(code+"CodeNotation", c.env.Code.Notation)
	if number && notation {
		c.notationForm()
	}
	c.need(pathMessage+"/Subject", c.env.Subject)
	place := pathMessage + "/PromulgationInfo/Place"
	c.need(place, c.env.Promulgation.Place)
	c.fits(SeverityError,
		field{code + "CodeNumber", c.env.Code.Number, 11},
		field{code + "CodeNotation", c.env.Code.Notation, 30},
		field{pathMessage + "/Subject", c.env.Subject, 500},
		field{place, c.env.Promulgation.Place, 50})
	c.fits(SeverityWarning, field{pathMessage + "/Content", c.env.Content, 500})
	c.issued()
}

func (c *checker) documentType() {
	path := pathMessage + "/DocumentType/"
	t := c.env.DocumentType
	if c.need(path+"Type", t.Type) && t.Type != normative && t.Type != administrative {
		c.warn(RuleDocumentTypeCode, path+"Type", say(
			"Mã loại văn bản là %s; quy định chỉ có 1 (quy phạm pháp luật) và 2 (hành chính). Vẫn nhận; nên sửa ở phần mềm gửi.",
			"The code of the type of letter is %s; the regulation knows only 1 (normative) and 2 (administrative). It is accepted; better correct it in the sending software.", quote(t.Type)))
	}
	if !c.need(path+"TypeName", t.Name) {
		return
	}
	c.fits(SeverityError, field{path + "TypeName", t.Name, 100})
	known, ok := LookupDocumentType(t.Name)
	if ok {
		c.notationType(known)
		return
	}
	if t.Type != normative && !c.party() {
		c.warn(RuleDocumentTypeName, path+"TypeName", say(
			"Tên loại %s không có trong 29 loại văn bản hành chính của Nghị định 30/2020/NĐ-CP. Kiểm tra lại tên loại.",
			"The type %s is not among the 29 types of administrative documents of Decree 30/2020/NĐ-CP. Check the name.", quote(t.Name)))
	}
}

// Values of DocumentType/Type.
const (
	normative      = "1" // văn bản quy phạm pháp luật
	administrative = "2" // văn bản hành chính
)

// party tells whether the sender is a body of the Party, whose letters follow
// rules of their own. Only new codes show it (group A).
func (c *checker) party() bool {
	code, ok := ParseAgencyCode(c.env.From.ID)
	return ok && code.Format == FormatNew && strings.HasPrefix(code.Text, "A")
}

func (c *checker) signer() {
	path := pathMessage + "/SignerInfo/"
	c.need(path+"FullName", c.env.Signer.FullName)
	c.fits(SeverityWarning,
		field{path + "FullName", c.env.Signer.FullName, 50},
		field{path + "Position", c.env.Signer.Position, 100})
}

func (c *checker) other() {
	path := pathMessage + "/OtherInfo/"
	o := c.env.Other
	if p := o.PriorityText; p != "" && (len(p) != 1 || p < "0" || p > "5") {
		c.warn(RulePriority, path+"Priority", say(
			"Mức độ khẩn %s không có trong bảng mã (0 hoặc 5: thường, 1: khẩn, 2: thượng khẩn, 3: hỏa tốc, 4: hỏa tốc hẹn giờ). Văn bản được coi là thường; sửa lại nếu là văn bản khẩn.",
			"The urgency %s is not a known code (0 or 5: normal, 1: urgent, 2: very urgent, 3: express, 4: express at a set hour). The letter is treated as normal; correct it if it is urgent.", quote(p)))
	}
	c.fits(SeverityWarning,
		field{path + "SphereOfPromulgation", o.Sphere, 100},
		field{path + "TyperNotation", o.TyperNotation, 10})
	total := 0
	for i, place := range c.env.ToPlaces {
		total += characters(place, 0)
		c.fits(SeverityWarning, field{item(pathMessage+"/ToPlaces/Place", i, len(c.env.ToPlaces)), place, 150})
		if c.full() {
			return
		}
	}
	if total > 1000 {
		c.warn(RuleTooLong, pathMessage+"/ToPlaces", say(
			"Nơi nhận dài tổng cộng %d ký tự, quá giới hạn %d ký tự. Rút gọn lại.",
			"The distribution list has %d characters in all, more than the limit of %d. Shorten it.", total, 1000))
	}
}

// related checks the letters that this one answers.
func (c *checker) related() {
	for i, r := range c.env.ResponseFor {
		if c.full() {
			return
		}
		c.date(SeverityWarning, item(pathMessage+"/ResponseFor", i, len(c.env.ResponseFor))+"/PromulgationDate", r.PromulgationDate)
	}
}

func (c *checker) trace() {
	at, header := c.outline.find(pathHeader)
	if header && !c.outline.has(at, "TraceHeaderList") {
		c.warn(RuleTraceMissing, pathTrace, say(
			"Gói tin không có thông tin vết gửi nhận (TraceHeaderList); văn bản được coi là văn bản mới. Nên bổ sung ở phần mềm gửi.",
			"The message has no trace (TraceHeaderList); the letter is taken for a new one. Better add it in the sending software."))
	}
	for i, t := range c.env.Trace {
		if c.full() {
			return
		}
		c.timestamp(item(pathTrace+"/TraceHeader", i, len(c.env.Trace))+"/Timestamp", t.Timestamp)
	}
}
