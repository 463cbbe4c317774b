package syntax

// The codes of errors.
const (
	CodeNoHeader        Code = "no-header"
	CodeNoStartXRef     Code = "no-startxref"
	CodeStartXRef       Code = "startxref"
	CodeNoEOF           Code = "no-eof"
	CodeXRef            Code = "xref"
	CodeXRefOverlap     Code = "xref-overlap"
	CodeXRefOffset      Code = "xref-offset"
	CodeXRefSize        Code = "xref-size"
	CodePrevLoop        Code = "prev-loop"
	CodePrevForward     Code = "prev-forward"
	CodeRevisionOverlap Code = "revision-overlap"
	CodeTrailer         Code = "trailer"
	CodeNoRoot          Code = "no-root"
	CodeHybridConflict  Code = "hybrid-conflict"

	CodeObjectHeader   Code = "object-header"
	CodeNoEndObj       Code = "no-endobj"
	CodeToken          Code = "token"
	CodeNumber         Code = "number"
	CodeName           Code = "name"
	CodeString         Code = "string"
	CodeDict           Code = "dictionary"
	CodeDuplicateKey   Code = "duplicate-key"
	CodeUnexpectedEnd  Code = "unexpected-end"
	CodeReferenceLoop  Code = "reference-loop"
	CodeWrongType      Code = "wrong-type"
	CodeNotInFile      Code = "not-in-file"
	CodeStream         Code = "stream"
	CodeStreamLength   Code = "stream-length"
	CodeLengthChanged  Code = "stream-length-changed"
	CodeObjectStream   Code = "object-stream"
	CodeStreamReplaced Code = "object-stream-replaced"
	CodeFilter         Code = "filter"
	CodeFilterData     Code = "filter-data"
	CodePageTree       Code = "page-tree"
	CodeFieldTree      Code = "field-tree"
	CodeEncryption     Code = "encryption"
	CodeEncryptChanged Code = "encryption-changed"

	CodePassword       Code = "password"
	CodeHandler        Code = "security-handler"
	CodeUnknownFilter  Code = "unknown-filter"
	CodeDepth          Code = "too-deep"
	CodeObjectSize     Code = "object-too-large"
	CodeObjects        Code = "too-many-objects"
	CodeRevisions      Code = "too-many-revisions"
	CodeStreamSize     Code = "stream-too-large"
	CodeWork           Code = "too-much-work"
	CodeRead           Code = "read"
	CodeInvalidWriting Code = "invalid-object"
)

// The codes of anomalies. [CodeDuplicateKey] can be one too: of a key that stands
// twice with the same value. With different values it is an error, for readers differ in
// which of the two they take. [CodeXRefSize] is one of object numbers that are not
// below /Size, and an error of those that no reader could take.
const (
	OddJunkBeforeHeader Code = "junk-before-header" // a file that is something else as well
	OddTrailingData     Code = "trailing-data"      // after the last revision, more than white space
	OddTrailingSpace    Code = "trailing-space"
	OddHybrid           Code = "hybrid" // readers of PDF 1.4 see fewer objects; Microsoft Word writes these
	OddEntryWidth       Code = "xref-entry-width"
	OddXRefSpace        Code = "xref-space"
	OddZeroOffset       Code = "xref-zero-offset" // in use at offset 0: every reader takes it as free
	OddObjectOffset     Code = "object-offset"    // the cross-reference points at white space or a comment before the object
	OddLinearized       Code = "linearized-length"
	OddXRefSurplus      Code = "xref-stream-surplus"
	OddPermissions      Code = "encryption-permissions" // /Perms does not confirm /P
)

type meaning struct {
	kind   error
	vi, en string
}

// meanings is read only.
var meanings = map[Code]meaning{
	CodeNoHeader:        {ErrMalformed, "Không phải tệp PDF: không có dòng đầu %PDF trong 1024 byte đầu tiên.", "Not a PDF: no %PDF header within the first 1024 bytes."},
	CodeNoStartXRef:     {ErrMalformed, "Không tìm thấy startxref ở cuối tệp.", "No startxref at the end of the file."},
	CodeStartXRef:       {ErrMalformed, "startxref không trỏ đúng bảng tham chiếu của nó.", "The startxref does not name the cross-reference it belongs to."},
	CodeNoEOF:           {ErrMalformed, "Phiên bản của tệp không kết thúc bằng startxref và %%EOF.", "A revision does not end with startxref and %%EOF."},
	CodeXRef:            {ErrMalformed, "Bảng tham chiếu chéo sai cú pháp.", "The cross-reference is not well-formed."},
	CodeXRefOverlap:     {ErrMalformed, "Bảng tham chiếu chéo ghi một đối tượng hai lần.", "The cross-reference lists an object twice."},
	CodeXRefOffset:      {ErrMalformed, "Bảng tham chiếu chéo trỏ ra ngoài phiên bản của nó.", "The cross-reference points outside its revision."},
	CodeXRefSize:        {ErrMalformed, "Số hiệu đối tượng vượt quá /Size.", "An object number is not below /Size."},
	CodePrevLoop:        {ErrMalformed, "Chuỗi /Prev quay vòng.", "The chain of /Prev goes in a circle."},
	CodePrevForward:     {ErrMalformed, "/Prev trỏ về phía sau trong tệp.", "A /Prev points forward in the file."},
	CodeRevisionOverlap: {ErrMalformed, "Các phiên bản của tệp chồng lên nhau.", "Revisions of the file overlap."},
	CodeTrailer:         {ErrMalformed, "Phần trailer sai.", "The trailer is not well-formed."},
	CodeNoRoot:          {ErrMalformed, "Không có danh mục gốc của tài liệu (/Root).", "There is no document catalog (/Root)."},
	CodeHybridConflict:  {ErrMalformed, "Bảng tham chiếu và /XRefStm cho hai nơi khác nhau của một đối tượng.", "Table and /XRefStm give different places for an object."},

	CodeObjectHeader:   {ErrMalformed, "Không có đối tượng đúng số hiệu ở nơi bảng tham chiếu chỉ ra.", "The object is not where the cross-reference says."},
	CodeNoEndObj:       {ErrMalformed, "Đối tượng không kết thúc bằng endobj.", "An object does not end with endobj."},
	CodeToken:          {ErrMalformed, "Ký hiệu lạ.", "Unexpected token."},
	CodeNumber:         {ErrMalformed, "Số sai cú pháp hoặc quá lớn.", "A number is not well-formed or too large."},
	CodeName:           {ErrMalformed, "Tên sai cú pháp.", "A name is not well-formed."},
	CodeString:         {ErrMalformed, "Chuỗi sai cú pháp.", "A string is not well-formed."},
	CodeDict:           {ErrMalformed, "Từ điển sai cú pháp.", "A dictionary is not well-formed."},
	CodeDuplicateKey:   {ErrMalformed, "Một khóa có hai lần trong từ điển.", "A key stands twice in a dictionary."},
	CodeUnexpectedEnd:  {ErrMalformed, "Dữ liệu kết thúc giữa chừng.", "The data ends in the middle."},
	CodeReferenceLoop:  {ErrMalformed, "Tham chiếu quay vòng.", "References go in a circle."},
	CodeWrongType:      {ErrMalformed, "Giá trị không đúng kiểu.", "A value has the wrong type."},
	CodeNotInFile:      {ErrMalformed, "Giá trị không đứng trực tiếp trong tệp.", "The value does not stand in the file itself."},
	CodeStream:         {ErrMalformed, "Luồng dữ liệu sai cú pháp.", "A stream is not well-formed."},
	CodeStreamLength:   {ErrMalformed, "Luồng dữ liệu không dài như /Length.", "A stream is not as long as its /Length."},
	CodeLengthChanged:  {ErrMalformed, "/Length của luồng dữ liệu bị đổi ở phiên bản sau.", "A later revision changes the /Length of a stream."},
	CodeObjectStream:   {ErrMalformed, "Luồng đối tượng sai cú pháp.", "An object stream is not well-formed."},
	CodeStreamReplaced: {ErrMalformed, "Luồng đối tượng bị thay ở phiên bản sau trong khi đối tượng trong đó còn dùng.", "A later revision replaces an object stream whose objects are still in use."},
	CodeFilter:         {ErrMalformed, "Bộ lọc của luồng dữ liệu khai sai.", "The filters of a stream are not well-formed."},
	CodeFilterData:     {ErrMalformed, "Dữ liệu nén của luồng bị hỏng.", "The encoded data of a stream is damaged."},
	CodePageTree:       {ErrMalformed, "Cây trang sai.", "The page tree is not well-formed."},
	CodeFieldTree:      {ErrMalformed, "Cây trường biểu mẫu sai.", "The tree of form fields is not well-formed."},
	CodeEncryption:     {ErrMalformed, "Từ điển mã hóa sai.", "The encryption dictionary is not well-formed."},
	CodeEncryptChanged: {ErrMalformed, "Mã hóa bị đổi ở phiên bản sau.", "A later revision changes the encryption."},

	CodePassword:       {ErrEncrypted, "Tệp cần mật khẩu để mở.", "The file needs a password."},
	CodeHandler:        {ErrEncrypted, "Tệp được mã hóa theo cách chưa được hỗ trợ.", "The file is encrypted by an unsupported security handler."},
	CodeUnknownFilter:  {ErrUnsupported, "Bộ lọc dữ liệu chưa được hỗ trợ.", "An unsupported stream filter."},
	CodeDepth:          {ErrTooLarge, "Cấu trúc lồng nhau quá sâu.", "Nested too deep."},
	CodeObjectSize:     {ErrTooLarge, "Đối tượng quá lớn.", "An object is too large."},
	CodeObjects:        {ErrTooLarge, "Tệp có quá nhiều đối tượng.", "The file has too many objects."},
	CodeRevisions:      {ErrTooLarge, "Tệp có quá nhiều phiên bản.", "The file has too many revisions."},
	CodeStreamSize:     {ErrTooLarge, "Luồng dữ liệu bung ra quá lớn.", "A stream decodes to too much."},
	CodeWork:           {ErrTooLarge, "Tệp đòi hỏi quá nhiều công đọc.", "The file asks for too much work."},
	CodeRead:           {ErrRead, "Không đọc được tệp.", "The file could not be read."},
	CodeInvalidWriting: {ErrMalformed, "Đối tượng không thể ghi vào PDF.", "The object cannot be written as PDF."},

	OddJunkBeforeHeader: {nil, "Có dữ liệu lạ trước dòng đầu %PDF; tệp có thể đồng thời là một loại tệp khác.", "Foreign data stands before the %PDF header; the file may be of another type as well."},
	OddTrailingData:     {nil, "Có dữ liệu sau phiên bản cuối cùng của tài liệu.", "Data follows the last revision of the document."},
	OddTrailingSpace:    {nil, "Có khoảng trắng sau phiên bản cuối cùng của tài liệu.", "White space follows the last revision of the document."},
	OddHybrid:           {nil, "Tệp có hai loại bảng tham chiếu; chương trình cũ có thể thấy ít đối tượng hơn.", "A hybrid-reference file: old readers may see fewer objects."},
	OddXRefSpace:        {nil, "Bảng tham chiếu chéo có chú thích hoặc khoảng trắng thừa.", "A cross-reference table holds comments or more space than it should."},
	OddEntryWidth:       {nil, "Dòng trong bảng tham chiếu không dài đúng 20 byte.", "An entry of the cross-reference table is not 20 bytes long."},
	OddZeroOffset:       {nil, "Bảng tham chiếu ghi một đối tượng đang dùng ở vị trí 0; coi như không có.", "The cross-reference lists an object in use at offset 0; it is taken as absent."},
	OddObjectOffset:     {nil, "Bảng tham chiếu trỏ vào khoảng trắng hoặc chú thích trước đối tượng.", "The cross-reference points at white space or a comment before an object."},
	OddLinearized:       {nil, "Độ dài ghi trong phần tuyến tính hóa không đúng.", "The linearization dictionary gives another length."},
	OddXRefSurplus:      {nil, "Luồng tham chiếu chéo dài hơn số mục đã khai.", "A cross-reference stream holds more than its entries."},
	OddPermissions:      {nil, "Quyền hạn trong từ điển mã hóa không khớp.", "The permissions in the encryption dictionary disagree."},
}
