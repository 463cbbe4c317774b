package edxml

import "time"

// Kind separates the two sorts of traffic: letters and reports about letters.
type Kind string

const (
	KindDocument Kind = "document" // an official letter (văn bản) with its attachments
	KindStatus   Kind = "status"   // a status message (trạng thái xử lý) about a letter
)

// BusinessType is what a document message does (edXML BussinessDocType).
type BusinessType int

const (
	BusinessNew     BusinessType = 0 // mới
	BusinessRecall  BusinessType = 1 // thu hồi
	BusinessUpdate  BusinessType = 2 // cập nhật
	BusinessReplace BusinessType = 3 // thay thế
)

// Priority is the urgency of a letter (mức độ khẩn), edXML OtherInfo/Priority.
type Priority int

const (
	PriorityNormal       Priority = 0 // thường (5 is an alias seen on the wire)
	PriorityUrgent       Priority = 1 // khẩn
	PriorityVeryUrgent   Priority = 2 // thượng khẩn
	PriorityExpress      Priority = 3 // hỏa tốc
	PriorityTimedExpress Priority = 4 // hỏa tốc hẹn giờ
)

// Date is a calendar date as it stood in the envelope, normally yyyy/MM/dd.
// The original text is kept; Time reads it.
type Date string

// Timestamp is a moment as it stood in the envelope, normally
// yyyy/MM/dd HH:mm:ss in Vietnam local time (UTC+7) without a zone.
type Timestamp string

// Envelope is what an edXML message says about itself: everything but the
// attachments' bytes. All text is trimmed of surrounding white space and NFC.
type Envelope struct {
	Kind Kind

	From       Organization
	To         []Organization // empty in a status message
	DocumentID string         // opaque; by the standard OrganId,yyyy/MM/dd,number/notation

	Code         Code
	Promulgation Promulgation
	DocumentType DocumentType
	Subject      string // trích yếu
	Content      string
	Signer       SignerInfo
	DueDate      Date
	Other        OtherInfo
	ResponseFor  []ResponseFor // the letters answered, recalled or, in a status message, reported on
	SteeringType string
	ToPlaces     []string // nơi nhận
	TaskCodes    []string

	Trace    []TraceHeader
	Business Business

	Status *StatusReport // set exactly when Kind is KindStatus

	References  []Reference  // the manifest
	Attachments []Attachment // in document order; index i is payload i of the Split

	Signature Signature
	Quirks    []Quirk // deviations that were understood and accepted
}

// Organization is a sender or receiver (edXML From, To).
type Organization struct {
	ID        string // mã định danh
	InCharge  string // cơ quan chủ quản
	Name      string
	Address   string
	Email     string
	Telephone string
	Fax       string
	Website   string
}

// Code is the number and notation of a letter: 12 and QĐ-UBND.
type Code struct {
	Number   string
	Notation string
}

// String gives number/notation as it is printed on a letter.
func (c Code) String() string {
	if c.Notation == "" {
		return c.Number
	}
	return c.Number + "/" + c.Notation
}

// Promulgation says where and when a letter was issued.
type Promulgation struct {
	Place string
	Date  Date
}

// DocumentType is the class of a letter; Name is one of the 29 types of
// NĐ 30/2020, Article 7, or whatever the sender wrote.
type DocumentType struct {
	Type   string // 1 normative, 2 administrative; list numbers such as 18 occur
	Detail string
	Name   string
}

// SignerInfo is who signed and in which capacity.
type SignerInfo struct {
	Competence string // TM., KT., TL. …
	Position   string
	FullName   string
}

// OtherInfo holds the optional particulars of a letter.
type OtherInfo struct {
	Priority           Priority
	PriorityText       string // as it stood
	Sphere             string
	TyperNotation      string
	PromulgationAmount string
	PageAmount         string
	Direction          string
	Appendixes         []string
	ReplyFors          []string
	ReferenceCodes     []string
}

// ResponseFor names another letter.
type ResponseFor struct {
	OrganID          string
	Code             string // number/notation in one string
	PromulgationDate Date
	DocumentID       string
}

// TraceHeader is one hop on the way of a message.
type TraceHeader struct {
	OrganID   string // empty when absent or the text "null"
	Timestamp Timestamp
}

// Business says what a document message does and to which earlier letter.
type Business struct {
	Present          bool // false: the element was missing and BusinessNew assumed
	DocumentID       string
	Type             BusinessType
	TypeText         string // as it stood
	Reason           string
	Paper            string // 1: a paper copy follows
	DocumentInfo     string // update: 1 when metadata or content changed
	DocumentReceiver string // update: 1 when the receiver list changed
	Receivers        []BusinessReceiver
	Replacements     []Replacement
	Staff            StaffInfo
}

// BusinessReceiver is one line of an update's receiver list.
type BusinessReceiver struct {
	OrganID string
	Type    string // 0 or 1; their meaning is not documented publicly
}

// Replacement names a letter that is replaced, and for whom.
type Replacement struct {
	DocumentID string
	OrganIDs   []string
}

// StaffInfo is the person who handled a message.
type StaffInfo struct {
	Department   string
	DepartmentID string
	Staff        string
	StaffID      string
	Email        string
	Mobile       string
}

// StatusReport is the body of a status message; the letter it is about stands
// in Envelope.ResponseFor[0].
type StatusReport struct {
	Staff       StaffInfo
	Code        StatusCode
	Description string
	Timestamp   Timestamp
}

// StatusCode is a receiver's business status: "01" … "16".
type StatusCode string

const (
	StatusInbox            StatusCode = "01" // đã đến
	StatusRejection        StatusCode = "02" // từ chối tiếp nhận
	StatusAcceptance       StatusCode = "03" // đã tiếp nhận
	StatusAssignment       StatusCode = "04" // phân công
	StatusProcessing       StatusCode = "05" // đang xử lý
	StatusFinish           StatusCode = "06" // hoàn thành
	StatusCancellation     StatusCode = "13" // lấy lại
	StatusChangeAcceptance StatusCode = "15" // đồng ý cập nhật/lấy lại
	StatusChangeRejection  StatusCode = "16" // từ chối yêu cầu
)

// Reference is one line of the manifest.
type Reference struct {
	ContentID   string // without any leading cid:
	ContentType string
	Name        string
	Description string
}

// Attachment describes one attachment; its bytes are payload number Index of
// the Split that read the envelope.
type Attachment struct {
	Index       int
	ContentID   string // without any leading cid:
	Name        string // the file name a person sees; never a path
	Description string
	ContentType string
	Format      string
	FieldName   string
	MimeType    string
}

// Signature says what XML signature stands in the header. Nothing is verified
// here; Verifiable means that it is complete and in the XMLDSig namespace.
type Signature struct {
	Present    bool
	Verifiable bool
}

// Quirk is a deviation from the standard that is known and harmless.
type Quirk struct {
	Name string // one of the Quirk… constants
	Path string // element path, /edXML/…
	Line int    // 1-based, in the original; 0 when unknown
}

// VietnamZone is UTC+7, the zone of every edXML date and timestamp.
var VietnamZone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)
