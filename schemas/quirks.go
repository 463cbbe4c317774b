package schemas

import "congvan/schemas/edxml"

// QuirkReason says what a quirk is and how it was understood; ok is false for a
// name that is no quirk. None of them keeps a letter from being accepted.
func QuirkReason(name string) (reason Reason, ok bool) {
	for _, all := range []map[string]Reason{quirksOfForm(), quirksOfHeader(), quirksOfAttachments()} {
		if reason, ok = all[name]; ok {
			return reason, true
		}
	}
	return Reason{}, false
}

// quirksOfForm are about the XML and its signature.
func quirksOfForm() map[string]Reason {
	return map[string]Reason{
		edxml.QuirkBOM:                 {"Có dấu BOM trước khai báo XML; được bỏ qua.", "A byte order mark stands before the XML declaration; it is passed over."},
		edxml.QuirkCRLFAfterRoot:       {"Có ký tự xuống dòng sau thẻ gốc; được bỏ qua.", "A line end follows the root element; it is passed over."},
		edxml.QuirkOldNamespace:        {"Dùng không gian tên cũ hoặc sai của edXML; đọc như QCVN 102:2016.", "An old or wrong edXML namespace is used; it is read as that of QCVN 102:2016."},
		edxml.QuirkNoNamespace:         {"Không có không gian tên; đọc như QCVN 102:2016.", "There is no namespace; it is read as that of QCVN 102:2016."},
		edxml.QuirkUndeclaredPrefix:    {"Có tiền tố không được khai báo; đọc theo tên thẻ.", "A prefix is not declared; the element is read by its name."},
		edxml.QuirkPrefixedAttachments: {"Thẻ AttachmentEncoded hoặc Attachment mang tiền tố; vẫn đọc được.", "AttachmentEncoded or Attachment carries a prefix; it is read all the same."},
		edxml.QuirkUnknownElement:      {"Có thẻ không thuộc edXML; được bỏ qua khi đọc và giữ nguyên khi chuyển.", "An element is not part of edXML; it is passed over when read, and kept when sent on."},
		edxml.QuirkRepeatedElement:     {"Thẻ chỉ được có một lần lại có nhiều lần; lấy lần đầu.", "An element that may stand once stands more often; the first one counts."},
		edxml.QuirkNoSignature:         {"Văn bản không có chữ ký XML; chữ ký trong tệp không bị ảnh hưởng.", "The document has no XML signature; signatures inside its files are not affected."},
		edxml.QuirkSignatureNamespace:  {"Chữ ký XML không thuộc không gian tên XMLDSig nên không thể kiểm tra.", "The XML signature is not in the XMLDSig namespace, so it cannot be verified."},
		edxml.QuirkSignatureIncomplete: {"Chữ ký XML thiếu thành phần nên không thể kiểm tra.", "The XML signature lacks a part, so it cannot be verified."},
	}
}

// quirksOfHeader are about what the header says.
func quirksOfHeader() map[string]Reason {
	return map[string]Reason{
		edxml.QuirkOrganIDNull:         {"Mã định danh ghi chữ “null”; coi như không có.", "An agency code is the word “null”; it is taken as absent."},
		edxml.QuirkTraceWithoutOrganID: {"Một mục TraceHeader không ghi cơ quan; được bỏ qua.", "A TraceHeader does not say whose it is; it is passed over."},
		edxml.QuirkTraceAttributes:     {"TraceHeaderList mang thuộc tính; được bỏ qua.", "TraceHeaderList has attributes; they are passed over."},
		edxml.QuirkNoTrace:             {"Văn bản không có TraceHeaderList.", "The document has no TraceHeaderList."},
		edxml.QuirkNoBusiness:          {"Không ghi nghiệp vụ (Bussiness); coi là văn bản mới.", "The business (Bussiness) is not given; it is taken as a new letter."},
		edxml.QuirkBusinessType:        {"Loại nghiệp vụ không thuộc 0 đến 3; coi là văn bản mới.", "The business type is not 0 to 3; it is taken as a new letter."},
		edxml.QuirkEmptyResponseFor:    {"Có mục ResponseFor trống; được bỏ qua.", "A ResponseFor is empty; it is passed over."},
		edxml.QuirkPriority:            {"Mức độ khẩn không thuộc 0 đến 4; coi là thường.", "The priority is not 0 to 4; it is taken as normal."},
		edxml.QuirkDocumentType:        {"Type của DocumentType không phải 1 hoặc 2.", "The type in DocumentType is neither 1 nor 2."},
		edxml.QuirkDocumentIDFormat:    {"Mã định danh văn bản khác mẫu mã-cơ-quan,yyyy/MM/dd,số/ký-hiệu; dùng nguyên như đã ghi.", "The DocumentId is unlike OrganId,yyyy/MM/dd,number/notation; it is used as it stands."},
		edxml.QuirkDateFormat:          {"Ngày không theo dạng yyyy/MM/dd.", "A date is not in the form yyyy/MM/dd."},
		edxml.QuirkTimestampFormat:     {"Thời điểm không theo dạng yyyy/MM/dd HH:mm:ss.", "A time is not in the form yyyy/MM/dd HH:mm:ss."},
		edxml.QuirkStatusCode:          {"Mã trạng thái chỉ có một chữ số; đọc thành hai chữ số.", "The status code has one digit; it is read as two."},
		edxml.QuirkStatusInDocument:    {"Có StatusCode trong gói tin văn bản; được bỏ qua.", "A StatusCode stands in a document; it is passed over."},
		edxml.QuirkReceiverInStatus:    {"Có nơi nhận (To) trong gói tin trạng thái.", "A status message has a receiver (To)."},
	}
}

// quirksOfAttachments are about files and how they are packed.
func quirksOfAttachments() map[string]Reason {
	return map[string]Reason{
		edxml.QuirkDoubledCID:          {"Mã nội dung ghi cid: hai lần; đọc như một.", "A content identifier says cid: twice; it is read as once."},
		edxml.QuirkNoCID:               {"Mã nội dung thiếu cid: ở đầu; vẫn đọc được.", "A content identifier lacks cid:; it is read all the same."},
		edxml.QuirkUpperCaseExtension:  {"Phần mở rộng của tên tệp viết hoa.", "A file name's extension is in capitals."},
		edxml.QuirkAttachmentName:      {"Tên tệp chứa đường dẫn hoặc ký tự không in được; tên được làm sạch.", "A file name holds a path or unprintable characters; it is cleaned."},
		edxml.QuirkContentTypeDiffers:  {"Kiểu nội dung trong danh mục và ở tệp đính kèm khác nhau; lấy theo tệp đính kèm.", "The manifest and the attachment give different content types; the attachment's counts."},
		edxml.QuirkReferenceUnmatched:  {"Danh mục nêu một tệp không có trong gói tin.", "The manifest names a file that the message lacks."},
		edxml.QuirkAttachmentUnlisted:  {"Một tệp đính kèm không có trong danh mục; vẫn được nhận.", "An attachment is not in the manifest; it is taken all the same."},
		edxml.QuirkAttachmentMisplaced: {"Một tệp đính kèm nằm ngoài AttachmentEncoded; vẫn được nhận.", "An attachment stands outside AttachmentEncoded; it is taken all the same."},
		edxml.QuirkZipAlienEntry:       {"Tệp bên trong ZIP có phần mở rộng khác với tên tệp đính kèm.", "The file in the ZIP has another extension than the attachment's name."},
		edxml.QuirkZipMislabelled:      {"Tệp được nén ZIP dù kiểu nội dung ghi khác; đã giải nén.", "The file is in a ZIP although its type says otherwise; it is unwrapped."},
		edxml.QuirkZipNotWrapped:       {"Kiểu nội dung ghi ZIP nhưng không phải ZIP chứa một tệp; lấy nguyên như vậy.", "The type says ZIP, but it is no ZIP of one file; it is taken as it is."},
		edxml.QuirkZipUnreadable:       {"Bắt đầu như ZIP nhưng không đọc được; lấy nguyên như vậy.", "It begins like a ZIP and cannot be read as one; it is taken as it is."},
	}
}
