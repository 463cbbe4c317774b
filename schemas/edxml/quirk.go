package edxml

import "strings"

// Namespace is that of QCVN 102:2016/BTTTT, in every current message.
const Namespace = "http://www.mic.gov.vn/TBT/QCVN_102_2016"

// Names of quirks. Each is a deviation that other software is known to make, was
// understood, and changes nothing about what the letter says.
const (
	QuirkBOM                 = "byte-order-mark"              // before the XML declaration (.NET)
	QuirkCRLFAfterRoot       = "crlf-after-root"              // the exchange protocol's clients append it to the file
	QuirkOldNamespace        = "old-namespace"                // one from before 2016, or a wrong one of that time
	QuirkNoNamespace         = "no-namespace"                 // none at all
	QuirkUndeclaredPrefix    = "undeclared-prefix"            // a prefix that nothing declares
	QuirkPrefixedAttachments = "prefixed-attachments"         // AttachmentEncoded or Attachment carries a prefix
	QuirkUnknownElement      = "unknown-element"              // ignored
	QuirkRepeatedElement     = "repeated-element"             // the first one counts
	QuirkDoubledCID          = "doubled-cid"                  // cid:cid:
	QuirkNoCID               = "no-cid"                       // an identifier without cid:
	QuirkOrganIDNull         = "organ-id-null"                // the text null, read as absent
	QuirkTraceWithoutOrganID = "trace-without-organ-id"       // a TraceHeader that does not say who
	QuirkTraceAttributes     = "trace-attributes"             // attributes on TraceHeaderList
	QuirkNoTrace             = "missing-trace"                // a document without TraceHeaderList
	QuirkNoBusiness          = "missing-business"             // no Bussiness: taken as a new document
	QuirkBusinessType        = "business-type"                // not 0 to 3: taken as a new document
	QuirkNoSignature         = "missing-signature"            // no XML signature in a document
	QuirkSignatureNamespace  = "signature-namespace"          // not in the XMLDSig namespace: not verifiable
	QuirkSignatureIncomplete = "signature-incomplete"         // lacks a part: not verifiable
	QuirkEmptyResponseFor    = "empty-response-for"           // dropped
	QuirkPriority            = "priority"                     // not 0 to 4: taken as normal
	QuirkDocumentType        = "document-type"                // neither 1 nor 2, a list number
	QuirkDocumentIDFormat    = "document-id-format"           // not OrganId,yyyy/MM/dd,number/notation
	QuirkDateFormat          = "date-format"                  // not yyyy/MM/dd
	QuirkTimestampFormat     = "timestamp-format"             // not yyyy/MM/dd HH:mm:ss
	QuirkStatusCode          = "status-code-format"           // one digit: read as two
	QuirkStatusInDocument    = "status-code-in-document"      // StatusCode beside attachments: ignored
	QuirkReceiverInStatus    = "receiver-in-status"           // To in a status message
	QuirkUpperCaseExtension  = "upper-case-extension"         // .PDF
	QuirkAttachmentName      = "attachment-name"              // a path or unprintable: cleaned
	QuirkContentTypeDiffers  = "content-type-differs"         // Reference and Attachment disagree
	QuirkReferenceUnmatched  = "reference-without-attachment" // the manifest names what is not there
	QuirkAttachmentUnlisted  = "attachment-without-reference" // the manifest lacks it
	QuirkAttachmentMisplaced = "attachment-misplaced"         // not in AttachmentEncoded
	QuirkZipAlienEntry       = "zip-alien-entry"              // the entry's extension is not the attachment's
	QuirkZipMislabelled      = "zip-mislabelled"              // wrapped although the type says otherwise
	QuirkZipNotWrapped       = "zip-not-wrapped"              // not a one-entry ZIP although the type says so
	QuirkZipUnreadable       = "zip-unreadable"               // begins like a ZIP and is none: taken as it is
)

// maxQuirks bounds the list: a message that is odd everywhere is not reported
// line by line.
const maxQuirks = 100

// isOldNamespace knows the namespaces from before QCVN 102:2016 and the wrong
// ones of that time.
func isOldNamespace(uri string) bool {
	return strings.HasPrefix(uri, "http://www.e-doc.vn/") || strings.HasPrefix(uri, "http://www.go.vn/eDoc")
}
