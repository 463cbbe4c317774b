package schemas

import "strings"

// label gives the office's word for an element beside its name in the message:
// "số của văn bản (CodeNumber)". Unknown elements are called by their name.
func label(path string) text {
	name := lastStep(path)
	t, ok := officeWord(name, lastStep(parentPath(path)))
	if !ok {
		return same("“" + name + "”")
	}
	return text{t.vi + " (" + name + ")", t.en + " (" + name + ")"}
}

// parentPath cuts the last step off a path.
func parentPath(path string) string {
	return path[:max(strings.LastIndexByte(path, '/'), 0)]
}

// lastStep is the element's name at the end of a path, without its index.
func lastStep(path string) string {
	name, _, _ := strings.Cut(path[strings.LastIndexByte(path, '/')+1:], "[")
	return name
}

// officeWord names an element within its parent.
func officeWord(name, parent string) (text, bool) {
	if t, ok := organizationWord(name, parent); ok {
		return t, true
	}
	if t, ok := letterWord(name, parent); ok {
		return t, true
	}
	return messageWord(name, parent)
}

// organizationWord names the parts of From and To.
func organizationWord(name, parent string) (text, bool) {
	switch parent {
	case "From":
		return ofAgency(name, text{"của cơ quan gửi", "of the sending agency"})
	case "To":
		return ofAgency(name, text{"của cơ quan nhận", "of the receiving agency"})
	}
	return text{}, false
}

func ofAgency(name string, whose text) (text, bool) {
	t, ok := agencyWord(name)
	return text{t.vi + " " + whose.vi, t.en + " " + whose.en}, ok
}

func agencyWord(name string) (text, bool) {
	switch name {
	case "OrganId":
		return text{"mã định danh", "the code"}, true
	case "OrganizationInCharge":
		return text{"cơ quan chủ quản", "the superior body"}, true
	case "OrganName":
		return text{"tên", "the name"}, true
	case "OrganAdd":
		return text{"địa chỉ", "the address"}, true
	case "Email":
		return text{"thư điện tử", "the e-mail address"}, true
	case "Telephone":
		return text{"điện thoại", "the telephone number"}, true
	case "Fax":
		return text{"số fax", "the fax number"}, true
	case "Website":
		return text{"trang thông tin điện tử", "the website"}, true
	}
	return text{}, false
}

// letterWord names the parts that describe a letter.
func letterWord(name, parent string) (text, bool) {
	switch name {
	case "From":
		return text{"cơ quan gửi", "the sending agency"}, true
	case "To":
		return text{"cơ quan nhận", "the receiving agency"}, true
	case "Code":
		if parent == "ResponseFor" {
			return text{"số, ký hiệu của văn bản được nêu", "the number and notation of the letter referred to"}, true
		}
		return text{"số, ký hiệu", "the number and notation"}, true
	case "CodeNumber":
		return text{"số của văn bản", "the letter's number"}, true
	case "CodeNotation":
		return text{"ký hiệu của văn bản", "the letter's notation"}, true
	case "PromulgationInfo":
		return text{"thông tin ban hành", "the particulars of issue"}, true
	case "Place":
		if parent == "ToPlaces" {
			return text{"nơi nhận", "the distribution line"}, true
		}
		return text{"địa danh", "the place of issue"}, true
	case "PromulgationDate":
		if parent == "ResponseFor" {
			return text{"ngày ban hành của văn bản được nêu", "the issue date of the letter referred to"}, true
		}
		return text{"ngày ban hành", "the issue date"}, true
	case "DocumentType":
		return text{"loại văn bản", "the type of letter"}, true
	case "Type":
		return text{"mã loại văn bản", "the code of the type of letter"}, true
	case "TypeName":
		return text{"tên loại văn bản", "the name of the type of letter"}, true
	case "Subject":
		return text{"trích yếu", "the subject"}, true
	case "Content":
		return text{"nội dung", "the content"}, true
	case "SignerInfo":
		return text{"người ký", "the signer"}, true
	case "Competence":
		return text{"quyền hạn ký", "the signing capacity"}, true
	case "Position":
		return text{"chức vụ người ký", "the signer's title"}, true
	case "FullName":
		return text{"họ tên người ký", "the signer's name"}, true
	case "DueDate":
		return text{"hạn trả lời", "the date due"}, true
	}
	return otherInfoWord(name)
}

func otherInfoWord(name string) (text, bool) {
	switch name {
	case "OtherInfo":
		return text{"thông tin khác", "the other particulars"}, true
	case "Priority":
		return text{"mức độ khẩn", "the urgency"}, true
	case "SphereOfPromulgation":
		return text{"phạm vi lưu hành", "the sphere of circulation"}, true
	case "TyperNotation":
		return text{"ký hiệu người soạn thảo", "the typist's mark"}, true
	case "PromulgationAmount":
		return text{"số lượng bản phát hành", "the number of copies"}, true
	case "PageAmount":
		return text{"số trang", "the number of pages"}, true
	case "Direction":
		return text{"văn bản chỉ đạo", "the steering flag"}, true
	case "Appendix":
		return text{"phụ lục", "the appendix"}, true
	case "SteeringType":
		return text{"loại chỉ đạo", "the kind of steering"}, true
	case "ToPlaces":
		return text{"nơi nhận", "the distribution list"}, true
	}
	return text{}, false
}

// messageWord names the parts that carry a letter and report about it.
func messageWord(name, parent string) (text, bool) {
	switch name {
	case "edXMLEnvelope":
		return text{"phần phong bì", "the envelope"}, true
	case "edXMLHeader":
		return text{"phần đầu gói tin", "the header"}, true
	case "MessageHeader":
		return text{"thông tin văn bản", "the particulars"}, true
	case "DocumentId":
		if parent == "MessageHeader" {
			return text{"mã định danh văn bản", "the letter's identifier"}, true
		}
		return text{"mã định danh của văn bản được nêu", "the identifier of the letter referred to"}, true
	case "OrganId":
		return text{"mã định danh cơ quan", "the agency's code"}, true
	case "ResponseFor":
		return text{"văn bản được trả lời hoặc được nêu", "the letter answered or referred to"}, true
	case "TraceHeaderList":
		return text{"thông tin vết gửi nhận", "the trace"}, true
	case "Timestamp":
		return text{"thời điểm", "the time"}, true
	case "Bussiness":
		return text{"nghiệp vụ", "the business"}, true
	case "BussinessDocType":
		return text{"loại nghiệp vụ", "the kind of business"}, true
	case "Paper":
		return text{"có gửi kèm bản giấy", "the paper copy flag"}, true
	case "ReceiverType":
		return text{"kiểu cơ quan nhận", "the kind of receiver"}, true
	case "StatusCode":
		return text{"mã trạng thái", "the status code"}, true
	case "Description":
		if parent == "MessageHeader" {
			return text{"diễn giải trạng thái", "the explanation"}, true
		}
		return text{"mô tả tệp", "the file's description"}, true
	}
	return fileWord(name)
}

func fileWord(name string) (text, bool) {
	switch name {
	case "edXMLBody":
		return text{"phần thân gói tin", "the body"}, true
	case "edXMLManifest":
		return text{"danh mục tệp", "the manifest"}, true
	case "Reference":
		return text{"dòng trong danh mục tệp", "the manifest's line"}, true
	case "AttachmentEncoded":
		return text{"phần tệp đính kèm", "the attachments"}, true
	case "Attachment":
		return text{"tệp đính kèm", "the attachment"}, true
	case "ContentId":
		return text{"mã tệp", "the file's id"}, true
	case "AttachmentName":
		return text{"tên tệp", "the file name"}, true
	case "ContentTransferEncoded":
		return text{"nội dung tệp", "the file's content"}, true
	}
	return text{}, false
}
