package schemas

// The rules, each with what it finds. A rule's name is part of the API: it may
// be added but never renamed.
const (
	// From the schema.
	RuleNotWellFormed = "not-well-formed"    // not XML that can be read on
	RuleRoot          = "root-element"       // not edXML in the namespace of QCVN 102:2016
	RuleMisplaced     = "misplaced-element"  // unknown, or known and in the wrong place
	RuleMissing       = "missing-element"    // an element the structure needs
	RuleRepeated      = "repeated-element"   // there twice where one is meant
	RuleValue         = "value-form"         // a value of the wrong form
	RuleMarkup        = "markup-in-text"     // elements inside what must be plain text
	RuleStrayText     = "stray-text"         // text between elements
	RuleAttribute     = "unknown-attribute"  // an attribute nobody defined
	RuleSchemaType    = "schema-instruction" // xsi:type or xsi:nil that cannot be followed
	RuleLimit         = "size-limit"         // larger than is looked at
	RuleEngine        = "schema-engine"      // the schema could not be applied
	RuleNamespace     = "old-namespace"      // a namespace that is old, missing or not declared
	RuleTooMany       = "too-many-findings"  // the report was cut

	// From the rules.
	RuleRequired          = "required"            // a required value is empty or missing
	RuleTooLong           = "too-long"            // more characters than the field holds
	RuleDate              = "date"                // not a calendar date, or not written yyyy/MM/dd
	RuleDateFuture        = "date-future"         // issued later than today
	RuleDateImplausible   = "date-implausible"    // before 1945
	RuleDueBeforeIssue    = "due-before-issue"    // to be answered before it was written
	RuleTimestamp         = "timestamp"           // not yyyy/MM/dd HH:mm:ss
	RuleDocumentTypeCode  = "document-type-code"  // Type is neither 1 nor 2
	RuleDocumentTypeName  = "document-type-name"  // not one of the 29 types
	RuleNotation          = "notation"            // unlike the forms of NĐ 30/2020
	RuleNotationType      = "notation-type"       // notation and type of letter disagree
	RuleAgencyCode        = "agency-code"         // no known form of agency code
	RuleDuplicateReceiver = "duplicate-receiver"  // one agency twice in To
	RulePriority          = "priority"            // not 0 to 5
	RuleTraceMissing      = "trace-missing"       // a letter without TraceHeaderList
	RuleBusinessType      = "business-type"       // not 0 to 3
	RuleRecallTarget      = "recall-target"       // a recall that names no letter
	RuleUpdateTarget      = "update-target"       // an update that names no letter
	RuleUpdateInfo        = "update-info"         // an update that does not say what changed
	RuleReplaceTarget     = "replace-target"      // a replacement that names no letter
	RuleReplaceReceivers  = "replace-receivers"   // a replacement that does not say for whom
	RuleReplaceDuplicate  = "replace-duplicate"   // the same letter replaced twice
	RuleNoAttachment      = "no-attachment"       // a letter without a file
	RuleAttachmentMissing = "attachment-missing"  // in the manifest, not in the message
	RuleAttachmentExtra   = "attachment-unlisted" // in the message, not in the manifest
	RuleAttachmentID      = "attachment-id"       // two attachments of one id
	RuleAttachmentName    = "attachment-name"     // no file name, or one with a path
	RuleStateSecret       = "state-secret"        // carries a secrecy marking
	RuleStatusCode        = "status-code"         // unknown status code
	RuleStatusReason      = "status-reason"       // a refusal without a reason
	RuleStatusTarget      = "status-target"       // a status that names no letter
)
