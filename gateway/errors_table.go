package gateway

import (
	"context"
	"errors"
	"net/http"
)

// The codes.
const (
	CodeMalformed            Code = "malformed-envelope"
	CodeInvalidStructure     Code = "invalid-structure"
	CodeStateSecret          Code = "state-secret"
	CodeTooLarge             Code = "too-large"
	CodeTruncated            Code = "body-truncated"
	CodeBadAttachment        Code = "bad-attachment"
	CodeHashMismatch         Code = "hash-mismatch"
	CodeSignatureMismatch    Code = "signature-mismatch"
	CodeSignatureRejected    Code = "signature-rejected"
	CodeSigningEnded         Code = "signing-ended"
	CodeUnsignedParameter    Code = "unsigned-parameter"
	CodeUnauthenticated      Code = "unauthenticated"
	CodeScopeMissing         Code = "scope-missing"
	CodeSenderNotAllowed     Code = "sender-not-allowed"
	CodeSenderMismatch       Code = "sender-mismatch"
	CodeSenderUnknown        Code = "sender-unknown"
	CodeSenderClosed         Code = "sender-closed"
	CodeReceiverUnknown      Code = "receiver-unknown"
	CodeReceiverLocked       Code = "receiver-locked"
	CodeReceiverClosed       Code = "receiver-closed"
	CodeNoReceiver           Code = "no-receiver"
	CodeTooManyReceivers     Code = "too-many-receivers"
	CodeDuplicateDocument    Code = "duplicate-document"
	CodeIdempotencyKeyReused Code = "idempotency-key-reused"
	CodeRecalled             Code = "recalled"
	CodeNotFetched           Code = "not-fetched"
	CodeNotStuck             Code = "not-stuck"
	CodeNotFound             Code = "not-found"
	CodeInvalidRequest       Code = "invalid-request"
	CodeStorageFull          Code = "storage-full"
	CodeStorageUnavailable   Code = "storage-unavailable"
	CodeDamaged              Code = "damaged"
	CodeBusy                 Code = "busy"
	CodeAliasTaken           Code = "alias-taken"
	CodeCredentialTaken      Code = "credential-taken"
	CodeInternal             Code = "internal"
)

// Description is what a code means to each face of the gateway.
type Description struct {
	Kind   error
	HTTP   int    // status of our REST API
	VXP    string // ErrorCode of the exchange protocol
	Exit   int    // exit status of the command line
	Vi, En string // what happened and what to do next
}

// Describe gives the description of a code; an unknown code is described as internal.
func Describe(c Code) Description {
	if d, ok := descriptions[c]; ok {
		return d
	}
	return descriptions[CodeInternal]
}

// descriptions is the one place where kinds, codes and texts meet. It is never
// written to.
var descriptions = map[Code]Description{
	CodeMalformed: {
		ErrInvalid, http.StatusUnprocessableEntity, "22", 3,
		"Gói tin không phải là edXML hợp lệ về cú pháp; hãy sửa chỗ được nêu rồi gửi lại.",
		"The message is not well-formed edXML; mend the place named and send again.",
	},
	CodeInvalidStructure: {
		ErrInvalid, http.StatusUnprocessableEntity, "22", 3,
		"Gói tin không đúng cấu trúc edXML; xem từng lỗi được nêu.",
		"The message breaks the structure of edXML; see each finding.",
	},
	CodeStateSecret: {
		ErrForbidden, http.StatusUnprocessableEntity, "10", 3,
		"Văn bản mang dấu chỉ độ mật không được gửi qua hệ thống này; hãy gửi theo quy định bảo vệ bí mật nhà nước.",
		"A letter marked as a state secret may not travel here; send it as the law on state secrets demands.",
	},
	CodeTooLarge: {
		ErrTooLarge, http.StatusRequestEntityTooLarge, "10", 3,
		"Gói tin vượt giới hạn cho phép; hãy giảm dung lượng hoặc chia nhỏ.",
		"The message is over a limit; make it smaller or split it.",
	},
	CodeTruncated: {
		ErrInvalid, http.StatusBadRequest, "10", 3,
		"Gói tin bị đứt giữa chừng; hãy gửi lại toàn bộ.",
		"The message was cut off in the middle; send all of it again.",
	},
	CodeBadAttachment: {
		ErrInvalid, http.StatusUnprocessableEntity, "21", 3,
		"Tệp đính kèm không giải mã được hoặc không an toàn; hãy đính kèm lại.",
		"An attachment cannot be decoded or is not safe; attach it again.",
	},
	CodeHashMismatch: {
		ErrInvalid, http.StatusUnprocessableEntity, "10", 3,
		"Mã băm không khớp với nội dung nhận được; hãy gửi lại.",
		"The hash does not match what arrived; send again.",
	},
	CodeSignatureMismatch: {
		ErrUnauthenticated, http.StatusUnauthorized, "15", 4,
		"Chữ ký HMAC không đúng; hãy kiểm tra systemid và secret.",
		"The HMAC does not verify; check systemid and secret.",
	},
	CodeSignatureRejected: {
		ErrInvalid, http.StatusUnprocessableEntity, "10", 3,
		"Chữ ký số không hợp lệ hoặc văn bản đã bị sửa sau khi ký; hãy ký lại bản gốc rồi gửi lại. Xem từng lý do được nêu.",
		"A digital signature is not valid, or the document was changed after it was signed; sign the original again and send it. See each reason.",
	},
	CodeSigningEnded: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Phiên ký này đã kết thúc; hãy mở phiên ký mới.",
		"This signing has ended; start a new one.",
	},
	CodeUnsignedParameter: {
		ErrUnauthenticated, http.StatusUnauthorized, "15", 4,
		"Tham số không được ký hoặc khác với giá trị đã ký.",
		"A parameter is not signed, or differs from its signed value.",
	},
	CodeUnauthenticated: {
		ErrUnauthenticated, http.StatusUnauthorized, "15", 4,
		"Chưa xác thực hoặc khóa không còn hiệu lực; hãy kiểm tra khóa kết nối.",
		"Not authenticated, or the key is no longer valid; check the key.",
	},
	CodeScopeMissing: {
		ErrForbidden, http.StatusForbidden, "15", 4,
		"Khóa này không có quyền thực hiện thao tác; hãy xin quản trị cấp quyền.",
		"This key does not allow the operation; ask the administrator.",
	},
	CodeSenderNotAllowed: {
		ErrForbidden, http.StatusForbidden, "19", 4,
		"Hệ thống này không được gửi thay cho cơ quan nêu trong văn bản.",
		"This system may not send for the agency in the letter.",
	},
	CodeSenderMismatch: {
		ErrInvalid, http.StatusUnprocessableEntity, "19", 3,
		"Mã cơ quan gửi khai khi kết nối khác với mã trong văn bản.",
		"The sender named by the connection differs from the one in the letter.",
	},
	CodeSenderUnknown: {
		ErrForbidden, http.StatusUnprocessableEntity, "19", 3,
		"Cơ quan gửi chưa có trong danh bạ.",
		"The sender is not in the directory.",
	},
	CodeSenderClosed: {
		ErrForbidden, http.StatusUnprocessableEntity, "19", 3,
		"Mã cơ quan gửi đã đóng hoặc bị khóa; hãy dùng mã mới.",
		"The sender's code is closed or locked; use the new one.",
	},
	CodeReceiverUnknown: {
		ErrInvalid, http.StatusUnprocessableEntity, "18", 3,
		"Cơ quan nhận không có trong danh bạ; hãy kiểm tra mã định danh.",
		"The receiver is not in the directory; check its code.",
	},
	CodeReceiverLocked: {
		ErrInvalid, http.StatusUnprocessableEntity, "23", 3,
		"Cơ quan nhận đang bị khóa, chưa nhận văn bản; hãy liên hệ cơ quan nhận.",
		"The receiver is locked and takes nothing now; contact it.",
	},
	CodeReceiverClosed: {
		ErrInvalid, http.StatusUnprocessableEntity, "23", 3,
		"Cơ quan nhận đã đóng và không có cơ quan kế thừa; hãy kiểm tra danh bạ.",
		"The receiver is closed and has no successor; check the directory.",
	},
	CodeNoReceiver: {
		ErrInvalid, http.StatusUnprocessableEntity, "18", 3,
		"Văn bản không có cơ quan nhận nào.",
		"The letter has no receiver.",
	},
	CodeTooManyReceivers: {
		ErrTooLarge, http.StatusUnprocessableEntity, "10", 3,
		"Quá nhiều cơ quan nhận trong một văn bản.",
		"Too many receivers in one letter.",
	},
	CodeDuplicateDocument: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Mã định danh văn bản này đã được dùng cho một văn bản khác nội dung; hãy dùng nghiệp vụ cập nhật hoặc thay thế.",
		"This DocumentId was used for a letter with other content; use update or replace.",
	},
	CodeIdempotencyKeyReused: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Khóa chống lặp này đã dùng cho một yêu cầu khác.",
		"This idempotency key was used for another request.",
	},
	CodeRecalled: {
		ErrConflict, http.StatusGone, "10", 5,
		"Văn bản đã được thu hồi trước khi nhận.",
		"The letter was recalled before it was fetched.",
	},
	CodeNotFetched: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Chưa tải văn bản nên chưa thể xác nhận; hãy tải trước.",
		"It has not been fetched, so it cannot be acknowledged; fetch it first.",
	},
	CodeNotStuck: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Lượt gửi không ở trạng thái chờ xử lý.",
		"The delivery is not waiting for a person.",
	},
	CodeNotFound: {
		ErrNotFound, http.StatusNotFound, "10", 6,
		"Không tìm thấy, hoặc không thuộc quyền của cơ quan.",
		"Not found, or none of this agency's business.",
	},
	CodeInvalidRequest: {
		ErrInvalid, http.StatusBadRequest, "10", 3,
		"Yêu cầu không hợp lệ; xem chỗ được nêu.",
		"The request is not valid; see the place named.",
	},
	CodeStorageFull: {
		ErrFull, http.StatusInsufficientStorage, "20", 7,
		"Kho lưu trữ đã đầy; văn bản chưa được nhận. Hãy gửi lại sau.",
		"The store is full; nothing was accepted. Send again later.",
	},
	CodeStorageUnavailable: {
		ErrUnavailable, http.StatusServiceUnavailable, "20", 7,
		"Hệ thống lưu trữ tạm thời không sẵn sàng; hãy thử lại sau.",
		"The store cannot be reached now; try again later.",
	},
	CodeDamaged: {
		ErrInternal, http.StatusInternalServerError, "20", 8,
		"Dữ liệu lưu trữ không khớp mã băm; văn bản không được phát ra. Hãy báo quản trị.",
		"What is stored does not match its hash and is not given out; tell the administrator.",
	},
	CodeBusy: {
		ErrUnavailable, http.StatusServiceUnavailable, "20", 7,
		"Hệ thống đang bận hoặc đang dừng; hãy thử lại sau.",
		"The gateway is busy or stopping; try again later.",
	},
	CodeAliasTaken: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Mã phụ này đã thuộc về cơ quan khác.",
		"This alias belongs to another agency.",
	},
	CodeCredentialTaken: {
		ErrConflict, http.StatusConflict, "10", 5,
		"Mã hệ thống này đã được cấp.",
		"This system id is already taken.",
	},
	CodeInternal: {
		ErrInternal, http.StatusInternalServerError, "20", 8,
		"Lỗi bên trong hệ thống; hãy báo quản trị kèm thời điểm xảy ra.",
		"An internal error; tell the administrator when it happened.",
	},
}

// AsError gives any error the form that a client may see: an *Error stays what
// it is, kinds become the code that fits them best, all else is internal.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: codeOf(err), Err: err}
}

func codeOf(err error) Code {
	switch {
	case errors.Is(err, ErrNotFound):
		return CodeNotFound
	case errors.Is(err, ErrFull):
		return CodeStorageFull
	case errors.Is(err, ErrUnavailable):
		return CodeStorageUnavailable
	case errors.Is(err, ErrTooLarge):
		return CodeTooLarge
	case errors.Is(err, ErrUnauthenticated):
		return CodeUnauthenticated
	case errors.Is(err, ErrForbidden):
		return CodeScopeMissing
	case errors.Is(err, ErrInvalid):
		return CodeInvalidRequest
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return CodeBusy
	}
	return CodeInternal
}
