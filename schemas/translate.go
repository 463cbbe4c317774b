package schemas

import (
	"cmp"

	"congvan/schemas/edxml"
)

// translator turns an engine's violations into findings.
type translator struct {
	outline *outline // of the message as it came; findings speak of it
	checked *outline // of what the engine saw; the same elements, other offsets
	// strange holds the parents and names already called misplaced, so that an
	// unknown element that comes twice is not called repeated.
	strange map[stranger]bool
}

type stranger struct {
	parent int
	name   string
}

// translate gives the findings of the schema, in the engine's order.
func translate(o, checked *outline, violations []violation) []Finding {
	t := translator{outline: o, checked: checked, strange: map[stranger]bool{}}
	out := make([]Finding, 0, len(violations))
	for _, v := range violations {
		out = append(out, t.finding(v))
	}
	return out
}

func (t *translator) finding(v violation) Finding {
	offset := t.checked.offset(v.line, v.column)
	at := t.checked.at(v.path, offset)
	switch v.kind {
	case violatesElement:
		return t.misplaced(v, at, offset)
	case violatesMissing:
		return t.missing(v, at)
	case violatesValue:
		return t.value(v, at)
	case violatesMarkup:
		return t.place(at, v, SeverityError, RuleMarkup, say2(
			"Trong %s chỉ được ghi chữ, nhưng có phần tử XML lồng bên trong, nên không chắc đọc đúng. Bỏ phần tử lồng, chỉ để lại chữ.",
			"%s may hold only text, but holds XML elements, so it cannot be read with certainty. Remove them and leave the text.", t.label(at, v)))
	case violatesText:
		f := t.place(at, v, SeverityWarning, RuleStrayText, say2(
			"Có chữ nằm lạc giữa các phần tử trong %s. Chữ này không được đọc; xóa đi hoặc đưa vào đúng phần tử.",
			"There is text astray between the elements of %s. It is not read; delete it or put it into an element.", t.label(at, v)))
		f.Line, f.Column = v.line, max(v.column, 1)
		return f
	case violatesAttribute:
		return t.place(at, v, SeverityWarning, RuleAttribute, say2(
			"Thẻ của %s có thuộc tính XML lạ hoặc ghi sai. Thuộc tính này không được đọc; nên bỏ đi.",
			"The tag of %s has an XML attribute that is unknown or malformed. It is not read; better remove it.", t.label(at, v)))
	case violatesXSI:
		return t.place(at, v, SeverityError, RuleSchemaType, say2(
			"Thẻ của %s mang chỉ dẫn xsi:type hoặc xsi:nil không dùng được với mẫu edXML. Bỏ chỉ dẫn này.",
			"The tag of %s carries an xsi:type or xsi:nil that does not fit the edXML schema. Remove it.", t.label(at, v)))
	}
	return t.unreadable(v, at)
}

// unreadable speaks of a document that could not be checked to its end.
func (t *translator) unreadable(v violation, at int) Finding {
	switch v.kind {
	case violatesXML:
		return t.place(at, v, SeverityError, RuleNotWellFormed, say(
			"Gói tin không đúng cú pháp XML ở dòng %d (thẻ mở, đóng không khớp, ký tự không hợp lệ, hoặc có DOCTYPE). Xuất lại tệp từ phần mềm quản lý văn bản.",
			"The message is not well-formed XML at line %d (tags that do not match, an illegal character, or a DOCTYPE). Export the file again from the office system.", v.line))
	case violatesRoot:
		return t.place(at, v, SeverityError, RuleRoot, say2(
			"Phần tử gốc không phải edXML của không gian tên “%s”. Kiểm tra tệp có đúng là văn bản edXML theo QCVN 102:2016 không.",
			"The root element is not edXML in the namespace “%s”. Check that the file is an edXML message of QCVN 102:2016.", same(edxml.Namespace)))
	case violatesLimit:
		return t.place(at, v, SeverityError, RuleLimit, say(
			"Phần phong bì của gói tin quá lớn hoặc lồng quá nhiều lớp (giới hạn %d MB, %d lớp, %d thuộc tính một thẻ). Bỏ nội dung thừa; tệp phải nằm trong phần đính kèm.",
			"The envelope is too large or nested too deeply (limits: %d MB, %d levels, %d attributes on a tag). Remove what does not belong; files go into the attachments.",
			maxSkeleton>>20, maxDepth, maxAttributes))
	}
	return t.place(at, v, SeverityError, RuleEngine, say(
		"Không kiểm tra được gói tin theo mẫu edXML. Thử lại; nếu vẫn lỗi, báo người quản trị hệ thống.",
		"The message could not be checked against the edXML schema. Try again; if it persists, tell the administrator."))
}

// misplaced speaks of a child that the schema does not expect: one too many,
// or one that does not belong there at all.
func (t *translator) misplaced(v violation, parent, offset int) Finding {
	child := t.checked.startingAt(offset)
	if child < 0 {
		return t.place(parent, v, SeverityWarning, RuleMisplaced, say2(
			"Trong %s có phần tử không thuộc mẫu edXML. Bên nhận có thể không đọc; nên bỏ đi.",
			"%s holds an element that is not in the edXML schema. Receivers may not read it; better remove it.", t.label(parent, v)))
	}
	n := t.outline.nodes[child]
	key := stranger{n.parent, n.name}
	if nth, _ := t.outline.position(child); nth > 1 && !t.strange[key] {
		return repeated(t.outline, child)
	}
	t.strange[key] = true
	return t.place(child, v, SeverityWarning, RuleMisplaced, say2(
		"Phần tử %s không thuộc %s theo mẫu edXML. Bên nhận có thể không đọc phần này; kiểm tra tên và vị trí, hoặc bỏ đi.",
		"The element %s does not belong to %s in the edXML schema. Receivers may not read it; check its name and place, or remove it.",
		same("“"+n.name+"”"), t.label(n.parent, v)))
}

// repeated speaks of an element that stands twice where one is meant.
func repeated(o *outline, child int) Finding {
	path := o.path(child)
	return o.finding(path, SeverityError, RuleRepeated, say2(
		"%s xuất hiện hơn một lần, không rõ lấy phần nào. Chỉ giữ lại một.",
		"%s is there more than once, and it is not clear which one counts. Keep one.", capital(label(path))))
}

// missing speaks of children that the schema requires. The engine does not name
// them; the outline does.
func (t *translator) missing(v violation, parent int) Finding {
	element := v.path
	if parent >= 0 {
		element = t.outline.path(parent)
	}
	for _, name := range requiredChildren(lastStep(element)) {
		if !t.outline.has(parent, name) {
			path := element + "/" + name
			return t.outline.finding(path, SeverityError, RuleMissing, say2(
				"Thiếu %s. Bổ sung phần này rồi gửi lại.", "%s is missing. Add it and send again.", label(path)).capitalEn())
		}
	}
	return t.place(parent, v, SeverityError, RuleMissing, say2(
		"%s thiếu một phần bắt buộc. Bổ sung rồi gửi lại.",
		"%s lacks a required part. Add it and send again.", capital(t.label(parent, v))))
}

// requiredChildren lists what the schemas require below an element.
func requiredChildren(parent string) []string {
	switch parent {
	case "edXML":
		return []string{"edXMLEnvelope"}
	case "edXMLEnvelope":
		return []string{"edXMLHeader"}
	case "MessageHeader": // of a status message; a letter's is left to the rules
		return []string{"From", "ResponseFor", "StatusCode"}
	case "From", "To", "Receiver":
		return []string{"OrganId"}
	case "Code":
		return []string{"CodeNumber", "CodeNotation"}
	case "PromulgationInfo":
		return []string{"Place", "PromulgationDate"}
	case "DocumentType":
		return []string{"Type", "TypeName"}
	case "SignerInfo":
		return []string{"FullName"}
	case "ReplacementInfo":
		return []string{"DocumentId"}
	case "Reference":
		return []string{"ContentId"}
	case "Attachment":
		return []string{"ContentId", "ContentTransferEncoded"}
	}
	return nil
}

// value speaks of text that does not have the form the schema asks for.
func (t *translator) value(v violation, at int) Finding {
	severity := SeverityWarning
	switch lastStep(v.path) {
	case "PromulgationDate":
		if lastStep(parentPath(v.path)) == "PromulgationInfo" {
			severity = SeverityError
		}
	case "BussinessDocType", "StatusCode", "ContentTransferEncoded":
		severity = SeverityError
	}
	want := wantedForm(lastStep(v.path))
	return t.place(at, v, severity, RuleValue, say2(
		"%s ghi chưa đúng dạng: cần %s. Sửa lại giá trị này.",
		"%s does not have the right form: it takes %s. Correct it.", capital(t.label(at, v)), want))
}

// wantedForm says what a typed element takes.
func wantedForm(name string) text {
	switch name {
	case "PromulgationDate", "DueDate":
		return text{"ngày dạng năm/tháng/ngày, ví dụ 2026/03/05", "a date as year/month/day, such as 2026/03/05"}
	case "Timestamp":
		return text{"thời điểm dạng năm/tháng/ngày giờ:phút:giây, ví dụ 2026/03/05 14:30:00", "a time as year/month/day hour:minute:second, such as 2026/03/05 14:30:00"}
	case "Priority":
		return text{"một số từ 0 đến 5", "a number from 0 to 5"}
	case "BussinessDocType":
		return text{"0 (mới), 1 (thu hồi), 2 (cập nhật) hoặc 3 (thay thế)", "0 (new), 1 (recall), 2 (update) or 3 (replacement)"}
	case "StatusCode":
		return text{"hai chữ số từ 01 đến 16", "two digits from 01 to 16"}
	case "Direction":
		return text{"true hoặc false", "true or false"}
	case "Paper", "DocumentInfo", "DocumentReceiver", "ReceiverType":
		return text{"0 hoặc 1", "0 or 1"}
	case "ContentTransferEncoded":
		return text{"nội dung mã hóa base64", "base64 text"}
	}
	return text{"một số nguyên không âm", "a whole number, not negative"}
}

// label names the element that a violation is about.
func (t *translator) label(at int, v violation) text {
	if at < 0 {
		return label(v.path)
	}
	return label(t.outline.plainPath(at))
}

// place makes a finding about a node, or about the engine's own words for the
// place when the outline does not know it.
func (t *translator) place(at int, v violation, s Severity, rule string, say text) Finding {
	if at >= 0 {
		return t.outline.finding(t.outline.path(at), s, rule, say)
	}
	return Finding{Severity: s, Rule: rule, Element: cmp.Or(v.path, "/"), Line: v.line, Column: v.column, Vi: say.vi, En: say.en}
}

// finding makes a finding about the element at a path, with its place.
func (o *outline) finding(path string, s Severity, rule string, say text) Finding {
	f := Finding{Severity: s, Rule: rule, Element: path, Vi: say.vi, En: say.en}
	if i, _ := o.find(path); i >= 0 {
		f.Line, f.Column = o.lineColumn(o.nodes[i].offset)
	}
	return f
}

// startingAt gives the element whose tag starts exactly at an offset, or -1.
func (o *outline) startingAt(offset int) int {
	for i, n := range o.nodes {
		if n.offset == offset {
			return i
		}
	}
	return -1
}
