package edxml

// Codes of SyntaxError. They are stable: clients may act on them.
const (
	CodeEmpty            = "empty-message"
	CodeTruncated        = "truncated"
	CodeDoctype          = "doctype"
	CodeEntity           = "entity"
	CodeEncoding         = "encoding"
	CodeVersion          = "xml-version"
	CodeUTF8             = "invalid-utf8"
	CodeChar             = "forbidden-character"
	CodeDeclaration      = "xml-declaration"
	CodeMarkup           = "bad-markup"
	CodeName             = "bad-name"
	CodeAttribute        = "bad-attribute"
	CodeDuplicateAttr    = "duplicate-attribute"
	CodeCharRef          = "bad-character-reference"
	CodeTagMismatch      = "tag-mismatch"
	CodeUnexpectedEnd    = "unexpected-end-tag"
	CodeOutsideRoot      = "outside-root"
	CodePayloadMarkup    = "payload-markup"
	CodeBase64Char       = "base64-character"
	CodeBase64Length     = "base64-length"
	CodeContentTwice     = "content-twice"
	CodeContentMissing   = "content-missing"
	CodeTooLong          = "too-long"
	CodeSkeleton         = "skeleton-too-long"
	CodeTagTooLong       = "tag-too-long"
	CodeTooDeep          = "too-deep"
	CodeTooManyElements  = "too-many-elements"
	CodeTooManyAttrs     = "too-many-attributes"
	CodeTooManyFiles     = "too-many-attachments"
	CodeNotEdXML         = "not-edxml"
	CodeUnknownNamespace = "unknown-namespace"
	CodeMissingElement   = "missing-element"
	CodeNotWellFormed    = "not-well-formed"
)

type description struct {
	kind   error
	vi, en string
}

func describe(code string) description {
	if d, ok := describeXML(code); ok {
		return d
	}
	if d, ok := describeLimit(code); ok {
		return d
	}
	return describeEdXML(code)
}

func describeXML(code string) (description, bool) {
	var d description
	switch code {
	case CodeEmpty:
		d = description{ErrTruncated, "gói tin rỗng", "the message is empty"}
	case CodeTruncated:
		d = description{ErrTruncated, "gói tin bị cắt cụt, còn thiếu phần cuối; hãy gửi lại", "the message is cut off before its end; send it again"}
	case CodeDoctype:
		d = description{ErrUnsafe, "không chấp nhận khai báo DOCTYPE", "a DOCTYPE declaration is not accepted"}
	case CodeEntity:
		d = description{ErrUnsafe, "không chấp nhận thực thể %q; chỉ dùng amp, lt, gt, quot, apos hoặc mã số", "entity %q is not accepted; only amp, lt, gt, quot, apos or numeric references"}
	case CodeEncoding:
		d = description{ErrMalformed, "bảng mã phải là UTF-8, không phải %q", "the encoding must be UTF-8, not %q"}
	case CodeVersion:
		d = description{ErrMalformed, "phiên bản XML phải là 1.0", "the XML version must be 1.0"}
	case CodeUTF8:
		d = description{ErrMalformed, "có byte không hợp lệ trong UTF-8", "bytes that are not valid UTF-8"}
	case CodeChar:
		d = description{ErrMalformed, "ký tự U+%04X không được phép trong XML", "character U+%04X is not allowed in XML"}
	case CodeDeclaration:
		d = description{ErrMalformed, "khai báo XML sai hoặc không nằm ở đầu tệp", "the XML declaration is wrong or not at the very start"}
	case CodeMarkup:
		d = description{ErrMalformed, "cú pháp XML sai: %s", "bad XML markup: %s"}
	case CodeName:
		d = description{ErrMalformed, "tên thẻ hoặc thuộc tính không hợp lệ", "a tag or attribute name is not valid"}
	case CodeAttribute:
		d = description{ErrMalformed, "thuộc tính viết sai cú pháp", "an attribute is not written as name=\"value\""}
	case CodeDuplicateAttr:
		d = description{ErrMalformed, "thuộc tính %q lặp lại trong một thẻ", "attribute %q stands twice in one tag"}
	case CodeCharRef:
		d = description{ErrMalformed, "mã ký tự viết sai hoặc không được phép", "a character reference is wrong or not allowed"}
	case CodeTagMismatch:
		d = description{ErrMalformed, "thẻ đóng </%s> không khớp với thẻ <%s> mở ở dòng %d", "end tag </%s> does not match <%s> opened on line %d"}
	case CodeUnexpectedEnd:
		d = description{ErrMalformed, "thẻ đóng </%s> không có thẻ mở", "end tag </%s> was never opened"}
	case CodeOutsideRoot:
		d = description{ErrMalformed, "có nội dung nằm ngoài phần tử gốc", "content outside the root element"}
	case CodeNotWellFormed:
		d = description{ErrMalformed, "XML không đúng cú pháp", "the XML is not well-formed"}
	default:
		return d, false
	}
	return d, true
}

func describeLimit(code string) (description, bool) {
	var d description
	switch code {
	case CodeTooLong:
		d = description{ErrTooLarge, "gói tin lớn hơn giới hạn %d byte", "the message is larger than the limit of %d bytes"}
	case CodeSkeleton:
		d = description{ErrTooLarge, "phần ngoài tệp đính kèm lớn hơn giới hạn %d byte", "what is not attachment is larger than the limit of %d bytes"}
	case CodeTagTooLong:
		d = description{ErrTooLarge, "một thẻ dài hơn giới hạn %d byte", "a tag is longer than the limit of %d bytes"}
	case CodeTooDeep:
		d = description{ErrTooLarge, "các phần tử lồng nhau sâu hơn giới hạn %d", "elements are nested deeper than the limit of %d"}
	case CodeTooManyElements:
		d = description{ErrTooLarge, "có nhiều phần tử hơn giới hạn %d", "there are more elements than the limit of %d"}
	case CodeTooManyAttrs:
		d = description{ErrTooLarge, "một thẻ có nhiều thuộc tính hơn giới hạn %d", "a tag has more attributes than the limit of %d"}
	case CodeTooManyFiles:
		d = description{ErrTooLarge, "có nhiều tệp đính kèm hơn giới hạn %d", "there are more attachments than the limit of %d"}
	default:
		return d, false
	}
	return d, true
}

func describeEdXML(code string) description {
	switch code {
	case CodePayloadMarkup:
		return description{ErrMalformed, "nội dung tệp đính kèm chỉ được chứa base64, không được có thẻ, chú thích hay CDATA", "an attachment's content may hold base64 only, no tags, comments or CDATA"}
	case CodeBase64Char:
		return description{ErrMalformed, "ký tự %q không thuộc base64", "%q is not a base64 character"}
	case CodeBase64Length:
		return description{ErrMalformed, "nội dung base64 của tệp đính kèm không trọn vẹn", "the base64 content of an attachment is incomplete"}
	case CodeContentTwice:
		return description{ErrMalformed, "một tệp đính kèm có hai phần ContentTransferEncoded", "one attachment has ContentTransferEncoded twice"}
	case CodeContentMissing:
		return description{ErrMalformed, "tệp đính kèm không có ContentTransferEncoded", "an attachment has no ContentTransferEncoded"}
	case CodeNotEdXML:
		return description{ErrMalformed, "phần tử gốc là <%s>, không phải <edXML>", "the root element is <%s>, not <edXML>"}
	case CodeUnknownNamespace:
		return description{ErrMalformed, "không gian tên %q không phải của edXML", "namespace %q is not one of edXML"}
	case CodeMissingElement:
		return description{ErrMalformed, "thiếu phần tử <%s>", "element <%s> is missing"}
	}
	return description{ErrMalformed, "XML không đúng cú pháp", "the XML is not well-formed"}
}
