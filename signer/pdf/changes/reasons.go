package changes

import (
	"errors"
	"fmt"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// The codes of findings. They are stable: people search for them.
const (
	// What later revisions may do.
	codeInfoChanged     = "document-info-changed"
	codeMetadataChanged = "metadata-changed"
	codeExtensions      = "extensions-changed"
	codeVersion         = "version-raised"
	codeProofsAdded     = "proofs-added"
	codeStamped         = "document-time-stamp-added"
	codeSigFlags        = "signature-flags-set"
	codeSigned          = "signature-added"
	codeFieldNew        = "signature-field-added"
	codeFieldShown      = "signature-field-shown"
	codeFilled          = "field-filled"
	codeFormAdded       = "form-defaults-added"
	codePageKey         = "page-remark-changed"
	codeAnnotAdded      = "annotation-added"
	codeAnnotChanged    = "annotation-changed"
	codeAnnotGone       = "annotation-removed"
	codeDrawnUnsigned   = "unsigned-field-drawn"
	codeDrawnLarge      = "signature-hides-page"
	// Remarks.
	codeDrawn   = "signature-drawn"
	codeAcrobat = "refused-by-acrobat"
	// What none may do.
	codeRoot         = "catalog-replaced"
	codeTrailer      = "trailer-changed"
	codeOddUpdate    = "update-odd"
	codeHidden       = "object-hidden"
	codeEncryption   = "encryption-changed"
	codeInfo         = "document-info-not-plain"
	codeCatalog      = "catalog-changed"
	codeAction       = "action-changed"
	codeNames        = "names-changed"
	codeLayers       = "layers-changed"
	codePermissions  = "permissions-changed"
	codeMetadata     = "metadata-not-plain"
	codeStore        = "proofs-malformed"
	codeProofLost    = "proofs-removed"
	codePageRemoved  = "page-removed"
	codePageAdded    = "page-added"
	codePageTree     = "page-order-changed"
	codePageContent  = "page-content-changed"
	codePageBox      = "page-box-changed"
	codePage         = "page-changed"
	codeForm         = "form-changed"
	codeFieldRemoved = "field-removed"
	codeFieldAdded   = "field-added"
	codeFieldChanged = "field-changed"
	codeNameTaken    = "field-name-taken"
	codeLookAlone    = "field-appearance-changed"
	codeSignedWidget = "signed-widget-changed"
	codeSignedValue  = "signature-value-changed"
	codeValueReused  = "signature-value-reused"
	codeCovered      = "signature-covered"
	codeWidgetGone   = "widget-removed"
	codeWidgetLoose  = "widget-added"
	codeWidgetPage   = "widget-on-other-page"
	codeAnnotTwice   = "annotation-repeated"
	codeAnnotOrder   = "annotation-order-changed"
	codeAnnotType    = "annotation-type-changed"
	codeTwoRoles     = "object-used-elsewhere"
	codeUnexplained  = "object-unexplained"
	codeUnreadable   = "object-unreadable"
	codeTooMany      = "too-many-changes"
	// What the signature forbids.
	codeLocked     = "locked-field-changed"
	codeNewVisible = "visible-field-after-certification"
)

// words gives what a code says, with the places of its arguments.
func words(code string) (vi, en string) {
	for _, of := range []func(string) (string, string){allowedWords, documentWords, pageWords, fieldWords, objectWords} {
		if vi, en = of(code); vi != "" {
			return vi, en
		}
	}
	return code, code
}

func allowedWords(code string) (vi, en string) {
	switch code {
	case codeInfoChanged:
		return "Thông tin tài liệu (tác giả, ngày sửa…) được ghi lại.", "The document information (author, date of change …) was written again."
	case codeMetadataChanged:
		return "Siêu dữ liệu XMP được ghi lại.", "The XMP metadata was written again."
	case codeExtensions:
		return "Danh mục phần mở rộng PDF được bổ sung.", "The list of PDF extensions was added to."
	case codeVersion:
		return "Phiên bản PDF được nâng lên %[1]s.", "The PDF version was raised to %[1]s."
	case codeProofsAdded:
		return "Chứng thư và dữ liệu thu hồi để xác thực lâu dài được bổ sung.", "Certificates and revocation data for long-term validation were added."
	case codeStamped:
		return "Dấu thời gian của tài liệu được bổ sung trong trường “%[1]s”.", "A document time stamp was added in the field “%[1]s”."
	case codeSigFlags:
		return "Biểu mẫu được đánh dấu là có chữ ký.", "The form was marked as holding signatures."
	case codeSigned:
		return "Chữ ký được bổ sung trong trường “%[1]s”.", "A signature was added in the field “%[1]s”."
	case codeFieldNew:
		return "Trường chữ ký “%[1]s” được bổ sung, chưa ký.", "The signature field “%[1]s” was added, unsigned."
	case codeFieldShown:
		return "Trường chữ ký “%[1]s” được đặt lên trang.", "The signature field “%[1]s” was put on a page."
	case codeFilled:
		return "Trường “%[1]s” được điền (%[2]s).", "The field “%[1]s” was filled in (%[2]s)."
	case codeFormAdded:
		return "Thiết lập chung của biểu mẫu được bổ sung (%[1]s).", "Defaults of the form were added (%[1]s)."
	case codePageKey:
		return "Ghi chú không hiển thị của trang được ghi lại (%[1]s).", "A remark of a page that is not shown was written (%[1]s)."
	case codeDrawn:
		return "Hình của chữ ký “%[1]s” được đặt lên trang %[2]d; hãy xem nó có che nội dung nào không.", "The appearance of the signature “%[1]s” was put on page %[2]d; see whether it covers anything."
	case codeAcrobat:
		return "Chữ ký xác nhận không cho sửa đổi (P=1); tiêu chuẩn cho bổ sung dữ liệu xác thực lâu dài, nhưng Acrobat coi đó là sửa đổi.", "The certification allows no changes (P=1); the standard lets proofs for the long term be added, yet Acrobat takes that for a change."
	}
	return "", ""
}

func documentWords(code string) (vi, en string) {
	switch code {
	case codeRoot:
		return "Gốc của tài liệu bị thay bằng đối tượng khác.", "The root of the document was replaced by another object."
	case codeTrailer:
		return "Phần cuối tệp bị thay đổi (%[1]s).", "The file trailer was changed (%[1]s)."
	case codeOddUpdate:
		return "Bảng tham chiếu chéo của bản cập nhật không đúng chuẩn, nên có phần mềm sẽ hiển thị nội dung khác.", "The cross-reference of the update is not written as the standard says, so there are readers that show something else."
	case codeHidden:
		return "Bản cập nhật giấu một đối tượng ngoài bảng tham chiếu chéo, tại byte %[1]d.", "The update hides an object from its cross-reference, at byte %[1]d."
	case codeEncryption:
		return "Thiết lập mã hóa bị thay đổi.", "The encryption was changed."
	case codeInfo:
		return "Thông tin tài liệu chứa dữ liệu bất thường.", "The document information holds more than plain values."
	case codeCatalog:
		return "Mục lục gốc của tài liệu bị thay đổi (%[1]s).", "The document catalog was changed (%[1]s)."
	case codeAction:
		return "Hành động hoặc mã kịch bản bị thêm hay thay đổi (%[1]s).", "An action or script was added or changed (%[1]s)."
	case codeNames:
		return "Danh mục tên (mã kịch bản, tệp nhúng, trang mẫu…) bị thay đổi.", "The names (scripts, embedded files, page templates …) were changed."
	case codeLayers:
		return "Các lớp hiển thị bị thay đổi.", "The layers (optional content) were changed."
	case codePermissions:
		return "Quyền hạn của tài liệu bị thay đổi (%[1]s).", "The permissions of the document were changed (%[1]s)."
	case codeMetadata:
		return "Siêu dữ liệu của tài liệu bị xóa hoặc có dạng bất thường.", "The metadata of the document was removed, or is of an odd form."
	case codeStore:
		return "Kho dữ liệu xác thực lâu dài sai cấu trúc (%[1]s).", "The document security store is malformed (%[1]s)."
	case codeProofLost:
		return "%[1]d chứng thư hoặc dữ liệu thu hồi bị xóa hay thay thế.", "%[1]d certificates or revocation data were removed or replaced."
	case codeForm:
		return "Biểu mẫu bị thay đổi (%[1]s).", "The form was changed (%[1]s)."
	}
	return "", ""
}

func pageWords(code string) (vi, en string) {
	switch code {
	case codePageRemoved:
		return "Trang bị xóa: trước có %[1]d, nay còn %[2]d.", "Pages were removed: there were %[1]d, now %[2]d."
	case codePageAdded:
		return "Trang bị thêm: trước có %[1]d, nay có %[2]d.", "Pages were added: there were %[1]d, now %[2]d."
	case codePageTree:
		return "Trang bị thay thế, đổi thứ tự hoặc đổi thuộc tính chung.", "Pages were replaced or reordered, or what they share was changed."
	case codePageContent:
		return "Nội dung trang bị thay đổi.", "The content of a page was changed."
	case codePageBox:
		return "Khổ hoặc hướng trang bị thay đổi (%[1]s).", "The size or rotation of a page was changed (%[1]s)."
	case codePage:
		return "Trang bị thay đổi (%[1]s).", "A page was changed (%[1]s)."
	case codeAnnotAdded:
		return "Chú thích được thêm vào trang %[1]d (%[2]s).", "An annotation was added to page %[1]d (%[2]s)."
	case codeAnnotChanged:
		return "Chú thích trên trang %[1]d bị thay đổi.", "An annotation on page %[1]d was changed."
	case codeAnnotGone:
		return "Chú thích trên trang %[1]d bị xóa.", "An annotation on page %[1]d was removed."
	case codeWidgetGone:
		return "Ô của trường biểu mẫu hoặc chữ ký bị gỡ khỏi trang %[1]d.", "A widget of a form field or signature was taken off page %[1]d."
	case codeWidgetLoose:
		return "Ô không thuộc trường chữ ký nào được thêm vào trang %[1]d.", "A widget that belongs to no signature field was added to page %[1]d."
	case codeAnnotTwice:
		return "Một chú thích xuất hiện hai lần trên trang.", "An annotation stands twice on a page."
	case codeAnnotOrder:
		return "Thứ tự vẽ các chú thích trên trang bị thay đổi.", "The order in which annotations are drawn on a page was changed."
	case codeAnnotType:
		return "Một chú thích bị đổi loại hoặc không hợp lệ.", "An annotation changed its type, or is none."
	}
	return "", ""
}

func fieldWords(code string) (vi, en string) {
	switch code {
	case codeFieldRemoved:
		return "Trường “%[1]s” bị xóa.", "The field “%[1]s” was removed."
	case codeFieldAdded:
		return "Trường “%[1]s” không phải trường chữ ký bị thêm vào.", "The field “%[1]s”, which is not for signing, was added."
	case codeFieldChanged:
		return "Trường “%[1]s” bị thay đổi ngoài việc điền (%[2]s).", "The field “%[1]s” was changed beyond being filled in (%[2]s)."
	case codeNameTaken:
		return "Trường mới không có tên hoặc trùng tên với trường “%[1]s”.", "A new field has no name, or that of the field “%[1]s”."
	case codeLookAlone:
		return "Hình hiển thị của trường “%[1]s” bị đổi mà giá trị không đổi.", "The appearance of the field “%[1]s” was changed while its value was not."
	case codeSignedWidget:
		return "Hình, vị trí hoặc thuộc tính của chữ ký “%[1]s” bị thay đổi sau khi ký.", "The appearance, place or properties of the signature “%[1]s” were changed after signing."
	case codeSignedValue:
		return "Dữ liệu của chữ ký “%[1]s” bị thay đổi.", "The value of the signature “%[1]s” was changed."
	case codeValueReused:
		return "Trường “%[1]s” dùng lại dữ liệu chữ ký đã có, không phải chữ ký mới.", "The field “%[1]s” takes a signature that was there rather than one of its own."
	case codeDrawnUnsigned:
		return "Trường chữ ký “%[1]s” vẽ lên trang %[2]d mà không có chữ ký mới của ai.", "The signature field “%[1]s” draws on page %[2]d without a new signature of anybody."
	case codeDrawnLarge:
		return "Hình của chữ ký “%[1]s” che phần lớn trang %[2]d.", "The appearance of the signature “%[1]s” covers much of page %[2]d."
	case codeCovered:
		return "Chữ ký “%[1]s” trên trang %[2]d bị che.", "The signature “%[1]s” on page %[2]d was covered."
	case codeWidgetPage:
		return "Ô của chữ ký “%[1]s” nằm ở trang khác với trang nó khai.", "The widget of the signature “%[1]s” stands on a page other than the one it names."
	case codeLocked:
		return "Trường “%[1]s” đã bị khóa mà vẫn thay đổi.", "The field “%[1]s” is locked, and was changed."
	case codeNewVisible:
		return "Trường chữ ký có hình “%[1]s” được thêm sau khi tài liệu đã được xác nhận chỉ cho điền biểu mẫu.", "The visible signature field “%[1]s” was added after the document was certified for filling in only."
	}
	return "", ""
}

func objectWords(code string) (vi, en string) {
	switch code {
	case codeTwoRoles:
		return "Đối tượng %[1]d bị thay đổi còn được dùng ở nơi khác (%[2]s).", "Object %[1]d, which was changed, is used elsewhere, too (%[2]s)."
	case codeUnexplained:
		return "Thay đổi không giải thích được (%[1]s).", "A change that no rule explains (%[1]s)."
	case codeUnreadable:
		return "Không đọc được một đối tượng để so sánh: %[1]s", "An object cannot be read for comparison: %[1]s"
	case codeTooMany:
		return "Quá nhiều thay đổi (hơn %[1]d).", "Too many changes (more than %[1]d)."
	}
	return "", ""
}

// reason makes the sentence for a code.
func reason(code string, args ...any) signer.Reason {
	vi, en := words(code)
	if len(args) == 0 {
		return signer.Reason{Code: code, Vi: vi, En: en}
	}
	return signer.Reason{Code: code, Vi: fmt.Sprintf(vi, args...), En: fmt.Sprintf(en, args...)}
}

// unreadableReason says what keeps an object from being compared.
func unreadableReason(err error) signer.Reason {
	var bad *syntax.Error
	r := reason(codeUnreadable, err)
	if errors.As(err, &bad) {
		r.Vi = reason(codeUnreadable, bad.Vi).Vi
	}
	return r
}
